"""Bringing an update: the kit from a server of this test, its environment beside the one before, and back."""

import hashlib
import os
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest
from small_wheels import Index, digest, make_wheel, write_lock

from n6studio.domain.errors.layers import LayerDamaged
from n6studio.domain.errors.stages import Cancelled
from n6studio.domain.errors.updates import UpdateNotGenuine, UpdateNotPossible, UpdateUnreachable
from n6studio.engine.updates import bring as bringing
from n6studio.engine.updates.bring import bring
from n6studio.engine.updates.check import Update
from n6studio.first_start import current
from n6studio.first_start.beside import site_packages
from n6studio.first_start.current import choose, environment_in, read_current
from n6studio.first_start.environment import Kit, SetUp, python_in

ROOT = Path(__file__).resolve().parents[2]
NEEDED = ("first_start", "layers", "system", "domain")  # rooms that a first start runs from


def program_wheel(folder, version):
    """A wheel of the real first start, which says which version it is."""
    made = make_wheel(folder, "n6studio", version, padding=10)
    with zipfile.ZipFile(made) as archive:
        files = {name: archive.read(name).decode() for name in archive.namelist() if "RECORD" not in name}
    for room in NEEDED:
        for path in (ROOT / "n6studio" / room).rglob("*.py"):
            files[str(path.relative_to(ROOT))] = path.read_text()
    record = f"n6studio-{version}.dist-info/RECORD"
    rows = [f"{name},sha256={digest(text)},{len(text.encode())}" for name, text in files.items()]
    with zipfile.ZipFile(made, "w") as archive:
        for name, text in {**files, record: "\n".join([*rows, f"{record},,", ""])}.items():
            archive.writestr(name, text)
    return made


def make_kit(folder, version, alpha, extra=None):
    """A kit as the builder packs it: a folder, and a zip of it."""
    kit = folder / f"kit-{version}"
    kit.mkdir(parents=True)
    made = program_wheel(folder / "wheels", version)
    made.replace(kit / made.name)
    write_lock(kit / "base.txt", alpha)
    (kit / "conversion.txt").write_text("")
    target = folder / "offered" / f"n6-{version}.zip"
    target.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(target, "w") as archive:
        for path in kit.iterdir():
            archive.write(path, path.name)
        for name in extra or ():
            archive.writestr(name, b"x")
    return kit, target


def update_of(index, path, version):
    data = path.read_bytes()
    address = index.address.replace("/simple", f"/files/{path.name}")
    return Update(version, "2027-01-02", ("x",), address, path.name, hashlib.sha256(data).hexdigest(), len(data))


def version_in(folder, package):
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    code = f"import {package}; print({package}.VERSION)"
    done = subprocess.run([python_in(folder), "-P", "-c", code], capture_output=True, text=True, check=True, env=clean)
    return done.stdout.strip()


def silent(*_):
    """Hear nothing."""


@pytest.fixture
def index(tmp_path, monkeypatch):
    made = Index(tmp_path / "offered")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", made.address)
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    yield made
    made.end()


@pytest.fixture
def installed(tmp_path, index):
    """Version 1 as an installer's first start makes it, with one package as its base."""
    alpha = make_wheel(tmp_path / "offered", "alpha", "1.0", padding=1_000_000)
    folder, _ = make_kit(tmp_path, "1.0", alpha)
    kit = Kit(folder, tmp_path / "home with blank")
    SetUp(kit, silent, threading.Event()).run()
    return kit, alpha


@pytest.mark.slow
def test_update_lies_beside_the_program_and_one_can_go_back(installed, index, tmp_path, monkeypatch):
    kit, alpha = installed
    home, here = kit.home, environment_in(kit.environment)
    conversion = here.folder / "layers" / "conversion-1"
    conversion.mkdir(parents=True)
    (conversion / "omega.py").write_text("VERSION = '3'\n")
    entry = site_packages(here.folder) / "n6studio-conversion.pth"
    entry.write_text(f"{conversion}\n")
    (here.folder / "n6studio-layer-conversion.json").write_text('{"lock": "x"}')
    _, offered = make_kit(tmp_path, "2.0", alpha)
    monkeypatch.setenv(current.INSTALLED, kit.build)
    asked, steps = len(index.asked), []

    made = bring(update_of(index, offered, "2.0"), lambda one: steps.append(one.step), threading.Event(), here)

    assert version_in(made.folder, "n6studio") == "2.0"
    assert version_in(here.folder, "n6studio") == "1.0"  # as it was
    assert version_in(made.folder, "alpha") == "1.0"
    assert [name for name, _ in index.asked[asked:]] == [offered.name]  # the base was not fetched again
    one, other = (site_packages(folder) / "alpha" / "ballast.bin" for folder in (here.folder, made.folder))
    assert one.stat().st_ino == other.stat().st_ino  # nor copied
    assert version_in(made.folder, "omega") == "3"
    assert str(here.folder) not in (site_packages(made.folder) / entry.name).read_text()
    assert read_current(home) == (kit.build, made.folder.name)
    assert made.version == "2.0"
    assert steps[0] == bringing.DOWNLOADING

    monkeypatch.setattr(sys, "prefix", str(made.folder))  # as after the next start
    assert bringing.waiting() is None
    assert bringing.other().folder == here.folder
    bringing.start_next(bringing.other())
    assert read_current(home) == (kit.build, here.folder.name)
    assert bringing.waiting().folder == here.folder
    bringing.start_next(None)
    assert read_current(home) == (kit.build, made.folder.name)


@pytest.mark.slow
def test_launcher_starts_what_the_pointer_names_for_its_build_alone(installed, tmp_path):
    """The shell's launcher, with programs in place of environments."""
    home = tmp_path / "data" / "n6studio"
    text = (ROOT / "packaging" / "linux" / "launcher.sh").read_text()
    for name, value in {"KIT": str(tmp_path / "none"), "BUILD": "b" * 12, "BASE": "a" * 12}.items():
        text = text.replace(f"@{name}@", value)
    launcher = tmp_path / "launcher.sh"
    launcher.write_text(text)

    def environment(name):
        program = home / "environments" / name / "bin" / "python"
        program.parent.mkdir(parents=True)
        program.write_text(f'#!/bin/sh\necho {name} "$N6STUDIO_INSTALLED" "$@"\n')
        program.chmod(0o755)
        (home / "environments" / name / "n6studio-ready.json").write_text("{}")
        return home / "environments" / name

    def started():
        variables = {**os.environ, "XDG_DATA_HOME": str(tmp_path / "data")}
        done = subprocess.run(["sh", launcher, "a b.pt"], capture_output=True, text=True, env=variables, check=False)
        return done.stdout.strip(), done.stderr

    own, newer = environment("a" * 12 + "-" + "b" * 12), environment("a" * 12 + "-" + "c" * 12)
    words = f"{'b' * 12} -P -m n6studio a b.pt"
    assert started() == (f"{own.name} {words}", "")
    choose(home, "b" * 12, newer)
    assert started() == (f"{newer.name} {words}", "")
    choose(home, "d" * 12, newer)  # made under another installer
    assert started()[0] == f"{own.name} {words}"
    (home / "current").write_text("")
    assert started()[0] == f"{own.name} {words}"


@pytest.mark.slow
def test_update_that_was_changed_cut_off_or_cancelled_changes_nothing(installed, index, tmp_path):
    kit, alpha = installed
    here = environment_in(kit.environment)
    _, offered = make_kit(tmp_path, "2.0", alpha)
    update = update_of(index, offered, "2.0")
    before = sorted(path.name for path in (kit.home / "environments").iterdir())

    index.spoiled = True
    with pytest.raises(LayerDamaged):
        bring(update, silent, threading.Event(), here)
    index.spoiled = False

    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(Cancelled):
        bring(update, silent, cancelled, here)

    _, foreign = make_kit(tmp_path, "3.0", alpha, extra=["../../evil.py"])
    with pytest.raises(UpdateNotGenuine, match="does not belong"):
        bring(update_of(index, foreign, "3.0"), silent, threading.Event(), here)
    with pytest.raises(UpdateNotGenuine, match=r"version 2\.0"):
        bring(update_of(index, offered, "4.0"), silent, threading.Event(), here)
    assert not (kit.home / "current").exists()
    assert sorted(path.name for path in (kit.home / "environments").iterdir()) == before
    assert not list(tmp_path.rglob("evil.py"))

    index.end()
    with pytest.raises(UpdateUnreachable):
        bring(update_of(index, foreign, "3.0"), silent, threading.Event(), here)
    assert version_in(here.folder, "n6studio") == "1.0"


def test_checkout_says_that_it_is_updated_otherwise():
    update = Update("2.0", "2027-01-02", (), "http://127.0.0.1:1/x.zip", "x.zip", "ab" * 32, 5)
    with pytest.raises(UpdateNotPossible):
        bring(update, silent, threading.Event())
    with pytest.raises(UpdateNotPossible):
        bringing.start_next(None)
    assert bringing.waiting() is None
    assert bringing.other() is None


def test_environment_that_is_not_whole_is_none(tmp_path):
    folder = tmp_path / "environments" / "x"
    folder.mkdir(parents=True)
    assert environment_in(folder) is None
    (folder / "n6studio-ready.json").write_text('{"build": "b", "version": "1"}')
    assert environment_in(folder).version == "1"
    (folder / current.UNFINISHED).touch()
    assert environment_in(folder) is None
    (folder / current.UNFINISHED).unlink()
    (folder / "n6studio-ready.json").write_text("[")
    assert environment_in(folder) is None
