"""``n6studio live``: view a stream without a window, record it, and export videos and data of recordings."""

import argparse
from pathlib import Path
from typing import Any

from n6studio.cli.command import Command
from n6studio.cli.texts import EXPORTED
from n6studio.domain.errors.base import ExitCode
from n6studio.domain.texts import counted


def _options(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Addresses: serial:PORT[@BAUD], tcp:HOST:PORT, http://HOST/PATH, rtsp://HOST/PATH, "
        "camera:NUMBER[?width=W&height=H&fps=F], recording:FILE, video:FILE, images:FOLDER, "
        "virtual:MODEL?SETTING=VALUE&... with settings of virtual-board; or just a file or folder."
    )
    parser.add_argument("--list", action="store_true", help="list the available sources")
    parser.add_argument("--source", metavar="ADDRESS", help="address of the source")
    parser.add_argument("--seconds", type=float, help="seconds to run (default: until the stream ends, or Ctrl-C)")
    parser.add_argument("--record", type=Path, metavar="FILE.mjpeg", help="record the stream to a new file")
    parser.add_argument("--model", type=Path, metavar="FILE", help="run this model on the images, on this computer")
    parser.add_argument(
        "--resize", choices=("stretch", "crop", "letterbox"), default="stretch", help="how images are fitted to --model"
    )
    parser.add_argument(
        "--average",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="average each person's keypoints over all candidates of that person with --model, as N6 Studio's firmware "
        "does; what a board does is switched by --send 'average on' or 'average off'",
    )
    parser.add_argument(
        "--expect", type=Path, metavar="FILE.tflite", help="raise an alarm if the board runs a different model"
    )
    parser.add_argument(
        "--send",
        action="append",
        default=[],
        metavar="COMMAND",
        help="send a command to the board, for example 'confidence 0.4'",
    )
    text = "export the recording as a video with overlays"
    _with_former(parser, "--video", "--film", "video", metavar="FILE.mp4", help=text)
    parser.add_argument(
        "--lines", type=Path, metavar="FILE.jsonl", help="export the recorded results as JSON Lines, one per frame"
    )
    parser.add_argument(
        "--csv",
        type=Path,
        metavar="FILE.csv",
        help="export every value of every person, with angles and tracks, as CSV",
    )
    parser.add_argument(
        "--mcap", type=Path, metavar="FILE.mcap", help="export images and keypoints as MCAP, for Foxglove and others"
    )
    parser.add_argument(
        "--rrd", type=Path, metavar="FILE.rrd", help="export for Rerun, whose SDK has to be installed beside N6 Studio"
    )
    text = "export the recorded frames as images"
    _with_former(parser, "--images", "--pictures", "images", metavar="FOLDER", help=text)


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
    code = print_result(options, data, text(data))
    return ExitCode.LINK if data.get("state") == "reconnecting" else code


def text(data: dict[str, Any]) -> str:
    """Return what came of it for people."""
    lines: list[str] = []
    if "frames" in data:
        fps = data["fps"]
        lines += [
            f"{counted(data['frames'], 'frame')} in {data['seconds']:.1f} s from {data['source']}: "
            f"{fps['received']:.1f} frames/s received, {fps['decoded']:.1f} frames/s decoded.",
            f"{data['damaged']} damaged, {data['repaired']} repaired, {data['lost']} lost, {data['dropped']} skipped "
            f"for a newer frame; {counted(data['reconnects'], 'reconnection')}.",
        ]
        if "codec" in data:
            lines.append(f"The source sends {data['codec']}, which carries no results: images only.")
        if data["stages_ms"]:
            lines.append("Latency in ms (p50 / p95):")
            for name, spread in data["stages_ms"].items():
                lines.append(f"  {name.replace('_', ' '):<16} {spread['p50']:8.1f} / {spread['p95']:.1f}")
        lines += [f"{text[:1].upper()}{text[1:]}: {count}" for text, count in data["reasons"].items()]
        lines += [f"{name.replace('_', ' ').capitalize()}: {count}" for name, count in data["events"].items()]
        if data["state"] == "reconnecting":
            lines.append("The connection was gone at the end.")
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


COMMAND = Command("live", "view, record and export the stream of a board, a camera or a recording", _run, _options)
