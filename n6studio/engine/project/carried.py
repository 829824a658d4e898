"""The demo's models that the program carries along: the checkpoint, and the same quantized."""

from pathlib import Path

from n6studio.domain.errors.files import FileMissing
from n6studio.system.resources import resource

CHECKPOINT = "demo/n6demo-pose.pt"
INT8_MODEL = "demo/n6demo-pose-256-int8.tflite"  # quantized by our own chain: README.md beside it


def sample_available() -> bool:
    """Return whether the program carries the sample's checkpoint along."""
    try:
        resource(CHECKPOINT)
    except FileMissing:
        return False
    return True


def demo_model() -> Path:
    """Return the sample's model as int8: it runs without any conversion.

    Raises:
        FileMissing: it is not carried; the installation is damaged.
    """
    return resource(INT8_MODEL)
