import threading

import pytest
from PySide6.QtWidgets import QWidget

from n6studio.domain.errors.layers import LayerMissing, LayerUnreachable
from n6studio.domain.errors.stages import Cancelled
from n6studio.engine.layers import LayerProgress, LayerState
from n6studio.ui.context import Context
from n6studio.ui.frame.about_dialog import AboutDialog
from n6studio.ui.frame.layers_dialog import WORK, LayerGetter, LayersDialog
from n6studio.ui.widgets.fixes import FIXES

ABSENT = (
    LayerState("base", "the window", True, False, 236, 700),
    LayerState("conversion", "export", False, False, 510, 2500),
    LayerState("media", "cameras", False, False, 35, 110),
)
THERE = (ABSENT[0], LayerState("conversion", "export", True, False, 510, 2500), ABSENT[2])


@pytest.fixture
def parent(application):
    made = QWidget()
    yield made
    made.deleteLater()


def opened(getter, parent, states=ABSENT):
    dialog = LayersDialog(getter, parent, lambda: states)
    dialog.show()
    return dialog


def test_absent_layer_is_got_with_progress_and_told_when_it_is_there(parent, wait):
    context, go_on, asked = Context(), threading.Event(), []

    def get(layer, told, cancel):
        asked.append(layer.name)
        told(LayerProgress("download", 255_000_000, 510_000_000, 42.0))
        go_on.wait(10)
        return True

    getter = LayerGetter(context, get)
    dialog = opened(getter, parent)
    wait(dialog.gets["conversion"].isEnabled, "the states")
    assert "510 MB to download" in dialog.state.text()
    dialog.gets["conversion"].click()
    wait(lambda: "42 s left" in dialog.told.text(), "progress")
    assert dialog.bar.value() == 500
    assert not dialog.gets["conversion"].isEnabled()
    assert context.work[WORK].title == "Getting the conversion layer"
    dialog.close()  # it goes on without the dialog
    again = opened(getter, parent, THERE)
    assert again.stop.isVisible()
    go_on.set()
    wait(lambda: again.told.text() == "The conversion layer is installed.", "the end")
    wait(lambda: "Conversion layer: installed" in again.state.text(), "the states")
    assert asked == ["conversion"]
    assert WORK not in context.work
    assert not again.gets["conversion"].isEnabled()
    again.close()


def test_each_layer_has_a_button_and_one_comes_at_a_time(parent, wait):
    context, go_on, asked = Context(), threading.Event(), []

    def get(layer, told, cancel):
        asked.append(layer.name)
        go_on.wait(10)
        return True

    dialog = opened(LayerGetter(context, get), parent)
    wait(dialog.gets["media"].isEnabled, "the states")
    dialog.gets["media"].click()
    wait(lambda: asked == ["media"], "the start")
    assert context.work[WORK].title == "Getting the media layer"
    assert not dialog.gets["conversion"].isEnabled()
    go_on.set()
    wait(lambda: dialog.told.text() == "The media layer is installed.", "the end")
    dialog.close()


def test_cancel_keeps_what_came(parent, wait):
    def get(layer, told, cancel):
        cancel.wait(10)
        raise Cancelled(stage="conversion layer")

    dialog = opened(LayerGetter(Context(), get), parent)
    wait(dialog.gets["conversion"].isEnabled, "the states")
    dialog.gets["conversion"].click()
    wait(dialog.stop.isVisible, "the start")
    dialog.stop.click()
    wait(lambda: dialog.told.text().startswith("Cancelled. What has been downloaded is kept"), "the end")
    wait(dialog.gets["conversion"].isEnabled, "another chance")
    dialog.close()


def test_failure_says_what_to_do_and_can_be_tried_again(parent, wait):
    def get(layer, told, cancel):
        raise LayerUnreachable(package="torch", reason="no route")

    dialog = opened(LayerGetter(Context(), get), parent)
    wait(dialog.gets["conversion"].isEnabled, "the states")
    dialog.gets["conversion"].click()
    wait(lambda: "no route" in dialog.told.text(), "the failure")
    assert "HTTPS_PROXY" in dialog.told.text()
    wait(dialog.gets["conversion"].isEnabled, "another chance")
    dialog.close()


def test_missing_layer_has_a_button_that_leads_here():
    assert FIXES[LayerMissing][1] == "layers"


def test_window_opens_the_layers(window, wait):
    window.named_actions["layers"].trigger()
    wait(lambda: window.findChild(LayersDialog) is not None, "the dialog")
    dialog = window.findChild(LayersDialog)
    wait(lambda: "Base layer: installed" in dialog.state.text(), "the states")
    dialog.reject()


def test_about_lists_packages_with_their_licences(window, wait):
    window.named_actions["about"].trigger()
    wait(lambda: window.findChild(AboutDialog) is not None, "the dialog")
    dialog = window.findChild(AboutDialog)
    wait(lambda: dialog.list.count() > 20, "the packages")
    assert dialog.versions.text().startswith("N6 Studio 0.")
    names = [dialog.list.item(row).text() for row in range(dialog.list.count())]
    dialog.list.setCurrentRow(next(row for row, name in enumerate(names) if name.startswith("numpy ")))
    wait(lambda: "Redistribution" in dialog.text.toPlainText(), "the licence")
    dialog.reject()
