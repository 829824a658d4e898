"""The key figures above the tabs, each with what int8 costs and its confidence interval."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from n6studio.domain.charts.evaluation.data import Model
from n6studio.domain.evaluation.model import ModelResults
from n6studio.domain.evaluation.results import Comparison, Interval
from n6studio.domain.evaluation.verdict import verdict as verdict_of
from n6studio.domain.texts import decimals, percent, points
from n6studio.ui.pages.evaluate import texts
from n6studio.ui.pages.evaluate.data import ShownEvaluation
from n6studio.ui.theme import TextRole
from n6studio.ui.widgets.parts import Card, clear, label, set_role


@dataclass(frozen=True)
class Kpi:
    """One figure. `verdict` colours the change; the text says the same."""

    name: str
    value: str
    change: str
    help: str
    verdict: TextRole = TextRole.MUTED


_CARD_WIDTH = 140  # pixels below which a figure's interval is cut
_FEWEST = 3  # figures in a row


@dataclass(frozen=True)
class _Accuracy:
    """A figure of a model, by itself and with the interval of its difference."""

    name: str
    help: str
    of: Callable[[ModelResults], float | None]
    interval: Callable[[Comparison], Interval | None] = lambda compared: None


_ACCURACY = (
    _Accuracy(
        "AP",
        texts.AP_HELP,
        lambda model: model.coco.ap if model.coco else None,
        lambda compared: compared.ap_interval,
    ),
    _Accuracy(
        "AP50",
        texts.AP50_HELP,
        lambda model: model.coco.ap50 if model.coco else None,
        lambda compared: compared.ap50_interval,
    ),
    _Accuracy("AR", texts.AR_HELP, lambda model: model.coco.ar if model.coco else None),
    _Accuracy(
        "Zoo mAP50",
        texts.ZOO_HELP,
        lambda model: model.zoo.map50 if model.zoo else None,
    ),
)


def kpis(evaluation: ShownEvaluation) -> tuple[Kpi, ...]:
    """Return the figures of an evaluation; without labels, how far the models agree."""
    first = evaluation.models[0]
    other = evaluation.models[1] if len(evaluation.models) > 1 else None
    made = _accuracy(evaluation, first, other) if evaluation.labelled else _agreement(evaluation)
    return (*made, _rate(first, other))


def _accuracy(evaluation: ShownEvaluation, first: Model, other: Model | None) -> list[Kpi]:
    made = []
    compared = evaluation.comparison
    for one in _ACCURACY:
        value, before = one.of(first.results), one.of(other.results) if other else None
        change, verdict = _change(value, before, one.interval(compared) if compared else None)
        said = verdict_of(compared) if compared is not None and one.name == "AP" else ""
        made.append(Kpi(one.name, percent(value), change, f"{said}\n{one.help}" if said else one.help, verdict))
    if compared is not None and compared.oks_lost_mean is not None:
        lost, limits = compared.oks_lost_mean, compared.oks_lost_interval
        change = f"{texts.PERCENT_INTERVAL} {decimals(limits[0])} to {decimals(limits[1])}" if limits else "no CI"
        help_text = texts.OKS_LOST_HELP
        made.append(Kpi("OKS lost", decimals(lost), change, help_text))
    return made


def _change(value: float | None, before: float | None, limits: Interval | None) -> tuple[str, TextRole]:
    """Return in words what int8 costs, and which colour that deserves."""
    if value is None or before is None:
        return "", TextRole.MUTED
    lost = before - value
    # A point is what nobody notices, three are what the quantization page calls a warning.
    verdict = TextRole.MUTED if lost <= 0.01 else TextRole.WARN if lost <= 0.03 else TextRole.BAD
    text = f"{points(-lost)} vs float"
    if limits is not None:
        text += f"\n{texts.PERCENT_INTERVAL} {points(limits[0])} to {points(limits[1])}"
        if limits[0] <= 0 <= limits[1]:
            return text, TextRole.MUTED
    return text, verdict


def _agreement(evaluation: ShownEvaluation) -> list[Kpi]:
    if evaluation.comparison is None:
        found = evaluation.results.models[0].people.found
        return [Kpi("People found", str(found), "", texts.FOUND_HELP)]
    agreement = evaluation.comparison.agreement
    pixels, share = agreement.pixels_mean, f"of {agreement.people} found by float"
    return [
        Kpi("Kept", str(agreement.kept), share, texts.KEPT_HELP),
        Kpi("Lost", str(agreement.lost), share, texts.LOST_HELP),
        Kpi("New", str(agreement.invented), "not found by float", texts.NEW_HELP),
        Kpi(
            "OKS to float",
            decimals(agreement.oks_mean),
            "lost people count as 0",
            texts.AGREEMENT_HELP,
        ),
        Kpi(
            "Distance",
            "–" if pixels is None else f"{pixels:.1f} px",
            "mean of people kept",
            texts.DISTANCE_HELP,
        ),
    ]


def _rate(first: Model, other: Model | None) -> Kpi:
    rate = first.results.images_per_second
    before = other.results.images_per_second if other else None
    change = f"float {before:.1f}\non this computer" if before is not None else "on this computer"
    help_text = texts.RATE_HELP
    return Kpi("Images/s", decimals(rate, 1), change, help_text)


class KpiStrip(QWidget):
    """The figures side by side, in two rows where one would cut them."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Key figures of the int8 model")
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(10)
        self._cards: list[Card] = []
        self._columns = 0

    def show_kpis(self, figures: tuple[Kpi, ...]) -> None:
        """Replace the figures."""
        clear(self._grid)
        self._cards = [_card(figure) for figure in figures]
        self._columns = 0
        self._arrange()

    def minimumSizeHint(self) -> QSize:  # noqa: N802, D102
        least = super().minimumSizeHint()
        widest = max((card.minimumSizeHint().width() for card in self._cards), default=0)
        return QSize(min(least.width(), _FEWEST * (widest + self._grid.horizontalSpacing())), least.height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802, D102
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        count = len(self._cards)
        columns = count if self.width() >= count * _CARD_WIDTH else max(1, (count + 1) // 2)
        if columns == self._columns or not count:
            return
        self._columns = columns
        for place, card in enumerate(self._cards):
            self._grid.addWidget(card, place // columns, place % columns)
        for column in range(count):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)
        self.updateGeometry()


def _card(figure: Kpi) -> Card:
    card = Card()
    card.body.setContentsMargins(12, 8, 8, 8)
    card.body.setSpacing(1)
    card.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
    card.setToolTip(figure.help)
    card.setAccessibleName(f"{figure.name}: {figure.value}. {figure.change}")
    card.setAccessibleDescription(figure.help)
    card.body.addWidget(label(figure.name, wrap=False))
    value = label(figure.value, wrap=False, select=True)
    set_role(value, TextRole.TITLE)
    card.body.addWidget(value)
    change = label(figure.change, figure.verdict)
    change.setMinimumWidth(60)
    card.body.addWidget(change)
    card.body.addStretch(1)
    return card
