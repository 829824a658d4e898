"""Keras files as a start: what is admitted is read as a list, and what is refused was never built."""

import io
import json
import shutil
import signal
import subprocess
import sys
import zipfile

import h5py
import numpy as np
import pytest
from builders import image_folder, n6

from n6studio.domain.errors.files import UnknownFormat
from n6studio.domain.errors.models import ModelDamaged, ReaderDied
from n6studio.domain.errors.starts import CheckpointNotRun, KerasForeign, KerasWeightsOnly
from n6studio.domain.model.facts import ModelFacts
from n6studio.domain.model.next_steps import next_steps
from n6studio.domain.model.readings import possible_readings
from n6studio.engine.jobs.ends import End, Job, error_of
from n6studio.stages.model.bounded import bounded
from n6studio.stages.model.file_format import detect_format
from n6studio.stages.model.keras_gate import admit_keras
from n6studio.stages.model.runner import open_model

LAMBDA = {"module": "keras.layers", "class_name": "Lambda", "config": {"function": {"class_name": "__lambda__"}}}
DENSE = {"module": "keras.layers", "class_name": "Dense", "config": {"units": 2}, "registered_name": None}


def weights(build=None):
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        file.create_dataset("layers/dense/vars/0", data=np.zeros((2, 2), np.float32))
        if build is not None:
            build(file)
    return content.getvalue()


def keras_file(path, layers, numbers=None, **others):
    """Write a .keras of some layers."""
    described = {
        "module": "keras",
        "class_name": "Sequential",
        "config": {"name": "s", "layers": layers},
        "registered_name": "Sequential",
        "compile_config": {"optimizer": {"module": "keras.optimizers", "class_name": "Adam", "config": {}}},
    }
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", "{}")
        archive.writestr("config.json", json.dumps(described))
        archive.writestr("model.weights.h5", numbers or weights())
        for name, content in others.items():
            archive.writestr(name, content)
    return path


def test_keras_own_layers_are_admitted_and_the_training_is_left_out(tmp_path):
    file = keras_file(tmp_path / "a.keras", [DENSE, {"class_name": "ReLU", "config": {}}])
    admit_keras(file)
    assert detect_format(file) == "keras"


@pytest.mark.parametrize(
    ("layer", "named"),
    [
        (LAMBDA, "Lambda"),
        ({"module": "keras.layers", "class_name": "TFSMLayer", "config": {"filepath": "/etc"}}, "TFSMLayer"),
        ({**DENSE, "module": "os"}, "the module os"),
        ({**DENSE, "registered_name": "mine>Dense"}, "the class mine>Dense"),
        (
            {**DENSE, "config": {"activation": {"module": "builtins", "class_name": "function", "config": "system"}}},
            "the function system",
        ),
        ({"module": "os", "config": "system"}, "a class without a name"),
        ({**DENSE, "class_name": ["Dense"]}, "the class"),
    ],
)
def test_what_is_not_keras_own_is_refused_by_name(tmp_path, layer, named):
    with pytest.raises(KerasForeign) as caught:
        admit_keras(keras_file(tmp_path / "a.keras", [DENSE, layer]))
    assert any(named in one for one in caught.value.names)


def test_an_endless_depth_is_no_crash(tmp_path):
    file = tmp_path / "deep.keras"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("config.json", "[" * 200_000)
        archive.writestr("model.weights.h5", weights())
    with pytest.raises(ModelDamaged):
        admit_keras(file)


def test_weights_that_lie_elsewhere_are_refused(tmp_path):
    def linked(file):
        file["elsewhere"] = h5py.ExternalLink("/etc/passwd", "x")

    def outside(file):
        file.create_dataset("outside", (4,), "u1", external=[("/etc/passwd", 0, 4)])

    def huge(file):
        file.create_dataset("huge", (2**20, 2**20), "f4", chunks=(1024, 1024))

    def holding_itself(file):
        file["layers/again"] = file["layers"]

    admit_keras(keras_file(tmp_path / "a.keras", [DENSE], weights(holding_itself)))
    for build, named in ((linked, "elsewhere"), (outside, "elsewhere"), (huge, "shape [1048576, 1048576]")):
        with pytest.raises(KerasForeign) as caught:
            admit_keras(keras_file(tmp_path / "a.keras", [DENSE], weights(build)))
        assert named in caught.value.names[0]
    with pytest.raises(KerasForeign, match=r"evil\.py"):
        admit_keras(keras_file(tmp_path / "b.keras", [DENSE], **{"evil.py": "x"}))


def test_cut_off_files_and_weights_alone_are_named_as_such(tmp_path):
    whole = weights()
    (tmp_path / "w.h5").write_bytes(whole)
    assert detect_format(tmp_path / "w.h5") == "keras"
    with pytest.raises(KerasWeightsOnly):
        admit_keras(tmp_path / "w.h5")
    (tmp_path / "cut.h5").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelDamaged):
        admit_keras(tmp_path / "cut.h5")
    with pytest.raises(ModelDamaged):
        admit_keras(keras_file(tmp_path / "c.keras", [DENSE], whole[:500]))


def test_one_that_is_cut_off_is_a_keras_file_still(tmp_path):
    file = keras_file(tmp_path / "a.keras", [DENSE])
    file.write_bytes(file.read_bytes()[:-60])
    assert detect_format(file) == "keras"
    with pytest.raises(ModelDamaged):
        admit_keras(file)
    with pytest.raises(UnknownFormat):  # whatever it was, it does not call itself one
        detect_format(file.rename(tmp_path / "a.zip"))


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="Windows ends it by the clock")
def test_a_library_that_goes_round_in_circles_is_ended(tmp_path):
    code = "from n6studio.stages.model.bounded import bounded\nwith bounded(0.1):\n    while True: pass"
    done = subprocess.run([sys.executable, "-c", code], check=False)
    assert done.returncode == -signal.SIGPROF
    job = Job("inspect", ("a.h5",), None, tmp_path / "log", tmp_path)
    told = error_of(job, End(code=done.returncode, began=True))
    assert isinstance(told, ReaderDied)
    assert told.how == "it took far longer than any intact file does"


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="Windows ends it by the clock")
def test_a_bound_leaves_the_one_around_it():
    signal.setitimer(signal.ITIMER_PROF, 500)
    try:
        with bounded(400):
            assert 300 < signal.getitimer(signal.ITIMER_PROF)[0] <= 401
        assert 450 < signal.getitimer(signal.ITIMER_PROF)[0] <= 501
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def test_a_checkpoint_is_not_run_as_it_is(carried):
    with pytest.raises(CheckpointNotRun):
        open_model(carried.checkpoint)


def test_no_copy_of_a_keras_file_is_advised():
    facts = ModelFacts(format="keras", size_bytes=1, sha256="", readings=possible_readings(56))
    told = " ".join(next_steps(facts, (), "net.keras"))
    assert "--save-copy" not in told
    assert "n6studio quantize net.keras --calibration FOLDER --layout " in told
    assert "--save-copy net-" in " ".join(next_steps(facts, (), "net.onnx"))


# What makes a pose model of Keras' own layers: three levels, a sigmoid on everything.
BUILD = """
import sys, keras
layers = keras.layers
def down(x, channels):
    x = layers.BatchNormalization()(layers.Conv2D(channels, 3, 2, padding="same")(x))
    return layers.Multiply()([x, layers.Activation("sigmoid")(x)])
image = keras.Input((64, 64, 3))
first = down(down(down(image, 8), 8), 8)
second = down(first, 8)
parts = []
for level in (first, second, down(second, 8)):
    values = layers.Activation("sigmoid")(layers.Conv2D(56, 1)(level))
    parts.append(layers.Reshape((-1, 56))(values))
model = keras.Model(image, layers.Permute((2, 1))(layers.Concatenate(axis=1)(parts)))
for path in sys.argv[1:]:
    model.save(path)
"""
BUILT = ("net.keras", "net.h5")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("built")
    paths = [str(folder / name) for name in BUILT]
    subprocess.run([sys.executable, "-c", BUILD, *paths], check=True, capture_output=True)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("name", BUILT)
def test_a_keras_file_is_inspected_quantized_and_evaluated(built, tmp_path, name):
    shutil.copy(built / name, tmp_path)
    images = image_folder(tmp_path / "images")
    inspected = n6("inspect", name, "--layout", "1x17x3", "--json", cwd=tmp_path)
    assert inspected.code == 0, inspected.err
    figures = json.loads(inspected.out)["figures"]
    assert (figures["format"], figures["keypoints"], figures["strides"]) == ("keras", 17, [8, 16, 32])
    assert figures["normalised"] is True
    asked = n6("evaluate", name, "--data", images, "--json", cwd=tmp_path)
    assert (asked.code, json.loads(asked.out)["error"]["code"]) == (3, "N6S-M29")
    evaluated = n6("evaluate", name, "--data", images, "--layout", "1x17x3", "--json", cwd=tmp_path)
    assert evaluated.code == 0, evaluated.err
    assert json.loads(evaluated.out)["models"][0]["format"] == "keras"
    words = ("quantize", name, "--calibration", images, "--layout", "1x17x3", "--guard-images", "0", "--json")
    quantized = n6(*words, cwd=tmp_path)
    assert quantized.code == 0, quantized.err
    made = json.loads(quantized.out)["outputs"]["tflite"]
    assert made.endswith("net_64_quant_pc_uf_pose.tflite")
    again = n6("inspect", made, "--json", cwd=tmp_path)
    assert json.loads(again.out)["figures"]["keypoints"] == 17
