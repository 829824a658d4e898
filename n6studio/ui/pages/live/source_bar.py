"""Where the image comes from: the list of sources, the model for those without results, and connecting."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QInputDialog,
    QMenu,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from n6studio.ui.pages.live import texts
from n6studio.ui.theme import ButtonRole, TextRole
from n6studio.ui.widgets.flow import Flow
from n6studio.ui.widgets.parts import button, in_a_row, label, widest_text


@dataclass(frozen=True)
class Choice:
    """One source that can be chosen.

    Attributes:
        uri: what it is opened by.
        title: its name for people.
        detail: where it is; "" where the title says it.
        problem: why it cannot be opened now; "" where nothing is known against it.
    """

    uri: str
    title: str
    detail: str = ""
    problem: str = ""

    @property
    def text(self) -> str:
        """What stands in the list."""
        where = f"  ({self.detail})" if self.detail else ""
        return f"{'! ' if self.problem else ''}{self.title}{where}"


class SourceBar(QWidget):
    """The row at the top.

    Signals:
        connect_wanted(uri), disconnect_wanted.
        refresh_wanted: look for sources again.
        chosen(uri): another source stands in the list.
        file_wanted(kind): 'recording', 'video', 'folder' or 'network' shall be asked for.
        network_chosen(path): the network for sources without results; "" for none.
    """

    connect_wanted = Signal(str)
    disconnect_wanted = Signal()
    refresh_wanted = Signal()
    chosen = Signal(str)
    file_wanted = Signal(str)
    model_chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._choices: tuple[Choice, ...] = ()
        self._own: list[Choice] = []
        self._busy = False
        self.list = QComboBox()
        self.list.setAccessibleName("Image source")
        self.list.setMinimumContentsLength(22)
        self.list.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.list.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.list.activated.connect(self._activated)
        self.refresh = button("Refresh", self.refresh_wanted.emit, tip=texts.REFRESH_TIP)
        self.other = QToolButton()
        self.other.setText("Other ▾")
        self.other.setAccessibleName("Other sources, menu")
        self.other.setStyleSheet("QToolButton::menu-indicator { image: none; }")
        self.other.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.other.setMenu(self._menu())
        self.models = QComboBox()
        self.models.setAccessibleName(texts.MODEL_NAME)
        self.models.setToolTip(texts.MODEL_TIP)
        self.models.setMinimumContentsLength(14)
        self.models.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.models.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.models.activated.connect(self._model_activated)
        self.connect_button = button("Connect", self._connect, ButtonRole.PRIMARY)
        widest_text(self.connect_button, ("Connect", "Disconnect"))
        self._lay_out()
        self.show_models((), "")

    def _lay_out(self) -> None:
        row = Flow(spacing=6)
        row.addWidget(in_a_row(self.list, self.other, self.refresh))
        row.addWidget(in_a_row(label("Model", TextRole.MUTED, wrap=False), self.models, self.connect_button))
        self.setLayout(row)

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        for text, kind in (
            ("Recording…", "recording"),
            ("Video…", "video"),
            ("Folder of images…", "folder"),
        ):
            menu.addAction(text).triggered.connect(lambda _=False, kind=kind: self.file_wanted.emit(kind))
        menu.addAction("Serial port…").triggered.connect(lambda _=False: self.ask_port())
        menu.addAction("Network address…").triggered.connect(lambda _=False: self.ask_address())
        return menu

    # --- sources

    def show_choices(self, choices: Sequence[Choice], wanted: str) -> None:
        """Show what was found, together with what the user added; keep or take `wanted` as the one that is chosen."""
        keep = self.uri() or wanted
        if self._choices == tuple(choices) and self.list.count() == len(self._choices) + len(self._own):
            return  # a list that is folded out must not change for nothing
        self._choices = tuple(choices)
        self.list.clear()
        for choice in (*self._choices, *self._own):
            self.list.addItem(choice.text, choice.uri)
            self.list.setItemData(self.list.count() - 1, choice.problem or choice.detail, Qt.ItemDataRole.ToolTipRole)
        self.choose(keep)

    def add_choice(self, choice: Choice) -> None:
        """Add a source that cannot be found by looking, and choose it."""
        self._own = [known for known in self._own if known.uri != choice.uri] + [choice]
        self.show_choices(self._choices, "")
        self.choose(choice.uri)

    def choose(self, uri: str) -> None:
        """Choose a source of the list, if it is there."""
        place = self.list.findData(uri)
        if place >= 0:
            self.list.setCurrentIndex(place)

    def uri(self) -> str:
        """Return the source that is chosen, "" for none."""
        return str(self.list.currentData() or "")

    def choice(self) -> Choice | None:
        """Return the same with its name."""
        uri = self.uri()
        return next((choice for choice in (*self._choices, *self._own) if choice.uri == uri), None)

    def ask_address(self) -> None:
        """Ask for a host and port."""
        dialog = QInputDialog(self)
        dialog.setWindowTitle("Network address")
        dialog.setLabelText(texts.ADDRESS)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.textValueSelected.connect(self._address_given)
        dialog.open()

    def ask_port(self) -> None:
        """Ask for a serial port and its baud rate."""
        dialog = QInputDialog(self)
        dialog.setWindowTitle("Serial port")
        dialog.setLabelText(texts.SERIAL_PORT)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.textValueSelected.connect(self._port_given)
        dialog.open()

    def _port_given(self, text: str) -> None:
        port = text.strip().removeprefix("serial:").replace(" ", "@")
        if port:
            self.add_choice(Choice(f"serial:{port}", "Serial port", port.replace("@", ", ")))
            self.chosen.emit(self.uri())

    def _address_given(self, text: str) -> None:
        address = text.strip()
        if address.startswith(("http://", "https://", "rtsp://")):
            self.add_choice(Choice(address, "Network", address))
            self.chosen.emit(self.uri())
            return
        address = address.removeprefix("tcp:").strip("/")
        if address:
            self.add_choice(Choice(f"tcp:{address}", "Network", address))
            self.chosen.emit(self.uri())

    def _activated(self) -> None:
        self.chosen.emit(self.uri())

    # --- networks

    def show_models(self, models: Sequence[tuple[str, str]], chosen: str) -> None:
        """Show (path, name) of the models at hand."""
        self.models.clear()
        self.models.addItem(texts.NO_MODEL, "")
        self.models.setItemData(0, texts.NO_MODEL_TIP, Qt.ItemDataRole.ToolTipRole)
        for path, name in models:
            self.models.addItem(name, path)
            self.models.setItemData(self.models.count() - 1, path, Qt.ItemDataRole.ToolTipRole)
        self.models.addItem("Choose .tflite…", None)
        place = self.models.findData(chosen)
        self.models.setCurrentIndex(max(0, place))

    def model(self) -> str:
        """Return the path of the model that is chosen, "" for none."""
        return str(self.models.currentData() or "")

    def _model_activated(self) -> None:
        if self.models.currentData() is None:
            self.file_wanted.emit("network")
        else:
            self.model_chosen.emit(self.model())

    # --- connecting

    def show_connected(self, connected: bool) -> None:
        """Let what is connected be disconnected, and what is not be chosen and connected."""
        self._busy = connected
        self.connect_button.setText("Disconnect" if connected else "Connect")
        self.connect_button.setAccessibleName(self.connect_button.text())
        for widget in (self.list, self.other):
            widget.setEnabled(not connected)

    def _connect(self) -> None:
        if self._busy:
            self.disconnect_wanted.emit()
        elif self.uri():
            self.connect_wanted.emit(self.uri())
