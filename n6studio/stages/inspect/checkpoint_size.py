"""How large a loaded checkpoint's model is: its parameters, and the arithmetic of one pass."""

import copy
from math import prod
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from n6studio.stages.checkpoint.load import LoadedCheckpoint

# SiLU is a sigmoid and a product.
_ARITHMETIC = {
    "silu": 2, "silu_": 2, "sigmoid": 1, "add": 1, "sub": 1, "mul": 1, "div": 1, "_softmax": 1, "relu": 1, "relu_": 1,
    "leaky_relu": 1, "leaky_relu_": 1, "hardswish": 1, "gelu": 1, "exp": 1, "max_pool2d_with_indices": 1,
}  # fmt: skip


class _Counter(TorchDispatchMode):  # type: ignore[misc]
    """Adds up multiply-accumulates while a model runs."""

    def __init__(self) -> None:
        super().__init__()
        self.products = 0
        self.others = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        first = result[0] if isinstance(result, tuple) else result
        name = func.overloadpacket.__name__
        if name == "convolution":
            # Normalisation is folded into a bias before anything is exported, so each value gets one.
            self.products += (args[0] if args[6] else first).numel() * prod(args[1].shape[1:])
            self.others += first.numel()
        elif name in ("mm", "bmm"):
            self.products += first.numel() * args[0].shape[-1]
        elif name == "addmm":
            self.products += first.numel() * args[1].shape[-1]
            self.others += first.numel()
        elif name in _ARITHMETIC and isinstance(first, torch.Tensor):
            self.others += first.numel() * _ARITHMETIC[name]
        return result


def count_macs(checkpoint: LoadedCheckpoint, size: int) -> tuple[int, int]:
    """Return (macs, product_macs) of one pass over an image of `size` x `size` pixels, as in `ModelFacts`."""
    channels = int((getattr(checkpoint.model, "yaml", None) or {}).get("channels", 3))
    # On torch's "meta" device only shapes are worked out, in a fraction of the time.
    shadow = copy.deepcopy(checkpoint.model).to("meta")
    for layer, original in zip(shadow.modules(), checkpoint.model.modules(), strict=True):
        if isinstance(getattr(original, "stride", None), torch.Tensor):
            layer.stride = original.stride  # moved along, and read as numbers
    with torch.no_grad(), _Counter() as counter:
        shadow(torch.zeros(1, channels, size, size, device="meta"))
    return counter.products + counter.others, counter.products


def count_parameters(checkpoint: LoadedCheckpoint) -> int:
    """Return the number of weights and biases that remain once normalisation is folded into the convolutions.

    Of a normalised convolution's scale and offset for each channel, the offset remains, as its bias.
    """
    total = sum(parameter.numel() for parameter in checkpoint.model.parameters())
    layers = checkpoint.model.modules()
    return int(total - sum(layer.num_features for layer in layers if isinstance(layer, torch.nn.BatchNorm2d)))
