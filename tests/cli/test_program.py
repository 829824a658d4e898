import subprocess
import sys
from pathlib import Path

import pytest

from n6studio.__main__ import wants_window

SCREEN = {"DISPLAY": ":0"}


@pytest.mark.parametrize(
    ("words", "variables", "window"),
    [
        ([], SCREEN, True),
        ([], {"QT_QPA_PLATFORM": "offscreen"}, True),
        ([], {}, False),
        (["inspect", "model.pt"], SCREEN, False),
        (["--help"], SCREEN, False),
        (["--n6-stage", "request.json", "folder"], SCREEN, False),
        (["--n6-virtual", "infer"], SCREEN, False),
        (["missing.pt"], SCREEN, False),
    ],
)
def test_what_was_typed_decides_between_window_and_command(words, variables, window):
    assert wants_window(words, "linux", variables) is window


def test_a_checkpoint_or_project_opens_the_window_and_a_folder_named_like_a_command_does_not(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("best.pt").touch()
    Path("best.n6").mkdir()
    Path("inspect").mkdir()
    assert wants_window(["best.pt"], "linux", SCREEN)
    assert wants_window(["best.n6"], "linux", SCREEN)
    assert wants_window([str(tmp_path / "inspect")], "linux", SCREEN)
    assert not wants_window(["inspect"], "linux", SCREEN)
    assert wants_window(["best.pt"], "win32", {})
    assert not wants_window(["best.pt"], "linux", {})


def test_commands_do_not_load_qt():
    code = (
        "import sys; sys.argv[1:] = ['settings']\n"
        "from n6studio.__main__ import main; code = main()\n"
        "assert not [name for name in sys.modules if name.startswith('PySide6')]; sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
