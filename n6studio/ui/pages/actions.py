"""What a page can do, as data: its buttons, menus, keys and the command palette speak of the same things."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PageAction:
    """Something that a page can do. A page lists its own as `ACTIONS` in a module ``actions`` beside its widget's.

    Attributes:
        name: what the shortcuts that a user changed are stored under, behind the page's key.
        text: what it does, as the palette says it.
        keys: its shortcuts in portable text; the first is the one that can be changed.
    """

    name: str
    text: str
    keys: tuple[str, ...] = ()
