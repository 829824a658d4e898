"""All commands, in the order in which the help lists them: those of the chain, those of other stages, the others."""

import importlib

from n6studio.cli.command import Command
from n6studio.cli.stage_command import command_of
from n6studio.stages.registry import CHAIN, STAGES

# Modules of `n6studio.cli.commands`. A stage whose command is not here is described by the stage itself, or has none.
MODULES = (
    "inspect",
    "quantize",
    "evaluate",
    "diff",
    "explore",
    "data",
    "run",
    "demo",
    "virtual_board",
    "live",
    "deploy",
    "model_swap",
    "flash",
    "board",
    "doctor",
    "layers",
    "tools",
    "settings",
    "updates",
)


def typed_commands(word: str) -> dict[str, Command]:
    """Return the command of that name alone, all where it is none: so much must be known to read what was typed."""
    module = word.replace("-", "_")
    if module in MODULES:
        return {word: _own(module)}
    stage = STAGES.get(module)
    if stage is not None and stage.command is not None:
        return {word: command_of(stage)}
    return commands()


def commands() -> dict[str, Command]:
    """Return all commands by their names.

    Raises:
        ValueError: two commands have one name.
    """
    described = [command_of(stage) for stage in STAGES.values() if stage.command is not None]
    own = [_own(module) for module in MODULES]
    places = {stage.name: place for place, stage in enumerate(CHAIN)}
    found: list[Command] = sorted([*described, *own], key=lambda one: places.get(one.name, len(places)))
    named = {one.name: one for one in found}
    if len(named) < len(found):
        raise ValueError(f"two commands have one name, among {', '.join(one.name for one in found)}")
    return named


def _own(module: str) -> Command:
    command: Command = importlib.import_module(f"n6studio.cli.commands.{module}").COMMAND
    return command
