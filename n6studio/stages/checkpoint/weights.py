"""Weights alone (a state_dict) with the YAML of their model, described as a checkpoint would describe them."""

import dataclasses
import re

from n6studio.stages.checkpoint.architecture import Architecture, ModuleNote, described_by_yaml, entries_of, tensor_of
from n6studio.stages.checkpoint.plain_values import Undescribed
from n6studio.stages.checkpoint.tensors import TensorPlace

_INSIDE = ("state_dict", "model_state_dict", "ema", "model")
_LAYER = re.compile(r"(?:module\.)*(?:model\.)*(\d+\..+)")
_SCALE = re.compile(r"yolo(?:v)?\d+([nsmlx])(?:-|\.|$)")


def describe_weights(content: object, yaml: object, scale: str, name: str) -> Architecture:
    """Return what weights and the YAML of their model describe together.

    Args:
        content: plain values of the file (`read_plain`).
        yaml: the YAML, as it is.
        scale: of the YAML, where it has several; "" for the one that the file's name says, else the first.
        name: of the YAML's file.

    Raises:
        Undescribed: one of them is not what it should be.
    """
    weights = _weights(content)
    if not isinstance(yaml, dict):
        raise Undescribed("its YAML is not names and values")
    chosen = dict(yaml)
    if isinstance(chosen.get("scales"), dict) and chosen["scales"]:
        found = _SCALE.search(name)
        chosen["scale"] = scale or (found[1] if found else str(next(iter(chosen["scales"]))))
        if chosen["scale"] not in chosen["scales"]:
            raise Undescribed(f"its YAML has no scale {chosen['scale'][:20]!r}, only {', '.join(chosen['scales'])}")
    paths = {path for key in weights for path in _parents(key)}
    return dataclasses.replace(
        described_by_yaml(chosen),
        modules={path: ModuleNote("", {}) for path in paths},
        weights=weights,
        fused=not any(key.endswith(".running_mean") for key in weights),
    )


def _weights(content: object) -> dict[str, TensorPlace]:
    """Return tensors by their names below the model: "model.0.conv.weight"."""
    entries = entries_of(content)
    for candidate in (entries, *(entries_of(entries.get(key)) for key in _INSIDE)):
        found = {}
        for key, value in candidate.items():
            match, place = _LAYER.fullmatch(key), tensor_of(value)
            if match is not None and place is not None:
                found[f"model.{match[1]}"] = place
        if found:
            return found
    raise Undescribed("it contains no weights of a YOLO model, named by layers as in model.0.conv.weight")


def _parents(key: str) -> list[str]:
    parts = key.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts))]
