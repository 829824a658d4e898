"""What a page does, as it is typed on the command line."""

import shlex
import subprocess
import sys
from collections.abc import Sequence

from n6studio.domain.pages import PageKey
from n6studio.stages.deploy.stage import DEPLOY
from n6studio.ui.context import Context


def command_line(context: Context, key: str, live_address: str = "") -> str:
    """Return the command that does on a terminal what a page does; "" where there is none.

    The settings need no options: they lie in the project, which window and commands share.

    Args:
        context: of the window.
        key: the page's.
        live_address: of the source that the live page shows.
    """
    project = context.project
    if key == PageKey.LIVE:
        return _typed(["live", "--source", live_address]) if live_address else ""
    if project is None:
        return _typed(["demo"]) if key == PageKey.IMPORT else ""
    if key == PageKey.IMPORT:
        return _typed(["inspect", str(project.model)])
    if key == PageKey.DEPLOY:
        return _typed(["deploy", str(project.folder)])
    if key == PageKey.ROAD:
        return _typed(["run", str(project.folder), "--board", project.settings_of(DEPLOY).board])
    return _typed(["run", str(project.folder)])


def _typed(words: Sequence[str]) -> str:
    every = ["n6studio", *words]
    return subprocess.list2cmdline(every) if sys.platform == "win32" else shlex.join(every)
