"""Two looks at the same frames: side by side, and over a recording with the thresholds that serve best."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QProgressBar, QWidget

from n6studio.domain.metrics.tuning import OperatingPoint
from n6studio.ui.pages.live import texts
from n6studio.ui.pages.live.board_panel import ValueSlider
from n6studio.ui.theme import TextRole
from n6studio.ui.widgets.parts import Facts, button, column, label

LABELS = "labels:"  # how a reference begins that is a file with labels
Difference = tuple[str, float, float]
"""Keypoint, mean and 95th percentile of its distance in pixels."""


class ComparePanel(QWidget):
    """Chooses a reference, and shows how what is judged differs from it.

    Signals:
        reference_chosen: another one.
        labels_wanted: a file with labels shall be the reference.
        side_toggled(on): show both side by side.
        analysis_wanted: look at the whole recording.
        cancelled: stop looking.
        thresholds_changed: show what they bring.
        apply_wanted: take the best thresholds over.
    """

    reference_chosen = Signal()
    labels_wanted = Signal()
    side_toggled = Signal(bool)
    analysis_wanted = Signal()
    cancelled = Signal()
    thresholds_changed = Signal()
    apply_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        layout = column(self)
        layout.addWidget(label("Reference", TextRole.HEADING))
        layout.addWidget(label(texts.COMPARE, TextRole.MUTED))
        self.reference = QComboBox()
        self.reference.setAccessibleName("Reference")
        self.reference.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.reference.currentIndexChanged.connect(lambda: self.reference_chosen.emit())
        row = QHBoxLayout()
        row.addWidget(self.reference, 1)
        row.addWidget(button("Labels\u2026", self.labels_wanted.emit, tip=texts.LABELS_TIP))
        layout.addLayout(row)
        self.side = QCheckBox("Show side by side")
        self.side.toggled.connect(self.side_toggled)
        layout.addWidget(self.side)
        self.here = label("", TextRole.MUTED)
        layout.addWidget(self.here)
        layout.addWidget(label("Threshold tuning", TextRole.HEADING))
        self.analyze = button("Analyze recording", self.analysis_wanted.emit, tip=texts.ANALYZE_TIP)
        self.progress = QProgressBar()
        self.progress.setAccessibleName("Analysis of the recording")
        self.progress.setTextVisible(False)
        self.cancel = button("Cancel", self.cancelled.emit, name="Cancel the analysis")
        layout.addWidget(self.analyze)
        row = QHBoxLayout()
        row.addWidget(self.progress, 1)
        row.addWidget(self.cancel)
        layout.addLayout(row)
        self.sliders = {
            "confidence": ValueSlider("Confidence threshold", "", 5, 95, 0.01, texts.TUNING_TIP),
            "iou": ValueSlider("NMS IoU threshold", "", 6, 18, 0.05, texts.TUNING_TIP),
        }
        for slider in self.sliders.values():
            slider.slider.valueChanged.connect(lambda _: self.thresholds_changed.emit())
            layout.addWidget(slider)
        self.facts, self.best = Facts(), label("")
        self.apply = button("Use these on the board", self.apply_wanted.emit, tip=texts.APPLY_TIP)
        layout.addWidget(self.facts)
        layout.addWidget(self.best)
        layout.addWidget(self.apply)
        self.heading = label("Distance by keypoint", TextRole.HEADING)
        self.keypoints = Facts()
        layout.addWidget(self.heading)
        layout.addWidget(self.keypoints)
        layout.addStretch(1)
        self.show_analyzing(False)
        self.clear()

    def show_references(self, models: Sequence[tuple[str, str]], labels: Path | None) -> None:
        """List what may be the reference: (path, name) of models, and a file with labels; the choice stays."""
        chosen = self.chosen
        self.reference.blockSignals(True)
        self.reference.clear()
        self.reference.addItem(texts.RECORDED_RESULTS, "")
        for path, name in models:
            self.reference.addItem(name, path)
        if labels is not None:
            self.reference.addItem(labels.name, f"{LABELS}{labels}")
        self.reference.setCurrentIndex(max(0, self.reference.findData(chosen)))
        self.reference.blockSignals(False)

    @property
    def chosen(self) -> str:
        """The reference: '' for the results in the frames, the path of a model, or `LABELS` and a path."""
        return str(self.reference.currentData() or "")

    @property
    def thresholds(self) -> tuple[float, float]:
        """(confidence, NMS IoU) threshold."""
        return self.sliders["confidence"].value(), self.sliders["iou"].value()

    def show_analyzing(self, running: bool) -> None:
        """Show progress in place of the button, or the button again."""
        self.analyze.setVisible(not running)
        self.progress.setVisible(running)
        self.progress.setRange(0, 0)
        self.cancel.setVisible(running)

    def show_progress(self, done: int, total: int) -> None:
        """Show how far it is."""
        self.progress.setRange(0, total)
        self.progress.setValue(done)

    def clear(self) -> None:
        """Show no figures."""
        for widget in (*self.sliders.values(), self.facts, self.best, self.apply, self.heading, self.keypoints):
            widget.hide()

    def show_best(self, best: OperatingPoint) -> None:
        """Propose thresholds, and set the sliders to them."""
        for widget in (*self.sliders.values(), self.facts, self.best, self.apply):
            widget.show()
        self.best.setText(texts.best_thresholds(best.confidence, best.iou, best.f1))
        for slider, value in zip(self.sliders.values(), (best.confidence, best.iou), strict=True):
            slider.show_value(value)

    def show_point(self, point: OperatingPoint, keypoints: Sequence[Difference]) -> None:
        """Show what the thresholds bring, and how far each keypoint is from the reference's."""
        self.facts.show_rows(
            [
                ("Precision", _share(point.precision)),
                ("Recall", _share(point.recall)),
                ("F1", f"{point.f1:.3f}"),
                ("Mean OKS of those found", _share(point.oks)),
                ("TP, FP, FN", f"{point.right:,}, {point.wrong:,}, {point.missed:,}"),
            ]
        )
        self.heading.setVisible(bool(keypoints))
        self.keypoints.setVisible(bool(keypoints))
        self.keypoints.show_rows([(name, f"{mean:.1f} px, p95 {most:.1f} px") for name, mean, most in keypoints])


def _share(value: float | None) -> str:
    return "\u2013" if value is None else f"{value:.3f}"
