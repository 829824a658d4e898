"""What the layers are, and which of them this Python has."""

import contextlib
import importlib.metadata
import importlib.util
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Layer:
    """A set of packages that is installed as a whole or not at all.

    Attributes:
        name: as it is typed; its lock file is packaging/<name>.txt.
        title: for people, inside a sentence.
        purpose: what works with it, for people.
        modules: that are there when it is.
        bytes_installed: on the disk, measured on Linux x86-64 and rounded up.
    """

    name: str
    title: str
    purpose: str
    modules: tuple[str, ...]
    bytes_installed: int

    def missing(self) -> tuple[str, ...]:
        """Return its modules that this Python does not have; looks for files and imports nothing."""
        found = self._missing()
        return self._missing() if found and self._came_since_the_start() else found

    def _missing(self) -> tuple[str, ...]:
        return tuple(name for name in self.modules if importlib.util.find_spec(name) is None)

    def _came_since_the_start(self) -> bool:
        """Let this process find a layer that was put beside since its start, when Python read where to look."""
        with contextlib.suppress(OSError):
            folder = entry_file(self).read_text(encoding="utf-8").strip()
            if folder and folder not in sys.path and Path(folder).is_dir():
                sys.path.append(folder)
                importlib.invalidate_caches()
                return True
        return False

    @property
    def present(self) -> bool:
        """Whether this Python has it."""
        return not self.missing()


BASE = Layer(
    "base",
    "base layer",
    "window, demo scene, virtual board, live view, programming, inspection of .tflite and .onnx, evaluation",
    (
        "PySide6",
        "pyqtgraph",
        "numpy",
        "cv2",
        "ai_edge_litert",
        "onnx",
        "onnxruntime",
        "msgspec",
        "serial",
        "pycocotools",
    ),
    700_000_000,
)
CONVERSION = Layer(
    "conversion",
    "conversion layer",
    "reading checkpoints and SavedModels, export, quantization",
    ("torch", "tensorflow", "tf_keras", "ultralytics", "onnx2tf", "onnxslim", "onnx_graphsurgeon", "sng4onnx"),
    2_500_000_000,
)
MEDIA = Layer(
    "media",
    "media layer",
    "USB cameras that send only H.264 or H.265, results of USB cameras on Windows, AV1 videos",
    ("av",),
    110_000_000,
)
LAYERS = {layer.name: layer for layer in (BASE, CONVERSION, MEDIA)}

# Builds of one release under two names, of which an environment has one.
BUILDS = {"opencv-python": "opencv-python-headless", "tensorflow": "tensorflow-cpu"}
# In a layer's list, but used while it is fetched, and not installed.
TOOLS = frozenset({"uv"})


def entry_file(layer: Layer) -> Path:
    """Return the file by which Python finds the folder of a layer."""
    return Path(sysconfig.get_path("purelib")) / f"n6studio-{layer.name}.pth"


def installed_version(package: str) -> str:
    """Return the version of an installed package, of whichever build of it is there.

    Raises:
        PackageNotFoundError: it is not installed.
    """
    others = {**BUILDS, **{other: name for name, other in BUILDS.items()}}
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        other = others.get(package.lower())
        if other is None:
            raise
        return importlib.metadata.version(other)


def lock_file(name: str) -> Path | None:
    """Return the list of pinned versions with that name: in a checkout, or in an installed package's environment."""
    places = (
        Path(__file__).parents[2] / "packaging" / f"{name}.txt",
        Path(sys.prefix) / "share" / "n6studio" / "packaging" / f"{name}.txt",
    )
    return next((place for place in places if place.is_file()), None)
