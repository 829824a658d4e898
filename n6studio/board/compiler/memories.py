"""What an application's tree says of memories: the compiler's pools (.mpool) and the linker's regions (.ld).

A pool and a region that share addresses destroy each other while the board runs, and nothing tells. `check_memories`
holds them against each other before anything is compiled.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from n6studio.board.description import Board, Pool, Speed, hex_address
from n6studio.domain.deploy import Role
from n6studio.domain.errors.application import ApplicationConfigInvalid
from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.foreign import reason_of
from n6studio.domain.errors.tree import MemoryOverlap, RegionMisplaced, WeightsMisplaced
from n6studio.gates.files import read_text
from n6studio.gates.json_texts import json_file

_UNITS = {"BYTES": 1, "KBYTES": 1024, "MBYTES": 1024**2, "GBYTES": 1024**3}
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_MEMORY = re.compile(r"\bMEMORY\s*\{([^{}]*)\}")
_REGION = re.compile(
    r"^[ \t]*(\w+)\s*(?:\([^()]*\))?\s*:\s*(?:ORIGIN|org|o)\s*=\s*([^,\n]{1,200}),"
    r"\s*(?:LENGTH|len|l)\s*=[ \t]*([^\n,]{1,200})$",
    re.MULTILINE,
)
_NO_ADDRESS = 1 << 40  # far beyond the 32 bits of the chip
_STACK = re.compile(r"\b_estack\s*=\s*ORIGIN\s*\(\s*(\w+)\s*\)")
_NUMBER = re.compile(r"(?:0[xX]([0-9a-fA-F]{1,12})|(0[0-7]{0,15})|([1-9][0-9]{0,14}))([KM]?)")


@dataclass(frozen=True)
class Region:
    """A memory region of a linker script.

    Attributes:
        name: in the script.
        address: first address.
        size: bytes.
    """

    name: str
    address: int
    size: int

    @property
    def end(self) -> int:
        """Return the first address behind it."""
        return self.address + self.size


@dataclass(frozen=True)
class Memories:
    """What a tree says of one board's memories.

    Attributes:
        pools_file: the .mpool.
        pools: what is in it, in its order; those of 0 bytes exist and are not to be used.
        linker: the linker script.
        regions: what is in its MEMORY block.
        main: the one of these that the application fills.
    """

    pools_file: Path
    pools: tuple[Pool, ...]
    linker: Path
    regions: tuple[Region, ...]
    main: Region


def read_pools(path: Path) -> tuple[Pool, ...]:
    """Return the memory pools of an .mpool file.

    Raises:
        ApplicationConfigInvalid: it cannot be read, or lacks what every one has.
    """
    try:
        return tuple(_pool(entry) for entry in json_file(path)["memory"]["mempools"])
    except OSError as error:
        raise ApplicationConfigInvalid(path=path, missing=f"the file itself ({reason_of(error)})") from error
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise ApplicationConfigInvalid(path=path, missing=f"memory pools as ST writes them ({error})") from error


def _pool(entry: Mapping[str, Any]) -> Pool:
    speed = entry["prop"]
    return Pool(
        name=str(entry["name"]),
        file=str(entry["fname"]),
        address=_quantity(entry["offset"]),
        size=_quantity(entry["size"]),
        speed=Speed(
            throughput=speed.get("throughput", "MID"),
            latency=speed.get("latency", "MID"),
            byte_width=int(speed.get("byteWidth", 8)),
            ratio=float(speed.get("freqRatio", 1.0)),
            read_power=float(speed.get("read_power", 0.0)),
            write_power=float(speed.get("write_power", 0.0)),
        ),
        constant=speed["rights"] == "ACC_READ",
    )


def _quantity(value: Mapping[str, Any]) -> int:
    """Return an address or a size in bytes.

    Raises:
        ValueError: it is none that this processor has.
    """
    found = int(str(value["value"])[:20], 0) * _UNITS[str(value.get("magnitude", "BYTES")).upper()]
    if not 0 <= found < _NO_ADDRESS:
        raise ValueError(f"{found} is no address or size")
    return found


def read_regions(path: Path, address: int) -> tuple[tuple[Region, ...], Region]:
    """Return the regions of a linker script, and the one that the application fills.

    Args:
        path: the script.
        address: where the boot loader starts applications; tells the main region where the script does not.

    Raises:
        ApplicationConfigInvalid: it cannot be read, or has no MEMORY block.
    """
    try:
        text = _COMMENT.sub(" ", read_text(path, errors="replace"))
    except OSError as error:
        raise ApplicationConfigInvalid(path=path, missing=f"the file itself ({reason_of(error)})") from error
    block = _MEMORY.search(text)
    found = [
        Region(name, origin, length)
        for name, first, second in (_REGION.findall(block[1]) if block else ())
        if (origin := _value(first)) is not None and (length := _value(second)) is not None
    ]
    if not found:
        raise ApplicationConfigInvalid(path=path, missing="a MEMORY block")
    stack = _STACK.search(text)
    main = next((region for region in found if stack and region.name == stack[1]), None)
    main = main or next((region for region in found if region.address == address), found[0])
    return tuple(found), main


def _value(text: str) -> int | None:
    """Return what a number of a linker script is, with K and M, and sums of such; None for what it does not know."""
    total, sign = 0, 1
    for part in re.split(r"\s*([+-])\s*", text.strip()):
        if part in ("+", "-"):
            sign = 1 if part == "+" else -1
        elif number := _NUMBER.fullmatch(part):
            digits, base = next((number[at], base) for at, base in ((1, 16), (2, 8), (3, 10)) if number[at])
            total += sign * int(digits, base) * {"": 1, "K": 1024, "M": 1024**2}[number[4]]
        else:
            return None
    return total if total >= 0 else None


def check_memories(memories: Memories, pools: Iterable[Pool], main: Region, board: Board) -> None:
    """Refuse memories that overlap or lie where the board's boot loader and flash plan do not expect them.

    Args:
        memories: what the tree says.
        pools: what the compiler may really use.
        main: the application's region as it is linked.
        board: the board.

    Raises:
        MemoryOverlap, RegionMisplaced, WeightsMisplaced.
    """
    for problem in memory_problems(memories, pools, main, board):
        raise problem


def memory_problems(memories: Memories, pools: Iterable[Pool], main: Region, board: Board) -> Iterable[StudioError]:
    """Yield what `check_memories` raises, the worst first."""
    if main.address != board.chip.linker.address:
        yield RegionMisplaced(
            linker=memories.linker,
            region=main.name,
            found=hex_address(main.address),
            wanted=hex_address(board.chip.linker.address),
        )
    regions = (main, *(region for region in memories.regions if region.name != memories.main.name))
    used = [pool for pool in pools if pool.size]
    named: list[tuple[str, Pool | Region]] = [(f"memory pool {pool.name}", pool) for pool in used]
    named += [(f"linker region {region.name}", region) for region in regions if region.size]
    for (first, one), (second, other) in combinations(named, 2):
        if one.address < other.end and other.address < one.end:
            yield MemoryOverlap(
                first=first,
                first_range=_range(one),
                second=second,
                second_range=_range(other),
                pools=memories.pools_file,
                linker=memories.linker,
            )
    slot = board.slot(Role.WEIGHTS)
    for pool in used:
        if pool.constant and not slot.address <= pool.address < slot.end:
            yield WeightsMisplaced(
                pool=pool.name,
                address=hex_address(pool.address),
                wanted=hex_address(slot.address),
                where=f"the flash plan of the {board.name}",
            )


def _range(memory: Pool | Region) -> str:
    return f"{hex_address(memory.address)} to {hex_address(memory.end)}"
