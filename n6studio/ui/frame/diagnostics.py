"""A zip file to attach to a report: versions, system, settings, ends of logs. Without images and models.

Names of the user and the computer and paths outside the project are left out, unless the user wants them in.

No Qt; reads and writes files, so call it off the GUI thread.
"""

import json
import os
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from n6studio.domain.errors.base import StudioError
from n6studio.domain.privacy import without_identity
from n6studio.domain.project import PROJECT_FILE, Project
from n6studio.engine.doctor.examine import examine, to_json
from n6studio.engine.doctor.walls import look_at_walls
from n6studio.engine.project.opening import latest_log, tail
from n6studio.stages.registry import STAGES
from n6studio.system.files import make_folder, replacing
from n6studio.system.logs import log_file
from n6studio.ui.error_report import error_report
from n6studio.ui.frame.preferences import Preferences, as_json

LOG_LINES = 1000


@dataclass(frozen=True)
class Diagnostics:
    """What is to be collected.

    Attributes:
        folder: where to; it is made.
        name: of the zip file.
        project: the open one, or None.
        preferences: of the window.
        error: what was shown last, or None.
        whole: with full paths and names.
    """

    folder: Path
    name: str
    project: Project | None
    preferences: Preferences
    error: StudioError | None = None
    whole: bool = False


def write_diagnostics(wanted: Diagnostics) -> tuple[Path, tuple[str, ...]]:
    """Write the zip file; return its path and the names of what is in it.

    Raises:
        DiskFull, NotWritable: there is no such file then.
    """
    make_folder(wanted.folder)
    path = wanted.folder / wanted.name
    texts = {name: text if wanted.whole else _private(text, wanted) for name, text in _texts(wanted).items() if text}
    with replacing(path) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in texts.items():
            archive.writestr(name, text)
    return path, tuple(texts)


def _private(text: str, wanted: Diagnostics) -> str:
    project = wanted.project
    if project is None:
        return without_identity(text)
    places = (project.model, project.calibration, project.data, project.images, project.check_images)
    return without_identity(text, project.folder, places)


def _texts(wanted: Diagnostics) -> dict[str, str]:
    found = examine(wanted.folder, more=(lambda: [look_at_walls()],))
    texts = {
        "system.json": json.dumps({**to_json(found), "python": sys.version, "qt": _qt()}, indent=1),
        "window.json": as_json(wanted.preferences),
        "program.log": tail(log_file(), LOG_LINES),
    }
    if wanted.error is not None:
        texts["error.txt"] = error_report(wanted.error, whole=wanted.whole)
    if wanted.project is not None:
        texts[PROJECT_FILE] = tail(wanted.project.folder / PROJECT_FILE, LOG_LINES)
        for stage in STAGES:
            log = latest_log(wanted.project, stage)
            texts[f"{stage}.log"] = tail(log, LOG_LINES) if log else ""
    return texts


def _qt() -> dict[str, str]:
    import PySide6

    names = ("QT_QPA_PLATFORM", "QT_SCALE_FACTOR", "XDG_SESSION_TYPE", "XDG_CURRENT_DESKTOP", "WAYLAND_DISPLAY")
    return {"PySide6": PySide6.__version__, **{name: os.environ[name] for name in names if name in os.environ}}
