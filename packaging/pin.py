"""Write constraints.txt from the environment that runs this: every package that N6 Studio needs, with its version.

    .venv/bin/python packaging/pin.py

Raise versions in the environment first (pip install -U ...), run all tests, then run this and look at the difference.
"""

import importlib.metadata
import re
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "packaging" / "constraints.txt"

# Where one version cannot serve every system. Each line says why; look at them again whenever versions are raised.
ELSEWHERE = {
    # Ultralytics refuses NumPy 2.0 to 2.3.4 on macOS and TensorFlow refuses 2.2 and later, which leaves 1.26 there;
    # ml_dtypes 0.6 and opencv-python 5 want NumPy 2.
    "numpy": ['{here}; sys_platform != "darwin"', 'numpy==1.26.4; sys_platform == "darwin"'],
    "ml-dtypes": ['{here}; sys_platform != "darwin"', 'ml_dtypes==0.5.4; sys_platform == "darwin"'],
    "opencv-python": ['{here}; sys_platform != "darwin"', 'opencv-python==4.11.0.86; sys_platform == "darwin"'],
    # The last release with files for Windows; TensorFlow wants it below Python 3.12 only.
    "tensorflow-io-gcs-filesystem": [
        '{here}; sys_platform != "win32" and python_version < "3.12"',
        'tensorflow-io-gcs-filesystem==0.31.0; sys_platform == "win32" and python_version < "3.12"',
    ],
}

# Chosen by torch itself for each of its builds, and pinned by its own metadata.
LEFT_TO_TORCH = re.compile(r"^(nvidia-(?!ml-py)|triton$|cuda-)")

HEAD = """\
# The versions that N6 Studio is built and tested with, written by packaging/pin.py. bootstrap.py installs exactly
# these, and `n6studio doctor` compares what is installed with them.
"""


def canonical(name: str) -> str:
    """Return a package's name as it is compared."""
    return re.sub(r"[-_.]+", "-", name).lower()


def needed(package: str, extras: set[str], seen: set[str]) -> set[str]:
    """Return `package` and everything below it, by canonical name; `seen` is left out."""
    found = {canonical(package)}
    for text in importlib.metadata.requires(package) or []:
        requirement = Requirement(text)
        wanted = requirement.marker is None or any(
            requirement.marker.evaluate({"extra": extra}) for extra in extras or {""}
        )
        if wanted and canonical(requirement.name) not in seen | found:
            found |= needed(requirement.name, requirement.extras, seen | found)
    return found


def lines(names: set[str]) -> list[str]:
    """Return the pins of `names`, sorted."""
    pins: list[str] = []
    for name in sorted(names):
        if LEFT_TO_TORCH.match(name):
            continue
        distribution = importlib.metadata.distribution(name)
        # A version's local part (+cpu, +cu130) tells builds apart that are chosen per machine.
        here = f"{distribution.name}=={distribution.version.partition('+')[0]}"
        pins += [line.format(here=here) for line in ELSEWHERE.get(name, ["{here}"])]
    return pins


def main() -> None:
    """Write the file."""
    own = {"n6studio"}
    run = needed("n6studio", set(), set()) - own | {"setuptools"}
    test = needed("n6studio", {"test"}, set()) - own - run
    text = "\n".join([HEAD, "# --- run", *lines(run), "", "# --- test", *lines(test), ""])
    TARGET.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
