"""A model's predicted speed in sentences and rows, the same for the terminal, the window and the reports."""

from collections.abc import Sequence

from n6studio.domain.model.compiled import CompiledModel
from n6studio.domain.model.operators import Unit
from n6studio.domain.model.speed import NOTHING, Epoch, SpeedEstimate, time_by_unit, time_of
from n6studio.domain.model.speed_advice import advice, change_for, reason_of
from n6studio.domain.texts import bytes_text, counted

NOT_MEASURED = "A prediction without camera, post-processing and display, not a measurement."
ROWS = 40  # epochs that are listed


def predicted(found: CompiledModel) -> str:
    """Return the predicted time of a compiled model, by where it is computed; "" where its files do not say."""
    units = time_by_unit(found.steps)
    if not found.steps or Unit.NPU not in units:
        return ""
    total = sum(units.values(), NOTHING)
    parts = [f"{unit.value} {spent.likely:.1f} ms" for unit, spent in units.items() if spent.likely >= 0.05]
    missing = ["" if unit in units else f"; the time of {unit.value} is not known" for unit in Unit]
    return f"{total}: {', '.join(parts)}{''.join(missing)}"


def changes(found: CompiledModel) -> tuple[str, ...]:
    """Return what would make a compiled model faster."""
    return advice(found.steps, found.pools)


def not_on_npu(found: CompiledModel) -> list[Epoch]:
    """Return the epochs in which the processor computes, slowest first, those whose time is not known last."""

    def key(epoch: Epoch) -> float:
        spent = time_of(epoch)
        return -spent.likely if spent is not None else 1.0

    return sorted((epoch for epoch in found.steps if epoch.unit != Unit.NPU), key=key)


def epoch_row(epoch: Epoch) -> tuple[str, str, str, str, str]:
    """Return operations, layer, unit, time and reason with remedy of an epoch, as texts."""
    spent = time_of(epoch)
    why = f"{reason_of(epoch)} {change_for(epoch)}".rstrip()
    return ", ".join(epoch.operations), epoch.layer, epoch.unit.value, str(spent) if spent is not None else "", why


def compiled_lines(found: CompiledModel) -> list[str]:
    """Return what the terminal says of a compiled model's speed."""
    time = predicted(found)
    lines = [f"predicted time  {time}", f"  {NOT_MEASURED}"] if time else ["predicted time  not told by these files"]
    counts = found.epochs
    if counts is not None:
        lines.append(
            f"epochs          {counts.total}: {counts.hardware} on the NPU, {counts.hybrid} on both, "
            f"{counts.software} on the processor"
        )
    lines += _memory(found)
    slow = not_on_npu(found)
    if slow:
        lines.append("not on the NPU alone:")
    for epoch in slow[:ROWS]:
        operations, layer, unit, spent, why = epoch_row(epoch)
        lines.append(f"  {epoch.number:4}  {operations or '?'} ({layer or unit}), {spent or 'time not known'}: {why}")
    if len(slow) > ROWS:
        lines.append(f"  and {counted(len(slow) - ROWS, 'more epoch')}")
    return [*lines, *_changes(changes(found))]


def _memory(found: CompiledModel) -> list[str]:
    lines = []
    for pool in found.pools:
        at = pool.used.index(pool.peak)
        part = 100 * pool.peak / pool.size
        lines.append(f"  {pool.name}: at most {bytes_text(pool.peak)} ({part:.0f} %), first at epoch {at}")
    return ["memory over the epochs:", *lines] if lines else []


def estimate_lines(found: SpeedEstimate, advised: Sequence[str]) -> list[str]:
    """Return what the terminal says of a model's speed from its file alone."""
    lines = [f"estimated time  {found.total} on the STM32N6570-DK", f"  {NOT_MEASURED}"]
    lines.append(f"  int8 part: {found.int8}. {found.source}")
    if found.operations:
        lines.append(f"  in floating point, on the processor: {found.in_float}")
    for one, spent in found.operations:
        shape = "x".join(map(str, one.shape))
        lines.append(f"    {one.operation.lower()} {shape}: {spent}")
    return [*lines, *_changes(advised)]


def _changes(advised: Sequence[str]) -> list[str]:
    return ["what to change:", *(f"  {text}" for text in advised)] if advised else []
