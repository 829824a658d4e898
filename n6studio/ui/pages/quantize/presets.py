"""Ready-made choices of settings, and the widget to pick one."""

import dataclasses
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QRadioButton, QVBoxLayout

from n6studio.stages.quantize.stage import QuantizeSettings
from n6studio.ui.theme import TextRole
from n6studio.ui.widgets.parts import Card, button, label

QUICK_COUNT = 32
_BASE: dict[str, Any] = {
    "granularity": "per_channel",
    "input_type": "uint8",
    "output_type": "float",
    "head": "float",
    "ranges": "auto",
    "doubled": 0,
    "weights": "int8",
    "max_images": 0,
    "resize": "stretch",
}


@dataclasses.dataclass(frozen=True)
class Preset:
    """A named choice: `changes` are the settings that it decides; all others stay as they are."""

    key: str
    title: str
    caption: str
    changes: dict[str, Any]

    def applied(self, settings: QuantizeSettings) -> QuantizeSettings:
        """Return `settings` with this choice."""
        return dataclasses.replace(settings, **self.changes)

    def fits(self, settings: QuantizeSettings) -> bool:
        """Return whether `settings` are this choice."""
        return all(getattr(settings, name) == value for name, value in self.changes.items())


PRESETS = (
    Preset(
        "recommended",
        "Recommended",
        "int8 up to the last convolutions, keypoint arithmetic in float, ranges with the smallest loss in the answers.",
        _BASE,
    ),
    Preset(
        "st",
        "As ST's script",
        "Everything in int8 with min/max ranges: the output of ST's own script.",
        {**_BASE, "head": "int8", "ranges": "extremes"},
    ),
    Preset(
        "quick",
        "Quick look",
        f"As recommended, on {QUICK_COUNT} images: seconds instead of minutes, slightly worse ranges.",
        {**_BASE, "max_images": QUICK_COUNT},
    ),
)


class PresetCard(Card):
    """Three choices; none is marked where the settings are the user's own.

    Signals:
        chosen(preset): the user picked one.
        best_wanted: the user wants several ways to be tried.
    """

    chosen = Signal(object)
    best_wanted = Signal()

    def __init__(self) -> None:
        super().__init__("Preset")
        self._group = QButtonGroup(self)
        self.buttons: dict[str, QRadioButton] = {}
        for preset in PRESETS:
            made = QRadioButton(preset.title)
            made.setAccessibleDescription(preset.caption)
            made.clicked.connect(lambda _=False, preset=preset: self.chosen.emit(preset))
            self._group.addButton(made)
            self.buttons[preset.key] = made
            caption = label(preset.caption, TextRole.MUTED)
            caption.setContentsMargins(24, 0, 0, 0)
            both = QVBoxLayout()
            both.setSpacing(1)
            both.addWidget(made)
            both.addWidget(caption)
            self.body.addLayout(both)
        self.best_button = button(
            "Best accuracy…", self.best_wanted.emit, tip="Tries several variants; shows the plan first"
        )
        self.body.addWidget(self.best_button)
        self.own = label("Custom settings.", TextRole.MUTED)
        self.body.addWidget(self.own)

    def show_settings(self, settings: QuantizeSettings) -> None:
        """Mark the preset that the settings are."""
        fitting = next((preset.key for preset in PRESETS if preset.fits(settings)), "")
        self._group.setExclusive(False)
        for key, made in self.buttons.items():
            made.setChecked(key == fitting)
        self._group.setExclusive(True)
        self.own.setVisible(not fitting)
