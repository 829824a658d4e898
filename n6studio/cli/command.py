"""What a command is, and the options that several have. Light: the work is imported when a command runs.

A command is a module of `n6studio.cli.commands` with a `COMMAND`; those of stages can be described by the stage alone
(`n6studio.domain.stage.StageCommand`).
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.settings import SettingInvalid
from n6studio.domain.model.input_size import InputSize
from n6studio.domain.settings import settings_of

SIZE = "WIDTH[xHEIGHT]"  # how help shows an input size


def no_options(parser: argparse.ArgumentParser) -> None:
    """Add no options."""


@dataclass(frozen=True)
class Command:
    """A command of the program.

    Attributes:
        name: as it is typed.
        summary: what it does, for the list of commands; begins in lower case, without a full stop.
        run: does what was typed and returns the exit code; raises `StudioError`.
        options: adds its options; --json and --quiet are there already.
        process: settings of the process that it runs, where that is no stage's.
        parts: whether its options are all those of parts, so that it has no --json of its own.
    """

    name: str
    summary: str
    run: Callable[[argparse.Namespace], int]
    options: Callable[[argparse.ArgumentParser], None] = no_options
    process: type[Any] | None = None
    parts: bool = False


def add_output(parser: argparse.ArgumentParser) -> None:
    """Add --json and --quiet."""
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object")
    parser.add_argument("--quiet", action="store_true", help="do not show progress")


def add_folder(parser: argparse.ArgumentParser, default: str) -> None:
    """Add where results go and --force; `default` says where that is, for people."""
    parser.add_argument("-o", "--output", type=Path, metavar="DIR", help=f"output folder (default: {default})")
    parser.add_argument("--force", action="store_true", help="run again even if the result is up to date")


def add_cluster(parser: argparse.ArgumentParser) -> None:
    """Add --cluster."""
    text = "run on the workers of this Dask scheduler, tcp://HOST:PORT or tls://HOST:PORT (default: on this computer)"
    parser.add_argument("--cluster", metavar="ADDRESS", default="", help=text)


def add_skeleton(parser: argparse.ArgumentParser) -> None:
    """Add --skeleton."""
    text = "keypoint names, left/right pairs and sigmas: the training's data YAML, or a project file"
    parser.add_argument("--skeleton", type=Path, metavar="YAML", help=text)


def add_st_config(parser: argparse.ArgumentParser) -> None:
    """Add reading and writing of ST's user_config.yaml."""
    parser.add_argument("--config", type=Path, metavar="YAML", help="read ST's user_config.yaml; options override it")
    parser.add_argument("--write-config", type=Path, metavar="YAML", help="also write ST's user_config.yaml")


def add_confirming(parser: argparse.ArgumentParser) -> None:
    """Add what a command takes that works at a board."""
    parser.add_argument(
        "--confirm",
        action="append",
        default=[],
        metavar="KEY",
        help="confirm an irreversible action by the key that the command prints; can be given several times",
    )
    parser.add_argument(
        "--wait",
        type=float,
        default=60.0,
        metavar="SECONDS",
        help="without a terminal: time to wait for switches and cable to be moved (default: 60)",
    )


def add_settings(parser: argparse.ArgumentParser, group: str, settings: type[Any], only: tuple[str, ...] = ()) -> None:
    """Add one option for every setting of a class; what is not typed is left out of the parsed options.

    Args:
        parser: of the command.
        group: name of the stage or process that the settings belong to.
        settings: their class.
        only: their names; () for all.
    """
    options = parser.add_argument_group(f"settings of {group.replace('_', ' ')}")
    for one in settings_of(settings):
        if only and one.name not in only:
            continue
        default = "none" if one.default in ("", ()) else one.default
        text = f"{one.help} (default: {default})".replace("%", "%%")
        extra: dict[str, Any] = {"dest": _dest(group, one.name), "default": argparse.SUPPRESS, "help": text}
        if one.kind is bool:
            extra["action"] = argparse.BooleanOptionalAction
        elif one.is_list:
            extra.update(help=f"{one.help}; can be given several times", action="append", metavar="TEXT")
        elif one.kind is InputSize:
            extra.update(metavar=SIZE)
        else:
            extra.update(type=one.kind, metavar="|".join(map(str, one.choices)) or one.kind.__name__.upper())
        options.add_argument(one.option, **extra)
        for former in one.former_options:  # scripts that were written for earlier releases go on
            options.add_argument(former, **{**extra, "help": argparse.SUPPRESS})


def chosen_settings(options: argparse.Namespace, group: str) -> dict[str, Any]:
    """Return the settings of a stage or process that were typed, by their names."""
    prefix = _dest(group, "")
    return {name.removeprefix(prefix): value for name, value in vars(options).items() if name.startswith(prefix)}


def named_as_typed(error: StudioError, options: argparse.Namespace) -> StudioError:
    """Return the error of a setting that was typed as an option, with the option in place of the setting's name."""
    if not isinstance(error, SettingInvalid):
        return error
    typed = [name for name in vars(options) if name.startswith("setting_") and name.endswith(f"_{error.name}")]
    if not typed:
        return error
    return SettingInvalid(name=f"--{error.name.replace('_', '-')}", value=error.value, allowed=error.allowed)


def _dest(group: str, name: str) -> str:
    return f"setting_{group}_{name}"
