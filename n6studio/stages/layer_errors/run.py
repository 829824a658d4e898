"""The stage behind the quantize page's per-layer view: the float and the quantized model side by side.

Both run with all tensors kept; tensors are matched by name. Two ratios tell two things apart: how wrong a tensor is
after everything before it was quantized, too, and how much of that its own steps explain.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from n6studio.domain.encoding import encoded
from n6studio.domain.errors.models import ModelDamaged, NotAPoseModel
from n6studio.domain.model.layer_errors import HINT_DB, LayerError, LayerErrors
from n6studio.domain.pose.people import FloatArray
from n6studio.domain.pose.preprocess import Resize
from n6studio.domain.requests import InputFile
from n6studio.domain.results import StageOutcome
from n6studio.gates.files import read_bytes
from n6studio.stages.evaluate.all_images import core_count
from n6studio.stages.layer_errors.figures import LayerErrorsFigures, WorstLayer
from n6studio.stages.layer_errors.stage import LayerErrorsSettings
from n6studio.stages.model.calibration import CalibrationSet, choose_images
from n6studio.stages.model.tflite_gate import admit_tflite
from n6studio.stages.process.reporter import Reporter, relative_outputs
from n6studio.stages.process.versions import versions_of
from n6studio.stages.quantize.graph import REARRANGING, Graph, Operation, silu_inputs
from n6studio.stages.quantize.ranges import TensorHistogram

STEPS: tuple[str, ...] = ("open", "measure")

BINS = 64
LARGEST_DB = 120.0  # of tensors that do not differ at all


@dataclass
class _Sums:
    """What adds up over the images for one tensor."""

    signal: float = 0.0
    error: float = 0.0
    own_error: float = 0.0
    exact: TensorHistogram = field(default_factory=TensorHistogram)
    quantized: TensorHistogram = field(default_factory=TensorHistogram)


@dataclass(frozen=True)
class _Pair:
    """A tensor in both models: the quantized one's operation, and its indices in the two interpreters."""

    operation: Operation
    float_index: int
    quantized_index: int
    type: str
    scale: float
    zero_point: int
    squashed: bool
    weights: tuple[tuple[float, ...], tuple[float, ...]] = ((), ())
    sums: _Sums = field(default_factory=_Sums)


def run(
    settings: LayerErrorsSettings, inputs: dict[str, tuple[InputFile, ...]], folder: Path, report: Reporter
) -> StageOutcome[LayerErrorsFigures]:
    """Compare the role "quantized" with the role "reference" on images of the role "calibration".

    Outputs: "layers", a `LayerErrors` as JSON.

    Raises:
        NoImages: no usable image.
        NotAPoseModel: the two models have no tensor in common.
    """
    report.step("open")
    reference, quantized = (Path(inputs[role][0].path) for role in ("reference", "quantized"))
    float_interpreter, quantized_interpreter = keeping_interpreter(reference), keeping_interpreter(quantized)
    pairs = _pairs(reference, quantized, float_interpreter, quantized_interpreter)
    if not pairs:
        raise NotAPoseModel(path=quantized, found=f"a model that shares no layer with {reference.name}")
    shape = float_interpreter.get_input_details()[0]["shape"]
    source = Path(inputs["calibration"][0].path)
    files, _ = choose_images(source, settings.max_images, settings.seed, settings.exclude)
    size = (int(shape[2]), int(shape[1]))
    images = CalibrationSet(
        tuple(files), (), size, Resize(settings.resize), settings.scale, settings.offset, settings.seed
    )
    report.step("measure")
    for done, tensor in enumerate(images.tensors(), 1):
        _measure(tensor, float_interpreter, quantized_interpreter, pairs)
        report.progress(done, len(files))
    errors = LayerErrors(len(files), tuple(_layer(pair) for pair in pairs))
    target = folder / "layer_errors.json"
    target.write_bytes(encoded(errors))
    return StageOutcome(
        relative_outputs(folder, {"layers": target}), _figures(errors), versions=versions_of("ai-edge-litert")
    )


def keeping_interpreter(path: Path) -> Any:
    """Return an interpreter that keeps every tensor as its operation left it.

    Raises:
        ModelDamaged, ModelRefused: see `admit_tflite`.
    """
    admit_tflite(path)
    try:
        interpreter = Interpreter(
            model_path=str(path),
            num_threads=core_count(),
            experimental_preserve_all_tensors=True,
            experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        )
        interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        reason = str(error).strip().partition("\n")[0][:300].rstrip(". ")
        raise ModelDamaged(path=path, format=".tflite file", reason=reason) from error
    return interpreter


def name_key(name: str) -> frozenset[str]:
    """Return what a tensor's name says about the layer: the converter joins fused operations' names and constants'."""
    parts = {part for part in name.split(";") if not part.startswith(("Const", "tfl.pseudo_qconst"))}
    return frozenset(parts or {name})


def _pairs(reference: Path, quantized: Path, float_interpreter: Any, quantized_interpreter: Any) -> list[_Pair]:
    """Return the tensors of both models that have the same name and shape, in the order of computation."""
    float_graph = Graph(read_bytes(reference))
    known = {(name_key(item.output), item.shape): item for item in float_graph.operations}
    squashed = squashed_tensors(float_graph)
    float_indices = {item["name"]: item["index"] for item in float_interpreter.get_tensor_details()}
    details = {item["name"]: item for item in quantized_interpreter.get_tensor_details()}
    pairs = []
    for operation in Graph(read_bytes(quantized)).operations:
        twin = known.get((name_key(operation.output), operation.shape))
        detail = details.get(operation.output)
        if twin is None or detail is None or twin.output not in float_indices:
            continue
        kind = np.dtype(detail["dtype"])
        if kind.kind not in "iuf":
            continue
        scale, zero = detail["quantization"] if kind.kind != "f" else (0.0, 0)
        if kind.kind != "f" and scale == 0:
            continue  # shapes and indices, not values
        indices = float_indices[twin.output], detail["index"]
        pairs.append(
            _Pair(
                operation,
                *indices,
                _type(kind),
                float(scale),
                int(zero),
                twin.output in squashed,
                _weights(float_graph, twin),
            )
        )
    return pairs


def _weights(graph: Graph, operation: Operation) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return smallest and largest weight of each output channel; empty where the operation has none."""
    weights = graph.weights_of(operation)
    if weights is None:
        return (), ()
    flat = weights.reshape(len(weights), -1)
    return tuple(_rounded(flat.min(axis=1))), tuple(_rounded(flat.max(axis=1)))


def _rounded(values: npt.NDArray[np.float32]) -> list[float]:
    return [float(f"{value:.4g}") for value in values]


def squashed_tensors(graph: Graph) -> set[str]:
    """Return the tensors that reach nothing but sigmoids (or SiLUs), if need be rearranged or joined on the way."""
    readers: dict[str, list[Operation]] = {}
    for operation in graph.operations:
        for name in operation.inputs:
            readers.setdefault(name, []).append(operation)
    found = silu_inputs(graph)
    for operation in reversed(graph.operations):
        reading = readers.get(operation.output, [])
        if reading and all(
            item.kind == "LOGISTIC" or (item.kind in {*REARRANGING, "CONCATENATION"} and item.output in found)
            for item in reading
        ):
            found.add(operation.output)
    return found


def _type(kind: "np.dtype[Any]") -> str:
    return "float" if kind.kind == "f" else str(kind.name)


def _measure(tensor: FloatArray, float_interpreter: Any, quantized_interpreter: Any, pairs: Iterable[_Pair]) -> None:
    _feed(float_interpreter, tensor)
    _feed(quantized_interpreter, tensor)
    for pair in pairs:
        exact = float_interpreter.get_tensor(pair.float_index).astype(np.float32)
        got = quantized_interpreter.get_tensor(pair.quantized_index)
        values = _real(got, pair.scale, pair.zero_point)
        sums = pair.sums
        sums.signal += _power(exact)
        sums.error += _power(values - exact)
        if pair.scale:
            limits = np.iinfo(got.dtype)
            codes = np.clip(np.rint(exact / pair.scale) + pair.zero_point, limits.min, limits.max)
            sums.own_error += _power(_real(codes, pair.scale, pair.zero_point) - exact)
        sums.exact.add(exact)
        sums.quantized.add(values)


def _feed(interpreter: Any, tensor: FloatArray) -> None:
    detail = interpreter.get_input_details()[0]
    kind = np.dtype(detail["dtype"])
    if kind.kind == "f":
        interpreter.set_tensor(detail["index"], tensor)
    else:
        scale, zero = detail["quantization"]
        limits = np.iinfo(kind)
        interpreter.set_tensor(
            detail["index"], np.clip(np.rint(tensor / scale + zero), limits.min, limits.max).astype(kind)
        )
    interpreter.invoke()


def _real(codes: npt.NDArray[Any], scale: float, zero_point: int) -> FloatArray:
    if not scale:
        return np.asarray(codes, np.float32)
    return np.asarray((codes.astype(np.float32) - np.float32(zero_point)) * np.float32(scale), np.float32)


def _power(values: FloatArray) -> float:
    return float(np.square(values, dtype=np.float64).sum())


def decibel(signal: float, error: float) -> float | None:
    """Return the ratio of two powers in dB, at most 120; None where there is no signal."""
    if signal <= 0 or not np.isfinite(signal) or not np.isfinite(error):
        return None
    return round(min(LARGEST_DB, 10 * float(np.log10(signal / max(error, signal * 1e-12)))), 2)


def _layer(pair: _Pair) -> LayerError:
    sums = pair.sums
    low, high = sums.exact.low, sums.exact.high
    int8_low, int8_high = low, high
    if pair.scale:
        limits = np.iinfo(np.dtype(pair.type))
        int8_low = (limits.min - pair.zero_point) * pair.scale if pair.type in ("int8", "uint8") else low
        int8_high = (limits.max - pair.zero_point) * pair.scale if pair.type in ("int8", "uint8") else high
    first, last = min(low, int8_low, sums.quantized.low), max(high, int8_high, sums.quantized.high)
    if not last > first:
        first, last = first - 0.5, first + 0.5
    return LayerError(
        name=short_name(pair.operation.output),
        kind=pair.operation.kind,
        shape=pair.operation.shape,
        type=pair.type,
        squashed=pair.squashed,
        snr=decibel(sums.signal, sums.error),
        own_snr=decibel(sums.signal, sums.own_error) if pair.scale else None,
        low=float(low),
        high=float(high),
        int8_low=float(int8_low),
        int8_high=float(int8_high),
        scale=pair.scale,
        zero_point=pair.zero_point,
        first=float(first),
        last=float(last),
        float_counts=_binned(sums.exact, first, last),
        int8_counts=_binned(sums.quantized, first, last),
        weight_low=pair.weights[0],
        weight_high=pair.weights[1],
    )


def short_name(name: str) -> str:
    """Return the part of a tensor's name that tells layers apart: the last operation that was fused into it."""
    parts = [part for part in name.split(";") if not part.startswith(("Const", "tfl.pseudo_qconst"))]
    best = next((part for part in parts if "convolution" in part), parts[0] if parts else name)
    return "/".join(best.split("/")[1:]) or best


def _binned(histogram: TensorHistogram, first: float, last: float) -> tuple[float, ...]:
    values, shares = histogram.density()
    # A merged bin's middle can lie just outside the extreme value that fell into it.
    counts, _ = np.histogram(np.clip(values, first, last), BINS, (first, last), weights=shares)
    return tuple(round(float(count), 6) for count in counts)


def _figures(errors: LayerErrors) -> LayerErrorsFigures:
    rated = [
        WorstLayer(name=layer.name, kind=layer.kind, snr=layer.snr)
        for layer in errors.layers
        if layer.snr is not None and not layer.squashed
    ]
    return LayerErrorsFigures(
        images=errors.images,
        layers=len(errors.layers),
        below_hint=sum(layer.snr < HINT_DB for layer in rated),
        median_snr=round(float(np.median([layer.snr for layer in rated])), 2) if rated else None,
        worst=tuple(sorted(rated, key=lambda layer: layer.snr)[:5]),
    )
