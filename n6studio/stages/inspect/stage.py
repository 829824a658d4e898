"""Inspection: what a model file is, and whether it is ready for the board."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from n6studio.domain.pages import PageEntry, PageKey
from n6studio.domain.project import Project
from n6studio.domain.settings import setting
from n6studio.domain.stage import Inputs, Kind, Limits, Stage, files

if TYPE_CHECKING:
    from n6studio.stages.inspect.figures import InspectFigures

# The largest checkpoints take 1 GiB and a minute; threads of many cores add to it.
LIMITS = Limits(memory=2 * 2**30, processor_seconds=600, seconds=900.0)
DEFAULT_SIZE = 256  # pixels; of the input, where a checkpoint does not say what it was trained with


def layout_setting() -> Any:
    """Return the field of a settings class that says how a model's output is read, where its file does not."""
    return setting(
        "",
        "Output layout",
        "how the output is read where the file does not say: CLASSESxKEYPOINTSxVALUES, for example 1x17x3",
        later=True,
    )


@dataclass(frozen=True)
class InspectSettings:
    """How the output is to be read, where the file does not say."""

    layout: str = layout_setting()


def _given(project: Project, settings: InspectSettings) -> Inputs:
    return {"model": files(project.model)}


INSPECT: "Stage[InspectSettings, InspectFigures]" = Stage(
    name="inspect",
    title="Inspection",
    settings=InspectSettings,
    found="InspectFigures",
    kind=Kind.CHAIN,
    given=_given,
    on_opening=True,
    reads=("model",),
    limits=LIMITS,
    page=PageEntry(
        PageKey.IMPORT,
        "Import",
        10,
        "what the checkpoint is, and whether it can run on an STM32N6.",
        "n6studio.ui.pages.import_.page:ImportPage",
    ),
)
