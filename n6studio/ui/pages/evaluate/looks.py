"""What the evaluate page is looked at in besides its states: its tabs and its options; see `n6studio.ui.looks`."""

import functools

from n6studio.ui.pages.evaluate.page import EvaluatePage
from n6studio.ui.pages.look import Look, Scene

TABS = ("keypoints", "breakdown", "images", "runs", "board", "notes")  # after the first, which is seen when it is done


def _show(place: int, scene: Scene) -> None:
    page = scene.page("evaluate")
    assert isinstance(page, EvaluatePage)
    page.tabs.setCurrentIndex(place)
    scene.wait(1.0)  # its charts are drawn one after the other


def _change(opened: bool, scene: Scene) -> None:
    page = scene.page("evaluate")
    assert isinstance(page, EvaluatePage)
    page.change_button.setChecked(opened)
    page.setup.more.setChecked(opened)
    scene.wait(0.5)


LOOKS = (
    *(Look(name, functools.partial(_show, place), functools.partial(_show, 0)) for place, name in enumerate(TABS, 1)),
    Look("options", functools.partial(_change, True), functools.partial(_change, False)),
)
