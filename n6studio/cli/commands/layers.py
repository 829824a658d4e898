"""``n6studio layers``: the layers of packages, which are there, and getting or removing one."""

import argparse
from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING

from n6studio.cli.command import Command
from n6studio.layers.layer import LAYERS

if TYPE_CHECKING:
    from n6studio.engine.layers import LayerState

ACTIONS = ("list", "get", "remove", "sbom")
HELP = "sbom prints everything inside with versions and licences, as CycloneDX (default: list)"


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", nargs="?", choices=ACTIONS, default="list", help=HELP)
    parser.add_argument("layer", nargs="?", choices=sorted(LAYERS), default="conversion", help="default: conversion")


def _run(options: argparse.Namespace) -> int:
    from n6studio.cli.running import print_result
    from n6studio.engine.layers import layer_states
    from n6studio.layers.install import remove

    if options.action == "sbom":
        return _sbom(options)
    if options.action == "get":
        _get(options)
    elif options.action == "remove":
        remove(LAYERS[options.layer])
    states = layer_states()
    return print_result(options, {"layers": [asdict(state) for state in states]}, text(states))


def text(states: "Iterable[LayerState]") -> str:
    """Return the layers in words."""
    lines = []
    for state in states:
        get = f"n6studio layers get {state.name}"
        size = f"about {state.download_megabytes} MB to download, {state.installed_megabytes} MB on the disk"
        shown = "installed" if state.present else f"not installed ({size}): {get}"
        if state.outdated:
            shown = f"installed for another version of N6 Studio: {get}"
        lines.append(f"{state.name:<12}{shown}\n{'':12}{state.purpose}")
    return "\n".join(lines)


def _sbom(options: argparse.Namespace) -> int:
    import json

    from n6studio.cli.running import print_result
    from n6studio.engine.about import sbom

    found = sbom()
    return print_result(options, {"sbom": found}, json.dumps(found, indent=1))


def _get(options: argparse.Namespace) -> None:
    from n6studio.cli.progress import Progress
    from n6studio.cli.running import cancelling
    from n6studio.domain.messages import Progressed, StepBegan
    from n6studio.engine.layers import LayerProgress, get_layer
    from n6studio.layers.get import STEPS

    progress, steps = Progress(options.quiet), list(STEPS)
    begun: set[str] = set()

    def told(message: LayerProgress) -> None:
        if message.step not in begun:
            begun.add(message.step)
            progress(StepBegan(message.step, steps.index(message.step) + 1, len(steps)))
        if message.total:
            progress(Progressed(message.done, message.total, "bytes"))

    try:
        with cancelling() as cancel:
            get_layer(LAYERS[options.layer], told, cancel)
    finally:
        progress.clear()


COMMAND = Command("layers", "list the layers of packages, and get or remove one", _run, _options)
