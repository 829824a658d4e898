"""How a board is reached: its programmer, what it got last, and the hands that move its switches where we have them."""

from pathlib import Path

import platformdirs

from n6studio.board.application.live.stream import UART_BAUD
from n6studio.board.description import Board
from n6studio.board.program import WrittenRecords
from n6studio.board.programmer import Programmer
from n6studio.board.registry import board
from n6studio.board.running.watch import Watch
from n6studio.board.virtual.board import VirtualBoard
from n6studio.board.virtual.programmer import VirtualProgrammer
from n6studio.domain.deploy import Instruction
from n6studio.engine.deploy.tools import st_programmer
from n6studio.stages.deploy.stage import DeploySettings


def virtual_folder(settings: DeploySettings) -> Path:
    """Return where the chosen board lives, for one that this computer plays."""
    if settings.virtual_folder:
        return Path(settings.virtual_folder).expanduser().absolute()
    return platformdirs.user_data_path("n6studio", appauthor=False) / f"{board(settings.board).key}-board"


def virtual_board(settings: DeploySettings) -> VirtualBoard:
    """Return the chosen board, one that this computer plays; it is made where it is not there yet.

    Raises:
        DiskFull, NotWritable.
    """
    return VirtualBoard(virtual_folder(settings), board(settings.board).key)


def averages(settings: DeploySettings) -> bool:
    """Return whether the board averages keypoints: asked to, and it runs our post-processing, as ST's cannot."""
    return settings.average and runs_our_code(settings)


def runs_our_code(settings: DeploySettings) -> bool:
    """Return whether N6 Studio's own code finds the people: its firmware, with the live stream, or this computer."""
    return settings.live_stream or board(settings.board).runs_here


def programmer_for(settings: DeploySettings, target: Board) -> Programmer:
    """Return the way to a board.

    Raises:
        ToolMissing, ToolTooOld, ToolKnownBad: there is no programmer that can be used.
    """
    if target.needs_vendor_tools:
        return st_programmer(settings, target)
    return VirtualProgrammer(virtual_board(settings), settings.serial)


def watch_for(target: Board, probe: str, settings: DeploySettings) -> Watch | None:
    """Begin to watch a board from outside; None for one that tells itself what runs on it."""
    if not target.needs_vendor_tools:
        return None
    over_uart = settings.live_stream and settings.live_link == "uart"
    return Watch(target, probe, stream_baud=UART_BAUD if over_uart else 0)


def records_for(settings: DeploySettings) -> WrittenRecords:
    """Return what was last written to this user's boards; one that this computer plays keeps its own."""
    if board(settings.board).runs_here:
        return WrittenRecords(virtual_folder(settings) / "written.json")
    return WrittenRecords(platformdirs.user_data_path("n6studio", appauthor=False) / "boards" / "written.json")


def obey(settings: DeploySettings, instruction: Instruction) -> None:
    """Do at a board that needs no hands what a person does at others: move switches, unplug it, plug it in again."""
    follow(virtual_board(settings), instruction)


def follow(virtual: VirtualBoard, instruction: Instruction) -> None:
    """Do on a virtual board what a person is told to do."""
    if instruction.position is not None:
        virtual.set_switches(instruction.position)
    virtual.unplug()
    virtual.power_cycle()


def live_source(settings: DeploySettings) -> str:
    """Return the address of what runs on the chosen board, for the live view; '' where that is to be looked for."""
    return f"virtual:?flash={virtual_folder(settings)}" if board(settings.board).runs_here else ""
