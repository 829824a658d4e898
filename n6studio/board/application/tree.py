"""What an application's tree says of one board: where things are, and what the network code has to be for it.

Everything is read from the tree itself (Makefile, linker script, memory pools, compiler profile, scripts, sources), so
a release that nobody here has seen is understood as long as it has the same shape. Nothing is run.
"""

import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from n6studio.board.application.makefile import Makefile, inside, read_makefile
from n6studio.board.compiler.memories import Memories, read_pools, read_regions
from n6studio.board.compiler.pairs import Compiler, Family, OutputType, Pair, SkeletonForm, Version, with_output_type
from n6studio.board.description import Board
from n6studio.domain.errors.application import ApplicationConfigInvalid
from n6studio.gates.files import read_text
from n6studio.gates.json_texts import json_file

_ARCHIVE = re.compile(r"-l:?(NetworkRuntime\d+_CM55_GCC)(?:\.a)?\b")
_RUNTIME_FOLDER = re.compile(r"([\w./$()-]+?)/Npu/ll_aton\b")
_RUNTIME = re.compile(r"#define\s+LL_ATON_VERSION_(MAJOR|MINOR|MICRO|DEV)\s+\(?(\d{1,6})\)?")
_POSE = re.compile(r"\bPOSTPROCESS_MPE_YOLO_V8_(UF|UI)\b")
_CLASSES = re.compile(r"CLASSPROB\s*\+\s*nb_classes")
_OPTION = re.compile(r"--[a-z][a-z-]*")
_WORD = re.compile(r"[a-z0-9][a-z0-9_.-]*")
_OF_THE_REQUEST = {
    "--model", "-m", "--target", "--st-neural-art", "--output", "-o", "--workspace", "-w", "--name", "-n",
}  # fmt: skip
_PROFILE = re.compile(r"--st-neural-art\s+(\w[\w.-]{0,80})@")
_OUTPUT_TYPE = "--output-data-type"
BOOT_LOADERS = ("FSBL/ai_fsbl.hex", "Binary/ai_fsbl.hex")
_KEYPOINT_HEADER = re.compile(r"display_keypoints_(\d+)\.h")


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
class BoardTree:
    """What a tree has for one board.

    Attributes:
        board: the board.
        layout: where things are.
        pair: what the network code has to be for it.
        archive: archive of the NPU runtime that the Makefile links; "" where it names none.
    """

    board: Board
    layout: Layout
    pair: Pair
    archive: str


def makefile_of(root: Path, board: Board) -> Makefile | None:
    """Return a board's Makefile in a tree: in a folder of its own, or the only one where it names the board's parts."""
    own = read_makefile(root, PurePosixPath("Application") / board.st.name)
    if own is not None:
        return own
    only = read_makefile(root, PurePosixPath())
    names = only is not None and f"Drivers/BSP/{board.st.bsp}/" in only.text and (root / "Inc/app_config.h").is_file()
    return only if names else None


def post_processing_types(root: Path, makefile: Makefile) -> frozenset[str]:
    """Return what the application's own sources accept of YOLOv8-pose: 'UF' (float), 'UI' (int8)."""
    sources = sorted((root / makefile.folder / "Src").glob("*.c"))
    texts = [text_of(path) for path in sources if path.name != "app_postprocess.c"]  # that one knows every task
    return frozenset(kind for text in texts for kind in _POSE.findall(text))


def read_layout(root: Path, board: Board, makefile: Makefile) -> Layout:
    """Return where a board's parts are.

    Raises:
        ApplicationConfigInvalid: the Makefile or the linker script lacks what every release has.
    """
    make = makefile.folder
    file = root / make / "Makefile"
    linker, model = makefile.path("LDSCRIPT"), makefile.path("MODEL_DIR")
    runtime = _runtime_folder(makefile)
    target = makefile.value("TARGET") or "Project"
    build = makefile.path("BUILD_DIR")
    if linker is None or model is None or build is None or runtime is None:
        named = {"LDSCRIPT": linker, "MODEL_DIR": model, "BUILD_DIR": build, "Npu/ll_aton": runtime}
        missing = ", ".join(name for name, value in named.items() if value is None)
        raise ApplicationConfigInvalid(path=file, missing=missing)
    post = Path(make / "Inc/postprocess_conf.h")
    config = Path(make / "Inc/app_config.h")
    sources = [path for path in makefile.sources() if not path.is_relative_to(model)]
    has_linker = (root / linker).is_file()
    return Layout(
        make=Path(make),
        config=config,
        post_config=post if (root / post).is_file() else None,
        model=Path(model),
        linker=Path(linker),
        region=read_regions(root / linker, board.chip.linker.address)[1].name if has_linker else "",
        makefiles=tuple(Path(path) for path in makefile.files),
        runtime=Path(runtime),
        image=Path(build / f"{target}.bin"),
        needed=(
            Path(make / "Makefile"),
            config,
            Path(linker),
            Path(runtime / "Npu/ll_aton/ll_aton_version.h"),
            *(Path(runtime / "Lib/GCC/ARMCortexM55" / name) for name in _archive_files(makefile)),
            *(Path(path) for path in sources),
        ),
    )


def _runtime_folder(makefile: Makefile) -> PurePosixPath | None:
    for found in _RUNTIME_FOLDER.finditer(makefile.text):
        text = found[1].removeprefix("-I")
        for name in re.findall(r"\$\((\w+)\)", text):
            text = text.replace(f"$({name})", makefile.value(name))
        if (path := inside(makefile.folder / text)) is not None and "$" not in text:
            return path
    return None


def archive_of(makefile: Makefile) -> str:
    """Return the archive of the NPU runtime that is linked; "" where none is named."""
    found = _ARCHIVE.search(makefile.text)
    return f"{found[1]}.a" if found else ""


def _archive_files(makefile: Makefile) -> tuple[str, ...]:
    found = _ARCHIVE.search(makefile.text)
    if found is None:
        return ()
    return (f"{found[1]}.a",) if found[0].startswith("-l:") else (f"lib{found[1]}.a",)


def read_pair(
    root: Path,
    board: Board,
    family: Family,
    version: Version,
    compiler: Compiler,
    makefile: Makefile,
    layout: Layout,
    known: Pair | None,
) -> Pair:
    """Return what the network code has to be for a board's part of a tree.

    Args:
        root: the tree.
        board: the board.
        family: which application.
        version: its release.
        compiler: the compiler that it wants.
        makefile: the board's Makefile.
        layout: where its parts are.
        known: what is known of this release, for what a tree leaves out; None for a release that is not known.

    Raises:
        ApplicationConfigInvalid: a file that says it cannot be read, or is missing and the release is not known.
    """
    arguments = _generate_words(root, board)
    types = post_processing_types(root, makefile)
    output = _output_type(types, arguments)
    profile, pools_file = _profile(root, board)
    if profile is None and known is None:
        raise ApplicationConfigInvalid(path=root / "Model", missing="a compiler profile (user_neuralart*.json)")
    release = version[:2]
    generate = arguments if arguments is not None else known.generate if known else ()
    regions, main = read_regions(root / layout.linker, board.chip.linker.address)
    memories = None
    if pools_file is not None:
        memories = Memories(pools_file, read_pools(pools_file), root / layout.linker, regions, main)
    post = root / (layout.post_config or layout.config)
    return Pair(
        key=f"{family}-{'.'.join(map(str, release))}",
        family=family,
        versions=(release, release),
        compiler=compiler,
        output_type=output,
        post_processing=f"POSTPROCESS_MPE_YOLO_V8_{'UI' if output == 'int8' else 'UF'}",
        options=profile if profile is not None else known.options if known else "",
        generate=with_output_type(generate, output),
        skeleton=_skeleton(root, makefile, text_of(post)),
        classes=_reads_classes(root, layout, makefile),
        stai="stai_network.c" in makefile.text,
        memories=memories,
    )


def _output_type(types: frozenset[str], arguments: tuple[str, ...] | None) -> OutputType:
    if types == {"UI"}:
        return "int8"
    if types == {"UF"}:
        return "float"
    return "int8" if _OUTPUT_TYPE in (arguments or ()) else "float"


def _generate_words(root: Path, board: Board) -> tuple[str, ...] | None:
    """Return what the application's own script gives the compiler besides files and target; None without a script."""
    line = _generate_line(root, board)
    if line is None:
        return None
    try:
        arguments = shlex.split(line.partition("stedgeai generate")[2])
    except ValueError:
        return None
    kept: list[str] = []
    skip = False
    for word in arguments:
        if word.startswith("-"):
            skip = word in _OF_THE_REQUEST or not _OPTION.fullmatch(word)
        if not skip and (_OPTION.fullmatch(word) or _WORD.fullmatch(word)):
            kept.append(word)
    return tuple(kept)


def _generate_line(root: Path, board: Board) -> str | None:
    """Return the line of the application's own script that calls the compiler; None without a script."""
    text = next((text_of(path) for path in _of_board(root, board, "generate-n6-model", ".sh")), "")
    return next((line for line in re.sub(r"\\\r?\n", " ", text).splitlines() if "stedgeai generate" in line), None)


def weights_address_of_script(root: Path, board: Board) -> int | None:
    """Return where the application's own script puts the weights; None where it does not say."""
    for path in _of_board(root, board, "generate-n6-model", ".sh"):
        if found := re.search(r"--change-addresses\s+(0x[0-9a-fA-F]{1,12})\b", text_of(path)):
            return int(found[1], 16)
    return None


def _of_board(root: Path, board: Board, name: str, suffix: str) -> Iterable[Path]:
    """Yield the files of a kind in Model that are a board's: with its name in theirs, or with none at all."""
    for path in (root / "Model" / f"{name}_{board.st.name}{suffix}", root / "Model" / f"{name}{suffix}"):
        if path.is_file():
            yield path


def _profile(root: Path, board: Board) -> tuple[str | None, Path | None]:
    """Return a board's options for the NPU compiler and its memory pool file; None for what is not there.

    Raises:
        ApplicationConfigInvalid: a profile that cannot be understood, or that names a file which is not there.
    """
    path = next(iter(_of_board(root, board, "user_neuralart", ".json")), None)
    if path is None:
        return None, None
    try:
        profiles = json_file(path)["Profiles"]
        named = _PROFILE.search(_generate_line(root, board) or "")
        wanted = named[1] if named else "default"
        profile: Mapping[str, str] = profiles.get(wanted) or profiles.get("default") or next(iter(profiles.values()))
        options, name = str(profile["options"]), str(profile["memory_pool"])
    except (OSError, KeyError, TypeError, ValueError, AttributeError, StopIteration) as error:
        raise ApplicationConfigInvalid(path=path, missing=f"a compiler profile as ST writes it ({error})") from error
    place = inside(PurePosixPath("Model") / PurePosixPath(name))
    pools = root / place if place is not None else None
    if pools is None or not pools.is_file():
        raise ApplicationConfigInvalid(path=path, missing=f"the memory pool file {name}")
    return options, pools


def _skeleton(root: Path, makefile: Makefile, config: str) -> SkeletonForm:
    sources = [text_of(path) for path in sorted((root / makefile.folder / "Src").glob("*.c"))]
    if re.search(r"^#define\s+BINDINGS\b", config, re.MULTILINE) or any(
        re.search(r"^\s*BINDINGS\s*;", text, re.MULTILINE) for text in sources
    ):
        return "macros"
    own = any(re.search(r"static\s+const\s+int\s+bindings\s*\[", text) for text in sources)
    own = own or any(_KEYPOINT_HEADER.fullmatch(path.name) for path in (root / makefile.folder / "Inc").glob("*.h"))
    used = any(re.search(r"\bbindings\b", text) for text in sources)
    return "table" if used and not own else "fixed"


def _reads_classes(root: Path, layout: Layout, makefile: Makefile) -> bool:
    """Return whether the post-processing finds the keypoints behind all classes, and not behind the first."""
    places = [root / path for path in makefile.sources()]
    files = [path / "mpe_pp_yolov8.c" if path.is_dir() else path for path in places]
    return any(_CLASSES.search(text_of(path)) for path in files if path.name == "mpe_pp_yolov8.c")


def runtime_version(folder: Path) -> Version | None:
    """Return the version of the NPU runtime in its folder; None where it does not tell."""
    parts = dict(_RUNTIME.findall(text_of(folder / "Npu/ll_aton/ll_aton_version.h")))
    if not {"MAJOR", "MINOR", "MICRO"} <= set(parts):
        return None
    return tuple(int(parts[name]) for name in ("MAJOR", "MINOR", "MICRO", "DEV") if name in parts)


def boot_loader(root: Path) -> Path | None:
    """Return the boot loader image that comes with an application; None where there is none, or no single one."""
    for name in BOOT_LOADERS:
        if (root / name).is_file():
            return root / name
    found = [*root.glob("*/*fsbl*.hex"), *root.glob("*/*/*fsbl*.hex")]
    return found[0] if len(found) == 1 else None


def text_of(path: Path) -> str:
    """Return the text of a file of the tree; "" for one that is not there."""
    try:
        return read_text(path, errors="replace")
    except (OSError, ValueError):  # ValueError: a name out of a Makefile that no file can have
        return ""
