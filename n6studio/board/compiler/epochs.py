"""Each step of a compiled model, and how full the memories are while it runs, from the compiler's two files.

The c_info (schema 2.0) lists every epoch with its operations, its buffers and, in `power_estimates`, the cycles that
the compiler expects. Where it has no such lists, the report's table of epochs says at least where each is computed.
"""

import re
from typing import Annotated

import msgspec

from n6studio.domain.model.operators import Unit
from n6studio.domain.model.speed import Epoch, PoolLife

_MOST_EPOCHS, _MOST_BUFFERS = 5_000, 10_000  # a file that says more is damaged
_UNITS = {"NODE_EC": Unit.NPU, "NODE_HW": Unit.NPU, "NODE_SW": Unit.CPU, "NODE_SW_HW": Unit.BOTH}
_NO_WORK = {"Param", "Return"}
_OLD_ROW = re.compile(r"^epoch\s+(\d+)\s+(EC|HW|-SW-|\?\?)[ \t]*(?:\([ \t]*([^()\n]*(?:\([^()\n]*\))?)[ \t]*\))?", re.M)
_NEW_ROW = re.compile(
    r"^\|\s*(?:epoch_(\d+)|epochs\s+(\d+)\s*->\s*(\d+))\s*\|\s*(EC|HW|SW|Hybrid)\s*\|\s*([^|\n]*?)\s*\|",
    re.MULTILINE,
)
_KINDS = {"EC": Unit.NPU, "HW": Unit.NPU, "-SW-": Unit.CPU, "SW": Unit.CPU, "??": Unit.BOTH, "Hybrid": Unit.BOTH}


_Number = Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)]  # what a float holds exactly; no model comes near


class _Operation(msgspec.Struct, frozen=True):
    name: str
    description: str
    mapping: str

    @property
    def kind(self) -> str:
        return self.description.removeprefix("Node kind=")


class _Node(msgspec.Struct, frozen=True):
    id: int
    name: str
    mapping: str
    inputs: tuple[int, ...] = ()
    outputs: tuple[int, ...] = ()
    subgraph_nodes: tuple[_Operation, ...] = ()


class _Life(msgspec.Struct, frozen=True):
    start: int
    end: int


class _Buffer(msgspec.Struct, frozen=True):
    id: int
    size_bytes: _Number
    is_param: bool
    nbits: _Number = 8
    format: str = ""
    mpool_id: int | None = None
    offset_start: int | None = None
    epochs: _Life | None = None

    @property
    def values(self) -> int:
        return self.size_bytes * 8 // max(1, self.nbits)


class _Pool(msgspec.Struct, frozen=True):
    id: int
    name: str
    address: int
    size_bytes: _Number
    subpools: tuple[int, ...] = ()


class _Graph(msgspec.Struct, frozen=True):
    nodes: tuple[_Node, ...] = ()


class _Cycles(msgspec.Struct, frozen=True):
    node_id: int
    max_cycles: _Number


class Schedule(msgspec.Struct, frozen=True):
    """The parts of a c_info that say what is computed when and where."""

    graphs: tuple[_Graph, ...] = ()
    memory_pools: tuple[_Pool, ...] = ()
    buffers: tuple[_Buffer, ...] = ()
    power_estimates: tuple[_Cycles, ...] = ()


def schedule_of(info: object) -> Schedule:
    """Return the schedule in a c_info that was read as JSON; its numbers may be texts.

    Raises:
        ValueError: it is of another form.
    """
    try:
        return msgspec.convert(info, Schedule, strict=False)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from error


def epochs_of(schedule: Schedule, text: str) -> tuple[Epoch, ...]:
    """Return every epoch that computes something, in order; from the schedule, else from the report's text.

    Raises:
        ValueError: an epoch is computed nowhere that is known, or there are more than any model has.
    """
    return _from_nodes(schedule) or _from_rows(text)


def _from_nodes(schedule: Schedule) -> tuple[Epoch, ...]:
    buffers = {one.id: one for one in schedule.buffers}
    cycles = {one.node_id: one.max_cycles for one in schedule.power_estimates}
    found = []
    for node in schedule.graphs[0].nodes if schedule.graphs else ():
        number = re.search(r"(\d{1,6})$", node.name)
        if number is None or all(one.kind in _NO_WORK for one in node.subgraph_nodes):
            continue
        # What a hybrid epoch leaves to the processor comes first, as that is what has a reason.
        ordered = sorted(node.subgraph_nodes, key=lambda one: _unit(one.mapping) == Unit.NPU)
        written = [buffers[one] for one in node.outputs if one in buffers]
        read = [buffers[one] for one in node.inputs if one in buffers and not buffers[one].is_param]
        moved = written or read
        found.append(
            Epoch(
                number=int(number[1]),
                unit=_unit(node.mapping),
                operations=tuple(dict.fromkeys(one.kind for one in ordered)),
                layer=ordered[0].name[:200],
                values=sum(one.values for one in moved) if moved else None,
                in_float=any("FLOAT" in one.format for one in written),
                cycles=cycles.get(node.id),
            )
        )
    return tuple(found)


def _unit(mapping: str) -> Unit:
    unit = _UNITS.get(mapping)
    if unit is None:
        raise ValueError(f"{mapping} is no mapping")
    return unit


def _from_rows(text: str) -> tuple[Epoch, ...]:
    found: list[Epoch] = []
    for number, kind, operation in _OLD_ROW.findall(text):
        found.append(_row(int(number), kind, operation))
    for one, first, last, kind, operation in _NEW_ROW.findall(text):
        begin, end = (int(one), int(one)) if one else (int(first), int(last))
        if len(found) + end - begin + 1 > _MOST_EPOCHS:
            raise ValueError(f"{end - begin + 1} epochs")
        found += [_row(number, kind, operation) for number in range(begin, end + 1)]
    return tuple(found)


def _row(number: int, kind: str, operation: str) -> Epoch:
    name, _, form = operation.partition("(")
    return Epoch(number, _KINDS[kind], (name.strip(),) if name.strip() else (), in_float=form.startswith("float"))


def pool_life(schedule: Schedule) -> tuple[PoolLife, ...]:
    """Return how many bytes of each memory hold activations at each epoch; memories that never do are left out.

    Buffers share places, and lie in pools that span several memories; so addresses are looked at, not sums.

    Raises:
        ValueError: a buffer lives longer than any model runs.
    """
    pools = {one.id: one for one in schedule.memory_pools}
    live: list[tuple[int, int, int, int]] = []  # first and last epoch, first and last address
    for one in schedule.buffers:
        pool = pools.get(one.mpool_id) if one.mpool_id is not None else None
        if pool is not None and one.epochs is not None and one.offset_start is not None and not one.is_param:
            start = pool.address + one.offset_start
            live.append((one.epochs.start, one.epochs.end, start, start + one.size_bytes))
    last = max((end for _, end, _, _ in live), default=-1)
    if last > _MOST_EPOCHS or len(live) > _MOST_BUFFERS:
        raise ValueError(f"{last} epochs, {len(live)} buffers")
    found = []
    for pool in schedule.memory_pools:
        first, end = pool.address, pool.address + pool.size_bytes
        inside = [(a, b, max(c, first), min(d, end)) for a, b, c, d in live if c < end and d > first]
        if inside and not pool.subpools and pool.size_bytes > 0:
            used = tuple(_covered([(c, d) for a, b, c, d in inside if a <= at <= b]) for at in range(last + 1))
            found.append(PoolLife(pool.name, pool.size_bytes, used))
    return tuple(found)


def _covered(spans: list[tuple[int, int]]) -> int:
    """Return how many addresses half-open spans cover together."""
    covered, reached = 0, 0
    for first, end in sorted(spans):
        covered += max(0, end - max(first, reached))
        reached = max(reached, end)
    return covered
