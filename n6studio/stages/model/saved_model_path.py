"""The one way to TensorFlow for SavedModels: looked through first, and under a name that TensorFlow can take."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from n6studio.stages.model.saved_model_gate import admit_saved_model

_PATTERN = set("*?[")


@contextlib.contextmanager
def loadable(path: Path) -> Iterator[str]:
    """Admit the SavedModel folder `path`, and yield a name under which TensorFlow can load it while the context lasts.

    TensorFlow takes the path of the variables for a pattern of files, so that a folder called "run [2]" does not match
    itself. Such a folder becomes the working folder meanwhile; other paths used within must be absolute.

    Raises:
        ModelDamaged, ModelRefused: see `admit_saved_model`.
    """
    admit_saved_model(path)
    if not set(str(path)) & _PATTERN:
        yield str(path)
        return
    with contextlib.chdir(path):
        yield "."


def why_not_loaded(error: BaseException) -> str:
    """Return why TensorFlow did not load a SavedModel, as part of a sentence: mostly its own first line."""
    text = str(error).strip().partition("\n")[0] or type(error).__name__
    if "TensorSliceReader" in text or ("/variables.data" in text and "No such file" in text):
        return "its folder variables is not there, or was copied in part: a SavedModel is its whole folder"
    return text[:200].rstrip(". ")
