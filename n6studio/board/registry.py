"""Boards: what differs between them, one description file each in resources/boards, and the registry of them all.

Exports: `Board` and its parts (`Flash`, `Memory`, `Pool`, `Slot`, `Linker`, `RamBudget`, `UsbDevice`, `Connector`,
`BootSwitch`, `BootMode`, `Irreversible`), `Role`, `boards()`, `board(key)`, `board_of_probe(name)`, `VIRTUAL`.
"""

import enum
import functools
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from n6studio.domain.errors.settings import SettingInvalid
from n6studio.system.resources import resource

Made = TypeVar("Made")

VIRTUAL = "virtual"


class Role(enum.StrEnum):
    """What an image is to the board."""

    FSBL = "fsbl"
    APPLICATION = "application"
    WEIGHTS = "weights"

    @property
    def words(self) -> str:
        """Return how people call it."""
        return {"fsbl": "first-stage boot loader", "application": "application", "weights": "network weights"}[self]


@dataclass(frozen=True)
class Flash:
    """External flash: where it is mapped, its size, and what erases at once, in bytes.

    `loader` is the file name of ST's external loader for it, '' where none is needed.
    """

    chip: str
    address: int
    size: int
    sector: int
    loader: str

    @property
    def end(self) -> int:
        """Return the first address behind it."""
        return self.address + self.size


@dataclass(frozen=True)
class Memory:
    """A memory that the chip sees: address and size in bytes, and what it is used for."""

    name: str
    address: int
    size: int
    use: str


@dataclass(frozen=True)
class Pool:
    """A region that ST's memory pool files for this board give to the network compiler; `constant` for weights."""

    fname: str
    name: str
    address: int
    size: int
    constant: bool = False


@dataclass(frozen=True)
class Slot:
    """Where an image of one role lies in flash: its first address, and the first one that is no longer its."""

    role: Role
    address: int
    end: int

    @property
    def size(self) -> int:
        """Return the room in bytes."""
        return self.end - self.address


@dataclass(frozen=True)
class RamBudget:
    """RAM that one of ST's applications takes when linked, measured; with another network good to some tens of kB.

    Attributes:
        pair: key of the application's release in `pairs.PAIRS`.
        screen: 'UVCL' or 'SPI' where the application is built for one of them; '' for the board's own.
        base: bytes without any boxes.
        per_box: bytes per box of a network with 17 keypoints.
        per_keypoint: of these, bytes per keypoint.
    """

    pair: str
    screen: str
    base: int
    per_box: int
    per_keypoint: int

    def needed(self, boxes: int, keypoints: int = 17) -> int:
        """Return bytes for a network that gives this many boxes with this many keypoints each."""
        return self.base + (self.per_box + self.per_keypoint * (keypoints - 17)) * boxes


@dataclass(frozen=True)
class Linker:
    """The RAM region that the application is linked into, in bytes.

    Attributes:
        region: name in the linker script.
        address: its origin.
        stock: its length in ST's script.
        enlarged: its length when it also takes AXISRAM2; linked, but never run on hardware.
        enlarged_drops_pool: memory pool that the network then loses.
        budgets: what ST's applications take of it.
    """

    region: str
    address: int
    stock: int
    enlarged: int
    enlarged_drops_pool: str
    budgets: tuple[RamBudget, ...]


@dataclass(frozen=True)
class UsbDevice:
    """A USB device that the board shows: vendor and possible product ids, and the key of its connector."""

    vendor: int
    products: tuple[int, ...]
    what: str
    connector: str


@dataclass(frozen=True)
class Connector:
    """A socket: what is printed beside it, and which one it is in words."""

    key: str
    marking: str
    words: str


@dataclass(frozen=True)
class BootSwitch:
    """A boot switch ('slide': positions left, right) or jumper ('jumper': positions 1, 2), as a drawing needs it."""

    name: str
    label: str
    kind: str
    positions: tuple[str, ...]


@dataclass(frozen=True)
class BootMode:
    """A way to start: `switches` gives each boot switch's position, `decisive` those that matter, `sign` what shows it.

    `key` is 'development', 'flash' or 'serial'; `words` is one sentence without its full stop.
    """

    key: str
    title: str
    words: str
    sign: str
    switches: dict[str, str]
    decisive: tuple[str, ...]


@dataclass(frozen=True)
class Irreversible:
    """Something that cannot be undone, and when it happens; confirmed separately."""

    key: str
    title: str
    words: str
    when: str


@dataclass(frozen=True)
class Board:
    """One board.

    `probe_names` are how an ST-LINK reports the board that it sits on, `video` is where its picture goes.
    """

    key: str
    name: str
    summary: str
    probe_names: tuple[str, ...]
    device_id: int
    revisions: tuple[str, ...]
    camera: str
    display: str
    video: str
    virtual: bool
    flash: Flash
    memories: tuple[Memory, ...]
    pools: tuple[Pool, ...]
    slots: tuple[Slot, ...]
    linker: Linker
    connectors: tuple[Connector, ...]
    switches: tuple[BootSwitch, ...]
    boot_modes: tuple[BootMode, ...]
    usb: tuple[UsbDevice, ...] = ()
    irreversible: tuple[Irreversible, ...] = field(default=())

    def slot(self, role: Role) -> Slot:
        """Return the flash slot for images of `role`."""
        return next(slot for slot in self.slots if slot.role == role)

    def boot_mode(self, key: str) -> BootMode:
        """Return the mode 'development', 'flash' or 'serial'."""
        return next(mode for mode in self.boot_modes if mode.key == key)

    def connector(self, key: str) -> Connector:
        """Return the socket 'st-link' or 'video'."""
        return next(connector for connector in self.connectors if connector.key == key)

    def mode_of(self, positions: dict[str, str]) -> BootMode:
        """Return the mode that the switches select; development boot counts first, for BOOT1 alone decides it."""
        order = sorted(self.boot_modes, key=lambda mode: len(mode.decisive))
        return next(mode for mode in order if all(positions[name] == mode.switches[name] for name in mode.decisive))


@functools.cache
def boards() -> tuple[Board, ...]:
    """Return all boards, real ones first, by name."""
    folder = resource("boards")
    found = [read_board(path) for path in sorted(folder.glob("*.toml"))]
    return tuple(sorted(found, key=lambda item: (item.virtual, item.name)))


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


def read_board(path: Path) -> Board:
    """Read a description file; its keys are exactly the fields of `Board`."""
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    raw["flash"] = Flash(**raw["flash"])
    raw["linker"]["budgets"] = [RamBudget(**item) for item in raw["linker"]["budgets"]]
    raw["linker"] = _made(Linker, raw["linker"])
    raw["slots"] = [Slot(Role(item["role"]), item["address"], item["end"]) for item in raw["slots"]]
    parts: dict[str, Callable[..., Any]] = {
        "memories": Memory,
        "pools": Pool,
        "usb": UsbDevice,
        "connectors": Connector,
        "switches": BootSwitch,
        "boot_modes": BootMode,
        "irreversible": Irreversible,
    }
    for name, cls in parts.items():
        raw[name] = [_made(cls, item) for item in raw.get(name, [])]
    return _made(Board, raw)


def _made(cls: Callable[..., Made], values: dict[str, Any]) -> Made:
    """Make a dataclass of a table, its lists as tuples; a key too many or too few is a TypeError."""
    plain = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    return cls(**plain)


def hex_address(address: int) -> str:
    """Return an address as people and ST's tools write it, for example 0x70100000."""
    return f"0x{address:08X}"
