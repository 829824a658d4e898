"""``n6studio virtual-board``: emulates a board until Ctrl-C."""

import argparse

from n6studio.cli.command import Command, add_settings
from n6studio.domain.virtual_board import VirtualBoardSettings


def _options(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Without --model, it runs the latest quantized model of this folder, of 'n6studio demo' here, or of the "
        "window's sample project, and else the demo model. --model also takes a project folder. With --json every line "
        "is a JSON object."
    )
    add_settings(parser, "virtual_board", VirtualBoardSettings)


def _run(options: argparse.Namespace) -> int:
    from n6studio.cli.work.virtual_board import run_virtual_board

    return run_virtual_board(options)


COMMAND = Command(
    "virtual-board",
    "emulate an STM32N6570-DK that sends images and results as a live stream",
    _run,
    _options,
    process=VirtualBoardSettings,
)
