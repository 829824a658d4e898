"""``python -m n6studio.first_start --kit FOLDER [WORDS...]``: make the environment where it is missing, then start.

Without a display, or without what draws windows, it tells on the terminal how far it is. With --listen it is the child
of an update: its lines of output are as those of `n6studio.layers`, and the end of standard input stops it.
"""

import argparse
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from n6studio.domain.errors.advice import advice
from n6studio.domain.errors.base import ExitCode, StudioError
from n6studio.domain.errors.layers import LayerNotInstalled
from n6studio.first_start.environment import Kit, SetUp, home_folder, is_ready, python_in
from n6studio.layers.download import Stopped
from n6studio.layers.get import Ended
from n6studio.layers.layer import BASE


def main(arguments: list[str]) -> int:
    """Do what was typed; return the program's exit code, or why it could not be set up."""
    parser = argparse.ArgumentParser(prog="n6studio")
    parser.add_argument("--kit", type=Path, required=True, help="folder that the installer laid down")
    parser.add_argument("--set-up-only", action="store_true", help="make the environment and stop")
    parser.add_argument("--listen", action="store_true", help="tell in JSON; stop when standard input ends")
    parser.add_argument("--home", type=Path, help="folder for environments (default: the system's for this user)")
    parser.add_argument("--keep", default="", help="name of the environment that is in use")
    options, words = parser.parse_known_args(arguments)
    kit = Kit(options.kit.absolute(), options.home or home_folder(sys.platform, os.environ, Path.home()))
    if options.listen:
        return _listening(kit, options.keep)
    if not is_ready(kit):
        code = _set_up(kit)
        if code:
            return code
    if options.set_up_only:
        return 0
    return start(kit, words)


def start(kit: Kit, words: list[str]) -> int:
    """Start the program in its environment; where possible in our place."""
    variables = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    command = [str(python_in(kit.environment, windowed=True)), "-P", "-m", "n6studio", *words]
    if os.name == "nt":
        return subprocess.call(command, env=variables)
    os.execve(command[0], command, variables)
    return 0  # not reached


def _set_up(kit: Kit) -> int:
    screen = sys.platform in ("win32", "darwin") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if screen:
        try:
            from n6studio.first_start.window import FirstStart

            window = FirstStart(kit)
        except Exception as error:  # no tkinter, or a display that cannot be opened
            sys.stderr.write(f"No window for the set-up: {error}\n")
        else:
            window.start()
            window.root.mainloop()
            return ExitCode.OK if window.environment is not None else ExitCode.CANCELLED
    return _on_terminal(kit)


def _on_terminal(kit: Kit) -> int:
    shown = [""]

    def told(step: str, done: int, total: int, left: float | None) -> None:
        percent = done * 10 // total * 10 if total else 0
        line = f"{step} {percent} %" if total else step
        if line != shown[0]:
            shown[0] = line
            sys.stderr.write(line + "\n")

    setting_up = SetUp(kit, told, threading.Event())
    try:
        setting_up.run()
    except (Stopped, KeyboardInterrupt):
        return ExitCode.CANCELLED
    except StudioError as error:
        sys.stderr.write(f"{advice(error).as_text()}\nLog: {setting_up.log}\n")
        return error.exit_status
    except OSError as error:
        sys.stderr.write(f"N6 Studio could not be set up: {error}\nLog: {setting_up.log}\n")
        return ExitCode.ENVIRONMENT
    return ExitCode.OK


def _listening(kit: Kit, keep: str) -> int:
    stop = threading.Event()

    def wait_for_the_end() -> None:
        sys.stdin.read()
        stop.set()

    def told(step: str, done: int, total: int, left: float | None) -> None:
        _tell(step=step, done=done, total=total, left=left)

    threading.Thread(target=wait_for_the_end, daemon=True).start()
    setting_up = SetUp(kit, told, stop, keep)
    try:
        if not is_ready(kit):
            setting_up.run()
    except Stopped:
        _tell(ended=Ended.STOPPED)
        return ExitCode.CANCELLED
    except StudioError as error:
        return _failed(error)
    except OSError as error:
        return _failed(LayerNotInstalled(layer=BASE.name, reason=str(error), log=setting_up.log))
    _tell(ended=Ended.DONE)
    return ExitCode.OK


def _failed(error: StudioError) -> int:
    _tell(ended=Ended.FAILED, error=error.to_message())
    return int(error.exit_status)


def _tell(**values: Any) -> None:
    sys.stdout.write(json.dumps(values) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
