"""The health of the calibration set: findings, each with its images, and what the figures behind them look like."""

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QProgressBar, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from n6studio.domain.calibration.facts import CalibrationFacts, HealthFinding, findings, worst
from n6studio.domain.charts.calibration import brightness, heights, keypoint_map, keypoints_seen
from n6studio.domain.states import CheckState, Grade
from n6studio.domain.texts import counted
from n6studio.ui.charts.view import ChartView
from n6studio.ui.pages.calibration import texts
from n6studio.ui.states import CHECK_WORDS
from n6studio.ui.theme import ButtonRole, TextRole
from n6studio.ui.widgets.parts import Card, StateIcon, button, clear, label

REDRAW_MS = 200
_MARKS = {
    Grade.OK: CheckState.OK,
    Grade.WARN: CheckState.WARN,
    Grade.BAD: CheckState.FAIL,
    Grade.UNKNOWN: CheckState.LATER,
}


class FindingRow(QWidget):
    """One finding: icon and word for its state, the reason, and a button that selects its images.

    Signals:
        chosen(images): the button was clicked.
    """

    chosen = Signal(object)

    def __init__(self, finding: HealthFinding) -> None:
        super().__init__()
        self.finding = finding
        mark = _MARKS[finding.state]
        self.setAccessibleName(f"{finding.title}: {CHECK_WORDS[mark]}. {finding.reason}")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 2, 0, 2)
        row.setSpacing(8)
        row.addWidget(StateIcon(mark), 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout()
        column.setSpacing(1)
        top = QHBoxLayout()
        title = label(f"{finding.title}: {CHECK_WORDS[mark]}", wrap=True)
        font = title.font()
        font.setBold(True)
        title.setFont(font)
        top.addWidget(title, 1)
        if finding.images:
            count = len(finding.images)
            self.show_button = QToolButton()
            self.show_button.setText(f"Show {count}")
            self.show_button.setAccessibleName(f"Select {counted(count, 'image')} of {finding.title}")
            self.show_button.setToolTip("Select these images in the grid")
            self.show_button.clicked.connect(lambda: self.chosen.emit(finding.images))
            top.addWidget(self.show_button, 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(top)
        column.addWidget(label(finding.reason, TextRole.MUTED, select=True))
        row.addLayout(column, 1)


class HealthPanel(QWidget):
    """Button, progress, findings and charts. Knows nothing of files or jobs.

    Signals:
        check_wanted, cancel_wanted: buttons.
        images_chosen(names): a finding's images are to be selected.
        filter_wanted(text): a chart's part was clicked; the filter of the images behind it.
        facts_shown(facts): what is known of the images now; None for nothing.
    """

    check_wanted = Signal()
    cancel_wanted = Signal()
    images_chosen = Signal(object)
    filter_wanted = Signal(str)
    facts_shown = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._facts: CalibrationFacts | None = None
        self._excluded: frozenset[str] = frozenset()
        self._shown: tuple[HealthFinding, ...] = ()
        self._redraw = QTimer(self)  # rows and charts take longer than the key that excludes repeats
        self._redraw.setSingleShot(True)
        self._redraw.setInterval(REDRAW_MS)
        self._redraw.timeout.connect(self._refresh)
        self.check_button = button("Check the set", self.check_wanted.emit, ButtonRole.PRIMARY, command="main")
        self.cancel_button = button("Cancel", self.cancel_wanted.emit)
        self.cancel_button.hide()
        self.summary = label(role=TextRole.MUTED)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress of the check")
        self.progress_text = label(role=TextRole.MUTED)
        self.rows = QVBoxLayout()
        self.rows.setSpacing(6)
        self.brightness, self.heights = ChartView(brightness(())), ChartView(heights(()))
        self.which = QComboBox()
        self.which.setAccessibleName("Keypoint on the map")
        self.which.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.which.currentIndexChanged.connect(lambda _: self._draw_heat())
        self.heat = ChartView(keypoint_map((), None))
        self.heat.setMinimumHeight(330)
        self.keypoints = ChartView(keypoints_seen((), ()))
        card = Card("Set health")
        top = QHBoxLayout()
        top.addWidget(self.check_button)
        top.addWidget(self.cancel_button)
        top.addStretch(1)
        card.body.addLayout(top)
        for widget in (self.summary, self.bar, self.progress_text):
            card.body.addWidget(widget)
        card.body.addLayout(self.rows)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        layout.addWidget(card)
        self._charts = (self.brightness, self.heights, self.keypoints)
        for chart in (*self._charts, self.heat):
            chart.filter_wanted.connect(self.filter_wanted)
        for chart in self._charts:
            chart.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
            layout.addWidget(chart)
        layout.addWidget(self.which)
        layout.addWidget(self.heat)
        self.show_running(False)
        self.show_facts(None, stale=False)

    def findings(self) -> tuple[HealthFinding, ...]:
        """Return the findings that are shown."""
        return self._shown

    def show_running(self, running: bool) -> None:
        """Show progress and Cancel, or the button."""
        self.check_button.setEnabled(not running)
        self.cancel_button.setVisible(running)
        self.bar.setVisible(running)
        self.progress_text.setVisible(running)
        if running:
            self.bar.setRange(0, 0)
            self.progress_text.setText("Starting…")

    def show_progress(self, done: int, total: int, text: str) -> None:
        """Show how far the check is."""
        self.bar.setRange(0, max(total, 0))
        self.bar.setValue(done)
        self.progress_text.setText(text)

    def show_facts(self, facts: CalibrationFacts | None, stale: bool) -> None:
        """Show what is known of the images; None where nothing is."""
        self._facts = facts
        self.check_button.setText("Check again" if facts else "Check the set")
        self._summarise(stale)
        self._refresh()
        self.facts_shown.emit(facts)

    def show_stale(self, stale: bool) -> None:
        """Say whether images changed since the check."""
        self._summarise(stale)

    def _summarise(self, stale: bool) -> None:
        if self._facts is None:
            text = texts.NOT_CHECKED
        elif stale:
            text = texts.CHECK_OUTDATED
        else:
            text = texts.checked_text(self._facts)
        self.summary.setText(text)

    def set_excluded(self, names: frozenset[str]) -> None:
        """Work the findings out anew without these images."""
        if names != self._excluded:
            self._excluded = names
            self._shown = findings(self._facts, names) if self._facts else ()
            self._redraw.start()

    def grade(self) -> Grade | None:
        """Return the gravest state of the findings; None where nothing was checked."""
        return worst(self._shown) if self._shown else None

    def _refresh(self) -> None:
        self._shown = findings(self._facts, self._excluded) if self._facts else ()
        clear(self.rows)
        for finding in self._shown:
            row = FindingRow(finding)
            row.chosen.connect(self.images_chosen)
            self.rows.addWidget(row)
        self._draw()

    def _draw(self) -> None:
        for chart in (*self._charts, self.which, self.heat):
            chart.setVisible(self._facts is not None)
        if self._facts is None:
            return
        usable = [image for image in self._facts.images if not image.problem and image.name not in self._excluded]
        self.brightness.set_chart(brightness(usable))
        self.heights.set_chart(heights(usable))
        seen = keypoints_seen(usable, self._facts.keypoints)
        self.keypoints.setVisible(not seen.nothing)
        self.keypoints.set_chart(seen)
        self._offer(self._facts.keypoints)
        self._draw_heat()

    def _offer(self, names: tuple[str, ...]) -> None:
        """Let the map's keypoint be chosen; the choice stays where it can."""
        wanted = ["all keypoints", *names]
        if wanted != [self.which.itemText(row) for row in range(self.which.count())]:
            self.which.blockSignals(True)
            self.which.clear()
            self.which.addItems(wanted)
            self.which.blockSignals(False)
        self.which.setVisible(bool(names))

    def _draw_heat(self) -> None:
        if self._facts is None:
            return
        usable = [one for one in self._facts.images if not one.problem and one.name not in self._excluded]
        chosen = self.which.currentIndex() - 1
        self.heat.set_chart(keypoint_map(usable, chosen if chosen >= 0 else None))
