import threading

import pytest
from event_loop import pause
from PySide6.QtWidgets import QWidget

import n6studio
from n6studio.domain.errors.layers import LayerDamaged
from n6studio.domain.errors.updates import UpdateNotGenuine
from n6studio.engine.layers import LayerProgress
from n6studio.engine.updates.check import Update
from n6studio.first_start.current import Environment
from n6studio.ui.context import Context
from n6studio.ui.frame.page_help import HelpDialog
from n6studio.ui.frame.updates_dialog import WORK, Found, Updater, UpdatesDialog

UPDATE = Update("9.0.0", "2027-01-02", ("Twice as fast.",), "http://x/k.zip", "k.zip", "ab" * 32, 5_000_000)
BEFORE = Environment(None, "b", "0.5", 0.0)


@pytest.fixture
def parent(application):
    made = QWidget()
    yield made
    made.deleteLater()


def opened(updater, parent, *found, choose=lambda _: None):
    left = list(found)
    dialog = UpdatesDialog(updater, parent, lambda: left.pop(0) if len(left) > 1 else left[0], choose)
    dialog.show()
    return dialog


def test_offered_update_is_shown_and_installed_with_progress(parent, wait):
    context, go_on, asked = Context(), threading.Event(), []

    def install(update, told, cancel):
        asked.append(update.version)
        told(LayerProgress("download the update", 2_500_000, 5_000_000, 3.0))
        go_on.wait(10)

    updater = Updater(context, install)
    dialog = opened(updater, parent, Found(UPDATE), Found(UPDATE, waiting=Environment(None, "c", "9.0.0", 1.0)))
    wait(dialog.install.isVisible, "the offer")
    assert dialog.verdict.text() == "Version 9.0.0 of 2027-01-02"
    assert dialog.changes.toPlainText() == "- Twice as fast."
    assert dialog.install.text() == "Install (4.77 MiB)"
    dialog.install.click()
    wait(lambda: dialog.told.text().startswith("Download the update: 2.38 MiB of 4.77 MiB"), "progress")
    assert dialog.stop.isVisible()
    assert not dialog.install.isVisible()
    assert context.work[WORK].title == "Getting version 9.0.0"
    go_on.set()
    wait(lambda: dialog.verdict.text() == "Version 9.0.0 starts the next time", "the end")
    assert dialog.told.text() == "Installed. Close N6 Studio and start it again."
    assert dialog.back.text() == f"Stay with version {n6studio.__version__}"
    assert not dialog.install.isVisible()
    assert asked == ["9.0.0"]
    dialog.close()


def test_nothing_newer_says_so_and_leads_back_to_the_one_before(parent, wait):
    chosen = []
    dialog = opened(Updater(Context()), parent, Found(other=BEFORE), Found(waiting=BEFORE), Found(other=BEFORE),
                    choose=chosen.append)  # fmt: skip
    wait(dialog.back.isVisible, "the way back")
    assert dialog.verdict.text() == f"N6 Studio {n6studio.__version__} is the newest"
    assert "nothing else is sent" in dialog.told.text()
    assert dialog.back.text() == "Go to version 0.5"
    dialog.back.click()
    wait(lambda: dialog.verdict.text() == "Version 0.5 starts the next time", "the choice")
    dialog.back.click()
    wait(lambda: dialog.back.text() == "Go to version 0.5", "the choice taken back")
    assert chosen == [BEFORE, None]
    dialog.close()


def test_failures_say_what_to_do(parent, wait):
    def install(update, told, cancel):
        raise LayerDamaged(file="k.zip")

    error = UpdateNotGenuine(reason="its signature does not fit its text")
    dialog = opened(Updater(Context(), install), parent, Found(error=error), Found(UPDATE))
    wait(lambda: "its signature does not fit" in dialog.told.text(), "the failure")
    assert not dialog.install.isVisible()
    dialog._refresh()
    wait(dialog.install.isVisible, "the offer")
    dialog.install.click()
    wait(lambda: "k.zip was changed on its way" in dialog.told.text(), "the failure")
    wait(dialog.install.isVisible, "another chance")
    dialog.close()


def test_window_looks_when_it_is_asked_to_and_this_build_names_no_place(window, wait):
    window.named_actions["updates"].trigger()
    wait(lambda: window.findChild(UpdatesDialog) is not None, "the dialog")
    dialog = window.findChild(UpdatesDialog)
    wait(lambda: "names no place for updates" in dialog.told.text(), "the answer")
    assert "N6S-" not in dialog.told.text(), "that is for terminals"
    assert "\n1." not in dialog.told.text()
    assert not dialog.back.isVisible()
    dialog.reject()


def test_help_leads_to_updates_and_says_where_there_is_no_place(window, wait):
    window.named_actions["help"].trigger()
    shown = window.findChild(HelpDialog)
    wait(shown.note.isVisible, "the answer")
    assert shown.updates_button.isVisible()
    assert not shown.updates_button.isEnabled()
    assert shown.note.text() == "This build names no place for updates."
    shown.close()
    named = HelpDialog(window, lambda: "http://x/")
    named.show()
    pause(100)
    assert named.updates_button.isEnabled()
    assert not named.note.isVisible()
    named.updates_button.click()
    wait(lambda: window.findChild(UpdatesDialog) is not None, "the dialog")
    window.findChild(UpdatesDialog).reject()
    named.close()
