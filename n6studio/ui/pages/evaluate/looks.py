"""What the evaluate page is looked at in besides its states: each of its tabs; see `n6studio.ui.looks`."""

import functools

from n6studio.ui.pages.evaluate.page import EvaluatePage
from n6studio.ui.pages.look import Look, Scene

TABS = ("keypoints", "breakdown", "pictures", "runs", "notes")  # after the first, which is seen when it is done


def _show(place: int, scene: Scene) -> None:
    page = scene.page("evaluate")
    assert isinstance(page, EvaluatePage)
    page.tabs.setCurrentIndex(place)
    scene.wait(1.0)  # its charts are drawn one after the other


LOOKS = tuple(
    Look(name, functools.partial(_show, place), functools.partial(_show, 0)) for place, name in enumerate(TABS, 1)
)
