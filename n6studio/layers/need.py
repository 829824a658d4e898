"""What is told where something needs a layer that is not there."""

from n6studio.domain.errors.layers import LayerMissing
from n6studio.layers.layer import Layer, lock_file
from n6studio.layers.lock import download_size

_MEGABYTE = 10**6


def missing(layer: Layer, what: str) -> LayerMissing:
    """Return the error that something, a step or a source, needs a layer."""
    return LayerMissing(stage=what, layer=layer.name, megabytes=megabytes_to_get(layer))


def megabytes_to_get(layer: Layer) -> int:
    """Return about how much is downloaded for a layer, 0 where that is not known."""
    lock = lock_file(layer.name)
    return (download_size(lock) or 0) // _MEGABYTE if lock is not None else 0
