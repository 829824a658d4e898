"""A card with one chart: title, legend, value under the pointer, its data as a table, and ways out of the program."""

import dataclasses
from collections.abc import Callable
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

from n6studio.domain.charts.bars import Bars
from n6studio.domain.charts.chart import Chart, shown
from n6studio.domain.charts.columns import Columns
from n6studio.domain.charts.lines import Lines
from n6studio.domain.colours import Colours
from n6studio.domain.errors.foreign import reason_of
from n6studio.report.svg import drawing
from n6studio.system.files import replace_bytes
from n6studio.ui.background import Turns, run_in_background
from n6studio.ui.charts import export
from n6studio.ui.charts.canvas import Canvas
from n6studio.ui.charts.draw import Items, draw, place_marks
from n6studio.ui.theme import colours_of

_FILTERS = "PNG image (*.png);;SVG image (*.svg);;CSV table (*.csv)"
_BAR = 8  # pixels a bar needs


def _drawing() -> Turns:
    """Return the queue of charts that are to be drawn; there is one in the program."""
    application = QApplication.instance()
    assert application is not None
    return application.findChild(Turns, "drawing") or _make_queue(application)


def _make_queue(application: QObject) -> Turns:
    made = Turns(application)
    made.setObjectName("drawing")
    return made


class ChartView(QFrame):
    """Shows one chart at a time; what it shows is described in `n6studio.domain.charts`.

    Signals:
        threshold_moved(value): somebody drags the threshold of a chart of lines.
        opened(key): somebody clicked a point, or a mark that stands for something.
        picked(place): somebody clicked a column.
        filter_wanted(text): somebody clicked a bar, or a cell of the table; the filter of the images behind it.
        exported(path): a file was written.
        failed(sentence): a file could not be written.
    """

    threshold_moved = Signal(float)
    opened = Signal(int)
    picked = Signal(int)
    filter_wanted = Signal(str)
    exported = Signal(str)
    failed = Signal(str)

    def __init__(self, chart: Chart, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self._chart = chart
        self._canvas: Canvas | None = None
        self._items = Items()
        self._drawn = False
        self._table = QTableWidget()
        self._table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self._table.cellClicked.connect(self._cell_clicked)
        self._table.cellActivated.connect(self._cell_clicked)  # by the keyboard
        self._nothing = QLabel()
        self._nothing.setProperty("role", "muted")
        self._nothing.setWordWrap(True)
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack = QStackedWidget(self)
        self._stack.setMinimumSize(220, 190)
        self._plate = QWidget()  # where the canvas will be
        for widget in (self._plate, self._table, self._nothing):
            self._stack.addWidget(widget)
        self._heading = QLabel()
        self._heading.setProperty("role", "heading")
        self._heading.setWordWrap(True)
        self._legend = QLabel()
        self._legend.setTextFormat(Qt.TextFormat.RichText)
        self._legend.setWordWrap(True)
        self._legend.setVisible(False)
        self.reading = QLabel(" ")
        self.reading.setProperty("role", "muted")
        self.reading.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._lay_out()
        self._take()

    def _lay_out(self) -> None:
        self.menu_button = QToolButton()
        self.menu_button.setText("⋯")
        self.menu_button.setAutoRaise(True)
        self.menu_button.setToolTip("Copy, save or show as a table")
        self.menu_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu_button.setStyleSheet("QToolButton::menu-indicator { image: none; }")
        self.menu = self._make_menu()
        self.menu_button.setMenu(self.menu)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._open_menu)
        top = QHBoxLayout()
        top.addWidget(self._heading, 1)
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
            ("Copy image", self.copy_image),
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
            made.setAccessibleName(f"{self.chart.title}, drawing")
            made.scene().sigMouseMoved.connect(self._moved)
            made.scene().sigMouseClicked.connect(self._clicked)
            layout = QVBoxLayout(self._plate)
            layout.setContentsMargins(0, 0, 0, 0)
            layout.addWidget(made)
        return self._canvas

    # --- what is shown

    @property
    def chart(self) -> Chart:
        """What is shown."""
        return self._chart

    def set_chart(self, chart: Chart) -> None:
        """Show another chart; where only a threshold or marks have moved, move them."""
        before, self._chart = self._chart, chart
        if self._drawn and isinstance(chart, Lines) and isinstance(before, Lines) and _only_moved(before, chart):
            self._move(chart)
            return
        self._take()

    def _move(self, chart: Lines) -> None:
        for line, threshold in zip(self._items.thresholds, chart.thresholds, strict=True):
            line.blockSignals(True)
            line.setValue(threshold.value)
            line.blockSignals(False)
        if self._items.marks is not None:
            place_marks(self._items.marks, chart.marks, colours_of(self))

    def _take(self) -> None:
        """Name everything after the chart, and draw it now or when it is next seen."""
        chart = self.chart
        self._heading.setText(chart.title)
        self.setAccessibleName(chart.title)
        self.setAccessibleDescription(f"{chart.description}. The same data is available as a table.")
        self.menu_button.setAccessibleName(f"Chart menu of {chart.title}")
        self._table.setAccessibleName(f"{chart.title}, table")
        self.reading.setAccessibleName(f"{chart.title}, value at the pointer")
        self.reading.setText(" ")
        self._table.clear()
        self._drawn = False
        if isinstance(chart, Bars):
            bars = 4 if chart.stacked else max(1, len(chart.series))
            self._stack.setMinimumHeight(max(60, len(chart.labels) * (_BAR * bars + 5)) + 60)
        if chart.nothing:
            self._nothing.setText(chart.nothing)
            self._legend.setVisible(False)
            self._stack.setCurrentWidget(self._nothing)
            return
        self._stack.setCurrentWidget(self._table if self.as_table.isChecked() else self._plate)
        self._draw_when_seen()

    def draw(self, look: Colours) -> None:
        """Put the chart on the canvas."""
        self._items = draw(self.chart, self.canvas, look)
        for line in self._items.thresholds:
            if line.movable:
                line.sigPositionChanged.connect(lambda line: self.threshold_moved.emit(float(line.value())))
        if self._items.points is not None:
            self._items.points.sigClicked.connect(self._point_clicked)

    def _draw(self) -> None:
        look = colours_of(self)
        keys = self.chart.legend()
        self._legend.setText(export.legend_html(keys, look))
        self._legend.setVisible(len(keys) > 1)
        if not self.chart.nothing:
            self.draw(look)
            if self.as_table.isChecked():
                self._fill_table()
        self._drawn = True

    def _draw_when_seen(self) -> None:
        """Draw in turns of the event loop of its own: a page full of charts must not hold up the window."""
        if self._is_awaited():
            _drawing().add(self._make_in_turn, self._draw_in_turn)

    def _is_awaited(self) -> bool:
        return self.isVisible() and not self._drawn and not self.chart.nothing

    def _make_in_turn(self) -> None:
        if isValid(self) and self._is_awaited():
            _ = self.canvas  # takes as long as drawing on it

    def _draw_in_turn(self) -> None:
        if isValid(self) and self._is_awaited():
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
        if self.chart.nothing:
            return
        if wanted:
            self._fill_table()
        self._stack.setCurrentWidget(self._table if wanted else self._plate)
        self.as_table.setChecked(wanted)

    def _fill_table(self) -> None:
        table = self.chart.table()
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

    # --- the pointer

    def _moved(self, position: Any) -> None:
        values = self.canvas.value_at(position)
        said = self.chart.read_out(*values) if values else ""
        picks = bool(values and self.chart.picked(*values))
        opens = bool(values and isinstance(self.chart, Lines) and self.chart.mark_at(*values))
        self.canvas.viewport().setCursor(
            Qt.CursorShape.PointingHandCursor if picks or opens else Qt.CursorShape.ArrowCursor
        )
        self.reading.setText((f"{said} (click for the images)" if picks and said else said) or " ")

    def _clicked(self, event: Any) -> None:
        values = self.canvas.value_at(event.scenePos())
        if values is None:
            return
        if text := self.chart.picked(*values):
            self.filter_wanted.emit(text)
        if isinstance(self.chart, Lines) and (mark := self.chart.mark_at(*values)) is not None:
            self.opened.emit(mark.key)
        if isinstance(self.chart, Columns) and 0 <= round(values[0]) < len(self.chart.ranges):
            self.picked.emit(round(values[0]))

    def _cell_clicked(self, row: int, column: int) -> None:
        if text := self.chart.picked_cell(row, column):
            self.filter_wanted.emit(text)

    def _point_clicked(self, _item: Any, spots: Any, _event: Any) -> None:
        if len(spots):
            self.opened.emit(spots[0].data())

    # --- ways out

    def image(self) -> QImage:
        """Return the chart with title and legend, at twice the size it has on the screen."""
        self._draw_if_needed()
        return export.image(self.canvas, self.chart, colours_of(self))

    def svg(self) -> str:
        """Return the chart as the text of an SVG file."""
        return export.svg_text(drawing(self.chart, colours_of(self)))

    def csv(self) -> str:
        """Return the data as comma-separated text."""
        return export.csv_text(self.chart.table())

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
        """Put the image on the clipboard."""
        QGuiApplication.clipboard().setImage(self.image())

    def copy_table(self) -> None:
        """Put the data on the clipboard, with tabs between, as spreadsheets take it."""
        table = self.chart.table()
        rows = [table.headers, *table.rows]
        QGuiApplication.clipboard().setText("\n".join("\t".join(shown(cell, 6) for cell in row) for row in rows))

    def ask_and_save(self) -> None:
        """Ask for a file name and save there."""
        dialog = QFileDialog(self, f"Save chart “{self.chart.title}”", "", _FILTERS)
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
            write: Callable[[], object] = lambda: export.write_csv(path, text)  # noqa: E731
        elif ending == ".svg":
            text = self.svg()
            write = lambda: replace_bytes(path, text.encode())  # noqa: E731
        else:
            image = self.image()
            write = lambda: export.write_image(path, image)  # noqa: E731
        run_in_background(
            self, write, lambda _: self.exported.emit(str(path)), lambda error: self._not_saved(path, error)
        )

    def _not_saved(self, path: Path, error: Exception) -> None:
        self.reading.setText(f"{path.name} not saved: {reason_of(error)}")
        self.failed.emit(f"{path} not saved: {reason_of(error)}")


def _only_moved(before: Lines, after: Lines) -> bool:
    """Tell whether two charts differ in where thresholds and marks lie, and in nothing else."""
    there = [dataclasses.replace(one, value=0.0) for one in before.thresholds]
    same = there == [dataclasses.replace(one, value=0.0) for one in after.thresholds]
    return same and dataclasses.replace(after, marks=before.marks, thresholds=before.thresholds) == before
