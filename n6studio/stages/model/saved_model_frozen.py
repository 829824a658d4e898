"""A SavedModel whose weights are constants: converters to int8 do not read variables that functions share."""

from pathlib import Path
from typing import Any


def save_frozen(function: Any, target: Path) -> Path:
    """Save a `tf.function` of one image as a SavedModel without variables; return its folder.

    Args:
        function: with an input signature of one tensor; it returns a dictionary of tensors.
        target: where to; its parents are made.
    """
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    traced = function.get_concrete_function()
    names = sorted(traced.structured_outputs)  # in which order TensorFlow flattens a dictionary
    frozen = convert_variables_to_constants_v2(traced)

    class _Frozen(tf.Module):  # type: ignore[misc]
        @tf.function(input_signature=function.input_signature)  # type: ignore[untyped-decorator]
        def serve(self, image: Any) -> Any:
            return dict(zip(names, frozen(image), strict=True))

    module = _Frozen()
    target.parent.mkdir(parents=True, exist_ok=True)
    tf.saved_model.save(module, str(target), signatures=module.serve)
    return target
