"""The model zoo services' own user_config.yaml for quantization, read as our settings.

The form is that of stm32ai-modelzoo-services (pose_estimation/README_QUANTIZATION.md): sections general, dataset,
preprocessing, quantization. It differs from the quantization script's in one number that matters: there pixels are
multiplied by `rescaling.scale`, so 1/255 stands for the script's 255.
"""

from pathlib import Path
from typing import Any

from n6studio.domain.errors.settings import ConfigOfOtherKind, ConfigValueInvalid
from n6studio.domain.pose.skeleton import COCO
from n6studio.engine.st_files.reading import chosen, located, number, part, path_in, required, unused
from n6studio.engine.st_files.settings import StConfig, checked, input_size, require_pixels
from n6studio.stages.quantize.stage import IO_TYPES

# What each way to fit an image is called here.
_RESIZES = {"fit": "stretch", "crop": "crop", "full_screen": "stretch", "padding": "letterbox"}
_QUANTIZING = ("quantization", "chain_qd", "chain_qb", "chain_eqe", "chain_eqeb", "chain_tqe", "chain_tqeb")
_CALIBRATION = ("quantization_path", "training_path")  # in the order in which the service takes them
_USED = {
    "general": {"model_path", "model_type", "project_name"},
    "model": {"model_path", "model_type", "model_name", "input_shape"},
    "dataset": {"quantization_path", "name", "dataset_name", "class_names", "keypoints"},
    "preprocessing": {"rescaling", "resizing", "color_mode"},
    "quantization": {
        "quantizer",
        "quantization_type",
        "quantization_input_type",
        "quantization_output_type",
        "granularity",
        "export_dir",
    },
}
_MOST_KEYPOINTS = 1000


def is_of_zoo(document: dict[str, Any]) -> bool:
    """Return whether a file is of the model zoo services, and not of the quantization script."""
    return "pre_processing" not in document and bool({"operation_mode", "general", "preprocessing"} & document.keys())


def read_zoo_config(path: Path, document: dict[str, Any], base: Path | None, notes: list[str]) -> StConfig:
    """Return what a file of the model zoo services asks for; `notes` gets what was ignored.

    Raises:
        ConfigOfOtherKind: it is for another operation, such as deployment.
        ConfigKeyMissing, ConfigValueInvalid.
    """
    operation = document.get("operation_mode", "quantization")
    if operation not in _QUANTIZING:
        command = "n6studio deploy --config FILE" if operation == "deployment" else "ST's model zoo services"
        raise ConfigOfOtherKind(path=path, wanted="quantization", operation=str(operation)[:40], tool=command)
    if operation != "quantization":
        notes.append(f"Of '{operation}' only the quantization is done.")
    notes += unused(document, _USED, "quantization")
    section = "general" if part(document, "general").get("model_path") is not None else "model"
    if section == "model" and "model" not in document:
        section = "general"
    model = located(path, base, f"{section}.model_path", required(path, document, section, "model_path"))
    chosen(path, document, "quantization", "quantizer", ("TFlite_converter",), "TFlite_converter")
    chosen(path, document, "quantization", "quantization_type", ("PTQ",), "PTQ")
    chosen(path, document, "preprocessing", "color_mode", ("rgb",), "rgb")
    types = {
        name: chosen(path, document, "quantization", f"quantization_{name}_type", IO_TYPES, default)
        for name, default in (("input", "uint8"), ("output", "float"))
    }
    scale, offset = _rescaling(path, document)
    calibration = _calibration(path, base, document, notes)
    granularity = chosen(path, document, "quantization", "granularity", ("per_channel", "per_tensor"), "per_channel")
    settings = checked(
        path,
        _KEYS,
        granularity=granularity,
        input_type=types["input"],
        output_type=types["output"],
        head="int8",
        fake=calibration is None,
        resize=_resize(path, document, notes),
        scale=scale,
        offset=offset,
        name=str(part(document, "model").get("model_name") or ""),
        keypoints=_keypoints(document, section),
    )
    export = part(document, "quantization").get("export_dir") or "quantized_models"
    stated = part(document, "model").get("input_shape")
    return StConfig(
        model_path=model[0],
        size=None if stated is None else input_size(path, "model.input_shape", stated),
        calibration=calibration,
        export_path=model[1] / path_in(path, "quantization.export_dir", export),
        settings=settings,
        notes=tuple(notes),
    )


_KEYS = {
    "name": "model.model_name",
    "scale": "preprocessing.rescaling",
    "offset": "preprocessing.rescaling",
}


def _keypoints(document: dict[str, Any], section: str) -> int:
    """Return how many keypoints the model has, as far as the file tells: those of COCO where it is a pose model's."""
    stated = part(document, "dataset").get("keypoints")
    if type(stated) is int and 1 <= stated <= _MOST_KEYPOINTS:
        return stated
    return len(COCO) if part(document, section).get("model_type") == "yolo_mpe" else 0


def _rescaling(path: Path, document: dict[str, Any]) -> tuple[float, float]:
    """Return divisor and offset; the file has a factor."""
    key = "preprocessing.rescaling"
    rescaling = required(path, document, "preprocessing", "rescaling")
    values = rescaling if isinstance(rescaling, dict) else {}
    factor, offset = number(values.get("scale")), number(values.get("offset"))
    if factor is None or offset is None or factor <= 0:
        allowed = "{scale: 1/255, offset: 0} or {scale: 1/127.5, offset: -1}"
        raise ConfigValueInvalid(path=path, key=key, value=rescaling, allowed=allowed)
    if factor > 1:
        allowed = "a factor of at most 1: pixels are multiplied by it here, as in {scale: 1/255, offset: 0}"
        if factor > 100:
            allowed += f", and you probably mean 1/{factor:g}"
        raise ConfigValueInvalid(path=path, key=key, value=rescaling, allowed=allowed)
    require_pixels(path, key, rescaling, 1 / factor, offset)
    return round(1 / factor, 9), offset


def _resize(path: Path, document: dict[str, Any], notes: list[str]) -> str:
    resizing = part(part(document, "preprocessing"), "resizing")
    given = resizing.get("aspect_ratio", "fit")
    if not isinstance(given, str) or given not in _RESIZES:
        key = "preprocessing.resizing.aspect_ratio"
        raise ConfigValueInvalid(path=path, key=key, value=given, allowed=tuple(_RESIZES))
    if resizing.get("interpolation", "bilinear") != "bilinear":
        notes.append("Images are resized with bilinear interpolation, whatever the file says.")
    return _RESIZES[given]


def _calibration(path: Path, base: Path | None, document: dict[str, Any], notes: list[str]) -> Path | None:
    """Return the folder of images; None where the file names none, and the service takes random noise."""
    dataset = part(document, "dataset")
    for name in _CALIBRATION:
        if dataset.get(name) is not None:
            return located(path, base, f"dataset.{name}", dataset[name])[0]
    notes.append(
        "The file names no images (dataset.quantization_path), so random noise is used: size and speed are valid, "
        "accuracy is meaningless."
    )
    return None
