"""The firmware as an emulated Cortex-M55 runs it: whether this computer can, and building it."""

import hashlib
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from n6studio.domain.errors.boards import EmulatorMissing, FirmwareNotBuilt
from n6studio.domain.errors.foreign import reason_of, writing
from n6studio.gates.files import read_bytes
from n6studio.system.files import ensure_folder, replacing
from n6studio.system.processes import apart
from n6studio.system.resources import resource

COMPILER, EMULATOR = "arm-none-eabi-gcc", "qemu-system-arm"
_SHARED_MEMORY = "an operating system on which QEMU shares memory"
_SECONDS = 120.0
_FOR_THE_CHIP = "n6_jpeg_hw.c"
_FLAGS = (
    "-std=c99", "-O2", "-ffp-contract=off", "-mcpu=cortex-m55", "-mfloat-abi=hard", "-mthumb", "-ffunction-sections",
    "-fdata-sections", "--specs=nosys.specs", "-nostartfiles", "-Wl,--gc-sections",
)  # fmt: skip


@dataclass(frozen=True)
class EmulatorTools:
    """What builds the firmware and what runs it."""

    compiler: Path
    emulator: Path


def missing_tools() -> tuple[str, ...]:
    """Return what is not there and is needed to emulate the firmware here, in words."""
    system = (_SHARED_MEMORY,) if os.name == "nt" else ()
    return (*system, *(name for name in (EMULATOR, COMPILER) if shutil.which(name) is None))


def emulator_tools() -> EmulatorTools:
    """Return where the tools are.

    Raises:
        EmulatorMissing: one is not there.
    """
    missing, compiler, emulator = missing_tools(), shutil.which(COMPILER), shutil.which(EMULATOR)
    if missing or compiler is None or emulator is None:
        raise EmulatorMissing(missing=missing)
    return EmulatorTools(Path(compiler), Path(emulator))


def built_firmware(tools: EmulatorTools) -> Path:
    """Return the firmware for the emulated board, built where this version of it was not built before.

    It lies in the user's cache folder, under a name that sources, flags and compiler give it.

    Raises:
        FirmwareNotBuilt: the compiler refuses.
        NotWritable, DiskFull: the cache folder cannot be written.
    """
    sources = _sources()
    folder = Path(platformdirs.user_cache_dir("n6studio", appauthor=False)) / "firmware"
    built = folder / f"{_digest(tools.compiler, sources)}.elf"
    if not built.is_file():
        with writing(built):
            ensure_folder(folder)
            with replacing(built, ".elf") as part:
                _compile(tools.compiler, sources, part)
    return built


def _sources() -> list[Path]:
    folder = resource("firmware")
    portable = sorted(path for path in folder.glob("*.c") if path.name != _FOR_THE_CHIP)
    return [*portable, *sorted((folder / "emulated").glob("*.c"))]


def _digest(compiler: Path, sources: list[Path]) -> str:
    folder = resource("firmware")
    found = hashlib.sha256(repr(_FLAGS).encode())
    status = compiler.resolve().stat()
    found.update(f"{compiler.resolve()} {status.st_size} {status.st_mtime_ns}".encode())
    for path in [*sources, *sorted(folder.glob("*.h")), *sorted((folder / "emulated").glob("*.[hl]*"))]:
        found.update(path.name.encode() + b"\0" + read_bytes(path))
    return found.hexdigest()[:20]


def _compile(compiler: Path, sources: list[Path], target: Path) -> None:
    folder = resource("firmware")
    places = [f"-I{folder}", f"-I{folder / 'emulated'}", "-T", str(folder / "emulated" / "board.ld")]
    command = [str(compiler), *_FLAGS, *places, "-o", str(target), *map(str, sources), "-lm"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=_SECONDS, stdin=subprocess.DEVNULL,
            check=False, **apart(),
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        reason = reason_of(error) if isinstance(error, OSError) else f"no end after {_SECONDS:g} s"
        raise FirmwareNotBuilt(compiler=compiler, reason=reason) from error
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if "error" in line] or ["no reason"]
        raise FirmwareNotBuilt(compiler=compiler, reason=lines[0].strip()[:300])
