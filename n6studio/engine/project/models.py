"""The networks of a project that can look at a live image, and how a board's word for its network is recognised."""

from dataclasses import dataclass
from pathlib import Path

from n6studio.domain.errors.base import InputError
from n6studio.domain.live import model_id
from n6studio.domain.model.formats import FLOAT_ENDINGS, READY_ENDINGS
from n6studio.domain.project import Project
from n6studio.domain.results import AnyResult
from n6studio.engine.jobs.hashing import HashCache
from n6studio.engine.jobs.run import load_result
from n6studio.engine.project.carried import demo_model
from n6studio.engine.project.quantized import newest_quantized, sample_folder
from n6studio.engine.project.runs import hashes_of, runs
from n6studio.stages.evaluate.stage import EVALUATE
from n6studio.stages.export.stage import EXPORT
from n6studio.stages.quantize.stage import QUANTIZE

DEMO_NAME = "int8, demo model (drawn people only)"


@dataclass(frozen=True)
class ProjectModel:
    """One .tflite of a project.

    Attributes:
        path: the file.
        name: for people.
        quantized: whether it is an int8 one, as the board needs it.
        model: what a board calls it, as `FrameResults.model`.
        evaluated: whether the project's latest evaluation judged this file.
    """

    path: Path
    name: str
    quantized: bool
    model: str
    evaluated: bool = False


def project_models(project: Project) -> tuple[ProjectModel, ...]:
    """Return a project's int8 models, the newest first, and its newest float one. Hashes files: it may take long."""
    hashes = hashes_of(project)
    judged = _judged(project)
    found: list[ProjectModel] = []
    for stage in (QUANTIZE, EXPORT):
        quantized = stage is QUANTIZE
        results = [result for folder in runs(project, stage.name) if (result := load_result(stage, folder)) is not None]
        for result in results if quantized else results[:1]:
            model = _model(result, quantized, judged, hashes)
            if model is not None and model.model not in {known.model for known in found}:
                found.append(model)
    own = _own_model(project, judged, hashes)
    if own is not None and own.model not in {known.model for known in found}:
        found.insert(0, own)
    hashes.save()
    return tuple(found)


def _own_model(project: Project, judged: str, hashes: HashCache) -> ProjectModel | None:
    """Return the model that a project started from, where that runs as it is."""
    if project.model.suffix.lower() not in (*READY_ENDINGS, *FLOAT_ENDINGS):
        return None
    try:
        model = model_id_of(project.model, hashes)
    except InputError:
        return None
    quantized = project.model.suffix.lower() in READY_ENDINGS
    return ProjectModel(project.model, project.model.name, quantized, model, bool(judged) and model == judged)


def sample_model() -> tuple[ProjectModel, ...]:
    """Return the newest int8 model of the sample project, for a window without a project; () where there is none."""
    path = newest_quantized(sample_folder())
    return () if path is None else (ProjectModel(path, "int8, sample project", True, model_id_of(path)),)


def carried_model() -> tuple[ProjectModel, ...]:
    """Return the demo model that the program carries; () where the installation lacks it."""
    try:
        path = demo_model()
        return (ProjectModel(path, DEMO_NAME, True, model_id_of(path)),)
    except InputError:
        return ()


def _model(result: AnyResult, quantized: bool, judged: str, hashes: HashCache) -> ProjectModel | None:
    path = result.outputs.get("tflite")
    if path is None:
        return None
    try:
        model = model_id_of(path, hashes)
    except InputError:  # removed by hand; the stages say so where it matters
        return None
    name = f"{'int8' if quantized else 'float'}, run {result.folder.name[:6]}"
    return ProjectModel(path, name, quantized, model, bool(judged) and model == judged)


def _judged(project: Project) -> str:
    for folder in runs(project, EVALUATE.name):
        result = load_result(EVALUATE, folder)
        if result is not None and result.request.inputs.get("models"):
            return model_id(result.request.inputs["models"][0].sha256)
    return ""


def model_id_of(path: Path, hashes: HashCache | None = None) -> str:
    """Return what a board calls a model.

    Raises:
        FileMissing, FileUnreadable.
    """
    return model_id((hashes or HashCache()).file(path))
