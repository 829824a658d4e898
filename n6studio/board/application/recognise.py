"""ST's pose applications: recognising a copy of one, and where in it the things lie that a deployment touches.

Known are the Getting Started application (v1.0.0 to v2.3) and the multi-pose application (v1, v2). A copy is recognised
by its release notes and, where those are missing, by the runtime archive that its Makefile links.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from n6studio.board.compiler.pairs import (
    COMPILERS,
    Family,
    Pair,
    Version,
    pair_of,
    pairs_for,
    pairs_of_compiler,
    unsupported,
)
from n6studio.board.description import Board
from n6studio.board.registry import vendor_boards
from n6studio.domain.errors.application import ApplicationIncomplete, ApplicationUnknown, ApplicationWrong
from n6studio.domain.errors.foreign import reading
from n6studio.gates.files import require_folder

_RELEASE = re.compile(r"\bV(\d+)\.(\d+)\.(\d+)\s*/\s*\w+\s+20\d\d")
_ARCHIVE = re.compile(r"NetworkRuntime(\d{2})(\d)(\d)_CM55_GCC")
_RUNTIME = re.compile(r"#define\s+LL_ATON_VERSION_(MAJOR|MINOR|MICRO|DEV)\s+\(?(\d+)\)?")
_OTHER = re.compile(
    r"(?:STM32N6[-_ ]?Getting[-_ ]?Started[-_ ]?(\w+))|(?:__(\w[\w ]+?) Getting Started__)|(x-cube-n6-[\w-]+)", re.I
)
_LEVELS_UP = 3


@dataclass(frozen=True)
class Layout:
    """Where an application keeps what is changed or made; all relative to its root.

    Attributes:
        make: folder that make is started in.
        config: app_config.h.
        post_config: header with the post-processing's sizes, where that is a file of its own.
        model: folder for the model's code.
        linker: linker script.
        region: name of the memory region in it that the application fills.
        makefiles: files with compiler options and the runtime archive's name.
        runtime: folder of the NPU runtime.
        image: the binary that make leaves.
        needed: files without which nothing can be built; to notice a clone without submodules.
    """

    make: Path
    config: Path
    post_config: Path | None
    model: Path
    linker: Path
    region: str
    makefiles: tuple[Path, ...]
    runtime: Path
    image: Path
    needed: tuple[Path, ...]


@dataclass(frozen=True)
class Application:
    """A copy of an application on this computer.

    Attributes:
        root: its folder.
        pair: its release with the compiler that it wants.
        version: its release, (major, minor, patch); patch is missing where it was told by the archive.
        boards: boards that this copy has folders for.
        runtime: version of its NPU runtime, (major, minor, micro, dev); None where it does not tell.
        fsbl: boot loader image that comes with it.
    """

    root: Path
    pair: Pair
    version: Version
    boards: tuple[Board, ...]
    runtime: Version | None
    fsbl: Path | None

    @property
    def name(self) -> str:
        """Its name and exact release, for people."""
        words = "Getting Started Pose Estimation" if self.pair.family == "getting-started" else "Multi Pose Estimation"
        return f"{words} v{'.'.join(map(str, self.version))}"


def layout_of(pair: Pair, board: Board) -> Layout:
    """Return where an application keeps what matters for a board.

    Raises:
        BoardUnsupported: it has nothing for that board.
    """
    if other := unsupported(pair, board):
        raise other
    if pair.family == "multi-pose":
        return _layout(Path(), "Lib", Path("Model"), Path("Gcc/STM32N657xx.ld"), board, multi=True)
    if pair.versions[0] < (2, 0):
        return _layout(Path(), "Middlewares", Path("Model"), Path("STM32CubeIDE/STM32N657xx.ld"), board)
    make = Path("Application") / board.st.name
    return _layout(make, "Middlewares", Path("Model") / board.st.name, make / "STM32CubeIDE/STM32N657xx.ld", board)


def _layout(make: Path, libraries: str, model: Path, linker: Path, board: Board, multi: bool = False) -> Layout:
    region = board.chip.linker.enlarged_region if multi else board.chip.linker.region
    runtime = Path(libraries) / "AI_Runtime"
    image = make / "build" / make / "Project.bin"
    return Layout(
        make=make,
        config=make / "Inc/app_config.h",
        post_config=make / "Inc/postprocess_conf.h" if multi else None,
        model=model,
        linker=linker,
        region=region,
        makefiles=(make / "Makefile", *([Path("mks/ai.mk")] if multi else [])),
        runtime=runtime,
        image=image,
        needed=(
            make / "Makefile",
            make / "Inc/app_config.h",
            linker,
            runtime / "Npu/ll_aton/ll_aton_version.h",
            runtime / "Lib/GCC/ARMCortexM55",
            Path(libraries) / "Camera_Middleware/cmw_camera.c",
            Path(libraries) / "lib_vision_models_pp/lib_vision_models_pp/Src/mpe_pp_yolov8.c",
            Path("STM32Cube_FW_N6/Drivers/STM32N6xx_HAL_Driver/Src/stm32n6xx_hal.c"),
            Path("STM32Cube_FW_N6/Drivers/BSP") / board.st.bsp,
        ),
    )


def identify(path: Path) -> Application:
    """Recognise a copy of an application, from its folder, one inside it, or one that holds nothing else.

    Raises:
        FileMissing, FileUnreadable: the folder.
        ApplicationWrong: an application of ST's for another task.
        ApplicationUnknown: none that is known, or a release that is not.
        ApplicationIncomplete: files are missing, as in a clone without submodules.
    """
    path = path.expanduser().absolute()
    with reading(path):
        require_folder(path)
    for folder in _candidates(path):
        family = _family(folder)
        if family is not None:
            return _identified(folder, family)
    if other := _other_application(path):
        raise ApplicationWrong(path=path, found=other)
    raise ApplicationUnknown(path=path, found=_looks_like(path))


def _candidates(path: Path) -> Iterable[Path]:
    """Yield the folder, those around it, and the only one inside it, as unpacked archives have."""
    yield path
    with reading(path):
        inside = [item for item in path.iterdir() if item.is_dir() and not item.name.startswith(("_", "."))]
    if len(inside) == 1:
        yield inside[0]
    yield from list(path.parents)[:_LEVELS_UP]


def _family(root: Path) -> Family | None:
    if (root / "mks/ai.mk").is_file() and (root / "Inc/postprocess_conf.h").is_file():
        return "multi-pose"
    flat = (root / "Inc/app_config.h").is_file() and (root / "Model").is_dir()
    by_board = any((root / makefile).is_file() for makefile in _makefiles_by_board())
    if not (flat or by_board):
        return None
    title = _title(root)
    return "getting-started" if not title or "pose" in title.lower() else None


def _makefiles_by_board() -> list[str]:
    return [f"Application/{board.st.name}/Makefile" for board in vendor_boards()]


def _title(root: Path) -> str:
    """Return what an application calls itself in its read-me or release notes; "" where it has neither."""
    for name in ("README.md", "Release_Notes.md"):
        text = _text(root / name)[:2000]
        if found := _OTHER.search(text):
            return next(word for word in found.groups() if word)
    return ""


def _other_application(path: Path) -> str:
    return _title(path).replace("_", " ")


def _looks_like(path: Path) -> str:
    for name, words in (
        ("STM32Cube_FW_N6", "an unknown application for the STM32N6"),
        ("Utilities/linux/stedgeai", "an installation of ST Edge AI Core"),
        ("Utilities/windows/stedgeai.exe", "an installation of ST Edge AI Core"),
        (".project", "an Eclipse project"),
        ("Makefile", "another project with a Makefile"),
    ):
        if (path / name).exists():
            return words
    return "a folder without an application" if any(path.iterdir()) else "an empty folder"


def _identified(root: Path, family: Family) -> Application:
    version = _version(root, family)
    pair = pair_of(family, version) if version else None
    if version is None or pair is None:
        words = f"unknown release {'.'.join(map(str, version))}" if version else "without a release number"
        raise ApplicationUnknown(path=root, found=f"the {family} application, {words}")
    made_for = [board for board in vendor_boards() if pair in pairs_for(board)]
    boards = tuple(board for board in made_for if (root / layout_of(pair, board).make / "Makefile").is_file())
    needed = layout_of(pair, boards[0]).needed if boards else (Path("Makefile"),)
    missing = [str(name) for name in needed if not (root / name).exists()]
    if missing or not boards:
        raise ApplicationIncomplete(path=root, application=pair.title, missing=", ".join(missing))
    fsbl = root / "Binary/ai_fsbl.hex"
    runtime = runtime_version(root / layout_of(pair, boards[0]).runtime)
    return Application(root, pair, version, boards, runtime, fsbl if fsbl.is_file() else None)


def _version(root: Path, family: Family) -> Version | None:
    """Return the newest release in the release notes, or that of the compiler whose runtime the Makefile links."""
    for name in ("Release_Notes.md", "Release_Notes.html"):
        found = _RELEASE.findall(_text(root / name))
        if found:
            return max((int(major), int(minor), int(patch)) for major, minor, patch in found)
    for makefile in ("Makefile", "mks/ai.mk", *_makefiles_by_board()):
        if archive := _ARCHIVE.search(_text(root / makefile)):
            for compiler in COMPILERS:
                if compiler.runtime and compiler.runtime.startswith(archive[0][:-9]):
                    return _release_for(family, compiler.release)
    return None


def _release_for(family: Family, compiler: Version) -> Version | None:
    return next((pair.versions[0] for pair in pairs_of_compiler(compiler) if pair.family == family), None)


def runtime_version(folder: Path) -> Version | None:
    """Return the version of the NPU runtime in an AI_Runtime folder; None where it does not tell."""
    parts = dict(_RUNTIME.findall(_text(folder / "Npu/ll_aton/ll_aton_version.h")))
    if not {"MAJOR", "MINOR", "MICRO"} <= set(parts):
        return None
    return tuple(int(parts[name]) for name in ("MAJOR", "MINOR", "MICRO", "DEV") if name in parts)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
