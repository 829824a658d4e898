"""Why a step of a compiled model is not the NPU's, and what would make the model faster.

The compiler's report says where a step is computed, never why. That the NPU computes int8 only, and that whatever
stays in floating point goes to the processor, is ST's own word ("ST Neural-ART NPU - Supported operators and
limitations"); which other operations go there is what published reports of ST Edge AI Core 2.1 to 4.0 show.
"""

from collections.abc import Sequence

from n6studio.domain.model.operators import Unit
from n6studio.domain.model.speed import Epoch, PoolLife, SpeedEstimate, time_of
from n6studio.domain.texts import bytes_text

_MOST = 4  # pieces of advice
_WORTH = 0.3  # milliseconds below which nothing is worth a change
_HEAD = "Quantize with head precision int8: faster, and less accurate."
_RELU = "Train with ReLU, LeakyReLU or SiLU instead."
_LAYOUT = "The processor moves these values: the NPU has no such move for this layout."

# operation -> (why, what to change); in lower case, as ONNX names them.
_KNOWN = {
    "quantizelinear": (
        "Floating point becomes int8 here, on the processor.",
        "It goes where what stands before it is computed in int8; at the input, with uint8 input.",
    ),
    "dequantizelinear": (
        "int8 becomes floating point here; the NPU computes int8 only.",
        "It goes where what follows is computed in int8; at the output, with an application that reads int8.",
    ),
    "cast": ("The type of numbers changes here, on the processor.", ""),
    "prelu": ("The NPU has no PReLU; it is computed in floating point.", _RELU),
    "softmax": ("The NPU has no softmax.", "It is part of YOLOv8's boxes; only another head goes without."),
    "resize": ("Only some ways of resizing are the NPU's; bilinear is not.", "Use nearest-neighbour upsampling."),
    "concat": (
        "The processor joins these: their scales or layouts differ, or their axis is not the NPU's.",
        "Give the joined values one scale, or leave them apart.",
    ),
    "depthtospace": (_LAYOUT, ""),
    "transpose": (_LAYOUT, ""),
    "conv": (
        "A convolution of a form that the NPU does not compute: in floating point, or an unusual kernel or bias.",
        "Quantize it, or use a common kernel.",
    ),
}


def reason_of(epoch: Epoch) -> str:
    """Return why a step is computed where it is, as a sentence."""
    if epoch.unit == Unit.NPU:
        return "An int8 operation that the NPU has."
    known = _known(epoch)
    if known is not None:
        return known[0]
    if epoch.in_float:
        return "It is computed in floating point; the NPU computes int8 only."
    return "The compiler does not say why."


def change_for(epoch: Epoch) -> str:
    """Return what would bring a step to the NPU, as a sentence; "" where nothing is known."""
    if epoch.unit == Unit.NPU:
        return ""
    known = _known(epoch)
    return known[1] if known is not None else _HEAD if epoch.in_float else ""


def _known(epoch: Epoch) -> tuple[str, str] | None:
    return _KNOWN.get(epoch.operations[0].lower()) if epoch.operations else None


def advice(epochs: Sequence[Epoch], pools: Sequence[PoolLife]) -> tuple[str, ...]:
    """Return what would make a compiled model faster, the most worth first; () where nothing would."""
    gains: dict[str, tuple[float, set[str]]] = {}
    for epoch in epochs:
        spent, change = time_of(epoch), change_for(epoch)
        if spent is not None and change:
            before, names = gains.get(change, (0.0, set()))
            gains[change] = (before + spent.likely, names | set(epoch.operations[:1]))
    worth = sorted((pair for pair in gains.items() if pair[1][0] >= _WORTH), key=lambda pair: -pair[1][0])
    found = [f"{', '.join(sorted(names))}, about {spent:.1f} ms: {change}" for change, (spent, names) in worth[:_MOST]]
    external = [pool for pool in pools if pool.name.lower().startswith("hyperram") and pool.peak]
    if external:
        size = bytes_text(external[0].peak)
        found.insert(0, f"{size} of activations lie in external RAM, which is slow: use a smaller input size.")
    return tuple(found)


def advice_for_file(found: SpeedEstimate) -> tuple[str, ...]:
    """Return what would make a model faster, from its file alone; () where nothing is known."""
    if found.in_float.likely < _WORTH:
        return ()
    names = sorted({one.operation for one, _ in found.operations})
    return (f"{', '.join(names)} in floating point, about {found.in_float}: {_HEAD}",)
