"""``n6studio live``: watch a stream without a window, record it, and make videos and data of recordings."""

import argparse
from pathlib import Path
from typing import Any

from n6studio.cli.command import Command
from n6studio.cli.texts import EXPORTED
from n6studio.domain.texts import counted


def _options(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Addresses: serial:PORT, tcp:HOST:PORT, camera:NUMBER, recording:FILE, video:FILE, pictures:FOLDER, "
        "virtual:MODEL?SETTING=VALUE&... with settings of virtual-board; or a file or folder alone."
    )
    parser.add_argument("--list", action="store_true", help="list what this computer has to offer")
    parser.add_argument("--source", metavar="ADDRESS", help="where the stream comes from")
    parser.add_argument("--seconds", type=float, help="how long (default: until its end, or Ctrl-C)")
    parser.add_argument("--record", type=Path, metavar="FILE.mjpeg", help="record the stream; FILE must not exist yet")
    parser.add_argument("--model", type=Path, metavar="FILE", help="run this model on the images, here")
    parser.add_argument(
        "--resize", choices=("stretch", "crop", "letterbox"), default="stretch", help="how images are fitted to --model"
    )
    parser.add_argument("--expect", type=Path, metavar="FILE.tflite", help="alarm if the board runs another model")
    parser.add_argument(
        "--send", action="append", default=[], metavar="COMMAND", help="tell the board, for example 'confidence 0.4'"
    )
    words = "make a video of the recording, with people drawn"
    _with_former(parser, "--video", "--film", "video", metavar="FILE.mp4", help=words)
    parser.add_argument("--lines", type=Path, metavar="FILE.jsonl", help="write a line of JSON per recorded frame")
    words = "write recorded frames as plain images"
    _with_former(parser, "--images", "--pictures", "images", metavar="FOLDER", help=words)


def _with_former(parser: argparse.ArgumentParser, option: str, former: str, dest: str, **extra: Any) -> None:
    """Add an option, and the name that it had in earlier releases, which the help does not show."""
    parser.add_argument(option, dest=dest, type=Path, **extra)
    parser.add_argument(former, dest=dest, type=Path, default=argparse.SUPPRESS, help=argparse.SUPPRESS)


def _run(options: argparse.Namespace) -> int:
    from n6studio.cli.running import print_result
    from n6studio.cli.work.live import list_sources, run_live

    if options.list:
        sources = list_sources()
        return print_result(options, {"sources": sources}, sources_text(sources))
    data = run_live(options)
    return print_result(options, data, text(data))


def text(data: dict[str, Any]) -> str:
    """Return what came of it for people."""
    lines: list[str] = []
    if "frames" in data:
        fps = data["fps"]
        lines += [
            f"{counted(data['frames'], 'frame')} in {data['seconds']:.1f} s from {data['source']}: "
            f"{fps['received']:.1f} received and {fps['decoded']:.1f} decoded a second.",
            f"{data['damaged']} damaged, {data['repaired']} repaired, {data['lost']} lost, {data['dropped']} dropped "
            f"because a newer one was there; reconnected {counted(data['reconnects'], 'time')}.",
        ]
        if data["stages_ms"]:
            lines.append("Milliseconds (half of the frames within / 95 of 100 within):")
            for name, spread in data["stages_ms"].items():
                lines.append(f"  {name.replace('_', ' '):<16} {spread['p50']:8.1f} / {spread['p95']:.1f}")
        lines += [f"Alarm: {alarm.replace('_', ' ')}" for alarm in data["alarms"]]
        lines += [f"{one['command']}: {one['error'] or 'done'}" for one in data["replies"]]
        if data["recording"]:
            made = data["recording"]
            lines.append(f"Recorded {counted(made['frames'], 'frame')}, {made['seconds']:.1f} s: {made['path']}")
    for name, made in data.get("exports", {}).items():
        lines.append(f"Written {EXPORTED.get(name, name)}: {made['path']} ({counted(made['count'], 'frame')})")
    return "\n".join(lines)


def sources_text(sources: list[dict[str, Any]]) -> str:
    """Return the list of sources for people."""
    width = max((len(source["address"]) for source in sources), default=0)
    return "\n".join(f"{source['address']:<{width}}  {source['name']} ({source['detail']})" for source in sources)


COMMAND = Command("live", "watch the stream of a board, a camera or a recording, and record it", _run, _options)
