"""Memory of activations, counted by hand on a small graph."""

from types import SimpleNamespace

from n6studio.stages.quantize.graph import Operation
from n6studio.stages.quantize.memory import live_bytes, ram_of


def graph(*operations, sizes, output):
    """Return as much of a graph as the memory of its tensors asks of one; `operations` are (inputs, output)."""
    made = tuple(Operation("ADD", tuple(inputs), name, (1,)) for inputs, name in operations)
    return SimpleNamespace(
        operations=made,
        by_output={one.output: one for one in made},
        input="x",
        output=output,
        bytes_of=lambda name: sizes[name],
    )


def test_a_tensor_takes_memory_until_its_last_reader():
    sizes = {"x": 100, "a": 40, "b": 30, "c": 20, "d": 10}
    found = graph((["x", "w"], "a"), (["a"], "b"), (["a", "b"], "c"), (["c"], "d"), sizes=sizes, output="d")
    assert live_bytes(found) == 140  # x and a; then a + b = 70, a + b + c = 90, c + d = 30


def test_what_is_read_late_is_kept_until_then():
    sizes = {"x": 1, "a": 40, "b": 300, "c": 200, "d": 10}
    found = graph((["x"], "a"), (["x"], "b"), (["b"], "c"), (["a", "c"], "d"), sizes=sizes, output="d")
    assert live_bytes(found) == 40 + 300 + 200


def test_published_figures_come_first():
    sizes = {"x": 1, "a": 2}
    small = graph((["x"], "a"), sizes=sizes, output="a")
    assert (ram_of(small, None, None, (256, 256)).bytes, ram_of(small, None, None, (256, 256)).source) == (3, "graph")
