"""``n6studio virtual-board``: plays a board until Ctrl-C."""

import argparse

from n6studio.cli.command import Command, add_settings
from n6studio.domain.virtual_board import VirtualBoardSettings


def _options(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Without --model it runs what was quantized last in this folder, by 'n6studio demo' here, or in the window's "
        "sample project. --model also takes a project folder. With --json every line is a JSON object."
    )
    add_settings(parser, "virtual_board", VirtualBoardSettings)


def _run(options: argparse.Namespace) -> int:
    from n6studio.cli.work.virtual_board import run_virtual_board

    return run_virtual_board(options)


COMMAND = Command(
    "virtual-board",
    "play an STM32N6570-DK: the model's results as a live stream",
    _run,
    _options,
    process=VirtualBoardSettings,
)
