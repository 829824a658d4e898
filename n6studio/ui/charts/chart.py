"""What every chart has: title, legend, value under the pointer, its data as a table, and ways out of the program."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QAction, QGuiApplication, QImage, QShowEvent
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QSizePolicy,
    QStackedWidget,
    QTableWidget,
    QTableWidgetItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from n6studio.domain.colours import Colours
from n6studio.domain.errors.foreign import reason_of
from n6studio.ui.background import Turns, run_in_background
from n6studio.ui.charts import export
from n6studio.ui.charts.canvas import Canvas
from n6studio.ui.charts.export import Legend
from n6studio.ui.theme import colours_of

Cell = str | float | int | None
_FILTERS = "Picture (*.png);;Drawing (*.svg);;Table (*.csv)"


@dataclass(frozen=True)
class Table:
    """A chart's data: one header a column, and rows of as many cells; None where nothing is known."""

    headers: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def shown(value: Cell, digits: int = 3) -> str:
    """Return a value as it is read out; a dash where there is none."""
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.{digits}f}".replace("-", "−")
    return str(value)


def _drawing() -> Turns:
    """Return the queue of charts that are to be drawn; there is one in the program."""
    application = QApplication.instance()
    assert application is not None
    return application.findChild(Turns, "drawing") or _make_queue(application)


def _make_queue(application: QObject) -> Turns:
    made = Turns(application)
    made.setObjectName("drawing")
    return made


class Chart(QFrame):
    """A card with one chart. Subclasses draw (`draw`), tell their data (`table`) and read out values (`read_out`).

    Signals:
        exported(path): a file was written.
        failed(sentence): a file could not be written.
    """

    exported = Signal(str)
    failed = Signal(str)

    def __init__(self, title: str, x_label: str, y_label: str) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self.setAccessibleName(title)
        self.setAccessibleDescription(f"Chart of {y_label} over {x_label}. The same data is there as a table.")
        self.title, self.x_label, self.y_label = title, x_label, y_label
        self._canvas: Canvas | None = None
        self._table = QTableWidget()
        self._table.setAccessibleName(f"{title}, table")
        self._table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self._nothing = QLabel()
        self._nothing.setProperty("role", "muted")
        self._nothing.setWordWrap(True)
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack = QStackedWidget()
        self._stack.setMinimumSize(220, 190)
        self._plate = QWidget()  # where the canvas will be
        for widget in (self._plate, self._table, self._nothing):
            self._stack.addWidget(widget)
        self._legend = QLabel()
        self._legend.setTextFormat(Qt.TextFormat.RichText)
        self._legend.setVisible(False)
        self.reading = QLabel(" ")
        self.reading.setProperty("role", "muted")
        self.reading.setAccessibleName(f"{title}, value under the pointer")
        self.reading.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._lay_out()
        self._drawn = False

    def _lay_out(self) -> None:
        heading = QLabel(self.title)
        heading.setProperty("role", "heading")
        heading.setWordWrap(True)
        self.menu_button = QToolButton()
        self.menu_button.setText("⋯")
        self.menu_button.setAutoRaise(True)
        self.menu_button.setToolTip("Copy, save or show as a table")
        self.menu_button.setAccessibleName(f"Menu of the chart {self.title}")
        self.menu_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu_button.setStyleSheet("QToolButton::menu-indicator { image: none; }")
        self.menu = self._make_menu()
        self.menu_button.setMenu(self.menu)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._open_menu)
        top = QHBoxLayout()
        top.addWidget(heading, 1)
        top.addWidget(self.menu_button, 0, Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 8, 8)
        layout.setSpacing(3)
        layout.addLayout(top)
        layout.addWidget(self._legend)
        layout.addWidget(self._stack, 1)
        layout.addWidget(self.reading)

    def _make_menu(self) -> QMenu:
        menu = QMenu(self)
        self.as_table = QAction("Show as table", self, checkable=True)
        self.as_table.toggled.connect(self.show_table)
        entries: tuple[tuple[str, Callable[[], object]], ...] = (
            ("Copy picture", self.copy_image),
            ("Copy table", self.copy_table),
            ("Save as PNG, SVG or CSV…", self.ask_and_save),
        )
        menu.addAction(self.as_table)
        menu.addSeparator()
        for text, action in entries:
            menu.addAction(text).triggered.connect(lambda _=False, action=action: action())
        return menu

    def _open_menu(self, place: QPoint) -> None:
        self.menu.popup(self.mapToGlobal(place))

    @property
    def canvas(self) -> Canvas:
        """The drawing area, made when it is first needed: ten of them would hold the window up for half a second."""
        if self._canvas is None:
            made = self._canvas = Canvas()
            made.label(self.x_label, self.y_label)
            made.setAccessibleName(f"{self.title}, drawing")
            made.scene().sigMouseMoved.connect(self._moved)
            layout = QVBoxLayout(self._plate)
            layout.setContentsMargins(0, 0, 0, 0)
            layout.addWidget(made)
        return self._canvas

    # --- what subclasses do

    def draw(self, chosen: Colours) -> None:
        """Put the items on the canvas, which is empty."""

    def table(self) -> Table:
        """Return the data that is drawn."""
        return Table((), ())

    def read_out(self, x: float, y: float) -> str:
        """Return what to say about the values under the pointer."""
        return ""

    def legend(self) -> tuple[Legend, ...]:
        """Return the entries of the legend; one alone is not shown."""
        return ()

    # --- showing

    def refresh(self) -> None:
        """Draw again, now or when the chart is next seen."""
        self._drawn = False
        self.reading.setText(" ")
        self._table.clear()
        self._stack.setCurrentWidget(self._table if self.as_table.isChecked() else self._plate)
        self._draw_when_seen()

    def show_nothing(self, why: str) -> None:
        """Say in a sentence why there is nothing to draw."""
        self._nothing.setText(why)
        self._legend.setVisible(False)
        self._stack.setCurrentWidget(self._nothing)
        self.reading.setText(" ")

    def _draw(self) -> None:
        chosen = colours_of(self)
        self.canvas.plot.clear()
        self.canvas.dress(chosen)
        entries = self.legend()
        self._legend.setText(export.legend_html(entries, chosen))
        self._legend.setVisible(len(entries) > 1)
        self.draw(chosen)
        if self.as_table.isChecked():
            self._fill_table()
        self._drawn = True

    def _draw_when_seen(self) -> None:
        """Draw in a turn of the event loop of its own: a page full of charts must not hold up the window."""
        if self.isVisible() and not self._drawn:
            _drawing().add(self._draw_in_turn)

    def _draw_in_turn(self) -> None:
        if isValid(self) and self.isVisible() and not self._drawn:
            self._draw()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Draw what has changed while nobody looked."""
        super().showEvent(event)
        self._draw_when_seen()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Follow light and dark."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and getattr(self, "_drawn", False):
            self._drawn = False
            self._draw_when_seen()

    def show_table(self, wanted: bool) -> None:
        """Show the data as a table, or the drawing again."""
        if self._stack.currentWidget() is self._nothing:
            return
        if wanted:
            self._fill_table()
        self._stack.setCurrentWidget(self._table if wanted else self._plate)
        self.as_table.setChecked(wanted)

    def _fill_table(self) -> None:
        table = self.table()
        self._table.setRowCount(len(table.rows))
        self._table.setColumnCount(len(table.headers))
        self._table.setHorizontalHeaderLabels(list(table.headers))
        self._table.verticalHeader().setVisible(False)
        for row, cells in enumerate(table.rows):
            for column, cell in enumerate(cells):
                item = QTableWidgetItem(shown(cell, 4))
                if not isinstance(cell, str):
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self._table.setItem(row, column, item)
        self._table.resizeColumnsToContents()

    def _moved(self, position: Any) -> None:
        values = self.canvas.value_at(position)
        self.reading.setText((self.read_out(*values) if values else "") or " ")

    @property
    def has_data(self) -> bool:
        """Whether there is anything to export."""
        return bool(self.table().rows) and self._stack.currentWidget() is not self._nothing

    # --- ways out

    def picture(self) -> QImage:
        """Return the chart with title and legend, at twice the size it has on the screen."""
        self._draw_if_needed()
        return export.picture(self.canvas, self.title, self.legend(), colours_of(self))

    def svg(self) -> bytes:
        """Return the chart as a drawing."""
        self._draw_if_needed()
        return export.svg(self.canvas, self.title, self.legend(), colours_of(self))

    def csv(self) -> str:
        """Return the data as comma-separated text."""
        table = self.table()
        return export.csv_text(table.headers, table.rows)

    def _draw_if_needed(self) -> None:
        if not self._drawn:
            self._draw()
        if not self.canvas.isVisible():
            # Axes learn how wide their labels are when they are painted; the second time they have made room.
            self.canvas.setMinimumSize(420, max(300, self._stack.minimumHeight()))
            for _ in range(2):
                self.canvas.resize(self.canvas.minimumSize())
                self.canvas.grab()
                self.canvas.plot.layout.activate()
            self.canvas.setMinimumSize(0, 0)

    def copy_image(self) -> None:
        """Put the picture on the clipboard."""
        QGuiApplication.clipboard().setImage(self.picture())

    def copy_table(self) -> None:
        """Put the data on the clipboard, with tabs between, as spreadsheets take it."""
        table = self.table()
        rows = [table.headers, *table.rows]
        QGuiApplication.clipboard().setText("\n".join("\t".join(shown(cell, 6) for cell in row) for row in rows))

    def ask_and_save(self) -> None:
        """Ask for a file name and save there."""
        dialog = QFileDialog(self, f"Save the chart “{self.title}”", "", _FILTERS)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("png")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.filterSelected.connect(lambda chosen: dialog.setDefaultSuffix(chosen.split("*.")[1].rstrip(")")))
        dialog.fileSelected.connect(lambda name: self.save(Path(name)))
        dialog.open()

    def save(self, path: Path) -> None:
        """Write the chart in the form that the name's ending says; drawn here, written in the background."""
        ending = path.suffix.lower()
        if ending == ".csv":
            text = self.csv()
            write: Callable[[], object] = lambda: export.write_text(path, text)  # noqa: E731
        elif ending == ".svg":
            drawing = self.svg()
            write = lambda: path.write_bytes(drawing)  # noqa: E731
        else:
            image = self.picture()
            write = lambda: export.write_image(path, image)  # noqa: E731
        run_in_background(
            self, write, lambda _: self.exported.emit(str(path)), lambda error: self._not_saved(path, error)
        )

    def _not_saved(self, path: Path, error: Exception) -> None:
        self.reading.setText(f"{path.name} was not saved: {reason_of(error)}")
        self.failed.emit(f"{path} was not saved: {reason_of(error)}")
