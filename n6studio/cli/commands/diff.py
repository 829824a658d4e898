"""``n6studio diff``: two quantized files side by side, from their graphs to the people found with them."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from n6studio.cli.command import Command, add_folder, add_settings, chosen_settings
from n6studio.domain.file_names import short_stem
from n6studio.domain.texts import counted
from n6studio.stages.diff.stage import DIFF

if TYPE_CHECKING:
    from n6studio.domain.model.difference import ModelDifference

_SHOWN = 12  # layers


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("first", type=Path, metavar="A.tflite", help="the file that the other is compared with")
    parser.add_argument("second", type=Path, metavar="B.tflite", help="the file in question")
    parser.add_argument(
        "--images",
        type=Path,
        metavar="FOLDER|IMAGE",
        action="append",
        default=[],
        help="what to run through both; can be given several times (default: drawn images, in which models of "
        "people may find nobody)",
    )
    add_folder(parser, "n6studio-out/A-and-B")
    add_settings(parser, DIFF.name, DIFF.settings)


def _run(options: argparse.Namespace) -> int:
    from n6studio.cli.running import print_result, result_data, run_alone
    from n6studio.cli.texts import outputs
    from n6studio.domain.encoding import decoded, plain_values_of
    from n6studio.domain.model.difference import ModelDifference
    from n6studio.gates.files import read_bytes

    inputs = {"first": [options.first], "second": [options.second]}
    if options.images:
        inputs["images"] = options.images
    stems = [short_stem(path.absolute()) for path in (options.first, options.second)]
    folder = options.output or Path("n6studio-out") / "-and-".join(stems)
    result = run_alone(DIFF, chosen_settings(options, DIFF.name), inputs, folder, options, ("images",))
    found = decoded(read_bytes(result.outputs["difference"]), ModelDifference)
    data = {**result_data(result), **plain_values_of(found)}
    return print_result(options, data, f"{text(result.figures.verdict, found)}\n\n{outputs(result)}")


def text(verdict: tuple[str, ...], found: "ModelDifference") -> str:
    """Return the verdict, and the layers that lose most."""
    return "\n".join(
        [*(f"{which}  {name}" for which, name in zip("AB", found.names, strict=True)), "", *verdict, *_layers(found)]
    )


def _layers(found: "ModelDifference") -> Iterator[str]:
    lossy = [one for one in found.layers if one.db is not None and one.equal is False and not one.squashed]
    lossy.sort(key=lambda one: one.db or 0.0)
    if not lossy:
        return
    yield ""
    yield f"{'Layers that differ most':44} {'operation':18} {'dB':>6} {'reads dB':>8}  steps"
    for one in lossy[:_SHOWN]:
        before = "" if one.before_db is None else f"{one.before_db:.1f}"
        steps = f"{one.first.scale:.4g} / {one.second.scale:.4g}" if one.first.scale and one.second.scale else ""
        name = one.first.name if len(one.first.name) <= 44 else f"...{one.first.name[-41:]}"
        yield f"{name:44} {one.kind:18} {one.db:6.1f} {before:>8}  {steps}"
    if len(lossy) > _SHOWN:
        yield f"and {counted(len(lossy) - _SHOWN, 'other layer')}, in difference.json"


COMMAND = Command("diff", "compare two quantized files: graph, numbers, layers and the people found", _run, _options)
