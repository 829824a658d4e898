"""Memory pools: where the NPU compiler may put weights and activations, per board and application.

The pool named octoFlash decides at which flash address the weights are expected: the compiler bakes it into the network
code as absolute addresses. So the pools are written here once, and whoever programs the flash reads the address back
from the compiler's report. Offsets and sizes are those of ST's applications (their Model/my_mpools); throughput,
latency and power figures describe the chip and are the same on both boards.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from n6studio.board.pairs import DISCOVERY, NUCLEO, Pair
from n6studio.domain.errors_tools import ReportUnreadable

KIB, MIB = 1024, 1024 * 1024
WEIGHTS = "octoFlash"
PROFILE = "default"
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


def _chip(name: str, file: str, offset: int, size: int, read: float, write: float, npu: bool = False) -> Pool:
    speed = (("throughput", "HIGH"), ("latency", "LOW"), ("byteWidth", 8), ("freqRatio", 1.25))
    slow = (("throughput", "MID"), ("latency", "MID"), ("byteWidth", 8), ("freqRatio", 2.50))
    power = (("read_power", read), ("write_power", write))
    return Pool(name, file, offset, size, True, (*(speed if npu else slow), *power))


def _outside(name: str, file: str, offset: int, size: int, writable: bool, *more: tuple[str, Any]) -> Pool:
    common = (("throughput", "MID"), ("latency", "HIGH"), ("cacheable", "CACHEABLE_ON"))
    return Pool(name, file, offset, size, writable, (*common, *more, ("constants_preferred", "true")))


_UNUSED = (
    _chip("flexMEM", "AXIFLEXMEM", 0x34000000, 0, 9.381, 8.569),
    _chip("cpuRAM1", "AXISRAM1", 0x34080000, 0, 16.616, 14.522),
)
_CPU_RAM = _chip("cpuRAM2", "AXISRAM2", 0x34100000, MIB, 17.324, 15.321)
_NPU_RAM = (
    _chip("npuRAM3", "AXISRAM3", 0x34200000, 448 * KIB, 18.531, 16.201, npu=True),
    _chip("npuRAM4", "AXISRAM4", 0x34270000, 448 * KIB, 18.531, 16.201, npu=True),
    _chip("npuRAM5", "AXISRAM5", 0x342E0000, 448 * KIB, 18.531, 16.201, npu=True),
    _chip("npuRAM6", "AXISRAM6", 0x34350000, 448 * KIB, 19.006, 15.790, npu=True),
)
_HYPER_RAM = _outside(
    "hyperRAM", "xSPI1", 0x90000000, 16 * MIB, True,
    ("byteWidth", 2), ("freqRatio", 5.00), ("read_power", 380), ("write_power", 340.0),
)  # fmt: skip


def _flash(megabytes: int) -> Pool:
    return _outside(
        WEIGHTS, "xSPI2", 0x70380000, megabytes * MIB, False,
        ("byteWidth", 1), ("freqRatio", 6.00), ("read_power", 110), ("write_power", 400.0),
    )  # fmt: skip


# Both boards' pools of the Getting Started application have 61 MiB, although the Nucleo's flash ends at 64 MiB and the
# region begins at 3.5 MiB: only 60.5 MiB are really there.
NUCLEO_FLASH_END = 0x74000000


def pools_for(pair: Pair, board: str, enlarged: bool = False) -> tuple[Pool, ...]:
    """Return the pools that go with an application on a board.

    Args:
        pair: the application's release.
        board: name of the board.
        enlarged: whether the application's own memory region was enlarged over cpuRAM2 (see `fit.ENLARGED_REGION`).
    """
    own_region = pair.family == "multi-pose" or enlarged
    flash = _flash(63 if pair.family == "multi-pose" else 61)
    if board == NUCLEO:
        flash = Pool(flash.name, flash.file, flash.offset, NUCLEO_FLASH_END - flash.offset, False, flash.properties)
    chip = (*_UNUSED, *(() if own_region else (_CPU_RAM,)), *_NPU_RAM)
    return (*chip, *((_HYPER_RAM,) if board == DISCOVERY else ()), flash)


def weights_pool(pools: Sequence[Pool]) -> Pool:
    """Return the pool that weights go to."""
    return next(pool for pool in pools if pool.name == WEIGHTS)


def on_chip(pools: Sequence[Pool]) -> int:
    """Return how many bytes the pools have inside the chip for activations."""
    return sum(pool.size for pool in pools if pool.writable and pool.offset < 0x40000000)


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
