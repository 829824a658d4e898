"""Playing a board until Ctrl-C; faults can be typed while it runs."""

import argparse
import contextlib
import json
import sys
import threading
from pathlib import Path
from typing import Any

from n6studio.cli.command import chosen_settings
from n6studio.cli.log import start_log
from n6studio.cli.running import cancelling
from n6studio.domain.errors.base import ExitCode
from n6studio.domain.errors.foreign import reading
from n6studio.domain.errors.link import NoModelForBoard
from n6studio.domain.settings import from_mapping
from n6studio.domain.virtual_board import VirtualBoardSettings, beyond_this_computer
from n6studio.engine.project.carried import demo_model
from n6studio.engine.project.quantized import first_quantized, newest_quantized, sample_folder
from n6studio.gates.files import require_present
from n6studio.link.processes.child import Message
from n6studio.link.processes.virtual_board import VirtualBoardProcess

_POLL_SECONDS = 0.1
LOG = "virtual-board.log"


def run_virtual_board(options: argparse.Namespace) -> int:
    """Play a board until it is stopped or has sent what it was to send.

    Raises:
        StudioError: it has no network, or cannot be started.
    """
    settings = chosen_settings(options, "virtual_board")
    if not settings.get("flash"):
        settings["model"] = str(model_for_board(settings.get("model", "")))
    show = _Show(options.json, options.quiet)
    with cancelling() as cancel:
        board = VirtualBoardProcess(
            from_mapping(VirtualBoardSettings, settings), start_log().parent / LOG, show.message
        )
        try:
            show.hello(board.ready())
            threading.Thread(target=_pass_on, args=(board,), name="typed faults", daemon=True).start()
            last = None
            while last is None and not cancel.is_set():
                last = board.wait(_POLL_SECONDS)
        finally:
            board.close()
    return ExitCode.OK


def model_for_board(named: str) -> Path:
    """Return the model that the virtual board runs.

    Args:
        named: a file, a project, a folder of ``n6studio quantize``, or '' for what can be found: in this folder, in
            what ``n6studio demo`` made here, in the window's sample project, or else the demo model.

    Raises:
        FileMissing: there is no such file or folder.
        NoModelForBoard: there is no quantized model in the folder that is named.
    """
    path = Path(named)
    if named:
        with reading(path):
            require_present(path)
        if path.is_file():
            return path
    if not named:
        return first_quantized([Path.cwd(), Path.cwd() / "n6studio-demo", sample_folder()]) or demo_model()
    found = newest_quantized(path)
    if found is None:
        raise NoModelForBoard(place=path)
    return found


def _pass_on(board: VirtualBoardProcess) -> None:
    """Every line that is typed is a fault."""
    with contextlib.suppress(OSError, ValueError):
        for line in sys.stdin or ():
            if line.strip():
                board.fault(line.strip())


def _doing(message: Message) -> str:
    """Return what a board does after power-up."""
    if message.get("dark"):
        return f"does not boot ({message['dark']})"
    size = "x".join(map(str, message["size"]))
    return f"runs {Path(message['model']).name} ({size}; {message['timing']})"


class _Show:
    """What the board says, as lines for people or as one JSON object a line."""

    def __init__(self, as_json: bool, quiet: bool) -> None:
        self._json, self._quiet = as_json, quiet

    def hello(self, hello: Message) -> None:
        text = (
            f"The virtual board {_doing(hello)}. Address: {hello['address']}\n"
            "  Type a fault to inject, for example flip=0.0001 or disconnect=3, or 'clear'. Ctrl-C stops the board."
        )
        if beyond_this_computer(str(hello["address"])):
            text += "\n  Warning: other computers can connect to it. Without --host only this one can."
        self._print(hello, text, important=True)

    def message(self, message: Message) -> None:
        texts = {
            "connected": "connected",
            "unplugged": "disconnected for {seconds:g} s",
            "plugged in": "reconnected at {address}",
            "faults": "active faults: {now}",
            "refused": "unknown fault: {fields[value]}. Allowed: {fields[allowed]}",
            "end": "{sent} images sent, {dropped} dropped because the host did not read them",
        }
        kind = str(message.get("type"))
        if kind == "rebooted":
            self._print(message, f"rebooted; {_doing(message)}")
        elif kind in texts:
            self._print(message, texts[kind].format(**message))

    def _print(self, message: dict[str, Any], text: str, important: bool = False) -> None:
        if self._json:
            text = json.dumps({"ok": True, "command": "virtual-board", **message})
        elif self._quiet and not important:
            return
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.write(text + "\n")
            sys.stdout.flush()
