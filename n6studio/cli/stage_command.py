"""The command of a stage that describes it: files are typed, and what came of them is printed."""

import argparse
from pathlib import Path
from typing import Any

from n6studio.cli.command import Command, add_folder, add_settings, chosen_settings
from n6studio.domain.file_names import short_stem
from n6studio.domain.stage import AnyStage, Argument, StageCommand


def command_of(stage: AnyStage) -> Command:
    """Return the command that a stage describes."""
    entry = stage.command
    assert entry is not None

    def options(parser: argparse.ArgumentParser) -> None:
        for argument in entry.arguments:
            _add_argument(parser, argument)
        add_folder(parser, f"n6studio-out/{entry.arguments[0].role.upper()}")
        add_settings(parser, stage.name, stage.settings)

    return Command(stage.name.replace("_", "-"), entry.summary, lambda typed: _run(stage, entry, typed), options)


def _add_argument(parser: argparse.ArgumentParser, argument: Argument) -> None:
    extra: dict[str, Any] = {"type": Path, "metavar": argument.metavar, "help": argument.help or None}
    if argument.option:
        extra.update(dest=_dest(argument), action="append" if argument.several else "store")
    elif argument.several:
        extra["nargs"] = "+"
    parser.add_argument(argument.option or _dest(argument), **extra)


def _dest(argument: Argument) -> str:
    return f"input_{argument.role}"


def _run(stage: AnyStage, entry: StageCommand[Any], options: argparse.Namespace) -> int:
    from n6studio.cli.running import print_result, result_data, run_alone
    from n6studio.cli.texts import outputs

    typed = {argument: getattr(options, _dest(argument)) for argument in entry.arguments}
    inputs = {one.role: value if one.several else [value] for one, value in typed.items() if value is not None}
    folder = options.output or Path("n6studio-out") / short_stem(inputs[entry.arguments[0].role][0])
    only = tuple(one.role for one in entry.arguments if one.images_only)
    result = run_alone(stage, chosen_settings(options, stage.name), inputs, folder, options, only)
    return print_result(options, result_data(result), f"{outputs(result)}\n{entry.text(result.figures)}")
