"""Every command on what is no file to read: each says what is in the way, with exit status 3, and none waits."""

import ctypes
import functools
import os
import signal

import pytest

from n6studio import cli
from n6studio.__main__ import wants_window
from n6studio.board.tools.locations import Computer, application_folders, candidates
from n6studio.domain.errors.base import ExitCode

pytestmark = pytest.mark.skipif(os.name == "nt", reason="no named pipes, devices or links as here")
SECONDS = 60

IN_THE_WAY = {
    "pipe": "is not a file [N6S-I05]\n  It is a named pipe, or",
    "link to pipe": "is not a file [N6S-I05]\n  It is a named pipe, or",
    "/dev/zero": "is not a file [N6S-I05]\n  It is a device, or",
    "link to zeros": "is not a file [N6S-I05]\n  It is a device, or",
    "link to nowhere": "is a broken link [N6S-I07]\n  It leads to nowhere, and",
    "circle": "is a broken link [N6S-I07]\n  It leads to circle, and",
    "missing/x.pt": "does not exist [N6S-I01]",
    "empty/x.pt": "does not exist [N6S-I01]",
    "secret": "cannot be read [N6S-I02]\n  Operating system error: Permission denied",
    "secret folder/x.pt": "cannot be read [N6S-I02]\n  Operating system error: Permission denied",
}
IN_THE_WAY_OF_A_FOLDER = {
    **IN_THE_WAY,
    "pipe": "is not a folder [N6S-I08]\n  It is a named pipe, or",
    "link to pipe": "is not a folder [N6S-I08]\n  It is a named pipe, or",
    "/dev/zero": "is not a folder [N6S-I08]\n  It is a device, or",
    "link to zeros": "is not a folder [N6S-I08]\n  It is a device, or",
    "empty": "is not a folder [N6S-I08]\n  It is a file, or",
}
del IN_THE_WAY_OF_A_FOLDER["secret"]
A_FOLDER = {"folder": "is not a file [N6S-I05]\n  It is a folder, or"}
OF_ANYTHING = {
    "inspect": ["inspect", "{}"],
    "quantize": ["quantize", "{}", "--fake"],
    "quantize, calibration": ["quantize", "{images}", "--calibration", "{}"],
    "evaluate": ["evaluate", "{}", "--data", "{images}"],
    "evaluate, against": ["evaluate", "{model}", "--against", "{}", "--data", "{images}"],
    "evaluate, data": ["evaluate", "{model}", "--data", "{}"],
    "evaluate, images": ["evaluate", "{model}", "--data", "{labels}", "--images", "{}"],
    "run": ["run", "{}"],
    "run, calibration": ["run", "{checkpoint}", "--calibration", "{}"],
    "run, data": ["run", "{checkpoint}", "--fake", "--data", "{}"],
    "run, images": ["run", "{checkpoint}", "--fake", "--data", "{labels}", "--images", "{}"],
    "deploy": ["deploy", "{}", "--prepare-only"],
    "deploy, compiler": ["deploy", "{model}", "--compiler", "{}", "--prepare-only"],
    "deploy, application": ["deploy", "{model}", "--application", "{}", "--prepare-only"],
    "flash, programmer": ["flash", "{labels}", "--programmer", "{}"],
    "tools": ["tools", "set", "gcc", "{}"],
    "live": ["live", "--source", "{}"],
    "live, virtual": ["live", "--source", "virtual:{}"],
    "virtual board": ["virtual-board", "--model", "{}"],
}
OF_FILES = {
    "export": ["export", "{}"],
    "quantize, config": ["quantize", "--config", "{}"],
    "evaluate, skeleton": ["evaluate", "{model}", "--data", "{images}", "--skeleton", "{}"],
    "deploy, config": ["deploy", "--config", "{}"],
    "flash": ["flash", "{}"],
    "live, recording": ["live", "--source", "recording:{}"],
    "live, video": ["live", "--source", "video:{}"],
    "live, model": ["live", "--source", "images:{images}", "--model", "{}"],
    "live, expected": ["live", "--source", "images:{images}", "--expect", "{}"],
    "board": ["board", "explain", "{}"],
}
OF_FOLDERS = {"live, images": ["live", "--source", "images:{}"]}
CASES = {
    f"{name}: {kind}": (words, kind, said)
    for commands, kinds in (
        (OF_ANYTHING, IN_THE_WAY),
        (OF_FILES, {**IN_THE_WAY, **A_FOLDER}),
        (OF_FOLDERS, IN_THE_WAY_OF_A_FOLDER),
    )
    for name, words in commands.items()
    for kind, said in kinds.items()
}
# Their processes tell, which takes a second each.
CAMERA = ["virtual-board", "--model", "{model}", "--camera", "{}"]
CASES["virtual board, camera: pipe"] = (CAMERA, "pipe", IN_THE_WAY["pipe"])
CASES["virtual board, flash: pipe"] = (["virtual-board", "--flash", "{}"], "pipe", IN_THE_WAY_OF_A_FOLDER["pipe"])


@pytest.fixture
def no_right_of_root():
    """Let root read no more than others may; for this thread, and those that it starts."""
    if os.geteuid() != 0:
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    before, now = (ctypes.c_uint32 * 6)(), (ctypes.c_uint32 * 6)()
    if libc.capget(header, before) != 0:
        pytest.skip("this system has no capabilities")
    now[:] = before[:]
    now[0] &= ~0b110  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
    assert libc.capset(header, now) == 0
    yield
    assert libc.capset(header, before) == 0


@pytest.fixture
def place(tmp_path, monkeypatch, no_right_of_root):
    """A folder with one of everything that is no file to read."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link to pipe").symlink_to("pipe")
    (tmp_path / "link to zeros").symlink_to("/dev/zero")
    (tmp_path / "link to nowhere").symlink_to("nowhere")
    (tmp_path / "circle").symlink_to("circle")
    (tmp_path / "empty").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "secret").touch(0)
    (tmp_path / "secret folder").mkdir(0)
    for name in ("HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    (tmp_path / "secret folder").chmod(0o700)


@pytest.fixture
def no_longer():
    """Fail instead of waiting for a named pipe or for the end of a device."""

    def late(number, frame):
        raise TimeoutError(f"still busy after {SECONDS} s")

    known = signal.signal(signal.SIGALRM, late)
    signal.alarm(SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, known)


def typed(carried, words, kind):
    known = {
        "{model}": carried.coarse,
        "{checkpoint}": carried.checkpoint,
        "{images}": carried.images,
        "{labels}": carried.labels,
        "{}": kind,
    }
    return [functools.reduce(lambda text, mark: text.replace(mark, str(known[mark])), known, word) for word in words]


@pytest.mark.parametrize(("words", "kind", "said"), CASES.values(), ids=CASES.keys())
def test_the_cause_is_told(place, carried, capsys, no_longer, words, kind, said):
    code = cli.main(typed(carried, words, kind))
    assert f"{kind} {said}" in capsys.readouterr().err
    assert code == ExitCode.INPUT


@pytest.mark.parametrize("kind", ["pipe", "link to nowhere", "circle", "empty", "folder", "/dev/null"])
def test_a_recording_replaces_nothing(place, carried, capsys, no_longer, kind):
    code = cli.main(["live", "--source", f"images:{carried.images}", "--seconds", "5", "--record", kind])
    assert f"{kind} already exists [N6S-S03]" in capsys.readouterr().err
    assert code == ExitCode.STORAGE


def test_the_window_is_told_what_is_in_the_way(place):
    assert wants_window(["secret folder/x.pt"], "linux", {"DISPLAY": ":0"})
    assert not wants_window(["missing/x.pt"], "linux", {"DISPLAY": ":0"})


def test_tools_are_looked_for_past_folders_that_nobody_may_read(place):
    computer = Computer("linux", place / "secret folder", place, {"PATH": str(place / "secret folder")})
    assert candidates("gcc", computer, place / "secret folder" / "gcc") == ()
    assert application_folders(computer, place / "secret folder" / "application") == ()
