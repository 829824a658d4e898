"""Every input through the command that a user types, and what it did there."""

import contextlib
import hashlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from trust.making import ROOT, SMALL_TFLITE
from trust.running import STUDIO, Ran, run

HUNG, LARGE, GIVEN_UP = 10.0, 1e9, 180.0  # seconds of processor time, bytes, seconds
BAD = ("ran or wrote", "over 10 s", "over 1 GB", "internal error", "left a process")
COUNTED = ("tried", *BAD, "reader died", "refused", "accepted")
FOLDERS = {"savedmodels": "saved_model.pb", "projects": "project.n6.yaml"}
"""Kinds whose inputs are folders, and the file that each has."""

IMAGES = ROOT / "tests" / "fixtures" / "project-2026-11" / "pictures" / "evaluation" / "images"


@dataclass
class Figures:
    """What a kind of input did; `remarkable` names the files that did something they should not."""

    counts: Counter[str] = field(default_factory=Counter)
    remarkable: list[str] = field(default_factory=list)


def made(kind: str, place: Path, count: int, seed: int, canaries: Path) -> list[Path]:
    """Return the inputs of a kind, written below `place`."""
    folder = place / "inputs" / kind
    folder.mkdir(parents=True)
    words = [kind, str(folder), str(count), str(seed), str(canaries)]
    subprocess.run([sys.executable, "-W", "ignore", "-m", "trust.making", *words], cwd=ROOT / "benchmarks", check=True)
    return inputs_of(folder, kind, own=True)


def inputs_of(folder: Path, kind: str, own: bool = False) -> list[Path]:
    """Return the inputs of a kind in a folder: files, and folders where the kind is one of folders."""
    if own:  # beside its inputs a maker may put what they refer to
        return sorted(path for path in folder.iterdir() if path.name[:5].isdigit())
    if kind in FOLDERS:
        return sorted({path.parent for path in folder.rglob(FOLDERS[kind])})
    return sorted(path for path in folder.rglob("*") if path.is_file())


def words_of(kind: str, file: Path) -> list[str]:
    """Return what a user types with such an input."""
    at, number = str(file), int(file.name[:5]) if file.name[:5].isdigit() else 0
    evaluated = ["evaluate", str(SMALL_TFLITE), "--data", at, "--skip-missing", "--max-images", "2", "-o", "out"]
    exported = (["--lines", "lines.jsonl", "--images", "images"], ["--video", "film.mp4"], ["--seconds", "3"])[
        number % 3
    ]
    projects = (["run", at], ["deploy", at, "--prepare-only"])[number % 2]
    words = {
        "labels": [*evaluated[:3], f"{at}/data.yaml", *evaluated[4:]]
        if file.is_dir()
        else [*evaluated, "--images", str(IMAGES)],
        "yaml": ["run", at],
        "projects": projects,
        "releases": ["flash", at, "--virtual-folder", "board", "--wait", "0"],
        "recordings": ["live", "--source", f"recording:{at}/take.mjpeg", *exported],
    }
    if file.name.endswith(".quantize.yaml"):
        return ["quantize", "--config", at, "-o", "out"]
    if file.name.endswith(".deploy.yaml"):
        return ["deploy", str(SMALL_TFLITE), "--config", at, "--prepare-only", "--board", "virtual", "-o", "out"]
    return words.get(kind, ["inspect", at])


@contextlib.contextmanager
def served(file: Path) -> Iterator[list[str]]:
    """Offer a file's bytes as a stream on a port of this machine; give what a user types to see it."""
    data, done = file.read_bytes(), threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def send() -> None:
            with contextlib.suppress(OSError):
                connection, _ = server.accept()
                with connection:
                    connection.sendall(data)
                    done.wait(10)  # a board does not hang up

        threading.Thread(target=send, daemon=True).start()
        try:
            port = server.getsockname()[1]
            yield ["live", "--source", f"tcp:127.0.0.1:{port}", "--seconds", "2", "--record", "take.mjpeg"]
        finally:
            done.set()


def judge(kind: str, file: Path, canaries: Path, figures: Figures, log: TextIO) -> None:
    """Run one file through its command and count what it did."""
    before = state_of(canaries)
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        words = stack.enter_context(served(file)) if kind == "streams" else words_of(kind, file)
        ran = run([*STUDIO, *words], Path(folder), GIVEN_UP)
    found = judged(ran, state_of(canaries) != before)
    figures.counts.update(name for name, true in found.items() if true)
    used = f"{ran.seconds:.1f} s, {ran.processor_seconds:.1f} s of processor time, {ran.memory / 1e6:.0f} MB"
    if bad := [name for name in BAD if found[name]]:
        figures.remarkable.append(f"{kind} {file.name}: {', '.join(bad)} ({used}, exit {ran.code})")
    text = ran.text.replace(str(file.parent), "...")
    log.write(
        json.dumps({"kind": kind, "file": file.name, "code": ran.code, "used": used, "bad": bad, "text": text}) + "\n"
    )
    log.flush()


def judged(ran: Ran, changed: bool) -> dict[str, bool]:
    """Return which of `COUNTED` are true of a run."""
    internal = ran.code in (1, 5) or any(sign in ran.text for sign in ("[N6S-X0", "Traceback", "Internal error"))
    return {
        "tried": True,
        "ran or wrote": changed,
        "over 10 s": ran.code is None or ran.processor_seconds > HUNG,
        "over 1 GB": ran.memory > LARGE,
        "internal error": internal,
        "left a process": ran.left,
        "reader died": any(f"[N6S-M{code}]" in ran.text for code in (14, 15, 16)),
        "refused": ran.code not in (0, 1, 5, None),
        "accepted": ran.code == 0,
    }


def state_of(folder: Path) -> dict[str, str]:
    """Return what lies below a folder: name -> digest, of links where they lead to."""
    found = {}
    for base, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(base, name)
            link = path.is_symlink()
            known = (
                str(path.readlink()) if link else "" if path.is_dir() else hashlib.sha256(path.read_bytes()).hexdigest()
            )
            found[str(path)] = known
    return found
