"""``n6studio quantize``: from a SavedModel to a quantized .tflite; also reads and writes ST's user_config.yaml."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from n6studio.cli.command import Command, add_folder, add_settings, add_st_config, chosen_settings
from n6studio.cli.texts import WARNING, quantized
from n6studio.domain.errors.settings import SettingInvalid
from n6studio.domain.settings import from_mapping
from n6studio.stages.quantize.stage import QUANTIZE, QuantizeSettings

if TYPE_CHECKING:
    from n6studio.domain.results import AnyResult


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "model",
        type=Path,
        metavar="MODEL",
        nargs="?",
        help="SavedModel folder, float .onnx or .keras file; optional with --config",
    )
    parser.add_argument("--calibration", type=Path, metavar="FOLDER", help="calibration images")
    add_st_config(parser)
    add_folder(parser, "the SavedModel's folder")
    add_settings(parser, QUANTIZE.name, QUANTIZE.settings)


def _run(options: argparse.Namespace) -> int:
    from n6studio.cli.running import print_result, result_data, run_alone

    settings = chosen_settings(options, QUANTIZE.name)
    model, calibration, folder = options.model, options.calibration, options.output
    if options.config is not None:
        from n6studio.cli.progress import Progress
        from n6studio.engine.st_files.quantize_yaml import read_st_config

        config = read_st_config(options.config)
        for note in config.notes:
            Progress(options.quiet).say(f"{WARNING}{note}", always=True)
        width, height = config.size or (0, 0)
        settings = {**_differing(config.settings), "expect_width": width, "expect_height": height, **settings}
        model, calibration = model or config.model_path, calibration or config.calibration
        folder = folder or config.export_path
    if model is None:
        raise SettingInvalid(
            name="MODEL", value="empty", allowed="a SavedModel, a float .onnx or .keras, or --config YAML"
        )
    chosen = from_mapping(QuantizeSettings, settings)
    if calibration is None and not chosen.fake:
        raise SettingInvalid(name="calibration", value="empty", allowed="--calibration FOLDER, or --fake")
    inputs = {"model": [model]} if chosen.fake else {"model": [model], "calibration": [calibration]}
    result = run_alone(QUANTIZE, settings, inputs, folder or model.absolute().parent, options, ("calibration",))
    notes = _write_config(options, chosen, model, calibration, result)
    return print_result(options, result_data(result), quantized(result) + notes)


def _differing(settings: QuantizeSettings) -> dict[str, Any]:
    defaults = vars(QuantizeSettings())
    return {name: value for name, value in vars(settings).items() if value != defaults[name]}


def _write_config(
    options: argparse.Namespace,
    settings: QuantizeSettings,
    model: Path,
    calibration: Path | None,
    result: "AnyResult",
) -> str:
    if options.write_config is None:
        return ""
    from n6studio.engine.st_files.quantize_yaml import write_st_config

    width, height = result.figures.input_size
    lost = write_st_config(options.write_config, settings, model, (width, height), calibration, result.folder)
    return "".join(f"\n{WARNING}{sentence}" for sentence in lost)


COMMAND = Command("quantize", "quantize a SavedModel, a float .onnx or a .keras to an int8 .tflite", _run, _options)
