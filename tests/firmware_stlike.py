"""Builds the board port on this computer with the stand-ins of `stlike`, linked as ST's applications are: by --wrap."""

import subprocess
from pathlib import Path

from firmware_builders import FIRMWARE, HARNESS, SANITIZERS, STRICT, host_compiler

PORT = FIRMWARE / "stm32n6"
STLIKE = HARNESS / "stlike"
PORTABLE = tuple(sorted(path.stem for path in FIRMWARE.glob("*.c") if path.stem != "n6_jpeg_hw"))
CAMERA = (
    "CMW_CAMERA_SetPipeConfig", "CMW_CAMERA_Start", "HAL_DCMIPP_PIPE_SetCropConfig", "HAL_DCMIPP_IRQHandler",
    "app_postprocess_init", "app_postprocess_run",
)  # fmt: skip
WRAPPED = {
    "LOOP": (*CAMERA, "LL_ATON_RT_Main"),
    "EPOCHS": (*CAMERA, "LL_ATON_RT_RunEpochBlock", "LL_ATON_RT_Reset_Network"),
    "STAI": (*CAMERA, "stai_network_run"),
    "THREADS": (
        *CAMERA, "LL_ATON_RT_Main", "LL_ATON_Set_User_Input_Buffer_Default", "LL_ATON_Set_User_Output_Buffer_Default",
    ),
}  # fmt: skip


def config(**values: str | int | None) -> str:
    """Return n6_config.h: the example's, with other values; None leaves a definition out."""
    changes = {"N6_RUN_LOOP": None, "N6_PSRAM": None, **values}
    lines = []
    for line in (PORT / "n6_config_example.h").read_text().splitlines():
        words = line.split()
        name = words[1] if words[:1] == ["#define"] else ""
        if name in changes:
            value = changes.pop(name)
            lines += [] if value is None else [f"#define {name} {value}"]
        else:
            lines.append(line)
    added = [f"#define {name} {value}" for name, value in changes.items() if value is not None]
    at = lines.index("#endif")
    return "\n".join([*lines[:at], *added, *lines[at:], ""])


def portable_objects(folder: Path) -> list[Path]:
    """Return the objects that no configuration changes."""
    sources = [FIRMWARE / f"{name}.c" for name in PORTABLE]
    _run([*_compile(), "-c", *sources], folder)
    return [folder / f"{name}.o" for name in PORTABLE]


def build(folder: Path, header: str, sources: list[Path], objects: list[Path], *flags: str) -> Path:
    """Return a program of some sources with a configuration of its own."""
    folder.mkdir(exist_ok=True)
    (folder / "n6_config.h").write_text(header)
    program = folder / "program"
    _run([*_compile(), f"-I{folder}", *flags, "-o", program, *sources, *objects, "-lm"], folder)
    return program


def wrap(names: tuple[str, ...]) -> list[str]:
    return [f"-Wl,--wrap={name}" for name in names]


def _compile() -> list[str | Path]:
    return [host_compiler(), *STRICT, "-O1", "-g", *SANITIZERS, f"-I{FIRMWARE}", f"-I{PORT}", f"-I{STLIKE}"]


def _run(command: list, folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
