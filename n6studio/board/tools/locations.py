"""Where installers put ST's tools, GNU Arm GCC and make on Windows, Linux and macOS; nothing is run here.

Sources: ST's release notes, installers' defaults as the model zoo's `stm32_tools.json` lists them, Zephyr's runner for
STM32CubeProgrammer, and published logs. What was seen once only is in, too: a place that is not there costs nothing.
"""

import os
import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from n6studio.domain.whole_numbers import whole_number

Tool = Literal["stedgeai", "programmer", "signing", "gcc", "make"]
Kind = Literal["windows", "linux", "macos"]

TOOLS: tuple[Tool, ...] = ("stedgeai", "programmer", "signing", "gcc", "make")
CHOSEN = "set by you"  # how a path was found that the user chose
TITLES: dict[str, str] = {
    "stedgeai": "ST Edge AI Core",
    "programmer": "STM32CubeProgrammer",
    "signing": "STM32 signing tool",
    "gcc": "GNU Arm GCC",
    "make": "GNU make",
}
_PROGRAMS: dict[str, tuple[str, ...]] = {
    "stedgeai": ("stedgeai",),
    "programmer": ("STM32_Programmer_CLI",),
    "signing": ("STM32_SigningTool_CLI",),
    "gcc": ("arm-none-eabi-gcc",),
    "make": ("make", "gmake", "mingw32-make"),
}
# Variables of ST's model zoo and scripts; they name the program itself, or a folder that it is in.
_VARIABLES: dict[str, tuple[str, ...]] = {
    "stedgeai": ("STM32_AI_EXE", "STEDGEAI_CORE_DIR"),
    "programmer": ("STM32_CUBE_PROG_EXE",),
    "signing": ("STM32_SIGNINGTOOL_CLI", "STM32_CUBE_PROG_EXE"),
    "gcc": ("STM32_ARM_GCC_COMPILER_EXE",),
    "make": ("STM32_MAKE_EXE",),
}
_IDE_VARIABLE = "STM32_CUBE_IDE_EXE"
_BUNDLES_VARIABLE = "CUBE_BUNDLE_PATH"  # of STM32Cube's command line and its extensions for VS Code
_BUNDLE_OF = {"programmer": "programmer", "signing": "programmer", "gcc": "gnu-tools-for-stm32", "make": "make"}
_PLUGINS = {"programmer": "cubeprogrammer", "signing": "cubeprogrammer", "gcc": "gnu-tools-for-stm32", "make": "make"}
_PACK = "STM32Cube/Repository/Packs/STMicroelectronics/X-CUBE-AI/*"
# Below a folder that the user or a variable named.
_INSIDE = (
    ".", "bin", "Utilities/windows", "Utilities/linux", "Utilities/mac", "Utilities/macarm", "tools/bin",
    "STM32CubeProgrammer/bin", "GNU-tools-for-STM32/bin", "STM32CubeProgrammer.app/Contents/MacOs/bin",
    "STM32CubeProgrammer/STM32CubeProgrammer.app/Contents/MacOs/bin",
)  # fmt: skip


@dataclass(frozen=True)
class Computer:
    """What a search looks at; tests give it folders of their own.

    Attributes:
        kind: operating system.
        home: the user's folder.
        drive: where absolute places begin: '/' or 'C:/'.
        variables: environment.
    """

    kind: Kind
    home: Path
    drive: Path
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Candidate:
    """A program that is there, and how it was found."""

    path: Path
    how: str


def this_computer() -> Computer:
    """Return the one that we run on."""
    kinds: dict[str, Kind] = {"Windows": "windows", "Darwin": "macos"}
    kind = kinds.get(platform.system(), "linux")
    return Computer(kind, Path.home(), Path("C:/" if kind == "windows" else "/"), os.environ)


def candidates(tool: Tool, computer: Computer, chosen: Path | None = None) -> tuple[Candidate, ...]:
    """Return where a tool is, most telling first: what the user said, variables, PATH, installations.

    Args:
        tool: which.
        computer: where to look.
        chosen: program or folder that the user named; None for none.
    """
    found: dict[Path, Candidate] = {}
    for path, how in _places(tool, computer, chosen):
        if _is_file(path):
            found.setdefault(_real(path), Candidate(path, how))
    return tuple(found.values())


def is_snap(path: Path) -> bool:
    """Return whether a program was installed as a snap, which sees neither /tmp nor hidden folders as others do."""
    return path.as_posix().startswith("/snap/") or _real(path).name == "snap"


def in_folder(tool: Tool, folder: Path, kind: Kind) -> Path | None:
    """Return the program in a folder that the user named, or where installations have it below; None if it has none."""
    if _is_file(folder):
        return folder
    for inside in _INSIDE:
        for name in _names(tool, kind):
            if _is_file(path := folder / inside / name):
                return path
    return None


def _places(tool: Tool, computer: Computer, chosen: Path | None) -> Iterator[tuple[Path, str]]:
    if chosen is not None and (path := in_folder(tool, chosen, computer.kind)):
        yield path, CHOSEN
    for variable in _VARIABLES[tool]:
        if value := computer.variables.get(variable):
            place = Path(value)
            place = place.parent if tool == "signing" and _is_file(place) and "Signing" not in place.name else place
            if path := in_folder(tool, place, computer.kind):
                yield path, f"variable {variable}"
    for folder in computer.variables.get("PATH", "").split(";" if computer.kind == "windows" else ":"):
        if folder:
            for name in _names(tool, computer.kind):
                yield Path(folder) / name, "PATH"
    for folder_path, how in _installations(tool, computer):
        for name in _names(tool, computer.kind):
            yield folder_path / name, how


def _installations(tool: Tool, computer: Computer) -> Iterator[tuple[Path, str]]:
    """Yield folders of installations, later versions first."""
    if tool == "stedgeai":
        for pattern, how in _EDGE_AI[computer.kind]:
            yield from ((folder, how) for folder in _globbed(computer, pattern))
        return
    if tool in ("programmer", "signing"):
        for pattern in _PROGRAMMER[computer.kind]:
            yield from ((folder, "STM32CubeProgrammer") for folder in _globbed(computer, pattern))
    for bundles in _bundles(computer):
        yield from ((folder, "STM32Cube bundle") for folder in _newest_first(bundles, f"{_BUNDLE_OF[tool]}/*/bin"))
    part = {"gcc": "GNU-tools-for-STM32/bin", "make": "Make/bin"}.get(tool, "STM32CubeProgrammer/bin")
    for pattern in _CLT[computer.kind]:
        yield from ((folder / part, "STM32CubeCLT") for folder in _globbed(computer, pattern))
    for plugins in _ide_plugins(computer):
        pattern = f"com.st.stm32cube.ide.mcu.externaltools.{_PLUGINS[tool]}.*/tools/bin"
        yield from ((folder, "STM32CubeIDE") for folder in _newest_first(plugins, pattern))


def _bundles(computer: Computer) -> Iterator[Path]:
    """Yield folders of STM32Cube bundles: ~/.local/share and the like, and below a VS Code that is a snap."""
    if value := computer.variables.get(_BUNDLES_VARIABLE):
        yield Path(value)
    if computer.kind == "windows" and (value := computer.variables.get("LOCALAPPDATA")):
        yield Path(value) / "stm32cube/bundles"
    for pattern in _BUNDLES[computer.kind]:
        yield from _globbed(computer, pattern)


def _ide_plugins(computer: Computer) -> Iterator[Path]:
    if value := computer.variables.get(_IDE_VARIABLE):
        yield Path(value).parent / "plugins"
    for pattern in _IDE[computer.kind]:
        yield from _globbed(computer, pattern)


_EDGE_AI: dict[str, tuple[tuple[str, str], ...]] = {
    "windows": (
        ("/ST/STEdgeAI/*/Utilities/windows", "default folder"),
        ("/ST/STEdgeAI_Core/*/Utilities/windows", "default folder"),
        (f"~/{_PACK}/Utilities/windows", "X-CUBE-AI pack"),
    ),
    "linux": (
        ("/opt/ST/STEdgeAI*/*/Utilities/linux", "default folder"),
        ("~/ST/STEdgeAI*/*/Utilities/linux", "default folder"),
        (f"~/{_PACK}/Utilities/linux", "X-CUBE-AI pack"),
    ),
    "macos": (
        ("/Applications/ST/STEdgeAI*/*/Utilities/mac*", "default folder"),
        (f"~/{_PACK}/Utilities/mac*", "X-CUBE-AI pack"),
    ),
}
_BUNDLES: dict[str, tuple[str, ...]] = {
    "windows": ("~/AppData/Local/stm32cube/bundles",),
    "linux": ("~/.local/share/stm32cube/bundles", "~/snap/code/*/.local/share/stm32cube/bundles"),
    "macos": ("~/Library/Application Support/stm32cube/bundles",),
}
_CUBE = "STMicroelectronics/STM32Cube/STM32CubeProgrammer"
_PROGRAMMER: dict[str, tuple[str, ...]] = {
    "windows": (f"/Program Files/{_CUBE}/bin", f"/Program Files (x86)/{_CUBE}/bin"),
    "linux": (f"~/{_CUBE}/bin", f"/usr/local/{_CUBE}/bin", f"/opt/{_CUBE}/bin"),
    "macos": (
        f"/Applications/{_CUBE}/STM32CubeProgrammer.app/Contents/MacOs/bin",
        f"/Applications/{_CUBE}/STM32CubeProgrammer.app/Contents/Resources/bin",
    ),
}
_CLT: dict[str, tuple[str, ...]] = {
    "windows": ("/ST/STM32CubeCLT_*",),
    "linux": ("/opt/st/stm32cubeclt_*", "~/st/stm32cubeclt_*"),
    "macos": ("/opt/ST/STM32CubeCLT_*", "/Applications/STM32CubeCLT_*"),
}
_IDE: dict[str, tuple[str, ...]] = {
    "windows": ("/ST/STM32CubeIDE_*/STM32CubeIDE/plugins",),
    "linux": ("/opt/st/stm32cubeide_*/plugins", "~/st/stm32cubeide_*/plugins"),
    "macos": ("/Applications/STM32CubeIDE*.app/Contents/Eclipse/plugins",),
}


def _globbed(computer: Computer, pattern: str) -> Iterator[Path]:
    base = computer.home if pattern.startswith("~/") else computer.drive
    yield from _newest_first(base, pattern.lstrip("~").lstrip("/"))


def _newest_first(base: Path, pattern: str) -> Iterator[Path]:
    try:
        yield from sorted(base.glob(pattern), key=_numbers, reverse=True)
    except OSError:
        return


def _numbers(path: Path) -> tuple[tuple[int, ...], str]:
    """Sort key: the numbers in a path's name, so that 1.19 is later than 1.9."""
    digits = "".join(letter if "0" <= letter <= "9" else " " for letter in path.as_posix()).split()
    return tuple(whole_number(number) or 0 for number in digits), path.as_posix()


def _names(tool: Tool, kind: Kind) -> tuple[str, ...]:
    ending = ".exe" if kind == "windows" else ""
    return tuple(f"{name}{ending}" for name in _PROGRAMS[tool])


def _is_file(path: Path) -> bool:
    """Return whether there is a file; in a folder that nobody may look into there is none."""
    try:
        return path.is_file()
    except OSError:
        return False


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False


def _real(path: Path) -> Path:
    try:
        return path.resolve()
    except OSError:
        return path


# --- applications ----------------------------------------------------------------------------------------------------

APPLICATION = "application"
APPLICATION_VARIABLE = "N6STUDIO_APPLICATION"
_APPLICATIONS = (
    "STM32N6-GettingStarted-PoseEstimation*",
    "x-cube-n6-ai-multi-pose-estimation*",
    # Of ST's model zoo: a folder of it up to 3.2, as of 4.0 a submodule that is the application itself.
    "stm32ai-modelzoo-services*/application_code/pose_estimation/STM32N6",
    "stm32ai-modelzoo-services*/application_code/pose_estimation/Application",
)
_DOWNLOAD_FOLDERS = ("Downloads", "Desktop", "Téléchargements", "Descargas", "Scaricati", "OneDrive/Desktop")
_SHELVES = (".", *_DOWNLOAD_FOLDERS, "Documents", "OneDrive/Documents", "git", "src", "STM32CubeIDE", "projects", "ST")


# Installers and archives as ST names them, in download folders.
_DOWNLOADS: dict[str, tuple[str, ...]] = {
    "stedgeai": ("stedgeai-*", "*stedgeai-lin*", "*stedgeai-win*", "*stedgeai-mac*"),
    "programmer": ("*stm32cubeprg-*", "SetupSTM32CubeProgrammer*"),
    "gcc": ("*stm32cubeclt*", "*stm32cubeide*", "arm-gnu-toolchain-*"),
    APPLICATION: ("STM32N6-GettingStarted-PoseEstimation*.zip", "x-cube-n6-ai-multi-pose-estimation*.zip"),
}


def downloads(name: str, computer: Computer) -> tuple[Path, ...]:
    """Return files in the usual download folders that look like installers of a tool or an archive of the application.

    Args:
        name: of a tool, or `APPLICATION`.
        computer: where to look.
    """
    found = [
        path
        for folder in _DOWNLOAD_FOLDERS
        for pattern in _DOWNLOADS.get(name, ())
        for path in _newest_first(computer.home / folder, pattern)
    ]
    return tuple(dict.fromkeys(path for path in found if path.is_file()))


def application_folders(computer: Computer, chosen: Path | None = None) -> tuple[Candidate, ...]:
    """Return folders that may be copies of ST's applications: what the user said, the variable, usual places."""
    found: dict[Path, Candidate] = {}
    named = computer.variables.get(APPLICATION_VARIABLE)
    for path, how in ((chosen, CHOSEN), (Path(named) if named else None, f"variable {APPLICATION_VARIABLE}")):
        if path is not None and _is_folder(path):
            found.setdefault(_real(path), Candidate(path, how))
    for shelf in _SHELVES:
        for pattern in _APPLICATIONS:
            for path in _newest_first(computer.home / shelf, pattern):
                root = path.parent if path.name == "Application" else path
                if _is_folder(path):
                    found.setdefault(_real(root), Candidate(root, "found"))
    return tuple(found.values())
