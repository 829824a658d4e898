"""What can be done with the image: one action each, with a key, as buttons above the image."""

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QSizePolicy, QToolButton, QWidget

from n6studio.ui.pages.live import texts
from n6studio.ui.pages.live.overlay import OverlayOptions
from n6studio.ui.widgets.flow import Flow
from n6studio.ui.widgets.parts import in_a_row, widest_text

OVERLAYS = ("edges", "points", "names", "boxes", "scores")


@dataclass(frozen=True)
class ViewAction:
    """Something to do with the image.

    Attributes:
        name: what the page calls it.
        text: on its button.
        keys: its shortcuts, the first of which is told.
        checkable: it is on or off.
    """

    name: str
    text: str
    keys: tuple[str, ...] = ()
    checkable: bool = False

    @property
    def tip(self) -> str:
        """What it does, in a sentence."""
        return texts.VIEW_TIPS[self.name]


VIEW_ACTIONS = (
    ViewAction("pause", "Pause", ("Space",), True),
    ViewAction("back", "◀", (",",)),
    ViewAction("forward", "▶", (".",)),
    ViewAction("snapshot", "Snapshot", ("S",)),
    ViewAction("record", "Record", ("R",), True),
    ViewAction("rescue", "Save last 10 s", ("Shift+R",)),
    ViewAction(
        "calibration",
        "Add frame to calibration set",
        ("C",),
    ),
    ViewAction("worst", "Add frame to worst cases", ("X",)),
    ViewAction("stills", "Kept frames…"),
    ViewAction(
        "parity",
        "Compare frame with this computer",
        ("Y",),
    ),
    ViewAction("edges", "Skeleton edges", (), True),
    ViewAction("points", "Keypoints", (), True),
    ViewAction("names", "Keypoint names", ("N",), True),
    ViewAction("boxes", "Boxes", (), True),
    ViewAction("scores", "Confidence", (), True),
    ViewAction("overlays", "All overlays", ("O",)),
    ViewAction("fit", "Fit", ("0",)),
    ViewAction("actual", "1:1", ("1",)),
    ViewAction("mirror", "Flip horizontally", ("M",), True),
    ViewAction("full", "Full screen", ("F",), True),
    ViewAction("histogram", "Region histogram", ("H",), True),
    ViewAction("preview", "Preview off", ("P",), True),
    ViewAction("more", "Raise confidence threshold", ("+", "=")),
    ViewAction("less", "Lower confidence threshold", ("-",)),
)
_GROUPS = (("pause", "back", "forward"), ("snapshot", "record"), ("keep", "show", "view"))
_GAP = 12  # pixels between two of them
_LONG_TAKE = 999.0  # seconds
_KEEP = ("rescue", "|", "calibration", "worst", "|", "stills")
_SHOW = ("edges", "points", "names", "boxes", "scores", "|", "overlays")
_VIEW = ("fit", "actual", "mirror", "full", "|", "histogram", "preview", "|", "parity")
_NEEDS_FRAME = ("snapshot", "calibration", "worst", "parity", "full")


class ViewBar(QWidget):
    """The buttons, and the actions behind them (`actions_by_name`)."""

    def __init__(self, page: QWidget) -> None:
        """Make the actions; their keys work wherever the focus is on `page`, Space on the image only."""
        super().__init__()
        self.actions_by_name: dict[str, QAction] = {}
        for each in VIEW_ACTIONS:
            action = QAction(each.text, self, checkable=each.checkable)
            action.setToolTip(f"{each.tip}  ({each.keys[0]})" if each.keys else each.tip)
            action.setStatusTip(each.tip)
            action.setShortcuts([QKeySequence(keys) for keys in each.keys])
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            if each.name != "pause":  # Space presses the button that has the focus
                page.addAction(action)
            self.actions_by_name[each.name] = action
        for name in OVERLAYS:
            self.actions_by_name[name].setChecked(getattr(OverlayOptions(), name))
        row = Flow(spacing=_GAP)
        self.setLayout(row)
        menus = {"keep": ("Save", _KEEP), "show": ("Overlays", _SHOW), "view": ("View", _VIEW)}
        for group in _GROUPS:
            made = [
                self._menu_button(*menus[name]) if name in menus else self._button(self.actions_by_name[name])
                for name in group
            ]
            row.addWidget(in_a_row(*made, spacing=4))
            if "record" in group:
                widest_text(made[group.index("record")], (texts.recording(None), texts.recording(_LONG_TAKE)))

    def action(self, name: str) -> QAction:
        """Return an action by its name."""
        return self.actions_by_name[name]

    def options(self, sure: float) -> OverlayOptions:
        """Return what is to be drawn."""
        chosen = {name: self.actions_by_name[name].isChecked() for name in OVERLAYS}
        return OverlayOptions(**chosen, sure=sure)

    def toggle_all(self) -> None:
        """Draw nothing, or everything but the names where nothing is drawn."""
        actions = [self.actions_by_name[name] for name in OVERLAYS]
        wanted = not any(action.isChecked() for action in actions)
        for name, action in zip(OVERLAYS, actions, strict=True):
            action.setChecked(wanted and name != "names")

    def show_abilities(self, connected: bool, frame: bool, steps: bool, project: bool) -> None:
        """Enable what makes sense: with a connection, with a frame on the screen, with frames to step through."""
        for name in ("pause", "preview", "record", "rescue"):
            self.actions_by_name[name].setEnabled(connected)
        for name in _NEEDS_FRAME:
            self.actions_by_name[name].setEnabled(frame)
        for name in ("back", "forward"):
            self.actions_by_name[name].setEnabled(steps)
        for name in ("calibration", "worst"):
            self.actions_by_name[name].setEnabled(frame and project)

    def _button(self, action: QAction) -> QToolButton:
        made = QToolButton()
        made.setDefaultAction(action)
        made.setAccessibleName(action.statusTip().split(";")[0] if len(action.text()) < 3 else action.text())
        made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        made.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        return made

    def _menu_button(self, text: str, names: tuple[str, ...]) -> QToolButton:
        menu = QMenu(self)
        for name in names:
            if name == "|":
                menu.addSeparator()
            else:
                menu.addAction(self.actions_by_name[name])
        made = QToolButton()
        made.setText(f"{text} ▾")
        made.setStyleSheet("QToolButton::menu-indicator { image: none; }")
        made.setMenu(menu)
        made.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        made.setAccessibleName(f"{text}, menu")
        made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return made
