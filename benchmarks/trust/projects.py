"""Project folders: links that lead out, results that lie, programs that are named."""

import json
import os
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from trust.making import DEMO, FIXTURES, Writer

KNOWN = FIXTURES / "project-2026-11"
HEAD = "schema: 2\nmodel: n6demo-pose.pt\nsettings:\n  export:\n    imgsz: 192\n"
VALUES: tuple[Any, ...] = (
    None, 0, -1, 2**70, 1e308, True, "", "\x00", "\ud800", "..", "/", "/etc/passwd", "/dev/zero",
    "../../../../../../../../../etc", "a" * 5000, [], {},
    [None], {"a": 1}, "\x1b]0;owned\x07", "nowhere",
)  # fmt: skip


def make(writer: Writer) -> None:
    for name, change in _changes(writer.canaries):
        folder = _project(writer, name)
        change(folder)
    results = sorted(
        path.relative_to(KNOWN) for path in KNOWN.rglob("*.json") if path.parent.parent.parent.name == "runs"
    )
    for number in range(writer.missing // 2):
        _lie(_project(writer, "lie"), results[number % len(results)], writer)
    from fuzz.mutators import mutated

    for number in range(writer.missing):
        name = results[number % len(results)]
        folder = _project(writer, "damaged")
        damaged = mutated(
            [(KNOWN / name).read_bytes()], (b'"outputs"', b'"request"', b"../", b"/etc/passwd"), writer.chance
        )
        (folder / name).write_bytes(damaged)


def _project(writer: Writer, name: str) -> Path:
    folder = writer.place(name)
    shutil.copytree(KNOWN / "runs", folder / "runs")
    (folder / "project.n6.yaml").write_text(HEAD)
    os.link(DEMO, folder / DEMO.name) if DEMO.stat().st_dev == folder.stat().st_dev else shutil.copy(DEMO, folder)
    return folder


def _lie(folder: Path, name: Path, writer: Writer) -> None:
    """Put another value somewhere into a result."""
    content = json.loads((folder / name).read_text())
    places: list[tuple[Any, Any]] = []

    def walk(inner: Any) -> None:
        for key, value in (
            inner.items() if isinstance(inner, dict) else enumerate(inner) if isinstance(inner, list) else ()
        ):
            places.append((inner, key))
            walk(value)

    walk(content)
    for holder, key in writer.chance.sample(places, min(len(places), writer.chance.choice((1, 1, 4, 20)))):
        holder[key] = writer.chance.choice(VALUES)
    (folder / name).write_text(json.dumps(content), encoding="utf-8", errors="surrogatepass")


def _changes(canaries: Path) -> Iterator[tuple[str, Callable[[Path], object]]]:
    def linked(at: str, to: Path | str) -> Callable[[Path], object]:
        def change(folder: Path) -> None:
            path = folder / at
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            path.unlink(missing_ok=True)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.symlink_to(to)

        return change

    (canaries / "folder").mkdir(exist_ok=True)
    inspect = next((KNOWN / "runs" / "inspect").iterdir()).relative_to(KNOWN)
    for at in (
        "runs", "runs/inspect", str(inspect), "runs/export", "runs/skeleton", "runs/.n6studio.lock",
        "runs/inspect/.n6studio.lock", f"{inspect}/.n6studio.lock",
        f"{inspect}/.inspect.partial", f"{inspect}/.inspect.whole", f"{inspect}/inspect.log",
        f"{inspect}/inspect.result.json", ".n6studio.lock", ".project.n6.yaml.part",
        "runs/deploy", "hashes.json", ".hashes.json",
    ):  # fmt: skip
        for to in (
            canaries / "folder",
            canaries / "kept",
            canaries / "new",
            "/dev/zero",
            "/dev/full",
            at.rpartition("/")[2],
        ):
            yield f"link-{at.replace('/', '-')[-40:]}", linked(at, to)
    for at in ("n6demo-pose.pt", "project.n6.yaml", f"{inspect}/inspect.result.json"):

        def piped(folder: Path, at: str = at) -> None:
            (folder / at).unlink()
            os.mkfifo(folder / at)

        def plugged(folder: Path, at: str = at) -> None:
            (folder / at).unlink()
            # A socket's name is 100 bytes at most: it is bound from its own folder.
            before = Path.cwd()
            os.chdir((folder / at).parent)
            try:
                socket.socket(socket.AF_UNIX).bind(Path(at).name)
            finally:
                os.chdir(before)

        def foldered(folder: Path, at: str = at) -> None:
            (folder / at).unlink()
            (folder / at).mkdir()

        if at != "project.n6.yaml":
            yield f"pipe-{at[-20:]}", piped
            yield f"socket-{at[-20:]}", plugged
        yield f"folder-{at[-20:]}", foldered
    evil = canaries / "evil.sh"
    evil.write_text(f"#!/bin/sh\ntouch {canaries}/ran\n")
    evil.chmod(0o755)
    for tool in ("compiler", "programmer", "signing_tool", "gcc", "make", "application"):
        for where in (str(evil), "./evil.sh", "runs/../evil.sh"):

            def named(folder: Path, tool: str = tool, where: str = where) -> None:
                shutil.copy(evil, folder / "evil.sh")
                board = "" if tool == "programmer" else "    board: stm32n6570-dk\n"
                (folder / "project.n6.yaml").write_text(f"{HEAD}  deploy:\n{board}    {tool}: {where}\n")

            yield f"tool-{tool}", named
    for name in (
        "sitecustomize.py",
        "usercustomize.py",
        "torch.py",
        "json.py",
        "n6studio.py",
        "ultralytics.py",
        "conftest.py",
        ".pth",
    ):

        def planted(folder: Path, name: str = name) -> None:
            (folder / name).write_text(f"open({str(canaries / 'planted')!r}, 'w')\n")

        yield f"module-{name}", planted
