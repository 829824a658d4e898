"""What a page says of itself at F1: texts as data, `HELP` in the module ``n6studio/ui/pages/<key>/help.py``."""

from dataclasses import dataclass

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class PageHelp:
    """A page's help.

    Attributes:
        purpose: what the page is for, in a few sentences.
        steps: what to do, in order.
        terms: (word, what it means) of words that not everybody knows.
        keys: (keys, what they do) inside the page only; the window's own are added.
        mistakes: (what you see, what to do) for what often goes wrong.
    """

    purpose: str
    steps: tuple[str, ...]
    terms: Pairs = ()
    keys: Pairs = ()
    mistakes: Pairs = ()
