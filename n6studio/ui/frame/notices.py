"""The error and the warning above the page, fitted to what a small window has left for them."""

from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from n6studio.ui.frame.truth_bar import TruthBar
from n6studio.ui.widgets.error_card import ErrorCard

LEAST_PAGE = 40  # pixels of the page below them
SHORT = 480  # pixels of height with less than which the warning waits until the error is closed
SPACING = 8  # pixels between what stands in the window's column


def fit_notices(card: ErrorCard, truth: TruthBar, rest: Sequence[QWidget], width: int, height: int) -> None:
    """Let the error's text scroll where there is no room for all of it: a column would cut lines instead.

    Args:
        card: the error.
        truth: the warning.
        rest: what else stands in the column and keeps its height; not the page.
        width: of the column, pixels.
        height: of the column, pixels.
    """
    area, layout = card.area, card.layout()
    if area is None or layout is None or card.isHidden():
        return
    if height < SHORT:
        truth.hide()
    others = [one for one in (truth, *rest) if one.isVisible()]
    taken = sum(one.sizeHint().height() for one in others) + SPACING * (len(others) + 1) + LEAST_PAGE
    around = layout.totalHeightForWidth(width) - area.height()
    area.fit(min(height // 4, height - taken - around))
