"""Puts downloaded wheels into an environment, whole or not at all."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

from n6studio.domain.errors.layers import LayerNotInstalled
from n6studio.layers.download import Stopped
from n6studio.layers.index import Wheel
from n6studio.layers.layer import BASE, Layer, entry_file

# Parts of Qt that nothing here loads: QML and Quick, and the programs for developers of forms and translations.
UNUSED_QT = ("*Quick*", "*Qml*", "*qml*", "*Labs*", "*Designer*", "designer*", "linguist*", "assistant*",
             "lupdate*", "lrelease*", "metatypes", "translations")  # fmt: skip
# Headers, for those who build extensions.
UNUSED_ELSEWHERE = ("torch/include", "tensorflow/include")


def mark_file(layer: Layer) -> Path:
    """Return where it stands that a layer is whole, written last."""
    return Path(sys.prefix) / f"n6studio-layer-{layer.name}.json"


def installed_lock(layer: Layer) -> str:
    """Return the digest of the list that a layer was installed from, '' where we did not install it."""
    try:
        return str(json.loads(mark_file(layer).read_text(encoding="utf-8"))["lock"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def lock_digest(lock: Path) -> str:
    """Return what tells whether a list of pins has changed."""
    return hashlib.sha256(lock.read_bytes().replace(b"\r\n", b"\n")).hexdigest()


def install(layer: Layer, lock: Path, wheels: Sequence[Wheel], folder: Path, stop: threading.Event) -> None:
    """Install a layer from wheels in `folder`.

    The base goes into the environment, which counts once its mark stands. Another layer becomes a folder beside, which
    is entered into Python's path when it is whole; what was there before then goes.

    Raises:
        Stopped: `stop` was set; nothing has changed but for files that do not count.
        LayerNotInstalled.
    """
    digest = lock_digest(lock)
    wanted = folder / f"{layer.name}.wanted.txt"
    wanted.write_text(
        "".join(f"{wheel.pin.name}=={_version(wheel)} --hash=sha256:{wheel.sha256}\n" for wheel in wheels),
        encoding="utf-8",
    )
    mark_file(layer).unlink(missing_ok=True)
    if layer is BASE:
        _pip(layer, wanted, folder, [], stop)
        _trim(Path(sysconfig.get_path("purelib")))
    else:
        _as_folder(layer, digest, wanted, folder, stop)
    part = mark_file(layer).with_suffix(".part")
    part.write_text(json.dumps({"lock": digest, "packages": len(wheels), "at": int(time.time())}), encoding="utf-8")
    part.replace(mark_file(layer))


def _version(wheel: Wheel) -> str:
    """Return a wheel's version with its local part, which tells builds apart."""
    return wheel.name.split("-")[1].replace("%2B", "+")


def _as_folder(layer: Layer, digest: str, wanted: Path, folder: Path, stop: threading.Event) -> None:
    place = Path(sys.prefix) / "layers"
    whole, part = place / f"{layer.name}-{digest[:12]}", place / f"{layer.name}.part"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        _pip(layer, wanted, folder, ["--target", str(part)], stop)
        _trim(part)
        shutil.rmtree(whole, ignore_errors=True)
        part.replace(whole)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    entry = entry_file(layer)
    beside = entry.with_suffix(".part")
    beside.write_text(f"{whole}\n", encoding="utf-8")
    beside.replace(entry)
    for old in place.glob(f"{layer.name}-*"):
        if old != whole:
            shutil.rmtree(old, ignore_errors=True)


def remove(layer: Layer) -> None:
    """Remove a layer that lies in a folder of its own; what somebody else installed stays."""
    entry = entry_file(layer)
    mark_file(layer).unlink(missing_ok=True)
    entry.unlink(missing_ok=True)
    for folder in (Path(sys.prefix) / "layers").glob(f"{layer.name}-*"):
        shutil.rmtree(folder, ignore_errors=True)


def _pip(layer: Layer, wanted: Path, folder: Path, more: list[str], stop: threading.Event) -> None:
    """Let pip install exactly the wheels that are listed, from `folder` and nowhere else."""
    log = Path(sys.prefix) / f"n6studio-layer-{layer.name}.log"
    scratch = Path(sys.prefix) / "tmp"  # /tmp is often a small memory disk, and torch alone is larger
    scratch.mkdir(exist_ok=True)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    environment.pop("PYTHONPATH", None)
    environment.update(dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(scratch)), PIP_CONFIG_FILE=os.devnull)
    options = ["--no-index", "--no-deps", "--require-hashes", "--only-binary=:all:", "--no-warn-script-location"]
    command = [sys.executable, "-I", "-m", "pip", "install", "--disable-pip-version-check", "--no-cache-dir", *options]
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [*command, "--find-links", str(folder), *more, "-r", str(wanted)],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
        )
        try:
            while process.poll() is None:
                if stop.wait(0.2):
                    raise Stopped
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
            shutil.rmtree(scratch, ignore_errors=True)
    if process.returncode:
        last = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
        raise LayerNotInstalled(layer=layer.name, reason=last[-1] if last else "pip said nothing", log=log)


def _trim(site: Path) -> None:
    """Remove what nothing here loads: a sixth of the base, a quarter of the conversion layer."""
    qt = site / "PySide6"
    for path in sorted(qt.rglob("*")) if qt.is_dir() else ():
        if any(fnmatch(path.name, pattern) for pattern in UNUSED_QT):
            _remove(path)
    for name in UNUSED_ELSEWHERE:
        _remove(site / name)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
