"""How one image of the grid is drawn: thumbnail, name, frame when selected, and what is wrong in words."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem

from n6studio.domain.colours import Colours
from n6studio.domain.states import CheckState
from n6studio.ui.icons import paint_state
from n6studio.ui.theme import colours

FADED = 0.28


def paint_thumbnail(
    painter: QPainter,
    option: QStyleOptionViewItem,
    index: QModelIndex | QPersistentModelIndex,
    side: int,
    excluded_role: int,
    note_role: int,
) -> None:
    """Draw an item of the grid.

    Args:
        painter: on the grid.
        option: where, and whether selected or focused.
        index: the image.
        side: of the thumbnail, in pixels.
        excluded_role: under which the model says whether the image is left out.
        note_role: under which it says what stands below the name.
    """
    palette = option.palette
    rect: QRect = option.rect
    state = option.state
    look = colours(palette.window().color().lightness() < 128)
    excluded = bool(index.data(excluded_role))
    image = index.data(Qt.ItemDataRole.DecorationRole)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    box = QRectF(rect.x() + (rect.width() - side) / 2, rect.y() + 6, side, side)
    if state & QStyle.StateFlag.State_Selected:
        _frame(painter, rect, look)
    elif state & QStyle.StateFlag.State_HasFocus:
        painter.setPen(QPen(QColor(look.accent), 1, Qt.PenStyle.DashLine))
        painter.drawRoundedRect(QRectF(rect).adjusted(2, 2, -2, -2), 6, 6)
    _image(painter, box, image, excluded, look)
    if excluded:
        _tag(painter, box, "Excluded", look)
    text = QRect(rect.x() + 6, int(box.bottom()) + 2, rect.width() - 12, 20)
    painter.setPen(QColor(look.muted if excluded else look.text))
    name = painter.fontMetrics().elidedText(str(index.data()), Qt.TextElideMode.ElideMiddle, text.width())
    painter.drawText(text, int(Qt.AlignmentFlag.AlignCenter), name)
    if note := str(index.data(note_role) or ""):
        painter.setPen(QColor(look.muted))
        note = painter.fontMetrics().elidedText(note, Qt.TextElideMode.ElideRight, text.width())
        painter.drawText(text.translated(0, 16), int(Qt.AlignmentFlag.AlignCenter), note)
    painter.restore()


def _frame(painter: QPainter, rect: QRect, look: Colours) -> None:
    fill = QColor(look.accent)
    fill.setAlphaF(0.18)
    painter.setBrush(fill)
    painter.setPen(QPen(QColor(look.accent), 2))
    painter.drawRoundedRect(QRectF(rect).adjusted(2, 2, -2, -2), 6, 6)


def _image(painter: QPainter, box: QRectF, image: QImage | None, excluded: bool, look: Colours) -> None:
    if image is None or image.isNull():
        painter.setPen(QPen(QColor(look.line), 1))
        painter.setBrush(QColor(look.window))
        painter.drawRoundedRect(box, 4, 4)
        if image is not None:
            place = QRectF(0, 0, 20, 20)
            place.moveCenter(box.center() - QPointF(0, 12))
            paint_state(painter, CheckState.WARN, place, look)
            painter.setPen(QColor(look.text))
            painter.drawText(box.adjusted(0, 30, 0, 0), int(Qt.AlignmentFlag.AlignCenter), "Cannot be read")
        return
    size = image.size().toSizeF().scaled(box.size(), Qt.AspectRatioMode.KeepAspectRatio)
    place = QRectF(0, 0, size.width(), size.height())
    place.moveCenter(box.center())
    painter.setOpacity(FADED if excluded else 1.0)
    painter.drawImage(place, image)
    painter.setOpacity(1.0)


def _tag(painter: QPainter, box: QRectF, word: str, look: Colours) -> None:
    width = painter.fontMetrics().horizontalAdvance(word) + 16
    place = QRectF(0, 0, width, 22)
    place.moveCenter(QPointF(box.center().x(), box.bottom() - 18))
    painter.setPen(QPen(QColor(look.muted), 1))
    painter.setBrush(QColor(look.surface))
    painter.drawRoundedRect(place, 11, 11)
    painter.setPen(QColor(look.text))
    painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), word)
