"""Cuts the images of an evaluation into parts, with their labels as the evaluation itself takes them.

Inputs as those of evaluate. Outputs: part0, part1...: see `n6studio.stages.evaluate.packed`.
"""

import dataclasses
import math
from pathlib import Path

from n6studio.domain.requests import InputFile
from n6studio.domain.results import StageOutcome
from n6studio.stages.datasets.load import referred_folders
from n6studio.stages.evaluate.opening import prepare
from n6studio.stages.evaluate.packed import Part, packed
from n6studio.stages.evaluate_split.figures import SplitFigures
from n6studio.stages.evaluate_split.stage import SplitSettings
from n6studio.stages.process.reporter import Reporter

_LEAST, _PARTS = 8, 16  # images of a part, and parts that few images are cut into
STEPS = ("read the data", "open the models", "write the parts")


def run(
    settings: SplitSettings, inputs: dict[str, tuple[InputFile, ...]], folder: Path, reporter: Reporter
) -> StageOutcome[SplitFigures]:
    """Write the parts into `folder`.

    Raises:
        StudioError: as the evaluation.
    """
    ready = prepare(dataclasses.replace(settings, workers=1), inputs, reporter)
    reporter.step(STEPS[2])
    items = ready.dataset.items
    size = min(settings.part, max(_LEAST, math.ceil(len(items) / _PARTS)))
    outputs: dict[str, str] = {}
    images: list[tuple[str, ...]] = []
    for place, start in enumerate(range(0, len(items), size)):
        mine = items[start : start + size]
        named = tuple(
            dataclasses.replace(item, path=Path(name_of(number, item.path))) for number, item in enumerate(mine)
        )
        outputs[f"part{place}"] = f"part{place:04d}.bin"
        (folder / outputs[f"part{place}"]).write_bytes(packed(Part(ready.judging, ready.expected, named)))
        images.append(tuple(str(item.path.absolute()) for item in mine))
        reporter.progress(start + len(mine), len(items))
    return StageOutcome(outputs, SplitFigures(images=tuple(images)), watched=referred_folders(ready.dataset))


def name_of(place: int, path: Path) -> str:
    """Return what an image is called in its part."""
    return f"{place:06d}{path.suffix}"
