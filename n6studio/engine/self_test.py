"""The self-test of a first start: four questions whose answers decide how far somebody gets on this machine.

Unlike the doctor, which compares versions, it tries things: it starts a stage, loads the TFLite runtime, and looks for
ST's tools and for the right to talk to a board. Looks never raise; what cannot be found out is 'unknown'.
"""

import glob
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from n6studio.domain.errors import InputError, StudioError
from n6studio.domain.remedies import advice
from n6studio.domain.settings import InspectSettings
from n6studio.engine.doctor import REPAIR, Finding
from n6studio.engine.hashing import HashCache, input_of
from n6studio.engine.jobs import make_request, run_stage

ST_VENDOR = "0483"  # STMicroelectronics' USB vendor number
RULE_FOLDERS = ("/etc/udev/rules.d", "/run/udev/rules.d", "/usr/lib/udev/rules.d", "/lib/udev/rules.d")
SECONDS = 60.0

# Program -> places beside PATH where ST's installers put it.
TOOLS: dict[str, tuple[str, ...]] = {
    "stedgeai": (
        "/opt/ST/STEdgeAI/*/Utilities/linux/stedgeai",
        "~/ST/STEdgeAI/*/Utilities/linux/stedgeai",
        "C:/ST/STEdgeAI*/*/Utilities/windows/stedgeai.exe",
        "/Applications/ST/STEdgeAI/*/Utilities/mac*/stedgeai",
    ),
    "STM32_Programmer_CLI": (
        "~/STMicroelectronics/STM32Cube/STM32CubeProgrammer/bin/STM32_Programmer_CLI",
        "/usr/local/STMicroelectronics/STM32Cube/STM32CubeProgrammer/bin/STM32_Programmer_CLI",
        "/opt/st/stm32cubeclt_*/STM32CubeProgrammer/bin/STM32_Programmer_CLI",
        "C:/Program Files/STMicroelectronics/STM32Cube/STM32CubeProgrammer/bin/STM32_Programmer_CLI.exe",
        "/Applications/STMicroelectronics/STM32Cube/STM32CubeProgrammer/*.app/Contents/MacOs/bin/STM32_Programmer_CLI",
    ),
}


def look_at_engine() -> Finding:
    """Start a stage in a child process on a file that is no network: it must say so."""
    name, wanted = "Engine", "starts its steps in processes of their own"
    try:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "self-test.txt"
            file.write_text("no network", encoding="utf-8")
            request = make_request("inspect", InspectSettings(), {"model": (input_of(file, HashCache()),)})
            run_stage(request, Path(folder) / "out", lambda message: None, threading.Event())
    except InputError:
        return Finding(name, "ok", "a step was started, did its work and ended", wanted)
    except StudioError as error:
        return Finding(name, "missing", advice(error).title, wanted, REPAIR)
    except OSError as error:
        return Finding(name, "unknown", str(error), wanted, "Check that the folder for temporary files can be written.")
    return Finding(name, "wrong version", "a text was taken for a network", wanted, REPAIR)


def look_at_tflite() -> Finding:
    """Load the TFLite runtime in a child process."""
    name, wanted = "TFLite runtime", "runs float and int8 networks on this computer"
    if getattr(sys, "frozen", False):
        return Finding(name, "unknown", "", wanted, "An evaluation will tell.")
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-c", "from ai_edge_litert.interpreter import Interpreter"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        return Finding(name, "unknown", str(error), wanted, REPAIR)
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        return Finding(name, "missing", lines[-1] if lines else f"exit code {done.returncode}", wanted, REPAIR)
    return Finding(name, "ok", "loads", wanted)


def look_at_tools(places: dict[str, tuple[str, ...]] | None = None) -> Finding:
    """Look for ST's compiler and programmer on PATH and where their installers put them."""
    found: list[str] = []
    missing: list[str] = []
    for program, patterns in (TOOLS if places is None else places).items():
        hits = [hit for pattern in patterns for hit in glob.glob(os.path.expanduser(pattern))]  # noqa: PTH111, PTH207
        path = shutil.which(program) or (sorted(hits)[-1] if hits else "")
        (found if path else missing).append(path or program)
    name, wanted = "ST's tools", "ST Edge AI Core and STM32CubeProgrammer"
    if not missing:
        return Finding(name, "ok", ", ".join(found), wanted, "", "the board")
    remedy = "Only needed to put a network on a board. They are free of charge at st.com; install them as they suggest."
    lacking = f"not found: {', '.join(missing)}" + (f"; found: {', '.join(found)}" if found else "")
    return Finding(name, "missing", lacking, wanted, remedy, "the board")


def look_at_usb(system: str = sys.platform, folders: Sequence[str] = RULE_FOLDERS, root: bool | None = None) -> Finding:
    """Judge whether this user may talk to an ST-LINK and its serial port."""
    name, wanted = "USB access", "may talk to the board"
    if system == "darwin":
        return Finding(name, "ok", "macOS asks for no permission", wanted, "", "the board")
    if system != "linux":
        return Finding(
            name, "unknown", "tells once a board is connected", wanted,
            "STM32CubeProgrammer brings the ST-LINK driver along.", "the board",
        )  # fmt: skip
    if root if root is not None else os.geteuid() == 0:
        return Finding(name, "ok", "root may do everything", wanted, "", "the board")
    if any(_names_st(Path(folder)) for folder in folders):
        return Finding(name, "ok", "a udev rule for ST's devices is there", wanted, "", "the board")
    remedy = (
        "Only needed for a board. As root, write SUBSYSTEMS==\"usb\", ATTRS{idVendor}==\"0483\", TAG+=\"uaccess\" into "
        "/etc/udev/rules.d/70-st-link.rules, run udevadm control --reload, and plug the board in again."
    )  # fmt: skip
    return Finding(name, "missing", "no udev rule for ST's devices", wanted, remedy, "the board")


def _names_st(folder: Path) -> bool:
    try:
        rules = list(folder.glob("*.rules"))
        return any(ST_VENDOR in rule.read_text(encoding="utf-8", errors="replace") for rule in rules)
    except OSError:
        return False


LOOKS: tuple[Callable[[], Finding], ...] = (look_at_engine, look_at_tflite, look_at_tools, look_at_usb)


def self_test(looks: Iterable[Callable[[], Finding]] = LOOKS) -> tuple[Finding, ...]:
    """Return what was found, one finding a question."""
    return tuple(look() for look in looks)
