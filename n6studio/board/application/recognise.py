"""ST's pose applications on this computer: recognised by what their trees say.

Both families, Getting Started and multi-pose, are recognised by their shape and their sources; the release and the
compiler by the release notes, the read-me and the NPU runtime that is in the tree. ST's applications for other tasks
have the same shape, and are named.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from n6studio.board.application.makefile import Makefile
from n6studio.board.application.tree import (
    BoardTree,
    archive_of,
    boot_loader,
    makefile_of,
    post_processing_types,
    read_layout,
    read_pair,
    runtime_version,
    text_of,
)
from n6studio.board.compiler.pairs import (
    PAIRS,
    TITLES,
    Compiler,
    Family,
    Pair,
    Version,
    compiler_of,
    pair_of,
    pairs_of_compiler,
)
from n6studio.board.description import Board
from n6studio.board.registry import vendor_boards
from n6studio.domain.errors.application import ApplicationIncomplete, ApplicationUnknown, ApplicationWrong
from n6studio.domain.errors.foreign import reading, reason_of
from n6studio.domain.errors.tools import BoardUnsupported
from n6studio.gates.contents import describe_content
from n6studio.gates.files import exists, is_folder, require_folder

_NUMBERS = r"(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?(?![\w.])"
# As the releases so far have it, V2.1.0 / July 2025, and other headings that begin with a number.
_RELEASE = re.compile(
    rf"\b[Vv]{_NUMBERS}\s*/\s*\w+\s+20\d\d"
    rf"|^(?:[ \t]{{0,3}}\#{{1,6}}[ \t]|[ \t]{{0,20}}<h[1-6][^>\n]{{0,200}}>)[ \t]{{0,4}}(?:version|release)?"
    rf"[ \t_*[]{{0,8}}v?{_NUMBERS}",
    re.IGNORECASE | re.MULTILINE,
)
_EDGE_AI = r"\bST\s?Edge\s?AI(?:\s+Core)?"
_CORE = re.compile(rf"{_EDGE_AI}(?:\]\([^)\n]{{0,200}}\))?[\s(_*:]{{1,8}}(?:v|version\s)?{_NUMBERS}", re.IGNORECASE)
_CORE_UPDATE = re.compile(rf"{_EDGE_AI}\s+(?:to\s+)?v?{_NUMBERS}", re.IGNORECASE)
_TITLES = (
    re.compile(r"__([\w -]+?) Getting Started__"),
    re.compile(r"STM32N6[-_ ]?Getting[-_ ]?Started[-_ ]?(\w+)", re.IGNORECASE),
    re.compile(r"(x-cube-n6-[\w-]+)", re.IGNORECASE),
)
_PROJECT = re.compile(r"<name>(?:[\w-]+_)?GettingStarted_(\w+)</name>")
Makefiles = Sequence[tuple[Board, Makefile]]
_LEVELS_UP = 3
_MOST_TOLD = 5


@dataclass(frozen=True)
class Application:
    """A copy of an application on this computer.

    Attributes:
        root: its folder.
        family: which one.
        version: its release, (major, minor, patch); patch is missing where it was told by the archive.
        trees: what it has for each board, at least one.
        runtime: version of its NPU runtime, (major, minor, micro, dev); None where it does not tell.
        fsbl: boot loader image that comes with it.
    """

    root: Path
    family: Family
    version: Version
    trees: tuple[BoardTree, ...]
    runtime: Version | None
    fsbl: Path | None

    @property
    def boards(self) -> tuple[Board, ...]:
        """Boards that this copy has folders for."""
        return tuple(tree.board for tree in self.trees)

    @property
    def pair(self) -> Pair:
        """Its release with the compiler that it wants, as for its first board; see `on` for one board's."""
        return self.trees[0].pair

    @property
    def name(self) -> str:
        """Its name and exact release, for people."""
        return f"{TITLES[self.family]} v{'.'.join(map(str, self.version))}"

    @property
    def news(self) -> tuple[str, ...]:
        """What this program has no experience with, as the parts of a sentence; () for a release that is known."""
        return _news(self)

    def on(self, board: Board) -> BoardTree:
        """Return what it has for a board.

        Raises:
            BoardUnsupported: nothing.
        """
        for tree in self.trees:
            if tree.board.st.name == board.st.name:
                return tree
        names = " and ".join(tree.board.name for tree in self.trees)
        raise BoardUnsupported(application=self.name, board=board.name, reason=f"It is made for {names}.")


def identify(path: Path) -> Application:
    """Recognise a copy of an application, from its folder, one inside it, or one that holds nothing else.

    Raises:
        FileMissing, FileUnreadable: the folder.
        ApplicationWrong: an application of ST's for another task.
        ApplicationUnknown: none that has the shape, or one that does not say its release.
        ApplicationIncomplete: files are missing, as in a clone without submodules.
        ApplicationConfigInvalid: a file that says where things are cannot be understood.
    """
    path = path.expanduser().absolute()
    with reading(path):
        require_folder(path)
    for folder in _candidates(path):
        makefiles = [(board, found) for board in vendor_boards() if (found := makefile_of(folder, board))]
        if makefiles:
            return _identified(folder, makefiles)
    if other := _title(path):
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


def _identified(root: Path, makefiles: Makefiles) -> Application:
    title = _title(root)
    types = {kind for _, makefile in makefiles for kind in post_processing_types(root, makefile)}
    if ("pose" not in title.lower() if title else not types) and _looks_whole(root, makefiles):
        raise ApplicationWrong(path=root, found=title or "an application for another task than pose")
    family: Family = "multi-pose" if _is_multi_pose(root, title) else "getting-started"
    version = _version(root)
    runtime, compiler = _compiler(root, makefiles)
    if version is None and compiler is not None:
        fitting = (pair for pair in pairs_of_compiler(compiler.release) if pair.family == family)
        version = next((pair.versions[0] for pair in fitting), None)
    if version is None:
        raise ApplicationUnknown(path=root, found=f"the {TITLES[family]} application, without a release number")
    known = pair_of(family, version)
    if compiler is None:
        compiler = known.compiler if known else None
    if compiler is None:
        found = f"{TITLES[family]} v{'.'.join(map(str, version))}, which does not say which ST Edge AI Core it wants"
        raise ApplicationUnknown(path=root, found=found)
    trees = []
    for board, makefile in makefiles:
        layout = read_layout(root, board, makefile)
        missing = [told for name in layout.needed if (told := _missing(root, name.as_posix()))]
        if missing:
            more = f" and {len(missing) - _MOST_TOLD} more" if len(missing) > _MOST_TOLD else ""
            raise ApplicationIncomplete(
                path=root, application=TITLES[family], missing=", ".join(missing[:_MOST_TOLD]) + more
            )
        pair = read_pair(root, board, family, version, compiler, makefile, layout, known)
        trees.append(BoardTree(board, layout, pair, archive_of(makefile)))
    return Application(root, family, version, tuple(trees), runtime, boot_loader(root))


def _missing(root: Path, name: str) -> str:
    """Return how something that is needed is told to be missing; "" where it is there.

    What stands in place of a file that was never downloaded is none.
    """
    place = root / name
    if is_folder(place):
        return ""
    if not exists(place):
        return name
    try:
        found = describe_content(place).removeprefix("it is ")
    except OSError as error:
        return f"{name} ({reason_of(error)})"
    stands_in = found.startswith(("an empty file", "a Git LFS pointer", "a web page", "a file of zeros"))
    return f"{name} (there is {found.partition(':')[0]})" if stands_in else ""


def _looks_whole(root: Path, makefiles: Makefiles) -> bool:
    """Return whether a board has sources; without them nothing tells which task they are for."""
    return any((root / makefile.folder / "Src").is_dir() for _, makefile in makefiles)


def _is_multi_pose(root: Path, title: str) -> bool:
    return "multi-pose" in title.lower() or (root / "Inc/postprocess_conf.h").is_file()


def _title(root: Path) -> str:
    """Return what an application calls itself in its read-me, release notes or projects; "" where it does not."""
    for name in ("README.md", "Release_Notes.md", "Release_Notes.html"):
        text = text_of(root / name)[:4000]
        for pattern in _TITLES:
            if found := pattern.search(text):
                return found[1].replace("_", " ")
    for project in sorted(root.glob("Application/*/STM32CubeIDE/.project")):
        if found := _PROJECT.search(text_of(project)):
            return found[1]
    return ""


def _looks_like(path: Path) -> str:
    for name, kind in (
        ("STM32Cube_FW_N6", "an unknown application for the STM32N6"),
        ("Utilities/linux/stedgeai", "an installation of ST Edge AI Core"),
        ("Utilities/windows/stedgeai.exe", "an installation of ST Edge AI Core"),
        (".project", "an Eclipse project"),
        ("Makefile", "another project with a Makefile"),
    ):
        if (path / name).exists():
            return kind
    return "a folder without an application" if any(path.iterdir()) else "an empty folder"


def _version(root: Path) -> Version | None:
    """Return the newest release in the release notes."""
    for name in ("Release_Notes.md", "Release_Notes.html"):
        found = _RELEASE.finditer(text_of(root / name))
        numbers = [[part for part in one.groups() if part is not None] for one in found]
        if numbers:
            return max((int(major), int(minor), int(patch[0]) if patch else 0) for major, minor, *patch in numbers)
    return None


def _compiler(root: Path, makefiles: Makefiles) -> tuple[Version | None, Compiler | None]:
    """Return the version of the NPU runtime in the tree, and the compiler whose code it fits.

    The runtime decides, for it is what is linked; the read-me and the release notes tell of one that is not known.
    """
    board, makefile = makefiles[0]
    archive = archive_of(makefile)
    runtime = runtime_version(root / read_layout(root, board, makefile).runtime)
    if known := compiler_of(runtime, archive or None):
        return runtime, known
    notes = [(name, _CORE_UPDATE) for name in ("Release_Notes.md", "Release_Notes.html")]
    for name, pattern in (("README.md", _CORE), *notes):
        if found := pattern.findall(text_of(root / name)):
            major, minor, _ = max(found, key=lambda parts: [int(part or 0) for part in parts])
            return runtime, Compiler((int(major), int(minor)), archive or None, runtime)
    return runtime, None


def _news(application: Application) -> tuple[str, ...]:
    known = [pair for pair in PAIRS if pair.family == application.family]
    newest, pair = known[-1], application.pair
    found = []
    if pair_of(application.family, application.version) is None:
        version = ".".join(map(str, application.version))
        found.append(f"release {version} (known: up to {newest.title.rpartition('v')[2]})")
    if compiler_of(application.runtime, application.trees[0].archive or None) is None:
        runtime = ".".join(map(str, application.runtime or ())) or application.trees[0].archive or "unnamed"
        found.append(f"NPU runtime {runtime} of ST Edge AI Core {pair.compiler.name}")
    if found and pair.options != newest.options:
        found.append(f"compiler options {pair.options}")
    return tuple(found)
