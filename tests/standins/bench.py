"""A bench with stand-ins for ST's tools installed and virtual boards connected; see README.md."""

import json
import os
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import filelock

from n6studio.board.registry import boards
from n6studio.board.virtual.board import VirtualBoard

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PATHS = os.pathsep.join([str(ROOT), str(Path(filelock.__file__).parent.parent)])  # with -S, they start twice as fast
VARIABLE = "N6_STANDIN_BENCH"


@dataclass(frozen=True)
class Manner:
    """How the stand-ins behave beyond what their boards do.

    Attributes:
        version: of STM32CubeProgrammer and of the signing tool.
        say: lines printed on every connection instead of doing anything, with exit code 1.
        exit_zero: exit code 0 whatever happened.
        complete_anyway: 'File download complete' also after an error.
        forget_complete: never 'File download complete'.
        error_after: this line is printed after a success.
        hangs_above: at more kHz the probe locks up; 0 for never.
        silent: prints its banner and then nothing for ever.
        signs_badly: the signing tool leaves a wrong checksum.
        fuses: (value, status) of OTP word 124; None where the version cannot read it.
    """

    version: str = "2.22.0"
    say: tuple[str, ...] = ()
    exit_zero: bool = False
    complete_anyway: bool = False
    forget_complete: bool = False
    error_after: str = ""
    hangs_above: int = 0
    silent: bool = False
    signs_badly: bool = False
    fuses: tuple[int, int] | None = (0, 0)


class Bench:
    """A folder that plays an installation of STM32CubeProgrammer with boards on its USB.

    Args:
        folder: where; made when missing.
        install: put the tools there; False for a bench that is there already.
    """

    def __init__(self, folder: Path, install: bool = True) -> None:
        self.folder = folder
        self.bin = folder / "STM32CubeProgrammer" / "bin"
        if install:
            self._install()

    def _install(self) -> None:
        self.bin.mkdir(parents=True, exist_ok=True)
        (self.folder / "boards").mkdir(exist_ok=True)
        loaders = self.bin / "ExternalLoader"
        loaders.mkdir(exist_ok=True)
        for board in boards():
            if board.flash.loader:
                (loaders / board.flash.loader).write_bytes(b"stand-in")
        self.programmer = self._wrapper("STM32_Programmer_CLI", "stm32_programmer_cli.py")
        self.signing_tool = self._wrapper("STM32_SigningTool_CLI", "stm32_signing_tool_cli.py")

    def _wrapper(self, name: str, script: str) -> Path:
        """Return an executable that starts a stand-in as a child of its own, as a launcher script would."""
        if os.name == "nt":
            path = self.bin / f"{name}.cmd"
            lines = ["@echo off", f'set "PYTHONPATH={PATHS}"', f'set "{VARIABLE}={self.folder}"']
            path.write_text("\r\n".join([*lines, f'"{sys.executable}" -S "{HERE / script}" %*', ""]), encoding="utf-8")
        else:
            path = self.bin / name
            lines = ["#!/bin/sh", f"export PYTHONPATH='{PATHS}'", f"export {VARIABLE}='{self.folder}'"]
            path.write_text("\n".join([*lines, f"'{sys.executable}' -S '{HERE / script}' \"$@\"", "exit $?", ""]))
            path.chmod(0o755)
        return path

    def connect(self, key: str, serial: str) -> VirtualBoard:
        """Put a board on the bench, or return the one with this serial number."""
        return VirtualBoard(self.folder / "boards" / serial, key, serial)

    def boards(self) -> list[VirtualBoard]:
        """Return the boards whose cable is plugged in, by serial number."""
        places = sorted(path for path in (self.folder / "boards").iterdir() if path.is_dir())
        return [board for board in map(VirtualBoard, places) if board.state.attached]

    @property
    def manner(self) -> Manner:
        """Return how the tools behave."""
        file = self.folder / "standin.json"
        if not file.exists():
            return Manner()
        data = json.loads(file.read_text(encoding="utf-8"))
        fuses = data["fuses"]
        return Manner(**{**data, "say": tuple(data["say"]), "fuses": fuses and tuple(fuses)})

    def behave(self, **changes) -> None:
        """Change how the tools behave."""
        manner = replace(self.manner, **changes)
        (self.folder / "standin.json").write_text(json.dumps(asdict(manner)), encoding="utf-8")


def from_environment() -> Bench:
    """Return the bench that the running stand-in was installed on."""
    return Bench(Path(os.environ[VARIABLE]), install=False)
