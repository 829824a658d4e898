"""What can be typed: the commands with their options."""

import argparse
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from n6studio.cli.command import Command, add_output


class Versions(argparse.Action):
    """Prints program, build and layers, which are looked up only then."""

    def __init__(self, option_strings: Sequence[str], dest: str, **more: Any) -> None:
        super().__init__(option_strings, dest, nargs=0, **more)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        """Print them and leave."""
        from n6studio.engine.about import versions_text

        sys.stdout.write(versions_text() + "\n")
        parser.exit()


def build_parser(commands: Iterable[Command]) -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    parser = argparse.ArgumentParser(
        prog="n6studio", description="From a YOLOv8-pose checkpoint to a running STM32N6.", allow_abbrev=False
    )
    parser.add_argument("--version", action=Versions, help="show program, build and layers, and exit")
    known = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for command in commands:
        made = known.add_parser(command.name, help=command.summary, description=command.summary, allow_abbrev=False)
        if not command.parts:
            add_output(made)
        command.options(made)
    return parser
