"""Write the lists of pinned versions from the environment that runs this, with the digest of every file.

    .venv/bin/python packaging/pin.py            # base.txt, conversion.txt, media.txt and develop.txt
    .venv/bin/python packaging/pin.py --check    # is every pin to be had for every system, with the digests listed?
    .venv/bin/python packaging/pin.py --newest   # try the newest versions in a scratch environment, run the tests

Raise versions in the environment first (pip install -U ...), run all tests, then run this and look at the difference.
"""

import argparse
import importlib.metadata
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from n6studio.layers.index import Offer, best, offers, tags_of  # noqa: E402
from n6studio.layers.lock import Pin, Target, applies, canonical, read_lock  # noqa: E402
from n6studio.layers.places import known_places  # noqa: E402

HERE = ROOT / "packaging"
LISTS = ("base", "conversion", "media", "develop")

# Where one version cannot serve every system. Each line says why; look at them again whenever versions are raised.
NOT_MAC, MAC = 'sys_platform != "darwin"', 'sys_platform == "darwin"'
LINUX_PC = 'sys_platform == "linux" and platform_machine == "x86_64"'
LINUX_ELSE = 'sys_platform == "linux" and platform_machine != "x86_64"'
OLDER, NEWER = 'python_version < "3.13"', 'python_version >= "3.13"'
# Python 3.13 has no TensorFlow 2.19, and 2.21 wants a newer protobuf; the older Pythons keep what the figures of the
# documents were measured with.
NEWER_TENSORFLOW, NEWER_PROTOBUF = "2.21.0", "6.33.6"
ELSEWHERE = {
    # Ultralytics refuses NumPy 2.0 to 2.3.4 on macOS and TensorFlow refuses 2.2 and later, which leaves 1.26 there;
    # ml_dtypes 0.6 and OpenCV 5 want NumPy 2.
    "numpy": [("numpy", "", NOT_MAC), ("numpy", "1.26.4", MAC)],
    "ml-dtypes": [("ml_dtypes", "", NOT_MAC), ("ml_dtypes", "0.5.4", MAC)],
    "opencv-python-headless": [
        ("opencv-python-headless", "", NOT_MAC),
        ("opencv-python-headless", "4.11.0.86", MAC),
    ],
    # The file for Linux without code for graphics cards is 400 MB smaller and computes the same.
    "tensorflow": [
        (name, version, f"{where} and {python}")
        for python, version in ((OLDER, ""), (NEWER, NEWER_TENSORFLOW))
        for name, where in (
            ("tensorflow-cpu", LINUX_PC),
            ("tensorflow", LINUX_ELSE),
            ("tensorflow", 'sys_platform != "linux"'),
        )
    ],
    "tf-keras": [("tf_keras", "", OLDER), ("tf_keras", NEWER_TENSORFLOW, NEWER)],
    "protobuf": [("protobuf", "", OLDER), ("protobuf", NEWER_PROTOBUF, NEWER)],
}

# Builds of one release under another name, of which one environment has one.
BUILDS = {
    "opencv-python-headless": "opencv-python",
    "tensorflow": "tensorflow-cpu",
    "opencv-python": "opencv-python-headless",
}

# What packages ask for and nothing of ours ever loads; the tests run without.
NOT_NEEDED = {
    "tensorboard", "tensorboard-data-server", "grpcio", "markdown", "werkzeug",  # TensorFlow's charts of trainings
    "tensorflow-io-gcs-filesystem", "libclang", "google-pasta",  # TensorFlow's cloud storage and upgrades of old code
    "polars", "polars-runtime-32",  # Ultralytics' tables
    "ultralytics-platform", "httpx", "httpcore", "h11", "anyio", "sniffio",  # Ultralytics' cloud
    "opencv-python",  # Ultralytics names this build; ours has no window of its own
    "networkx", "fsspec",  # torch's graph partitions, and training on many machines; Dask's collections
    "setuptools", "wheel",  # torch's compiler and TensorFlow's build ask for them
}  # fmt: skip
EXTRA = {"base": (), "conversion": ("uv",), "media": (), "develop": ("setuptools",)}

# Chosen by torch itself for each of its builds.
LEFT_TO_TORCH = re.compile(r"^(nvidia-(?!ml-py)|triton$|cuda-)")

PYTHONS = ((3, 11), (3, 12), (3, 13))
SYSTEMS = (("linux", "x86_64"), ("linux", "aarch64"), ("win32", "x86_64"), ("darwin", "arm64"))
# Qt needs glibc 2.34 on x86-64 and 2.39 on ARM.
NEWEST_GLIBC, NEWEST_MACOS = (2, 39), (14, 0)

HEAD = """\
# The versions that N6 Studio is built and tested with, and the digests of their files, written by packaging/pin.py.
# {what}
# `n6studio doctor` compares what is installed with them.
"""
WHAT = {
    "base": "Base layer: window, demo scene, virtual board, live view, programming, .tflite and .onnx, evaluation.",
    "conversion": "Conversion layer, beside the base: checkpoints and SavedModels, export, quantization.",
    "media": "Media layer, beside the base: USB cameras of H.264 or H.265 only, results on Windows, AV1 videos.",
    "develop": "For developers: checks, tests, and what installs a checkout.",
}


# --- which packages --------------------------------------------------------------------------------------------------


def installed(name: str) -> importlib.metadata.Distribution:
    """Return a package of this environment, or its other build.

    Raises:
        PackageNotFoundError: neither is there.
    """
    try:
        return importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return importlib.metadata.distribution(BUILDS.get(canonical(name), name))


def needed(package: str, extras: set[str], seen: set[str]) -> set[str]:
    """Return `package` and everything below it, by canonical name; `seen` is left out."""
    key = canonical(package)
    if key in seen or key in NOT_NEEDED or LEFT_TO_TORCH.match(key):
        return set()
    found = {key}
    for text in installed(package).requires or []:
        requirement = Requirement(text)
        if requirement.marker is None or any(requirement.marker.evaluate({"extra": one}) for one in extras or {""}):
            found |= needed(requirement.name, requirement.extras, seen | found)
    return found


def sets() -> dict[str, set[str]]:
    """Return the packages of every list, each without those of the lists before it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    named = {"base": project["dependencies"], **{name: extras[name] for name in LISTS[1:-1]}, "develop": extras["test"]}
    found: dict[str, set[str]] = {}
    seen: set[str] = set()
    for name in LISTS:
        wanted = [Requirement(text) for text in named[name]]
        mine: set[str] = set()
        for requirement in wanted:
            mine |= needed(requirement.name, set(requirement.extras), seen | mine)
        found[name] = mine | set(EXTRA[name])
        seen |= found[name]
    found["conversion"] = {"tensorflow" if name == "tensorflow-cpu" else name for name in found["conversion"]}
    return found


def newest_of(name: str) -> str:
    """Return the version of a package that this environment has, without the part that tells builds apart."""
    return installed(name).version.partition("+")[0]


# --- which files -----------------------------------------------------------------------------------------------------


def tags_for(target: Target) -> dict[str, int]:
    """Return the tags of wheels that a system installs, best first."""
    from packaging import tags

    if target.system == "linux":
        version = range(NEWEST_GLIBC[1], 4, -1)
        platforms = [f"manylinux_2_{minor}_{target.machine}" for minor in version]
        platforms += [f"{old}_{target.machine}" for old in ("manylinux2014", "manylinux2010", "manylinux1")]
    elif target.system == "win32":
        platforms = ["win_amd64"]
    else:
        platforms = list(tags.mac_platforms(NEWEST_MACOS, target.machine))
    found = [*tags.cpython_tags(target.python, platforms=platforms)]
    found += tags.compatible_tags(target.python, f"cp{target.python[0]}{target.python[1]}", platforms)
    return {str(tag): rank for rank, tag in enumerate(found)}


def targets(name: str) -> list[Target]:
    """Return the systems that a list must serve; of macOS see `ELSEWHERE`."""
    return [
        Target(*system, python)
        for system in SYSTEMS
        for python in PYTHONS
        if not (system[0] == "darwin" and python >= (3, 13))  # NumPy 1.26 ends at Python 3.12
    ]


def cpu_offers() -> list[Offer]:
    """Return PyTorch's builds without CUDA, as far as their digests are known."""
    rows = (HERE / "torch_cpu.txt").read_text(encoding="utf-8").splitlines()
    return [Offer(row.split()[1], "", row.split()[0]) for row in rows if row and not row.startswith("#")]


def offered(names: Iterable[str]) -> dict[str, list[Offer]]:
    """Return what the index has of every package."""
    places = known_places()

    def ask(name: str) -> tuple[str, list[Offer]]:
        return name, list(offers(places.indexes[0], name, places.certificates))

    with ThreadPoolExecutor(8) as pool:
        return dict(pool.map(ask, sorted(set(names))))


def allowed(name: str, version: str, everything: list[Offer], cpu: list[Offer]) -> list[Offer]:
    """Return the files of a version that may be installed: no torch for Linux with CUDA."""
    mine = [
        row for row in everything if row.name.endswith(".whl") and row.name.split("-")[1].partition("+")[0] == version
    ]
    if name == "torch":
        mine = [row for row in mine if "linux" not in row.name]
    return mine + [row for row in cpu if canonical(row.name.split("-")[0]) == name and f"-{version}+" in row.name]


def pin_rows(name: str) -> list[tuple[str, str, str]]:
    """Return (name, version, marker) of every line that a package becomes."""
    rows = ELSEWHERE.get(name)
    if rows is None:
        dist = installed(name) if name not in EXTRA["conversion"] else None
        return [(dist.metadata["Name"] if dist else name, newest_of(name) if dist else newest_uv(), "")]
    return [(own, version or newest_of(name), marker) for own, version, marker in rows]


def newest_uv() -> str:
    """Return the version of uv to pin: the one in the list, or the newest where there is none."""
    path = HERE / "conversion.txt"
    known = [pin.version for pin in read_lock(path) if pin.key == "uv"] if path.is_file() else []
    if known:
        return known[0]
    names = [row.name.split("-")[1] for row in offered(["uv"])["uv"] if row.name.endswith(".whl")]
    return max(names, key=lambda text: tuple(int(part) for part in re.findall(r"\d+", text)))


def write(name: str, packages: set[str]) -> list[str]:
    """Write one list; return what is missing on which system."""
    rows = [row for package in sorted(packages) for row in pin_rows(package)]
    found, cpu, problems = offered(canonical(row[0]) for row in rows), cpu_offers(), []
    systems = targets(name)
    tags = {target: tags_for(target) for target in systems}
    sizes = dict.fromkeys(SYSTEMS, 0)
    lines = []
    for own, version, marker in rows:
        mine = allowed(canonical(own), version, found[canonical(own)], cpu)
        everything = Pin(own, version, marker, tuple(row.sha256 for row in mine))
        chosen: dict[str, str] = {}
        for target in (target for target in systems if applies(marker, target)):
            wheel = best(everything, mine, tags[target])
            if wheel is None:
                problems.append(f"{own} {version}: nothing for {target}")
                continue
            suiting = [row for row in mine if any(tag in tags[target] for tag in tags_of(row.name))]
            chosen |= {row.sha256: row.name for row in suiting}
            if target.python == (3, 11):
                sizes[target.system, target.machine] += wheel.size or cpu_size(wheel.name)
        lines.append(f"{own}=={version}" + (f" ; {marker}" if marker else ""))
        ordered = sorted(chosen, key=lambda digest: chosen[digest])
        lines[-1] += "".join(f" \\\n    --hash=sha256:{digest}" for digest in ordered)
    text = [HEAD.format(what=WHAT[name]), *(f"#: {one} {two} {size}" for (one, two), size in sizes.items()), ""]
    (HERE / f"{name}.txt").write_text("\n".join([*text, *lines, ""]), encoding="utf-8", newline="\n")
    return problems


def cpu_size(name: str) -> int:
    """Return about how large a file is whose list does not say: torch's builds without CUDA are of one size."""
    return 192_000_000 if name.startswith("torch-") else 2_000_000


def check() -> list[str]:
    """Return what is wrong with the lists: pins without a file on a system, or files that are gone."""
    problems = []
    for name in LISTS:
        path = HERE / f"{name}.txt"
        listed = {target: read_lock(path, target) for target in targets(name)}
        found, cpu = offered(pin.key for pins in listed.values() for pin in pins), cpu_offers()
        for target, pins in listed.items():
            tags = tags_for(target)
            for pin in pins:
                if best(pin, [*found[pin.key], *cpu], tags) is None:
                    problems.append(f"{name}: {pin.name} {pin.version}: no file with a listed digest for {target}")
    return problems


# --- the newest ------------------------------------------------------------------------------------------------------


def newest() -> int:
    """Install the newest versions of everything into a scratch environment, run the tests there, say what breaks."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["conversion"], *extras["media"], *extras["test"], "setuptools"]
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run([sys.executable, "-m", "venv", scratch], check=True)
        python = str(Path(scratch) / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python"))
        code = subprocess.call([python, "-m", "pip", "install", "-q", "--only-binary=:all:", *wanted])
        if code:
            print("The newest versions do not fit together; pip says why above.")
            return code
        shown = subprocess.run([python, "-m", "pip", "freeze"], capture_output=True, text=True, check=True).stdout
        now = {row.key: row.version for name in LISTS for row in read_lock(HERE / f"{name}.txt")}
        for line in shown.splitlines():
            name, _, version = line.partition("==")
            old = now.get(canonical(name)) or now.get(BUILDS.get(canonical(name), ""))
            if old and version and old != version.partition("+")[0]:
                print(f"  {name}: {old} -> {version}")
        code = tested(python)
        print("Everything passes with the newest versions." if code == 0 else "The tests above break with them.")
        return code


def tested(python: str) -> int:
    """Run the tests with another environment's Python, in which this program itself is not installed.

    Its processes begin without the working folder in their path (-P), so they find the program by PYTHONPATH.
    """
    environment = dict(os.environ, PYTHONPATH=str(ROOT))
    for kind in ("not slow", "slow"):
        code = subprocess.call([python, "-m", "pytest", "-q", "-m", kind, "-n", "2"], cwd=ROOT, env=environment)
        if code:
            return code
    return 0


def main() -> int:
    """Do what was typed; return 1 where something is missing."""
    parser = argparse.ArgumentParser(description="Pins versions.")
    parser.add_argument("--check", action="store_true", help="look whether every pin is to be had for every system")
    parser.add_argument("--newest", action="store_true", help="try the newest versions and run the tests")
    options = parser.parse_args()
    if options.newest:
        return newest()
    problems = check() if options.check else [row for name, found in sets().items() for row in write(name, found)]
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
