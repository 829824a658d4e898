"""Which sources there are, which one is wanted, and how it is opened."""

from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from n6studio.domain.errors.link import CameraUnavailable
from n6studio.link.recording.shelf import Stored, recordings_in
from n6studio.link.sources.base import SourceInfo
from n6studio.link.sources.virtual import emulated_info
from n6studio.ui.background import run_in_background
from n6studio.ui.context import Context
from n6studio.ui.pages.live import texts
from n6studio.ui.pages.live.camera_permission import when_allowed
from n6studio.ui.pages.live.captures import live_folder
from n6studio.ui.pages.live.controller import LiveController
from n6studio.ui.pages.live.dialogs import ask_for_source
from n6studio.ui.pages.live.models import Models
from n6studio.ui.pages.live.source_bar import Choice, SourceBar

VIRTUAL = "virtual:"
EMULATED = emulated_info().address
MEMORY = "live source"
MOST_LISTED = 30  # recordings among the sources, the newest ones
SEARCH_MS = 3000  # between two looks for boards and cameras, while none is open


class Sources(QObject):
    """Fills the list of sources and opens what is chosen. Lives on the GUI thread.

    Signals:
        opening: a source is about to be opened; `name` is what it is called.
    """

    opening = Signal()

    def __init__(self, context: Context, controller: LiveController, models: Models, bar: SourceBar) -> None:
        super().__init__(bar)
        self._context, self._controller, self._models, self._bar = context, controller, models, bar
        self.name = ""
        self._wanted = ""
        self._left = ""
        self._shelf: list[Choice] = []
        self._found_choices: tuple[Choice, ...] = ()
        self._search = QTimer(self)
        self._search.setInterval(SEARCH_MS)
        self._search.timeout.connect(self._look)
        bar.connect_wanted.connect(self.open)
        bar.refresh_wanted.connect(controller.refresh)
        bar.file_wanted.connect(self.ask_for)
        bar.chosen.connect(lambda uri: context.remember(MEMORY, uri))
        controller.sources_found.connect(self._found)
        context.live_wished.connect(lambda: self.take_up() if bar.isVisible() else None)

    # --- finding

    def search(self, wanted: bool) -> None:
        """Look for sources now and every few seconds, or no longer."""
        if wanted:
            self._look_at_shelf()
            self._controller.refresh()
            self._search.start()
        else:
            self._search.stop()

    def _put_on_shelf(self, found: tuple[Stored, ...]) -> None:
        """List the recordings of the project, or of the user's images, among the sources."""
        self._shelf = [
            Choice(f"recording:{one.path}", one.path.name, texts.stored(one.size, one.seconds))
            for one in found[:MOST_LISTED]
        ]

    def _look_at_shelf(self) -> None:
        folder = live_folder(self._context)
        run_in_background(self, lambda: recordings_in(folder), self._put_on_shelf, lambda error: None)

    def _look(self) -> None:
        if not self._controller.is_open:
            self._look_at_shelf()
            self._controller.refresh()

    def _found(self, found: list[SourceInfo]) -> None:
        real = [info for info in found if info.kind != "virtual"]
        silent = [info for info in real if info.name == info.detail]  # ports that exist whether a board is there or not
        choices = [Choice(info.address, info.name, info.detail) for info in real if info not in silent]
        choices.append(Choice(VIRTUAL, "Virtual board", "emulated on this computer"))
        choices += self._shelf
        choices += [Choice(info.address, info.name, info.detail) for info in found if info.address == EMULATED]
        choices += [Choice(info.address, info.name) for info in silent]
        self._found_choices = tuple(choices)
        self._bar.show_choices(choices, self._context.memory.get(MEMORY, ""))

    # --- opening

    def ask_for(self, kind: str) -> None:
        """Ask for a recording, a video, a folder of images or a model."""
        ask_for_source(self._bar, kind, lambda path: self.open_stored(kind, path))

    def open_stored(self, kind: str, path: Path) -> None:
        """Open a recording, a video, or a folder of images; take up a model."""
        if kind == "network":
            self._models.add(path)
            return
        word = "images" if kind == "folder" else kind
        self._bar.add_choice(Choice(f"{word}:{path}", word.capitalize(), path.name))
        self.open(self._bar.uri())

    def use_camera(self) -> None:
        """Connect to the first camera of this computer, or say that there is none."""
        camera = next((choice.uri for choice in self._found_choices if choice.uri.startswith("camera:")), "")
        if camera:
            self._bar.choose(camera)
            self.open(camera)
        else:
            self._context.notice.emit("No camera was found on this computer")

    def use_virtual_board(self) -> None:
        """Connect to the virtual board."""
        self._bar.choose(VIRTUAL)
        self.open(VIRTUAL)

    def open(self, uri: str) -> None:
        """Connect to a source; virtual and emulated board get the model that is chosen."""
        self._wanted = uri
        self._context.remember(MEMORY, uri)
        choice = self._bar.choice()
        self.name = choice.title if choice is not None and choice.uri == uri else uri
        self.opening.emit()
        if uri.startswith("camera:"):
            when_allowed(self, lambda: self._controller.open(uri), lambda: self._refused(uri))
            return
        if uri in (VIRTUAL, EMULATED):
            uri = f"{VIRTUAL}{self._models.for_board() or ''}{uri.removeprefix(VIRTUAL)}"
        self._controller.open(uri)

    def _refused(self, uri: str) -> None:
        self._controller.failed.emit(CameraUnavailable(camera=self.name, reason="the system does not allow it"))

    # --- leaving the page and coming back

    def let_go(self) -> None:
        """Close the source until `take_up`."""
        if self._controller.is_open:
            self._left = self._wanted
            self._controller.close()

    def take_up(self) -> None:
        """Open what another page asked for (`Context.live_wish`), or again what was let go."""
        left, self._left = self._left, ""
        wish, self._context.live_wish = self._context.live_wish, None
        if wish is not None:
            if wish.model is not None:
                self._models.add(wish.model)
            self._bar.add_choice(Choice(wish.address, wish.title, wish.detail))
            self.open(wish.address)
        elif left and not self._controller.is_open:
            self.open(left)
