"""SavedModels: operations that write, read, never end or are huge; functions without end; damage."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from trust.making import Writer


def make(writer: Writer) -> None:
    _shared(writer)
    sound = _sound()
    for name, change in _graphs(writer.canaries):
        _write(writer, name, sound, change)
    from fuzz.mutators import mutated

    for number in range(writer.missing):
        path = sorted(sound)[number % len(sound)]
        damaged = mutated(
            [sound[path]], (b"WriteFile", b"StatefulPartitionedCall", b"../", b"variables"), writer.chance
        )
        folder = writer.place("damaged")
        _unpack(folder, {**sound, path: damaged})


def _shared(writer: Writer) -> None:
    if not (shared := os.environ.get("N6_SHARED")):
        return
    with tempfile.TemporaryDirectory() as made:
        Path(made, "can").symlink_to(writer.canaries)
        generator = Path(shared, "cases", "hostile", "saved_models.py")
        subprocess.run([sys.executable, generator], env=os.environ | {"HOSTILE": made}, check=True, capture_output=True)
        for folder in sorted(Path(made, "cases").iterdir()):
            shutil.copytree(folder, writer.place(folder.name))
    for path in writer.canaries.glob("sm_*"):
        path.unlink()  # what making them has done


def _sound() -> dict[str, bytes]:
    """Return the files of a small SavedModel with a variable."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import tensorflow as tf

    class Net(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table = tf.Variable(tf.random.stateless_uniform((1, 56, 336), (1, 2)))

        @tf.function(input_signature=[tf.TensorSpec((1, 128, 128, 3), tf.float32, name="images")])
        def __call__(self, images: object) -> object:
            return {"output_0": self.table + 0.0 * tf.reduce_mean(images)}

    net = Net()
    with tempfile.TemporaryDirectory() as name:
        tf.saved_model.save(net, name, signatures=net.__call__)
        return {str(path.relative_to(name)): path.read_bytes() for path in Path(name).rglob("*") if path.is_file()}


def _unpack(folder: Path, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def _write(writer: Writer, name: str, sound: dict[str, bytes], change: Callable[[object, Path], object]) -> None:
    from tensorflow.core.protobuf import saved_model_pb2

    model = saved_model_pb2.SavedModel()
    model.ParseFromString(sound["saved_model.pb"])
    folder = writer.place(name)
    _unpack(folder, sound)
    change(model, folder)
    (folder / "saved_model.pb").write_bytes(model.SerializeToString())


def _graphs(canaries: Path) -> Iterator[tuple[str, Callable[..., object]]]:
    operations = (
        "WriteFile", "ReadFile", "MatchingFiles", "PyFunc", "EagerPyFunc", "PrintV2", "Print", "SaveV2", "RestoreV2",
        "Save", "MergeV2Checkpoints",
        "WholeFileReaderV2", "TextLineReaderV2", "LookupTableImportV2", "InitializeTableFromTextFileV2",
        "DebugIdentityV2", "WriteSummary",
        "CreateSummaryFileWriter", "TFRecordDataset", "IteratorV2", "While", "StatelessWhile", "Enter",
        "TensorArrayV3", "StackV2", "QueueDequeueV2",
        "Barrier", "Stage", "CollectiveReduce", "Send", "_Recv", "RemoteCall", "XlaLaunch", "DecodeRaw",
        "DecodeImage", "EncodeJpeg", "StringFormat",
        "RegexReplace", "Assert", "TPUExecute", "RpcCall", "Bucketize", "Unknown", "", "\x1b[31m", "a" * 10_000,
    )  # fmt: skip
    for operation in operations:

        def added(model: object, _: Path, operation: str = operation) -> None:
            graph = model.meta_graphs[0].graph_def
            graph.node.add(name="odd", op=operation)

        def inside(model: object, _: Path, operation: str = operation) -> None:
            for function in model.meta_graphs[0].graph_def.library.function:
                function.node_def.add(name="odd", op=operation)

        yield f"graph-{operation}", added
        yield f"function-{operation}", inside

    def constants(size: int, kind: int) -> Callable[..., object]:
        def change(model: object, _: Path) -> None:
            for node in model.meta_graphs[0].graph_def.library.function[-1].node_def:
                if node.op == "Const":
                    tensor = node.attr["value"].tensor
                    del tensor.tensor_shape.dim[:]
                    for _ in range(3):
                        tensor.tensor_shape.dim.add(size=size)
                    tensor.dtype = kind

        return change

    for size in (-1, 0, 2**20, 2**40, 2**62):
        for kind in (1, 3, 7, 99):
            yield f"const-{size}-{kind}", constants(size, kind)

    def recursive(model: object, _: Path) -> None:
        function = model.meta_graphs[0].graph_def.library.function[0]
        call = function.node_def.add(name="again", op="PartitionedCall")
        call.attr["f"].func.name = function.signature.name

    def doubling(model: object, _: Path) -> None:
        library = model.meta_graphs[0].graph_def.library
        for number in range(40):
            function = library.function.add()
            function.signature.name = f"f{number}"
            for side in range(2 if number else 0):
                function.node_def.add(name=f"n{side}", op="PartitionedCall").attr["f"].func.name = f"f{number - 1}"
        top = model.meta_graphs[0].graph_def.node.add(name="all", op="PartitionedCall")
        top.attr["f"].func.name = "f39"

    def outside(model: object, _: Path) -> None:
        model.meta_graphs[0].saver_def.filename_tensor_name = "/etc/passwd"
        asset = model.meta_graphs[0].asset_file_def.add()
        asset.filename = "../../../../etc/passwd"

    def linked(name: str, to: str) -> Callable[..., object]:
        def change(_: object, folder: Path) -> None:
            path = folder / name
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
            path.symlink_to(to)

        return change

    yield from (("recursive", recursive), ("doubling", doubling), ("outside", outside))
    for name in (
        "variables",
        "variables/variables.index",
        "variables/variables.data-00000-of-00001",
        "fingerprint.pb",
        "assets",
    ):
        for to in ("/dev/zero", "/etc", str(canaries / "kept"), "/proc/self/mem"):
            yield f"link-{name}", linked(name, to)
    for name in ("variables/variables.index", "variables/variables.data-00000-of-00001"):
        yield f"zeros-{name}", lambda _, folder, name=name: (folder / name).write_bytes(bytes(100_000))
        yield f"gone-{name}", lambda _, folder, name=name: (folder / name).unlink()
        yield f"large-{name}", lambda _, folder, name=name: os.truncate(folder / name, 50 << 30)
