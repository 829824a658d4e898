"""What can be typed: the commands with their options."""

import argparse
from collections.abc import Iterable

from n6studio import __version__
from n6studio.cli.command import Command, add_output


def build_parser(commands: Iterable[Command]) -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    parser = argparse.ArgumentParser(
        prog="n6studio", description="From a YOLOv8-pose checkpoint to a running STM32N6.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"N6 Studio {__version__}")
    known = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for command in commands:
        made = known.add_parser(command.name, help=command.summary, description=command.summary, allow_abbrev=False)
        if not command.parts:
            add_output(made)
        command.options(made)
    return parser
