"""What is to be got from ST for a board, given what is there: exact names and releases, one pair, where ST offers it.

Nothing is downloaded: ST's terms are the user's to accept. Sizes of applications are those of ST's published trees;
ST's own pages tell those of the installers. Looked up on 2026-11-25.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from n6studio.board.compiler.pairs import Pair, pairs_for
from n6studio.board.description import Board
from n6studio.board.tools.discovery import FoundTool, ToolBox
from n6studio.board.tools.known_bad import OLDEST
from n6studio.board.tools.locations import (
    APPLICATION,
    TOOLS,
    Computer,
    Tool,
    application_folders,
    candidates,
    downloads,
    this_computer,
)
from n6studio.domain.deploy import Getting, ToGet
from n6studio.domain.errors.base import StudioError

NEWEST_PROGRAMMER = (2, 23, 0)
_GITHUB = "https://github.com/STMicroelectronics/"
_REPOSITORIES = {
    "getting-started": "STM32N6-GettingStarted-PoseEstimation",
    "multi-pose": "x-cube-n6-ai-multi-pose-estimation",
}
_ST = "https://www.st.com/en/development-tools/"
_INSTALLER_SIZE = "shown on ST's page"


@dataclass(frozen=True)
class _Tree:
    """A release of an application as ST published it: its tag, and the size of its files where that was measured."""

    tag: str
    megabytes: int | None = None


_TREES = {
    "getting-started-1.0": _Tree("v1.0.0", 129),
    "getting-started-2.0": _Tree("v2.0.0", 215),
    "getting-started-2.1": _Tree("v2.1.0", 172),
    "getting-started-2.2": _Tree("v2.2.0"),
    "getting-started-2.3": _Tree("v2.3.1"),
    "multi-pose-1.0": _Tree("v1.0.0", 162),
    "multi-pose-2.0": _Tree("v2.0.0", 191),
}


def to_get(target: Board, box: ToolBox, computer: Computer | None = None) -> Getting:
    """Return what a board needs of ST, what of it is there, and the pair to take where none is complete.

    Args:
        target: one of ST's boards.
        box: what was found.
        computer: where installers lie that were downloaded; None for this one.
    """
    there, pair = computer or this_computer(), recommended_pair(target, box)
    if pair is None:
        return Getting(target.key, "", "", ())
    rows = (
        _core(pair, box, there),
        _application(pair, target, box, there),
        _programmer(box, there),
        _build_tools(box, there),
    )
    return Getting(target.key, pair.key, f"{pair.title} with ST Edge AI Core {pair.compiler.name}", rows)


def recommended_pair(target: Board, box: ToolBox) -> Pair | None:
    """Return the pair to use: least is missing, then one that was linked for this board, then the newest."""
    linked = {budget.pair for budget in target.budgets}

    def rank(pair: Pair) -> tuple[int, bool, bool, tuple[int, ...]]:
        missing = (_compiler_of(pair, box) is None) + (not _copies(pair, target, box))
        return -missing, pair.key in linked, pair.family == "getting-started", pair.versions[1]

    return max(pairs_for(target), key=rank, default=None)


def footprint(computer: Computer | None = None, choices: dict[str, Path] | None = None) -> frozenset[str]:
    """Return the paths of all tools, applications and downloads there are; a change is worth a new look.

    Looks at names only and starts nothing, so it may be asked every few seconds, off the window's thread.
    """
    there, chosen = computer or this_computer(), choices or {}
    found = [candidate.path for tool in TOOLS for candidate in candidates(tool, there, chosen.get(tool))]
    found += [candidate.path for candidate in application_folders(there, chosen.get(APPLICATION))]
    found += [path for name in (*TOOLS, APPLICATION) for path in downloads(name, there)]
    return frozenset(map(str, found))


def _core(pair: Pair, box: ToolBox, there: Computer) -> ToGet:
    found, name = _compiler_of(pair, box), pair.compiler.name
    others = sorted({one.version.text for one in box.tools.get("stedgeai", ()) if one.version})
    also = f"Installed: {', '.join(others)}. Releases can be installed side by side." if others and not found else ""
    return ToGet(
        key="stedgeai",
        title="ST Edge AI Core",
        release=f"{name} (any {name}.x)",
        size=_INSTALLER_SIZE,
        where=f"{_ST}stedgeai-core.html",
        found=_told(found),
        unread=_unread("stedgeai", box) if found is None else "",
        downloaded=_first(downloads("stedgeai", there)) if found is None else "",
        what_to_do=f"In the installer, select release {name} with its components STM32 and Neural-ART. {also}".strip(),
        setting="compiler",
    )


def _application(pair: Pair, target: Board, box: ToolBox, there: Computer) -> ToGet:
    copies, tree = _copies(pair, target, box), _TREES.get(pair.key, _Tree(f"v{'.'.join(map(str, pair.versions[1]))}"))
    repository = _REPOSITORIES.get(pair.family, "")
    return ToGet(
        key=APPLICATION,
        title=repository or pair.title,
        release=tree.tag,
        size=f"{tree.megabytes} MB unpacked" if tree.megabytes else "about 200 MB unpacked",
        where=f"{_GITHUB}{repository}/releases/tag/{tree.tag}",
        found=str(copies[0]) if copies else "",
        downloaded="" if copies else _first(downloads(APPLICATION, there)),
        what_to_do=f"git clone --recurse-submodules --branch {tree.tag} {_GITHUB}{repository}, in a folder with a "
        "short path. The home folder and Downloads are searched.",
        setting=APPLICATION,
        folder=True,
    )


def _programmer(box: ToolBox, there: Computer) -> ToGet:
    found = box.best("programmer")
    return ToGet(
        key="programmer",
        title="STM32CubeProgrammer",
        release=".".join(map(str, NEWEST_PROGRAMMER)),
        size=_INSTALLER_SIZE,
        where=f"{_ST}stm32cubeprog.html",
        found=_told(found),
        unread=_unread("programmer", box) if found is None else "",
        downloaded=_first(downloads("programmer", there)) if found is None else "",
        what_to_do=f"{_version(OLDEST['programmer'])} or later. Also in STM32CubeCLT, STM32CubeIDE and the STM32Cube "
        "bundle 'programmer'.",
        setting="programmer",
    )


def _build_tools(box: ToolBox, there: Computer) -> ToGet:
    gcc, make = box.best("gcc"), box.best("make")
    linux = "Debian and Ubuntu: sudo apt-get install gcc-arm-none-eabi libnewlib-arm-none-eabi make. Or STM32CubeCLT."
    lacking = " and ".join(name for name, one in (("GNU Arm GCC", gcc), ("GNU make", make)) if one is None)
    return ToGet(
        key="gcc" if gcc is None or make is not None else "make",
        title="GNU Arm GCC and GNU make",
        release=f"{_version(OLDEST['gcc'])} and {_version(OLDEST['make'])} or later, with newlib",
        size=_INSTALLER_SIZE,
        where=f"{_ST}stm32cubeclt.html",
        found=f"{_told(gcc)}; {_told(make)}" if gcc and make else "",
        unread=(_unread("gcc", box) if gcc is None else "") or (_unread("make", box) if make is None else ""),
        downloaded=_first(downloads("gcc", there)) if lacking else "",
        what_to_do=f"{f'{lacking} missing. ' if lacking else ''}"
        f"{linux if there.kind == 'linux' else 'Both are in STM32CubeIDE and STM32CubeCLT.'}",
        setting="gcc" if gcc is None or make is not None else "make",
    )


def _compiler_of(pair: Pair, box: ToolBox) -> FoundTool | None:
    try:
        return box.compiler_for(pair)
    except StudioError:
        return None


def _copies(pair: Pair, target: Board, box: ToolBox) -> list[Path]:
    return [one.root for one in box.applications if one.pair.key == pair.key and target in one.boards]


def _told(found: FoundTool | None) -> str:
    if found is None or found.version is None:
        return ""
    return f"{found.version.text} at {found.path}"


def _unread(tool: Tool, box: ToolBox) -> str:
    """Return where a tool lies that does not report its version: it may be the right one, and nobody knows."""
    return _first(one.path for one in box.tools.get(tool, ()) if one.version is None)


def _first(paths: Iterable[Path]) -> str:
    return next((str(path) for path in paths), "")


def _version(numbers: Iterable[int]) -> str:
    return ".".join(map(str, numbers))
