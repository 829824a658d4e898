"""The self-test of a first start: five questions whose answers decide how far somebody gets on this machine.

It tries things where the doctor compares versions: it starts a stage and loads the TFLite runtime. ST's tools are those
that the doctor finds. Looks never raise; what cannot be found out is UNKNOWN.
"""

import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from n6studio.board.tools import surroundings as usb
from n6studio.domain.errors.advice import advice
from n6studio.domain.errors.base import InputError, StudioError
from n6studio.domain.errors.models import ReaderDied, ReaderTooLarge, ReaderTooSlow
from n6studio.domain.states import FindingState
from n6studio.engine.doctor.deployment import for_deployment, look_at_deployment
from n6studio.engine.doctor.examine import Look
from n6studio.engine.doctor.finding import REPAIR, Finding
from n6studio.engine.doctor.walls import look_at_walls
from n6studio.engine.jobs.hashing import HashCache, input_of
from n6studio.engine.jobs.run import make_request, run_stage
from n6studio.stages.inspect.stage import INSPECT, InspectSettings

SECONDS = 60.0


def look_at_engine() -> Finding:
    """Start a stage in a child process on a file that is no model: it must say so."""
    name, wanted = "Engine", "runs steps in separate processes"
    try:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "self-test.txt"
            file.write_text("no model", encoding="utf-8")
            request = make_request(INSPECT, InspectSettings(), {"model": (input_of(file, HashCache()),)})
            run_stage(INSPECT, request, Path(folder) / "out", lambda message: None, threading.Event())
    except (ReaderDied, ReaderTooLarge, ReaderTooSlow) as error:
        return Finding(name, FindingState.MISSING, advice(error).why, wanted, REPAIR)
    except InputError:
        return Finding(name, FindingState.OK, "a step started, ran and ended", wanted)
    except StudioError as error:
        return Finding(name, FindingState.MISSING, advice(error).title, wanted, REPAIR)
    except OSError as error:
        return Finding(
            name, FindingState.UNKNOWN, str(error), wanted, "Check that the folder for temporary files is writable."
        )
    return Finding(name, FindingState.WRONG_VERSION, "a text file was accepted as a model", wanted, REPAIR)


def look_at_tflite() -> Finding:
    """Load the TFLite runtime in a child process."""
    name, wanted = "TFLite runtime", "runs float and int8 models on this computer"
    if getattr(sys, "frozen", False):
        return Finding(name, FindingState.UNKNOWN, "", wanted, "An evaluation shows more.")
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
        return Finding(name, FindingState.UNKNOWN, str(error), wanted, REPAIR)
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        return Finding(
            name, FindingState.MISSING, lines[-1] if lines else f"exit code {done.returncode}", wanted, REPAIR
        )
    return Finding(name, FindingState.OK, "loads", wanted)


def look_at_tools(look: Look = look_at_deployment) -> Finding:
    """Sum up what the doctor finds of deployment's tools. Blocks for up to half a minute."""
    name, wanted = "ST's tools", "required to deploy to a real board"
    lacking: dict[str, list[str]] = {}
    found = list(look())
    for item in found:
        if item.state != FindingState.OK:
            lacking.setdefault(item.state, []).append(item.name)
    if not lacking:
        return Finding(
            name, FindingState.OK, ", ".join(dict.fromkeys(item.name for item in found)), wanted, "", "deployment"
        )
    state = next(item.state for item in found if item.state != FindingState.OK)
    text = "; ".join(f"{state}: {', '.join(names)}" for state, names in lacking.items())
    remedy = "Only needed for a real board. 'Check this computer' lists where to get them."
    return Finding(name, state, text, wanted, remedy, "deployment")


def look_at_usb() -> Finding:
    """Judge whether this user may talk to an ST-LINK and its serial port."""
    return for_deployment(usb.look_at_usb())


LOOKS: tuple[Callable[[], Finding], ...] = (look_at_engine, look_at_tflite, look_at_walls, look_at_tools, look_at_usb)


def self_test(looks: Iterable[Callable[[], Finding]] = LOOKS) -> tuple[Finding, ...]:
    """Return what was found, one finding a question."""
    return tuple(look() for look in looks)
