import json

import pytest
from event_loop import pause
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence, QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from shiboken6 import isValid

from n6studio.ui.frame.keymap import Keymap, native, objection, page_of
from n6studio.ui.frame.palette import CommandPalette, ShortcutSheet, fuzzy_rank
from n6studio.ui.frame.preferences import load_preferences
from n6studio.ui.frame.settings_dialog import SettingsDialog
from n6studio.ui.pages.listing import page_actions, page_help, pages

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def keymap(application):
    actions = {name: QAction(name) for name in ("find", "run", "stop")}
    yield lambda own=None: Keymap(actions, {"find": "Ctrl+K", "run": "Ctrl+Return", "stop": "Esc"}, own or {})
    for action in actions.values():
        action.deleteLater()


@pytest.mark.parametrize("keys", ["Ctrl+J", "Alt+F4", "Ctrl+Shift+D", "F7", "Esc", "Shift+F1", "Ctrl+5"])
def test_these_can_be_shortcuts(application, keys):
    assert objection(QKeySequence(keys)) == ""


@pytest.mark.parametrize("keys", ["", "J", "Space", "Tab", "Shift+A", "Return", "Ctrl+C", "Ctrl+Z", "Ctrl+K, Ctrl+L"])
def test_these_cannot(application, keys):
    assert objection(QKeySequence(keys))


def test_what_was_changed_is_told_apart_from_the_defaults(keymap):
    made = keymap()
    assert made.own() == {}
    made.set("find", QKeySequence("Ctrl+J"))
    made.set("stop", QKeySequence())
    assert made.own() == {"find": "Ctrl+J", "stop": ""}
    again = keymap(made.own())
    assert native(again.keys("find")) == "Ctrl+J"
    assert again.keys("stop").isEmpty()
    again.reset("find")
    assert again.own() == {"stop": ""}
    again.reset_all()
    assert again.own() == {}


def test_keys_are_taken_from_who_has_them(keymap):
    made = keymap()
    assert made.user_of(QKeySequence("Ctrl+Enter")) == "run", "the number pad's Enter counts, too"
    made.set("find", QKeySequence("Ctrl+Return"))
    assert made.keys("run").isEmpty()
    assert QKeySequence("Ctrl+Enter") in made.actions["find"].shortcuts()
    made.reset("run")
    assert made.keys("find").isEmpty()


def test_damaged_keys_fall_back_and_unknown_names_are_kept(keymap):
    made = keymap({"find": "Q", "stop": "Ctrl+C", "run": "no such key at all", "later": "Ctrl+9"})
    assert [native(made.keys(name)) for name in ("find", "run", "stop")] == ["Ctrl+K", "Ctrl+Return", "Esc"]
    assert made.own() == {"later": "Ctrl+9"}


@pytest.fixture
def settings(window, wait):
    window.dialogs.show_key_settings()
    (dialog,) = window.findChildren(SettingsDialog)
    assert dialog.tabs.currentWidget() is dialog.keys
    yield dialog.keys
    if isValid(dialog):
        dialog.close()


def type_keys(keys, key, modifiers=CTRL):
    keys.editor.setFocus()
    QTest.keyClick(keys.editor, key, modifiers)
    pause(30)


def test_new_keys_act_at_once_are_shown_everywhere_and_survive_a_restart(window, settings, wait, application, answers):
    from n6studio.ui.frame.main_window import MainWindow

    settings.choose("palette")
    type_keys(settings, Qt.Key.Key_J)
    assert native(window.keymap.keys("palette")) == "Ctrl+J"
    wait(lambda: load_preferences(window.preferences.file).keys == {"palette": "Ctrl+J"}, "the preferences' file")
    settings.window().close()
    window.activateWindow()
    assert QTest.qWaitForWindowActive(window)
    QTest.keyClick(window, Qt.Key.Key_K, CTRL)
    assert not window.findChildren(CommandPalette)
    QTest.keyClick(window, Qt.Key.Key_J, CTRL)
    (palette,) = window.findChildren(CommandPalette)
    rows = [palette.list.topLevelItem(row) for row in range(palette.list.topLevelItemCount())]
    assert ("Find a command", "Ctrl+J") in [(row.text(0), row.text(1)) for row in rows]
    palette.close()
    window.dialogs.show_shortcuts()
    (sheet,) = window.findChildren(ShortcutSheet)
    assert "Ctrl+J" in [item.text() for item in sheet.findChildren(QLabel)]
    sheet.close()
    commands = next(item for item in window.row.findChildren(type(window.drawer.fold)) if item.text() == "Commands")
    assert commands.toolTip() == "Ctrl+J"
    later = MainWindow(window.preferences.file, window.preferences.file.parent)
    assert native(later.keymap.keys("palette")) == "Ctrl+J"
    later.close()
    later.deleteLater()


def test_keys_of_another_command_are_told_and_taken_only_on_request(window, settings):
    settings.choose("details")
    type_keys(settings, Qt.Key.Key_L)
    assert "is already used by: Show or hide the log" in settings.message.text()
    assert native(window.keymap.keys("details")) == "Ctrl+I"
    settings.take.click()
    assert native(window.keymap.keys("details")) == "Ctrl+L"
    assert window.keymap.keys("log").isEmpty()
    settings.choose("log")
    settings.reset.click()
    assert native(window.keymap.keys("log")) == "Ctrl+L"
    assert window.keymap.keys("details").isEmpty()
    settings.reset_all.click()
    assert window.keymap.own() == {}


def test_keys_for_typing_and_keys_of_a_page_are_refused(window, settings):
    window.stack.page("calibration")
    settings.choose("details")
    type_keys(settings, Qt.Key.Key_J, Qt.KeyboardModifier.NoModifier)
    assert "needed for typing" in settings.message.text()
    type_keys(settings, Qt.Key.Key_Z)
    assert "needed in text fields" in settings.message.text()
    assert window.keymap.own() == {}
    settings.remove.click()
    assert window.keymap.own() == {"details": ""}


def test_the_table_of_keys_can_be_searched(settings):
    settings.filter.setText("ctrl+l")
    assert settings.table.topLevelItemCount() == 1
    assert settings.current() == "log"
    settings.filter.setText("no such command")
    assert settings.current() == ""
    assert not settings.editor.isEnabled()


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "\0", '{"keys": 3}', '{"keys": {"palette": 5}}', '{"keys": {"palette": "?!"}}', "[" * 100_000],
)
def test_a_damaged_preferences_file_never_stops_the_window(application, tmp_path, answers, text):
    from n6studio.ui.frame.main_window import MainWindow

    file = tmp_path / "window.json"
    file.write_text(text)
    made = MainWindow(file, tmp_path)
    assert native(made.keymap.keys("palette")) == "Ctrl+K"
    made.close()
    made.deleteLater()
    assert isinstance(json.loads(file.read_text())["keys"], dict)


# --- keys inside pages -----------------------------------------------------------------------------------------------


def page_keys(page):
    """Return the keys that act inside a page, as they are written here."""
    keys = {keys for shortcut in page.findChildren(QShortcut) for keys in shortcut.keys()}  # noqa: SIM118
    keys |= {keys for action in page.findChildren(QAction) for keys in action.shortcuts()}
    return {native(each) for each in keys}


def told_keys(key):
    """Return the keys that a page's help names: "A, B" or "A and B"."""
    parts = [part for keys, _ in page_help(key).keys for part in keys.split(" and ")]
    return {each for part in parts for each in (part.split(", ") if len(part) > 1 else [part])}


@pytest.mark.parametrize("key", list(pages()))
def test_every_key_of_a_page_is_told_by_its_help_and_is_none_of_the_windows(window, key):
    own = page_keys(window.stack.page(key))
    alternatives = {"=", "Ctrl+Y"}  # other keys for + and Ctrl+Shift+Z on some keyboards and systems
    assert own - told_keys(key) <= alternatives
    of_window = {name: action for name, action in window.keymap.actions.items() if not page_of(name)}
    assert not own & {native(keys) for action in of_window.values() for keys in action.shortcuts()}


def test_the_sheet_of_shortcuts_has_the_keys_of_the_page_that_is_shown(window):
    window.stack.show_page("live")
    window.dialogs.show_shortcuts()
    (sheet,) = window.findChildren(ShortcutSheet)
    texts = [item.text() for item in sheet.findChildren(QLabel)]
    assert "On the page Live" in texts
    assert "Shift+R" in " ".join(texts)
    sheet.close()


def test_pages_actions_are_found_and_run_before_their_page_is_made(window, wait):
    window.dialogs.show_palette()
    (palette,) = window.findChildren(CommandPalette)
    assert "quantize" not in window.stack.pages
    palette.line.setText("qntz earlier")
    assert palette.nothing.isVisible()
    assert "qntz earlier" in palette.nothing.text()
    palette.line.setText("live recording")
    texts = [palette.list.topLevelItem(row).text(0) for row in range(palette.list.topLevelItemCount())]
    assert texts[0] == "Live: Open a recording"
    palette.reject()
    window.keymap.actions["live.overlays"].trigger()
    assert window.stack.current_key == "live"


def test_single_letters_of_pages_can_be_changed_and_are_kept(window):
    window.dialogs.show_key_settings()
    (dialog,) = window.findChildren(SettingsDialog)
    keymap = window.keymap
    assert native(keymap.keys("quantize.run")) == "R"
    assert keymap.user_of(QKeySequence("R"), but="live.record") == "", "two pages may use one key"
    keymap.set("quantize.run", QKeySequence("Z"))
    assert window.preferences.now.keys["quantize.run"] == "Z"
    page = window.stack.page("quantize")
    assert page.named["run"].shortcuts() == [QKeySequence("Z")]
    assert objection(QKeySequence("Z"), on_page=True) == ""
    assert objection(QKeySequence("Tab"), on_page=True)
    dialog.reject()


@pytest.mark.parametrize(
    ("typed", "better", "worse"),
    [("rec", "Live: Record", "Open the project's folder, recently"), ("gtq", "Go to Quantize", "Go to Import"),
     ("open", "Open a recording", "Reopen")],
)  # fmt: skip
def test_what_was_typed_need_not_be_whole(typed, better, worse):
    assert fuzzy_rank(typed, better) is not None
    other = fuzzy_rank(typed, worse)
    assert other is None or fuzzy_rank(typed, better) < other
    assert fuzzy_rank("zzz", better) is None


def test_every_listed_action_of_a_page_does_something(window):
    for key in window.row.buttons:
        named = window.stack.page(key).named
        assert {one.name for one in page_actions(key)} == set(named), key
