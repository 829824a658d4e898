"""The registry of all boards: one description file each in resources/boards; that of this computer is one of them.

Exports: `boards()`, `vendor_boards()`, `played_boards()`, `board(key)`, `board_of_probe(name)`.
"""

import functools

from n6studio.board.description import Board
from n6studio.board.reading import read_board
from n6studio.domain.carried import board_keys
from n6studio.domain.errors.settings import SettingInvalid
from n6studio.system.resources import resource


@functools.cache
def boards() -> tuple[Board, ...]:
    """Return all boards by their ranks; the first one is the default.

    Raises:
        BoardDescriptionInvalid, FileMissing, FileUnreadable: a description is wrong, or there is none.
    """
    folder, chips = resource("boards"), resource("chips")
    return tuple(read_board(folder / f"{key}.toml", chips) for key in board_keys())


def vendor_boards() -> tuple[Board, ...]:
    """Return the boards that ST's tools and applications know."""
    return tuple(item for item in boards() if item.needs_vendor_tools)


def played_boards() -> tuple[Board, ...]:
    """Return the boards that this computer plays."""
    return tuple(item for item in boards() if item.runs_here)


def board(key: str) -> Board:
    """Return the board with this key or name, in any case.

    Raises:
        SettingInvalid: there is none.
    """
    for item in boards():
        if key.casefold() in (item.key, item.name.casefold()):
            return item
    raise SettingInvalid(name="board", value=key, allowed=tuple(item.key for item in boards()))


def board_of_probe(name: str) -> Board | None:
    """Return the board that an ST-LINK's 'Board' or 'Board Name' line stands for, None for one that we do not know."""
    name = name.strip().casefold()
    for item in boards():
        if any(name.startswith(known.casefold()) for known in item.probe_names):  # a revision may follow
            return item
    return None
