"""Which activations share one scale in the quantized model, and what is rounded to it.

Operations that only move values (concatenation, slice, pooling...) work in int8 only if all they touch has one scale,
so the converter ties those tensors, or adds a copy at another scale. What it did is read from what it wrote: from a
model converted with ranges of any choice.
"""

from dataclasses import dataclass

from n6studio.stages.quantize.graph import CONVOLUTIONS, REARRANGING, Graph, Operation

MOVING = {"CONCATENATION", "STRIDED_SLICE", "MAX_POOL_2D", "PAD", "RESIZE_NEAREST_NEIGHBOR", *REARRANGING}
_COMPUTED = {"MUL", "ADD", *CONVOLUTIONS}


@dataclass(frozen=True)
class Source:
    """A tensor whose values are rounded to the scale of its group.

    Attributes:
        name: of the tensor.
        silu_input: the x of which it is x * sigmoid(x); "" for any other value.
        signed: whether it is a convolution's output as it is: as large below 0 as above.
    """

    name: str
    silu_input: str = ""
    signed: bool = False


@dataclass(frozen=True)
class Group:
    """Tensors of one scale, by their names in the float graph.

    Attributes:
        members: all of them.
        sources: those that are computed; the others hold the same values.
    """

    members: tuple[str, ...]
    sources: tuple[Source, ...]


def tied_groups(float_graph: Graph, converted: Graph, silus: set[str], fixed: set[str]) -> list[Group]:
    """Return the groups of `converted` in its order of computation.

    Groups whose ranges are fixed (sigmoid, softmax) and inputs of SiLU are left out.

    Args:
        float_graph: what was converted.
        converted: the quantized model; tensors have the same names in both, copies at another scale have none.
        silus: names of tensors x that are used only as x * sigmoid(x).
        fixed: tensors whose ranges stay as they are: what lies behind the last convolutions.
    """
    of: dict[str, str] = {}

    def root(name: str) -> str:
        while of.setdefault(name, name) != name:
            name = of[name]
        return name

    for operation in converted.operations:
        if operation.kind in MOVING and converted.type_of(operation.output) == "int8":
            for name in _values(converted, operation):
                of[root(name)] = root(operation.output)
    together: dict[str, list[Operation]] = {}
    for operation in converted.operations:
        if converted.type_of(operation.output) == "int8":
            together.setdefault(root(operation.output), []).append(operation)
    groups = [_group(float_graph, converted, members, silus) for members in together.values()]
    return [group for group in groups if group is not None and fixed.isdisjoint(group.members)]


def _values(graph: Graph, operation: Operation) -> list[str]:
    """Return the int8 tensors whose values an operation moves: not its constants of shape."""
    joined = operation.inputs if operation.kind == "CONCATENATION" else operation.inputs[:1]
    return [name for name in joined if name in graph.by_output and graph.type_of(name) == "int8"]


def _group(float_graph: Graph, converted: Graph, members: list[Operation], silus: set[str]) -> Group | None:
    sources: list[Source] = []
    for operation in members:
        if operation.kind in MOVING:
            continue
        if operation.kind == "QUANTIZE" and converted.type_of(operation.inputs[0]) != "int8":
            return None  # the model's input
        if operation.kind == "QUANTIZE":  # the copy is rounded once more; who reads it has its values
            reader = next((one for one in members if operation.output in one.inputs), None)
            if reader is None or reader.output not in float_graph.by_output:
                return None
            sources.append(Source(reader.output))
            continue
        exact = float_graph.by_output.get(operation.output)
        if exact is None or exact.kind not in _COMPUTED:
            return None
        if exact.output in silus:
            return None  # searched together with what is computed from it
        x = silu_of(float_graph, exact, silus)
        signed = exact.kind in CONVOLUTIONS and not float_graph.options(exact).fusedActivationFunction
        sources.append(Source(exact.output, x, signed))
    names = tuple(
        operation.output
        for operation in members
        if operation.output in float_graph.by_output and float_graph.range_of(operation.output) is not None
    )
    return Group(names, tuple(sources)) if sources and names else None


def silu_of(graph: Graph, operation: Operation, silus: set[str]) -> str:
    """Return the x whose SiLU an operation computes, or ""."""
    if operation.kind != "MUL":
        return ""
    return next((name for name in operation.inputs if name in silus), "")
