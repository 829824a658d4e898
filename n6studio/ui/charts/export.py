"""Charts as pictures, drawings and text. Files are written where the caller says, in whatever thread it likes."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPen
from PySide6.QtSvg import QSvgGenerator

from n6studio.domain.colours import Colours

_SCALE = 2  # of pictures, so that they stay sharp on paper and on dense screens
_TITLE, _KEY, _MARGIN = 26, 20, 10


@dataclass(frozen=True)
class Legend:
    """One entry of a legend; `colour` is the name of a field of `theme.Colours`, or "#rrggbb"."""

    name: str
    colour: str
    dashed: bool = False

    def drawn(self, chosen: Colours) -> str:
        """Return the colour in a look, as "#rrggbb"."""
        return self.colour if self.colour.startswith("#") else str(getattr(chosen, self.colour))


def legend_html(entries: Sequence[Legend], chosen: Colours) -> str:
    """Return the legend as one line of rich text; dashed lines have another sign, not only another colour."""
    parts = [
        f'<span style="color:{entry.drawn(chosen)}"><b>{"╌╌" if entry.dashed else "━━"}</b></span>'
        f"&nbsp;{escape(entry.name)}"
        for entry in entries
    ]
    return "&emsp;&emsp;".join(parts)


def picture(canvas: Any, title: str, entries: Sequence[Legend], chosen: Colours) -> QImage:
    """Return the chart with title and legend."""
    size = _size(canvas, entries)
    image = QImage(size * _SCALE, QImage.Format.Format_RGB32)
    image.fill(QColor(chosen.surface))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(_SCALE, _SCALE)
    _paint(painter, size, canvas, title, entries, chosen)
    painter.end()
    return image


def svg(canvas: Any, title: str, entries: Sequence[Legend], chosen: Colours) -> bytes:
    """Return the same as an SVG file."""
    size = _size(canvas, entries)
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(size)
    generator.setViewBox(QRectF(0, 0, size.width(), size.height()))
    generator.setTitle(title)
    painter = QPainter(generator)
    painter.fillRect(0, 0, size.width(), size.height(), QColor(chosen.surface))
    _paint(painter, size, canvas, title, entries, chosen)
    painter.end()
    return bytes(content.data())


def csv_text(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return comma-separated text with points as decimal signs; unknown values are empty."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(headers)
    writer.writerows([["" if cell is None else cell for cell in row] for row in rows])
    return file.getvalue()


def write_text(path: Path, text: str) -> None:
    """Write text with the mark by which spreadsheets recognise UTF-8."""
    path.write_text(text, encoding="utf-8-sig", newline="")


def write_image(path: Path, image: QImage) -> None:
    """Write a picture.

    Raises:
        OSError: it could not be written.
    """
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    path.write_bytes(bytes(content.data()))


def file_name(title: str) -> str:
    """Return a chart's title as a file name that every system takes."""
    return "-".join("".join(sign if sign.isalnum() else " " for sign in title.lower()).split())


def write_all(folder: Path, charts: Sequence[tuple[str, QImage, bytes, str]]) -> None:
    """Write several charts in every form: (name, picture, drawing, text) each.

    Raises:
        OSError: they could not be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, image, drawing, text in charts:
        write_image(folder / f"{name}.png", image)
        (folder / f"{name}.svg").write_bytes(drawing)
        write_text(folder / f"{name}.csv", text)


def _size(canvas: Any, entries: Sequence[Legend]) -> QSize:
    top = _TITLE + (_KEY if len(entries) > 1 else 0)
    return QSize(canvas.width() + 2 * _MARGIN, canvas.height() + top + 2 * _MARGIN)


def _paint(painter: QPainter, size: QSize, canvas: Any, title: str, entries: Sequence[Legend], chosen: Colours) -> None:
    font = QFont(painter.font())
    font.setPixelSize(15)
    font.setBold(True)
    painter.setFont(font)
    painter.setPen(QColor(chosen.text))
    width = size.width() - 2 * _MARGIN
    painter.drawText(QRectF(_MARGIN, _MARGIN, width, _TITLE), Qt.AlignmentFlag.AlignVCenter, title)
    font.setPixelSize(12)
    font.setBold(False)
    painter.setFont(font)
    top = float(_MARGIN + _TITLE)
    if len(entries) > 1:
        _paint_legend(painter, top, entries, chosen)
        top += _KEY
    target = QRectF(_MARGIN, top, width, size.height() - top - _MARGIN)
    canvas.scene().render(painter, target, canvas.sceneRect(), Qt.AspectRatioMode.KeepAspectRatio)


def _paint_legend(painter: QPainter, top: float, entries: Sequence[Legend], chosen: Colours) -> None:
    x, middle = float(_MARGIN), top + _KEY / 2
    for entry in entries:
        style = Qt.PenStyle.DashLine if entry.dashed else Qt.PenStyle.SolidLine
        painter.setPen(QPen(QColor(entry.drawn(chosen)), 3, style))
        painter.drawLine(int(x), int(middle), int(x) + 22, int(middle))
        painter.setPen(QColor(chosen.text))
        wide = painter.fontMetrics().horizontalAdvance(entry.name)
        painter.drawText(QRectF(x + 28, top, wide + 4, _KEY), Qt.AlignmentFlag.AlignVCenter, entry.name)
        x += wide + 48
