"""Brings an update: a program and its environment beside the running one, and the pointer that chooses between them."""

import re
import shutil
import sys
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

from n6studio.domain.errors.layers import LayerUnreachable
from n6studio.domain.errors.stages import Cancelled
from n6studio.domain.errors.updates import UpdateNotGenuine, UpdateNotPossible, UpdateUnreachable
from n6studio.engine.layers import LayerProgress, listen
from n6studio.engine.updates.check import LARGEST_KIT, Update
from n6studio.first_start.current import Environment, choose, environments, installed_build, read_current, running
from n6studio.first_start.environment import CHECKING, ENVIRONMENT, PROGRAM, Kit
from n6studio.gates.archives import Archive
from n6studio.layers.download import Progress, Stopped, get
from n6studio.layers.index import Wheel
from n6studio.layers.lock import Pin
from n6studio.layers.places import known_places

WORK = "update"  # what it is called where it is cancelled
DOWNLOADING = "download the update"
STEPS = (DOWNLOADING, CHECKING, ENVIRONMENT, PROGRAM)  # those that every update takes
_IN_KIT = re.compile(r"n6studio-[0-9A-Za-z.+_]+-py3-none-any\.whl|(base|conversion|media)\.txt|LICENSE")

Told = Callable[[LayerProgress], None]


def bring(update: Update, told: Told, cancel: threading.Event, here: Environment | None = None) -> Environment:
    """Install an update beside the running program and let it start the next time. Takes the network and minutes.

    Args:
        update: it.
        told: called in this thread, or another one, with how far it is.
        cancel: when set, it stops; what has been downloaded is kept, and the program stays what it was.
        here: the environment of this program; None for the running one.

    Returns:
        The environment that starts the next time.

    Raises:
        UpdateNotPossible, UpdateUnreachable, UpdateNotGenuine, LayerDamaged, Cancelled, DiskFull, NotWritable, and
        the errors of the layers' family.
    """
    here = here or running()
    if here is None:
        raise UpdateNotPossible(reason="It was not installed by its installer")
    home = here.folder.parent.parent
    fetched = _fetched(update, home, told, cancel)
    try:
        kit = Kit(_unpacked(fetched, home), home)
    finally:
        fetched.unlink(missing_ok=True)
    if kit.version != update.version:
        raise UpdateNotGenuine(reason=f"its program is version {kit.version} and not {update.version}")
    python = getattr(sys, "_base_executable", "") or sys.executable
    options = ["--kit", str(kit.folder), "--home", str(home), "--keep", here.folder.name, "--set-up-only", "--listen"]
    command = [python, "-P", "-m", "n6studio.first_start", *options]
    listen("base", command, told, cancel, {"PYTHONPATH": str(kit.program), "PYTHONUTF8": "1"})
    made = next((one for one in environments(home) if one.folder == kit.environment), None)
    if made is None:
        raise UpdateNotPossible(reason="Its environment was made and is not whole")
    choose(home, installed_build(here), made.folder)
    return made


def waiting() -> Environment | None:
    """Return what starts the next time in place of the running program, None where it is this one."""
    here = running()
    if here is None:
        return None
    home = here.folder.parent.parent
    installed, name = read_current(home)
    if installed != installed_build(here) or name == here.folder.name:
        return None
    return next((one for one in environments(home) if one.folder.name == name), None)


def other() -> Environment | None:
    """Return the environment that one can go back to, or on to again; None where there is none."""
    here = running()
    found = environments(here.folder.parent.parent) if here is not None else ()
    return next((one for one in found if here is not None and one.folder != here.folder), None)


def start_next(chosen: Environment | None) -> None:
    """Let an environment start from now on; None for the one that runs.

    Raises:
        UpdateNotPossible, DiskFull, NotWritable.
    """
    here = running()
    if here is None:
        raise UpdateNotPossible(reason="It was not installed by its installer")
    choose(here.folder.parent.parent, installed_build(here), (chosen or here).folder)


def _fetched(update: Update, home: Path, told: Told, cancel: threading.Event) -> Path:
    wheel = Wheel(Pin("n6studio", update.version), update.name, update.address, update.sha256, update.size)
    progress = Progress(update.size, lambda done, total, left: told(LayerProgress(DOWNLOADING, done, total, left)))
    certificates = known_places().certificates if update.address.startswith("https:") else ""
    try:
        return get(wheel, home / "downloads", certificates, progress, cancel)
    except Stopped as stopped:
        raise Cancelled(stage=WORK) from stopped
    except LayerUnreachable as error:
        raise UpdateUnreachable(place=update.address, reason=error.reason) from error


def _unpacked(path: Path, home: Path) -> Path:
    """Unpack a kit into a folder that is named by its build; return the folder."""
    part = home / "kits" / "part"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        with Archive(path, LARGEST_KIT) as archive:
            for entry in archive.entries:
                if not _IN_KIT.fullmatch(entry.filename):
                    raise UpdateNotGenuine(reason=f"its kit has a file that does not belong there: {entry.filename!r}")
                (part / entry.filename).write_bytes(archive.unpacked(entry, LARGEST_KIT))
        kit = Kit(part, home)
        folder = part.with_name(kit.build)
        if not (part / "base.txt").is_file() or not (part / "conversion.txt").is_file():
            raise UpdateNotGenuine(reason="its kit is not whole")
    except (zipfile.BadZipFile, StopIteration) as error:
        raise UpdateNotGenuine(reason="its kit is not whole") from error
    shutil.rmtree(folder, ignore_errors=True)
    return part.replace(folder)
