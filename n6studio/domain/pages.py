"""A page of the window as plain data: its place in the row, its widget by name, and what it says of itself at F1."""

import enum
from dataclasses import dataclass

Pairs = tuple[tuple[str, str], ...]


class PageKey(enum.StrEnum):
    """The program's own pages, as buttons and fixes that lead to one name them."""

    IMPORT = "import"
    EXPORT = "export"
    CALIBRATION = "calibration"
    QUANTIZE = "quantize"
    EVALUATE = "evaluate"
    DEPLOY = "deploy"
    LIVE = "live"
    ROAD = "road"
    RUNS = "runs"
    EXPLORE = "explore"


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


@dataclass(frozen=True)
class PageEntry:
    """A page in the row.

    Attributes:
        key: what it is called in the program and in shortcuts.
        title: what it is called in the row.
        place: where it stands; the program's own are at 10, 20, ... 70, and what is between comes between.
        summary: what happens there, a sentence for the list of the workflow; "" keeps it out of that.
        widget: 'package.module:Class' of its page; "" for the page that every stage can have: settings, run, results,
            help.
        help: its help; None where `HELP` in the module ``help`` beside the widget's has it.
    """

    key: str
    title: str
    place: int
    summary: str = ""
    widget: str = ""
    help: PageHelp | None = None
