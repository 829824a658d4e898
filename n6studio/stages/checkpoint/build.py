"""A model made anew from a checkpoint's description: our own call of Ultralytics' builder, then the file's numbers.

Nothing of the file is called. The YAML that the builder gets was put together by `architecture` from checked fields;
activations come from a table; a module may differ from what the YAML builds only in the few numbers below.
"""

import contextlib
import math
from collections.abc import Iterator
from typing import Any

from n6studio.stages.checkpoint.architecture import ACTIVATIONS, Activation, Architecture, ModuleNote
from n6studio.stages.checkpoint.plain_values import Undescribed
from n6studio.stages.checkpoint.tensors import TensorReader, UnreadableTensor

# Numbers that releases of Ultralytics have changed without changing the YAML, taken over from the file within limits.
_TAKEN_OVER = {"eps": (1e-8, 1.0), "momentum": (0.0, 1.0)}
# What decides a module's arithmetic, and must be what the YAML builds.
_MUST_AGREE = (
    "kernel_size", "stride", "padding", "dilation", "groups", "padding_mode", "transposed", "ceil_mode",
    "scale_factor", "mode", "align_corners", "add", "num_heads", "head_dim", "key_dim", "scale", "area", "d", "c",
    "c1", "n", "nc", "nl", "reg_max", "no", "nk", "in_features", "out_features", "in_channels", "out_channels",
    "num_features",
)  # fmt: skip
# Buffers that are worked out anew, and counters that no answer depends on.
_WITHOUT_MEANING = ("num_batches_tracked", "anchors", "strides")
_MOST_STRIDES = 64  # numbers: one for each level
# What Ultralytics and torch raise over numbers and names that make no network; lack of memory is none of it.
_BUILDERS_REFUSALS = (
    ArithmeticError, AssertionError, AttributeError, LookupError, NameError, RuntimeError, TypeError, ValueError,
)  # fmt: skip


def build(described: Architecture, reader: TensorReader) -> Any:
    """Return the network as a torch.nn.Module on the CPU: float32, in evaluation mode, fused only if it was saved so.

    Raises:
        Undescribed: the builder refuses the description, or the file's numbers do not fit what it builds.
        UnreadableTensor: some numbers are missing.
    """
    from ultralytics.nn.tasks import PoseModel

    from n6studio.stages.checkpoint.effort import hold_against_file

    yaml = _copied(described.yaml)
    with _default_activation(described.activation):
        try:
            hold_against_file(described, _copied(described.yaml))
            model = PoseModel(yaml, ch=described.yaml["channels"], verbose=False)
        except Undescribed:
            raise
        except _BUILDERS_REFUSALS as error:
            raise Undescribed(f"its YAML cannot be built ({_brief(error)})") from error
    model.float().eval()
    if described.fused:
        model.fuse(verbose=False)
    _take_over(model, described.modules)
    _load(model, described, reader)
    _tell(model, described, reader)
    return model


def _copied(value: Any) -> Any:
    """Return lists and dictionaries as new ones: the builder changes what it is given."""
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value


class NoNumbers(ValueError):
    """Weights that are NaN or infinite; its text is the end of a sentence that tells where."""


@contextlib.contextmanager
def _default_activation(wanted: Activation | None) -> Iterator[None]:
    """Let Ultralytics' convolutions be made with another activation; it keeps that in a class, so it is put back."""
    from ultralytics.nn.modules import Conv

    known = Conv.default_act
    try:
        if wanted is not None:
            Conv.default_act = make_activation(wanted)
        yield
    finally:
        Conv.default_act = known


def make_activation(wanted: Activation) -> Any:
    """Return an activation of torch.nn from our table.

    Raises:
        Undescribed: torch refuses its numbers.
    """
    import torch

    if wanted.name not in ACTIVATIONS:
        raise Undescribed(f"it uses the activation {wanted.name[:60]}, which is not supported")
    numbers = {name: value for name, value in wanted.numbers.items() if name in ACTIVATIONS[wanted.name]}
    try:
        return getattr(torch.nn, wanted.name)(**numbers)
    except _BUILDERS_REFUSALS as error:
        raise Undescribed(f"the activation {wanted.name} cannot have {numbers}") from error


def _take_over(model: Any, notes: dict[str, ModuleNote]) -> None:
    """Hold every module against what the file says of it; take over activations and the numbers that may differ."""
    # All of them, though convolutions share one activation: each may have had another in the file.
    for path, module in list(model.named_modules(remove_duplicate=False)):
        note = notes.get(path)
        if note is None or not note.kind:  # weights alone say nothing of their modules
            continue
        if note.activation is not None and type(module).__name__ in ACTIVATIONS:
            if not _is_activation(module, note.activation):
                parent, _, name = path.rpartition(".")
                setattr(model.get_submodule(parent), name, make_activation(note.activation))
            continue
        if note.kind != type(module).__name__:
            raise Undescribed(f"{path} is a {note.kind[:60]}, where its YAML builds a {type(module).__name__}")
        for name, (low, high) in _TAKEN_OVER.items():
            stored = note.values.get(name)
            if isinstance(stored, float) and isinstance(getattr(module, name, None), float) and low <= stored <= high:
                setattr(module, name, stored)
        for name in _MUST_AGREE:
            if name in note.values and hasattr(module, name) and not _agrees(note.values[name], getattr(module, name)):
                raise Undescribed(
                    f"{path}.{name} is {str(note.values[name])[:40]} in the file, where its YAML builds "
                    f"{str(getattr(module, name))[:40]}: the model was changed after it was built"
                )


def _is_activation(module: Any, wanted: Activation) -> bool:
    same = all(getattr(module, name, None) == value for name, value in wanted.numbers.items())
    return type(module).__name__ == wanted.name and same


def _agrees(stored: Any, built: Any) -> bool:
    if isinstance(stored, list):
        stored, built = list(stored), list(built) if isinstance(built, tuple | list) else built
    elif not isinstance(built, bool | int | float | str):
        return True  # a function, a tensor...: nothing that the file could have meant
    if isinstance(stored, float) and isinstance(built, int | float):
        return math.isclose(stored, float(built), rel_tol=1e-6)
    return bool(stored == built)


def _load(model: Any, described: Architecture, reader: TensorReader) -> None:
    """Put the file's numbers into the model; every one has its place, and every place its number."""
    import torch

    wanted = model.state_dict()
    numbers = {}
    for name, place in described.weights.items():
        if name.rpartition(".")[2] in _WITHOUT_MEANING:
            continue
        if name not in wanted:
            raise Undescribed(f"it holds numbers for {name[:80]}, which its YAML does not build")
        if tuple(wanted[name].shape) != place.shape:
            raise Undescribed(f"{name[:80]} has the shape {place.shape}, where {tuple(wanted[name].shape)} is built")
        numbers[name] = torch.from_numpy(reader.read(place).copy()).to(wanted[name].dtype)
    missing = [name for name in wanted if name not in numbers and name.rpartition(".")[2] not in _WITHOUT_MEANING]
    if missing:
        raise Undescribed(
            f"it holds no numbers for {missing[0]}" + (f" and {len(missing) - 1} more" if missing[1:] else "")
        )
    broken = [name for name, value in numbers.items() if not torch.isfinite(value).all()]
    if broken:
        raise NoNumbers(f"{len(broken)} of {len(numbers)} tensors hold some, the first is {broken[0][:80]}")
    model.load_state_dict(numbers, strict=False)  # what may be missing was counted above


def _tell(model: Any, described: Architecture, reader: TensorReader) -> None:
    """Set what Ultralytics' exporter reads from a model beside its layers."""
    import torch
    from ultralytics.utils import DEFAULT_CFG_DICT

    known = {name: value for name, value in described.arguments.items() if name in DEFAULT_CFG_DICT}
    model.args = {**DEFAULT_CFG_DICT, **known, "task": "pose"}
    model.task = "pose"
    model.names = dict(described.names)
    model.kpt_shape = list(described.keypoint_shape)
    if described.flip_idx is not None:
        model.flip_idx = list(described.flip_idx)
    if described.keypoint_names is not None:
        model.kpt_names = {key: list(described.keypoint_names) for key in described.names}
    if described.stride is not None:
        if described.stride.count > _MOST_STRIDES:
            raise Undescribed("it has more levels than any pose model")
        try:
            stored = torch.from_numpy(reader.read(described.stride).copy()).float()
        except UnreadableTensor as error:
            raise Undescribed(str(error)) from error
        if stored.shape != model.stride.shape or not torch.equal(stored, model.stride.float()):
            raise Undescribed(f"its levels have the strides {stored.tolist()}, where {model.stride.tolist()} are built")


def _brief(error: BaseException) -> str:
    first = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return first[:200].rstrip(". ")
