"""What a checkpoint says about its network, as checked plain data: the way from a foreign file to one of ours.

Everything that decides how the network is built is read from the pickle's plain values, field by field, against what
such a field can be. Whatever else the file holds (hooks, methods, classes of its own) is not looked at.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from n6studio.stages.checkpoint.model_yaml import checked_yaml, keypoint_shape
from n6studio.stages.checkpoint.plain_pickle import Global, Mapping, Sequence, Unbuilt
from n6studio.stages.checkpoint.plain_values import (
    LONGEST_TEXT,
    MOST_NAMES,
    Plain,
    Undescribed,
    is_number,
    number_of,
    plain_value,
)
from n6studio.stages.checkpoint.tensors import TensorPlace, UnreadableTensor, as_tensor

# Activations by the name of their class in torch.nn, with the numbers that each takes.
ACTIVATIONS: dict[str, tuple[str, ...]] = {
    "SiLU": (), "ReLU": (), "ReLU6": (), "Hardswish": (), "Hardsigmoid": (), "Mish": (), "GELU": (), "Sigmoid": (),
    "Tanh": (), "Identity": (), "LeakyReLU": ("negative_slope",), "ELU": ("alpha",), "CELU": ("alpha",),
    "Softplus": ("beta", "threshold"), "Hardtanh": ("min_val", "max_val"), "SELU": (), "Softsign": (),
}  # fmt: skip
_ACTIVATION_TEXT = re.compile(r"(?:torch\.)?nn\.(\w+)\(([^()]*)\)")
_NUMBER_TEXT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")

_MOST_MODULES, _DEEPEST = 50_000, 40
_MOST_ENTRIES = 1_000_000  # of all modules together, however often each is referred to; the largest have 40,000
_WRAPPERS = {"DataParallel", "DistributedDataParallel"}


class WrappedElse(Undescribed):
    """What training on several devices wraps a model in is there, and inside is no model of Ultralytics."""

    def __init__(self, wrapper: str, inner: str) -> None:
        super().__init__(f"inside {wrapper} is a {inner}")
        self.wrapper, self.inner = wrapper, inner


class OnlyWeights(Undescribed):
    """It holds numbers by name (a state_dict) and nothing that says to which model they belong."""

    def __init__(self, count: int) -> None:
        super().__init__("it contains only weights (a state_dict), not the model they belong to")
        self.count = count


class NothingDescribed(Undescribed):
    """There is neither a model in it nor the weights of one."""


@dataclass(frozen=True)
class Activation:
    """An activation by its class in torch.nn, and its numbers by the names of `ACTIVATIONS`."""

    name: str
    numbers: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class ModuleNote:
    """What the file says of one module: its class's name, its numbers and texts, and what activation it is, if one."""

    kind: str
    values: dict[str, Plain]
    activation: Activation | None = None


@dataclass(frozen=True)
class Architecture:
    """A checkpoint, described.

    Attributes:
        yaml: the mapping that Ultralytics builds models from, every field checked; without `activation`.
        activation: that all convolutions get where nothing else is said; None for Ultralytics' default.
        names: class id -> name.
        keypoint_shape: (K, values per keypoint: 2 or 3).
        keypoint_names: K names, if stored.
        flip_idx: K indices of the mirrored points, if stored.
        stride: pixels per cell of each output level, if stored.
        arguments: settings of the training, plain values only.
        fused: whether normalisation is folded into the convolutions already.
        modules: dotted path below the model -> what the file says of the module there.
        weights: name in the state dictionary -> where its numbers lie.
        version, date, licence: texts, if stored.
        epoch: last epoch, if stored and training was not stripped.
        metrics: figures of the last validation, if stored.
        quantized: what lies under "modelopt": the file's state of quantization-aware training; None without.
    """

    yaml: dict[str, Plain]
    activation: Activation | None
    names: dict[int, str]
    keypoint_shape: tuple[int, int]
    keypoint_names: tuple[str, ...] | None
    flip_idx: tuple[int, ...] | None
    stride: TensorPlace | None
    arguments: dict[str, Plain]
    fused: bool
    modules: dict[str, ModuleNote]
    weights: dict[str, TensorPlace]
    version: str | None = None
    date: str | None = None
    licence: str | None = None
    epoch: int | None = None
    metrics: dict[str, float] = field(default_factory=dict)
    quantized: object = None


def describe_checkpoint(content: object) -> Architecture:
    """Return what a checkpoint's plain values (`read_plain`) say about its model.

    Raises:
        Undescribed.
    """
    whole = isinstance(content, Unbuilt) and "_modules" in entries_of(content.state)  # a model saved by itself
    entries = {"model": content} if whole else entries_of(content)
    outer = _model(entries)
    model = _unwrapped(outer)
    state = _state(model)
    layers = entries_of(state.get("_modules")).get("model")
    if not isinstance(layers, Unbuilt):
        if model is not outer:
            raise WrappedElse(_kind(outer), _kind(model)[:60])
        raise Undescribed("its model has no layers under 'model'")
    modules: dict[str, ModuleNote] = {}
    weights: dict[str, TensorPlace] = {}
    _walk(layers, "model", modules, weights)
    yaml = checked_yaml(state.get("yaml"))
    activation = yaml.pop("activation", None)
    shape = keypoint_shape(state.get("kpt_shape"), yaml)
    yaml["kpt_shape"] = list(shape)
    return Architecture(
        yaml=yaml,
        activation=_activation_of_text(activation) if activation is not None else None,
        names=_class_names(state.get("names")),
        keypoint_shape=shape,
        keypoint_names=_keypoint_names(state.get("kpt_names"), shape[0]),
        flip_idx=_flip_idx(state.get("flip_idx") or yaml.get("flip_idx"), shape[0]),
        stride=tensor_of(state.get("stride")),
        arguments=_arguments(entries.get("train_args")),
        fused=not any(note.kind == "BatchNorm2d" for note in modules.values()),
        modules=modules,
        weights=weights,
        version=_text(entries.get("version")),
        date=_text(entries.get("date")),
        licence=_text(entries.get("license")),
        epoch=_epoch(entries.get("epoch")),
        metrics=_metrics(entries.get("train_metrics")),
        quantized=entries.get("modelopt"),
    )


def described_by_yaml(value: object) -> Architecture:
    """Return what the YAML of a model describes, without modules and weights.

    Raises:
        Undescribed.
    """
    yaml = checked_yaml(value)
    activation = yaml.pop("activation", None)
    shape = keypoint_shape(None, yaml)
    yaml["kpt_shape"] = list(shape)
    count = yaml["nc"]
    return Architecture(
        yaml=yaml,
        activation=_activation_of_text(activation) if activation is not None else None,
        names={number: "person" if count == 1 else f"class{number}" for number in range(int(str(count)))},
        keypoint_shape=shape,
        keypoint_names=None,
        flip_idx=_flip_idx(yaml.get("flip_idx"), shape[0]),
        stride=None,
        arguments={"imgsz": 640},
        fused=False,
        modules={},
        weights={},
    )


# --- finding the network ---------------------------------------------------------------------------------------------


def _model(entries: dict[str, object]) -> Unbuilt:
    """Return the model; the averaged one (ema) is preferred, as Ultralytics does."""
    for key in ("ema", "model"):
        found = entries.get(key)
        if isinstance(found, Unbuilt) and "_modules" in entries_of(found.state):
            return found
    if entries and all(_is_tensor(value) for value in entries.values()):
        raise OnlyWeights(len(entries))
    for key in ("state_dict", "model", "ema", "model_state_dict"):
        inside = entries_of(entries.get(key))
        if inside and all(_is_tensor(value) for value in inside.values()):
            raise OnlyWeights(len(inside))
    raise NothingDescribed("it contains no model under 'model'")


def _is_tensor(value: object) -> bool:
    try:
        return as_tensor(value) is not None
    except UnreadableTensor:
        return True


def _unwrapped(model: Unbuilt) -> Unbuilt:
    """Return the model inside of what training on several devices wraps it in."""
    inner = entries_of(_state(model).get("_modules")).get("module")
    return inner if _kind(model) in _WRAPPERS and isinstance(inner, Unbuilt) else model


def _kind(module: Unbuilt) -> str:
    return module.callee.name if isinstance(module.callee, Global) else "?"


def _state(module: Unbuilt) -> dict[str, object]:
    return entries_of(module.state)


def entries_of(value: object) -> dict[str, object]:
    """Return the entries of a dictionary, ordered or not, whose keys are texts."""
    if isinstance(value, Mapping):
        return value.texts()
    if isinstance(value, Unbuilt):  # an OrderedDict: filled one by one, or from a list of pairs by old torch
        return {key: item for key, item in _ordered_pairs(value) if isinstance(key, str)}
    return {}


def _ordered_pairs(value: Unbuilt) -> list[tuple[object, object]]:
    pairs = list(value.items)
    if value.arguments and isinstance(value.arguments[0], Sequence):
        for item in value.arguments[0].values:
            parts = item.values if isinstance(item, Sequence) else list(item) if isinstance(item, tuple) else []
            if len(parts) == 2:
                pairs.append((parts[0], parts[1]))
    return pairs


def _walk(top: Unbuilt, name: str, modules: dict[str, ModuleNote], weights: dict[str, TensorPlace]) -> None:
    """Collect modules and tensors below `top`; each module of a path once, however often it is referred to."""
    waiting: list[tuple[Unbuilt, str]] = [(top, name)]
    entries = 0
    while waiting:
        module, path = waiting.pop()
        state = _state(module)
        children, *groups = (entries_of(state.get(group)) for group in ("_modules", "_parameters", "_buffers"))
        entries += len(state) + len(children) + sum(map(len, groups))
        if len(modules) >= _MOST_MODULES or entries > _MOST_ENTRIES or path.count(".") > _DEEPEST:
            raise Undescribed("its model has more parts than any pose model")
        modules[path] = ModuleNote(_kind(module), _module_values(state), _activation_of(module))
        for group in groups:
            for key, value in group.items():
                place = tensor_of(value)
                if place is not None:
                    weights[f"{path}.{key}"] = place
        waiting += [(child, f"{path}.{key}") for key, child in children.items() if isinstance(child, Unbuilt)]


def tensor_of(value: object) -> TensorPlace | None:
    """Return where the numbers of a tensor lie; None for something else.

    Raises:
        Undescribed: it is a tensor that cannot be read.
    """
    try:
        return as_tensor(value)
    except UnreadableTensor as error:
        raise Undescribed(str(error)) from error


def _module_values(state: dict[str, object]) -> dict[str, Plain]:
    """Return the numbers, truth values and short texts that stand in a module, and short lists of whole numbers."""
    found: dict[str, Plain] = {}
    for key, value in state.items():
        if key.startswith("_") or len(key) > LONGEST_TEXT:
            continue
        if isinstance(value, tuple) and len(value) <= 8 and all(is_number(item) for item in value):
            found[key] = [number_of(item) for item in value]
        elif isinstance(value, bool) or is_number(value) or (isinstance(value, str) and len(value) <= LONGEST_TEXT):
            found[key] = value  # type: ignore[assignment]  # narrowed by _is_number
    return found


# --- activations -----------------------------------------------------------------------------------------------------


def _activation_of(module: Unbuilt) -> Activation | None:
    """Return a module as an activation; None where it is something else."""
    kind, state = _kind(module), _state(module)
    if kind not in ACTIVATIONS:
        return None
    numbers = {name: float(number_of(state[name])) for name in ACTIVATIONS[kind] if is_number(state.get(name))}
    return Activation(kind, numbers)


def _activation_of_text(text: Plain) -> Activation:
    """Return the activation that a YAML names, such as ``nn.LeakyReLU(0.1)``. Nothing is evaluated."""
    match = _ACTIVATION_TEXT.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None or match[1] not in ACTIVATIONS:
        raise Undescribed(f"it names the activation {str(text)[:60]!r}, which is not supported")
    parameters = ACTIVATIONS[match[1]]
    numbers: dict[str, float] = {}
    for position, part in enumerate(part.strip() for part in match[2].split(",") if part.strip()):
        key, equals, value = part.rpartition("=")
        name = key.strip() if equals else parameters[position] if position < len(parameters) else ""
        if name == "inplace" and value.strip() in ("True", "False"):
            continue
        if name not in parameters or not _NUMBER_TEXT.fullmatch(value.strip()):
            raise Undescribed(f"it names the activation {str(text)[:60]!r}, which is not supported")
        numbers[name] = float(value)
    return Activation(match[1], numbers)


# --- what else is told -----------------------------------------------------------------------------------------------


def _class_names(value: object) -> dict[int, str]:
    if isinstance(value, Mapping):
        pairs: Iterator[tuple[object, object]] = iter(value.pairs)
    elif isinstance(value, Sequence):
        pairs = iter(enumerate(value.values))
    else:
        return {0: "person"}
    found = {
        int(key): str(name)[:LONGEST_TEXT]
        for key, name in pairs
        if isinstance(key, int) and isinstance(name, str | int | float)
    }
    return dict(list(found.items())[:MOST_NAMES]) or {0: "person"}


def _keypoint_names(value: object, count: int) -> tuple[str, ...] | None:
    if isinstance(value, Mapping):  # by class; the first one's
        value = value.pairs[0][1] if value.pairs else None
    names = value.values if isinstance(value, Sequence) else list(value) if isinstance(value, tuple) else []
    if len(names) != count or not all(isinstance(name, str | int) for name in names):
        return None
    return tuple(str(name)[:LONGEST_TEXT] for name in names)


def _flip_idx(value: object, count: int) -> tuple[int, ...] | None:
    plain = value if isinstance(value, list) else plain_value(value)
    if not isinstance(plain, list) or not plain:
        return None
    indices = tuple(
        item for item in plain if isinstance(item, int) and not isinstance(item, bool) and 0 <= item < count
    )
    return indices if len(indices) == len(plain) == count else None


def _arguments(value: object) -> dict[str, Plain]:
    """Return the settings of a training that are plain: numbers, truth values, texts, and lists of numbers."""
    entries = entries_of(value)
    if isinstance(value, Unbuilt) and not entries:  # an IterableSimpleNamespace of early releases
        entries = _state(value)
    found: dict[str, Plain] = {}
    for key, item in list(entries.items())[:1000]:
        if item is None or isinstance(item, bool | int | float):
            found[key] = item
        elif isinstance(item, str):
            found[key] = item[:4096]
        elif isinstance(item, Sequence | tuple):
            numbers = item.values if isinstance(item, Sequence) else list(item)
            if len(numbers) <= 64 and all(is_number(number) for number in numbers):
                found[key] = [number_of(number) for number in numbers]
    return found


def _metrics(value: object) -> dict[str, float]:
    found: dict[str, float] = {}
    for key, item in list(entries_of(value).items())[:200]:
        if isinstance(item, Unbuilt) and len(item.arguments) == 2:  # numpy's scalar: (dtype, bytes)
            continue
        if is_number(item):
            found[key[:LONGEST_TEXT]] = float(number_of(item))
    return found


def _epoch(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**9 else None


def _text(value: object) -> str | None:
    return value[:LONGEST_TEXT] if isinstance(value, str) and value else None
