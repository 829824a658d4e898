"""The environment of an installed program: where it is, whether it is whole, and making it, step by step."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from n6studio.domain.errors.layers import LayerNeedsRoom, LayerNotInstalled
from n6studio.domain.errors.registry import from_message
from n6studio.first_start.beside import link_layers
from n6studio.first_start.current import UNFINISHED, environment_in, environments
from n6studio.layers.download import Stopped, room
from n6studio.layers.get import READY_MARK, Ended, only_one
from n6studio.layers.layer import BASE

OLDEST = (3, 11)
TOO_NEW = (3, 13) if sys.platform == "darwin" else (3, 14)  # of 3.13, NumPy 1.26 has no files, which macOS needs
FETCHED = "3.12"  # the Python that uv gets
NEEDED = 1_200_000_000  # bytes: downloads and the base, measured and rounded up
NEEDED_BESIDE = 100_000_000  # bytes: the program and links, where there is an environment with the same base
_POLL_SECONDS = 0.2
_TRIES = 150
_NO_TERMINAL = 0x08000000 if sys.platform == "win32" else 0  # CREATE_NO_WINDOW

CHECKING, PYTHON, ENVIRONMENT, PROGRAM = "check disk space", "get Python", "make an environment", "install the program"

Told = Callable[[str, int, int, float | None], None]
"""Receives step, done, total and the seconds that are left, None where they cannot be told. Bytes, 0 where unknown."""


@dataclass(frozen=True)
class Kit:
    """What an installer laid down.

    Attributes:
        folder: where it lies.
        home: folder of this user for environments and downloads.
    """

    folder: Path
    home: Path

    @property
    def wheel(self) -> Path:
        """The program."""
        return next(self.folder.glob("n6studio-*.whl"))

    @property
    def program(self) -> Path:
        """What Python imports the program from before it is installed."""
        return self.wheel

    @property
    def build(self) -> str:
        """Which build it is: the digest of the program."""
        return _digest(self.wheel)

    @property
    def environment(self) -> Path:
        """Its environment: the digest of its base, then the build."""
        return self.home / "environments" / f"{self.base}-{self.build}"

    @property
    def base(self) -> str:
        """Which base it wants; environments with the same one share its files."""
        return _digest(self.folder / "base.txt")

    @property
    def version(self) -> str:
        """The program's version, as its file is named."""
        return self.wheel.name.split("-")[1]

    @property
    def offline(self) -> bool:
        """Whether it carries every wheel."""
        return (self.folder / "wheels").is_dir()


def home_folder(system: str, variables: Mapping[str, str], user: Path) -> Path:
    """Return where environments of a user lie on a system (as `sys.platform` has it)."""
    if system == "win32":
        return Path(variables.get("LOCALAPPDATA") or user / "AppData" / "Local") / "n6studio"
    if system == "darwin":
        return user / "Library" / "Application Support" / "n6studio"
    return Path(variables.get("XDG_DATA_HOME") or user / ".local" / "share") / "n6studio"


def python_in(folder: Path, windowed: bool = False) -> Path:
    """Return where an environment's Python lies; `windowed` is the one without a terminal on Windows."""
    if os.name == "nt":
        return folder / "Scripts" / ("pythonw.exe" if windowed else "python.exe")
    return folder / "bin" / "python"


def is_ready(kit: Kit) -> bool:
    """Return whether the environment is whole and has this build of the program."""
    found = environment_in(kit.environment)
    return found is not None and found.build == kit.build and python_in(kit.environment).exists()


def python_fits() -> bool:
    """Return whether this Python can carry everything."""
    return OLDEST <= sys.version_info[:2] < TOO_NEW


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


class SetUp:
    """Makes the environment. May be stopped at any moment; the next one goes on with what has been downloaded.

    Args:
        kit: what was installed.
        told: called in this thread with how far it is.
        stop: when set, it ends soon.
        keep: name of the environment that is in use and stays, '' for the one that was made before.
    """

    def __init__(self, kit: Kit, told: Told, stop: threading.Event, keep: str = "") -> None:
        self._kit, self._told, self._stop, self._keep = kit, told, stop, keep
        self.log = kit.home / "first-start.log"

    def run(self) -> Path:
        """Do it; return the environment.

        Raises:
            Stopped: `stop` was set.
            StudioError: with what to do about it.
            OSError.
        """
        self._kit.home.mkdir(parents=True, exist_ok=True)
        with only_one(BASE, self._kit.home / "first-start.lock"):
            return self._run()

    def _run(self) -> Path:
        kit, folder = self._kit, self._kit.environment
        self.log.write_text(f"{sys.version}\n{kit.folder}\n", encoding="utf-8")
        if environment_in(folder) is None or not python_in(folder).exists():
            self._make(folder)
        self._told(PROGRAM, 0, 0, None)
        (folder / READY_MARK).unlink(missing_ok=True)
        options = ["--no-index", "--no-deps", "--force-reinstall", "--no-warn-script-location"]
        self._call([python_in(folder), "-I", "-m", "pip", "install", "-q", *options, kit.wheel])
        part = folder / (READY_MARK + ".part")
        part.write_text(
            json.dumps({"build": kit.build, "kit": str(kit.folder), "version": kit.version}), encoding="utf-8"
        )
        part.replace(folder / READY_MARK)
        self._remove_old(folder)
        return folder

    def _make(self, folder: Path) -> None:
        self._told(CHECKING, 0, 0, None)
        like = self._like()
        free, needed = room(folder), NEEDED_BESIDE if like is not None else NEEDED
        if free < needed:
            raise LayerNeedsRoom(path=folder, free_megabytes=free // 10**6, needed_megabytes=needed // 10**6)
        self._remove(folder)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / UNFINISHED).touch()
        python = self._python()
        self._told(ENVIRONMENT, 0, 0, None)
        if like is not None:
            self._call([python, "-I", "-m", "venv", "--without-pip", folder])
            link_layers(like, folder, self._stop)
        else:
            self._call([python, "-I", "-m", "venv", folder])
            self._base(folder)
        (folder / UNFINISHED).unlink()

    def _like(self) -> Path | None:
        """Return a whole environment with the same base and Python, whose files can be shared."""
        version = f"{sys.version_info[0]}.{sys.version_info[1]}" if python_fits() else FETCHED
        for one in environments(self._kit.home):
            same = one.folder.name.startswith(f"{self._kit.base}-")
            if same and python_version(one.folder).startswith(f"{version}."):
                return one.folder
        return None

    def _remove(self, folder: Path) -> None:
        """Remove what was begun; what a first start that was killed left running may still write there for a while."""
        for _ in range(_TRIES):
            shutil.rmtree(folder, ignore_errors=True)
            if not folder.exists():
                return
            if self._stop.wait(_POLL_SECONDS):
                raise Stopped

    def _python(self) -> Path:
        """Return a fitting Python: this one, or what uv gets."""
        if python_fits():
            return Path(getattr(sys, "_base_executable", "") or sys.executable)
        place = self._kit.home / "python"
        pattern = f"cpython-{FETCHED}*/" + ("python.exe" if os.name == "nt" else "bin/python3")
        if not list(place.glob(pattern)):
            self._told(PYTHON, 0, 0, None)
            self._call([self._uv(), "python", "install", "--install-dir", place, FETCHED])
        return sorted(place.glob(pattern))[-1]

    def _uv(self) -> Path:
        """Return the program uv: the kit's, or out of its own package."""
        name = "uv.exe" if os.name == "nt" else "uv"
        if (self._kit.folder / name).exists():
            return self._kit.folder / name
        scratch = self._kit.home / "uv"
        shutil.rmtree(scratch, ignore_errors=True)
        self._call([sys.executable, "-I", "-m", "venv", scratch])
        listed = (self._kit.folder / "conversion.txt").read_text(encoding="utf-8")
        line = re.search(r"^uv==(?:.*\\\n)*.*\n", listed, re.MULTILINE)
        wanted = scratch / "uv.txt"
        wanted.write_text(line.group(0) if line else "uv\n", encoding="utf-8")
        self._call([python_in(scratch), "-I", "-m", "pip", "install", "-q", "--only-binary=:all:", "-r", wanted])
        return python_in(scratch).with_name(name)

    def _base(self, folder: Path) -> None:
        """Let the environment's own Python get the base, with the room for layers out of the program's wheel."""
        kit = self._kit
        command: list[str | Path] = [python_in(folder), "-P", "-m", "n6studio.layers", "get", BASE.name, "--listen"]
        command += ["--lock", kit.folder / "base.txt", "--wheels", kit.home / "downloads"]
        if kit.offline:
            command += ["--from", kit.folder / "wheels", "--offline"]
        last: Mapping[str, Any] = {}
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [str(word) for word in command],
                env={**os.environ, "PYTHONPATH": str(kit.program), "PYTHONUTF8": "1"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                creationflags=_NO_TERMINAL,
            )
        threading.Thread(target=self._end_when_stopped, args=(process,), daemon=True).start()
        assert process.stdout is not None
        for raw in process.stdout:
            try:
                last = json.loads(raw)
            except ValueError:
                continue
            if "step" in last:
                self._told(str(last["step"]), int(last["done"]), int(last["total"]), last["left"])
        process.wait()
        ended = last.get("ended")
        if ended == Ended.STOPPED or self._stop.is_set():
            raise Stopped
        if ended == Ended.FAILED:
            raise from_message(last["error"])
        if ended not in (Ended.DONE, Ended.THERE):
            raise LayerNotInstalled(layer=BASE.name, reason=f"exit code {process.returncode}", log=self.log)
        shutil.rmtree(kit.home / "downloads", ignore_errors=True)

    def _end_when_stopped(self, process: "subprocess.Popen[bytes]") -> None:
        while process.poll() is None:
            if self._stop.wait(_POLL_SECONDS):
                if process.stdin is not None:
                    process.stdin.close()
                return

    def _call(self, command: list[str | Path]) -> None:
        """Run a program to its end, or until it is stopped; what it prints goes into the log."""
        words = [str(word) for word in command]
        with self.log.open("ab") as log:
            log.write((" ".join(words) + "\n").encode())
            log.flush()
            process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=_clean(), creationflags=_NO_TERMINAL
            )
        try:
            while process.poll() is None:
                if self._stop.wait(_POLL_SECONDS):
                    raise Stopped
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
        if process.returncode:
            lines = [line for line in self.log.read_text("utf-8", "replace").splitlines() if line.strip()]
            raise LayerNotInstalled(layer=BASE.name, reason=lines[-1] if lines else words[0], log=self.log)

    def _remove_old(self, folder: Path) -> None:
        """Remove environments but for this one and the one to go back to, and kits that belong to none."""
        home = self._kit.home
        before = [one.folder.name for one in environments(home) if one.folder != folder]
        kept = {folder.name, self._keep or next(iter(before), "")}
        for one in (home / "environments").iterdir():
            if one.name not in kept:
                shutil.rmtree(one, ignore_errors=True)
        for kit in (home / "kits").glob("*"):
            if not any(name.endswith(f"-{kit.name}") for name in kept):
                shutil.rmtree(kit, ignore_errors=True)


def python_version(folder: Path) -> str:
    """Return the version of an environment's Python, '' where it is not known."""
    try:
        text = (folder / "pyvenv.cfg").read_text(encoding="utf-8")
    except OSError:
        return ""
    found = re.search(r"^version *= *(\S+)", text, re.MULTILINE)
    return found[1] if found else ""


def _clean() -> dict[str, str]:
    """Return the variables for a program that must not see the wheel that we run from."""
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
