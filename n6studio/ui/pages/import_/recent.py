"""The projects that were open lately, each with an image of its own and what became of it."""

import functools
from pathlib import Path

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFocusEvent, QFont, QFontMetrics, QImage, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from n6studio.domain.summary import ProjectSummary
from n6studio.domain.texts import bytes_text
from n6studio.ui.background import run_in_background
from n6studio.ui.context import Context
from n6studio.ui.theme import ButtonRole, colours_of
from n6studio.ui.widgets.parts import Card, button, clear

SHOWN = 5
IMAGE = QSize(88, 66)


class RecentProjects(Card):
    """A row for each project; what there is to say of it is read off the GUI thread."""

    def __init__(self, context: Context) -> None:
        super().__init__("Recent projects")
        self._context = context
        self.rows: dict[str, ProjectRow] = {}
        self._rows = QVBoxLayout()
        self._rows.setSpacing(2)
        self.body.addLayout(self._rows)
        context.recent_changed.connect(self.show_recent)
        self.show_recent()

    def show_recent(self) -> None:
        """Show the list as it is now."""
        clear(self._rows)
        self.rows = {}
        for folder in self._context.recent[:SHOWN]:
            self._add(folder)
        self.setVisible(bool(self.rows))

    def _add(self, folder: str) -> None:
        made = ProjectRow(Path(folder))
        made.clicked.connect(functools.partial(self._context.request_open, Path(folder)))
        forget = button(
            "Remove",
            lambda: self._context.forget_requested.emit(folder),
            ButtonRole.PLAIN,
            f"Remove {folder} from this list",
        )
        forget.hide()
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(made, 1)
        row.addWidget(forget)
        self._rows.addWidget(line)
        self.rows[folder] = made

        def show(found: tuple[ProjectSummary, QImage]) -> None:
            made.show_summary(*found)
            forget.setVisible(bool(found[0].problem))

        run_in_background(made, lambda: _read(Path(folder)), show)


def _read(folder: Path) -> tuple[ProjectSummary, QImage]:
    """Return what there is to say of a project, and its image; from any thread."""
    from n6studio.engine.project.summary import summary_of
    from n6studio.gates.images import ImageUnreadable
    from n6studio.ui.widgets.thumbnails import read_scaled

    summary, image = summary_of(folder), QImage()
    if summary.image is not None:
        try:
            image = read_scaled(summary.image, IMAGE * 2)
        except (ImageUnreadable, OSError):
            image = QImage()
    return summary, image


class ProjectRow(QAbstractButton):
    """One project: image, name, what it is about, where it lies."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder, self._summary, self._image = folder, ProjectSummary(folder), QImage()
        self._ringed = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setText(folder.stem)
        self.setToolTip(str(folder))
        self.show_summary(self._summary, self._image)

    def show_summary(self, summary: ProjectSummary, image: QImage) -> None:
        """Show what was read of it."""
        self._summary, self._image = summary, image
        parts = (f"Open the project {self._folder.stem}", self.facts(), str(self._folder.parent))
        self.setAccessibleName(", ".join(part for part in parts if part))
        self.update()

    def facts(self) -> str:
        """Return what stands below its name."""
        one = self._summary
        if one.problem or not one.model:
            return one.problem
        parts = (
            one.model,
            f"{one.size} px",
            f"AP {100 * one.ap:.1f}" if one.ap is not None else "not evaluated",
            one.board,
            bytes_text(one.disk_bytes),
        )
        return "  ·  ".join(parts)

    def sizeHint(self) -> QSize:  # noqa: N802, D102
        return QSize(320, max(IMAGE.height(), 3 * self.fontMetrics().height() + 8) + 12)

    def minimumSizeHint(self) -> QSize:  # noqa: N802, D102
        return QSize(160, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802, D102
        colours = colours_of(self)
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painter.setPen(QColor(colours.accent) if self._ringed and self.hasFocus() else Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.window if self.underMouse() or self.hasFocus() else colours.surface))
        painter.drawRoundedRect(box, 8, 8)
        place = QRectF(8, (self.height() - IMAGE.height()) / 2, IMAGE.width(), IMAGE.height())
        self._paint_image(painter, place, colours.line)
        self._paint_texts(
            painter, place.right() + 14, colours.text, colours.bad if self._summary.problem else colours.muted
        )
        painter.end()

    def _paint_image(self, painter: QPainter, place: QRectF, empty: str) -> None:
        shape = QPainterPath()
        shape.addRoundedRect(place, 6, 6)
        painter.fillPath(shape, QColor(empty))
        if self._image.isNull():
            return
        painter.save()
        painter.setClipPath(shape)
        scale = max(place.width() / self._image.width(), place.height() / self._image.height())
        width, height = self._image.width() * scale, self._image.height() * scale
        middle = place.center()
        painter.drawImage(QRectF(middle.x() - width / 2, middle.y() - height / 2, width, height), self._image)
        painter.restore()

    def _paint_texts(self, painter: QPainter, left: float, strong: str, quiet: str) -> None:
        line, width = self.fontMetrics().height() + 3, self.width() - left - 8
        top = (self.height() - 3 * line) / 2
        bold = QFont(self.font())
        bold.setWeight(QFont.Weight.DemiBold)
        rows = (
            (self._folder.stem, bold, strong),
            (self.facts(), self.font(), quiet),
            (str(self._folder.parent), self.font(), quiet),
        )
        for number, (text, font, colour) in enumerate(rows):
            painter.setFont(font)
            painter.setPen(QColor(colour))
            shown = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideMiddle, int(width))
            painter.drawText(QRectF(left, top + number * line, width, line), Qt.AlignmentFlag.AlignVCenter, shown)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802, D102
        keys = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason)
        self._ringed = event.reason() in keys
        super().focusInEvent(event)

    def event(self, event: QEvent) -> bool:  # noqa: D102
        if event.type() in (QEvent.Type.Enter, QEvent.Type.Leave):
            self.update()
        return super().event(event)
