import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from small_wheels import Index, make_wheel, write_lock

from n6studio.domain.errors.layers import LayerBusy, LayerNeedsRoom, LayerUnreachable
from n6studio.first_start import __main__ as program
from n6studio.first_start import environment
from n6studio.first_start.environment import Kit, SetUp, home_folder, is_ready
from n6studio.layers.download import Stopped
from n6studio.layers.get import only_one
from n6studio.layers.layer import BASE

ROOT = Path(__file__).resolve().parents[2]


def silent(*_):
    """Hear nothing."""


@pytest.mark.parametrize(
    ("system", "variables", "expected"),
    [
        ("linux", {}, "home/.local/share/n6studio"),
        ("linux", {"XDG_DATA_HOME": "data"}, "data/n6studio"),
        ("darwin", {}, "home/Library/Application Support/n6studio"),
        ("win32", {"LOCALAPPDATA": "local"}, "local/n6studio"),
    ],
)
def test_environments_lie_where_the_system_keeps_such_things(system, variables, expected):
    assert home_folder(system, variables, Path("home")) == Path(expected)


def make_kit(folder, version="1.0", base=()):
    """A kit with a small program and a base of small packages."""
    wheels = folder / "offered"
    kit = folder / "kit"
    kit.mkdir(parents=True, exist_ok=True)
    for old in kit.glob("n6studio-*.whl"):
        old.unlink()
    made = make_wheel(wheels, "n6studio", version)
    (kit / made.name).write_bytes(made.read_bytes())
    write_lock(kit / "base.txt", *base)
    (kit / "conversion.txt").write_text("uv==1.0 \\\n    --hash=sha256:" + "a" * 64 + "\n")
    return Kit(kit, folder / "home")


def test_mark_of_another_build_is_not_ready(tmp_path):
    kit = make_kit(tmp_path)
    python = environment.python_in(kit.environment)
    python.parent.mkdir(parents=True)
    python.touch()
    mark = kit.environment / "n6studio-ready.json"
    mark.write_text(json.dumps({"build": kit.build}))
    assert is_ready(kit)
    mark.write_text(json.dumps({"build": "another"}))
    assert not is_ready(kit)
    mark.write_text('{"build": "')
    assert not is_ready(kit)


def test_full_disk_is_told_before_anything_is_made(tmp_path, monkeypatch):
    kit = make_kit(tmp_path)
    monkeypatch.setattr(environment, "room", lambda _: 5_000_000)
    with pytest.raises(LayerNeedsRoom):
        SetUp(kit, silent, threading.Event()).run()
    assert not kit.environment.exists()


def test_older_environments_go_and_the_one_before_stays(tmp_path):
    kit = make_kit(tmp_path)
    place, kits = kit.home / "environments", kit.home / "kits"
    names = [f"base-{build}" for build in ("mine", "before", "old", "older")]
    for age, name in enumerate(names):
        (place / name).mkdir(parents=True)
        (place / name / "n6studio-ready.json").write_text(json.dumps({"build": name[5:]}))
        os.utime(place / name / "n6studio-ready.json", (1e9 - age, 1e9 - age))
        (kits / name[5:]).mkdir(parents=True)
    (place / "begun").mkdir()
    SetUp(kit, silent, threading.Event(), keep="base-old")._remove_old(place / "base-mine")
    assert sorted(path.name for path in place.iterdir()) == ["base-mine", "base-old"]
    for name in ("base-before", "base-older"):
        (place / name).mkdir()
    SetUp(kit, silent, threading.Event())._remove_old(place / "base-mine")  # what was begun is none to go back to
    assert sorted(path.name for path in place.iterdir()) == ["base-mine", "base-old"]
    assert sorted(path.name for path in kits.iterdir()) == ["mine", "old"]


# The real first start, with a base of one small package in place of the real one's 240 MB: the wheel of the kit is this
# tree, so that the environment's Python finds the room for layers in it.


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A kit whose base is one package, an index that offers it, and a Python for it."""
    alpha = make_wheel(tmp_path / "offered", "alpha", "1.0", padding=2_000_000)
    kit = make_kit(tmp_path, base=[alpha])
    index = Index(tmp_path / "offered")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", index.address)
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    monkeypatch.setattr(Kit, "program", property(lambda self: ROOT))
    yield kit, index
    index.end()


def version_in(kit, package):
    code = f"import {package}; print({package}.VERSION)"
    python = environment.python_in(kit.environment)
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run([python, "-P", "-c", code], capture_output=True, text=True, check=False, env=clean, cwd="/")
    return done.stdout.strip()


@pytest.mark.slow
def test_first_start_makes_the_environment_and_an_upgrade_keeps_it(small, tmp_path):
    kit, index = small
    steps = []
    SetUp(kit, lambda step, *_: steps.append(step), threading.Event()).run()
    assert is_ready(kit)
    assert (version_in(kit, "alpha"), version_in(kit, "n6studio")) == ("1.0", "1.0")
    assert steps[0] == environment.CHECKING
    assert steps[-1] == environment.PROGRAM
    assert not (kit.home / "downloads").exists()
    asked = len(index.asked)
    newer = make_kit(tmp_path, "2.0", base=[tmp_path / "offered" / "alpha-1.0-py3-none-any.whl"])
    assert not is_ready(newer)
    SetUp(newer, silent, threading.Event()).run()
    assert version_in(newer, "n6studio") == "2.0"
    assert len(index.asked) == asked  # the base was there already
    older = make_kit(tmp_path, "1.0", base=[tmp_path / "offered" / "alpha-1.0-py3-none-any.whl"])
    SetUp(older, silent, threading.Event()).run()  # and back
    assert version_in(older, "n6studio") == "1.0"


@pytest.mark.slow
def test_first_start_that_is_stopped_goes_on_later(small):
    kit, index = small
    index.cut_after = 300_000
    stop = threading.Event()

    def told(step, done, total, left):
        if total and done:
            stop.set()

    with pytest.raises(Stopped):
        SetUp(kit, told, stop).run()
    assert not is_ready(kit)
    kept = sum(path.stat().st_size for path in (kit.home / "downloads").glob("*.part"))
    assert kept
    SetUp(kit, silent, threading.Event()).run()
    assert is_ready(kit)


@pytest.mark.slow
def test_network_that_is_gone_is_told_with_what_to_do(small, capsys, monkeypatch):
    kit, index = small
    index.end()
    with pytest.raises(LayerUnreachable):
        SetUp(kit, silent, threading.Event()).run()
    assert not is_ready(kit)
    assert (kit.home / "first-start.log").stat().st_size


@pytest.mark.slow
def test_window_shows_a_failure_and_tries_again(tmp_path):
    """In a process of its own, on a virtual display: the window is made of tkinter."""
    tkinter = pytest.importorskip("tkinter")
    assert tkinter
    if not any(os.access(Path(folder) / "Xvfb", os.X_OK) for folder in os.environ["PATH"].split(os.pathsep)):
        pytest.skip("no Xvfb here")
    code = f"""
import sys, threading
sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from n6studio.domain.errors.layers import LayerUnreachable
from n6studio.first_start.environment import Kit
from n6studio.first_start.window import FirstStart

tries = []
class Play:
    def __init__(self, kit, told, stop):
        self.told = told
    def run(self):
        tries.append(1)
        self.told("download", 120_000_000, 240_000_000, 30.0)
        if len(tries) == 1:
            raise LayerUnreachable(package="numpy", reason="no route")
        return Path("made")

window = FirstStart(Kit(Path("."), Path(".")), Play)
window.start()
def look():
    if "no route" in window.told.cget("text"):
        assert "HTTPS_PROXY" in window.told.cget("text")
        window.details.invoke()
        window.retry.invoke()
    else:
        window.root.after(50, look)
window.root.after(50, look)
window.root.mainloop()
print(window.environment, len(tries))
"""
    ready, told = os.pipe()  # a display that is free, once it can be used
    server = subprocess.Popen(["Xvfb", "-displayfd", str(told)], pass_fds=[told],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    os.close(told)
    try:
        with os.fdopen(ready) as stream:
            display = f":{stream.readline().strip()}"
        done = subprocess.run([sys.executable, "-c", code], env={**os.environ, "DISPLAY": display},
                              capture_output=True, text=True, timeout=60, check=False)  # fmt: skip
    finally:
        server.terminate()
        server.wait()
    assert done.stdout.strip() == "made 2", done.stderr


def test_without_a_display_the_terminal_is_told(tmp_path, monkeypatch, capsys):
    kit = make_kit(tmp_path)

    class Play(SetUp):
        def run(self):
            self._told("download", 1, 2, None)
            raise LayerUnreachable(package="numpy", reason="no route")

    monkeypatch.setattr(program, "SetUp", Play)
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    assert program._set_up(kit) == 4
    told = capsys.readouterr().err
    assert "download 50 %" in told
    assert "no route" in told
    assert "first-start.log" in told


def test_second_first_start_is_told_that_one_works_already(tmp_path):
    kit = make_kit(tmp_path)
    kit.home.mkdir()
    with only_one(BASE, kit.home / "first-start.lock"), pytest.raises(LayerBusy):
        SetUp(kit, silent, threading.Event()).run()
    assert not kit.environment.exists()
