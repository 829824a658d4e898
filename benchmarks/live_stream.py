"""The live stream on one computer: a virtual board in one process, reader and decoder in this one.

python benchmarks/live_stream.py MODEL.tflite [--seconds 600] [--fps 30] [--size 800x480] [--transport tcp] [--fault F]

Prints frame rate, lost and damaged frames, the time from a frame's last byte to its pixels, memory of both processes
over time, and the share of a core that each takes. Then how fast the parser alone is.
"""

import argparse
import time
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import psutil

from n6studio.demo.scene import Scene
from n6studio.domain.live import FrameResults, Timings
from n6studio.domain.pose.people import nobody
from n6studio.domain.virtual_board import VirtualBoardSettings
from n6studio.link import layout as wire_layout
from n6studio.link.session.session import FINAL, LiveSession
from n6studio.link.sources.virtual import VirtualBoardSource
from n6studio.link.wire import frame as wire
from n6studio.link.wire.parser import StreamParser

WARM_UP = 2.0  # seconds that do not count
FIRST_MINUTE = 60.0
MIB = 1024 * 1024


@dataclass
class Process:
    """What a process takes, sampled once in a second."""

    process: psutil.Process
    memory: list[tuple[float, float]] = field(default_factory=list)
    begun: tuple[float, float] = (0.0, 0.0)

    def sample(self, now: float) -> None:
        """Note what it takes now."""
        if not self.memory:
            self.begun = (now, self._processor_seconds())
        self.memory.append((now, self.process.memory_info().rss / MIB))

    def _processor_seconds(self) -> float:
        return sum(self.process.cpu_times()[:2])

    def cores(self) -> float:
        """Return the share of a core since the first sample."""
        return (self._processor_seconds() - self.begun[1]) / (self.memory[-1][0] - self.begun[0])

    def growth(self) -> str:
        """Return how the memory changed, from the first minute's end where the run was longer than that."""
        start = self.memory[0][0]
        later = [rss for at, rss in self.memory if at - start > FIRST_MINUTE]
        words = "after the first minute" if later else "of a run below a minute"
        values = later or [rss for _, rss in self.memory]
        return f"{values[0]:.0f} -> {values[-1]:.0f} MiB (most {max(values):.0f}) {words}"


def stream(settings: VirtualBoardSettings, seconds: float) -> None:
    """Run one stream and print its figures."""
    session = LiveSession(VirtualBoardSource(settings))
    session.start()
    here, board = Process(psutil.Process()), None
    delays: list[float] = []
    first = session.take(30)
    if first is None:
        print(f"  nothing came through whole: {session.counts()}, {session.status().error}")
        session.stop()
        return
    end_of_warm_up = time.monotonic() + WARM_UP
    while time.monotonic() < end_of_warm_up:
        session.take(0.1)
    board = Process(here.process.children()[0])
    begin, before = time.monotonic(), session.counts()
    due = begin
    while (now := time.monotonic()) < begin + seconds and session.status().state not in FINAL:
        image = session.take(0.2)
        if image is not None:
            delays.append((image.decoded - image.frame.received) * 1e3)
        if now >= due:
            due += 1
            session.statistics()  # as a page does
            here.sample(now)
            board.sample(now)
    spent, after = time.monotonic() - begin, session.counts()
    frames = after.frames - before.frames
    p50, p95 = np.percentile(delays, (50, 95))
    print(f"  received       {frames / spent:.2f} frames/s over {spent:.0f} s, decoded {len(delays) / spent:.2f}")
    print(f"  lost {after.lost - before.lost}, damaged {after.damaged - before.damaged}")
    print(f"  last byte to pixels: p50 {p50:.1f} ms, p95 {p95:.1f} ms, most {max(delays):.1f} ms")
    print(f"  virtual board: {board.cores():.2f} cores, memory {board.growth()}")
    print(f"  this process:  {here.cores():.2f} cores, memory {here.growth()}")
    session.stop()


def parser_speed(data: bytes, piece: int = 65536, least: float = 1.0) -> float:
    """Return MB/s of the parser alone on `data`, in pieces as they are read."""
    pieces = [data[start : start + piece] for start in range(0, len(data), piece)]
    done, begin = 0, time.process_time()
    while (spent := time.process_time() - begin) < least:
        parser = StreamParser()
        for part in pieces:
            parser.feed(part)
        done += len(data)
    return done / spent / 1e6


def clean_stream(size: int = 32 * MIB) -> bytes:
    """Return frames of the demo scene at 800x480 with results, about `size` bytes of them."""
    scene, frames, total = Scene(24, (800, 480)), [], 0
    while total < size:
        number = len(frames)
        jpeg = cv2.imencode(".jpg", cv2.cvtColor(scene.frame(number / 30).image, cv2.COLOR_RGB2BGR))[1].tobytes()
        results = FrameResults(wire.VERSION, number, number * 33_333, Timings(), "", None, nobody(17))
        frames.append(wire.encode_frame(jpeg, results))
        total += len(frames[-1])
    return b"".join(frames)


def garbage(kind: str, size: int = 16 * MIB) -> bytes:
    """Return bytes without a frame: 'noise', or 'starts' that look like frames all the time."""
    if kind == "noise":
        return np.random.default_rng(1).integers(0, 256, size, np.uint8).tobytes()
    start = wire_layout.START + b"\x00\x40" + wire_layout.MAGIC + bytes(4) + (100_000).to_bytes(4, "little")
    return start * (size // len(start))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--fps", type=float, default=30.0)
    parser.add_argument("--size", default="800x480")
    parser.add_argument("--transport", default="auto")
    parser.add_argument("--timing", default="published", help="'host' where the published time is longer than a frame")
    parser.add_argument("--fault", action="append", default=[])
    options = parser.parse_args()
    width, height = map(int, options.size.split("x"))
    settings = VirtualBoardSettings(
        model=str(options.model), fps=options.fps, width=width, height=height, transport=options.transport,
        timing=options.timing, fault=tuple(options.fault),
    )  # fmt: skip
    print(f"{options.model.name}, {options.size} at {options.fps:g} frames/s, NPU time: {options.timing}")
    stream(settings, options.seconds)
    print("the parser alone, in 64 KiB pieces:")
    for name, data in (
        ("clean", clean_stream()),
        ("noise", garbage("noise")),
        ("false starts", garbage("starts")),
    ):
        print(f"  {name}: {parser_speed(data):.0f} MB/s")


if __name__ == "__main__":
    main()
