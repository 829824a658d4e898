"""The board with its drawing and what is connected of it; and the settings of a deployment."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QPushButton, QToolButton, QVBoxLayout

from n6studio.board.description import Board
from n6studio.board.registry import boards
from n6studio.domain.deploy import Boot
from n6studio.engine.deploy.reach import runs_our_code
from n6studio.stages.deploy.stage import DeploySettings
from n6studio.ui.pages.deploy import texts
from n6studio.ui.theme import TextRole
from n6studio.ui.widgets.board_drawing import BoardDrawing
from n6studio.ui.widgets.parts import Card, label
from n6studio.ui.widgets.settings_form import SettingsForm

# Paths are chosen where they are missing, the board on its card.
SHOWN = (
    "aspect", "camera_flip", "confidence", "iou", "average", "keypoint_confidence", "max_detections", "header",
    "enlarge_region", "allow_newer", "serial", "verify_only", "live_stream", "live_link", "live_image", "live_quality",
    "live_jpeg",
)  # fmt: skip


class BoardCard(Card):
    """Signals: chosen(key): another board."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__("Board")
        group = QButtonGroup(self)
        self.buttons: dict[str, QPushButton] = {}
        column = QVBoxLayout()
        column.setSpacing(4)
        for one in boards():
            made = QPushButton(one.name)
            made.setCheckable(True)
            made.setAccessibleName(f"Board {one.name}")
            made.setToolTip(one.summary)
            made.clicked.connect(lambda _=False, key=one.key: self.chosen.emit(key))
            group.addButton(made)
            self.buttons[one.key] = made
            column.addWidget(made)
        self.body.addLayout(column)
        self.drawing = BoardDrawing()
        self.body.addWidget(self.drawing, 0, Qt.AlignmentFlag.AlignHCenter)
        self.position = label(role=TextRole.MUTED)
        self.body.addWidget(self.position)
        self._board, self._seen = "", frozenset[str]()  # what was connected when it was looked at last
        self._stands = Boot.DEVELOPMENT

    def show_working(self, board: Board, working: bool) -> None:
        """Leave the switch positions to the coach while a deployment runs."""
        seen = self._seen if self._board == board.key else frozenset[str]()
        self.drawing.show_board(board, None if working else self._stands, seen)
        self.position.setVisible(not working)

    def show_board(
        self, board: Board, seen: frozenset[str] = frozenset(), probes: tuple[str, ...] = (), runs: bool = False
    ) -> None:
        """Show the chosen board and what is connected, its switches as programming needs them, or as it `runs`."""
        self._board, self._seen = board.key, seen
        self._stands = Boot.FLASH if runs else Boot.DEVELOPMENT
        self.buttons[board.key].setChecked(True)
        self.drawing.show_board(board, self._stands, seen)
        mode = board.boot_mode(self._stands)
        self.position.setText(texts.switch_positions(runs, mode.message, mode.sign, probes))


class SettingsCard(Card):
    """Folded until the user wants it.

    Signals:
        changed(settings): a whole settings object.
    """

    changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.fold = QToolButton()
        self.fold.setText(texts.SETTINGS)
        self.fold.setCheckable(True)
        self.fold.setAutoRaise(True)
        self.fold.setArrowType(Qt.ArrowType.RightArrow)
        self.fold.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.fold.toggled.connect(self._unfold)
        self.form = SettingsForm(DeploySettings, SHOWN)
        self.form.changed.connect(self.changed.emit)
        self._average_tip = self.form.editor("average").toolTip()
        self.body.addWidget(self.fold)
        self.body.addWidget(self.form)
        self.form.hide()

    def _unfold(self, wanted: bool) -> None:
        self.form.setVisible(wanted)
        self.fold.setArrowType(Qt.ArrowType.DownArrow if wanted else Qt.ArrowType.RightArrow)

    def show_settings(self, settings: DeploySettings) -> None:
        """Show these settings."""
        self.form.show_settings(settings)
        average, ours = self.form.editor("average"), runs_our_code(settings)
        tip = self._average_tip if ours else texts.NO_AVERAGE
        average.setEnabled(ours)
        average.setToolTip(tip)
        average.setAccessibleDescription(tip)
