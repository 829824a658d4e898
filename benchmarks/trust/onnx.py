"""ONNX files: operations that never end or take all memory, data elsewhere, odd shapes, metadata, damage."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from trust.making import Writer

SIDE, POINTS = 128, 336  # of the input; candidates of a pose network of that size


def make(writer: Writer) -> None:
    _shared(writer)
    writer.files(".onnx", _graphs())
    writer.files(".onnx", _metadata(writer.canaries))
    writer.files(".onnx", _flipped(writer, writer.missing // 3))
    writer.mutated("onnx", ".onnx", _seeds())


def _shared(writer: Writer) -> None:
    if not (shared := os.environ.get("N6_SHARED")):
        return
    with tempfile.TemporaryDirectory() as made:
        generator = Path(shared, "cases", "hostile", "mkonnx.py")
        environment = os.environ | {"HOSTILE": made}
        Path(made, "can").symlink_to(writer.canaries)
        subprocess.run([sys.executable, generator], env=environment, check=True, capture_output=True)
        for path in sorted(Path(made, "cases", "onnx").glob("*.onnx")):
            target = writer.place(path.name)
            shutil.copy(path, target)
    for name in ("side.bin", "link.bin"):  # what some of them name beside them
        (writer.folder / name).write_bytes(bytes(POINTS * 56 * 4))


def _seeds() -> list[bytes]:
    from builders_onnx import write_pose_onnx

    with tempfile.TemporaryDirectory() as folder:
        return [write_pose_onnx(Path(folder, f"{size}.onnx"), size=size).read_bytes() for size in (32, 64)]


def _flipped(writer: Writer, count: int) -> Iterator[tuple[str, bytes]]:
    """Yield a real network with a few wrong bytes; a third of them in its first and last 20 kB."""
    shared = os.environ.get("N6_SHARED")
    whole = next(iter(sorted(Path(shared, "models", "st").glob("*.onnx")))).read_bytes() if shared else _seeds()[1]
    for number in range(count):
        changed = bytearray(whole)
        for _ in range(writer.chance.choice((1, 2, 8))):
            at = writer.chance.randrange(len(whole))
            if number % 3:
                at = (at % 40_000 - 20_000) % len(whole)
            changed[at] ^= writer.chance.randrange(1, 256)
        yield "flipped", bytes(changed)


def _packed(nodes: list[Any], constants: dict[str, Any], **more: Any) -> bytes:
    """Return a model whose output is that of a pose network; `nodes` make 'x' of 'images', a number or more."""
    from onnx import TensorProto, helper, numpy_helper

    table = np.random.default_rng(0).random((1, 56, POINTS)).astype(np.float32) / 2
    given = {"table": table, "zero": np.float32(0), **constants}
    tail = [
        helper.make_node("ReduceMean", ["x"], ["mean"], keepdims=0),
        helper.make_node("Mul", ["mean", "zero"], ["light"]),
        helper.make_node("Add", ["table", "light"], ["output0"]),
    ]  # fmt: skip
    graph = helper.make_graph(
        [*nodes, *tail], "g",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, (1, 3, SIDE, SIDE))],
        [helper.make_tensor_value_info("output0", TensorProto.FLOAT, (1, 56, POINTS))],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in given.items()],
    )  # fmt: skip
    opsets = [helper.make_opsetid("", 17), *(helper.make_opsetid(name, 1) for name in more.get("domains", ()))]
    model = helper.make_model(graph, opset_imports=opsets, functions=more.get("functions", []), ir_version=9)
    for name, value in more.get("metadata", {}).items():
        entry = model.metadata_props.add()
        entry.key, entry.value = name, value
    data: bytes = model.SerializeToString()
    return data


def _graphs() -> Iterator[tuple[str, bytes]]:
    from onnx import helper

    node, whole = helper.make_node, lambda *sizes: np.array(sizes, np.int64)
    for name, kind, constants in (
        ("expand", "Expand", [whole(1000, 3, SIDE * 8, SIDE * 8)]), ("tile", "Tile", [whole(1, 1000, 100, 100)]),
        ("pad", "Pad", [whole(0, 0, 10**5, 10**5, 0, 0, 10**5, 10**5)]),
        ("pad-negative", "Pad", [whole(0, 0, -(10**6), 0, 0, 0, -(10**6), 0)]),
        ("reshape", "Reshape", [whole(1, -1, -1)]), ("reshape-zero", "Reshape", [whole(0, 0, 0, 0, 0)]),
        ("reshape-huge", "Reshape", [whole(2**40, 2**40)]), ("gather", "Gather", [whole(2**40, -(2**40))]),
        ("gather-out", "Gather", [whole(1000)]), ("slice", "Slice", [whole(-(2**62)), whole(2**62)]),
        ("topk", "TopK", [whole(2**40)]), ("onehot", "OneHot", [whole(2**30), np.float32([0, 1])]),
        ("upsample", "Resize", [np.float32([]), np.float32([1, 1, 1e6, 1e6])]),
        ("upsample-nan", "Resize", [np.float32([]), np.float32([1, 1, np.nan, -np.inf])]),
        ("split", "Split", [whole(1, 2**40, -5)]), ("unsqueeze", "Unsqueeze", [whole(*range(4, 70))]),
        ("scatter", "ScatterND", [whole(10**9).reshape(1, 1), np.zeros((1, 3, SIDE, SIDE), np.float32)]),
        ("power", "Pow", [np.float32(1e38)]), ("div", "Div", [np.float32(0)]), ("mod", "Mod", [np.float32(0)]),
        ("conv", "Conv", [np.zeros((2**20, 3, 1, 1), np.float32)]),
        ("conv-wrong", "Conv", [np.zeros((8, 5, 3, 3), np.float32)]),
        ("conv-large", "Conv", [np.zeros((64, 3, 127, 127), np.float32)]),
        ("transposed", "ConvTranspose", [np.zeros((3, 64, 16, 16), np.float32)]),
        ("matmul", "MatMul", [np.zeros((SIDE, 10**6), np.float32)]),
        ("matmul-wrong", "MatMul", [np.zeros((7, 7), np.float32)]),
        ("gridsample", "GridSample", [np.full((1, 8, 8, 2), np.nan, np.float32)]),
        ("quantized", "QuantizeLinear", [np.float32(0), np.uint8(0)]),
        ("quantized-nan", "QuantizeLinear", [np.float32(np.nan), np.uint8(0)]),
    ):  # fmt: skip
        inputs = {f"c{number}": value for number, value in enumerate(constants)}
        yield name, _packed([node(kind, ["images", *inputs], ["x"])], inputs)
        long = [
            node(kind, ["images" if not number else f"y{number - 1}", *inputs], [f"y{number}"]) for number in range(12)
        ]
        yield f"{name}-again", _packed([*long, node("Identity", ["y11"], ["x"])], inputs)
    for name, kind, given, attributes in (
        ("pool-zero", "MaxPool", ["images"], {"kernel_shape": [0, 0]}),
        ("pool-huge", "MaxPool", ["images"], {"kernel_shape": [2**31, 2**31], "pads": [2**30] * 4}),
        ("pool-strides", "AveragePool", ["images"], {"kernel_shape": [1, 1], "strides": [0, 0]}),
        ("transpose", "Transpose", ["images"], {"perm": [0, 0, 0, 9]}),
        ("concat", "Concat", ["images"] * 5000, {"axis": 1}),
        ("random", "RandomNormal", [], {"shape": [2**20, 2**20]}), ("random-like", "RandomNormalLike", ["images"], {}),
        ("bernoulli", "Bernoulli", ["images"], {}),
        ("multinomial", "Multinomial", ["images"], {"sample_size": 2**31 - 1}),
        ("space", "DepthToSpace", ["images"], {"blocksize": 0}),
        ("einsum", "Einsum", ["images"] * 3, {"equation": "abcd,efgh,ijkl->abcdefghijkl"}),
        ("lstm", "LSTM", ["images"] * 3, {"hidden_size": 2**31 - 1}),
        ("softmax", "Softmax", ["images"], {"axis": 2**40}),
        ("flatten", "Flatten", ["images"], {"axis": -(2**40)}), ("shape", "Shape", ["images"], {"start": 2**40}),
        ("string", "Cast", ["images"], {"to": 8}), ("cast-odd", "Cast", ["images"], {"to": 999}),
        ("eye", "EyeLike", ["images"], {"k": 2**62}),
        ("hann", "HannWindow", ["images"], {}), ("nms", "NonMaxSuppression", ["images", "images"], {}),
        ("unknown", "Evil", ["images"], {}),
        ("sequence", "SequenceConstruct", ["images"] * 100, {}), ("optional", "Optional", ["images"], {}),
        ("nothing", "Relu", ["gone"], {}),
        ("self", "Add", ["x", "images"], {}), ("contrib", "FusedConv", ["images"], {"domain": "com.microsoft"}),
        ("inference", "Inverse", ["images"], {"domain": "com.microsoft"}),
        ("attention", "Attention", ["images"], {"domain": "com.microsoft"}),
    ):  # fmt: skip
        domain = attributes.pop("domain", "")
        nodes = [node(kind, given, ["x"], domain=domain, **attributes)]
        yield name, _packed(nodes, {}, domains=[domain] if domain else [])
    yield (
        "long",
        _packed(
            [node("Relu", ["images" if not n else f"a{n - 1}"], [f"a{n}"]) for n in range(30_000)]
            + [node("Relu", ["a29999"], ["x"])],
            {},
        ),
    )
    yield (
        "doubling",
        _packed(
            [node("Concat", ["images" if not n else f"a{n - 1}"] * 2, [f"a{n}"], axis=1) for n in range(40)]
            + [node("Relu", ["a39"], ["x"])],
            {},
        ),
    )
    yield "same-name", _packed([node("Relu", ["images"], ["x"]), node("Sigmoid", ["images"], ["x"])], {})
    yield from _functions()
    yield from _loops()


def _functions() -> Iterator[tuple[str, bytes]]:
    """Functions that call functions, twice each: a short file, a long network."""
    from onnx import helper

    node, sets = helper.make_node, [helper.make_opsetid("", 17), helper.make_opsetid("f", 1)]
    for depth in (2, 12, 30):
        made = [helper.make_function("f", "F0", ["i"], ["o"], [node("Relu", ["i"], ["o"])], sets)]
        for number in range(1, depth):
            inner = f"F{number - 1}"
            calls = [node(inner, ["i"], ["m"], domain="f"), node(inner, ["m"], ["o"], domain="f")]
            made.append(helper.make_function("f", f"F{number}", ["i"], ["o"], calls, sets))
        yield (
            f"functions-{depth}",
            _packed([node(f"F{depth - 1}", ["images"], ["x"], domain="f")], {}, domains=["f"], functions=made),
        )


def _loops() -> Iterator[tuple[str, bytes]]:
    from onnx import TensorProto, helper

    node, value = helper.make_node, helper.make_tensor_value_info
    for count in (3, 10**6, 2**62):
        body = helper.make_graph(
            [node("Identity", ["more"], ["again"]), node("Relu", ["v"], ["w"])], "b",
            [value("i", TensorProto.INT64, []), value("more", TensorProto.BOOL, []),
                value("v", TensorProto.FLOAT, None)],
            [value("again", TensorProto.BOOL, []), value("w", TensorProto.FLOAT, None)],
        )  # fmt: skip
        constants = {"times": np.int64(count), "yes": np.array(True)}
        yield f"loop-{count}", _packed([node("Loop", ["times", "yes", "images"], ["x"], body=body)], constants)
        grown = helper.make_graph(
            [node("Identity", ["more"], ["again"]), node("Concat", ["v", "v"], ["w"], axis=0)],
            "b",
            list(body.input),
            list(body.output),
        )
        yield f"growing-{count}", _packed([node("Loop", ["times", "yes", "images"], ["x"], body=grown)], constants)
    scanned = helper.make_graph(
        [node("Relu", ["v"], ["w"])], "b", [value("v", TensorProto.FLOAT, None)], [value("w", TensorProto.FLOAT, None)]
    )
    yield "scan", _packed([node("Scan", ["images"], ["x"], body=scanned, num_scan_inputs=1)], {})
    branch = helper.make_graph([node("Relu", ["images"], ["w"])], "b", [], [value("w", TensorProto.FLOAT, None)])
    yield "if", _packed([node("If", ["yes"], ["x"], then_branch=branch, else_branch=branch)], {"yes": np.array(True)})


def _metadata(canaries: Path) -> Iterator[tuple[str, bytes]]:
    from onnx import helper

    plain = [helper.make_node("Relu", ["images"], ["x"])]
    ran = f"__import__('os').system('touch {canaries}/onnx')"
    for key in (
        "names",
        "kpt_shape",
        "imgsz",
        "stride",
        "task",
        "args",
        "description",
        "author",
        "version",
        "kpt_names",
        "batch",
    ):
        for number, text in enumerate((
            ran, "[" * 100_000, "{0: 'a'", "[1e999, nan]", "[17, 3.5]", "[9" + "9" * 5000 + ", 3]",
            "{'a': {'b': [1]}}", "-1", "[]", "{}",
            "\x1b]0;owned\x07", "\u202e", "None", "b'\\xff'", "{1: 2, **3}", "[x for x in (1,)]", "1 + 1",
            "{0: 'a'}" * 2000, "'" * 5, "\x00",
        )):  # fmt: skip
            yield f"metadata-{key}-{number}", _packed(plain, {}, metadata={"task": "pose", key: text})
