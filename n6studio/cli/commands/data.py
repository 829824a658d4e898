"""``n6studio data``: what Ultralytics, COCO and ST's model zoo make of images and labels, and what two sets share."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from n6studio.cli.command import Command, add_folder, add_settings, chosen_settings
from n6studio.domain.file_names import short_stem
from n6studio.domain.states import Grade
from n6studio.stages.data_check.stage import DATA_CHECK

if TYPE_CHECKING:
    from n6studio.stages.data_check.figures import DataCheckFigures

_MARKS = {Grade.OK: "OK", Grade.WARN: "Warning", Grade.BAD: "Error"}


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "data",
        type=Path,
        metavar="FOLDER|YAML|JSON",
        help="Ultralytics YAML or NDJSON, COCO JSON, CVAT XML, Label Studio JSON, or a folder",
    )
    parser.add_argument("--images", type=Path, metavar="FOLDER", help="images, where they are not where the labels say")
    parser.add_argument("--calibration", type=Path, metavar="FOLDER", help="calibration images to compare with")
    add_folder(parser, "n6studio-out/DATA-check")
    add_settings(parser, DATA_CHECK.name, DATA_CHECK.settings)


def _run(options: argparse.Namespace) -> int:
    from n6studio.cli.running import print_result, result_data, run_alone
    from n6studio.cli.texts import outputs

    inputs = {"data": [options.data]}
    for role in ("images", "calibration"):
        if getattr(options, role) is not None:
            inputs[role] = [getattr(options, role)]
    folder = options.output or Path("n6studio-out") / f"{short_stem(options.data.absolute())}-check"
    settings = chosen_settings(options, DATA_CHECK.name)
    result = run_alone(DATA_CHECK, settings, inputs, folder, options, tuple(inputs))
    return print_result(options, result_data(result), f"{text(result.figures)}\n\n{outputs(result)}")


def text(figures: "DataCheckFigures") -> str:
    """Return what was found, a line each."""
    return "\n".join(f"{_MARKS[Grade(one.state)]}: {one.title}: {one.reason}" for one in figures.findings)


COMMAND = Command("data", "check images and labels: what each tool makes of them, and leaks", _run, _options)
