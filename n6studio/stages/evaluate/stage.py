"""Evaluation: models judged on labelled or plain images."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from n6studio.domain.calibration.inputs import data_files
from n6studio.domain.pages import PageEntry, PageKey
from n6studio.domain.pose.skeleton import COCO, Skeleton
from n6studio.domain.project import Project
from n6studio.domain.settings import RESIZES, setting
from n6studio.domain.stage import Inputs, Kind, Results, Stage, files, result_of
from n6studio.stages.export.stage import EXPORT
from n6studio.stages.inspect.stage import INSPECT, layout_setting, model_of
from n6studio.stages.quantize.stage import QUANTIZE

if TYPE_CHECKING:
    from n6studio.stages.evaluate.figures import EvaluateFigures


@dataclass(frozen=True)
class EvaluateSettings:
    """How models are judged."""

    resize: str = setting(
        "stretch",
        "Resize mode",
        "how images are fitted to the input size; as the board will do it",
        choices=RESIZES,
    )
    confidence: float = setting(
        0.001,
        "Min confidence",
        "confidence below which detections are left out of the curves",
        minimum=0.0,
        maximum=1.0,
    )
    iou: float = setting(
        0.5, "NMS IoU threshold", "NMS IoU threshold, as in ST's applications", minimum=0.0, maximum=1.0
    )
    average: bool = setting(
        False,
        "Average keypoints",
        "average each person's keypoints over all candidates of that person, weighted by confidence; N6 Studio's "
        "firmware and the virtual board can do it, ST's post-processing cannot",
        later=True,
    )
    max_detections: int = setting(300, "Max detections", "max detections per image", minimum=1, formerly=("most",))
    operating_confidence: float = setting(
        0.25,
        "Operating confidence",
        "confidence from which a detection counts in the keypoint figures and is drawn on images",
        minimum=0.0,
        maximum=1.0,
    )
    workers: int = setting(
        0, "Workers", "images evaluated in parallel; 0 for one per core", zero="one per core", minimum=0, maximum=256
    )
    max_images: int = setting(
        0,
        "Max images",
        "evaluate only the first images; 0 for all",
        zero="all images",
        minimum=0,
        formerly=("limit",),
    )
    worst: int = setting(12, "Images in the report", "images in the worst-first gallery", minimum=0, maximum=200)
    split: str = setting(
        "val", "Split", "split of an Ultralytics YAML to evaluate on", choices=("val", "test", "train")
    )
    skip_missing: bool = setting(
        False, "Skip missing images", "leave out images that the labels name and that are not there"
    )
    with_ultralytics: bool = setting(
        False, "Ultralytics validation", "also run Ultralytics' own validation on float-input models"
    )
    layout: str = layout_setting()


def _given(project: Project, settings: EvaluateSettings) -> Inputs:
    return data_files(project)


def _made(project: Project, done: Results) -> Inputs:
    quantized, exported = done.get(QUANTIZE.name), done.get(EXPORT.name)
    source = model_of(project, done)
    judged = source if quantized is None else quantized.outputs["tflite"]
    if quantized is None:
        models: Inputs = {"models": files(judged), "sources": files(judged)}
    else:
        reference = source if exported is None else exported.outputs["tflite"]
        models = {"models": files(judged, reference), "sources": files(judged, project.model)}
    skeleton = carried_skeleton(project, done)
    return models if skeleton is None else {**models, "skeleton": skeleton}


def carried_skeleton(project: Project, done: Results) -> Skeleton | None:
    """Return the skeleton that somebody told: edited in the project, or stored in the checkpoint by name.

    None where only the number of keypoints is known; labels then say more.
    """
    inspected = result_of(done, INSPECT)
    if project.skeleton is not None or inspected is None or not inspected.figures.keypoint_names:
        return project.skeleton
    found = project.skeleton_of(inspected.figures)
    return None if found == COCO else found


EVALUATE: "Stage[EvaluateSettings, EvaluateFigures]" = Stage(
    name="evaluate",
    title="Evaluation",
    settings=EvaluateSettings,
    found="EvaluateFigures",
    kind=Kind.CHAIN,
    needs=(INSPECT, EXPORT, QUANTIZE),
    tools=("ai-edge-litert", "pycocotools"),
    reads=("models", "data", "images"),
    given=_given,
    made=_made,
    page=PageEntry(
        PageKey.EVALUATE,
        "Evaluate",
        50,
        "what int8 costs in accuracy, image by image and keypoint by keypoint.",
        "n6studio.ui.pages.evaluate.page:EvaluatePage",
    ),
)
