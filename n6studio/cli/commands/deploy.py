"""``n6studio deploy``: from a quantized .tflite to a board that runs it."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from n6studio.cli.command import Command, add_confirming, add_folder, add_settings, add_st_config
from n6studio.domain.texts import counted
from n6studio.stages.deploy.stage import DEPLOY

if TYPE_CHECKING:
    from n6studio.domain.model.compiled import CompiledModel
    from n6studio.domain.results import StageResult
    from n6studio.stages.deploy.figures import DeployFigures


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "target", type=Path, metavar="MODEL.tflite|PROJECT", nargs="?", help="quantized model, or project"
    )
    add_folder(parser, "the project, or n6studio-out/MODEL-deployment")
    add_st_config(parser)
    parser.add_argument(
        "--prepare-only", action="store_true", help="build the images and the flash plan without writing to a board"
    )
    parser.add_argument(
        "--release", type=Path, metavar="ZIP", help="also save images and flash plan as a zip for n6studio flash"
    )
    add_confirming(parser)
    parser.set_defaults(swap=False)
    parser.add_argument("--licence-notice", action="store_true", help="print the licence notice and exit")
    parser.add_argument(
        "--accept-licence-notice", action="store_true", help="accept the licence notice permanently for this user"
    )
    add_settings(parser, DEPLOY.name, DEPLOY.settings)


def _run(options: argparse.Namespace) -> int:
    from n6studio.cli.running import print_result, result_data
    from n6studio.cli.work.deploy import run_deployment
    from n6studio.domain.licence_notice import as_text

    if options.licence_notice:
        return print_result(options, {"notice": as_text()}, as_text())
    result = run_deployment(options)
    return print_result(options, result_data(result), text(result))


def text(result: "StageResult[DeployFigures]") -> str:
    """Return what a deployment did."""
    from n6studio.domain.texts import bytes_text
    from n6studio.engine.deploy.flow import addresses_in_words
    from n6studio.engine.deploy.report import outcome

    figures = result.figures
    lines = [f"{figures.model.name} on {figures.board.name}: {outcome(figures)}", *_compiled(figures.compile)]
    lines += [f"  {line}" for line in addresses_in_words(figures)]
    lines += [f"  Fuses: {one.text}" for one in figures.programmed.fuses] if figures.programmed else []
    for one in figures.memory:
        share = 100 * one.used / one.size if one.size else 0.0
        lines.append(f"  {one.name}: {bytes_text(one.used)} of {bytes_text(one.size)} ({share:.1f} %)")
    if figures.release:
        lines.append(f"Release: {figures.release}")
    lines.append(f"Report: {result.outputs['report']}")
    return "\n".join(lines)


def _compiled(found: "CompiledModel") -> list[str]:
    from n6studio.domain.model.speed_text import changes, predicted

    counts = found.epochs
    if counts is None:
        return []
    time = predicted(found)
    return [
        f"  {found.compiler}: {counted(counts.total, 'epoch')}, {counts.hardware} on the NPU, {counts.hybrid} on both, "
        f"{counts.software} on the processor",
        *([f"  predicted time: {time}"] if time else []),
        *(f"  to change: {text}" for text in changes(found)),
    ]


COMMAND = Command(
    "deploy", "compile, build and program a quantized model to a board; skips what is up to date", _run, _options
)
