"""``n6studio updates``: look whether there is a newer program, install it beside this one, and go back."""

import argparse
from typing import TYPE_CHECKING

from n6studio.cli.command import Command

if TYPE_CHECKING:
    from n6studio.engine.updates.check import Update

ACTIONS = ("check", "get", "back")
HELP = "get installs it beside this one, back starts the one before from now on (default: check)"


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", nargs="?", choices=ACTIONS, default="check", help=HELP)


def _run(options: argparse.Namespace) -> int:
    from dataclasses import asdict

    import n6studio
    from n6studio.cli.running import print_result
    from n6studio.engine.updates.check import check

    if options.action == "back":
        return _back(options)
    update = check()
    if update is None:
        text = f"N6 Studio {n6studio.__version__} is the newest."
        return print_result(options, {"update": None}, text)
    lines = [f"Version {update.version} of {update.date}", *(f"- {line}" for line in update.changes)]
    if options.action == "get":
        _get(options, update)
        lines.append("It is installed and starts the next time.")
    else:
        lines.append("Install it: n6studio updates get")
    return print_result(options, {"update": asdict(update)}, "\n".join(lines))


def _get(options: argparse.Namespace, update: "Update") -> None:
    from n6studio.cli.progress import Progress
    from n6studio.cli.running import cancelling
    from n6studio.domain.messages import Progressed, StepBegan
    from n6studio.engine.layers import LayerProgress
    from n6studio.engine.updates.bring import STEPS, bring

    progress, begun = Progress(options.quiet), set[str]()

    def told(message: LayerProgress) -> None:
        if message.step in STEPS and message.step not in begun:
            begun.add(message.step)
            progress(StepBegan(message.step, STEPS.index(message.step) + 1, len(STEPS)))
        if message.total:
            progress(Progressed(message.done, message.total, "bytes"))

    try:
        with cancelling() as cancel:
            bring(update, told, cancel)
    finally:
        progress.clear()


def _back(options: argparse.Namespace) -> int:
    from n6studio.cli.running import print_result
    from n6studio.domain.errors.updates import UpdateNotPossible
    from n6studio.engine.updates.bring import other, start_next

    found = other()
    if found is None:
        raise UpdateNotPossible(reason="There is no other version here to go to")
    start_next(found)
    return print_result(options, {"version": found.version}, f"Version {found.version} starts the next time.")


COMMAND = Command("updates", "look for a newer N6 Studio, install it, or go back", _run, _options)
