"""A copy of a model that says itself how its output is to be read, in the metadata that Ultralytics' tools read."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from n6studio.domain.errors.foreign import reading
from n6studio.domain.file_names import shortened
from n6studio.gates.files import read_bytes
from n6studio.stages.model.tflite_metadata import embed_metadata

if TYPE_CHECKING:
    from n6studio.domain.model.facts import ModelFacts


def write_copy(source: Path, folder: Path, facts: "ModelFacts") -> Path | None:
    """Write a copy of a .tflite or .onnx with the layout that `facts` have; return it, None for other formats.

    Args:
        source: the model, inspected before.
        folder: where to.
        facts: what inspection found, with one reading.

    Raises:
        FileUnreadable.
    """
    if facts.format not in ("tflite", "onnx") or len(facts.readings) != 1 or not facts.layout_from:
        return None
    target = folder / f"{shortened(source.stem)}-{facts.readings[0].code}.{facts.format}"
    with reading(source):
        content = read_bytes(source)
    if facts.format == "onnx":
        target.write_bytes(_with_properties(content, metadata_of(facts), names_of(facts)))
        return target
    target.write_bytes(content)
    known = {name: value for name, value in facts.metadata.items() if name != "converter"}
    embed_metadata(target, {**known, **metadata_of(facts)})
    return target


def names_of(facts: "ModelFacts") -> Mapping[int, str]:
    """Return the classes' names; one is invented where there is none."""
    return {number: name or f"class{number}" for number, name in facts.classes.items()}


def metadata_of(facts: "ModelFacts") -> Mapping[str, object]:
    """Return what Ultralytics writes of a pose model, as far as a layout tells it."""
    size = facts.input_size or (0, 0)
    names = {str(number): name for number, name in names_of(facts).items()}
    return {
        "task": "pose",
        "stride": max(facts.strides, default=32),
        "batch": 1,
        "channels": 3,
        "imgsz": [size[1], size[0]],
        "names": names,
        "kpt_shape": [facts.keypoints, facts.keypoint_dims],
        "end2end": bool(facts.strips and facts.strips.end_to_end),
    }


def _with_properties(content: bytes, metadata: Mapping[str, object], classes: Mapping[int, str]) -> bytes:
    import onnx

    model = onnx.load_model_from_string(content)
    known = {item.key: item.value for item in model.metadata_props}
    stated = {name: str(value) for name, value in {**metadata, "names": dict(classes)}.items()}
    onnx.helper.set_model_props(model, {**known, **stated})
    return bytes(model.SerializeToString())
