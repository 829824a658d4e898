import dataclasses
import importlib.metadata
import json
import re
import subprocess
import sys

import pytest

from n6studio.cli.commands import doctor as command
from n6studio.domain.deploy import Getting, ToGet
from n6studio.engine.doctor import examine as doctor
from n6studio.engine.doctor import packages
from n6studio.engine.doctor.finding import Finding
from n6studio.layers.layer import BASE, Layer


def by_name(findings):
    return {finding.name: finding for finding in findings}


def test_examines_this_machine(tmp_path):
    found = by_name(doctor.examine(tmp_path))
    assert found["Python"].state == "ok"
    assert found["numpy"].found == importlib.metadata.version("numpy")
    assert {"memory", "processors", "disk", "data folder", "display", "torch and torchvision"} <= set(found)
    for finding in found.values():
        assert finding.wanted
        assert finding.state == "ok" or finding.what_to_do or finding.state == "unknown", finding


def test_answer_is_json_with_a_verdict(tmp_path):
    answer = json.loads(json.dumps(doctor.to_json(doctor.examine(tmp_path))))
    assert answer["schema"] == 1
    assert isinstance(answer["ok"], bool)
    assert set(answer["findings"][0]) == {"name", "state", "found", "wanted", "what_to_do", "needed_for"}


def test_looks_without_importing_anything_heavy():
    code = (
        "import sys; from n6studio.engine.doctor import examine as doctor; doctor.examine();"
        "heavy = {'torch', 'torchvision', 'tensorflow', 'ultralytics', 'onnx', 'numpy', 'cv2', 'PySide6'};"
        "print(sorted(heavy & {*sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


def test_looks_of_other_rooms_join():
    mine = Finding("programmer", "missing", "", "any", "install it")
    assert doctor.examine(more=[lambda: [mine]])[-1] is mine


@pytest.mark.parametrize(("state", "needed_for", "fit"), [
    ("ok", "everything", True),
    ("unknown", "everything", True),
    ("missing", "everything", False),
    ("too little", "everything", False),
    ("missing", "the window", True),
    ("wrong version", "Ultralytics' own validation", True),
])  # fmt: skip
def test_verdict_counts_what_the_chain_needs(state, needed_for, fit):
    assert doctor.is_fit([Finding("x", state, "", "", "", needed_for)]) is fit


@pytest.mark.parametrize(
    ("version", "state"),
    [((3, 10), "wrong version"), ((3, 11), "ok"), ((3, 12), "ok"), ((3, 13), "ok"), ((3, 14), "wrong version")],
)
def test_python_version(version, state):
    assert doctor.look_at_python(version).state == state


def test_packages_against_a_list(tmp_path):
    pytest_version = importlib.metadata.version("pytest")
    listed = tmp_path / "base.txt"
    listed.write_text(
        f"pytest=={pytest_version} \\\n    --hash=sha256:{'a' * 64}\nnumpy==0.1\nno-such-package==1\nuv==1\n"
        f'only-windows==1 ; sys_platform == "win32x"\nfor-old-python==1 ; sys_platform != "win32x" and '
        f'python_version < "3.9"\npsutil==0.1 ; sys_platform != "win32x"\n'
    )
    found = by_name(packages.look_at_packages(listed, "everything"))
    assert found["pytest"].state == "ok"
    assert found["numpy"].state == "wrong version"
    assert found["no-such-package"].state == "missing"
    assert found["psutil"].state == "wrong version"
    assert not {"only-windows", "for-old-python", "uv"} & set(found)
    assert "bootstrap.py --repair" in found["numpy"].what_to_do


def test_packages_of_developers_may_be_absent(tmp_path):
    (tmp_path / "develop.txt").write_text("no-such-tool==1\nidna==0.1\n")
    found = packages.look_at_packages(tmp_path / "develop.txt", "everything", needed=False)
    assert {item.state for item in found} == {"ok"}


def test_build_tag_of_a_version_is_no_other_version(monkeypatch, tmp_path):
    monkeypatch.setattr(packages, "installed_version", lambda name: "2.13.0+cpu")
    (tmp_path / "c.txt").write_text("torch==2.13.0\n")
    assert packages.look_at_packages(tmp_path / "c.txt", "everything")[0].state == "ok"


def layer(*modules, name="conversion"):
    return Layer(name, f"{name} layer", "all that", modules, 1)


def test_absent_layer_is_told_with_its_size_and_how_to_get_it():
    found = packages.look_at_layer(layer("no_such_module_here"))
    assert (found.state, found.found) == ("missing", "")
    assert re.search(r"n6studio layers get conversion \(about \d{3} MB", found.what_to_do)


def test_layer_that_is_there_is_ok():
    assert packages.look_at_layer(layer("json", "email")).state == "ok"


def test_half_a_base_is_to_be_repaired():
    half = dataclasses.replace(BASE, modules=("json", "no_such_module_here"))
    found = packages.look_at_layer(half)
    assert found.state == "missing"
    assert "--repair" in found.what_to_do


def test_machine_without_the_conversion_layer_is_fit(monkeypatch, tmp_path):
    monkeypatch.setattr(packages, "CONVERSION", layer("no_such_module_here"))
    monkeypatch.setattr(packages, "MEDIA", layer("no_such_module_here", name="media"))
    layers = {"base": packages.BASE, "conversion": packages.CONVERSION, "media": packages.MEDIA}
    monkeypatch.setattr(packages, "LAYERS", layers)
    found = by_name(packages.look_at_layers())
    assert found["conversion layer"].needed_for == "conversion"
    assert "torch" not in found
    assert list(packages.look_at_torch_pair()) == []
    assert found["media layer"].needed_for == "some cameras and videos"
    assert doctor.is_fit([found["base layer"], found["conversion layer"], found["media layer"]])


@pytest.mark.parametrize(
    ("torch", "vision", "state"),
    [("cpu", "cu130", "wrong version"), ("cu130", "cu130", "ok"), ("cpu", "cpu", "ok"), ("", "cu130", "unknown")],
)
def test_torch_pair_by_what_both_say(monkeypatch, torch, vision, state):
    monkeypatch.setattr(packages, "_built_for", {"torch": torch, "torchvision": vision}.get)
    [finding] = packages.look_at_torch_pair()
    assert finding.state == state
    assert finding.needed_for == "Ultralytics' own validation"


def test_build_is_read_from_the_version_file(tmp_path, monkeypatch):
    package = tmp_path / "a_built_package"
    package.mkdir()
    (package / "__init__.py").write_text("raise ImportError('was imported')")
    (package / "version.py").write_text("__version__ = '0.28.0+cu130'\ngit_version = 'abc'\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert packages._built_for("a_built_package") == "cu130"
    assert packages._built_for("no_such_package") == ""


@pytest.mark.slow
def test_deep_look_agrees_with_importing():
    code = subprocess.run([sys.executable, "-c", "import torchvision"], capture_output=True, check=False).returncode
    assert (next(iter(packages.look_at_torch_pair(deep=True))).state == "ok") == (code == 0)


def test_full_disk_and_missing_folder(tmp_path, monkeypatch):
    assert doctor.look_at_disk(tmp_path / "not" / "yet").state == "ok"
    usage = doctor.shutil.disk_usage(tmp_path)._replace(free=10_000_000)
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda path: usage)
    assert doctor.look_at_disk(tmp_path).state == "too little"


def test_data_folder_that_cannot_be_written(tmp_path, monkeypatch):
    assert doctor.look_at_data_folder(tmp_path / "new").state == "ok"
    assert list(tmp_path.iterdir()) == []  # looking leaves nothing behind

    def refuse(**_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(doctor.tempfile, "TemporaryFile", refuse)
    finding = doctor.look_at_data_folder(tmp_path)
    assert finding.state == "missing"
    assert "Permission denied" in finding.found


@pytest.mark.parametrize(
    ("system", "variables", "state"),
    [("Windows", {}, "ok"), ("Linux", {}, "missing"), ("Linux", {"WAYLAND_DISPLAY": "wayland-0"}, "ok")],
)
def test_display(system, variables, state):
    assert doctor.look_at_display(system, variables).state == state


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere Qt brings its own libraries")
def test_loader_is_asked_for_libraries():
    assert doctor.look_at_qt_libraries(("libc.so.6",))[0].state == "ok"
    (finding,) = doctor.look_at_qt_libraries(("libc.so.6", "libno-such.so.9"))
    assert finding.state == "missing"
    assert "libno-such.so.9" in finding.found


# --- what is printed -------------------------------------------------------------------------------------------------


def test_packages_are_one_line_and_what_is_wrong_another():
    found = [Finding("numpy", "ok", "2", "2"), Finding("torch", "ok", "2", "2"), Finding("Python", "ok", "3.11", "")]
    packages = frozenset({"numpy", "torch", "pillow"})
    told = command.text([*found, Finding("pillow", "missing", "", "11")], packages)
    assert "2 packages as pinned" in told
    assert "numpy" not in told
    assert "missing       pillow" in told
    assert "numpy" in command.text(found)


def test_a_board_has_its_worst_first_and_what_to_get():
    row = ToGet("programmer", "STM32CubeProgrammer", "2.23.0", "1 MB", "https://x.y", downloaded="/d/a.zip")
    have = ToGet("gcc", "GNU Arm GCC", "10", "1 MB", "https://x.y", found="12.2 at /usr/bin")
    getting = Getting("kit", "a", "App v2 with Core 2", (row, have))
    found = [Finding("a", "ok", "x", ""), Finding("b", "unknown", "y", ""), Finding("c", "missing", "", "z")]
    lines = command.board_text(found, frozenset(), "Kit", getting).splitlines()
    assert [line.split()[0] for line in lines[:3]] == ["missing", "unknown", "ok"]
    told = "\n".join(lines[3:])
    for part in (
        "App v2 with Core 2",
        "get           STM32CubeProgrammer 2.23.0",
        "/d/a.zip",
        "have          GNU Arm GCC",
    ):
        assert part in told
    assert "nothing from ST" in command.board_text(found, frozenset(), "Virtual", None)
