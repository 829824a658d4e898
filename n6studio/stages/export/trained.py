"""Weights of quantization-aware training, put on the steps that they were trained for before anything is exported."""

from typing import Any

import numpy as np

from n6studio.domain.pose.people import FloatArray
from n6studio.stages.checkpoint.load import LoadedCheckpoint
from n6studio.stages.checkpoint.trained_ranges import LARGEST_CODE, codes_of
from n6studio.stages.model.trained_ranges import TrainedConvolution, TrainedModel, digest_of


def rounded_as_trained(checkpoint: LoadedCheckpoint) -> TrainedModel | None:
    """Round the weights of a checkpoint's convolutions to their trained steps, in place, and return what was used.

    Training rounds them in every pass and keeps what it rounds, so that the file's weights lie between the steps.
    Normalisation is folded in by the exporter afterwards, which multiplies the steps along.

    Returns:
        None where the checkpoint was trained in float.
    """
    import torch

    trained = checkpoint.quantized
    if trained is None:
        return None
    found = []
    for path, largest in trained.weights.items():
        convolution = checkpoint.model.get_submodule(path)
        kernel: FloatArray = convolution.weight.detach().numpy()
        codes, steps = codes_of(kernel, largest), largest / np.float32(LARGEST_CODE)
        with torch.no_grad():
            convolution.weight.copy_(torch.from_numpy(codes * steps.reshape(-1, 1, 1, 1)))
        folded = _fold(checkpoint.model, path, len(kernel))
        shown = codes * np.sign(folded).reshape(-1, 1, 1, 1)
        own = steps * np.abs(folded)
        # A channel that normalisation switches off has codes of 0: any step will do, a fine one for its bias.
        own = np.where(own > 0, own, own[own > 0].min(initial=1))
        found.append(
            TrainedConvolution(
                name=path,
                steps=tuple(float(step) for step in own),
                codes=digest_of(shown.transpose(0, 2, 3, 1).astype(np.int8)),
                input=trained.inputs.get(path),
            )
        )
    return TrainedModel(account=trained.account, convolutions=tuple(found))


def _fold(model: Any, path: str, channels: int) -> FloatArray:
    """Return by what folding the normalisation behind a convolution multiplies its channels, (channels,)."""
    norm = getattr(model.get_submodule(path.rpartition(".")[0]), "bn", None)
    if norm is None:
        return np.ones(channels, np.float32)
    scale = norm.weight / (norm.running_var + norm.eps).sqrt()
    return np.asarray(scale.detach().numpy(), np.float32)
