"""How much memory a model's activations need at least, from the order of its operations."""

from n6studio.domain.model.published import estimate
from n6studio.stages.quantize.figures import RamEstimate
from n6studio.stages.quantize.graph import Graph


def ram_of(graph: Graph, parameters: int | None, macs: int | None, size: tuple[int, int]) -> RamEstimate:
    """Return what a model's activations take: as ST publishes it for models of this build, or the least by its graph.

    Args:
        graph: the quantized model.
        parameters: how many it has.
        macs: multiply-accumulates.
        size: (width, height) of its input, pixels.
    """
    known = estimate(parameters, macs, size)
    if known is not None:
        return RamEstimate(bytes=round(known.ram_kib * 1024), source="published" if known.exact else "interpolated")
    return RamEstimate(bytes=live_bytes(graph), source="graph")


def live_bytes(graph: Graph) -> int:
    """Return the most bytes of activations that are needed at once, the operations being done in the file's order.

    Each tensor lives from the operation that writes it to the last one that reads it. A compiler that computes in place
    needs less, one that cannot pack the tensors without gaps needs more.
    """
    last: dict[str, int] = {graph.output: len(graph.operations)}
    for place, operation in enumerate(graph.operations):
        for name in operation.inputs:
            if name in graph.by_output or name == graph.input:
                last[name] = max(last.get(name, 0), place)
    alive = {graph.input: graph.bytes_of(graph.input)}
    most = 0
    for place, operation in enumerate(graph.operations):
        alive[operation.output] = graph.bytes_of(operation.output)
        most = max(most, sum(alive.values()))
        alive = {name: size for name, size in alive.items() if last.get(name, -1) > place}
    return most
