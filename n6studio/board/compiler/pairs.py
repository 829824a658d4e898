"""Which release of ST's compiler and which release of ST's application belong together, and what each pair wants.

The network code that the compiler writes and the runtime inside the application must be of one version, the output type
must be the one that the application's post-processing was compiled for, and the weights must lie where the memory pool
said. So a pair is chosen as a whole, never its halves.

The tree on the user's computer is the authority: `application.recognise` reads all of a pair from it. The table here
says what was published, to tell what is to be got, and what is known of it. Sources: the applications' Makefiles and
scripts (v1.0.0, v2.0.0, v2.1.0 whole; v2.2 and v2.3 single files and the sibling applications of the same generation);
docs/deploy-proof.md tells which were built.
"""

from dataclasses import dataclass, replace
from typing import Literal

from n6studio.board.compiler.memories import Memories
from n6studio.board.description import Board
from n6studio.board.registry import board as board_named
from n6studio.board.registry import vendor_boards
from n6studio.domain.errors.deploy import BoardDescriptionInvalid
from n6studio.domain.errors.tools import BoardUnsupported, PairMismatch
from n6studio.system.resources import resource

Version = tuple[int, ...]
OutputType = Literal["float", "int8"]
Family = Literal["getting-started", "multi-pose"]
# How an application learns which keypoints are joined: its own table, one in app_config.h, or the macros BINDINGS_NB
# and BINDINGS there.
SkeletonForm = Literal["fixed", "table", "macros"]

# What the applications' own scripts give the compiler; three generations.
OPTIONS_FIRST = (
    "--all-buffers-info --no-hw-sw-parallelism --cache-maintenance --enable-virtual-mem-pools --native-float "
    "--optimization 3 --Os --Omax-ca-pipe 4 --Ocache-opt --enable-epoch-controller"
)
OPTIONS = (
    "-O3 --all-buffers-info --mvei --cache-maintenance --Oalt-sched --native-float --enable-virtual-mem-pools "
    "--Omax-ca-pipe 4 --Ocache-opt --Os --enable-epoch-controller"
)
OPTIONS_AUTO = (
    "-O3 --all-buffers-info --cache-maintenance --Oauto-sched --native-float --enable-virtual-mem-pools "
    "--Omax-ca-pipe 4 --Ocache-opt --Os --enable-epoch-controller"
)


@dataclass(frozen=True)
class Compiler:
    """A release of ST Edge AI Core.

    Attributes:
        release: (major, minor).
        runtime: archive that its network code is linked with; None where not known.
        ll_aton: version of the NPU runtime's sources that its network code expects; None where not known.
    """

    release: Version
    runtime: str | None
    ll_aton: Version | None

    @property
    def name(self) -> str:
        """Its release as text: '2.1'."""
        return ".".join(map(str, self.release))


COMPILERS = (
    Compiler((2, 0), "NetworkRuntime1000_CM55_GCC.a", (1, 0, 0, 16)),
    Compiler((2, 1), "NetworkRuntime1010_CM55_GCC.a", (1, 1, 0, 31)),
    Compiler((2, 2), "NetworkRuntime1020_CM55_GCC.a", (1, 1, 1, 14)),
    Compiler((3, 0), "NetworkRuntime1100_CM55_GCC.a", (1, 1, 3, 8)),
    Compiler((4, 0), "NetworkRuntime1200_CM55_GCC.a", (1, 1, 3, 262)),
)
# Later patches of a release whose runtime differs: (major, minor, patch) -> archive and version of the sources.
PATCHES: dict[Version, tuple[str, Version]] = {(4, 0, 1): ("NetworkRuntime1201_CM55_GCC.a", (1, 1, 3, 275))}


@dataclass(frozen=True)
class Pair:
    """An application release with the compiler release that it wants.

    Attributes:
        key: short name for settings and logs, 'getting-started-2.0'.
        family: which application.
        versions: first and last release of the application, as (major, minor), both included.
        compiler: the compiler.
        output_type: what its post-processing reads.
        post_processing: name (never the number: it changed) of that post-processing in app_config.h.
        options: options for the NPU compiler.
        generate: further words of the generate command.
        skeleton: how it learns which keypoints are joined.
        classes: whether its post-processing reads more than one class rightly.
        stai: whether it compiles stai_network.c, and takes the input's size from stai_network.h.
        memories: what the tree says of one board's memories; None for a pair out of the table.
        live: whether the live stream is added, which brings a post-processing of its own.
    """

    key: str
    family: Family
    versions: tuple[Version, Version]
    compiler: Compiler
    output_type: OutputType
    post_processing: str
    options: str
    generate: tuple[str, ...]
    skeleton: SkeletonForm = "fixed"
    classes: bool = False
    stai: bool = False
    memories: Memories | None = None
    live: bool = False

    @property
    def title(self) -> str:
        """The application's name and release, for people."""
        first, last = (".".join(map(str, version)) for version in self.versions)
        return f"{TITLES[self.family]} v{first}" if first == last else f"{TITLES[self.family]} v{first} to v{last}"


TITLES: dict[Family, str] = {
    "getting-started": "Getting Started Pose Estimation",
    "multi-pose": "Multi Pose Estimation",
}
_FLOAT, _INT8 = "POSTPROCESS_MPE_YOLO_V8_UF", "POSTPROCESS_MPE_YOLO_V8_UI"
_OUTPUT_TYPE = "--output-data-type"
_UINT8_IN = ("--input-data-type", "uint8")
_INT8_OUT = (*_UINT8_IN, _OUTPUT_TYPE, "int8")
_OWN_BUFFERS = ("--no-inputs-allocation", "--no-outputs-allocation")

PAIRS = (
    Pair(
        "getting-started-1.0", "getting-started", ((1, 0), (1, 0)), COMPILERS[0], "float", _FLOAT, OPTIONS_FIRST, (),
    ),
    Pair(
        "getting-started-2.0", "getting-started", ((2, 0), (2, 0)), COMPILERS[1], "float", _FLOAT, OPTIONS, _UINT8_IN,
    ),
    Pair(
        "getting-started-2.1", "getting-started", ((2, 1), (2, 1)), COMPILERS[2], "int8", _INT8, OPTIONS, _INT8_OUT,
        skeleton="table", classes=True,
    ),
    Pair(
        "getting-started-2.2", "getting-started", ((2, 2), (2, 2)), COMPILERS[3], "int8", _INT8, OPTIONS_AUTO,
        _INT8_OUT, skeleton="macros", classes=True, stai=True,
    ),
    Pair(
        "getting-started-2.3", "getting-started", ((2, 3), (2, 3)), COMPILERS[4], "int8", _INT8, OPTIONS_AUTO,
        _INT8_OUT, skeleton="macros", classes=True, stai=True,
    ),
    Pair(
        "multi-pose-1.0", "multi-pose", ((1, 0), (1, 0)), COMPILERS[0], "float", _FLOAT, OPTIONS_FIRST, _OWN_BUFFERS,
    ),
    Pair(
        "multi-pose-2.0", "multi-pose", ((2, 0), (2, 0)), COMPILERS[1], "float", _FLOAT, OPTIONS, _OWN_BUFFERS,
    ),
)  # fmt: skip


def with_live_stream(pair: Pair, split: bool = False) -> Pair:
    """Return a pair with the live stream added: it reads the output as float, whatever the application's own reads.

    Args:
        pair: of the application as it is.
        split: whether the model has a split head, whose outputs are int8.
    """
    output: OutputType = "int8" if split else "float"
    return replace(pair, output_type=output, generate=with_output_type(pair.generate, output), live=True)


def with_output_type(words: tuple[str, ...], output: OutputType) -> tuple[str, ...]:
    """Return words of the generate command with an output type: float models need no word for it."""
    rest = list(words)
    while _OUTPUT_TYPE in rest:
        at = rest.index(_OUTPUT_TYPE)
        del rest[at : at + 2]
    return (*rest, _OUTPUT_TYPE, "int8") if output == "int8" else tuple(rest)


def pair_of(family: Family, version: Version) -> Pair | None:
    """Return the pair of an application's release; None for one that is not known."""
    release = version[:2]
    for pair in PAIRS:
        if pair.family == family and pair.versions[0] <= release <= pair.versions[1]:
            return pair
    return None


def pairs_for(board: Board) -> tuple[Pair, ...]:
    """Return the pairs whose application has a folder for a board.

    Raises:
        BoardDescriptionInvalid: the board's description names a release that is not known here.
    """
    known = {pair.key for pair in PAIRS}
    for key in board.st.applications:
        if key not in known:
            said_by = board.like if board.like and board_named(board.like).st == board.st else board.key
            path, reason = resource("boards") / f"{said_by}.toml", f"{key!r} is none of: {', '.join(sorted(known))}"
            raise BoardDescriptionInvalid(path=path, field="st.applications", reason=reason)
    return tuple(pair for pair in PAIRS if pair.key in board.st.applications)


def unsupported(pair: Pair, board: Board) -> BoardUnsupported | None:
    """Return why an application cannot be used on a board, None where it can."""
    if pair.memories is not None:  # read from a tree that has a folder for the board
        return None
    if pair.key in [known.key for known in pairs_for(board)]:
        return None
    names = " and ".join(other.name for other in vendor_boards() if pair.key in other.st.applications)
    return BoardUnsupported(application=pair.title, board=board.name, reason=f"It is made for {names}.")


def pairs_of_compiler(version: Version) -> tuple[Pair, ...]:
    """Return the pairs that a release of ST Edge AI Core belongs to."""
    return tuple(pair for pair in PAIRS if pair.compiler.release == version[:2])


def runtime_wanted(compiler: Version) -> Version | None:
    """Return the version of the NPU runtime that a release's network code expects; None where it is not known.

    Args:
        compiler: (major, minor, patch).
    """
    if compiler[:3] in PATCHES:
        return PATCHES[compiler[:3]][1]
    return next((known.ll_aton for known in COMPILERS if known.release == compiler[:2]), None)


def compiler_of(runtime: Version | None, archive: str | None) -> Compiler | None:
    """Return the compiler whose network code an NPU runtime fits; None for a runtime that is not known.

    Args:
        runtime: version of its sources.
        archive: name of its archive; asked where the sources do not tell.
    """
    for version, (name, sources) in PATCHES.items():
        if sources == runtime or (runtime is None and name == archive):
            return Compiler(version[:2], name, sources)
    for known in COMPILERS:
        if known.ll_aton == runtime or (runtime is None and known.runtime == archive):
            return known
    return None


def check_pair(pair: Pair, compiler: Version) -> None:
    """Refuse a compiler that does not belong to the application.

    Raises:
        PairMismatch.
    """
    if compiler[:2] != pair.compiler.release:
        raise PairMismatch(application=pair.title, compiler=".".join(map(str, compiler)), wanted=pair.compiler.name)
