import ast
import importlib.util
import re
import sys
import tomllib
from pathlib import Path

import pytest

from n6studio.layers.layer import CONVERSION, LAYERS, lock_file
from n6studio.layers.lock import Target, applies, canonical, download_size, read_lock

ROOT = Path(__file__).resolve().parents[2]
LISTS = ("base", "conversion", "media", "develop")
TARGETS = [Target(*system, python) for python in ((3, 12), (3, 13)) for system in (
    ("linux", "x86_64"), ("linux", "aarch64"), ("win32", "x86_64"), ("darwin", "arm64"),
) if not (system[0] == "darwin" and python == (3, 13))]  # fmt: skip
ids = [f"{target.system}-{target.machine}-{target.python[1]}" for target in TARGETS]


def names(name, target=TARGETS[0]):
    return {pin.key: pin for pin in read_lock(ROOT / "packaging" / f"{name}.txt", target)}


def named_in_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    found = {"base": project["dependencies"], "conversion": extras["conversion"], "media": extras["media"]}
    found["develop"] = extras["test"]
    return {name: {canonical(text) for text in texts} for name, texts in found.items()}


@pytest.mark.parametrize("target", TARGETS, ids=ids)
@pytest.mark.parametrize("name", LISTS)
def test_everything_that_the_project_names_is_pinned_with_digests(name, target):
    pins = names(name, target)
    mine = {"tensorflow" if key == "tensorflow-cpu" else key for key in pins}
    assert named_in_project()[name] <= mine
    assert all(pin.hashes for pin in pins.values())


@pytest.mark.parametrize("target", TARGETS, ids=ids)
def test_no_package_is_pinned_twice(target):
    lists = [pin.key for name in LISTS for pin in read_lock(ROOT / "packaging" / f"{name}.txt", target)]
    assert len(lists) == len(set(lists))


def test_base_has_nothing_of_the_conversion():
    assert not set(names("base")) & {"torch", "tensorflow", "tensorflow-cpu", "keras", "ultralytics", "onnx2tf", "uv"}


def test_torch_for_linux_is_never_a_build_with_cuda():
    rows = (ROOT / "packaging" / "torch_cpu.txt").read_text(encoding="utf-8").splitlines()
    cpu = {row.split()[0]: row.split()[1] for row in rows if not row.startswith("#")}
    mine = [cpu[digest] for digest in names("conversion")["torch"].hashes if digest in cpu]
    machines = {"x86_64", "aarch64"}
    assert {re.search(r"(x86_64|aarch64)\.whl$", name)[1] for name in mine if "cp311" in name} == machines
    assert {re.search(r"(x86_64|aarch64)\.whl$", name)[1] for name in mine if "cp312" in name} == machines
    assert {re.search(r"(x86_64|aarch64)\.whl$", name)[1] for name in mine if "cp313" in name} == machines
    others = len(names("conversion")["torch"].hashes) - len(mine)
    assert others == 5  # Windows for three releases of Python, macOS for two


@pytest.mark.parametrize(("python", "expected"), [((3, 11), "2.19.1"), ((3, 12), "2.19.1"), ((3, 13), "2.21.0")])
def test_tensorflow_and_its_keras_belong_together_on_each_python(python, expected):
    pins = names("conversion", Target("linux", "x86_64", python))
    assert pins["tensorflow-cpu"].version == expected
    assert pins["tf-keras"].version.rpartition(".")[0] == expected.rpartition(".")[0]


@pytest.mark.parametrize("target", TARGETS, ids=ids)
def test_lists_say_what_is_downloaded(target):
    assert 100e6 < download_size(ROOT / "packaging" / "base.txt", target) < 350e6
    assert 300e6 < download_size(ROOT / "packaging" / "conversion.txt", target) < 700e6


@pytest.mark.parametrize("target", TARGETS, ids=ids)
def test_the_media_layer_is_one_small_package(target):
    assert {pin.key for pin in read_lock(ROOT / "packaging" / "media.txt", target)} == {"av"}
    assert 10e6 < download_size(ROOT / "packaging" / "media.txt", target) < 50e6


def test_one_version_applies_on_each_system():
    assert {target.system: names("base", target)["numpy"].version for target in TARGETS} == {
        "linux": "2.1.3", "win32": "2.1.3", "darwin": "1.26.4",
    }  # fmt: skip


def test_no_address_of_an_index_stands_in_the_lists():
    for path in (ROOT / "packaging").glob("*.txt"):
        assert "://" not in path.read_text(encoding="utf-8")


def test_lists_are_found_beside_the_program():
    for layer in LAYERS.values():
        assert lock_file(layer.name) == ROOT / "packaging" / f"{layer.name}.txt"
    assert lock_file("no-such-layer") is None


@pytest.mark.parametrize(("marker", "expected"), [
    ("", True), ('sys_platform == "linux"', True), ('sys_platform != "linux"', False),
    ('sys_platform == "linux" and platform_machine == "aarch64"', False), ('python_version < "3.12"', True),
    ('python_version >= "3.12"', False), ('python_version == "3.11"', True),
])  # fmt: skip
def test_markers(marker, expected):
    assert applies(marker, Target("linux", "x86_64", (3, 11))) is expected


def test_unknown_marker_is_not_taken_for_granted():
    with pytest.raises(ValueError, match="no marker"):
        applies('os_name == "nt"', Target("linux", "x86_64", (3, 11)))


def test_modules_of_the_conversion_are_what_its_work_imports():
    """The stages that need the layer import nothing heavy that its list of modules does not vouch for."""
    heavy = {"torch", "tensorflow", "ultralytics", "onnx2tf", "tf_keras"}
    imported = set()
    for path in (ROOT / "n6studio").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom | ast.Import):
                given = [node.module or ""] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names]
                imported |= {name.partition(".")[0] for name in given}
    assert imported & heavy <= set(CONVERSION.modules)
    assert sys.stdlib_module_names.isdisjoint(CONVERSION.modules)


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")
def test_tests_of_the_newest_versions_find_the_program_which_is_not_installed_beside_them(tmp_path, monkeypatch):
    """Each stage's process begins with -P, as this stand-in for the other environment's Python does."""
    spec = importlib.util.spec_from_file_location("pin", ROOT / "packaging/pin.py")
    pin = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(pin)
    python = tmp_path / "python"
    script = f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\n'
    python.write_text(f'{script}cd / && exec {sys.executable} -S -P -c "import n6studio" 2>> {tmp_path}/failed\n')
    python.chmod(0o755)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    assert pin.tested(str(python)) == 0, (tmp_path / "failed").read_text()
    assert [line.split(" -m ")[1].split()[:2] for line in (tmp_path / "asked").read_text().splitlines()] == [
        ["not", "slow"], ["slow", "-n"]
    ]  # fmt: skip
