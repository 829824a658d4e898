"""Memory pools: where the NPU compiler may put weights and activations, per board and application.

The pool named octoFlash decides at which flash address the weights are expected: the compiler bakes it into the network
code as absolute addresses. So the pools come from the board's description alone, and whoever programs the flash reads
the address back from the compiler's report. Throughput, latency and power figures describe the chip and are the same on
all boards.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from n6studio.board import registry as boards
from n6studio.board.compiler.pairs import Pair
from n6studio.domain.errors.compiler import ReportUnreadable

KIB, MIB = 1024, 1024 * 1024
WEIGHTS = "octoFlash"
PROFILE = "default"
OUTSIDE_CHIP = 0x60000000  # external memories begin here
_UNITS = {"BYTES": 1, "KBYTES": KIB, "MBYTES": MIB}


@dataclass(frozen=True)
class Pool:
    """One memory that the compiler may use.

    Attributes:
        name: the compiler's name for it, such as 'npuRAM5'.
        file: suffix of the file that initial contents for it are written to, such as 'xSPI2'.
        offset: first address.
        size: bytes; 0 for a memory that exists and must not be used.
        writable: False for flash.
        properties: how fast and how costly it is, for the compiler.
    """

    name: str
    file: str
    offset: int
    size: int
    writable: bool
    properties: tuple[tuple[str, Any], ...] = ()

    @property
    def end(self) -> int:
        """First address behind it."""
        return self.offset + self.size


def _speed(name: str) -> tuple[tuple[str, Any], ...]:
    """Return what a memory of the chip costs the compiler: throughput, latency and power, as ST's files have it."""
    read, write = _POWER[name]
    power = (("read_power", read), ("write_power", write))
    if name.startswith("npuRAM"):
        return (("throughput", "HIGH"), ("latency", "LOW"), ("byteWidth", 8), ("freqRatio", 1.25), *power)
    if name in _OUTSIDE:
        width, ratio = _OUTSIDE[name]
        outside = (("throughput", "MID"), ("latency", "HIGH"), ("byteWidth", width), ("freqRatio", ratio))
        return (*outside, ("cacheable", "CACHEABLE_ON"), *power, ("constants_preferred", "true"))
    return (("throughput", "MID"), ("latency", "MID"), ("byteWidth", 8), ("freqRatio", 2.50), *power)


_POWER = {
    "flexMEM": (9.381, 8.569),
    "cpuRAM1": (16.616, 14.522),
    "cpuRAM2": (17.324, 15.321),
    "npuRAM3": (18.531, 16.201),
    "npuRAM4": (18.531, 16.201),
    "npuRAM5": (18.531, 16.201),
    "npuRAM6": (19.006, 15.790),
    "hyperRAM": (380, 340.0),
    "octoFlash": (110, 400.0),
}
_OUTSIDE = {"hyperRAM": (2, 5.00), "octoFlash": (1, 6.00)}
# Memories that exist and that the application keeps for itself; the compiler wants to hear of them.
_UNUSED = (("flexMEM", "AXIFLEXMEM", 0x34000000), ("cpuRAM1", "AXISRAM1", 0x34080000))


def pools_for(pair: Pair, board: str, enlarged: bool = False) -> tuple[Pool, ...]:
    """Return the pools that go with an application on a board.

    Args:
        pair: the application's release.
        board: name or key of the board.
        enlarged: whether the application's own memory region was enlarged over cpuRAM2 (see `fit`).
    """
    described = boards.board(board)
    taken = described.linker.enlarged_drops_pool if pair.family == "multi-pose" or enlarged else ""
    unused = [Pool(name, file, offset, 0, True, _speed(name)) for name, file, offset in _UNUSED]
    pools = [
        Pool(
            name=pool.name,
            file=pool.fname,
            offset=pool.address,
            # Both boards' files of the Getting Started application give 61 MiB, more than the Nucleo's flash has.
            size=min(pool.size, described.flash.end - pool.address) if pool.constant else pool.size,
            writable=not pool.constant,
            properties=_speed(pool.name),
        )
        for pool in sorted(described.pools, key=lambda pool: (pool.constant, pool.address))
        if pool.name != taken
    ]
    return (*unused, *pools)


def weights_pool(pools: Sequence[Pool]) -> Pool:
    """Return the pool that weights go to."""
    return next(pool for pool in pools if pool.name == WEIGHTS)


def on_chip(pools: Sequence[Pool]) -> int:
    """Return how many bytes the pools have inside the chip for activations."""
    return sum(pool.size for pool in pools if pool.writable and pool.offset < OUTSIDE_CHIP)


def to_json(pools: Sequence[Pool]) -> dict[str, Any]:
    """Return the pools in the compiler's form: all numbers of addresses and sizes are texts."""
    cache = {"nlines": 512, "linesize": 64, "associativity": 8, "bypass_enable": 1}
    cache_speed = {
        "rights": "ACC_WRITE", "throughput": "MID", "latency": "MID", "byteWidth": 8, "freqRatio": 2.50,
        "read_power": 13.584, "write_power": 12.645,
    }  # fmt: skip
    return {
        "params": {"param": [{"paramname": "max_onchip_sram_size", "value": "1024", "magnitude": "KBYTES"}]},
        "memory": {
            "cacheinfo": [{**cache, "prop": cache_speed}],
            "mem_file_prefix": "atonbuf",
            "mempools": [_pool_to_json(pool) for pool in pools],
        },
    }


def _pool_to_json(pool: Pool) -> dict[str, Any]:
    rights = "ACC_WRITE" if pool.writable else "ACC_READ"
    return {
        "fname": pool.file,
        "name": pool.name,
        "fformat": "FORMAT_RAW",
        "prop": {"rights": rights, **dict(pool.properties)},
        "offset": {"value": f"0x{pool.offset:08x}", "magnitude": "BYTES"},
        "size": {"value": str(pool.size // KIB), "magnitude": "KBYTES"},
    }


def write_configuration(folder: Path, pair: Pair, pools: Sequence[Pool], options: str = "") -> Path:
    """Write the pool file and the neural-ART profile that names it; return the profile's file.

    Args:
        folder: where; also the compiler's working folder, which relative names refer to.
        pair: the release, whose compiler options are used.
        pools: what may be used.
        options: other options for the NPU compiler; "" for the pair's own.
    """
    (folder / "n6studio.mpool").write_text(json.dumps(to_json(pools), indent=2), encoding="utf-8")
    profile = {"memory_pool": "./n6studio.mpool", "options": options or pair.options}
    path = folder / "n6studio_neuralart.json"
    path.write_text(json.dumps({"Globals": {}, "Profiles": {PROFILE: profile}}, indent=2), encoding="utf-8")
    return path


def read_pools(path: Path) -> tuple[Pool, ...]:
    """Read a .mpool file: ST's, ours, or the one that the compiler leaves in its workspace with other spellings.

    Raises:
        ReportUnreadable: it is none.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        memory = document["memory"]
        pools = memory.get("mempools") or memory["memPools"]
        return tuple(_pool_from_json(item) for item in pools)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ReportUnreadable(path=path, reason=f"it is no memory pool file ({error})") from error


def _pool_from_json(item: dict[str, Any]) -> Pool:
    properties = dict(item["prop"])
    rights = properties.pop("rights", "ACC_WRITE")
    return Pool(
        name=str(item["name"]),
        file=str(item["fname"]),
        offset=_amount(item["offset"]),
        size=_amount(item["size"]),
        writable="WRITE" in rights,
        properties=tuple(properties.items()),
    )


def _amount(value: dict[str, Any]) -> int:
    return int(str(value["value"]), 0) * _UNITS[str(value.get("magnitude", "BYTES")).upper()]
