"""Evaluation on a board from the window: the command `n6studio evaluate --on-board`, in a process of its own."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QObject

from n6studio.board.emulator import missing_tools
from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.stages import Cancelled
from n6studio.domain.project import PROJECT_FILE, Project
from n6studio.domain.settings import settings_of
from n6studio.link.sources.serial_port import serial_ports
from n6studio.link.sources.virtual import emulated_info
from n6studio.stages.evaluate.stage import EVALUATE
from n6studio.ui.background import run_in_background
from n6studio.ui.command_run import CommandRun
from n6studio.ui.context import Context
from n6studio.ui.pages.evaluate import texts
from n6studio.ui.pages.evaluate.board_tab import BoardTab

VIRTUAL = "virtual:"
FOLDER = "board-evaluation"  # in the project; answers are kept there, so that a broken run goes on


def boards_there() -> list[tuple[str, str]]:
    """Return (address, what it is called) of the boards there are, those on ports that tell nothing of a board last.

    Looks at ports: call it off the GUI thread.
    """
    ports = serial_ports()
    told = [(one.address, one.name) for one in ports if one.name != one.detail]
    silent = [(one.address, one.name) for one in ports if one.name == one.detail]
    emulated = [] if missing_tools() else [(emulated_info().address, emulated_info().name)]
    return [*told, (VIRTUAL, "Virtual board"), *emulated, *silent]


def command_words(project: Project, model: Path, reference: Path | None, address: str) -> list[str]:
    """Return the command that evaluates a model here and on a board, with the project's data and settings.

    Args:
        project: with data, or calibration images.
        model: the .tflite that the board runs.
        reference: the float model.
        address: of the board.
    """
    words = ["evaluate", str(model)]
    if reference is not None:
        words += ["--against", str(reference)]
    words += ["--data", str(project.data or project.calibration)]
    if project.images is not None:
        words += ["--images", str(project.images)]
    if project.skeleton is not None:
        words += ["--skeleton", str(project.folder / PROJECT_FILE)]
    return [*words, "--on-board", address, "-o", str(project.folder / FOLDER), *_options(project)]


def _options(project: Project) -> list[str]:
    settings, words = project.settings_of(EVALUATE), list[str]()
    for one in settings_of(EVALUATE.settings):
        value = getattr(settings, one.name)
        if value == one.default:
            continue
        if isinstance(value, bool):
            words.append(one.option if value else f"--no-{one.option.removeprefix('--')}")
        else:
            values: Sequence[object] = value if one.is_list else (value,)
            words += [word for item in values for word in (one.option, str(item))]
    return words


class BoardRun(QObject):
    """Asks a board for the page's Board tab."""

    def __init__(self, context: Context, tab: BoardTab) -> None:
        super().__init__(tab)
        self._context, self._tab = context, tab
        self._address = ""
        self.command = CommandRun(context, self)
        tab.seen.connect(self.look)
        tab.run_wanted.connect(self.start)
        tab.cancel_wanted.connect(self.command.cancel)
        self.command.told.connect(tab.progress.setText)
        self.command.changed.connect(self.show_state)
        self.command.done.connect(self._done)
        self.command.failed.connect(self._failed)
        context.project_changed.connect(self.show_state)
        context.result_changed.connect(lambda _: self.show_state())
        self.show_state()

    def look(self) -> None:
        """Look which boards there are."""
        run_in_background(self, boards_there, self._tab.show_boards)

    def missing(self) -> str:
        """Return what is missing before a board can be asked, as a sentence; "" where nothing is."""
        project = self._context.project
        if project is None or self._context.quantized_model() is None:
            return texts.BOARD_WANTS_MODEL
        return "" if project.data or project.calibration else texts.BOARD_WANTS_DATA

    def show_state(self) -> None:
        """Say whether a board can be asked, or is being asked."""
        self._tab.show_running(self.command.running, self.missing())

    def start(self, address: str) -> None:
        """Evaluate the quantized model here and on a board."""
        project, model = self._context.project, self._context.quantized_model()
        if project is None or model is None or self.missing():
            return
        self._address = address
        self._tab.error.clear()
        self._tab.progress.setText(texts.BOARD_STARTS)
        words = command_words(project, model, self._context.output("export", "tflite"), address)
        self.command.begin("Evaluation on the board", words, project.folder)

    def _done(self, outputs: Mapping[str, Path]) -> None:
        self._tab.open_results(outputs["results"])

    def _failed(self, error: StudioError) -> None:
        if isinstance(error, Cancelled):
            self._context.notice.emit(texts.BOARD_CANCELLED)
        else:
            self._tab.error.show_error(error, lambda: self.start(self._address))
