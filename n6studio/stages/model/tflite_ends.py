"""What the integers stand for that a .tflite's float input is turned into first."""

from pathlib import Path

from n6studio.gates.files import read_bytes
from n6studio.stages.model.tflite_format import parse

_LIMITS = {"UINT8": (0, 255), "INT8": (-128, 127)}


def first_range(path: Path) -> tuple[float, float] | None:
    """Return the range of the first quantization of a .tflite's input; None where there is none.

    Raises:
        FlatbufferDamaged: it is no .tflite.
    """
    graph = parse(read_bytes(path))[0]
    for operator in graph.operators:
        if operator.name == "QUANTIZE" and graph.inputs[0] in operator.inputs:
            tensor = graph.tensors[operator.outputs[0]]
            if tensor.type not in _LIMITS or len(tensor.scales) != 1 or len(tensor.zeros) != 1:
                return None
            low, high = _LIMITS[tensor.type]
            return (low - tensor.zeros[0]) * tensor.scales[0], (high - tensor.zeros[0]) * tensor.scales[0]
    return None
