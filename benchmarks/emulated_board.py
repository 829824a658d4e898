"""The firmware on an emulated Cortex-M55, read by the program's own live session.

python benchmarks/emulated_board.py MODEL.tflite [--frames 400] [--images 20]

Prints frames, damaged and lost ones, whether the people of frames that carry the model's exact input are bit for bit
those that this computer finds in it, and how fast an evaluation over the link was. Times are QEMU's, not a board's.
"""

import argparse
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

from n6studio.domain.live import Frame, model_id
from n6studio.domain.pose.decode import decode
from n6studio.domain.pose.frames import input_to_fractions
from n6studio.domain.pose.people import rows_of
from n6studio.domain.pose.preprocess import Resize
from n6studio.domain.pose.views import View
from n6studio.domain.settings import from_mapping
from n6studio.domain.virtual_board import VirtualBoardSettings
from n6studio.gates.files import sha256_of
from n6studio.link.evaluation.asking import AskedBoard
from n6studio.link.session.commands import CommandName
from n6studio.link.session.session import LiveSession
from n6studio.link.sources.virtual import VirtualBoardSource
from n6studio.virtual.eye import Eye

_ASK_EVERY = 10  # frames between two that carry the exact input


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--frames", type=int, default=400)
    parser.add_argument("--images", type=int, default=20, help="inputs to evaluate")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "board.log"
        stream(options.model, options.frames, log)
        evaluate(options.model, options.images, log)


def board(model: Path, log: Path) -> VirtualBoardSource:
    """Return an emulated board that runs a model."""
    values = {"model": str(model), "firmware": True, "npu_ms": 0.01, "fps": 100.0, "transport": "tcp"}
    return VirtualBoardSource(from_mapping(VirtualBoardSettings, values), log)


def stream(model: Path, wanted: int, log: Path) -> None:
    """Read frames, and compare people where the exact input is known."""
    frames: list[Frame] = []
    came = threading.Condition()

    def keep(frame: Frame) -> None:
        with came:
            frames.append(frame)
            came.notify_all()

    session = LiveSession(board(model, log))
    session.tap(keep)
    session.start()
    with came:
        came.wait_for(lambda: bool(frames), 60)
    began = time.perf_counter()
    for count in range(_ASK_EVERY, wanted + 1, _ASK_EVERY):
        session.send(CommandName.EXACT_INPUT)
        with came:
            came.wait_for(lambda count=count: len(frames) >= count, 60)  # type: ignore[misc]
    seconds, counts = time.perf_counter() - began, session.counts()
    session.stop(10)
    eye, compared, equal = Eye(model), 0, 0
    for frame in frames:
        if frame.results is not None and (tensor := frame.results.exact_input) is not None:
            found = decode(eye.output(tensor), eye.info.layout, eye.info.size, 0.5, 0.5, 10, average=True)
            here = rows_of(input_to_fractions(found, View(Resize.STRETCH, eye.info.size)))
            compared += 1
            equal += here.tobytes() == rows_of(frame.results.people).tobytes()
    print(f"{len(frames)} frames in {seconds:.1f} s, {counts.damaged} damaged, {counts.lost} lost")
    print(f"people bit for bit those of this computer: {equal} of {compared} frames with their exact input")


def evaluate(model: Path, images: int, log: Path) -> None:
    """Send inputs of noise, and tell how fast the answers came."""
    eye = Eye(model)
    width, height = eye.info.size
    asked = AskedBoard(board(model, log), model_id(sha256_of(model)), 0.25, 0.5, True)
    asked.begin()
    began, equal = time.perf_counter(), 0
    for number in range(images):
        tensor = np.random.default_rng(number).integers(0, 256, (height, width, 3), np.uint8)
        answer = asked.ask(tensor.tobytes()).answer
        found, expected = () if answer is None else answer.outputs, eye.stored(tensor)
        equal += len(found) == len(expected) and all(
            np.array_equal(ours.stored, theirs.stored) for ours, theirs in zip(found, expected, strict=True)
        )
    seconds = time.perf_counter() - began
    asked.end()
    print(f"{images} inputs of {width} x {height} answered in {seconds:.1f} s, {equal} with the same outputs as here")
    if asked.seconds:
        print(f"link {asked.transferred / asked.seconds / 1e6:.1f} MB/s, {asked.resets} resets")


if __name__ == "__main__":
    main()
