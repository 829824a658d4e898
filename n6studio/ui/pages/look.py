"""What a state of a page is made of, in which a person can look at it; see `n6studio.ui.looks`."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from n6studio.ui.context import Context
from n6studio.ui.pages.page import Page


class Scene(Protocol):
    """A window in front of the camera."""

    @property
    def context(self) -> Context:
        """What its pages share."""

    @property
    def folder(self) -> Path:
        """A folder for files that a state needs; gone afterwards."""

    def page(self, key: str) -> Page:
        """Return a page."""

    def set_log_open(self, unfold: bool) -> None:
        """Unfold or fold the log."""

    def wait(self, seconds: float) -> None:
        """Let the window go on."""


@dataclass(frozen=True)
class Look:
    """A state of a page.

    Attributes:
        name: short, for the file's name.
        prepare: brings the page, which is shown already, into the state.
        restore: brings it back.
        project: whether it needs an open project; without one it is drawn while none is open.
    """

    name: str
    prepare: Callable[[Scene], object] = lambda scene: None
    restore: Callable[[Scene], object] = lambda scene: None
    project: bool = True
