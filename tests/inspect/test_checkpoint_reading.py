"""Checkpoints are read as plain data: nothing in them is called, and what cannot be read is said."""

import pickle
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from builders import program_environment

from n6studio.domain.errors.models import CheckpointDamaged, CheckpointNotRebuilt, CheckpointUnknownClass
from n6studio.domain.errors.starts import NotNumbers
from n6studio.stages.checkpoint.architecture import _activation_of_text, describe_checkpoint
from n6studio.stages.checkpoint.load import load
from n6studio.stages.checkpoint.model_yaml import _layer
from n6studio.stages.checkpoint.plain_pickle import (
    MOST_OPCODES,
    Global,
    Mapping,
    Persistent,
    Sequence,
    Unbuilt,
    UnreadablePickle,
    read_plain,
)
from n6studio.stages.checkpoint.plain_values import Undescribed
from n6studio.stages.checkpoint.tensors import TensorPlace, TensorReader, UnreadableTensor


class Called:
    """Would write a file if it were ever built."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self):
        return open, (str(self.marker), "w")


# --- pickles as plain values -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", range(6))
def test_plain_values_come_out_as_pickle_would_give_them(protocol):
    values = {"a": [1, 2.5, "text", None, True, False, b"bytes", -7], "b": (1, (2, 3)), 3: {"deep": [[]]}, "big": 2**70}

    def plain(value):
        if isinstance(value, Mapping):
            return {key: plain(item) for key, item in value.pairs}
        if isinstance(value, Sequence):
            return [plain(item) for item in value.values]
        if isinstance(value, Unbuilt):  # protocols 0 to 2 have no opcode for bytes
            assert value.callee == Global("_codecs", "encode")
            return value.arguments[0].encode(value.arguments[1])
        return tuple(plain(item) for item in value) if isinstance(value, tuple) else value

    assert plain(read_plain(pickle.dumps(values, protocol))) == values


@pytest.mark.parametrize("protocol", range(6))
def test_calls_stay_descriptions(tmp_path, protocol):
    marker = tmp_path / "made"
    found = read_plain(pickle.dumps({"x": Called(marker)}, protocol))
    (_, call), *_ = found.pairs
    assert call.callee == Global("_io" if "_io" in str(call.callee) else "io", "open")
    assert call.arguments == (str(marker), "w")
    assert not marker.exists()


def test_persistent_names_are_kept():
    assert read_plain(b"\x80\x02X\x01\x00\x00\x00aQ.").identity == "a"
    assert isinstance(read_plain(b"Pname\n."), Persistent)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\x80", b".", b"\x80\x02}", b"(.", b"\x80\x02(0.", b"}}b.", b"N}u.", b"(N}sh\x00.", b"h\x05.", b"t.",
        b"\x80\x02(K\x01K\x02K\x03u.", b"}(K\x01u.", b"\x82\x01.", b"\x80\x05\x97\x98.", b"K\x01K\x02R.",
        b"]K\x01\x93.",
        b"\x80\x02\x8b\xff\xff\xff\x7f.", b"I" + b"9" * 100_000 + b"\n.", b"\x80\x05\x96" + b"\xff" * 8 + b"x.",
        b"\x80\x02\x8a\xff" + b"\x7f" * 255 + b".",
    ],
)  # fmt: skip
def test_what_is_no_pickle_of_values_is_refused(data):
    with pytest.raises(UnreadablePickle):
        read_plain(data)


def test_every_cut_is_refused():
    whole = pickle.dumps({"model": [1, ("a", {"b": 2.0})]}, 2)
    for length in range(len(whole)):
        with pytest.raises(UnreadablePickle):
            read_plain(whole[:length])


def test_steps_are_counted():
    with pytest.raises(UnreadablePickle, match="more steps"):
        read_plain(b"\x80\x02}" + b"0}" * (MOST_OPCODES // 2) + b".")


def test_a_value_that_contains_itself_is_no_endless_walk():
    content = read_plain(b"\x80\x02}q\x00X\x05\x00\x00\x00modelh\x00s.")
    with pytest.raises(Undescribed):
        describe_checkpoint(content)


# --- fields of the description ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name", "numbers"),
    [
        ("nn.SiLU()", "SiLU", {}),
        ("torch.nn.ReLU(inplace=True)", "ReLU", {}),
        ("nn.LeakyReLU(0.1)", "LeakyReLU", {"negative_slope": 0.1}),
        ("torch.nn.LeakyReLU(negative_slope=2e-1, inplace=True)", "LeakyReLU", {"negative_slope": 0.2}),
        ("nn.Hardtanh(-1, 1.)", "Hardtanh", {"min_val": -1.0, "max_val": 1.0}),
    ],
)
def test_activations_are_read_without_being_evaluated(text, name, numbers):
    found = _activation_of_text(text)
    assert (found.name, found.numbers) == (name, numbers)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('id')", "nn.SiLU() or exit()", "nn.Module()", "nn.LeakyReLU(0.1, 0.2, 0.3)", "SiLU()",
        "nn.LeakyReLU(__import__('os'))", "nn.LeakyReLU(slope=1)", "nn.SiLU", "nn.Sequential(nn.SiLU())", 7,
        ["nn.SiLU()"],
        "nn.LeakyReLU(inplace=exit())", "",
    ],
)  # fmt: skip
def test_other_activations_are_refused(text):
    with pytest.raises(Undescribed, match="activation"):
        _activation_of_text(text)


@pytest.mark.parametrize(
    "layer",
    [
        [-1, 1, "Conv", ["__import__('os').system('id')"]],
        [-1, 1, "nn.Module", []],
        [-1, 1, "torchvision.ops.Conv2dNormActivation", []],
        [-1, 1, "os.system", ["id"]],
        [-1, 1, "yaml_model_load", ["/etc/passwd"]],
        [-1, 10**9, "Conv", [64]],
        [-1, 1, "Conv", [10**9]],
        [-1, 1, "Conv", [float("nan")]],
        ["-1", 1, "Conv", [64]],
        [-1, True, "Conv", [64]],
        [-1, 1, "Conv"],
        [[], 1, "Concat", [1]],
        [-1, 1, "Conv", [[[64]]]],
        [-1, 1, "Conv", {"c2": 64}],
        "Conv",
        None,
    ],
)
def test_layers_that_a_yaml_cannot_have_are_refused(layer):
    with pytest.raises(Undescribed):
        _layer(layer, "head layer 3")


# --- numbers ---------------------------------------------------------------------------------------------------------


def archive(path: Path, name: str, data: bytes, order: str = "little") -> Path:
    with zipfile.ZipFile(path, "w") as target:
        target.writestr("best/data.pkl", b"\x80\x02}.")
        target.writestr("best/byteorder", order)
        target.writestr(f"best/data/{name}", data)
    return path


@pytest.mark.parametrize("order", ["little", "big"])
@pytest.mark.parametrize(("dtype", "code"), [("f4", "f4"), ("f2", "f2"), ("f8", "f8"), ("i8", "i8"), ("u1", "u1")])
def test_numbers_are_read_in_both_byte_orders(tmp_path, dtype, code, order):
    values = np.arange(6, dtype=np.float64) - (0 if code == "u1" else 2)
    stored = values.astype(np.dtype(code).newbyteorder("<" if order == "little" else ">")).tobytes()
    reader = TensorReader(archive(tmp_path / "a.pt", "0", stored, order))
    found = reader.read(TensorPlace("0", dtype, 6, 0, (2, 3), (3, 1)))
    assert found.tolist() == values.reshape(2, 3).tolist()
    assert reader.read(TensorPlace("0", dtype, 6, 1, (2, 2), (1, 2))).tolist() == [
        [values[1], values[3]],
        [values[2], values[4]],
    ]


def test_half_of_a_float_is_brain_float(tmp_path):
    stored = np.array([0x3F80, 0xC000, 0x3EAB], "<u2").tobytes()  # 1, -2, 0.333984375: by the format's definition
    found = TensorReader(archive(tmp_path / "a.pt", "0", stored)).read(TensorPlace("0", "bf16", 3, 0, (3,), (1,)))
    assert found.tolist() == [1.0, -2.0, 0.333984375]


@pytest.mark.parametrize(
    "place",
    [
        TensorPlace("0", "f4", 4, 0, (5,), (1,)),
        TensorPlace("0", "f4", 4, 1, (4,), (1,)),
        TensorPlace("0", "f4", 4, 0, (2, 2), (4, 1)),
        TensorPlace("0", "f4", 4, 0, (1 << 40,), (1,)),
        TensorPlace("0", "f4", 4, 0, (4,), (1 << 60,)),
        TensorPlace("0", "f4", 4, 0, (1 << 20,), (0,)),
        TensorPlace("0", "f4", 8, 0, (8,), (1,)),
        TensorPlace("0", "f4", 3, 0, (3,), (1,)),
        TensorPlace("0", "f8", 4, 0, (4,), (1,)),
        TensorPlace("1", "f4", 4, 0, (4,), (1,)),
        TensorPlace("../data.pkl", "u1", 4, 0, (4,), (1,)),
        TensorPlace("0", "f4", 1 << 40, 0, (4,), (1,)),
    ],
)
def test_tensors_beyond_their_numbers_are_refused(tmp_path, place):
    reader = TensorReader(archive(tmp_path / "a.pt", "0", np.zeros(4, "<f4").tobytes()))
    with pytest.raises(UnreadableTensor):
        reader.read(place)


# --- real networks ---------------------------------------------------------------------------------------------------

SAVE = """
import sys, torch
from copy import deepcopy
from ultralytics.nn.tasks import PoseModel
from ultralytics.nn.modules import Conv
kind, path = sys.argv[1:3]
torch.manual_seed(0)
base = "yolov8n-pose.yaml"
if kind in ("yolo11n-pose", "yolo12n-pose", "yolo26n-pose", "yolov8n-pose-p6"):
    base = kind + ".yaml"
model = PoseModel(base, ch=3, nc=1, verbose=False)
for layer in model.modules():  # as if it had been trained
    if isinstance(layer, torch.nn.BatchNorm2d):
        layer.running_mean.uniform_(-0.5, 0.5); layer.running_var.uniform_(0.5, 2.0); layer.eps = 2e-3
model.names, model.args, model.flip_idx = {0: "person"}, {"imgsz": 128}, list(range(17))
if kind == "relu":
    for layer in model.modules():
        if isinstance(layer, Conv) and not isinstance(layer.act, torch.nn.Identity):
            layer.act = torch.nn.LeakyReLU(0.2)
if kind == "fused":
    model.eval().fuse(verbose=False)
if kind == "changed":
    model.model[4].m[0].add = not model.model[4].m[0].add
if kind == "own class":
    class Shifted(Conv):
        def forward(self, x): return super().forward(x) + 1
    Shifted.__module__, Shifted.__qualname__ = "ultralytics.nn.modules.conv", "Shifted"
    import ultralytics.nn.modules.conv as place
    place.Shifted = Shifted
    model.model[1].__class__ = Shifted
held = torch.nn.DataParallel(model) if kind == "parallel" else model
content = {"epoch": -1, "ema": None, "model": deepcopy(held).half(), "train_args": {"imgsz": 128}, "version": "8.4.1"}
torch.save(content, path)
model = content["model"].float().eval()
model = getattr(model, "module", model)
image = torch.rand(1, 3, 128, 128, generator=torch.Generator().manual_seed(1))
with torch.no_grad():
    out = model(image)
torch.save(out[0] if isinstance(out, tuple) else out, path + ".answer")
"""

COMPARE = """
import sys, torch
from pathlib import Path
from n6studio.stages.checkpoint.load import load
model = load(Path(sys.argv[1])).model
image = torch.rand(1, 3, 128, 128, generator=torch.Generator().manual_seed(1))
with torch.no_grad():
    out = model(image)
found, wanted = out[0] if isinstance(out, tuple) else out, torch.load(sys.argv[1] + ".answer")
assert torch.isfinite(wanted).all() and wanted.std() > 0
assert torch.equal(found, wanted), (found - wanted).abs().max()
"""


def saved(kind: str, folder: Path) -> Path:
    """Save a network as Ultralytics does, beside it what torch's own way of loading answers to one image."""
    path = folder / f"{kind}.pt"
    code = [sys.executable, "-c", SAVE, kind, str(path)]
    subprocess.run(code, env=program_environment(YOLO_CONFIG_DIR=str(folder)), check=True, capture_output=True)
    return path


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind",
    ["yolov8n-pose", "yolo11n-pose", "yolo12n-pose", "yolo26n-pose", "yolov8n-pose-p6", "relu", "fused", "parallel"],
)
def test_built_anew_it_answers_to_the_bit_as_before(tmp_path, kind):
    path = saved(kind, tmp_path)
    code = [sys.executable, "-c", COMPARE, str(path)]
    done = subprocess.run(code, env=program_environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "words"), [("changed", "model.4.m.0.add is False"), ("own class", "Shifted")])
def test_models_that_were_changed_by_hand_are_refused(tmp_path, kind, words):
    path = saved(kind, tmp_path)
    with pytest.raises((CheckpointNotRebuilt, CheckpointUnknownClass), match=words):
        load(path)


GADGET = """
import sys, torch
from collections import OrderedDict
from torch.nn.modules.container import ModuleDict, Sequential
from torch.nn.modules.module import Module
from ultralytics.nn.modules.conv import Index
from ultralytics.nn.tasks import PoseModel
path, marker = sys.argv[1:3]
content = torch.load(path, weights_only=False)
model = content["model"]
payload = f"open({marker!r}, 'w') and None or torch.nn.SiLU()"
held = ModuleDict()
held.__dict__["_modules"] = {"k": {"activation": payload, "nc": 1, "kpt_shape": [17, 3], "ch": 3, "head": [],
                                   "backbone": [[-1, 1, "nn.Identity", []]]}}
held.__dict__["parameters"] = OrderedDict
held.__dict__["forward"] = Module.requires_grad_
held._forward_pre_hooks[1] = Module.requires_grad_
pick = Index(0)
pick.index = "k"
chain = Sequential()
chain.__dict__["_modules"] = {"1": pick, "2": PoseModel, "3": Module.zero_grad}
chain._forward_pre_hooks[1] = held
model._forward_pre_hooks[1] = chain
torch.save(content, path)
if len(sys.argv) > 3:
    try:
        model.float().eval()(torch.zeros(1, 3, 64, 64))
    except Exception:
        pass
"""


@pytest.mark.slow
def test_hooks_of_admitted_names_run_nothing(tmp_path):
    path, marker = saved("yolov8n-pose", tmp_path), tmp_path / "ran"
    subprocess.run([sys.executable, "-c", GADGET, str(path), str(marker)], check=True, capture_output=True)
    code = [sys.executable, "-c", COMPARE, str(path)]
    subprocess.run(code, env=program_environment(), check=True, capture_output=True)
    assert not marker.exists()
    again = [sys.executable, "-c", GADGET, str(path), str(marker), "run it"]
    subprocess.run(again, check=True, capture_output=True)
    assert marker.exists(), "the attack itself does not work any more, so this test proves nothing"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda name, data: None if name.endswith("data/7") else data, "numbers are missing"),
        (lambda name, data: data[:-2] if name.endswith("data/7") else data, "numbers are missing"),
    ],
    ids=["a storage is gone", "a storage is short"],
)
def test_numbers_that_are_missing_are_told(tmp_path, change, words):
    path, broken = saved("yolov8n-pose", tmp_path), tmp_path / "broken.pt"
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(broken, "w") as target:
        for name in source.namelist():
            data = change(name, source.read(name))
            if data is not None:
                target.writestr(name, data)
    with pytest.raises(CheckpointDamaged) as caught:
        load(broken)
    assert words in caught.value.values["reason"]


@pytest.mark.slow
def test_weights_that_are_no_numbers_are_told(tmp_path):
    path, broken = saved("yolov8n-pose", tmp_path), tmp_path / "broken.pt"
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(broken, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            target.writestr(name, b"\xff" * len(data) if name.endswith("data/7") else data)
    with pytest.raises(NotNumbers, match=r"1 of .* tensors hold some"):
        load(broken)


def test_parts_that_are_referred_to_again_and_again_are_counted_each_time():
    part = Unbuilt(Global("torch.nn", "Module"), state=Mapping([(f"v{number}", number) for number in range(5000)]))
    for _ in range(3):
        parts = Mapping([(str(number), part) for number in range(50)])
        part = Unbuilt(Global("torch.nn", "Module"), state=Mapping([("_modules", parts)]))
    state = Mapping([("_modules", Mapping([("model", part)]))])
    content = Mapping([("model", Unbuilt(Global("ultralytics.nn.tasks", "PoseModel"), state=state))])
    began = time.process_time()
    with pytest.raises(Undescribed, match="more parts"):
        describe_checkpoint(content)
    assert time.process_time() - began < 5
