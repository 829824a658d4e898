"""Which keys do what, as the user has it: the defaults, what was changed, and who else uses the same keys."""

from collections.abc import Mapping

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

# Keys that every text field understands; an action on one of them would take it away from all fields.
EDITING = (
    QKeySequence.StandardKey.Copy,
    QKeySequence.StandardKey.Cut,
    QKeySequence.StandardKey.Paste,
    QKeySequence.StandardKey.Undo,
    QKeySequence.StandardKey.Redo,
    QKeySequence.StandardKey.SelectAll,
)
# Keys that move the focus or press what has it.
_MOVING = (Qt.Key.Key_Tab, Qt.Key.Key_Backtab, Qt.Key.Key_Return, Qt.Key.Key_Enter)
_MODIFIERS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier


def native(keys: QKeySequence) -> str:
    """Return keys as this system writes them, '' for none."""
    return keys.toString(QKeySequence.SequenceFormat.NativeText)


def portable(keys: QKeySequence) -> str:
    """Return keys as every system reads them: what is stored."""
    return keys.toString(QKeySequence.SequenceFormat.PortableText)


def page_of(name: str) -> str:
    """Return the page whose action this is, '' for one of the window."""
    page, dot, _ = name.partition(".")
    return page if dot else ""


def objection(keys: QKeySequence, on_page: bool = False) -> str:
    """Return why these keys cannot be a shortcut of the window, or `on_page` of a page; '' where they can."""
    if keys.count() != 1:
        return "Press a single key combination."
    combination = keys[0]  # type: ignore[index]
    key = combination.key()
    function = Qt.Key.Key_F1 <= key <= Qt.Key.Key_F35
    if key == Qt.Key.Key_unknown or not portable(keys).isprintable():
        return "This key is not known."
    if on_page and key not in _MOVING:
        return ""
    if not (combination.keyboardModifiers() & _MODIFIERS or function or key == Qt.Key.Key_Escape):
        return "Use Ctrl, Alt or a function key: plain keys are needed for typing and inside pages."
    if any(keys in QKeySequence.keyBindings(standard) for standard in EDITING):
        return f"{native(keys)} is needed in text fields."
    return ""


class Keymap(QObject):
    """The shortcuts of named actions. What is set acts at once.

    Args:
        actions: name -> action.
        defaults: name -> shortcut in portable text, '' for none.
        own: what the user changed, name -> shortcut; names that are not known are kept for a later release, keys
            that cannot be shortcuts are not.

    Signals:
        changed: a shortcut is another one.
    """

    changed = Signal()

    def __init__(self, actions: Mapping[str, QAction], defaults: Mapping[str, str], own: Mapping[str, str]) -> None:
        super().__init__()
        self.actions = dict(actions)
        self._defaults = {name: QKeySequence(keys) for name, keys in defaults.items()}
        self._unknown = {name: keys for name, keys in own.items() if name not in self.actions}
        for name in self.actions:
            self._begin(name, own)

    def _begin(self, name: str, own: Mapping[str, str]) -> None:
        keys = QKeySequence(own.get(name, ""))
        chosen = name in own and (not own[name] or not objection(keys, bool(page_of(name))))
        self._apply(name, keys if chosen else self._defaults[name])

    def adopt(self, name: str, action: QAction, default: str) -> None:
        """Take in an action that became known later, with what the user changed of it."""
        self.actions[name], self._defaults[name] = action, QKeySequence(default)
        own = {name: self._unknown.pop(name)} if name in self._unknown else {}
        self._begin(name, own)

    def keys(self, name: str) -> QKeySequence:
        """Return the shortcut of an action."""
        return self.actions[name].shortcut()

    def is_default(self, name: str) -> bool:
        """Whether an action has the shortcut that it came with."""
        return self.keys(name) == self._defaults[name]

    def own(self) -> dict[str, str]:
        """Return what differs from the defaults, to be stored."""
        changed = {name: portable(self.keys(name)) for name in self.actions if not self.is_default(name)}
        return {**self._unknown, **changed}

    def user_of(self, keys: QKeySequence, but: str = "") -> str:
        """Return the name of the action, other than `but`, that has these keys where `but` works; '' for none."""
        places = ("", page_of(but)) if page_of(but) else None  # actions of two pages never meet
        taken = (
            name
            for name, action in self.actions.items()
            if name != but and keys in action.shortcuts() and (places is None or page_of(name) in places)
        )
        return next(taken, "")

    def set(self, name: str, keys: QKeySequence) -> None:
        """Give an action a shortcut, and take it from the action that has it."""
        other = self.user_of(keys, but=name) if not keys.isEmpty() else ""
        if other:
            self._apply(other, QKeySequence())
        self._apply(name, keys)
        self.changed.emit()

    def reset(self, name: str) -> None:
        """Give an action its default again, and take it from the action that has it now."""
        self.set(name, self._defaults[name])

    def reset_all(self) -> None:
        """Give every action its default again."""
        for name, keys in self._defaults.items():
            self._apply(name, keys)
        self.changed.emit()

    def _apply(self, name: str, keys: QKeySequence) -> None:
        text = portable(keys)
        both = [keys, QKeySequence(text.replace("Return", "Enter"))] if text.endswith("Return") else [keys]
        self.actions[name].setShortcuts([] if keys.isEmpty() else both)  # Enter is the one on the number pad


def page_user_of(keys: QKeySequence, window: QWidget) -> str:
    """Return what uses these keys inside a page, '' where nothing does; two users of the same keys block each other."""
    for shortcut in window.findChildren(QShortcut):
        used: list[QKeySequence] = shortcut.keys()
        if keys in used:
            return shortcut.whatsThis() or "a command inside a page"
    return ""


def show_real_keys(root: QWidget, keymap: Keymap) -> None:
    """Write into the tool tip of every widget with the property "command" the keys that its action has now."""
    for widget in (root, *root.findChildren(QWidget)):
        name = widget.property("command")
        if name in keymap.actions:
            hint, keys = widget.property("hint") or "", native(keymap.keys(name))
            widget.setToolTip(" ".join(part for part in (hint, f"({keys})" if hint and keys else keys) if part))
