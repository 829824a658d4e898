"""Light and dark: the application's palette and style, made of the colours of the chosen theme."""

import enum
from typing import Literal

import shiboken6
from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from n6studio.domain.carried import carried_places
from n6studio.domain.colours import DARK, LIGHT, Colours

Choice = Literal["system", "light", "dark"]
STYLED = "n6studio styled"
TEXT_POINTS = "n6studio text size"
PORTION = 30  # widgets that are restyled in a turn of the event loop: some milliseconds
CHOICES: tuple[Choice, ...] = ("system", "light", "dark")


class TextRole(enum.StrEnum):
    """What a label is there for; its property "role" in the style sheet."""

    PLAIN = ""
    TITLE = "title"
    HEADING = "heading"
    MUTED = "muted"
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"


class ButtonRole(enum.StrEnum):
    """What a button is there for: an action, the page's main one, or one that looks like a link."""

    NORMAL = ""
    PRIMARY = "primary"
    PLAIN = "plain"


def colours(dark: bool) -> Colours:
    """Return the colours of the dark or the light theme."""
    return DARK if dark else LIGHT


def set_text_size(application: QApplication, percent: int) -> None:
    """Show all texts at this size, in percent of the system's; `apply` afterwards sizes headings with it."""
    known = application.property(TEXT_POINTS)
    if known is None:
        known = application.font().pointSizeF()
        application.setProperty(TEXT_POINTS, known)
    font = application.font()
    font.setPointSizeF(float(known) * percent / 100)
    application.setFont(font)


def colours_of(widget: QWidget) -> Colours:
    """Return the colours that fit a widget now; ask again at QEvent.Type.PaletteChange."""
    return colours(widget.palette().window().color().lightness() < 128)


def apply(application: QApplication, choice: Choice = "system") -> Colours:
    """Give the application the chosen theme, or the system's; return its colours.

    Call it again whenever the choice or `QStyleHints.colorSchemeChanged` says so.
    """
    hints = QGuiApplication.styleHints()
    wanted = {"light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark}.get(choice, Qt.ColorScheme.Unknown)
    hints.setColorScheme(wanted)
    dark = choice == "dark" or (choice == "system" and hints.colorScheme() == Qt.ColorScheme.Dark)
    chosen = colours(dark)
    if not application.property(STYLED):  # the style's own name is hidden behind the style sheet's
        application.setStyle("Fusion")
        application.setProperty(STYLED, True)
    application.setPalette(palette(chosen))
    sheet = style_sheet(application.font().pointSizeF())
    if application.styleSheet() != sheet:
        application.setStyleSheet(sheet)
    else:
        Restyling.of(application).begin()
    return chosen


class Restyling(QObject):
    """Lets widgets see another palette through the style sheet, which keeps what it found there.

    Setting the sheet anew would do the same for all of them at once, and hold up the window for seconds.
    """

    def __init__(self, application: QApplication) -> None:
        super().__init__(application)
        self._application = application
        self._waiting: list[QWidget] = []
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._some)

    @classmethod
    def of(cls, application: QApplication) -> "Restyling":
        """Return the application's only one."""
        known = application.findChild(Restyling)
        return known if known is not None else cls(application)

    def begin(self) -> None:
        """Restyle what is seen now or may be in a moment, and the rest in small portions."""
        every = self._application.allWidgets()
        soon = [widget for widget in every if _is_near(widget)]
        known = {id(widget) for widget in soon}
        self._waiting = [widget for widget in every if id(widget) not in known]
        for widget in soon:
            _restyle(widget)
        self._timer.start(1)

    def within(self, root: QWidget) -> None:
        """Restyle what still waits in a widget: it is about to be seen."""
        if self._waiting:
            inside = [
                one for one in self._waiting if shiboken6.isValid(one) and (one is root or root.isAncestorOf(one))
            ]
            found = {id(one) for one in inside}
            self._waiting = [one for one in self._waiting if id(one) not in found]
            for widget in inside:
                _restyle(widget)

    def _some(self) -> None:
        now, self._waiting = self._waiting[-PORTION:], self._waiting[:-PORTION]
        for widget in now:
            if shiboken6.isValid(widget):
                _restyle(widget)
        if not self._waiting:
            self._timer.stop()


def _is_near(widget: QWidget) -> bool:
    """Tell whether a widget is seen, or only hidden by itself, as a button that a page does not need."""
    above = widget.parentWidget()
    return widget.isVisible() or (above is not None and above.isVisible())


def _restyle(widget: QWidget) -> None:
    style = widget.style()
    style.unpolish(widget)
    style.polish(widget)
    widget.update()


def palette(chosen: Colours) -> QPalette:
    """Return the colours as Qt's palette."""
    roles = {
        QPalette.ColorRole.Window: chosen.window,
        QPalette.ColorRole.WindowText: chosen.text,
        QPalette.ColorRole.Base: chosen.surface,
        QPalette.ColorRole.AlternateBase: chosen.window,
        QPalette.ColorRole.Text: chosen.text,
        QPalette.ColorRole.PlaceholderText: chosen.muted,
        QPalette.ColorRole.Button: chosen.surface,
        QPalette.ColorRole.ButtonText: chosen.text,
        QPalette.ColorRole.ToolTipBase: chosen.surface,
        QPalette.ColorRole.ToolTipText: chosen.text,
        QPalette.ColorRole.Highlight: chosen.accent,
        QPalette.ColorRole.HighlightedText: chosen.on_accent,
        QPalette.ColorRole.Link: chosen.accent,
        QPalette.ColorRole.LinkVisited: chosen.good,  # for the style sheet: no link here is ever visited
        QPalette.ColorRole.BrightText: chosen.bad,
        QPalette.ColorRole.Accent: chosen.accent,
        QPalette.ColorRole.Shadow: chosen.warn,  # for the style sheet: Fusion draws none
        QPalette.ColorRole.Mid: chosen.line,
        QPalette.ColorRole.Midlight: chosen.line,
        QPalette.ColorRole.Dark: chosen.edge,
    }
    made = QPalette()
    for role, value in roles.items():
        made.setColor(role, QColor(value))
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, role, QColor(chosen.muted))
    return made


def style_sheet(text_pt: float = 9.0) -> str:
    """Return the style of the few widgets that say more than Fusion shows, the same in both themes.

    Widgets opt in by property, `setProperty("role", ...)`: labels title, heading, muted, good, warn and bad; buttons
    primary and plain; frames card, error, toast and drop. `text_pt` is the size of plain text, in points.
    """
    places = carried_places("controls")
    controls = next((place for place in places if place.is_dir()), places[0]).as_posix()
    return _SHEET.format(**_ROLES, controls=controls, title_pt=1.6 * text_pt, heading_pt=1.2 * text_pt)


# Where the style sheet finds the theme's colours: in the palette, so that another theme is another palette only.
_ROLES = {
    "window": "palette(window)",
    "surface": "palette(base)",
    "text": "palette(window-text)",
    "muted": "palette(placeholder-text)",
    "line": "palette(mid)",
    "edge": "palette(dark)",
    "accent": "palette(highlight)",
    "on_accent": "palette(highlighted-text)",
    "good": "palette(link-visited)",
    "warn": "palette(shadow)",
    "bad": "palette(bright-text)",
}
_SHEET = """
QToolTip {{ background: {surface}; color: {text}; border: 1px solid {line}; padding: 4px; }}
QLabel[role="title"] {{ font-size: {title_pt:.1f}pt; font-weight: 600; }}
QLabel[role="heading"] {{ font-size: {heading_pt:.1f}pt; font-weight: 600; }}
QLabel[role="muted"] {{ color: {muted}; }}
QLabel[role="good"] {{ color: {good}; }}
QLabel[role="warn"] {{ color: {warn}; }}
QLabel[role="bad"] {{ color: {bad}; }}
QFrame[role="card"] {{ background: {surface}; border: 1px solid {line}; border-radius: 8px; }}
QFrame[role="error"] {{ background: {surface}; border: 2px solid {bad}; border-radius: 8px; }}
QFrame[role="toast"] {{ background: {text}; border-radius: 8px; }}
QFrame[role="toast"] QLabel {{ color: {window}; }}
QFrame[role="drop"] {{ background: {surface}; border: 2px dashed {muted}; border-radius: 12px; }}
QFrame[role="drop"][inside="true"] {{ border-color: {accent}; }}
QPushButton {{ background: {surface}; border: 1px solid {line}; border-radius: 6px; padding: 6px 14px; }}
QPushButton:hover {{ border-color: {accent}; }}
QPushButton:focus {{ border: 2px solid {accent}; padding: 5px 13px; }}
QPushButton:checked {{ background: {accent}; color: {on_accent}; border-color: {accent}; }}
QPushButton:disabled {{ color: {muted}; background: {window}; }}
QPushButton:checked:disabled {{ background: {muted}; color: {surface}; border-color: {muted}; }}
QPushButton[role="primary"] {{
    background: {accent}; color: {on_accent}; border-color: {accent}; font-weight: 600; }}
QPushButton[role="primary"]:focus {{ border-color: {text}; }}
QPushButton[role="primary"]:disabled {{ background: {window}; color: {muted}; border-color: {line}; }}
QPushButton[role="plain"] {{ border: none; color: {accent}; padding: 6px 8px; background: transparent; }}
QPushButton[role="plain"]:hover {{ text-decoration: underline; }}
QPushButton[role="plain"]:focus {{ border: 2px solid {accent}; padding: 4px 6px; }}
QPushButton[role="plain"]:disabled {{ color: {muted}; }}
QProgressBar {{
    border: 1px solid {line}; border-radius: 5px; background: {window}; max-height: 12px; min-height: 12px; }}
QProgressBar::chunk {{ background: {accent}; border-radius: 4px; }}
QTableView, QListView, QTreeView, QPlainTextEdit, QTextEdit {{ border: 1px solid {line}; border-radius: 6px; }}
QHeaderView::section {{
    background: {surface}; color: {muted}; border: none; border-bottom: 1px solid {line}; padding: 5px 8px; }}
QTableView {{ gridline-color: {line}; }}
QLineEdit, QComboBox, QAbstractSpinBox {{
    background: {surface}; border: 1px solid {edge}; border-radius: 6px; padding: 4px 6px; }}
QComboBox, QAbstractSpinBox {{ padding: 4px 4px 4px 8px; }}
QComboBox::drop-down {{ border: none; width: 20px; }}
QComboBox::down-arrow {{ image: url("{controls}/down.svg"); width: 12px; height: 12px; }}
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{ border: none; width: 18px; }}
QAbstractSpinBox::up-arrow {{ image: url("{controls}/up.svg"); width: 10px; height: 10px; }}
QAbstractSpinBox::down-arrow {{ image: url("{controls}/down.svg"); width: 10px; height: 10px; }}
QLineEdit:focus, QComboBox:focus, QAbstractSpinBox:focus {{ border-color: {accent}; }}
QLineEdit:disabled, QComboBox:disabled, QAbstractSpinBox:disabled {{
    background: {window}; color: {muted}; border-color: {line}; }}
QAbstractSpinBox QLineEdit, QComboBox QLineEdit, QAbstractItemView QLineEdit {{ border: none; padding: 0; }}
QToolButton {{ background: {surface}; border: 1px solid {line}; border-radius: 6px; padding: 4px 8px; }}
QToolButton:hover, QToolButton:focus {{ border-color: {accent}; }}
QToolButton:checked {{ background: {accent}; color: {on_accent}; border-color: {accent}; }}
QToolButton:disabled {{ color: {muted}; background: {window}; }}
QToolButton[autoRaise="true"] {{ background: transparent; border-color: transparent; padding: 2px 4px; }}
QToolButton[autoRaise="true"]:hover, QToolButton[autoRaise="true"]:focus {{ border-color: {accent}; }}
QTabBar::tab {{
    background: transparent; border: none; border-bottom: 3px solid transparent; padding: 6px 7px; margin-right: 4px;
    color: {muted}; }}
QTabBar QToolButton {{ padding: 0; }}
QTabBar::tab:selected {{ color: {text}; border-bottom-color: {accent}; }}
QTabBar::tab:hover {{ color: {text}; }}
QTabBar::tab:focus {{ color: {accent}; }}
QMenu {{ background: {surface}; border: 1px solid {line}; border-radius: 6px; padding: 4px; }}
QMenu::item {{ padding: 5px 24px 5px 12px; border-radius: 4px; }}
QMenu::item:selected {{ background: {accent}; color: {on_accent}; }}
QMenu::item:disabled {{ color: {muted}; }}
QMenu::separator {{ height: 1px; background: {line}; margin: 4px 8px; }}
QTreeView::item {{ padding: 3px 2px; }}
QTableView::item {{ padding: 2px 6px; }}
QScrollBar:vertical {{ background: transparent; width: 12px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: 12px; margin: 0; }}
QScrollBar::handle {{ background: {muted}; border-radius: 4px; margin: 2px; }}
QScrollBar::handle:vertical {{ min-height: 28px; }}
QScrollBar::handle:horizontal {{ min-width: 28px; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QRadioButton::indicator, QCheckBox::indicator {{ width: 14px; height: 14px; background: {surface}; }}
QRadioButton::indicator {{ border: 1px solid {edge}; border-radius: 8px; }}
QCheckBox::indicator {{ border: 1px solid {edge}; border-radius: 3px; }}
QRadioButton::indicator:checked {{ border: 5px solid {accent}; border-radius: 8px; width: 6px; height: 6px; }}
QCheckBox::indicator:checked {{ image: url("{controls}/check.svg"); border-color: {accent}; }}
QRadioButton::indicator:focus, QCheckBox::indicator:focus {{ border-color: {accent}; }}
QSlider::groove:horizontal {{ height: 4px; background: {edge}; border-radius: 2px; }}
QSlider::handle:horizontal {{ background: {accent}; width: 14px; margin: -5px 0; border-radius: 7px; }}
QSlider::handle:horizontal:focus {{ background: {text}; }}
QSlider::handle:horizontal:disabled {{ background: {muted}; }}
QAbstractScrollArea::corner {{ background: transparent; border: none; }}
QScrollArea {{ background: transparent; border: none; }}
QScrollArea > QWidget > QWidget {{ background: transparent; }}
QStatusBar {{ background: {window}; border-top: 1px solid {line}; }}
QStatusBar::item {{ border: none; }}
QStatusBar QLabel {{ color: {muted}; }}
QDialogButtonBox {{ dialogbuttonbox-buttons-have-icons: 0; }}
QTabWidget::pane {{ border: 1px solid {line}; border-radius: 6px; }}
"""
