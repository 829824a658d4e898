"""The colours of window and reports, by what they mean, in the light and the dark theme."""

from dataclasses import dataclass
from typing import Literal

ColourName = Literal[
    "text", "muted", "accent", "good", "warn", "bad", "float_colour", "int8_colour",
    "part_1", "part_2", "part_3", "part_4", "part_5", "part_6", "part_7", "part_8",
]  # fmt: skip


@dataclass(frozen=True)
class Colours:
    """Colours by what they mean, as "#rrggbb". Every text colour has a contrast of 4.5 or more on both backgrounds.

    Attributes:
        window: behind everything.
        surface: cards, tables, fields, charts.
        text: what is to be read.
        muted: explanations and units.
        line: borders and grid lines, which nothing depends on.
        edge: borders that show where something can be typed or chosen; contrast of 3 or more, like all drawn below.
        accent: the main action and what is chosen.
        on_accent: text on `accent`.
        good, warn, bad: verdicts; always beside an icon or a word.
        float_colour: curves and bars of the float model.
        int8_colour: curves and bars of the int8 model.
        part_1, part_2, ...: parts of a whole that lie on each other, the same in both themes.
    """

    window: str
    surface: str
    text: str
    muted: str
    line: str
    edge: str
    accent: str
    on_accent: str
    good: str
    warn: str
    bad: str
    float_colour: str
    int8_colour: str
    part_1: str = "#7a8fa6"
    part_2: str = "#b65306"
    part_3: str = "#b9801b"
    part_4: str = "#6d8f3c"
    part_5: str = "#2f9e8f"
    part_6: str = "#1a6fc9"
    part_7: str = "#b8427a"
    part_8: str = "#8e5bc0"


LIGHT = Colours(
    window="#f3f4f6",
    surface="#ffffff",
    text="#1b1f24",
    muted="#59626d",
    line="#d3d8de",
    edge="#7c8590",
    accent="#1a5fc4",
    on_accent="#ffffff",
    good="#176b32",
    warn="#855600",
    bad="#b3261e",
    float_colour="#1a6fc9",
    int8_colour="#b65306",
)
DARK = Colours(
    window="#17191d",
    surface="#202329",
    text="#e8eaed",
    muted="#a5aeb9",
    line="#3b414a",
    edge="#78828f",
    accent="#6aa5ff",
    on_accent="#0b1526",
    good="#5fcb80",
    warn="#e3b04b",
    bad="#ff8a80",
    float_colour="#6cb3ff",
    int8_colour="#ff9f5a",
)
