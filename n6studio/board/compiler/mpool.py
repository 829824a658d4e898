"""Memory pools: where the NPU compiler may put weights and activations, per board and application.

The constant pool decides at which flash address the weights are expected: the compiler bakes it into the network code
as absolute addresses. So the pools come from the application's tree, or from the board's description where no tree is
at hand, and whoever programs the flash reads the address back from the compiler's report.
"""

import json
from collections.abc import Sequence
from dataclasses import replace as replace_region
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from n6studio.board.compiler.memories import Memories, Region
from n6studio.board.compiler.pairs import Pair
from n6studio.board.description import Board, Pool
from n6studio.gates.json_texts import json_file

KIB = 1024
PROFILE = "default"


def pools_for(pair: Pair, board: Board, enlarged: bool = False) -> tuple[Pool, ...]:
    """Return the pools that go with an application on a board.

    Args:
        pair: the application's release.
        board: the board.
        enlarged: whether the application's own memory region was enlarged over the next memory (see `fit`).
    """
    if pair.memories is not None:
        return _pools_of_tree(pair.memories, board, enlarged)
    taken = board.chip.linker.enlarged_drops_pool if pair.family == "multi-pose" or enlarged else ""
    # ST's own files give more for weights than there is on boards with less flash.
    pools = [
        replace(pool, size=min(pool.size, board.flash.end - pool.address)) if pool.constant else pool
        for pool in sorted(board.pools, key=lambda pool: (pool.constant, pool.address))
        if pool.name != taken
    ]
    return (*board.chip.reserved, *pools)


def main_region(memories: Memories, board: Board, enlarged: bool) -> Region:
    """Return the application's region as it will be linked."""
    main, linker = memories.main, board.chip.linker
    return replace_region(main, size=max(main.size, linker.enlarged)) if enlarged else main


def _pools_of_tree(memories: Memories, board: Board, enlarged: bool) -> tuple[Pool, ...]:
    """Return the tree's pools; an enlarged region takes those that it covers."""
    main = main_region(memories, board, enlarged)
    pools = []
    for pool in memories.pools:
        if enlarged and pool.size and main.address <= pool.address < main.end:
            continue
        # ST's own files give more for weights than there is on boards with less flash.
        size = min(pool.size, board.flash.end - pool.address) if pool.constant else pool.size
        pools.append(replace(pool, size=size))
    return tuple(pools)


def weights_pool(pools: Sequence[Pool]) -> Pool:
    """Return the pool that weights go to."""
    return next(pool for pool in pools if pool.constant)


def on_chip(pools: Sequence[Pool], board: Board) -> int:
    """Return how many bytes the pools have inside the board's chip for activations."""
    return sum(pool.size for pool in pools if not pool.constant and pool.address < board.chip.outside)


def to_json(pools: Sequence[Pool], board: Board) -> dict[str, Any]:
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
            "mempools": [_pool_to_json(pool, pool.address >= board.chip.outside) for pool in pools],
        },
    }


def _pool_to_json(pool: Pool, outside: bool) -> dict[str, Any]:
    speed = pool.speed
    properties: dict[str, Any] = {
        "rights": "ACC_READ" if pool.constant else "ACC_WRITE",
        "throughput": speed.throughput,
        "latency": speed.latency,
        "byteWidth": speed.byte_width,
        "freqRatio": speed.ratio,
        **({"cacheable": "CACHEABLE_ON"} if outside else {}),
        "read_power": speed.read_power,
        "write_power": speed.write_power,
        **({"constants_preferred": "true"} if outside else {}),
    }
    return {
        "fname": pool.file,
        "name": pool.name,
        "fformat": "FORMAT_RAW",
        "prop": properties,
        "offset": {"value": f"0x{pool.address:08x}", "magnitude": "BYTES"},
        "size": {"value": str(pool.size // KIB), "magnitude": "KBYTES"},
    }


def _of_tree(memories: Memories, pools: Sequence[Pool]) -> Any:
    """Return the tree's own pool file with these pools and sizes; whatever else it says is kept."""
    document = json_file(memories.pools_file)
    sizes = {pool.name: pool.size for pool in pools}
    entries = [entry for entry in document["memory"]["mempools"] if entry["name"] in sizes]
    for entry in entries:
        entry["size"] = {"value": str(sizes[entry["name"]] // KIB), "magnitude": "KBYTES"}
    document["memory"]["mempools"] = entries
    return document


def write_configuration(folder: Path, pair: Pair, board: Board, pools: Sequence[Pool], options: str = "") -> Path:
    """Write the pool file and the neural-ART profile that names it; return the profile's file.

    Args:
        folder: where; also the compiler's working folder, which relative names refer to.
        pair: the release, whose compiler options are used.
        board: the board.
        pools: what may be used.
        options: other options for the NPU compiler; "" for the pair's own.
    """
    document = to_json(pools, board) if pair.memories is None else _of_tree(pair.memories, pools)
    (folder / "n6studio.mpool").write_text(json.dumps(document, indent=2), encoding="utf-8")
    profile = {"memory_pool": "./n6studio.mpool", "options": options or pair.options}
    path = folder / "n6studio_neuralart.json"
    path.write_text(json.dumps({"Globals": {}, "Profiles": {PROFILE: profile}}, indent=2), encoding="utf-8")
    return path
