"""``n6studio evaluate``: models judged on labelled or plain images."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from n6studio.cli.command import SIZE, Command, add_cluster, add_folder, add_settings, add_skeleton, chosen_settings
from n6studio.cli.texts import board, classes, comparisons, models_table, outputs
from n6studio.domain.file_names import short_stem
from n6studio.domain.model.input_size import InputSize
from n6studio.domain.settings import from_mapping
from n6studio.stages.evaluate.stage import EVALUATE, EvaluateSettings
from n6studio.stages.export.stage import EXPORT
from n6studio.stages.inspect.stage import DEFAULT_SIZE, INSPECT

if TYPE_CHECKING:
    from n6studio.domain.evaluation.results import Evaluation
    from n6studio.domain.results import AnyResult


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "model", type=Path, metavar="MODEL", help=".tflite, .onnx, .keras or .pt file, or SavedModel folder"
    )
    parser.add_argument(
        "--against",
        type=Path,
        metavar="OTHER",
        action="append",
        default=[],
        help="model to compare with; can be given several times",
    )
    parser.add_argument(
        "--data", type=Path, required=True, help="COCO keypoint JSON, Ultralytics pose YAML, or folder of images"
    )
    parser.add_argument("--images", type=Path, metavar="FOLDER", help="images of a COCO JSON")
    add_skeleton(parser)
    parser.add_argument(
        "--imgsz",
        metavar=SIZE,
        help="input size for exporting a .pt, a side or width x height: 256, 320x192 (default: the other model's)",
    )
    parser.add_argument(
        "--on-board",
        metavar="ADDRESS",
        default="",
        help="also run the first .tflite on a board with the live stream, for example serial:/dev/ttyACM0, virtual: or "
        "'virtual:?firmware'; see 'n6studio live --list'",
    )
    add_cluster(parser)
    add_folder(parser, "n6studio-out/MODEL-evaluation")
    add_settings(parser, EVALUATE.name, EVALUATE.settings)


def _run(options: argparse.Namespace) -> int:
    from n6studio.cli.running import print_result, result_data, run_alone
    from n6studio.cli.work.cluster import stages_run
    from n6studio.domain.encoding import plain_values_of
    from n6studio.engine.project.evaluations import read_results
    from n6studio.engine.project.skeletons import read_skeleton

    folder = options.output or Path("n6studio-out") / f"{short_stem(options.model)}-evaluation"
    skeleton = read_skeleton(options.skeleton) if options.skeleton is not None else None
    sources = [options.model, *options.against]
    inputs = {
        "models": [_runnable(path, sources, folder, options) for path in sources],
        "sources": sources,
        "data": [options.data],
    }
    if options.images is not None:
        inputs["images"] = [options.images]
    typed = chosen_settings(options, EVALUATE.name)
    if options.on_board:
        from n6studio.cli.work.board_evaluation import ask_board

        models = [path for path in inputs["models"] if path.suffix.lower() == ".tflite"]
        data: dict[str, list[Path]] = {role: inputs[role] for role in ("data", "images") if role in inputs}
        inputs |= ask_board(
            (models or inputs["models"])[0], from_mapping(EvaluateSettings, typed), data, folder, options
        )
    with stages_run(options) as (runs, _):
        result = run_alone(EVALUATE, typed, inputs, folder, options, ("data", "images"), skeleton, runs=runs)
    results = read_results(result.outputs["results"])
    return print_result(options, {**result_data(result), **plain_values_of(results)}, text(result, results))


def _runnable(path: Path, all_paths: list[Path], folder: Path, options: argparse.Namespace) -> Path:
    """Return a model that can be run: a .pt is exchanged for its exported float .tflite."""
    from n6studio.cli.running import run_alone

    if path.suffix.lower() != ".pt":
        return path
    settings = {"imgsz": options.imgsz or _size_of_others(all_paths, options)}
    return run_alone(EXPORT, settings, {"model": [path]}, folder / "exported", options).outputs["tflite"]


def _size_of_others(paths: list[Path], options: argparse.Namespace) -> InputSize:
    import tempfile

    from n6studio.cli.running import run_alone

    for path in paths:
        if path.suffix.lower() != ".pt":
            with tempfile.TemporaryDirectory(prefix="n6studio-") as folder:
                size = run_alone(INSPECT, {}, {"model": [path]}, Path(folder), options).figures.input_size
            if size:
                return InputSize(*size)
    return InputSize.square(DEFAULT_SIZE)


def text(result: "AnyResult", results: "Evaluation") -> str:
    """Return what an evaluation yielded."""
    read = results.data.account.sentences if results.data.account is not None else ()
    figures = [models_table(results.models), *classes(results), *comparisons(results), *board(results)]
    return "\n".join([*read, "", *figures, "", outputs(result)])


COMMAND = Command("evaluate", "measure models on labelled images, or compare them on unlabelled ones", _run, _options)
