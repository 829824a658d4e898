"""Which layer of packages a stage needs, and getting it in a process of its own."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from n6studio.domain.errors.layers import LayerNotInstalled
from n6studio.domain.errors.registry import from_message
from n6studio.domain.errors.stages import Cancelled
from n6studio.domain.model.formats import CHECKPOINT_ENDINGS, KERAS_ENDINGS
from n6studio.domain.requests import StageRequest
from n6studio.domain.stage import AnyStage
from n6studio.layers.layer import CONVERSION, LAYERS, Layer, lock_file
from n6studio.layers.need import megabytes_to_get, missing
from n6studio.system.processes import apart, end_process_tree

_MEGABYTE = 10**6
_POLL_SECONDS = 0.2


@dataclass(frozen=True)
class LayerProgress:
    """How far a layer is.

    Attributes:
        step: what is being done.
        done, total: bytes; 0 where they are not known.
        left: seconds, None where they cannot be told.
    """

    step: str
    done: int = 0
    total: int = 0
    left: float | None = None


def needs_conversion(stage: AnyStage, request: StageRequest) -> bool:
    """Return whether a stage needs the conversion layer: it converts, or reads a checkpoint, SavedModel or .keras."""
    if stage.converts:
        return True
    paths = (Path(file.path) for files in request.inputs.values() for file in files)
    return any(
        path.suffix.lower() in (*CHECKPOINT_ENDINGS, *KERAS_ENDINGS) or (path / "saved_model.pb").is_file()
        for path in paths
    )


def require_layers(stage: AnyStage, request: StageRequest) -> None:
    """See that what a stage needs is installed.

    Raises:
        LayerMissing: it is not.
    """
    if needs_conversion(stage, request) and not CONVERSION.present:
        raise missing(CONVERSION, stage.name)


@dataclass(frozen=True)
class LayerState:
    """A layer as it is on this computer.

    Attributes:
        name: of the layer.
        purpose: what works with it.
        present: whether it is there.
        outdated: whether it is there for another version of N6 Studio.
        download_megabytes, installed_megabytes: about how much it takes.
    """

    name: str
    purpose: str
    present: bool
    outdated: bool
    download_megabytes: int
    installed_megabytes: int


def layer_states() -> tuple[LayerState, ...]:
    """Return how the layers are."""
    return tuple(
        LayerState(
            layer.name,
            layer.purpose,
            layer.present,
            is_outdated(layer),
            megabytes_to_get(layer),
            layer.bytes_installed // _MEGABYTE,
        )
        for layer in LAYERS.values()
    )


def is_outdated(layer: Layer) -> bool:
    """Return whether a layer that we installed is another one than the program's list names."""
    from n6studio.layers.install import installed_lock, lock_digest

    lock, known = lock_file(layer.name), installed_lock(layer)
    return lock is not None and bool(known) and known != lock_digest(lock)


def get_layer(
    layer: Layer,
    told: Callable[[LayerProgress], None],
    cancel: threading.Event,
    command: tuple[str, ...] = (sys.executable, "-P", "-m", "n6studio.layers"),
    more: tuple[str, ...] = (),
) -> bool:
    """Get a layer. Blocks for minutes; call it from any one thread.

    Args:
        layer: it.
        told: called in this thread with how far it is.
        cancel: when set, it stops; what has been downloaded is kept.
        command: of the process that does it.
        more: options of it.

    Returns:
        Whether there was something to get.

    Raises:
        Cancelled, DiskFull, NotWritable, and the errors of the layers' family.
    """
    return listen(layer.name, [*command, "get", layer.name, "--listen", *more], told, cancel)


def listen(
    layer: str,
    command: Sequence[str],
    told: Callable[[LayerProgress], None],
    cancel: threading.Event,
    variables: Mapping[str, str] | None = None,
) -> bool:
    """Run a process that tells in lines of JSON how far it is and how it ended, as `n6studio.layers` does.

    Args:
        layer: name of the layer that it is about.
        command: of the process.
        told: called in this thread with how far it is.
        cancel: when set, it is asked to stop.
        variables: of the environment, beside those of this process.

    Returns:
        Whether there was something to do.

    Raises:
        Cancelled, and what the process told.
    """
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
        errors="replace",
        env={**os.environ, **(variables or {})},
        **apart(),
    )
    watcher = threading.Thread(target=_stop_when, args=(process, cancel), daemon=True)
    watcher.start()
    last: Mapping[str, Any] = {}
    try:
        assert process.stdout is not None
        for line in process.stdout:
            last = _read(line) or last
            if "step" in last:
                told(LayerProgress(str(last["step"]), int(last["done"]), int(last["total"]), last["left"]))
        process.wait()
    finally:
        end_process_tree(process)
    return _end_of(layer, last, process.returncode)


def _stop_when(process: "subprocess.Popen[str]", cancel: threading.Event) -> None:
    while process.poll() is None:
        if cancel.wait(_POLL_SECONDS):
            if process.stdin is not None:
                process.stdin.close()
            return


def _read(line: str) -> Mapping[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _end_of(layer: str, last: Mapping[str, Any], code: int) -> bool:
    from n6studio.layers.get import Ended  # what gets layers talks to the net, and every command imports this file

    ended = last.get("ended")
    if ended == Ended.FAILED:
        raise from_message(last["error"])
    if ended == Ended.STOPPED:
        raise Cancelled(stage=f"{layer} layer")
    if ended not in (Ended.DONE, Ended.THERE):
        raise LayerNotInstalled(layer=layer, reason=f"the process ended with exit code {code}", log="")
    return bool(ended == Ended.DONE)
