"""Evaluation: models judged on labelled or plain images."""

from dataclasses import dataclass

from n6studio.domain.calibration.inputs import data_files
from n6studio.domain.pose.skeleton import COCO, Skeleton
from n6studio.domain.project import Project
from n6studio.domain.settings import RESIZES, setting
from n6studio.domain.stage import Inputs, Kind, Results, Stage, files
from n6studio.stages.export.stage import EXPORT
from n6studio.stages.inspect.stage import INSPECT
from n6studio.stages.quantize.stage import QUANTIZE


@dataclass(frozen=True)
class EvaluateSettings:
    """How networks are judged."""

    resize: str = setting("stretch", "how pictures are brought to the input size; as the board will do it", RESIZES)
    confidence: float = setting(0.001, "people below this score are left out of the curves", minimum=0.0, maximum=1.0)
    iou: float = setting(
        0.5, "overlap above which the weaker of two boxes goes; as in ST's applications", minimum=0.0, maximum=1.0
    )
    most: int = setting(300, "people per picture at most", minimum=1)
    operating_confidence: float = setting(
        0.25, "score from which a person counts in the per-keypoint figures and pictures", minimum=0.0, maximum=1.0
    )
    workers: int = setting(0, "pictures worked on at once; 0 for one per core", minimum=0, maximum=256)
    limit: int = setting(0, "evaluate only the first pictures; 0 for all", minimum=0)
    worst: int = setting(12, "pictures in the worst-first gallery", minimum=0, maximum=200)
    split: str = setting("val", "part of an Ultralytics YAML to evaluate on", ("val", "test", "train"))
    skip_missing: bool = setting(False, "leave out pictures that the labels name and that are not there")
    with_ultralytics: bool = setting(False, "also run Ultralytics' own validation on float-input models")


def _given(project: Project, settings: EvaluateSettings) -> Inputs:
    return data_files(project)


def _made(project: Project, done: Results) -> Inputs:
    judged, reference = done[QUANTIZE.name].outputs["tflite"], done[EXPORT.name].outputs["tflite"]
    models = {"models": files(judged, reference), "sources": files(judged, project.model)}
    skeleton = told_skeleton(project, done)
    return models if skeleton is None else {**models, "skeleton": skeleton}


def told_skeleton(project: Project, done: Results) -> Skeleton | None:
    """Return the skeleton that somebody told: edited in the project, or stored in the checkpoint by name.

    None where only the number of keypoints is known; labels then say more.
    """
    inspected = done.get(INSPECT.name)
    if project.skeleton is not None or inspected is None or not inspected.figures.get("keypoint_names"):
        return project.skeleton
    found = project.skeleton_of(inspected.figures)
    return None if found == COCO else found


EVALUATE = Stage(
    name="evaluate",
    title="Evaluation",
    settings=EvaluateSettings,
    figures=dict,
    run="n6studio.stages.evaluate.run",
    kind=Kind.CHAIN,
    needs=(INSPECT, EXPORT, QUANTIZE),
    tools=("ai-edge-litert", "pycocotools"),
    given=_given,
    made=_made,
)
