"""The YAML that a pose network is built from, checked field by field: nothing in it that Ultralytics would evaluate."""

import math

from n6studio.stages.checkpoint.plain_values import (
    LONGEST_TEXT,
    MOST_NAMES,
    Plain,
    Undescribed,
    is_number,
    plain_value,
    real_number,
    whole_number,
)

# Layers that a pose network of Ultralytics' YAML form may consist of.
_LAYERS = frozenset({
    "Conv", "DWConv", "ConvTranspose", "GhostConv", "Focus", "Concat", "SPP", "SPPF", "Bottleneck", "GhostBottleneck",
    "BottleneckCSP", "C1", "C2", "C2f", "C2fAttn", "C2fCIB", "C2fPSA", "C2PSA", "C3", "C3k2", "C3TR", "C3Ghost", "C3x",
    "RepC3", "PSA", "SCDown", "A2C2f", "ADown", "AConv", "ELAN1", "RepNCSPELAN4", "SPPELAN", "CBLinear", "CBFuse",
    "HGStem", "HGBlock", "DWConvTranspose2d", "Index", "Pose", "Pose26",
    "nn.Upsample", "nn.Identity", "nn.MaxPool2d", "nn.AvgPool2d", "nn.ConvTranspose2d", "nn.BatchNorm2d",
    "nn.ReflectionPad2d", "nn.ZeroPad2d",
})  # fmt: skip
_HEADS = frozenset({"Pose", "Pose26"})
# Texts that Ultralytics' builder looks up among its own variables, or hands on to a layer.
_ARGUMENT_TEXTS = frozenset({"nc", "kpt_shape", "None", "True", "False", "nearest", "bilinear"})
_MOST_LAYERS = 300
_LARGEST_NUMBER = 65_536


def checked_yaml(value: object) -> dict[str, Plain]:
    """Return what of a model's YAML decides how the network is built; everything else in it is left out.

    Raises:
        Undescribed: a field is missing, impossible, or of no pose model.
    """
    plain = plain_value(value)
    if not isinstance(plain, dict):
        raise Undescribed("it does not contain the YAML that its model was built from")
    found: dict[str, Plain] = {
        "nc": whole_number(plain.get("nc"), "nc", 1, MOST_NAMES),
        "backbone": _layers(plain.get("backbone"), "backbone"),
        "head": _layers(plain.get("head"), "head"),
        "channels": whole_number(plain.get("channels", plain.get("ch", 3)), "channels", 1, 64),
    }
    last = found["head"][-1]  # type: ignore[index]  # _layers returns a list that is not empty
    if not isinstance(last, list) or last[2] not in _HEADS:
        raise Undescribed("its last layer is not a pose head")
    for name in ("depth_multiple", "width_multiple"):
        if name in plain:
            found[name] = real_number(plain[name], name, 1e-3, 20.0)
    if plain.get("scales") is not None:
        found["scales"] = scales = _scales(plain["scales"])
        scale = plain.get("scale")
        if scale is not None and scale != "":
            if not isinstance(scale, str) or scale not in scales:
                raise Undescribed("its YAML names a scale that it does not describe")
            found["scale"] = scale
    elif isinstance(plain.get("scale"), str):
        found["scale"] = str(plain["scale"])[:8]
    if "reg_max" in plain:
        found["reg_max"] = whole_number(plain["reg_max"], "reg_max", 1, 64)
    if isinstance(plain.get("end2end"), bool):
        found["end2end"] = plain["end2end"]
    for name in ("yaml_file", "activation"):
        if isinstance(plain.get(name), str):
            found[name] = str(plain[name])[:LONGEST_TEXT]
    for name in ("kpt_shape", "flip_idx"):
        if isinstance(plain.get(name), list):
            found[name] = plain[name]
    return found


def _scales(value: Plain) -> dict[str, Plain]:
    if not isinstance(value, dict) or len(value) > 20:
        raise Undescribed("the scales in its YAML cannot be read")
    found: dict[str, Plain] = {}
    for name, numbers in value.items():
        if not isinstance(numbers, list) or len(numbers) != 3:
            raise Undescribed("the scales in its YAML cannot be read")
        depth, width, most = numbers
        found[name] = [
            real_number(depth, "depth", 1e-3, 20.0), real_number(width, "width", 1e-3, 20.0),
            real_number(most, "max_channels", 1, _LARGEST_NUMBER),
        ]  # fmt: skip
    return found


def _layers(value: Plain, where: str) -> list[Plain]:
    if not isinstance(value, list) or not 1 <= len(value) <= _MOST_LAYERS:
        raise Undescribed(f"its YAML has no {where}")
    return [_layer(item, f"{where} layer {number}") for number, item in enumerate(value)]


def _layer(value: Plain, where: str) -> Plain:
    if not isinstance(value, list) or len(value) != 4:
        raise Undescribed(f"{where} of its YAML is not [from, repeats, layer, arguments]")
    source, repeats, kind, arguments = value
    if not isinstance(kind, str) or kind not in _LAYERS:
        raise Undescribed(f"{where} of its YAML is {str(kind)[:60]!r}, which Ultralytics pose models do not have")
    sources = source if isinstance(source, list) else [source]
    if not sources or len(sources) > 64:
        raise Undescribed(f"{where} of its YAML takes nothing")
    checked = [whole_number(item, f"{where}: from", -_MOST_LAYERS, 2 * _MOST_LAYERS) for item in sources]
    if not isinstance(arguments, list) or len(arguments) > 32:
        raise Undescribed(f"{where} of its YAML has no arguments")
    taken: Plain = [*checked] if isinstance(source, list) else checked[0]
    return [
        taken,
        whole_number(repeats, f"{where}: repeats", 1, 100),
        kind,
        [_argument(item, where) for item in arguments],
    ]


def _argument(value: Plain, where: str) -> Plain:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float) and math.isfinite(value) and abs(value) <= _LARGEST_NUMBER:
        return value
    if isinstance(value, str) and value in _ARGUMENT_TEXTS:
        return value
    if isinstance(value, list) and len(value) <= 64 and all(is_number(item) for item in value):
        return [_argument(item, where) for item in value]
    raise Undescribed(f"{where} of its YAML has the argument {str(value)[:60]!r}")


def keypoint_shape(stored: object, yaml: dict[str, Plain]) -> tuple[int, int]:
    """Return (K, values per keypoint) as the model stores it, or else as its YAML says.

    Raises:
        Undescribed: neither says it, or it is impossible.
    """
    plain = plain_value(stored)
    shape = plain if isinstance(plain, list) else yaml.get("kpt_shape")
    if not isinstance(shape, list) or len(shape) != 2:
        raise Undescribed("it does not say how many keypoints it finds")
    return whole_number(shape[0], "kpt_shape", 1, 1024), whole_number(shape[1], "kpt_shape", 2, 3)
