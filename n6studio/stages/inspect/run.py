"""The stage behind ``inspect``: what a model file is, whether it is ready for the board, and how fast it would be."""

import dataclasses
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from n6studio.domain.encoding import plain
from n6studio.domain.errors.foreign import reading_error
from n6studio.domain.errors.settings import SettingInvalid
from n6studio.domain.model.facts import ModelFacts, OutputStrips
from n6studio.domain.model.published import PUBLISHED, Estimate, estimate, estimate_at, recognise, why_no_estimate
from n6studio.domain.model.readiness import readiness, verdict
from n6studio.domain.model.readings import BOX_VALUES, Reading, confidences, possible_readings
from n6studio.domain.requests import InputFile
from n6studio.domain.results import StageOutcome
from n6studio.stages.inspect.figures import InspectFigures
from n6studio.stages.inspect.graph import GraphFacts
from n6studio.stages.inspect.layout_copy import write_copy
from n6studio.stages.inspect.stage import DEFAULT_SIZE, InspectSettings
from n6studio.stages.model.file_format import detect_format
from n6studio.stages.model.layout import (
    END_TO_END_VALUES,
    Found,
    Source,
    check_outputs,
    find_layout,
    image_size,
    require_pose,
    told_reading,
)
from n6studio.stages.model.split import find_split, keypoint_factors, split_head
from n6studio.stages.process.reporter import Reporter, relative_outputs

STEPS: tuple[str, ...] = ("read", "measure", "judge")

# A pass of a larger network takes seconds on the computer; whether coordinates are fractions is then left unknown.
_MOST_MACS_TO_RUN = 20_000_000_000
_MOST_CLASSES = 1_000_000
_NEARLY = 0.02  # by which a confidence may leave 0..1 through rounding


def run(
    settings: InspectSettings, inputs: dict[str, tuple[InputFile, ...]], folder: Path, report: Reporter
) -> StageOutcome[InspectFigures]:
    """Inspect the one file (or folder) of the role "model".

    Where the user says how its output is to be read, a copy that says so itself becomes the output "model".

    Raises:
        StudioError: it is missing, unreadable, damaged, refused, no model, or for another task than pose.
    """
    (source,) = inputs["model"]
    path = Path(source.path)
    report.step("read")
    facts = inspect(path, source.sha256, report, told_reading(settings.layout))
    report.step("judge")
    copy = write_copy(path, folder, facts) if settings.layout else None
    outputs = {} if copy is None else relative_outputs(folder, {"model": copy})
    return StageOutcome(outputs, figures_of(facts), tuple(_warnings(path, facts)))


def inspect(path: Path, sha256: str, report: Reporter | None = None, told: Reading | None = None) -> ModelFacts:
    """Return all that is known of a model file.

    Args:
        path: .pt, .onnx, .tflite or Keras file, or SavedModel folder.
        sha256: its digest; passed on as it is.
        report: told when the network is about to be run.
        told: how the user says that its output is to be read.

    Raises:
        StudioError: as `run`.
    """
    kind = detect_format(path)
    try:
        size = path.stat().st_size if path.is_file() else sum(f.stat().st_size for f in path.rglob("*") if f.is_file())
        if kind == "pt":
            return _checkpoint_facts(path, size, sha256)
        return _graph_facts(path, kind, size, sha256, report, told)
    except PermissionError as error:
        raise reading_error(path, error) from error


def figures_of(facts: ModelFacts) -> InspectFigures:
    """Return what the facts of a model amount to, with the facts."""
    checks = readiness(facts)
    strips = facts.strips
    return InspectFigures(
        **msgspec.structs.asdict(facts),
        output_channels=strips.keypoints[1] if strips else None,
        output_candidates=strips.candidates if strips else None,
        checks=checks,
        verdict=verdict(facts, checks),
        published=estimate(facts.parameters, facts.macs, facts.input_size),
        published_missing=why_no_estimate(facts.parameters, facts.macs, facts.input_size),
        published_sizes=_estimates_at_all_sizes(facts) if facts.format == "pt" else {},
    )


def _estimates_at_all_sizes(facts: ModelFacts) -> dict[str, Estimate]:
    """A checkpoint can be exported at any size, so the size that it was trained at says little."""
    if not facts.parameters or not facts.macs or not facts.input_size:
        return {}
    model = recognise(facts.parameters, facts.macs, facts.input_size)
    sizes = [row.size for row in PUBLISHED if row.model == model]
    found = {size: estimate_at(model, (size, size)) for size in sizes} if model else {}
    return {f"{size}x{size}": known for size, known in found.items() if known}


def _warnings(path: Path, facts: ModelFacts) -> list[str]:
    """A file may be named for a granularity that it does not have: ST has published such files."""
    says = {"_pc_": "per_channel", "_pt_": "per_tensor"}
    return [
        f"{path.name} is named for {says[mark].replace('_', '-')} quantization, but is {facts.granularity}."
        for mark in says
        if mark in path.name and facts.quantized and facts.granularity != says[mark]
    ]


def _checkpoint_facts(path: Path, size_bytes: int, sha256: str) -> ModelFacts:
    from n6studio.stages.checkpoint.load import load

    found = load(path)
    from n6studio.stages.inspect.checkpoint_size import count_macs, count_parameters  # torch, once the file is sound

    size = found.imgsz or DEFAULT_SIZE
    size = max(32, size - size % 32)
    macs, products = count_macs(found, size)
    stored = {
        "version": found.version, "date": found.date, "license": found.licence, "epoch": found.epoch,
        "metrics": found.metrics, "train_args": found.train_args,
        "flip_idx": list(found.flip_idx) if found.flip_idx else None,
    }  # fmt: skip
    parameters = count_parameters(found)
    return ModelFacts(
        format="pt",
        size_bytes=size_bytes,
        sha256=sha256,
        task=found.task,
        family=Path(str((getattr(found.model, "yaml", None) or {}).get("yaml_file", ""))).stem,
        keypoints=found.keypoint_shape[0],
        keypoint_dims=found.keypoint_shape[1],
        keypoint_names=found.keypoint_names or (),
        classes=found.names,
        input_size=(size, size),
        parameters=parameters,
        macs=macs,
        product_macs=products,
        weights_bytes=parameters * 4,
        strides=tuple(int(stride) for stride in found.model.stride),
        metadata=plain({name: value for name, value in stored.items() if value not in (None, {}, [])}),
        trained=found.quantized.account if found.quantized is not None else None,
    )


def _class_names(names: object) -> dict[int, str]:
    """Return class id -> name of a model's metadata; what is no number of a class is left out."""
    if not isinstance(names, dict):
        return {}
    found = {}
    for key, name in names.items():
        if isinstance(key, int) or (isinstance(key, str) and key.isdecimal() and len(key) < 10):
            found[int(key)] = str(name)
    return {number: name for number, name in found.items() if 0 <= number < _MOST_CLASSES}


def _graph_facts(
    path: Path, kind: str, size_bytes: int, sha256: str, report: Reporter | None, told: Reading | None
) -> ModelFacts:
    from n6studio.stages.model.runner import read_metadata

    graph = _read_graph(path, kind)
    embedded = read_metadata(path) if kind == "tflite" else {}
    metadata = {**graph.metadata, **embedded}
    require_pose(path, metadata)
    size, _ = image_size(path, [tensor.shape for tensor in graph.inputs])
    split = find_split(graph.outputs, size, metadata, told) if kind == "tflite" else None
    found = split or _whole(path, graph, size, metadata, told)
    if told is not None and found.source is not Source.TOLD:
        readings = found.readings if split else possible_readings(found.channels)
        fitting = ", ".join(one.code for one in readings if one.keypoints)
        raise SettingInvalid(name="layout", value=told.code, allowed=f"for {found.channels} values: {fitting}")
    normalised, found = _measured(path, graph, found, report)
    reading = found.readings[0] if found.known else None
    classes = _class_names(metadata.get("names"))
    return ModelFacts(
        format=kind,
        size_bytes=size_bytes,
        sha256=sha256,
        task="pose" if reading else None,
        family=str(metadata.get("description", "")).partition(" trained on ")[0],
        keypoints=reading.keypoints if reading else None,
        keypoint_dims=reading.values if reading else None,
        keypoint_names=_keypoint_names(metadata, reading.keypoints) if reading else (),
        classes=classes or dict.fromkeys(range(reading.classes if reading else 0), ""),
        input_size=size,
        input=graph.inputs[0],
        output=graph.outputs[0],
        parameters=graph.parameters,
        macs=graph.macs,
        product_macs=graph.product_macs,
        weights_bytes=graph.weights_bytes,
        strips=_strips(found, reading) if reading else None,
        normalised=None if split else normalised,
        granularity=graph.granularity,
        integer_convolutions=graph.integer_convolutions,
        float_convolutions=graph.float_convolutions,
        float_operations=graph.float_operations,
        output_scale=None if split else graph.output_scale,
        metadata=plain(metadata),
        metadata_embedded=bool(embedded),
        readings=found.readings,
        layout_from=found.source,
        strides=found.strides,
        numbers=graph.numbers,
        split=split_head(graph.outputs, size, reading, keypoint_factors(path)) if split and reading else None,
    )


def _whole(
    path: Path, graph: GraphFacts, size: tuple[int, int], metadata: dict[str, Any], told: Reading | None
) -> Found:
    """Return how the one output of a whole head is to be read."""
    check_outputs(path, [tensor.shape for tensor in graph.outputs], size)
    return find_layout(path, graph.outputs[0].shape, size, metadata, graph.trace, told)


def _read_graph(path: Path, kind: str) -> GraphFacts:
    """Return what the graph amounts to. Each format's libraries are imported only when such a file is read."""
    if kind == "tflite":
        from n6studio.stages.inspect.tflite import read_tflite

        return read_tflite(path)
    if kind == "onnx":
        from n6studio.stages.inspect.onnx import read_onnx

        return read_onnx(path)
    from n6studio.stages.inspect.saved_model import read_saved_model

    if kind == "keras":
        from n6studio.stages.model.keras_to_saved_model import keras_as_saved_model

        return read_saved_model(keras_as_saved_model(path), path)
    return read_saved_model(path)


def _measured(path: Path, graph: GraphFacts, found: Found, report: Reporter | None) -> tuple[bool | None, Found]:
    """Run the model once; return whether its coordinates are fractions, and readings that its values contradict last.

    A value above 1 is no confidence, but one run proves no reading: what no image shows may still be there.
    """
    from n6studio.stages.model.runner import open_model

    if graph.macs is None or graph.macs > _MOST_MACS_TO_RUN:
        return None, found
    if report is not None:
        report.step("measure")
    poses = [one for one in found.readings if one.keypoints]
    model = open_model(path, told=poses[0])
    if found.known or found.end_to_end:
        return model.info.layout.normalised, found
    output = model.run(np.zeros((*model.info.size[::-1], 3), np.uint8))
    within = [
        bool(low > -_NEARLY and high < 1 + _NEARLY) for low, high in zip(output.min(1), output.max(1), strict=True)
    ]
    ordered = sorted(found.readings, key=lambda one: not all(within[place] for place in confidences(one)))
    return model.info.layout.normalised, dataclasses.replace(found, readings=tuple(ordered))


def _strips(found: Found, reading: Reading) -> OutputStrips:
    first = END_TO_END_VALUES if found.end_to_end else BOX_VALUES + reading.classes
    return OutputStrips(
        boxes=(0, BOX_VALUES),
        scores=(BOX_VALUES, first),
        keypoints=(first, found.channels),
        candidates=found.candidates,
        channels_first=not found.candidates_first and not found.end_to_end,
        end_to_end=found.end_to_end,
    )


def _keypoint_names(metadata: dict[str, Any], count: int) -> tuple[str, ...]:
    stored = metadata.get("kpt_names")
    names = next(iter(stored.values()), None) if isinstance(stored, dict) else stored
    return tuple(map(str, names)) if isinstance(names, list | tuple) and len(names) == count else ()
