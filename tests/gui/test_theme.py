"""WCAG 2.2, level AA, in both themes: every pair of colours that the theme file and the style sheet put together."""

import dataclasses
import re

import pytest

from n6studio.domain.colours import DARK, LIGHT
from n6studio.ui import theme

TEXTS = ("text", "muted", "accent", "good", "warn", "bad", "float_colour", "int8_colour")
BEHIND = ("window", "surface")  # nothing depends on `line`: it separates what is apart anyway
UNSEEN = ("line", "on_accent", *BEHIND)
LEAST_TEXT, LEAST_DRAWN = 4.5, 3.0  # criteria 1.4.3 and 1.4.11

both = pytest.mark.parametrize("chosen", [LIGHT, DARK], ids=["light", "dark"])


def luminance(colour):
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first, second):
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_formula_is_wcags():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@both
def test_texts_can_be_read(chosen):
    for name in TEXTS:
        for ground in BEHIND:
            assert contrast(getattr(chosen, name), getattr(chosen, ground)) >= LEAST_TEXT, (name, ground)
    assert contrast(chosen.on_accent, chosen.accent) >= LEAST_TEXT


@both
def test_what_is_drawn_stands_out_from_cards_and_charts(chosen):
    drawn = [field.name for field in dataclasses.fields(chosen) if field.name not in UNSEEN]
    assert {"edge", "accent", "part_1", "part_8"} <= set(drawn)
    for name in drawn:
        assert contrast(getattr(chosen, name), chosen.surface) >= LEAST_DRAWN, name
    assert contrast(chosen.edge, chosen.window) >= LEAST_DRAWN


@both
def test_every_rule_of_the_style_sheet_that_sets_both_can_be_read(chosen):
    names = {value: name for name, value in theme._ROLES.items()}
    pairs = []
    for rule in re.findall(r"\{([^{}]*)\}", theme.style_sheet()):
        said = dict(part.strip().split(":", 1) for part in rule.split(";") if ":" in part and "url" not in part)
        front, back = (names.get(said.get(key, "").strip()) for key in ("color", "background"))
        if front and back:
            pairs.append((front, back))
    assert ("on_accent", "accent") in pairs
    for front, back in pairs:
        assert contrast(getattr(chosen, front), getattr(chosen, back)) >= LEAST_TEXT, (front, back)
