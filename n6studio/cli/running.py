"""What commands have in common when they run: stopping with Ctrl-C, one stage alone, the chain, printing."""

import argparse
import contextlib
import json
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from n6studio.cli.progress import Progress
from n6studio.domain.encoding import plain_values_of
from n6studio.domain.errors.base import ExitCode
from n6studio.domain.pose.skeleton import Skeleton
from n6studio.domain.printable import printable
from n6studio.domain.project import Project
from n6studio.domain.results import AnyResult, F, StageResult
from n6studio.domain.settings import from_mapping
from n6studio.domain.stage import Stage
from n6studio.engine.chain.again import Again
from n6studio.engine.chain.run import run_chain
from n6studio.engine.chain.states import Caller
from n6studio.engine.jobs.hashing import HashCache, input_of
from n6studio.engine.jobs.run import StageRunner, holding, make_request, run_stage, stopping
from n6studio.engine.project.skeletons import save_skeleton, skeleton_input
from n6studio.system.files import make_folder


@contextlib.contextmanager
def cancelling() -> Iterator[threading.Event]:
    """Let Ctrl-C (and a polite end from outside) stop the running stage cleanly; a second Ctrl-C at once.

    Further ones must not interrupt the tidying up.
    """
    cancel = threading.Event()
    hurried = threading.Event()

    def stop(number: int, frame: Any) -> None:
        if cancel.is_set() and not hurried.is_set():
            hurried.set()
            raise KeyboardInterrupt
        cancel.set()

    known = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield cancel
    finally:
        for number, handler in known.items():
            signal.signal(number, handler)


def run_alone(
    stage: Stage[Any, F],
    settings: dict[str, Any],
    inputs: dict[str, list[Path]],
    folder: Path,
    options: argparse.Namespace,
    images_only: tuple[str, ...] = (),
    skeleton: Skeleton | None = None,
    cancel: threading.Event | None = None,
    runs: StageRunner = run_stage,
) -> StageResult[F]:
    """Run one stage into `folder`, without a project, and return its result.

    Args:
        stage: the stage.
        settings: what was typed; the rest are defaults.
        inputs: role -> paths.
        folder: where its outputs go.
        options: --quiet and --force count.
        images_only: roles of which, in folders, only images count.
        skeleton: the keypoints, where somebody described them.
        cancel: stops it when set, for stages that run side by side in threads; None for Ctrl-C.
        runs: runs it, here or elsewhere.

    Raises:
        StudioError: an input is missing, a setting is impossible, or what stopped the stage.
    """
    hashes = HashCache()

    def stoppable() -> contextlib.AbstractContextManager[threading.Event]:
        return cancelling() if cancel is None else contextlib.nullcontext(cancel)

    with stoppable() as stop, stopping(stop, stage.name):
        files = {
            role: tuple(input_of(path, hashes, role in images_only) for path in paths) for role, paths in inputs.items()
        }
    if skeleton is not None:
        save_skeleton(folder.absolute(), skeleton)
        files["skeleton"] = (skeleton_input(folder.absolute(), skeleton),)
    request = make_request(stage, from_mapping(stage.settings, settings), files)
    progress = Progress(options.quiet or cancel is not None)
    make_folder(folder)
    try:
        with stoppable() as stop, holding(folder):
            return runs(stage, request, folder, progress, stop, hashes, getattr(options, "force", False))
    finally:
        progress.clear()


def run_project(project: Project, options: argparse.Namespace) -> dict[str, AnyResult]:
    """Run the whole chain on a project, tell which stages run and why, and return the results by stage.

    Raises:
        StudioError: see `run_chain` of the engine.
    """
    progress = Progress(options.quiet)

    def announce(stage: str, fresh: bool, why: tuple[str, ...]) -> None:
        progress.say(f"{stage}: up to date, skipped" if fresh else f"{stage}: {'; '.join(why) or 'requested'}")

    try:
        with cancelling() as cancel:
            caller = Caller(progress, cancel, announce=announce)
            return run_chain(project, caller, Again.ALL if options.force else Again.NOTHING)
    finally:
        progress.clear()


def print_result(options: argparse.Namespace, data: dict[str, Any], text: str) -> int:
    """Print what came of a command, as JSON or in words, and return the exit code."""
    if options.json:
        sys.stdout.write(json.dumps(plain_values_of({"ok": True, "command": options.command, **data}), indent=1) + "\n")
    else:
        sys.stdout.write(printable(text.rstrip("\n")) + "\n")
    return ExitCode.OK


def result_data(result: AnyResult) -> dict[str, Any]:
    """Return a stage's result as plain values."""
    return {
        "folder": str(result.folder),
        "fresh": result.fresh,
        "from_elsewhere": result.from_elsewhere,
        "outputs": {role: str(path) for role, path in result.outputs.items()},
        "figures": result.figures,
        "warnings": list(result.warnings),
        "versions": result.versions,
    }
