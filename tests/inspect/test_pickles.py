"""Checkpoints that must not be loaded: each is refused by name, and what it wanted to do does not happen."""

import io
import os
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.files import UnknownFormat
from n6studio.domain.errors.models import (
    CheckpointCustomClass,
    CheckpointDamaged,
    CheckpointUnknownClass,
    CheckpointUnsafe,
    NotACheckpoint,
    TorchScriptFile,
)
from n6studio.stages.checkpoint.load import load
from n6studio.stages.checkpoint.pickle import UNREADABLE, read_pickle
from n6studio.stages.checkpoint.scan import scan
from n6studio.stages.model.file_format import detect_format


class Command:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self):
        return os.system, (f"touch {self.marker}",)


class Evaluated:
    def __reduce__(self):
        return eval, ("__import__('os').getpid()",)


def torch_zip(path: Path, content: bytes, folder: str = "best") -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{folder}/data.pkl", content)
        archive.writestr(f"{folder}/byteorder", "little")
        archive.writestr(f"{folder}/version", "3\n")
    return path


def naming(module: str, name: str, version: str = "") -> bytes:
    """A protocol 2 pickle of {'version': ..., 'model': <module.name>()}, without that class existing."""
    out = io.BytesIO(b"")
    out.write(b"\x80\x02}q\x00(")
    if version:
        for text in ("version", version):
            out.write(b"X" + len(text).to_bytes(4, "little") + text.encode() + b"q\x01")
    out.write(b"X\x05\x00\x00\x00modelq\x02" + f"c{module}\n{name}\n".encode() + b"q\x03)\x81q\x04u.")
    return out.getvalue()


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("nested", [False, True])
def test_command_is_refused_by_name_and_not_run(tmp_path: Path, protocol: int, nested: bool) -> None:
    marker = tmp_path / "ran"
    content = {"model": {"layers": [1, (Command(marker),)]}} if nested else Command(marker)
    path = torch_zip(tmp_path / "best.pt", pickle.dumps(content, protocol))
    for refuse in (scan, load):
        with pytest.raises(CheckpointUnsafe) as caught:
            refuse(path)
        assert caught.value.values["names"] == ["os.system"]
    assert not marker.exists()


def test_marker_would_have_been_made(tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    pickle.loads(pickle.dumps(Command(marker)))
    assert marker.exists()


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_plain_pickle_is_refused(tmp_path: Path, protocol: int) -> None:
    marker, path = tmp_path / "ran", tmp_path / "best.pt"
    path.write_bytes(pickle.dumps({"model": Command(marker)}, protocol))
    assert detect_format(path) == "pt"
    with pytest.raises(CheckpointUnsafe):
        load(path)
    assert not marker.exists()


def test_legacy_format_is_refused(tmp_path: Path) -> None:
    marker, path = tmp_path / "ran", tmp_path / "best.pt"
    parts = [0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}, {"model": Command(marker)}, []]
    path.write_bytes(b"".join(pickle.dumps(part, 2) for part in parts))
    with pytest.raises(CheckpointUnsafe) as caught:
        load(path)
    assert caught.value.values["names"] == ["os.system"]
    assert not marker.exists()


def test_danger_before_the_file_breaks_off_is_told(tmp_path: Path) -> None:
    content = pickle.dumps([Command(tmp_path / "ran"), "x" * 100], 2)[:-50]
    with pytest.raises(CheckpointUnsafe):
        scan(torch_zip(tmp_path / "best.pt", content))


def test_second_pickle_of_the_same_name_is_seen(tmp_path: Path) -> None:
    path = torch_zip(tmp_path / "best.pt", pickle.dumps({"model": 1}, 2))
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("best/data.pkl", pickle.dumps(Command(tmp_path / "ran"), 2))
    with pytest.raises(CheckpointUnsafe):
        scan(path)


@pytest.mark.parametrize(
    ("module", "name", "shown"),
    [
        ("posix", "system", "os.system"),
        ("nt", "system", "os.system"),
        ("subprocess", "Popen", "subprocess.Popen"),
        ("__builtin__", "eval", "builtins.eval"),
        ("builtins", "__import__", "builtins.__import__"),
        ("importlib", "import_module", "importlib.import_module"),
        ("shutil", "rmtree", "shutil.rmtree"),
        ("torch.hub", "load", "torch.hub.load"),
        ("torch", "load", "torch.load"),
        ("torch.nn.modules.module", "os.system", "torch.nn.modules.module.os.system"),
        ("ultralytics.utils.checks", "check_requirements", "ultralytics.utils.checks.check_requirements"),
        ("numpy.testing._private.utils", "runstring", "numpy.testing._private.utils.runstring"),
    ],
)
def test_functions_are_refused(tmp_path: Path, module: str, name: str, shown: str) -> None:
    with pytest.raises(CheckpointUnsafe) as caught:
        scan(torch_zip(tmp_path / "best.pt", naming(module, name)))
    assert caught.value.values["names"] == [shown]


def test_unknown_ultralytics_class_names_both_releases(tmp_path: Path) -> None:
    content = naming("ultralytics.nn.modules.block", "C99", "9.1.0")
    with pytest.raises(CheckpointUnknownClass) as caught:
        scan(torch_zip(tmp_path / "best.pt", content))
    values = caught.value.values
    assert values["names"] == ["ultralytics.nn.modules.block.C99"]
    assert values["need"] == "Ultralytics 9.1.0"
    assert values["have"].startswith("8.")


def test_unknown_class_without_version(tmp_path: Path) -> None:
    with pytest.raises(CheckpointUnknownClass) as caught:
        scan(torch_zip(tmp_path / "best.pt", naming("ultralytics.nn.modules.block", "C99")))
    assert caught.value.values["need"] == "a newer release"


@pytest.mark.parametrize(("module", "name"), [("mylayers.blocks", "Swish"), ("argparse", "Namespace")])
def test_foreign_class(tmp_path: Path, module: str, name: str) -> None:
    with pytest.raises(CheckpointCustomClass) as caught:
        scan(torch_zip(tmp_path / "best.pt", naming(module, name)))
    assert caught.value.values["names"] == [f"{module}.{name}"]


def test_what_ultralytics_own_checkpoints_use_is_admitted(tmp_path: Path) -> None:
    for module, name in [("ultralytics.nn.tasks", "PoseModel"), ("__builtin__", "getattr"), ("torch", "HalfStorage")]:
        facts = scan(torch_zip(tmp_path / "best.pt", naming(module, name, "8.3.0")))
        assert facts.version == "8.3.0"
    assert scan(torch_zip(tmp_path / "p.pt", naming("ultralytics.nn.tasks", "PoseModel"))).task == "pose"


def damaged(tmp_path: Path) -> dict[str, tuple[bytes, str]]:
    whole = torch_zip(tmp_path / "whole", naming("ultralytics.nn.tasks", "PoseModel")).read_bytes()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("readme.txt", "hello")
    return {
        "cut": (whole[: len(whole) * 2 // 3], "end is missing"),
        "empty": (b"", "empty"),
        "text": (b"These are my training notes.\nSecond line.\n", "text file"),
        "page": (b"<!DOCTYPE html><html><body>Sign in</body></html>", "web page"),
        "pointer": (b"version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 6\n", "Git LFS"),
        "zip": (buffer.getvalue(), "none that torch wrote"),
        "zeros": (bytes(5000), "zeros"),
        "picture": (b"\xff\xd8\xff\xe0" + bytes(100), "JPEG"),
    }


def test_a_torchscript_export_is_told_so(tmp_path: Path) -> None:
    path = tmp_path / "best.pt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("best/data.pkl", b"c__torch__.ultralytics.nn\nModel\n.")
        archive.writestr("best/constants.pkl", pickle.dumps(1, 2))
        archive.writestr("best/code/__torch__.py", "pass")
    with pytest.raises(TorchScriptFile):
        scan(path)


def test_a_torchscript_export_that_attacks_is_refused_as_such(tmp_path: Path) -> None:
    path = tmp_path / "best.pt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("best/data.pkl", b"cos\nsystem\n(S'true'\ntR.")
        archive.writestr("best/constants.pkl", pickle.dumps(1, 2))
    with pytest.raises(CheckpointUnsafe):
        scan(path)


@pytest.mark.parametrize("kind", ["cut", "empty", "text", "page", "pointer", "zip", "zeros", "picture"])
def test_damage_is_told_in_plain_words(tmp_path: Path, kind: str) -> None:
    content, words = damaged(tmp_path)[kind]
    path = tmp_path / "best.pt"
    path.write_bytes(content)
    assert detect_format(path) == "pt"
    with pytest.raises(CheckpointDamaged) as caught:
        scan(path)
    assert words in caught.value.values["reason"]


@pytest.mark.parametrize("name", ["notes.txt", "model.onnx", "model.tflite"])
def test_text_is_no_model(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("just some words\n")
    with pytest.raises(UnknownFormat) as caught:
        detect_format(path)
    assert caught.value.values["found"] == "a text file"


def test_folder_without_model(tmp_path: Path) -> None:
    with pytest.raises(UnknownFormat):
        detect_format(tmp_path)


def test_every_cut_of_a_pickle_is_survived() -> None:
    content = pickle.dumps({"a": [Evaluated()], "version": "8.0.1"}, 4)
    assert read_pickle(content).names == [("builtins", "eval")]
    assert read_pickle(content).version() == "8.0.1"
    for length in range(len(content)):
        assert not read_pickle(content[:length]).complete


def test_name_hidden_behind_the_memo_is_found() -> None:
    hidden = b"\x80\x04\x8c\x06system\x94\x8c\x05posix\x94000h\x01h\x00\x93\x8c\x02id\x85R."
    assert read_pickle(hidden.replace(b"000", b"00")).names == [("posix", "system")]
    computed = b"\x80\x04\x8c\x05posix)\x93."
    assert read_pickle(computed).names == [UNREADABLE]


def test_scan_imports_neither_torch_nor_ultralytics(tmp_path: Path) -> None:
    path = torch_zip(tmp_path / "best.pt", naming("ultralytics.nn.tasks", "PoseModel"))
    code = (
        "import sys, pathlib; from n6studio.stages.checkpoint.scan import scan; scan(pathlib.Path(sys.argv[1]));"
        "assert not {'torch', 'ultralytics', 'numpy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], check=True)


def test_all_refusals_are_input_errors() -> None:
    for error in (CheckpointUnsafe, CheckpointDamaged, CheckpointUnknownClass, CheckpointCustomClass):
        assert issubclass(error, StudioError)
        assert error.exit_status == 3


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\x1c\0\0\0TFL3\x14\0 \0", "a .tflite model"),
        (b"\x08\x08\x12\x07pytorch", "an .onnx model"),
        (b"\x89HDF\r\n\x1a\n\0\0", "a Keras model"),
    ],
)
@pytest.mark.parametrize("name", ["best.pt", "best"])
def test_a_model_in_another_format_is_not_called_damaged(tmp_path, content, kind, name):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(NotACheckpoint) as caught:
        scan(tmp_path / name)
    assert caught.value.kind == kind
