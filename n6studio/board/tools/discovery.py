"""Finding the tools: every installation of each with its version, and which of them to use."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from n6studio.board.application.recognise import Application, identify
from n6studio.board.application.tree import runtime_version
from n6studio.board.compiler.pairs import Pair, Version, runtime_wanted
from n6studio.board.description import Board
from n6studio.board.tools.choices import read_choices
from n6studio.board.tools.known_bad import Judgement, judge
from n6studio.board.tools.locations import (
    APPLICATION,
    CHOSEN,
    TITLES,
    TOOLS,
    Computer,
    Tool,
    application_folders,
    candidates,
    this_computer,
)
from n6studio.board.tools.versions import ToolVersion, ask_version
from n6studio.board.vendor.programs import beside, real_program
from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.tools import PairMismatch, ToolKnownBad, ToolMissing, ToolTooOld
from n6studio.domain.states import FindingState

_COMPANIONS = {"gcc": "arm-none-eabi-objcopy"}  # what lies beside a tool where its installation does


@dataclass(frozen=True)
class FoundTool:
    """An installation of a tool.

    Attributes:
        tool: which.
        path: the program.
        how: how it was found, for people.
        version: its version; None where it does not answer.
        judgement: how that version is; None likewise.
    """

    tool: Tool
    path: Path
    how: str
    version: ToolVersion | None
    judgement: Judgement | None

    @property
    def title(self) -> str:
        """Its name and version, for people."""
        return f"{TITLES[self.tool]} {self.version.text}" if self.version else TITLES[self.tool]

    @property
    def usable(self) -> bool:
        """Whether it may be used."""
        return self.judgement is not None and self.judgement.state is FindingState.OK

    @property
    def root(self) -> Path:
        """The version folder of ST Edge AI Core that it lies in; for other tools, the program's folder."""
        parents = [*self.path.parents, *real_program(self.path).parents]
        return next((parent.parent for parent in parents if parent.name == "Utilities"), self.path.parent)

    @property
    def npu_runtime(self) -> Version | None:
        """Version of the NPU runtime that an ST Edge AI Core's code is for; None where neither it nor we know."""
        own = runtime_version(self.root / "Middlewares/ST/AI")
        return own or (runtime_wanted(self.version.version) if self.version else None)

    @property
    def folder(self) -> Path:
        """The folder that has the rest of its installation: the program's own, or that behind a link or a script."""
        return beside(self.path, _COMPANIONS[self.tool] + self.path.suffix) if self.tool in _COMPANIONS else self.root


@dataclass(frozen=True)
class ToolBox:
    """Everything that was found.

    Attributes:
        tools: tool -> installations, the one to use first.
        applications: copies of ST's applications.
        strays: folders that were named as applications and are none, with the reason as an error.
    """

    tools: dict[Tool, tuple[FoundTool, ...]]
    applications: tuple[Application, ...] = ()
    strays: tuple[tuple[Path, StudioError], ...] = field(default=())

    def best(self, tool: Tool) -> FoundTool | None:
        """Return the installation to use, None where there is none that may be used."""
        return next((found for found in self.tools.get(tool, ()) if found.usable), None)

    def require(self, tool: Tool) -> FoundTool:
        """Return the installation to use.

        Raises:
            ToolMissing, ToolTooOld, ToolKnownBad: there is none that may be used.
        """
        best = self.best(tool)
        if best is not None:
            return best
        raise why_unusable(tool, self.tools.get(tool, ()))

    def compiler_for(self, pair: Pair) -> FoundTool:
        """Return the installation of ST Edge AI Core that goes with an application.

        Raises:
            ToolMissing: there is no installation at all.
            PairMismatch: there are others only.
        """
        installed = self.tools.get("stedgeai", ())
        fitting = [one for one in installed if one.version and one.version.version[:2] == pair.compiler.release]
        if fitting:
            exact = [one for one in fitting if one.npu_runtime == pair.compiler.ll_aton]
            return exact[0] if exact and fitting[0].how != CHOSEN else fitting[0]
        known = [found.version.text for found in installed if found.version]
        if not known:
            raise why_unusable("stedgeai", installed)
        raise PairMismatch(application=pair.title, compiler=", ".join(known), wanted=pair.compiler.name)

    def application_for(self, board: Board) -> Application | None:
        """Return the copy to use for a board where none was named; None where there is none.

        Of several it is one whose compiler is installed, and whose release is known, as far as there is one; then what
        `getting.recommended_pair` names, so that nobody is sent for the compiler of another copy.
        """
        linked = {budget.pair for budget in board.budgets}

        def rank(one: Application) -> tuple[bool, bool, bool, bool, Version]:
            pair = one.on(board).pair
            own = pair.family == "getting-started"
            return self._compiles(pair), not one.news, pair.key in linked, own, one.version

        return max((one for one in self.applications if board in one.boards), key=rank, default=None)

    def _compiles(self, pair: Pair) -> bool:
        try:
            self.compiler_for(pair)
        except StudioError:
            return False
        return True


def why_unusable(tool: Tool, installed: Sequence[FoundTool]) -> ToolMissing | ToolTooOld | ToolKnownBad:
    """Return why none of the installations may be used, as an error."""
    if not installed:
        return ToolMissing(
            tool=TITLES[tool],
            path="the default install folders, PATH and the variables of ST's model zoo",
            reason="it was not found",
        )
    first = installed[0]
    if first.version is None or first.judgement is None:
        return ToolMissing(tool=TITLES[tool], path=first.path, reason="it does not report its version")
    if first.judgement.state is FindingState.TOO_OLD:
        return ToolTooOld(tool=TITLES[tool], found=first.version.text, wanted=first.judgement.wanted, path=first.path)
    reason = next((row.problem for row in first.judgement.rows if not row.workaround), "No application matches it.")
    return ToolKnownBad(tool=TITLES[tool], found=first.version.text, reason=reason, wanted=first.judgement.wanted)


def find_tool(
    tool: Tool, computer: Computer | None = None, chosen: Path | None = None, board: str = ""
) -> tuple[FoundTool, ...]:
    """Return every installation of a tool, the one to use first: usable ones, the user's choice, later versions.

    Args:
        tool: which.
        computer: where to look; None for this one.
        chosen: what the user said.
        board: key of the board that it is for; "" for no particular one.
    """
    there = candidates(tool, computer or this_computer(), chosen)
    if not there:
        return ()
    with ThreadPoolExecutor(len(there), thread_name_prefix="tool version") as pool:
        versions = pool.map(lambda candidate: ask_version(tool, candidate.path), there)
    found = [
        FoundTool(tool, candidate.path, candidate.how, version, judge(tool, version, board) if version else None)
        for candidate, version in zip(there, versions, strict=True)
    ]
    return tuple(sorted(found, key=_preference, reverse=True))


def _preference(found: FoundTool) -> tuple[bool, bool, bool, Version]:
    version = found.version
    st_build = version is not None and version.built_by_st
    return found.how == CHOSEN, found.usable, st_build, version.version if version else (0,)


def find_tools(computer: Computer | None = None, choices: dict[str, Path] | None = None, board: str = "") -> ToolBox:
    """Look for everything at once. Blocks for up to half a minute; call it from any thread but the window's.

    Args:
        computer: where to look; None for this one.
        choices: what the user said; None to read it from the user's file.
        board: key of the board that they are for; "" for no particular one.
    """
    where = computer or this_computer()
    chosen = read_choices() if choices is None else choices
    with ThreadPoolExecutor(len(TOOLS), thread_name_prefix="tool search") as pool:
        tasks = {tool: pool.submit(find_tool, tool, where, chosen.get(tool), board) for tool in TOOLS}
        tools = {tool: task.result() for tool, task in tasks.items()}
    applications, strays = [], []
    for candidate in application_folders(where, chosen.get(APPLICATION)):
        try:
            applications.append(identify(candidate.path))
        except StudioError as error:
            strays.append((candidate.path, error))
    return ToolBox(tools, tuple(applications), tuple(strays))
