"""What a screen reader and a keyboard find: the accessibility tree of every page and dialog is walked.

Every control has a name, and whoever presses Tab often enough comes to every one of them.
"""

import shutil

import pytest
from event_loop import pause
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QDialog, QDockWidget, QRadioButton, QWidget

Role = QAccessible.Role
CONTROLS = {
    Role.Button, Role.ButtonDropDown, Role.ButtonMenu, Role.CheckBox, Role.RadioButton, Role.ComboBox,
    Role.EditableText, Role.SpinBox, Role.Slider, Role.List, Role.Table, Role.Tree, Role.PageTabList, Role.PageTab,
    Role.Link, Role.HotkeyField, Role.Dial,
}  # fmt: skip
WHOLE = {Role.List, Role.Table, Role.Tree, Role.ComboBox, Role.SpinBox}  # what is inside is theirs to say
MOST_TABS = 300


def controls(widget):
    """Return the controls in an accessibility tree that can be seen, as (role, name, widget or None)."""
    found, waiting, seen = [], [QAccessible.queryAccessibleInterface(widget)], set()
    while waiting:
        one = waiting.pop()
        thing = one.object()
        if one.state().invisible or (thing is not None and thing in seen):
            continue
        if thing is not None:
            seen.add(thing)
        if one.role() in CONTROLS:
            found.append((one.role(), one.text(QAccessible.Text.Name), thing))
        if one.role() not in WHOLE:
            waiting += [child for child in map(one.child, range(one.childCount())) if child is not None]
    return found


def visited_by_tab(top):
    """Return the widgets that have the focus one after the other while Tab is pressed."""
    if top.focusWidget() is None:  # of this window, whichever is active
        top.focusNextChild()
    visited = []
    for _ in range(MOST_TABS):
        here = top.focusWidget()
        if len(visited) > 1 and here is visited[0]:
            break
        if here not in visited:
            visited.append(here)
        QTest.keyClick(here, Qt.Key.Key_Tab)
    return visited


def reached(thing, visited):
    """Return whether a control has the focus itself, through a part of it, or through its group."""
    if isinstance(thing.parent(), QDockWidget):
        return True  # Qt's own, in the title: the action "details" has keys
    if any(one is thing or thing.isAncestorOf(one) or one is thing.parent() for one in visited):
        return True  # a button inside a field does what keys in the field do
    group = thing.group() if isinstance(thing, QAbstractButton) else None
    exclusive = isinstance(thing, QRadioButton) or (group is not None and group.exclusive())
    return exclusive and any(one.parent() is thing.parent() for one in visited if isinstance(one, QAbstractButton))


def check(top, where):
    found = controls(top)
    assert found, where
    nameless = [f"{where}: {role.name} {thing!r}" for role, name, thing in found if not name.strip()]
    assert not nameless, "\n".join(nameless)
    visited = visited_by_tab(top)
    missed = [
        f"{where}: {name} ({role.name})"
        for role, name, thing in found
        if isinstance(thing, QWidget) and thing.isEnabled() and not reached(thing, visited)
    ]
    assert not missed, "\n".join(missed)


def check_pages(window):
    for key in window.row.buttons:
        window.stack.show_page(key)
        pause(60)
        check(window, key)


def test_every_page_without_a_project(window):
    check_pages(window)


@pytest.mark.slow
def test_every_page_with_a_project(window, checkpoint, carried, wait):
    window.opening.open_path(checkpoint)
    wait(lambda: window.context.stage_state("inspect")[0].name == "DONE", "the checkpoint", seconds=90)
    folder = checkpoint.parent / "images"
    shutil.copytree(carried.images, folder)
    window.context.change_project(calibration=folder, data=carried.labels)
    wait(lambda: window.stack.page("calibration").grid.images.rowCount(), "the images")
    window.details.show()
    window.drawer.set_open(True)
    check_pages(window)


@pytest.mark.parametrize("name", ["palette", "shortcuts", "settings", "about", "key settings", "diagnostics"])
def test_every_dialog(window, name, wait):
    shows = {
        "palette": window.dialogs.show_palette,
        "shortcuts": window.dialogs.show_shortcuts,
        "settings": window.dialogs.show_settings,
        "about": window.dialogs.show_about,
        "key settings": window.dialogs.show_key_settings,
        "diagnostics": window.dialogs.save_diagnostics,
    }
    shows[name]()
    wait(lambda: any(one.isVisible() for one in window.findChildren(QDialog)), name)
    (dialog,) = [one for one in window.findChildren(QDialog) if one.isVisible()]
    check(dialog, name)
    dialog.close()
    pause(20)
