"""What the base layer promises, in an environment that has nothing but the base.

N6_BASE_PYTHON names its Python, which `python3 bootstrap.py --set-up-only` in a fresh clone makes.
"""

import json
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PYTHON = os.environ.get("N6_BASE_PYTHON", "")
MODEL = ROOT / "resources" / "demo" / "n6demo-pose-256-int8.tflite"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PYTHON, reason="no environment with the base layer alone: N6_BASE_PYTHON names its Python"),
]


def studio(*arguments, cwd, code=0):
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        [PYTHON, "-m", "n6studio.cli", *map(str, arguments)],
        cwd=cwd, env=variables, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    return done


def answer(done):
    return json.loads(done.stdout[done.stdout.index("{") :])


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scene")
    studio("demo", "dataset", "--images", 12, "-o", "drawn", "--quiet", cwd=folder)
    return folder


def test_environment_has_the_base_alone(tmp_path):
    states = {row["name"]: row["present"] for row in answer(studio("layers", "--json", cwd=tmp_path))["layers"]}
    assert states == {"base": True, "conversion": False, "media": False}


def test_tflite_is_inspected(tmp_path):
    found = answer(studio("inspect", MODEL, "--json", cwd=tmp_path))
    assert "192" in str(found) or "256" in str(found)


def test_onnx_is_read_and_judged(tmp_path):
    code = (
        "import onnx; from onnx import TensorProto, helper as h\n"
        "x = h.make_tensor_value_info('images', TensorProto.FLOAT, [1, 3, 64, 64])\n"
        "y = h.make_tensor_value_info('output0', TensorProto.FLOAT, [1, 3, 64, 64])\n"
        "graph = h.make_graph([h.make_node('Relu', ['images'], ['output0'])], 'g', [x], [y])\n"
        "model = h.make_model(graph, opset_imports=[h.make_opsetid('', 17)]); model.ir_version = 8\n"
        "onnx.save(model, 'm.onnx')\n"
    )
    subprocess.run([PYTHON, "-c", code], cwd=tmp_path, check=True)
    done = studio("inspect", "m.onnx", "--json", cwd=tmp_path, code=3)
    assert "N6S-M06" in done.stdout  # its shapes were read: it is no pose model


def test_model_is_evaluated(scene):
    labels = next((scene / "drawn").rglob("person_keypoints.json"))
    done = studio("evaluate", MODEL, "--data", labels, "--json", "--quiet", "-o", scene / "out", cwd=scene)
    assert answer(done)


def test_virtual_board_is_seen_live(tmp_path):
    done = studio("live", "--source", f"virtual:{MODEL}", "--seconds", 4, "--json", cwd=tmp_path)
    assert '"frames"' in done.stdout


def test_virtual_board_is_programmed(tmp_path):
    done = studio("deploy", MODEL, "--board", "virtual", "--accept-licence-notice", "--json", "--quiet",
                  "-o", tmp_path / "out", cwd=tmp_path)  # fmt: skip
    assert answer(done)


def test_window_opens(tmp_path):
    code = (
        "import sys; from pathlib import Path; from PySide6.QtWidgets import QApplication\n"
        "from n6studio.ui.frame.main_window import MainWindow\n"
        "app = QApplication([]); made = MainWindow(Path('w.json'), Path('.')); made.apply_theme(); made.show()\n"
        "app.processEvents()\nprint(made.isVisible(), sorted({'torch', 'tensorflow'} & set(sys.modules)))\n"
        "made.close()\n"
    )
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen", "HOME": str(tmp_path)}
    done = subprocess.run(
        [PYTHON, "-c", code], cwd=tmp_path, env=variables, capture_output=True, text=True, timeout=120, check=False
    )
    assert "True []" in done.stdout, done.stderr


@pytest.mark.parametrize("command", ["export", "inspect"])
def test_checkpoint_needs_the_conversion_layer_and_says_so_at_once(tmp_path, command):
    checkpoint = ROOT / "resources" / "demo" / "n6demo-pose.pt"
    done = studio(command, checkpoint, cwd=tmp_path, code=4)
    assert "N6S-Y01" in done.stderr
    assert "n6studio layers get conversion" in done.stderr


def test_doctor_shows_both_layers_and_finds_the_machine_fit(tmp_path):
    done = studio("doctor", cwd=tmp_path)
    assert "base layer: installed" in done.stdout
    assert "conversion layer: not found" in done.stdout
