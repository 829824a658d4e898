"""Builds the firmware's C and runs cases through it: here with sanitizers, or on an emulated Cortex-M55."""

import shutil
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FIRMWARE = ROOT / "resources" / "firmware"
HARNESS = ROOT / "tests" / "firmware_c"
MOCK = HARNESS / "mock"
HARNESS_SOURCES = (HARNESS / "harness.c", HARNESS / "split.c", MOCK / "jpeg.c")
STRICT = ["-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror", "-ffp-contract=off"]
SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover"]

SOURCES = tuple(sorted(path.name for path in FIRMWARE.glob("*.c")))
DECODE, MCUS, SOFTWARE_JPEG, CODEC, COMMANDS, FRAME, STREAM, SPLIT = 1, 2, 3, 4, 5, 6, 7, 8


@dataclass(frozen=True)
class Answer:
    """What the harness says about one case; instructions are 0 on the host."""

    instructions: int
    payload: bytes


def host_compiler() -> str | None:
    return shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")


def build_for_host(folder: Path) -> Path:
    """Return the harness, built with sanitizers."""
    program = folder / "harness"
    sources = [*(FIRMWARE / name for name in SOURCES), HARNESS / "host.c", *HARNESS_SOURCES]
    command = [
        host_compiler(),
        *STRICT,
        "-O1",
        *SANITIZERS,
        f"-I{FIRMWARE}",
        f"-I{HARNESS}",
        f"-I{MOCK}",
        "-o",
        program,
    ]
    done = subprocess.run([*command, *sources, "-lm"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return program


def cross_compiler() -> str | None:
    return shutil.which("arm-none-eabi-gcc")


def emulator() -> str | None:
    return shutil.which("qemu-system-arm")


def build_for_board(folder: Path, optimize: str, *defines: str) -> Path:
    """Return the harness, built for a Cortex-M55 as ST's applications are."""
    program = folder / f"board{optimize}{''.join(defines)}.elf"
    sources = [*(FIRMWARE / name for name in SOURCES), HARNESS / "board.c", *HARNESS_SOURCES]
    target = ["-mcpu=cortex-m55", "-mfloat-abi=hard", "-mthumb", "-ffunction-sections", "-fdata-sections"]
    link = ["--specs=rdimon.specs", "-nostartfiles", "-T", HARNESS / "board.ld", "-Wl,--gc-sections"]
    command = [cross_compiler(), *STRICT, optimize, *target, *defines, f"-I{FIRMWARE}", f"-I{HARNESS}", f"-I{MOCK}"]
    done = subprocess.run(
        [*command, *link, "-o", program, *sources, "-lm"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr, done.stderr
    return program


def run_on_board(program: Path, folder: Path, cases: list[tuple[int, bytes]]) -> list[Answer]:
    """Return what an emulated board says; every instruction is counted."""
    write_cases(folder, cases)
    machine = ["-M", "mps3-an547", "-nographic", "-monitor", "none", "-serial", "none"]
    files = ["-semihosting-config", "enable=on,target=native", "-icount", "shift=0,align=off,sleep=off"]
    done = subprocess.run(
        [emulator(), *machine, *files, "-kernel", program],
        cwd=folder, capture_output=True, text=True, timeout=300, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return read_answers(folder, cases)


def run_on_host(program: Path, folder: Path, cases: list[tuple[int, bytes]]) -> list[Answer]:
    write_cases(folder, cases)
    done = subprocess.run([program], cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return read_answers(folder, cases)


def write_cases(folder: Path, cases: list[tuple[int, bytes]]) -> None:
    records = [struct.pack("<II", kind, len(payload)) + payload for kind, payload in cases]
    (folder / "cases.bin").write_bytes(b"".join(records))


def read_answers(folder: Path, cases: list[tuple[int, bytes]]) -> list[Answer]:
    data, at, answers = (folder / "answers.bin").read_bytes(), 0, []
    for kind, _ in cases:
        told, length, instructions = struct.unpack_from("<III", data, at)
        assert told == kind
        answers.append(Answer(instructions, data[at + 12 : at + 12 + length]))
        at += 12 + length
    assert at == len(data)
    return answers
