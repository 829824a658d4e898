"""Entry of the processes of this room.

``python -m n6studio.virtual board SETTINGS`` plays a board; SETTINGS are `VirtualBoardSettings` as JSON. With
``--firmware EMULATOR FILE`` it runs the firmware in C on an emulated Cortex-M55.
``python -m n6studio.virtual infer --model FILE [--threads N]`` runs a model on what it is sent.
``python -m n6studio.virtual film --video FILE`` decodes the frames of a video, ``netcam --url URL`` a network camera's,
``decode`` the JPEGs that it is sent. ``media --url URL`` and ``media --camera NUMBER`` give the images of a network
camera or one of this computer by PyAV, ``media-cameras`` the names of the latter.
``rrd --recording FILE --target FILE`` writes a recording for Rerun.
"""

import argparse
import contextlib
import json
import os
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.foreign import writing_error
from n6studio.domain.errors.stages import PackageMissing, StageBug
from n6studio.domain.settings import from_mapping
from n6studio.domain.virtual_board import VirtualBoardSettings
from n6studio.virtual.channel import Channel
from n6studio.virtual.walls import (
    hold_board,
    hold_camera,
    hold_decoder,
    hold_device,
    hold_film,
    hold_inference,
    hold_rrd,
)

if TYPE_CHECKING:
    from n6studio.virtual.machine import Machine


def main(arguments: list[str]) -> int:
    """Run one process and return its exit code: 0, or 1 when an error was reported."""
    options = _parser().parse_args(arguments)
    channel = Channel()
    code = 1
    try:
        if options.process == "board":
            settings = from_mapping(VirtualBoardSettings, json.loads(options.settings))
            with contextlib.ExitStack() as stack:
                machine = _machine(options.firmware, stack)  # a program, which this process may not start later
                sys.stderr.write(f"held back: {hold_board(settings)}\n")  # before anything heavy is imported
                from n6studio.virtual import board

                board.run(settings, channel, machine)
        elif options.process == "film":
            sys.stderr.write(f"held back: {hold_film(options.video)}\n")
            from n6studio.virtual import film

            film.run(options.video, channel)
        elif options.process == "netcam":
            sys.stderr.write(f"held back: {hold_camera()}\n")
            from n6studio.virtual import netcam

            netcam.run(options.url, channel)
        elif options.process in ("media", "media-cameras"):
            _media(options, channel)
        elif options.process == "rrd":
            sys.stderr.write(f"held back: {hold_rrd(options.recording, options.index, options.target)}\n")
            from n6studio.virtual import rrd

            rrd.run(options.recording, options.target, channel)
        elif options.process == "decode":
            sys.stderr.write(f"held back: {hold_decoder()}\n")
            from n6studio.virtual import decode

            decode.run(channel, options.shared)
        else:
            sys.stderr.write(f"held back: {hold_inference(options.model)}\n")
            from n6studio.virtual import infer

            infer.run(options.model, channel, options.threads)
        code = 0
    except (BrokenPipeError, KeyboardInterrupt):
        code = 0  # whoever started us has left, or the user has
    except BaseException as error:
        traceback.print_exc()
        with contextlib.suppress(OSError):
            channel.tell("error", **translate(error, options.process).to_message())
    _leave(code)
    return code  # not reached


def _media(options: argparse.Namespace, channel: Channel) -> None:
    """Take a stream apart, or list cameras, by PyAV."""
    number = getattr(options, "camera", None)
    walls = hold_camera() if number is None and options.process == "media" else hold_device(number or 0)
    sys.stderr.write(f"held back: {walls}\n")
    from n6studio.virtual import media

    if options.process == "media-cameras":
        media.names(channel)
    elif number is None:
        media.run([media.network(options.url)], channel)
    else:
        size = (options.width, options.height)
        listed = media.devices_of(sys.platform)
        media.run(media.camera(sys.platform, number, size, options.fps, listed), channel)


def translate(error: BaseException, process: str) -> StudioError:
    """Return the error that the user will be told of for any exception of a process."""
    if isinstance(error, StudioError):
        return error
    if isinstance(error, OSError) and error.filename:
        return writing_error(Path(error.filename), error)
    if isinstance(error, ImportError):
        return PackageMissing(package=error.name or "?", reason=str(error))
    return StageBug(stage=f"virtual {process}", summary=f"{type(error).__name__}: {error}"[:400], log="")


def _machine(firmware: tuple[Path, Path] | None, stack: contextlib.ExitStack) -> "Machine | None":
    """Start the emulator where there is one; it ends with `stack`."""
    if firmware is None:
        return None
    from n6studio.virtual.machine import Machine

    machine = Machine(*firmware)
    stack.callback(machine.close)
    return machine


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="n6studio.virtual", description="Processes that emulate a board on this computer."
    )
    processes = parser.add_subparsers(dest="process", required=True)
    board = processes.add_parser("board", help="emulate a board")
    board.add_argument("settings", help="settings as a JSON object")
    board.add_argument("--firmware", type=Path, nargs=2, metavar=("EMULATOR", "FILE"), help="run it on an emulator")
    infer = processes.add_parser("infer", help="run a model on images from standard input")
    infer.add_argument("--model", type=Path, required=True)
    infer.add_argument("--threads", type=int, default=1)
    film = processes.add_parser("film", help="decode the frames of a video that standard input asks for")
    film.add_argument("--video", type=Path, required=True)
    netcam = processes.add_parser("netcam", help="give the images of a network camera")
    netcam.add_argument("--url", required=True)
    media = processes.add_parser("media", help="give the images of a camera by PyAV")
    which = media.add_mutually_exclusive_group(required=True)
    which.add_argument("--url")
    which.add_argument("--camera", type=int)
    for name in ("--width", "--height", "--fps"):
        media.add_argument(name, type=int, default=0)
    processes.add_parser("media-cameras", help="list the cameras of this computer by PyAV")
    rrd = processes.add_parser("rrd", help="write a recording as Rerun's .rrd")
    rrd.add_argument("--recording", type=Path, required=True)
    rrd.add_argument("--index", type=Path, required=True, help="may be missing")
    rrd.add_argument("--target", type=Path, required=True)
    decode = processes.add_parser("decode", help="decode JPEGs from standard input")
    decode.add_argument("--shared", type=int, help="descriptor of the memory for pixels")
    return parser


def _leave(code: int) -> None:
    """End at once: a thread may wait for standard input, which only its other end can close."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
