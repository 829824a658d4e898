"""The dialog that says what to get from ST ticks off what appears, without touching a file on the GUI thread."""

import threading

import pytest
from PySide6.QtWidgets import QLabel

from n6studio.domain.deploy import Getting, ToGet
from n6studio.ui.pages.deploy import getting
from n6studio.ui.pages.deploy.getting import GettingDialog

CORE = ToGet(
    "stedgeai", "ST Edge AI Core", "2.2", "1 MB", "https://www.st.com/core", what_to_do="Install it.",
    setting="compiler",
)  # fmt: skip
APPLICATION = ToGet(
    "application", "STM32N6-GettingStarted", "v2.1.0", "172 MB", "https://github.com/x", downloaded="/d/x.zip",
    setting="application", folder=True,
)  # fmt: skip
GCC = ToGet("gcc", "GNU Arm GCC", "10", "1 MB", "https://www.st.com/clt", found="12.2.1 at /usr/bin/gcc", setting="gcc")
WANTED = Getting("stm32n6570-dk", "getting-started-2.1", "Getting Started v2.1 with Core 2.2", (CORE, APPLICATION, GCC))


def texts(widget):
    return "\n".join(item.text() for item in widget.findChildren(QLabel) if item.isVisibleTo(widget))


@pytest.fixture
def dialog(application, monkeypatch):
    from PySide6.QtWidgets import QWidget

    monkeypatch.setattr(getting, "WATCH_MS", 30)
    parent = QWidget()
    made = GettingDialog(parent)
    yield made
    made.close()
    parent.deleteLater()


def test_each_thing_says_what_it_is_and_whether_it_is_there(dialog, monkeypatch):
    opened, asked = [], []
    monkeypatch.setattr(getting, "open_page", opened.append)
    dialog.path_wanted.connect(lambda setting, folder: asked.append((setting, folder)))
    dialog.show_getting(WANTED)
    dialog.show()
    told = texts(dialog)
    for part in (
        "STM32N6570-DK", "Getting Started v2.1 with Core 2.2", "ST Edge AI Core 2.2", "v2.1.0", "172 MB",
        "https://www.st.com/core", "Not found", "Downloaded, not installed: /d/x.zip", "Found: 12.2.1",
        "2 items to get.",
    ):  # fmt: skip
        assert part in told, part
    assert [dialog.marks[key]._mark for key in ("stedgeai", "application", "gcc")] == ["fail", "warn", "ok"]
    dialog.page_buttons["stedgeai"].click()
    assert opened == ["https://www.st.com/core"]
    assert "gcc" not in dialog.page_buttons
    for key in ("stedgeai", "application", "gcc"):
        dialog.choose_buttons[key].click()
    assert asked == [("compiler", False), ("application", True), ("gcc", False)]


def test_what_comes_or_goes_is_noticed_off_the_gui_thread(dialog, monkeypatch, wait):
    threads, there, looks = set(), [frozenset({"a"})], []

    def footprint(**_):
        threads.add(threading.current_thread())
        return there[0]

    monkeypatch.setattr(getting, "footprint", footprint)
    monkeypatch.setattr(getting, "read_choices", dict)
    dialog.changed.connect(lambda: looks.append(1))
    dialog.open_for(WANTED)
    wait(lambda: dialog._seen is not None, "the first look")
    assert looks == [], "what was there before is known already"
    there[0] = frozenset({"a", "b"})
    wait(lambda: looks == [1], "what came")
    dialog.show_getting(Getting(WANTED.board, WANTED.pair, WANTED.title, (GCC,)))
    assert "Everything is there." in texts(dialog)
    assert threading.main_thread() not in threads


def test_a_place_that_cannot_be_read_is_looked_at_again(dialog, monkeypatch, wait):
    calls = []

    def footprint(**_):
        calls.append(1)
        raise OSError("gone")

    monkeypatch.setattr(getting, "footprint", footprint)
    dialog.open_for(WANTED)
    wait(lambda: len(calls) > 2, "further looks")


def test_it_closes_for_a_board_that_needs_nothing_and_then_rests(dialog, monkeypatch, wait):
    calls = []
    monkeypatch.setattr(getting, "footprint", lambda **_: calls.append(1) or frozenset())
    dialog.open_for(WANTED)
    wait(lambda: calls, "the first look")
    dialog.show_getting(None)
    assert not dialog.isVisible()
    assert not dialog._timer.isActive()
