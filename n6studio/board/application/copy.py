"""The working copy of an application: made from the user's tree, and changed where a build needs it.

The user's own tree is only ever read. What a build does not need (documents, ready binaries, other builds) is left out.
"""

import os
import re
import shutil
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from n6studio.board.application.config import source_text
from n6studio.board.application.recognise import Application
from n6studio.board.application.tree import Layout, runtime_version
from n6studio.board.description import Board, Linker, hex_address
from n6studio.board.vendor.folders import copied, written
from n6studio.board.vendor.process import run_tool
from n6studio.domain.errors.application import ApplicationConfigInvalid
from n6studio.domain.errors.files import FileUnreadable, NotWritable
from n6studio.domain.errors.foreign import disk_full, writing_error
from n6studio.domain.errors.stages import Cancelled
from n6studio.domain.errors.tools import RuntimeMismatch

_LEFT_OUT = {".git", ".github", ".settings", "_htmresc", "Documentation", "PC_Software"}
# What is left out only in a folder of this name; "" for the application's own.
_LEFT_OUT_IN = {
    "": {"Doc", "EWARM", "build"},
    "STM32CubeIDE": {"Debug", "Release", "UVCL", "SPI", "ModelZoo", "UVCL_ModelZoo", "SPI_ModelZoo"},
    "DSP": {"Examples", "Testing", "ComputeLibrary"},
}
_SUFFIXES_LEFT_OUT = {".html", ".chm", ".pdf", ".tflite", ".hex", ".zip"}
_FLAG = "-fcyclomatic-complexity"
_ARCHIVE = re.compile(r"NetworkRuntime\d{4}_CM55_GCC")
_CHIP = re.compile(r"^C_DEFS\s*\+?=\s*-DSTM32N657xx\b.*$", re.MULTILINE)
COMPATIBILITY = "n6studio_compat.h"


@dataclass(frozen=True)
class Toolchain:
    """A GNU Arm compiler.

    Attributes:
        folder: where arm-none-eabi-gcc is.
        version: what it says of itself, first line.
        lacks_flag: whether it refuses a flag that only ST's build of it knows.
        lacks_float_t: whether its math.h has no float_t for this processor.
        lacks_formats: whether its inttypes.h has no PRIx64.
    """

    folder: Path
    version: str
    lacks_flag: bool
    lacks_float_t: bool
    lacks_formats: bool

    @property
    def gcc(self) -> Path:
        """The compiler."""
        return self.folder / ("arm-none-eabi-gcc.exe" if os.name == "nt" else "arm-none-eabi-gcc")


_PROCESSOR = ("-mcpu=cortex-m55", "-mcmse", "-mthumb", "-mfpu=fpv5-d16", "-mfloat-abi=hard", "-std=gnu11")
_PROBES = {
    "lacks_flag": (f"{_FLAG}", "int nothing;\n"),
    "lacks_float_t": ("-O0", "#include <math.h>\nfloat_t value;\n"),
    "lacks_formats": ("-O0", '#include <inttypes.h>\nconst char *text = "" PRIx64;\n'),
}


def examine_toolchain(folder: Path, scratch: Path) -> Toolchain:
    """Try out what a compiler knows, so that the copy is only changed where it must be.

    Args:
        folder: where arm-none-eabi-gcc is.
        scratch: folder for a few small files.

    Raises:
        ToolMissing, ToolTimeout.
    """
    plain = Toolchain(folder, "", False, False, False)
    said = run_tool([plain.gcc, "--version"], tool="GNU Arm GCC", timeout=30)
    missing: dict[str, bool] = {}
    for name, (flag, source) in _PROBES.items():
        file = written(scratch / f"{name}.c", source)
        command: list[str | Path] = [plain.gcc, *_PROCESSOR, flag, "-c", file.name, "-o", f"{name}.o"]
        missing[name] = run_tool(command, tool="GNU Arm GCC", cwd=scratch, timeout=30).code != 0
    return Toolchain(folder, said.lines[0] if said.lines else "", **missing)


def copy_application(
    application: Application, board: Board, target: Path, cancel: threading.Event | None = None
) -> None:
    """Copy what a build of the application for a board needs; `target` is made.

    Raises:
        Cancelled: `cancel` was set; what is there already is left to the caller.
        DiskFull, NotWritable: there.
        FileUnreadable: the application's tree.
    """
    others = {tree.board.st.name for tree in application.trees} - {board.st.name}

    def left_out(folder: str, names: list[str]) -> set[str]:
        inside = Path(folder).relative_to(application.root).parts
        unwanted = _LEFT_OUT | _LEFT_OUT_IN.get(inside[-1] if inside else "", set())
        if inside[:1] == ("Application",):
            unwanted |= {"build"} | (others if len(inside) == 1 else set())
        return {name for name in names if name in unwanted or Path(name).suffix.lower() in _SUFFIXES_LEFT_OUT}

    def copy(source: str, copied_to: str) -> None:
        if cancel is not None and cancel.is_set():
            raise Cancelled(stage="copying the application")
        shutil.copyfile(source, copied_to)

    try:
        shutil.copytree(application.root, target, ignore=left_out, copy_function=copy)
    except shutil.Error as error:
        reason = str(error.args[0][0][2]) if error.args and error.args[0] else str(error)
        raise disk_full(reason, target.parent) or FileUnreadable(path=application.root, reason=reason) from error
    except OSError as error:
        raise disk_full(str(error), target.parent) or writing_error(target, error) from error


# --- changes ---------------------------------------------------------------------------------------------------------


def place_model(root: Path, layout: Layout, sources: Iterable[Path]) -> None:
    """Put the model's code where the application expects it.

    Raises:
        DiskFull, NotWritable.
    """
    for source in sources:
        copied(source, root / layout.model / source.name)


def adapt_to_toolchain(root: Path, layout: Layout, toolchain: Toolchain) -> tuple[str, ...]:
    """Change the copy's makefiles for what a compiler lacks; return what was done, as sentences.

    Raises:
        DiskFull, NotWritable, ApplicationConfigInvalid.
    """
    done = []
    main = root / layout.makefiles[0]
    text = source_text(main)
    if toolchain.lacks_flag and _FLAG in text:
        text = text.replace(f" {_FLAG}", "")
        done.append(f"Removed {_FLAG}: only ST's build of GCC supports it.")
    lines = []
    if toolchain.lacks_float_t:
        lines.append("#define float_t float")
    if toolchain.lacks_formats:
        lines += [f'#define PRI{kind}64 "ll{kind}"' for kind in "diouxX"]
    if lines:
        names = ", ".join(re.sub(r"#define (\w+) .*", r"\1", line) for line in lines)
        written(root / layout.make / "Inc" / COMPATIBILITY, "\n".join([*lines, ""]))
        text = _with_definition(main, text, f"C_DEFS += -include Inc/{COMPATIBILITY}")
        done.append(f"Added definitions missing from the C library: {names}.")
    written(main, text)
    return tuple(done)


def _with_definition(path: Path, text: str, line: str) -> str:
    """Return a Makefile with a line behind its definition of the chip: others may stand below a condition."""
    first = _CHIP.search(text)
    if first is None:
        raise ApplicationConfigInvalid(path=path, missing="C_DEFS += -DSTM32N657xx")
    return f"{text[: first.end()]}\n{line}{text[first.end() :]}"


def enlarge_region(root: Path, layout: Layout, linker: Linker) -> str:
    """Enlarge the application's memory region over the second half of the chip's RAM; return what was done.

    Raises:
        ApplicationConfigInvalid: the linker script has no such region.
        DiskFull, NotWritable.
    """
    path = root / layout.linker
    enlarged = f"{linker.enlarged // 1024}K"
    origin = rf"\b{layout.region}\b[^:\n]*:\s*ORIGIN\s*=\s*{hex_address(linker.address)}"
    found = re.search(rf"{origin}\s*,\s*LENGTH\s*=\s*(\w+)", source_text(path))
    if found is None:
        raise ApplicationConfigInvalid(path=path, missing=f"{layout.region} with its length")
    written(path, found.string[: found.start(1)] + enlarged + found.string[found.end(1) :])
    return f"Enlarged {layout.region} from {found[1]} to {enlarged} (linked but never run on hardware)."


def check_runtime(application: Application, expected: tuple[int, ...] | None, root: Path, layout: Layout) -> None:
    """Refuse network code and a copy whose NPU runtime is of another version.

    Raises:
        RuntimeMismatch.
    """
    found = runtime_version(root / layout.runtime)
    if expected is not None and found is not None and found != expected:
        raise RuntimeMismatch(
            application=application.name,
            found=_dotted(found),
            wanted=_dotted(expected),
            runtime=_dotted(application.pair.compiler.release),
        )


def replace_runtime(root: Path, layout: Layout, installation: Path) -> tuple[str, ...]:
    """Put the NPU runtime of an installed ST Edge AI Core into the copy; return what was done.

    Args:
        root: the copy.
        layout: its layout.
        installation: version folder of ST Edge AI Core, that has Middlewares/ST/AI.

    Raises:
        ApplicationConfigInvalid: the installation or the copy lacks what should be there.
        DiskFull, NotWritable.
    """
    source = installation / "Middlewares/ST/AI"
    archives = sorted((source / "Lib/GCC/ARMCortexM55").glob("NetworkRuntime????_CM55_GCC.a"))
    if not archives or not (source / "Npu/ll_aton/ll_aton_version.h").is_file():
        raise ApplicationConfigInvalid(path=source, missing="the NPU runtime")
    target = root / layout.runtime
    try:
        for name in ("Inc", "Lib/GCC/ARMCortexM55", "Npu"):
            shutil.rmtree(target / name, ignore_errors=True)
            shutil.copytree(source / name, target / name)
    except (OSError, shutil.Error) as error:
        raise disk_full(str(error), root) or NotWritable(path=target, reason=str(error)) from error
    for makefile in layout.makefiles:
        text = source_text(root / makefile)
        if (changed := _ARCHIVE.sub(archives[-1].stem, text)) != text:
            written(root / makefile, changed)
    found = runtime_version(target)
    return (f"Replaced the NPU runtime by {_dotted(found or ())} of {installation}.",)


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
