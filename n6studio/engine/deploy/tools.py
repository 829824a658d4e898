"""Which tools and which application a deployment uses: as its settings say, the user chose, or is found."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from n6studio.board.application.recognise import Application, identify
from n6studio.board.cube.programmer import CubeProgrammer
from n6studio.board.description import Board
from n6studio.board.programmer import Programmer
from n6studio.board.tools.choices import choose, read_choices
from n6studio.board.tools.discovery import ToolBox, find_tool, find_tools, why_unusable
from n6studio.board.tools.locations import APPLICATION
from n6studio.domain.errors.deploy import ApplicationNotChosen
from n6studio.domain.errors.foreign import reading
from n6studio.gates.files import require_present
from n6studio.stages.deploy.stage import DeploySettings

# tool -> the setting that says where it is
SETTING_OF = {
    "stedgeai": "compiler",
    "programmer": "programmer",
    "signing": "signing_tool",
    "gcc": "gcc",
    "make": "make",
    APPLICATION: "application",
}


def choices(settings: DeploySettings) -> dict[str, Path]:
    """Return where tools and the application were said to be."""
    chosen = read_choices()
    for tool, setting in SETTING_OF.items():
        if value := getattr(settings, setting):
            chosen[tool] = Path(value).expanduser()
    return chosen


def require_chosen(typed: Mapping[str, Any]) -> None:
    """Make sure that there is something where typed settings say that tools or the application are.

    Raises:
        FileMissing, FileUnreadable, LinkBroken.
    """
    for setting in SETTING_OF.values():
        if value := typed.get(setting):
            path = Path(value).expanduser()
            with reading(path):
                require_present(path)


def choose_tools(paths: Mapping[str, Path]) -> None:
    """Keep for this user where tools or the application are, by the names of deployment settings.

    Raises:
        StudioError: it is not there, or no such tool; see `choose`.
    """
    for tool, setting in SETTING_OF.items():
        if setting in paths:
            choose(tool, paths[setting])


def tool_box(settings: DeploySettings) -> ToolBox:
    """Return everything that is found. Blocks for up to half a minute."""
    return find_tools(choices=choices(settings), board=settings.board)


def application_of(settings: DeploySettings, target: Board, box: ToolBox) -> Application:
    """Return the application to build.

    Raises:
        ApplicationNotChosen: none was named, and none is found.
        ApplicationUnknown, ApplicationWrong, ApplicationIncomplete, FileMissing: the named folder is none.
    """
    named = choices(settings).get(APPLICATION)
    if named is not None:
        return identify(named)
    application = box.application_for(target)
    if application is None:
        raise ApplicationNotChosen(board=target.name)
    return application


def st_programmer(settings: DeploySettings, target: Board) -> Programmer:
    """Return the way to a board by ST's tool.

    Raises:
        ToolMissing, ToolTooOld, ToolKnownBad: there is no programmer that can be used.
    """
    found = find_tool("programmer", chosen=choices(settings).get("programmer"), board=target.key)
    usable = next((one for one in found if one.usable), None)
    if usable is None:
        raise why_unusable("programmer", found)
    return CubeProgrammer(usable.path, target, settings.serial)
