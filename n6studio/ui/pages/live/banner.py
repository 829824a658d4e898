"""Alarms and messages of the stream, each beside an icon, over the upper edge of the image: nothing moves for them."""

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from n6studio.domain.states import CheckState
from n6studio.ui.states import Mark, PageState
from n6studio.ui.theme import TextRole
from n6studio.ui.widgets.parts import ElidedLabel, StateIcon, label

BRIEF_MS = 6000
_EDGE = 8  # pixels to the view's edges


class Banner(QFrame):
    """One line for each alarm that stands, and one for a message that goes by itself. Hidden while there is none."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self.setAccessibleName("Alarms")
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(12, 6, 12, 6)
        self._layout.setSpacing(4)
        self._alarms: tuple[tuple[str, str], ...] = ()
        self._hint = self._brief = ""
        self._rows: list[QWidget] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(BRIEF_MS)
        self._timer.timeout.connect(lambda: self.say(""))
        self.hide()

    def lie_on(self, view: QWidget) -> None:
        """Lie over the upper edge of `view`, wherever that goes."""
        self.setParent(view)
        view.installEventFilter(self)
        self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802, D102
        if event.type() == QEvent.Type.Resize and watched is self.parent():
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        view = self.parentWidget()
        if view is not None:
            self.setGeometry(_EDGE, _EDGE, max(1, view.width() - 2 * _EDGE), self.sizeHint().height())

    def show_alarms(self, alarms: tuple[tuple[str, str], ...]) -> None:
        """Show these alarms, (what, what to do) each; cheap where they are the same as before."""
        if alarms != self._alarms:
            self._alarms = alarms
            self._fill()

    def show_hint(self, hint: str) -> None:
        """Show a remark that stands until it is replaced; "" for none."""
        if hint != self._hint:
            self._hint = hint
            self._fill()

    def say(self, brief: str) -> None:
        """Show a message for some seconds."""
        if brief != self._brief:
            self._brief = brief
            self._fill()
        if brief:
            self._timer.start()

    def clear(self) -> None:
        """Show nothing any more."""
        self._timer.stop()
        self._hint, self._brief, self._alarms = "", "", ()
        self._fill()

    def texts(self) -> list[str]:
        """Return what is shown."""
        alarms = [f"{what}. {meaning}".strip() for what, meaning in self._alarms]
        return alarms + [text for text in (self._hint, self._brief) if text]

    def _fill(self) -> None:
        for row in self._rows:
            row.hide()
            self._layout.removeWidget(row)
            row.deleteLater()
        self._rows = [self._row(CheckState.WARN, f"Alarm: {what}", meaning) for what, meaning in self._alarms]
        self._rows += [
            self._row(mark, text, "")
            for mark, text in ((PageState.READY, self._hint), (PageState.RUNNING, self._brief))
            if text
        ]
        for row in self._rows:
            self._layout.addWidget(row)
        self._place()
        self.setVisible(bool(self._rows))
        self.setAccessibleDescription(". ".join(self.texts()))

    def _row(self, mark: Mark, what: str, meaning: str) -> QWidget:
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        line.addWidget(StateIcon(mark))
        if meaning:
            line.addWidget(label(what, TextRole.WARN, wrap=False))
        # One line, cut where there is no room: a label that wraps would make the whole page as high as it likes to be.
        line.addWidget(ElidedLabel(meaning or what, TextRole.MUTED if meaning else TextRole.PLAIN), 1)
        return row
