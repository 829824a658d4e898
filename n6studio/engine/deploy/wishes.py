"""What a project's file asks to run, build or write to on this computer: used only where the user allowed exactly that.

A project is data that may come from anybody. Which compiler, programmer or make runs is the user's to say: in the
user's own file (`n6studio.board.tools.choices`), by options on the command line, or by allowing what a project asks
for. Allowed is a path with the digest of what is there: another program under the same path is asked for again.
"""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from n6studio.board.registry import board
from n6studio.board.tools.choices import read_choices
from n6studio.board.tools.locations import APPLICATION, TOOLS, in_folder, this_computer
from n6studio.domain.deploy import ToolWish
from n6studio.domain.errors.advice import advice
from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.foreign import reading
from n6studio.domain.errors.tools import ToolNotAllowed
from n6studio.domain.project import Project
from n6studio.domain.settings import named
from n6studio.engine.deploy.confirmations import allow_tools, confirmations_file, tools_allowed
from n6studio.engine.deploy.tools import SETTING_OF
from n6studio.engine.jobs.hashing import HashCache
from n6studio.gates.paths import NoPath, path_of
from n6studio.stages.deploy.stage import DEPLOY, DeploySettings

_digests = HashCache()  # of this process alone: what a project's own cache says proves nothing


def wishes_of(project: Project) -> tuple[ToolWish, ...]:
    """Return what the project asks for, in the order of its file. Reads and hashes what it names; runs nothing."""
    allowed = tools_allowed(confirmations_file())
    return tuple(_wish(project.folder, name, text, allowed) for name, text in _asked(project).items())


def allow(project: Project, names: Iterable[str] = ()) -> tuple[ToolWish, ...]:
    """Remember that the user wants what the project asks for to be used on this computer; return all wishes.

    Args:
        project: the project.
        names: settings; () for all.

    Raises:
        ToolNotAllowed: one of them is not there, or is no such tool; nothing is allowed then.
        DiskFull, NotWritable.
    """
    wanted = set(names) or set(_asked(project))
    wishes = [wish for wish in wishes_of(project) if wish.setting in wanted]
    for wish in wishes:
        if wish.problem:
            raise ToolNotAllowed(setting=wish.title, path=wish.path, reason=wish.problem)
    allow_tools(confirmations_file(), [(wish.setting, str(wish.path), wish.sha256) for wish in wishes])
    return wishes_of(project)


def deploy_settings(project: Project) -> DeploySettings:
    """Return the settings of the project's deployment, with those of its wishes that the user allowed.

    For a board of ST's, the application is the one that the user chose, so that results tell which it was.
    """
    settings = project.settings_of(DEPLOY)
    values = vars(settings) | {
        wish.setting: str(wish.path)
        for wish in wishes_of(project)
        if wish.allowed and not getattr(settings, wish.setting)
    }
    if not values[APPLICATION] and board(settings.board).needs_vendor_tools:
        values[APPLICATION] = str(read_choices().get(APPLICATION, ""))
    return DeploySettings(**values)


def without_wishes(project: Project, names: Iterable[str]) -> Mapping[str, Mapping[str, str]]:
    """Return the project's wishes without some of the deployment's, for which the user chose otherwise."""
    gone = set(names)
    left = {name: text for name, text in _asked(project).items() if name not in gone}
    return {**project.wishes, DEPLOY.name: left}


def _asked(project: Project) -> Mapping[str, str]:
    return project.wishes.get(DEPLOY.name, {})


def _wish(folder: Path, name: str, text: str, allowed: frozenset[tuple[str, str, str]]) -> ToolWish:
    setting = named(DeploySettings, name)
    title = setting.label if setting is not None else name
    try:
        path = folder / path_of(text)
    except NoPath as error:
        return ToolWish(name, title, folder, problem=f"The path {error}.")
    try:
        sha256 = _digest(name, path)
    except StudioError as error:
        return ToolWish(name, title, path, problem=f"{advice(error).title}.")
    return ToolWish(name, title, path, sha256, allowed=(name, str(path), sha256) in allowed)


def _digest(name: str, path: Path) -> str:
    """Return the digest of what would run or be built.

    Raises:
        FileMissing, FileUnreadable, NotAFile: it cannot be read.
    """
    if name == SETTING_OF[APPLICATION]:
        return _sources_digest(path)
    for tool in TOOLS:
        if name == SETTING_OF[tool]:
            return _digests.file(in_folder(tool, path, this_computer().kind) or path)
    return ""


def _sources_digest(folder: Path) -> str:
    """Return one digest over all files of an application, also hidden ones and behind links: make may read any."""
    digest, seen = hashlib.sha256(), set[Path]()
    with reading(folder):
        waiting = [folder]
        while waiting:
            place = waiting.pop()
            if (real := place.resolve()) in seen:  # links may lead round in a circle
                continue
            seen.add(real)
            for path in sorted(place.iterdir()):
                if path.is_dir():
                    waiting.append(path)
                    content = str(path.resolve()) if path.is_symlink() else ""
                elif path.is_file():
                    content = _digests.file(path)
                else:
                    continue
                name = path.relative_to(folder).as_posix()
                digest.update(f"{name}\0{content}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()
