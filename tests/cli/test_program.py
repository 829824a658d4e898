import dataclasses
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from n6studio import cli
from n6studio.__main__ import wants_window
from n6studio.cli import registry
from n6studio.cli.registry import typed_commands
from n6studio.domain.errors.base import ExitCode
from n6studio.domain.errors.stages import Cancelled

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


@pytest.mark.parametrize("error", [KeyboardInterrupt(), Cancelled(stage="settings")])
def test_one_more_ctrl_c_does_not_interrupt_what_is_said_of_a_cancelled_command(error, monkeypatch, capsys):
    def run(options):
        raise error

    def tell(error, options):
        signal.raise_signal(signal.SIGINT)
        told.append(type(error))
        return int(error.exit_status)

    told, (command,) = [], typed_commands("settings").values()
    monkeypatch.setattr(registry, "typed_commands", lambda word: {"settings": dataclasses.replace(command, run=run)})
    monkeypatch.setattr(cli, "_tell", tell)
    before = signal.getsignal(signal.SIGINT)
    try:
        assert cli.main(["settings"]) == ExitCode.CANCELLED
    finally:
        signal.signal(signal.SIGINT, before)
    assert told == [Cancelled]
