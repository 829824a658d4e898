"""The form of a remedy: templates over an error's fields."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PerSystem:
    """A step that reads differently on Windows, macOS and Linux."""

    windows: str
    macos: str
    linux: str


@dataclass(frozen=True)
class Remedy:
    """Templates for one error class: `title` says what happened, `why` the cause, `steps` what to do, in order.

    A step that is a field of several values alone, such as "{risks}", becomes one step for each.
    """

    title: str
    why: str
    steps: tuple[str | PerSystem, ...]
