"""ST's user_config.yaml for quantization: read as it is, and written so that ST's script reads it.

There are two kinds, told apart by their sections: the quantization script's (model, quantization, pre_processing), read
here, and the model zoo services' (general, operation_mode, preprocessing), in `zoo_quantize_yaml`.

ST's guide prints the file with a tab in its indentation, which YAML forbids; such tabs are read as two spaces.
"""

from pathlib import Path
from typing import Any

import yaml

from n6studio.domain.errors.settings import ConfigValueInvalid
from n6studio.engine.st_files.reading import chosen, located, number, parsed, path_in, required
from n6studio.engine.st_files.settings import StConfig, checked, input_size, require_pixels
from n6studio.engine.st_files.zoo_quantize_yaml import is_of_zoo, read_zoo_config
from n6studio.stages.quantize.stage import IO_TYPES, QuantizeSettings
from n6studio.system.files import replace_text

_KNOWN = {
    "model": {"name", "uc", "model_path", "input_shape"},
    "quantization": {
        "fake",
        "quantization_type",
        "quantization_input_type",
        "quantization_output_type",
        "calib_dataset_path",
        "export_path",
    },
    "pre_processing": {"rescaling"},
}
_KEYS = {
    "fake": "quantization.fake",
    "name": "model.name",
    "use_case": "model.uc",
    "scale": "pre_processing.rescaling",
    "offset": "pre_processing.rescaling",
}


def read_st_config(path: Path, base: Path | None = None) -> StConfig:
    """Read ST's file.

    Args:
        path: the YAML file.
        base: folder that relative paths refer to; None for the file's own folder, or the working folder where ST's
            script is started, for what does not lie beside the file.

    Raises:
        FileMissing, FileUnreadable, ConfigUnreadable, ConfigKeyMissing, ConfigValueInvalid, ConfigOfOtherKind.
    """
    notes: list[str] = []
    document = parsed(path, notes)
    if is_of_zoo(document):
        return read_zoo_config(path, document, base, notes)
    for section, keys in document.items():
        known = _KNOWN.get(section)
        if known is None:
            notes.append(f"Section '{section}' is not used for quantization and was ignored.")
        elif isinstance(keys, dict):
            notes += [f"Unknown key '{section}.{key}' was ignored." for key in keys if key not in known]
    model = located(path, base, "model.model_path", required(path, document, "model", "model_path"))
    fake = chosen(path, document, "quantization", "fake", (True, False), False)
    types = {
        name: chosen(path, document, "quantization", f"quantization_{name}_type", IO_TYPES, "float")
        for name in ("input", "output")
    }
    scale, offset = _rescaling(path, document)
    settings = checked(
        path,
        _KEYS,
        granularity=chosen(path, document, "quantization", "quantization_type", ("per_channel", "per_tensor"), None),
        input_type=types["input"],
        output_type=types["output"],
        head="int8",
        fake=fake,
        scale=scale,
        offset=offset,
        name=str(required(path, document, "model", "name")),
        use_case=str(required(path, document, "model", "uc")),
    )
    wanted = None if fake else required(path, document, "quantization", "calib_dataset_path")
    export = (document.get("quantization") or {}).get("export_path") or "quantized_models"
    return StConfig(
        model_path=model[0],
        size=input_size(path, "model.input_shape", required(path, document, "model", "input_shape")),
        calibration=None if wanted is None else located(path, base, "quantization.calib_dataset_path", wanted)[0],
        export_path=model[1] / path_in(path, "quantization.export_path", export),
        settings=settings,
        notes=tuple(notes),
    )


def _rescaling(path: Path, document: dict[str, Any]) -> tuple[float, float]:
    key = "pre_processing.rescaling"
    rescaling = required(path, document, "pre_processing", "rescaling")
    values = rescaling if isinstance(rescaling, dict) else {}
    scale, offset = number(values.get("scale")), number(values.get("offset"))
    if scale is None or offset is None or scale <= 0:
        allowed = "{scale: 255, offset: 0} or {scale: 127.5, offset: -1}"
        raise ConfigValueInvalid(path=path, key=key, value=rescaling, allowed=allowed)
    require_pixels(path, key, rescaling, scale, offset)
    return scale, offset


def write_st_config(
    path: Path,
    settings: QuantizeSettings,
    model_path: Path,
    size: tuple[int, int],
    calibration: Path | None,
    export_path: Path,
) -> tuple[str, ...]:
    """Write a user_config.yaml that ST's script reads; return what it cannot express, as sentences.

    Raises:
        DiskFull, NotWritable.
    """
    document = {
        "model": {
            "name": settings.name or model_path.name.removesuffix("_saved_model"),
            "uc": settings.use_case,
            "model_path": str(model_path),
            "input_shape": [size[1], size[0], 3],
        },
        "quantization": {
            "fake": settings.fake,
            "quantization_type": settings.granularity,
            "quantization_input_type": settings.input_type,
            "quantization_output_type": settings.output_type,
            "calib_dataset_path": str(calibration or "."),
            "export_path": str(export_path),
        },
        "pre_processing": {"rescaling": {"scale": settings.scale, "offset": settings.offset}},
    }
    replace_text(path, yaml.safe_dump(document, sort_keys=False, allow_unicode=True))
    defaults = QuantizeSettings(head="int8")
    lost = [
        name
        for name in ("head", "resize", "max_images", "seed", "exclude", "ranges")
        if getattr(settings, name) != getattr(defaults, name)
    ]
    return tuple(f"ST's script has no '{name}'; it was not written to the file." for name in lost)
