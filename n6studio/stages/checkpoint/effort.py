"""What it would take to build a described network: found out on torch's "meta" device, where only shapes are made.

A few words of YAML can describe a network of any size. Ultralytics' builder makes it and shows it an image of zeros
before anything is compared with the file's numbers, so that is done here first without memory and arithmetic.
"""

import contextlib
import sys
from collections.abc import Iterator
from math import prod
from types import ModuleType
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from n6studio.stages.checkpoint.architecture import Architecture
from n6studio.stages.checkpoint.plain_values import Plain, Undescribed

_SIDE = 256  # pixels of the builder's image of zeros
_LARGEST_VALUE = 1 << 26  # numbers of one result in between; those of the largest pose networks have 2 million
_MOST_PRODUCTS = 10**11  # of one pass at this size; the largest pose networks need 2.1e10
_STEPS = 200_000  # of torch, to build and to run: the largest take some 20,000
_MORE_WEIGHTS = 1_000_000  # that a network may have beyond twice what the file holds: counters, and what is folded


class _Watch(TorchDispatchMode):  # type: ignore[misc]
    """Counts steps, sizes and products, and ends what goes beyond any pose network."""

    def __init__(self) -> None:
        super().__init__()
        self._steps = self._products = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        first = result[0] if isinstance(result, tuple | list) and result else result
        self._steps += 1
        name = func.overloadpacket.__name__
        if isinstance(first, torch.Tensor):
            if name == "convolution":
                self._products += (args[0] if args[6] else first).numel() * prod(args[1].shape[1:])
            elif name in ("mm", "bmm", "addmm"):
                self._products += first.numel() * args[1 if name == "addmm" else 0].shape[-1]
            # What is not made of meta tensors takes memory: so nothing that is that large may come up at all.
            if first.numel() > _LARGEST_VALUE:
                raise Undescribed("its YAML describes a network that is larger than any pose network")
        if self._steps > _STEPS or self._products > _MOST_PRODUCTS:
            raise Undescribed("its YAML describes a network that is larger than any pose network")
        return result


def hold_against_file(described: Architecture, yaml: dict[str, Plain]) -> None:
    """Refuse a description whose network has more parts or numbers than the file, or takes very long.

    Args:
        described: the whole description.
        yaml: a copy of its YAML, which is changed.

    Raises:
        Undescribed: and what the builder raises for what it cannot build.
    """
    from ultralytics.nn.tasks import parse_model

    if _repeats(yaml) > len(described.modules):
        raise Undescribed("its YAML describes more layers than it holds")
    with _without_compiler(), torch.device("meta"), torch.no_grad(), _Watch():
        layers, kept = parse_model(yaml, ch=yaml["channels"], verbose=False)
        numbers = sum(parameter.numel() for parameter in layers.parameters())
        if numbers > 2 * sum(prod(place.shape) for place in described.weights.values()) + _MORE_WEIGHTS:
            raise Undescribed("its YAML describes a network with more numbers than it holds")
        results: list[Any] = []
        value = torch.empty(1, yaml["channels"], _SIDE, _SIDE)
        for layer in layers:
            if layer.f != -1:
                sources = layer.f if isinstance(layer.f, list) else [layer.f]
                values = [value if source == -1 else results[source] for source in sources]
                value = values if isinstance(layer.f, list) else values[0]
            value = layer(value)
            results.append(value if layer.i in kept else None)


@contextlib.contextmanager
def _without_compiler() -> Iterator[None]:
    """Keep torch from importing its compiler, which takes a third of a load's seconds.

    Whatever makes shapes asks it not to be compiled, and nothing is compiled here: what says so in its place is gone
    afterwards, so whoever wants the compiler later gets it.
    """
    name = "torch._dynamo"
    if name in sys.modules:
        yield
        return
    nothing: Any = ModuleType(name)
    nothing.disable = lambda function, *_, **__: function
    sys.modules[name] = nothing
    try:
        yield
    finally:
        del sys.modules[name]


def _repeats(yaml: dict[str, Plain]) -> int:
    """Return how many layers the YAML asks for, each repeated as often as the chosen scale says."""
    scales, scale = yaml.get("scales"), yaml.get("scale")
    depth: Any = yaml.get("depth_multiple", 1.0)
    if isinstance(scales, dict) and scales:
        chosen: Any = scales.get(scale) if isinstance(scale, str) else next(iter(scales.values()))
        depth = chosen[0]
    layers: Any = [*yaml["backbone"], *yaml["head"]]  # type: ignore[misc]
    return sum(max(round(repeats * depth), 1) if repeats > 1 else repeats for _, repeats, _, _ in layers)
