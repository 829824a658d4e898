"""Which classes and functions a checkpoint may refer to: the same list that Ultralytics' own safe loading admits.

None of them is ever called or built here (see `load`). The list tells a file that attacks from one that only holds
something unusual, so that people are told which of the two they have.
"""

import importlib.metadata
import importlib.util
import re
import sys
from functools import cache
from pathlib import Path

Name = tuple[str, str]  # module, class or function

ALLOWED, UNKNOWN, CUSTOM, UNSAFE = "allowed", "unknown", "custom", "unsafe"

# What torch's own restricted loading admits without being asked (torch._weights_only_unpickler).
_TORCH_NAMES = {
    ("torch.nn.parameter", "Parameter"),
    ("torch.serialization", "_get_layout"),
    ("torch._tensor", "_rebuild_from_type_v2"),
    ("torch.storage", "TypedStorage"),
    ("torch.storage", "UntypedStorage"),
    ("collections", "OrderedDict"),
    ("collections", "Counter"),
    ("_codecs", "encode"),
    ("builtins", "bytearray"),
    ("builtins", "set"),
    ("builtins", "complex"),
}
_TORCH_VALUES = re.compile(
    r"Size|device|bool|\w+Storage|\w*Tensor|(u|q|qu)?int\d\w*|b?float\d+\w*|complex\d+|bits\d\w*|per_(tensor|channel)_\w+"
)
# What ultralytics.nn.tasks._SafeLoad adds. getattr stands there for a replacement that reads models' methods only;
# checkpoints of Ultralytics' own pose models use it.
_ULTRALYTICS_NAMES = {
    ("numpy", "dtype"),
    ("numpy.core.multiarray", "scalar"),
    ("numpy._core.multiarray", "scalar"),
    ("ultralytics.utils", "IterableSimpleNamespace"),
    ("ultralytics.yolo.utils", "IterableSimpleNamespace"),
    ("ultralytics.nn.modules.block", "Silence"),
    ("ultralytics.nn.tasks", "YOLOv10DetectionModel"),
    ("ultralytics.utils.loss", "v10DetectLoss"),
    ("builtins", "getattr"),
    ("pathlib", "PosixPath"),
    ("pathlib", "WindowsPath"),
    ("pathlib._local", "PosixPath"),
    ("pathlib._local", "WindowsPath"),
    ("torchvision.transforms.transforms", "Compose"),
    ("torchvision.transforms.transforms", "Normalize"),
    ("torchvision.transforms.transforms", "Resize"),
    ("torchvision.transforms.transforms", "CenterCrop"),
    ("torchvision.transforms.transforms", "ToTensor"),
    ("torchvision.transforms.functional", "InterpolationMode"),
}
_ULTRALYTICS_MODULES = {
    "ultralytics.nn.tasks",
    "ultralytics.nn.modules",
    "ultralytics.nn.distill_model",
    "ultralytics.utils.loss",
    "ultralytics.utils.tal",
}
# Classes that training on several devices wraps a network in; the network inside is taken out.
_WRAPPING = ("torch.nn.parallel.", "torch.distributed.")
# Data types of the standard library: not admitted either, but they do nothing when they are built.
_HARMLESS_TYPES = {
    "argparse.Namespace", "collections.defaultdict", "collections.deque", "datetime.date", "datetime.datetime",
    "datetime.timedelta", "datetime.timezone", "decimal.Decimal", "fractions.Fraction", "types.SimpleNamespace",
    "uuid.UUID", "pathlib.Path", "pathlib.PurePath", "pathlib.PurePosixPath", "pathlib.PureWindowsPath",
    "builtins.frozenset", "builtins.list", "builtins.dict", "builtins.tuple", "builtins.int", "builtins.float",
    "builtins.str", "builtins.bool", "builtins.bytes", "builtins.slice", "builtins.range", "builtins.object",
    "numpy.ndarray", "numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct",
}  # fmt: skip


def spoken(name: Name) -> str:
    """Return "module.name" as a person knows it: os.system pickles under its system's module."""
    module = "os" if name[0] in ("posix", "nt") else name[0]
    return f"{module}.{name[1]}"


def judge(name: Name) -> str:
    """Return `ALLOWED`, or why not: `UNKNOWN` to this Ultralytics, `CUSTOM` class, or `UNSAFE` to call."""
    module, attribute = name
    if name in _TORCH_NAMES or name in _ULTRALYTICS_NAMES:
        return ALLOWED
    # "a.b" as a class's name would reach through a module into another.
    if not attribute.isidentifier() or not all(part.isidentifier() for part in module.split(".")):
        return UNSAFE
    root = module.partition(".")[0]
    if root == "torch":
        return _judge_torch(module, attribute)
    if root == "ultralytics":
        return _judge_ultralytics(module, attribute)
    if f"{module}.{attribute}" in _HARMLESS_TYPES:
        return CUSTOM
    # A class of one's own may do anything, too, but a function is there only to be called.
    if root in sys.stdlib_module_names or (root == "numpy" and not _is_class_name(attribute)):
        return UNSAFE
    return CUSTOM


def _judge_torch(module: str, attribute: str) -> str:
    if module in ("torch", "torch.cuda", "torch.sparse", "torch.cuda.sparse") and _TORCH_VALUES.fullmatch(attribute):
        return ALLOWED
    if module == "torch._utils" and attribute.startswith("_rebuild_"):
        return ALLOWED
    if module.startswith(_WRAPPING) and _is_class_name(attribute.lstrip("_")):
        return ALLOWED
    if not _is_class_name(attribute):
        return UNSAFE
    return ALLOWED if module == "torch.nn.modules" or _parent(module) == "torch.nn.modules" else CUSTOM


def _judge_ultralytics(module: str, attribute: str) -> str:
    admitted = module in _ULTRALYTICS_MODULES or _parent(module) == "ultralytics.nn.modules"
    known = _defined(module, attribute)
    if known is None:  # nothing to read; loading itself will tell
        known = admitted
    if not known:
        return UNKNOWN if _is_class_name(attribute) else UNSAFE
    if admitted and _is_class_name(attribute):
        return ALLOWED
    return CUSTOM if _is_class_name(attribute) else UNSAFE


def _parent(module: str) -> str:
    return module.rpartition(".")[0]


def _is_class_name(attribute: str) -> bool:
    # v8PoseLoss and its like are the field's only classes in lower case.
    return attribute[:1].isupper() or bool(re.fullmatch(r"v\d+\w*Loss", attribute))


def installed_ultralytics() -> str:
    """Return the installed release, without importing it."""
    try:
        return importlib.metadata.version("ultralytics")
    except importlib.metadata.PackageNotFoundError:
        return "(not installed)"


@cache
def _source(module: str) -> str | None:
    """Return the source of an installed ultralytics module, "" if there is no such module, None if none can be read."""
    spec = importlib.util.find_spec("ultralytics")  # finds, but does not import, a top-level package
    if spec is None or spec.origin is None or not Path(spec.origin).is_file():
        return None
    place = Path(spec.origin).parent.joinpath(*module.split(".")[1:])
    for candidate in (place.with_suffix(".py"), place / "__init__.py"):
        if candidate.is_file():
            return candidate.read_text(encoding="utf-8")
    return ""


def _defined(module: str, attribute: str) -> bool | None:
    source = _source(module)
    if source is None:
        return None
    # A package's own file lists what it passes on, so there any mention counts.
    pattern = rf"\b{attribute}\b" if module == "ultralytics.nn.modules" else rf"^(class|def)\s+{attribute}\b"
    return bool(re.search(pattern, source, re.MULTILINE))
