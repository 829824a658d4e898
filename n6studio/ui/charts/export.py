"""Charts as images, drawings and tables. Files are written where the caller says, in whatever thread it likes."""

import csv
import io
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QImage, QPainter, QPen

from n6studio.domain.charts.chart import Chart, Key, Sign, Table
from n6studio.domain.colours import Colours
from n6studio.system.files import replace_bytes

_SCALE = 2  # of images, so that they stay sharp on paper and on dense screens
_TITLE, _KEY, _SIGN, _MARGIN = 26, 20, 22, 10


# Dashed lines have another sign, not only another colour.
_SIGNS: dict[Sign, str] = {"line": "━━", "dashes": "╌╌", "box": "■", "dot": "●", "ring": "○"}


def legend_html(keys: Sequence[Key], look: Colours) -> str:
    """Return the legend as one line of rich text."""
    return "&emsp;&emsp; ".join(
        f"{sign_html(key, look)}&nbsp;{escape(key.name).replace(' ', '&nbsp;')}" for key in keys
    )


def sign_html(key: Key, look: Colours) -> str:
    """Return the sign of a legend's entry as rich text."""
    if key.strength == 0:  # nothing would be seen of it on the background
        return f'<span style="color:{look.muted}">□</span>'
    return f'<span style="color:{drawn(key, look).name()}"><b>{_SIGNS[key.sign]}</b></span>'


def drawn(key: Key, look: Colours) -> QColor:
    """Return the colour of a legend's entry: a weak one is mixed with the background."""
    colour, ground = QColor(getattr(look, key.colour)), QColor(look.surface)
    ends = ((colour.red(), ground.red()), (colour.green(), ground.green()), (colour.blue(), ground.blue()))
    return QColor(*(round(key.strength * full + (1 - key.strength) * empty) for full, empty in ends))


def image(canvas: Any, chart: Chart, look: Colours) -> QImage:
    """Return the chart with title and legend."""
    keys = chart.legend() if len(chart.legend()) > 1 else ()
    size = QSize(canvas.width() + 2 * _MARGIN, canvas.height() + _TITLE + 2 * _MARGIN + _legend_height(canvas, keys))
    made = QImage(size * _SCALE, QImage.Format.Format_RGB32)
    made.fill(QColor(look.surface))
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(_SCALE, _SCALE)
    _paint(painter, size, canvas, chart.title, keys, look)
    painter.end()
    return made


def svg_text(drawing: str) -> str:
    """Return a drawing as the text of a file."""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{drawing}\n'


def csv_text(table: Table) -> str:
    """Return comma-separated text with points as decimal signs; unknown values are empty."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(table.headers)
    writer.writerows([["" if cell is None else cell for cell in row] for row in table.rows])
    return file.getvalue()


def write_csv(path: Path, text: str) -> None:
    """Write text with the mark by which spreadsheets recognise UTF-8."""
    replace_bytes(path, text.encode("utf-8-sig"))


def write_image(path: Path, content: QImage) -> None:
    """Write a PNG.

    Raises:
        OSError: it could not be written.
    """
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    content.save(buffer, "PNG")  # type: ignore[call-overload]
    replace_bytes(path, bytes(data.data()))


def file_name(title: str) -> str:
    """Return a chart's title as a file name that every system takes."""
    return "-".join("".join(sign if sign.isalnum() else " " for sign in title.lower()).split())


def write_all(folder: Path, charts: Sequence[tuple[str, QImage, str, str]]) -> None:
    """Write several charts in every form: (name, image, drawing, table) each.

    Raises:
        OSError: they could not be written.
    """
    for name, content, drawing, table in charts:
        write_image(folder / f"{name}.png", content)
        replace_bytes(folder / f"{name}.svg", drawing.encode())
        write_csv(folder / f"{name}.csv", table)


def _legend_height(canvas: Any, keys: Sequence[Key]) -> int:
    """Return the pixels that the legend's rows need."""
    rows = max((row for row, _ in _legend_places(canvas.fontMetrics(), canvas.width(), keys)), default=-1) + 1
    return rows * _KEY


def _legend_places(metrics: QFontMetrics, width: float, keys: Sequence[Key]) -> list[tuple[int, float]]:
    """Return the row and the x of each entry."""
    places, row, x = [], 0, 0.0
    for key in keys:
        wide = metrics.horizontalAdvance(key.name) + _SIGN + 26
        if x and x + wide > width:
            row, x = row + 1, 0.0
        places.append((row, x))
        x += wide
    return places


def _paint(painter: QPainter, size: QSize, canvas: Any, title: str, keys: Sequence[Key], look: Colours) -> None:
    font = QFont(painter.font())
    font.setPixelSize(15)
    font.setBold(True)
    painter.setFont(font)
    painter.setPen(QColor(look.text))
    width = size.width() - 2 * _MARGIN
    painter.drawText(QRectF(_MARGIN, _MARGIN, width, _TITLE), Qt.AlignmentFlag.AlignVCenter, title)
    painter.setFont(canvas.font())
    places = _legend_places(canvas.fontMetrics(), canvas.width(), keys)
    for key, (row, x) in zip(keys, places, strict=True):
        _paint_key(painter, _MARGIN + x, _MARGIN + _TITLE + row * _KEY, key, look)
    top = float(_MARGIN + _TITLE + _legend_height(canvas, keys))
    target = QRectF(_MARGIN, top, width, size.height() - top - _MARGIN)
    canvas.scene().render(painter, target, canvas.sceneRect(), Qt.AspectRatioMode.KeepAspectRatio)


def _paint_key(painter: QPainter, x: float, top: float, key: Key, look: Colours) -> None:
    middle, colour = top + _KEY / 2, drawn(key, look)
    painter.setPen(QPen(colour, 3, Qt.PenStyle.DashLine if key.sign == "dashes" else Qt.PenStyle.SolidLine))
    if key.sign == "box":
        painter.fillRect(QRectF(x, middle - 5, _SIGN, 10), colour)
        painter.setPen(QPen(QColor(look.line), 1))
        painter.drawRect(QRectF(x, middle - 5, _SIGN, 10))
    elif key.sign in ("dot", "ring"):
        painter.setBrush(colour if key.sign == "dot" else QColor(look.surface))
        painter.drawEllipse(QRectF(x + _SIGN / 2 - 4, middle - 4, 8, 8))
    else:
        painter.drawLine(int(x), int(middle), int(x) + _SIGN, int(middle))
    painter.setPen(QColor(look.text))
    wide = painter.fontMetrics().horizontalAdvance(key.name)
    painter.drawText(QRectF(x + _SIGN + 6, top, wide + 4, _KEY), Qt.AlignmentFlag.AlignVCenter, key.name)
