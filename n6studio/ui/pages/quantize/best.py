"""Best accuracy: several quantizations after each other, the plan shown first, the best of them kept."""

import dataclasses
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QHeaderView, QTableWidget, QTableWidgetItem

from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.stages import Cancelled, ConfidenceCollapse
from n6studio.domain.results import AnyResult
from n6studio.domain.texts import decimals, duration
from n6studio.stages.quantize.figures import QuantizeFigures
from n6studio.stages.quantize.stage import QUANTIZE, QuantizeSettings
from n6studio.ui.context import Context
from n6studio.ui.pages.quantize.presets import QUICK_COUNT
from n6studio.ui.pages.quantize.texts import plan_text
from n6studio.ui.theme import ButtonRole, TextRole
from n6studio.ui.widgets.parts import Card, button, label

STAGE = QUANTIZE.name
GUARD = 64  # images on which each is judged, the same for all
NEXT_MS = 120  # the engine tells of a stage's end a moment before it is free again
_COLUMNS = ("Variant", "Time", "People found again", "Mean OKS", "")


@dataclass(frozen=True)
class Way:
    """One of the quantizations: what it is called, and the settings that it decides."""

    name: str
    changes: dict[str, Any]


WAYS = (
    Way("float head, weighted ranges", {"head": "float", "ranges": "weighted", "max_images": 0}),
    Way(f"the same on {QUICK_COUNT} images", {"head": "float", "ranges": "weighted", "max_images": QUICK_COUNT}),
    Way("float head, tuned ranges", {"head": "float", "ranges": "tuned", "max_images": 0}),
    Way("int8 head, weighted ranges", {"head": "int8", "ranges": "weighted", "max_images": 0}),
)


def agreement(figures: QuantizeFigures) -> float | None:
    """Return how much of float's people int8 keeps, 0..1: the share found again times how alike they are."""
    guard = figures.guard
    if guard is None or not guard.float_people or guard.oks_mean is None:
        return None
    return min(1.0, guard.int8_people / guard.float_people) * guard.oks_mean


class BestCard(Card):
    """The plan as a table that fills in while it is worked through. Hidden until somebody asks for it.

    Signals:
        settled(name, figure): all ways were tried; the best one's name, or "" where none can be told.
    """

    settled = Signal(str, object)

    def __init__(self, context: Context) -> None:
        super().__init__("Best accuracy", "Quantizes several variants and keeps the one closest to float.")
        self._context = context
        self._before: QuantizeSettings | None = None  # while it works: what to go back to
        self._place = -1
        self._scores: list[float | None] = []
        self.estimate = label(role=TextRole.MUTED)
        self.table = QTableWidget(len(WAYS), len(_COLUMNS))
        self.table.setAccessibleName("Quantization variants")
        self.table.setHorizontalHeaderLabels(list(_COLUMNS))
        self.table.verticalHeader().hide()
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        modes = QHeaderView.ResizeMode
        for column in range(len(_COLUMNS)):
            wide = modes.Stretch if column == 0 else modes.ResizeToContents
            self.table.horizontalHeader().setSectionResizeMode(column, wide)
        height = self.table.horizontalHeader().sizeHint().height() + 6
        self.table.setFixedHeight(height + sum(self.table.rowHeight(row) for row in range(len(WAYS))))
        self.start_button = button("Try all variants", self.start, ButtonRole.PRIMARY)
        self.stop_button = button("Cancel", self._stop, tip="Restore the previous settings; finished runs are kept")
        row = QHBoxLayout()
        row.addWidget(self.start_button)
        row.addWidget(self.stop_button)
        row.addStretch(1)
        for part in (self.estimate, self.table):
            self.body.addWidget(part)
        self.body.addLayout(row)
        context.job_finished.connect(self._finished)
        context.job_failed.connect(self._failed)
        context.project_opened.connect(self.forget)
        context.result_changed.connect(lambda stage: self.show_plan() if stage == STAGE else None)
        self.forget()
        self.hide()

    @property
    def working(self) -> bool:
        """Whether the plan is being worked through."""
        return self._before is not None

    def forget(self) -> None:
        """Show the plan as it is before anything was tried."""
        self._before, self._place, self._scores = None, -1, []
        for row, way in enumerate(WAYS):
            for column, text in enumerate((way.name, "", "", "", "")):
                self.table.setItem(row, column, QTableWidgetItem(text))
        self.show_plan()

    def show_plan(self) -> None:
        """Say how long it will take, as far as that is known."""
        last = self._context.result(QUANTIZE)
        seconds = sum(last.figures.step_seconds.values()) if last is not None else 0.0
        self.estimate.setText(plan_text(len(WAYS), seconds, GUARD))
        self.start_button.setEnabled(not self.working)
        self.stop_button.setVisible(self.working)

    def start(self) -> None:
        """Begin with the first way."""
        project = self._context.project
        if project is None or self.working:
            return
        before = project.settings_of(QUANTIZE)
        self.forget()
        self._before = before
        self._next()

    def _settings(self, way: Way) -> QuantizeSettings:
        assert self._before is not None
        return dataclasses.replace(self._before, **way.changes, guard_images=GUARD, fake=False)

    def _next(self) -> None:
        if self._before is None:
            return
        self._place += 1
        if self._place == len(WAYS):
            self._settle()
            return
        self._tell(self._place, 4, "working")
        self._context.change_settings(QUANTIZE, self._settings(WAYS[self._place]))
        self._context.submit(STAGE)
        self.show_plan()

    def _settle(self) -> None:
        """Keep the best way's settings; of equals the first, which takes more images."""
        known = [(score, -place) for place, score in enumerate(self._scores) if score is not None]
        before, self._before = self._before, None
        if not known or before is None:
            if before is not None:
                self._context.change_settings(QUANTIZE, before)
            self.settled.emit("", None)
        else:
            score, place = max(known)
            self._tell(-place, 4, "best")
            way = WAYS[-place]
            settings = dataclasses.replace(before, **way.changes, guard_images=GUARD, fake=False)
            self._context.change_settings(QUANTIZE, settings)
            self._context.submit(STAGE)  # it is there already; this shows it
            self.settled.emit(way.name, score)
        self.show_plan()

    def _finished(self, stage: str, result: AnyResult) -> None:
        if stage != STAGE or not self.working:
            return
        figures, guard = result.figures, result.figures.guard
        score = agreement(figures)
        self._scores.append(score)
        self._tell(self._place, 1, duration(sum(figures.step_seconds.values())))
        if guard:
            self._tell(self._place, 2, f"{guard.int8_people} of {guard.float_people}")
        self._tell(self._place, 3, decimals(guard.oks_mean if guard else None, 4))
        self._tell(self._place, 4, "" if score is not None else "no people in the images")
        QTimer.singleShot(NEXT_MS, self, self._next)

    def _failed(self, stage: str, error: StudioError) -> None:
        if not self.working:
            return
        if isinstance(error, ConfidenceCollapse):
            self._scores.append(None)
            self._tell(self._place, 4, "lost all people")
            QTimer.singleShot(NEXT_MS, self, self._next)
            return
        self._tell(self._place, 4, "stopped" if isinstance(error, Cancelled) else "failed")
        before, self._before = self._before, None
        if before is not None:
            self._context.change_settings(QUANTIZE, before)
        self.show_plan()

    def _stop(self) -> None:
        self._context.cancel()

    def _tell(self, row: int, column: int, text: str) -> None:
        item = self.table.item(row, column)
        if item is not None:
            item.setText(text)
