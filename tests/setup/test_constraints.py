import re
import tomllib
from pathlib import Path

from n6studio.engine.doctor.examine import read_pins

ROOT = Path(__file__).resolve().parents[2]
CONSTRAINTS = ROOT / "packaging" / "constraints.txt"


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def test_everything_that_the_project_names_is_pinned():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    pinned = {canonical(name) for name in read_pins(CONSTRAINTS)}
    assert {canonical(re.split(r"[^A-Za-z0-9._-]", text)[0]) for text in named} <= pinned


def test_lines_are_pins_and_nothing_else():
    for line in CONSTRAINTS.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            assert re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+(; [a-z_]+ [!=<]+ \"[^\"]+\"( and .*)?)?", line), line


def test_run_section_needs_no_developers_tool():
    run = {canonical(name) for name, (_, needed) in read_pins(CONSTRAINTS).items() if needed}
    assert not run & {"pytest", "mypy", "ruff", "import-linter", "hypothesis"}
    assert {"torch", "torchvision", "numpy", "tensorflow"} <= run


def test_only_one_version_applies_on_each_system(monkeypatch):
    import sys

    for system in ("linux", "darwin", "win32"):
        monkeypatch.setattr(sys, "platform", system)
        pins = read_pins(CONSTRAINTS)
        assert pins["numpy"][0] == ("1.26.4" if system == "darwin" else "2.1.3")
