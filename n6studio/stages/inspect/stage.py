"""Inspection: what a model file is, and whether it is ready for the board."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from n6studio.domain.model.formats import FLOAT_ENDINGS, READY_ENDINGS
from n6studio.domain.pages import PageEntry, PageKey
from n6studio.domain.project import Project
from n6studio.domain.settings import setting
from n6studio.domain.stage import Inputs, Kind, Limits, Results, Stage, files, result_of

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

# --- what a project starts from: a checkpoint, a float model that is still to be quantized, or one that is ready


def model_of(project: Project, done: Results) -> Path:
    """Return the project's model; where the user chose how its output is read, the copy that says so."""
    inspected = done.get(INSPECT.name)
    return project.model if inspected is None else inspected.outputs.get("model", project.model)


def export_not_needed(project: Project, done: Results) -> str:
    """Return why a project needs no export; "" where it does: it starts from a checkpoint."""
    if not _is_exported(project.model):
        return ""
    return f"Not needed: {project.model.name} is a model already"


def quantize_not_needed(project: Project, done: Results) -> str:
    """Return why a project needs no quantization; "" where it does."""
    suffix = project.model.suffix.lower()
    if suffix in READY_ENDINGS:
        return f"Not needed: {project.model.name} is used as it is"
    inspected = result_of(done, INSPECT)
    if suffix in FLOAT_ENDINGS and inspected is not None and inspected.figures.quantized:
        return f"Not needed: {project.model.name} is quantized already"
    return ""


def no_float_model(project: Project, done: Results) -> str:
    """Return why there is nothing to compare a quantized model with; "" where there is an export."""
    return f"Needs the checkpoint: {project.model.name} was not exported here" if _is_exported(project.model) else ""


def _is_exported(model: Path) -> bool:
    return model.suffix.lower() in (*READY_ENDINGS, *FLOAT_ENDINGS) or is_saved_model(model)


def is_saved_model(path: Path) -> bool:
    """Return whether a path is a SavedModel folder."""
    return path.is_dir() and (path / "saved_model.pb").is_file()
