"""The checks before a deployment: tools, application, board, each with what to do; and which releases to use."""

from collections.abc import Iterable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from n6studio.domain.deploy import PairLine, PairState, PreflightCheck
from n6studio.domain.errors.window_words import window_step
from n6studio.domain.states import CheckState
from n6studio.domain.texts import begun
from n6studio.ui.pages.deploy import texts
from n6studio.ui.states import CHECK_WORDS
from n6studio.ui.theme import ButtonRole, TextRole
from n6studio.ui.widgets.parts import Card, StateIcon, button, clear, label, set_role

_FOLDERS = ("application",)  # settings that name a folder; the others name a program


class CheckRow(QWidget):
    """One finding: icon and word, what was found, what to do, and a button to say where it is."""

    def __init__(self, check: PreflightCheck, choose: "ChecksCard") -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 2, 0, 2)
        row.setSpacing(8)
        row.addWidget(StateIcon(check.state), 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout()
        column.setSpacing(1)
        column.addWidget(label(check.title, wrap=True))
        if check.found:
            column.addWidget(label(check.found, TextRole.MUTED, select=True))
        if advice := window_step(check.what_to_do):
            column.addWidget(
                label(advice, TextRole.BAD if check.state == CheckState.FAIL else TextRole.WARN, select=True)
            )
        row.addLayout(column, 1)
        word = CHECK_WORDS[check.state]
        self.setAccessibleName(f"{check.title}: {word}. {check.found} {advice}".strip())
        self.setToolTip(word)
        self.choose_button: QPushButton | None = None
        if check.setting == "enlarge_region":
            self.choose_button = button(
                "Enlarge", choose.enlarge_wanted.emit, ButtonRole.PLAIN, "Enlarge the RAM region"
            )
        elif check.setting == "allow_newer":
            self.choose_button = button("Try it", choose.newer_wanted.emit, ButtonRole.PLAIN, "Try a newer release")
        elif check.setting == "live_stream":
            self.choose_button = button(
                "Leave it out", choose.plain_wanted.emit, ButtonRole.PLAIN, "Deploy the application without live stream"
            )
        elif check.setting:
            self.choose_button = button(
                "Choose…", lambda: choose.path_wanted.emit(check.setting, check.setting in _FOLDERS), ButtonRole.PLAIN,
                f"Choose {check.title}",
            )  # fmt: skip
        if self.choose_button is not None:
            row.addWidget(self.choose_button, 0, Qt.AlignmentFlag.AlignTop)


class ChecksCard(Card):
    """The list of findings.

    Signals:
        path_wanted(setting, folder): the user wants to say where something is.
        enlarge_wanted: the application's RAM region is to be enlarged.
        newer_wanted: a release that this program does not know is to be tried.
        plain_wanted: the application is to be deployed without the live stream.
        again_wanted: look again.
        get_wanted: the user wants to know what to get from ST.
    """

    enlarge_wanted = Signal()
    newer_wanted = Signal()
    plain_wanted = Signal()
    path_wanted = Signal(str, bool)
    again_wanted = Signal()
    get_wanted = Signal()

    def __init__(self) -> None:
        super().__init__("Prerequisites")
        self._rows = QVBoxLayout()
        self._rows.setSpacing(4)
        self.body.addLayout(self._rows)
        self.again_button = button("Check again", self.again_wanted.emit, ButtonRole.PLAIN, texts.CHECK_AGAIN_TIP)
        self.get_button = button("Get ST's tools…", self.get_wanted.emit, ButtonRole.PLAIN, texts.GET_TIP)
        self.get_button.hide()
        below = QHBoxLayout()
        below.addWidget(self.again_button)
        below.addWidget(self.get_button)
        below.addStretch(1)
        self.body.addLayout(below)
        self.rows: dict[str, CheckRow] = {}
        self.show_looking()

    def show_looking(self) -> None:
        """Say that the answer is on its way; what is shown stays."""
        self.again_button.setEnabled(False)
        if not self.rows:
            clear(self._rows)
            self._rows.addWidget(label(texts.SEARCHING, TextRole.MUTED))

    def show_checks(self, checks: Iterable[PreflightCheck], getting: bool = False) -> None:
        """Show what was found, problems first; `getting` says whether the board needs anything of ST's."""
        self.again_button.setEnabled(True)
        self.get_button.setVisible(getting)
        clear(self._rows)
        self.rows = {}
        order = (CheckState.FAIL, CheckState.WARN, CheckState.LATER, CheckState.OK)
        for check in sorted(checks, key=lambda one: order.index(one.state)):
            self.rows[check.key] = CheckRow(check, self)
            self._rows.addWidget(self.rows[check.key])


class PairsCard(Card):
    """Which application and compiler are used together, and what its output type costs.

    Signals:
        chosen(key): the user chose a pair that is possible.
        measure_wanted: the user wants to know what int8 output costs.
        get_wanted: the user wants to know what to get from ST.
    """

    chosen = Signal(str)
    measure_wanted = Signal()
    get_wanted = Signal()

    def __init__(self) -> None:
        super().__init__("Compatible releases")
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(10)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(0, 1)
        self.body.addLayout(self._grid)
        self.cost = label(role=TextRole.MUTED, select=True)
        self.body.addWidget(self.cost)
        self.measure_button = button(
            texts.MEASURE, self.measure_wanted.emit,
            tip=texts.MEASURE_TIP,
        )  # fmt: skip
        self.get_button = button("Get ST's tools…", self.get_wanted.emit, ButtonRole.PLAIN, texts.GET_TIP)
        row = QHBoxLayout()
        row.addWidget(self.measure_button)
        row.addWidget(self.get_button)
        row.addStretch(1)
        self.body.addLayout(row)
        self.choices: dict[str, QRadioButton] = {}
        self._group = QButtonGroup(self)

    def show_pairs(self, pairs: Iterable[PairLine]) -> None:
        """Show the pairs; those of which both halves are there can be chosen and come first."""
        clear(self._grid)
        self.choices = {}
        shown = list(pairs)
        missing = [pair for pair in shown if pair.state == PairState.MISSING]
        for number, pair in enumerate([*(pair for pair in shown if pair not in missing), *missing]):
            name = f"{pair.application}\nwith ST Edge AI Core {pair.compiler}"
            self._grid.addWidget(self._missing(name, pair) if pair in missing else self._choice(name, pair), number, 0)
            self._grid.addWidget(label(f"{pair.output} output", TextRole.MUTED, wrap=False), number, 1)
        self.get_button.setVisible(bool(missing))
        self.setVisible(bool(shown))

    def _choice(self, name: str, pair: PairLine) -> QRadioButton:
        choice = QRadioButton(name)
        choice.setChecked(pair.state == PairState.CHOSEN)
        choice.setAccessibleDescription(f"{pair.output} output. {pair.note}")
        choice.setToolTip(pair.note)
        choice.clicked.connect(lambda: self.chosen.emit(pair.key))
        self._group.addButton(choice)
        self.choices[pair.key] = choice
        return choice

    def _missing(self, name: str, pair: PairLine) -> QLabel:
        """Return the line of a pair that cannot be chosen: what of it is missing, and nothing that looks clickable."""
        return label(f"{name}\n{begun(pair.note)}", TextRole.MUTED, select=True)

    def show_cost(self, text: str, role: TextRole, may_measure: bool) -> None:
        """Say what int8 output costs, or that it is not known yet."""
        self.cost.setText(text)
        set_role(self.cost, role)
        self.measure_button.setVisible(may_measure)
