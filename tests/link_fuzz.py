"""Throws damaged streams at the parser and odd fields at the reader of results.

``python tests/link_fuzz.py mutate --cases 1000000`` changes recorded frames at random places; stopped with Ctrl-C it
says how far it came, and ``--seed`` takes others.
``python tests/link_fuzz.py guided --runs 1000000`` lets atheris look for new paths through the code; it starts from
the cases in link/corpus/ and is installed by hand: pip install atheris. ``minimise`` then keeps there what is worth it.
"""

import argparse
import contextlib
import struct
import sys
import time
import zlib
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import numpy as np  # noqa: E402

CORPUS = HERE / "link" / "corpus"


class Judge:
    """Knows the good frames, and what must hold of everything that comes out."""

    def __init__(self) -> None:
        import plain_parser
        from link_builders import VECTORS, jpeg

        from n6studio.link.wire import frame as wire
        from n6studio.link.wire import parser

        self._whole_frames = plain_parser.whole_frames
        self._wire, self._parser_of = wire, parser.StreamParser
        tiny = jpeg(0, 16, 16, 20)
        self.frames = [
            wire.encode_frame(tiny, VECTORS.EMPTY),
            wire.encode_frame(tiny, VECTORS.results(people=VECTORS.people(1, 5))),
            wire.encode_frame(
                tiny, VECTORS.results(log=("a", "b"), exact_input=VECTORS.pixels(8, 8)), pack_input=False
            ),
        ]
        for people in (VECTORS.people(1, 5), VECTORS.people(2, 5)):
            self.frames.append(wire.encode_frame(tiny, VECTORS.results(people=people), protect=True))
        self.plain = tiny
        self.known = set(self.frames)
        self.streams = [
            b"".join(self.frames[:3]),
            tiny * 2,
            b"\x00\xff" * 8 + self.frames[1] + tiny + self.frames[0],
            b"".join(self.frames[3:] * 2),
        ]

    def stream(self, data: bytes, chunk: int = 1 << 20) -> int:
        """Cut a stream; return how many frames came out."""
        parser = self._parser_of()
        delivered = frames = 0
        found = []
        for start in range(0, len(data), chunk):
            for frame in parser.feed(data[start : start + chunk], 0.0):
                frames += 1
                delivered += len(frame.jpeg)
                found.append(frame.jpeg)
                if frame.results is not None and frame.jpeg not in self.known and not self._is_sealed(frame.jpeg, data):
                    raise AssertionError("a damaged frame was delivered")
        counts = parser.counts
        if counts.frames != frames or len(data) != delivered + counts.skipped_bytes + len(parser._buffer):
            raise AssertionError("bytes were lost count of")
        found += [frame.jpeg for frame in parser.end(0.0)]
        delivered_in_order = iter(found)
        if not all(whole in delivered_in_order for whole in self._whole_frames(data)):
            raise AssertionError("a whole frame was not delivered")
        return frames

    @staticmethod
    def _is_sealed(jpeg: bytes, data: bytes) -> bool:
        """Whether it came as it is, and is right: who finds the checksum out has made a frame, not damaged one."""
        return jpeg in data and zlib.crc32(jpeg[16:], zlib.crc32(jpeg[:12])) == int.from_bytes(jpeg[12:16], "little")

    def fields(self, data: bytes) -> None:
        """Read a frame with these bytes in place of its head's numbers and its segments, with the checksum right."""
        body = bytearray(b"\xff\xd8\xff\xe9" + data[:2] + b"N6LIVE" + bytes(4) + data[2:] + self.plain[2:])
        if len(body) < 48:
            return
        struct.pack_into("<I", body, 16, len(body))
        body[20] = 1
        struct.pack_into("<I", body, 12, zlib.crc32(body[16:], zlib.crc32(body[:12])))
        found = self._wire.check(bytes(body))
        if isinstance(found, self._wire.Refusal):
            return
        people = found.people
        for values in (people.boxes, people.confidences, people.keypoints):
            if not np.isfinite(values).all() or (values.size and np.abs(values).max() > 10):
                raise AssertionError("a number that cannot be drawn")

    def one(self, data: bytes) -> None:
        """Judge one case: its first byte says how the others are used."""
        if data[:1] >= b"\x80":
            self.fields(data[1:])
        else:
            self.stream(data[1:], 1 + 16 * data[0] if data else 1)


def mutated(data: bytes, rng: np.random.Generator) -> bytes:
    """Return the stream with bytes flipped, cut out, repeated or put in."""
    kind, place, other = (int(value) for value in rng.integers(0, (6, len(data), len(data))))
    first, last = min(place, other), max(place, other)
    if kind == 0:
        return data[:first] + data[last:]
    if kind == 1:
        return data[:last] + data[first:]
    changed = bytearray(data)
    if kind == 2:
        changed[place:place] = rng.bytes(int(rng.integers(1, 40)))
        return bytes(changed)
    for at, value in rng.integers(0, (len(data), 256), (1 + kind * 2, 2)):
        changed[int(at)] = int(value) if kind < 5 else changed[int(at)] ^ (1 << int(value) % 8)
    return bytes(changed)


def mutate(cases: int, seed: int = 1) -> tuple[int, int]:
    """Judge so many mutated streams, one in ten of protected frames, or as many as there is time for until Ctrl-C.

    Returns:
        How many were judged, and how many frames came through.
    """
    judge, rng = Judge(), np.random.default_rng(seed)
    done = frames = 0
    with contextlib.suppress(KeyboardInterrupt):
        for number in range(cases):
            frames += judge.stream(mutated(judge.streams[3 if number % 10 == 9 else number % 3], rng))
            done = number + 1
    return done, frames


def corpus() -> list[Path]:
    """Return the cases that are kept."""
    return sorted(CORPUS.iterdir()) if CORPUS.is_dir() else []


def seeds(judge: Judge) -> list[bytes]:
    """Return cases to begin with."""
    inside = [frame[4:6] + frame[16 : len(frame) - len(judge.plain) + 2] for frame in judge.frames]
    return [*(b"\x40" + stream for stream in judge.streams), *(b"\x80" + part for part in inside)]


def guided(runs: int, folder: Path) -> None:
    import atheris

    with atheris.instrument_imports(include=["n6studio.link"]):
        judge = Judge()
    folder.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate([*seeds(judge), *(path.read_bytes() for path in corpus())]):
        (folder / f"seed-{number:04}").write_bytes(data)
    atheris.Setup([sys.argv[0], f"-runs={runs}", "-max_len=4096", "-timeout=10", str(folder)], judge.one)
    atheris.Fuzz()


def minimise(folder: Path) -> None:
    """Keep of the found cases those that, shortest first, run lines that none before has run."""
    judge, seen = Judge(), set()
    CORPUS.mkdir(exist_ok=True)
    for path in sorted(folder.iterdir(), key=lambda path: path.stat().st_size):
        data, lines = path.read_bytes(), set()

        def trace(frame, event, _, lines=lines):
            if "n6studio" not in frame.f_code.co_filename:
                return None
            lines.add((frame.f_code.co_filename, frame.f_lineno, event))
            return trace

        sys.settrace(trace)
        try:
            judge.one(data)
        finally:
            sys.settrace(None)
        if lines - seen:
            seen |= lines
            (CORPUS / f"{zlib.crc32(data):08x}").write_bytes(data)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("how", choices=("mutate", "guided", "minimise"))
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, default=Path("fuzz-corpus"), help="where guided keeps what it finds")
    options = parser.parse_args()
    began = time.perf_counter()
    if options.how == "mutate":
        cases, frames = mutate(options.cases, options.seed)
        seconds = time.perf_counter() - began
        sys.stdout.write(f"{cases} cases in {seconds:.1f} s, {frames} frames came through, no failure\n")
    elif options.how == "guided":
        guided(options.runs, options.folder)
    else:
        minimise(options.folder)


if __name__ == "__main__":
    main()
