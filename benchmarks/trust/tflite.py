""".tflite files: changed bytes of real ones, structures that lie, metadata."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from trust.making import SMALL_TFLITE, Writer

_NUMBERS = (0, 1, -1, 2, 255, 2**15, 2**16, 2**24, 2**31 - 1, -(2**31), 10**9)


def make(writer: Writer) -> None:
    whole = [SMALL_TFLITE.read_bytes()]
    if shared := os.environ.get("N6_SHARED"):
        whole += [path.read_bytes() for path in sorted(Path(shared, "models", "st").glob("*.tflite"))]
    writer.files(".tflite", _structures(writer))
    writer.files(".tflite", _metadata(writer.canaries))
    half = writer.missing // 2
    writer.files(".tflite", (("flipped", _changed(whole[number % len(whole)], writer)) for number in range(half)))
    writer.mutated("tflite", ".tflite")


def _changed(whole: bytes, writer: Writer) -> bytes:
    """Return it with one byte changed: one that is likely structure, which lies between and behind the weights."""
    changed, chance = bytearray(whole), writer.chance
    at = chance.choice(
        (chance.randrange(len(whole)), len(whole) - 1 - chance.randrange(150_000), chance.randrange(200))
    )
    changed[at] ^= chance.randrange(1, 256)
    return bytes(changed)


def _structures(writer: Writer) -> Iterator[tuple[str, bytes]]:
    """Yield whole files in which one field of one tensor, operation or graph says something else."""
    import flatbuffers
    import numpy as np
    from ai_edge_litert import schema_py_generated as schema
    from builders_tflite import build_tflite
    from standins.small_tflite import write_running_tflite

    def packed(model: "schema.ModelT") -> bytes:
        builder = flatbuffers.Builder(1 << 16)
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    with tempfile.TemporaryDirectory() as folder:
        sound = [make(Path(folder, "a.tflite"), size=32).read_bytes() for make in (build_tflite, write_running_tflite)]
    for data in sound:
        for number in _NUMBERS:
            for what in (
                "shape",
                "grown",
                "rank",
                "buffer",
                "kind",
                "input",
                "output",
                "operation",
                "code",
                "options",
                "zero",
            ):
                model = schema.ModelT.InitFromPackedBuf(data, 0)
                graph = model.subgraphs[0]
                tensor, operator = writer.chance.choice(graph.tensors), writer.chance.choice(graph.operators)
                if what == "shape":
                    tensor.shape = np.full(len(tensor.shape), number, np.int32)
                elif what == "grown":
                    for each in graph.tensors:  # all of them agree
                        each.shape = np.array([number if side == 32 else side for side in each.shape], np.int32)
                elif what == "rank":
                    tensor.shape = np.ones(min(abs(number), 5000), np.int32)
                elif what == "buffer":
                    tensor.buffer = abs(number)
                elif what == "kind":
                    tensor.type = number & 31
                elif what == "input":
                    operator.inputs = np.full(3, number, np.int32)
                elif what == "output":
                    operator.outputs = np.full(1, number, np.int32)
                elif what == "operation":
                    operator.opcodeIndex = abs(number)
                elif what == "code":
                    model.operatorCodes[0].builtinCode = number & 255
                elif what == "zero" and tensor.quantization is not None:
                    tensor.quantization.scale = np.array([number * 1e30], np.float32)
                    tensor.quantization.zeroPoint = np.array([number], np.int64)
                    tensor.quantization.quantizedDimension = number
                elif what == "options":
                    for name, value in vars(operator.builtinOptions or operator).items():
                        if isinstance(value, int):
                            setattr(operator.builtinOptions or operator, name, number & 127)
                try:
                    yield f"{what}-{number}", packed(model)
                except (TypeError, ValueError, OverflowError, AttributeError):
                    continue  # no such value can be written


def _metadata(canaries: Path) -> Iterator[tuple[str, bytes]]:
    from n6studio.stages.model.tflite_metadata import embed_metadata

    ran = f"__import__('os').system('touch {canaries}/tflite')"
    deep: object = 1
    for _ in range(900):
        deep = [deep]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.tflite")
        for key in ("names", "kpt_shape", "imgsz", "task", "stride", "kpt_names", "description"):
            for number, value in enumerate((
                ran, deep, -1, 10**30, 1e308, None, [], {}, [10**9, 3], ["17", "3"], {"0": {}}, "\x1b]0;owned\x07",
                "a" * 10**6, [[]] * 1000,
            )):  # fmt: skip
                path.write_bytes(SMALL_TFLITE.read_bytes())
                embed_metadata(
                    path, {"task": "pose", "imgsz": [192, 192], "names": {"0": "p"}, "kpt_shape": [17, 3], key: value}
                )
                yield f"metadata-{key}-{number}", path.read_bytes()
