"""Reading a board's description: every field is there and of its kind, and they fit together.

A description that is not whole is refused with the file and the field that is wrong.
"""

import functools
import itertools
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from n6studio.board.description import Board, Carries, Chip, Table
from n6studio.domain.deploy import Boot, Role
from n6studio.domain.errors.deploy import BoardDescriptionInvalid
from n6studio.domain.errors.files import FileMissing, FileUnreadable

Made = TypeVar("Made", bound=Table)
Problem = tuple[str, str]  # (field, what is wrong with it)

SWITCH_WIDTH, SWITCH_HEIGHT = 38.0, 20.0  # of a switch's part of the drawing


def read_board(path: Path, chips: Path) -> Board:
    """Return the board that a file describes.

    Args:
        path: its description; what it does not say is as in the file beside it that its `like` names.
        chips: folder of the chips' descriptions.

    Raises:
        BoardDescriptionInvalid: a field is missing, unknown, of the wrong kind, or contradicts another.
        FileMissing, FileUnreadable: of the description, or of one that it names.
    """
    raw = _table(path)
    if like := raw.get("like"):
        file = _named(path, "like", like, path.parent)
        model = _table(file)
        if "like" in model:
            raise BoardDescriptionInvalid(path=path, field="like", reason=f"{like} is like another board itself")
        read_board(file, chips)  # what is wrong there is told of that file
        raw = {**model, **raw, "like": like}
    chip = _named(path, "chip", raw.get("chip"), chips)
    described = read_chip(chip)
    raw["chip"] = _table(chip)
    board = _made(Board, raw, path)
    board = msgspec.structs.replace(board, pools=(*board.pools, *described.pools))
    _require(path, _board_problems(board, path))
    return board


@functools.cache
def read_chip(path: Path) -> Chip:
    """Return the chip that a file describes.

    Raises:
        BoardDescriptionInvalid, FileMissing, FileUnreadable.
    """
    chip = _made(Chip, _table(path), path)
    _require(path, _chip_problems(chip, path))
    return chip


def _table(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise FileMissing(path=path) from None
    except OSError as error:
        raise FileUnreadable(path=path, reason=error.strerror or str(error)) from error
    except ValueError as error:
        raise BoardDescriptionInvalid(path=path, field="the file", reason=str(error)) from error


def _named(path: Path, field: str, name: object, folder: Path) -> Path:
    """Return the file of the description that a field names."""
    file = folder / f"{name}.toml"
    if not isinstance(name, str) or not file.is_file():
        known = ", ".join(sorted(one.stem for one in folder.glob("*.toml")))
        raise BoardDescriptionInvalid(path=path, field=field, reason=f"{name!r} is none of: {known}")
    return file


def _made(cls: type[Made], raw: dict[str, Any], path: Path) -> Made:
    try:
        return msgspec.convert(raw, cls)
    except msgspec.ValidationError as error:
        reason, _, where = str(error).partition(" - at `$")
        field = where.rstrip("`").lstrip(".") or "the file"
        raise BoardDescriptionInvalid(path=path, field=field, reason=reason) from error


def _require(path: Path, problems: Iterable[Problem]) -> None:
    for field, reason in problems:
        raise BoardDescriptionInvalid(path=path, field=field, reason=reason)


# --- what must fit together ------------------------------------------------------------------------------------------


def _chip_problems(chip: Chip, path: Path) -> Iterator[Problem]:
    if chip.key != path.stem:
        yield "key", f"it is {chip.key!r}, and the file is named {path.name}"
    if not chip.revisions:
        yield "revisions", "there is none"
    if chip.linker.enlarged_drops_pool not in [pool.name for pool in chip.pools]:
        yield "linker.enlarged_drops_pool", f"{chip.linker.enlarged_drops_pool!r} is none of the pools"
    if not chip.linker.stock <= chip.linker.enlarged:
        yield "linker.enlarged", "it is less than linker.stock"


def _board_problems(board: Board, path: Path) -> Iterator[Problem]:
    """Yield what does not fit together, the first cause first."""
    if board.key != path.stem:
        yield "key", f"it is {board.key!r}, and the file is named {path.name}"
    if not board.probe_names:
        yield "probe_names", "there is none"
    if board.needs_vendor_tools and not board.flash.loader:
        yield "flash.loader", "ST's programmer needs one"
    yield from _slot_problems(board)
    yield from _pool_problems(board)
    yield from _budget_problems(board)
    yield from _connector_problems(board)
    yield from _switch_problems(board)
    yield from _mode_problems(board)
    yield from _drawing_problems(board)


def _twice(values: Iterable[str]) -> str:
    """Return a value that is there more than once, '' where there is none."""
    return next((value for value, count in Counter(values).items() if count > 1), "")


def _slot_problems(board: Board) -> Iterator[Problem]:
    roles = [slot.role for slot in board.slots]
    for role in Role:
        if roles.count(role) != 1:
            yield "slots", f"there must be exactly one with the role {role.value!r}"
    for index, slot in enumerate(board.slots):
        if not board.flash.address <= slot.address < slot.end <= board.flash.end:
            yield f"slots[{index}]", "it is not within flash"
        if slot.address % board.flash.sector:
            yield f"slots[{index}].address", "it is no multiple of flash.sector"
    ordered = sorted(board.slots, key=lambda slot: slot.address)
    for first, second in itertools.pairwise(ordered):
        if second.address < first.end:
            yield "slots", f"those of {first.role.value} and {second.role.value} overlap"


def _pool_problems(board: Board) -> Iterator[Problem]:
    constant = [pool for pool in board.pools if pool.constant]
    if len(constant) != 1:
        yield "pools", "exactly one must be constant, for the weights"
    elif not board.flash.address <= constant[0].address < board.flash.end:
        yield "pools", f"{constant[0].name}, for the weights, does not begin in flash"
    if name := _twice(pool.name for pool in (*board.pools, *board.chip.reserved)):
        yield "pools", f"{name!r} is there twice; those of the chip need not be said again"
    ordered = sorted(board.pools, key=lambda pool: pool.address)
    for first, second in itertools.pairwise(ordered):
        if second.address < first.end:
            yield "pools", f"{first.name} and {second.name} overlap"


def _budget_problems(board: Board) -> Iterator[Problem]:
    for index, budget in enumerate(board.budgets):
        if budget.pair not in board.st.applications:
            yield f"budgets[{index}].pair", f"{budget.pair!r} is none of st.applications"
        if budget.screen not in (board.st.screens or ("",)):
            yield f"budgets[{index}].screen", f"{budget.screen!r} is none of st.screens"


def _connector_problems(board: Board) -> Iterator[Problem]:
    keys = [connector.key for connector in board.connectors]
    if key := _twice(keys):
        yield "connectors", f"{key!r} is there twice"
    probes = [connector for connector in board.connectors if Carries.PROBE in connector.carries]
    if len(probes) != 1:
        yield "connectors", f"exactly one must carry {Carries.PROBE.value!r}"
    for index, device in enumerate(board.usb):
        if device.connector not in keys:
            yield f"usb[{index}].connector", f"{device.connector!r} is none of: {', '.join(keys)}"


def _switch_problems(board: Board) -> Iterator[Problem]:
    if name := _twice(switch.name for switch in board.switches):
        yield "switches", f"{name!r} is there twice"
    for index, switch in enumerate(board.switches):
        if switch.positions[0] == switch.positions[1]:
            yield f"switches[{index}].positions", "both have the same name"


def _mode_problems(board: Board) -> Iterator[Problem]:
    positions = {switch.name: switch.positions for switch in board.switches}
    if key := _twice(mode.key.value for mode in board.boot_modes):
        yield "boot_modes", f"{key!r} is there twice"
    for needed in (Boot.DEVELOPMENT, Boot.FLASH):
        if needed not in [mode.key for mode in board.boot_modes]:
            yield "boot_modes", f"there must be one with the key {needed.value!r}"
    for index, mode in enumerate(board.boot_modes):
        where = f"boot_modes[{index}]"
        if not mode.steps:
            yield f"{where}.steps", "there is none"
        if set(mode.switches) != set(positions):
            yield f"{where}.switches", f"it must say where these stand: {', '.join(positions)}"
        for name, position in mode.switches.items():
            if position not in positions.get(name, ()):
                yield f"{where}.switches", f"{name} has no position {position!r}"
        if unknown := set(mode.decisive) - set(positions):
            yield f"{where}.decisive", f"{', '.join(sorted(unknown))} is no switch"
    yield from _uncovered(board, positions)


def _uncovered(board: Board, positions: dict[str, tuple[str, str]]) -> Iterator[Problem]:
    """Yield positions of the switches that select no mode."""
    for places in itertools.product(*positions.values()):
        stand = dict(zip(positions, places, strict=True))
        if not any(all(stand[name] == mode.switches[name] for name in mode.decisive) for mode in board.boot_modes):
            yield "boot_modes", f"none is selected by {', '.join(f'{name} {place}' for name, place in stand.items())}"


def _drawing_problems(board: Board) -> Iterator[Problem]:
    width, height = board.drawing.size
    inside: Callable[[float, float], bool] = lambda x, y: 0 <= x <= width and 0 <= y <= height  # noqa: E731
    if not inside(*board.drawing.name):
        yield "drawing.name", "it is outside drawing.size"
    for index, part in enumerate(board.drawing.parts):
        left, top, wide, high = part.place
        if not (inside(left, top) and inside(left + wide, top + high)):
            yield f"drawing.parts[{index}].place", "it is not within drawing.size"
    for index, connector in enumerate(board.connectors):
        x, y = connector.at
        if not (inside(x, y) and (x in (0, width) or y in (0, height))):
            yield f"connectors[{index}].at", "it is not on an edge of drawing.size"
    for index, switch in enumerate(board.switches):
        x, y = switch.at
        if not (inside(x, y) and inside(x + SWITCH_WIDTH, y + SWITCH_HEIGHT)):
            yield f"switches[{index}].at", f"it has no room of {SWITCH_WIDTH:g} x {SWITCH_HEIGHT:g} within drawing.size"
