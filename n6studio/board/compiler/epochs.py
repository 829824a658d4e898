"""Each step of a compiled model, and how full the memories are while it runs, from the compiler's two files.

The c_info (schema 2.0) lists every epoch with its operations, its buffers and, in `power_estimates`, the cycles that
the compiler expects. Where it has no such lists, the report's table of epochs says at least where each is computed.
"""

import re
from typing import Any

from n6studio.domain.model.speed import Epoch, PoolLife, Unit

_MOST_EPOCHS = 20_000  # a file that says more is damaged
_UNITS = {"NODE_EC": Unit.NPU, "NODE_HW": Unit.NPU, "NODE_SW": Unit.CPU, "NODE_SW_HW": Unit.BOTH}
_NO_WORK = {"Param", "Return"}
_OLD_ROW = re.compile(r"^epoch\s+(\d+)\s+(EC|HW|-SW-|\?\?)[ \t]*(?:\([ \t]*([^()\n]*?)[ \t]*\))?", re.MULTILINE)
_NEW_ROW = re.compile(
    r"^\|\s*(?:epoch_(\d+)|epochs\s+(\d+)\s*->\s*(\d+))\s*\|\s*(EC|HW|SW|Hybrid)\s*\|\s*([^|\n]*?)\s*\|", re.MULTILINE
)
_KINDS = {"EC": Unit.NPU, "HW": Unit.NPU, "-SW-": Unit.CPU, "SW": Unit.CPU, "??": Unit.BOTH, "Hybrid": Unit.BOTH}


def epochs_of(info: dict[str, Any], text: str) -> tuple[Epoch, ...]:
    """Return every epoch that computes something, in order; from the c_info, else from the report's text.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: the c_info is of another form.
    """
    found = _from_nodes(info)
    return found or _from_rows(text)


def _from_nodes(info: dict[str, Any]) -> tuple[Epoch, ...]:
    buffers = {int(one["id"]): one for one in info.get("buffers", ())}
    cycles = {int(one["node_id"]): int(one["max_cycles"]) for one in info.get("power_estimates", ())}
    found = []
    for node in info["graphs"][0].get("nodes", ()):
        inner = node.get("subgraph_nodes", ())
        kinds = [str(one["description"]).removeprefix("Node kind=") for one in inner]
        number = re.search(r"(\d+)$", str(node["name"]))
        if not inner or number is None or all(kind in _NO_WORK for kind in kinds):
            continue
        unit = _UNITS[str(node["mapping"])]
        # What a hybrid epoch leaves to the processor comes first, as that is what has a reason.
        ordered = sorted(zip(kinds, inner, strict=True), key=lambda pair: _UNITS[str(pair[1]["mapping"])] == Unit.NPU)
        written = [buffers[int(one)] for one in node.get("outputs", ()) if int(one) in buffers]
        read = [buffers[int(one)] for one in node.get("inputs", ()) if int(one) in buffers]
        moved = written or [one for one in read if not one["is_param"]]
        found.append(
            Epoch(
                number=int(number[1]),
                unit=unit,
                operations=tuple(dict.fromkeys(kind for kind, _ in ordered)),
                layer=str(ordered[0][1]["name"])[:200],
                values=sum(map(_values_in, moved)) if moved else None,
                in_float=any("FLOAT" in str(one["format"]) for one in written),
                cycles=cycles.get(int(node["id"])),
            )
        )
    return tuple(found)


def _values_in(buffer: dict[str, Any]) -> int:
    return int(buffer["size_bytes"]) * 8 // max(1, int(buffer["nbits"]))


def _from_rows(text: str) -> tuple[Epoch, ...]:
    found: list[Epoch] = []
    for number, kind, operation in _OLD_ROW.findall(text):
        found.append(_row(int(number), kind, operation))
    for one, first, last, kind, operation in _NEW_ROW.findall(text):
        numbers = range(int(one), int(one) + 1) if one else range(int(first), int(last) + 1)
        if len(found) + len(numbers) > _MOST_EPOCHS:
            raise ValueError(f"{numbers} epochs")
        found += [_row(number, kind, operation) for number in numbers]
    return tuple(found)


def _row(number: int, kind: str, operation: str) -> Epoch:
    name, _, form = operation.partition("(")
    return Epoch(number, _KINDS[kind], (name.strip(),) if name.strip() else (), in_float=form.startswith("float"))


def pool_life(info: dict[str, Any]) -> tuple[PoolLife, ...]:
    """Return how many bytes of each memory hold activations at each epoch; memories that never do are left out.

    Buffers share places, and lie in pools that span several memories; so addresses are looked at, not sums.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: the c_info is of another form.
    """
    pools = {int(one["id"]): one for one in info["memory_pools"]}
    real = [one for one in pools.values() if not one.get("subpools") and int(one["size_bytes"])]
    live: list[tuple[int, int, int, int]] = []  # first and last epoch, first and last address
    for one in info.get("buffers", ()):
        pool = pools.get(int(one["mpool_id"])) if not one["is_param"] else None
        if pool is not None:
            start = int(pool["address"]) + int(one["offset_start"])
            life = one["epochs"]
            live.append((int(life["start"]), int(life["end"]), start, start + int(one["size_bytes"])))
    last = max((end for _, end, _, _ in live), default=-1)
    if last > _MOST_EPOCHS:
        raise ValueError(f"{last} epochs")
    found = []
    for pool in real:
        first, size = int(pool["address"]), int(pool["size_bytes"])
        inside = [(a, b, max(c, first), min(d, first + size)) for a, b, c, d in live if c < first + size and d > first]
        if inside:
            used = tuple(_covered([(c, d) for a, b, c, d in inside if a <= at <= b]) for at in range(last + 1))
            found.append(PoolLife(str(pool["name"]), size, used))
    return tuple(found)


def _covered(spans: list[tuple[int, int]]) -> int:
    """Return how many addresses half-open spans cover together."""
    covered, reached = 0, 0
    for first, end in sorted(spans):
        covered += max(0, end - max(first, reached))
        reached = max(reached, end)
    return covered
