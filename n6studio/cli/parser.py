"""What can be typed: commands and options, the options of each stage drawn from the table of settings."""

import argparse
from pathlib import Path
from typing import Any

from n6studio import __version__
from n6studio.domain.settings import settings_of
from n6studio.domain.virtual_board import VirtualBoardSettings
from n6studio.stages.quantize.stage import QUANTIZE
from n6studio.stages.registry import STAGES

SETTINGS: dict[str, type[Any]] = {name: stage.settings for name, stage in STAGES.items() if stage.in_project}
PROCESS_SETTINGS: dict[str, type[Any]] = {"virtual_board": VirtualBoardSettings}


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    parser = argparse.ArgumentParser(
        prog="n6studio", description="From a YOLOv8-pose checkpoint to a running STM32N6.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"N6 Studio {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    _inspect(commands)
    _export(commands)
    _quantize(commands)
    _evaluate(commands)
    _run(commands)
    _demo(commands)
    _virtual_board(commands)
    _live(commands)
    _deploy(commands)
    _flash(commands)
    _board(commands)
    _doctor(commands)
    _tools(commands)
    _settings(commands)
    return parser


def _command(commands: Any, name: str, summary: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=summary, description=summary, allow_abbrev=False)
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object")
    parser.add_argument("--quiet", action="store_true", help="no progress")
    return parser


def _with_folder(parser: argparse.ArgumentParser, default: str) -> None:
    parser.add_argument("-o", "--output", type=Path, metavar="DIR", help=f"where results go (default: {default})")
    parser.add_argument("--force", action="store_true", help="run again even if the result is there and fresh")


def add_settings(parser: argparse.ArgumentParser, stage: str, only: tuple[str, ...] = ()) -> None:
    """Add one option for every setting of a stage or process; what is not typed is left out of the parsed options.

    Args:
        parser: of the command.
        stage: or process, whose settings.
        only: their names; () for all.
    """
    group = parser.add_argument_group(f"settings of {stage.replace('_', ' ')}")
    for field in settings_of({**SETTINGS, **PROCESS_SETTINGS}[stage]):
        if only and field.name not in only:
            continue
        dest = f"setting_{stage}_{field.name}"
        default = "none" if field.default in ("", ()) else field.default
        words = f"{field.help} (default: {default})"
        extra: dict[str, Any] = {"dest": dest, "default": argparse.SUPPRESS, "help": words.replace("%", "%%")}
        if field.kind is bool:
            group.add_argument(field.option, action=argparse.BooleanOptionalAction, **extra)
        elif field.is_list:
            extra["help"] = f"{field.help}; can be given several times"
            group.add_argument(field.option, action="append", metavar="TEXT", **extra)
        else:
            kind: Any = field.kind
            metavar = "|".join(str(choice) for choice in field.choices) or kind.__name__.upper()
            group.add_argument(field.option, type=kind, metavar=metavar, **extra)
            for former in field.former_options:  # scripts that were written for earlier releases go on
                group.add_argument(former, type=kind, **{**extra, "help": argparse.SUPPRESS})


def chosen_settings(options: argparse.Namespace, stage: str) -> dict[str, Any]:
    """Return the settings of a stage that were typed."""
    prefix = f"setting_{stage}_"
    return {name.removeprefix(prefix): value for name, value in vars(options).items() if name.startswith(prefix)}


def _inspect(commands: Any) -> None:
    parser = _command(commands, "inspect", "tell what a model file is and whether it is ready for the STM32N6")
    parser.add_argument("model", type=Path, metavar="FILE", help=".pt, .onnx or .tflite file, or SavedModel folder")


def _export(commands: Any) -> None:
    parser = _command(commands, "export", "make ONNX, SavedModel and float TFLite with normalised coordinates")
    parser.add_argument("model", type=Path, metavar="MODEL.pt")
    parser.add_argument("--images", type=Path, metavar="FOLDER", help="pictures for the self-check")
    _with_folder(parser, "n6studio-out/MODEL")
    add_settings(parser, "export")


def _quantize(commands: Any) -> None:
    parser = _command(commands, "quantize", "make a quantized .tflite of a SavedModel")
    parser.add_argument("model", type=Path, metavar="SAVEDMODEL", nargs="?", help="not needed with --config")
    parser.add_argument("--calibration", type=Path, metavar="FOLDER", help="calibration pictures")
    parser.add_argument("--config", type=Path, metavar="YAML", help="read ST's user_config.yaml; options go before it")
    parser.add_argument("--write-config", type=Path, metavar="YAML", help="also write ST's user_config.yaml")
    _with_folder(parser, "the SavedModel's folder")
    add_settings(parser, "quantize")


def _evaluate(commands: Any) -> None:
    parser = _command(commands, "evaluate", "judge networks on labelled or plain pictures")
    parser.add_argument("model", type=Path, metavar="MODEL")
    parser.add_argument("--against", type=Path, metavar="OTHER", action="append", default=[], help="compare with")
    parser.add_argument(
        "--data", type=Path, required=True, help="COCO keypoint JSON, Ultralytics pose YAML, or folder of pictures"
    )
    parser.add_argument("--images", type=Path, metavar="FOLDER", help="pictures of a COCO JSON")
    _with_skeleton(parser)
    parser.add_argument("--imgsz", type=int, help="size at which a .pt is exported (default: the other network's)")
    _with_folder(parser, "n6studio-out/MODEL-evaluation")
    add_settings(parser, "evaluate")


def _with_skeleton(parser: argparse.ArgumentParser) -> None:
    words = "names, pairs and sigmas of the keypoints: the data YAML of the training, or a project file"
    parser.add_argument("--skeleton", type=Path, metavar="YAML", help=words)


def _run(commands: Any) -> None:
    parser = _command(commands, "run", "the whole chain on a project or checkpoint; what is fresh is skipped")
    parser.add_argument("target", type=Path, metavar="PROJECT|MODEL.pt")
    parser.add_argument("--project", type=Path, metavar="DIR", help="project folder (default: MODEL.n6)")
    parser.add_argument("--calibration", type=Path, metavar="FOLDER", help="calibration pictures")
    parser.add_argument("--data", type=Path, help="labelled data to evaluate on")
    parser.add_argument("--images", type=Path, metavar="FOLDER", help="pictures of a COCO JSON")
    _with_skeleton(parser)
    parser.add_argument("--force", action="store_true", help="run everything again")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="STAGE.NAME=VALUE",
        help="change a setting of the project, for example export.imgsz=192 (see: n6studio settings)",
    )
    quantize = {field.name: field for field in settings_of(QUANTIZE.settings)}
    parser.add_argument(
        "--fake",
        dest="setting_quantize_fake",
        action="store_true",
        default=argparse.SUPPRESS,
        help=quantize["fake"].help,
    )
    parser.add_argument("--imgsz", dest="setting_export_imgsz", type=int, default=argparse.SUPPRESS, help="input size")


def _demo(commands: Any) -> None:
    parser = _command(commands, "demo", "the whole chain on a small network and a scene that the program carries")
    parser.add_argument("-o", "--output", type=Path, metavar="DIR", help="project folder (default: n6studio-demo)")
    parser.add_argument("--force", action="store_true", help="run everything again")
    parts = parser.add_subparsers(dest="part", metavar="PART", title="parts")
    dataset = parts.add_parser("dataset", help="draw a data set of the scene", allow_abbrev=False)
    dataset.add_argument("--json", action="store_true", help="print the result as one JSON object")
    dataset.add_argument("--quiet", action="store_true", help="no progress")
    dataset.add_argument("--images", type=int, default=200, help="how many (default: 200)")
    dataset.add_argument("--seed", type=int, default=7, help="which series (default: 7)")
    dataset.add_argument("-o", "--output", type=Path, metavar="DIR", required=True, help="where to")


def _virtual_board(commands: Any) -> None:
    parser = _command(commands, "virtual-board", "play an STM32N6570-DK: the network's results as a live stream")
    parser.epilog = (
        "Without --model it runs what was quantized last in this folder, by 'n6studio demo' here, or in the window's "
        "sample project. --model also takes a project folder. With --json every line is a JSON object."
    )
    add_settings(parser, "virtual_board")


def _live(commands: Any) -> None:
    parser = _command(commands, "live", "watch the stream of a board, a camera or a recording, and record it")
    parser.epilog = (
        "Addresses: serial:PORT, tcp:HOST:PORT, camera:NUMBER, recording:FILE, video:FILE, pictures:FOLDER, "
        "virtual:MODEL?SETTING=VALUE&... with settings of virtual-board; or a file or folder alone."
    )
    parser.add_argument("--list", action="store_true", help="list what this computer has to offer")
    parser.add_argument("--source", metavar="ADDRESS", help="where the stream comes from")
    parser.add_argument("--seconds", type=float, help="how long (default: until its end, or Ctrl-C)")
    parser.add_argument("--record", type=Path, metavar="FILE.mjpeg", help="record the stream; FILE must not exist yet")
    parser.add_argument("--model", type=Path, metavar="FILE", help="let this network look at the pictures, here")
    parser.add_argument(
        "--resize", choices=("stretch", "crop", "letterbox"), default="stretch", help="how pictures reach --model"
    )
    parser.add_argument("--expect", type=Path, metavar="FILE.tflite", help="alarm if the board runs another network")
    parser.add_argument(
        "--send", action="append", default=[], metavar="COMMAND", help="tell the board, for example 'confidence 0.4'"
    )
    parser.add_argument("--film", type=Path, metavar="FILE.mp4", help="make a film with drawings of the recording")
    parser.add_argument("--lines", type=Path, metavar="FILE.jsonl", help="write a line of JSON per recorded frame")
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="write recorded frames as plain pictures")


def _deploy(commands: Any) -> None:
    parser = _command(commands, "deploy", "from a quantized .tflite to a board that runs it; what is fresh is skipped")
    parser.add_argument("target", type=Path, metavar="MODEL.tflite|PROJECT", nargs="?")
    _with_folder(parser, "the project, or n6studio-out/MODEL-deployment")
    parser.add_argument("--config", type=Path, metavar="YAML", help="read ST's user_config.yaml; options go before it")
    parser.add_argument("--write-config", type=Path, metavar="YAML", help="also write ST's user_config.yaml")
    parser.add_argument("--prepare-only", action="store_true", help="make the images and the plan; touch no board")
    parser.add_argument("--release", type=Path, metavar="ZIP", help="also write images and plan for n6studio flash")
    _confirming(parser)
    parser.add_argument("--licence-notice", action="store_true", help="print the notice on licences and end")
    parser.add_argument(
        "--accept-licence-notice", action="store_true", help="confirm it for this user, once and for all"
    )
    add_settings(parser, "deploy")


def _flash(commands: Any) -> None:
    parser = _command(commands, "flash", "program a release onto a board; needs nothing but a programmer")
    parser.add_argument("release", type=Path, metavar="RELEASE.zip")
    parser.add_argument("--force", action="store_true", help="write also what is on the board already")
    _confirming(parser)
    add_settings(parser, "deploy", ("programmer", "serial", "virtual_folder", "verify_only"))


def _confirming(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--confirm",
        action="append",
        default=[],
        metavar="KEY",
        help="go ahead with something irreversible; the command names the keys. Can be given several times",
    )
    parser.add_argument(
        "--wait",
        type=float,
        default=60.0,
        metavar="SECONDS",
        help="without a terminal: how long somebody has to move switches and cable (default: 60)",
    )


def _board(commands: Any) -> None:
    parser = commands.add_parser("board", help="look into images and dumps", allow_abbrev=False)
    parts = parser.add_subparsers(dest="part", metavar="PART", title="parts", required=True)
    words = "tell what lies in a .bin or .hex image or in a dump of a board's flash"
    explain = parts.add_parser("explain", help=words, description=words, allow_abbrev=False)
    explain.add_argument("file", type=Path, metavar="FILE")
    explain.add_argument(
        "--board", default="", metavar="KEY", help="whose slots count (default: the first of ST's boards)"
    )
    explain.add_argument("--address", default="", metavar="0xADDRESS", help="where the first byte of a .bin lies")
    explain.add_argument("--json", action="store_true", help="print the result as one JSON object")
    explain.add_argument("--quiet", action="store_true", help="no progress")


def _doctor(commands: Any) -> None:
    parser = _command(commands, "doctor", "tell what is installed, what is missing and what to do")
    parser.add_argument("--deep", action="store_true", help="also load the large packages, which takes seconds")


def _tools(commands: Any) -> None:
    parser = _command(commands, "tools", "tell where ST's tools and application are, or say where")
    parser.add_argument("action", nargs="?", choices=("list", "set", "forget"), default="list", help="default: list")
    parser.add_argument("name", nargs="?", default="", help="stedgeai, programmer, signing, gcc, make or application")
    parser.add_argument("path", nargs="?", type=Path, help="for set: the program, or the folder that it is in")


def _settings(commands: Any) -> None:
    _command(commands, "settings", "list every setting with its default, what it may be and what it does")


def settings_table() -> list[dict[str, Any]]:
    """Return every setting that can be typed, as plain values: stage or process, name, flag, default, allowed, help."""
    return [
        {
            "stage": stage,
            "name": field.name,
            "flag": field.option,
            "default": field.default,
            "allowed": field.allowed,
            "help": field.help,
        }
        for stage, settings in {**SETTINGS, **PROCESS_SETTINGS}.items()
        for field in settings_of(settings)
    ]
