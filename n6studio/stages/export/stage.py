"""Export: from the checkpoint to ONNX, SavedModel and float TFLite."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from n6studio.domain.model.input_size import InputSize
from n6studio.domain.pages import PageEntry, PageKey
from n6studio.domain.project import Project
from n6studio.domain.settings import setting
from n6studio.domain.stage import Argument, Inputs, Kind, Stage, StageCommand, files
from n6studio.domain.texts import counted
from n6studio.stages.inspect.stage import DEFAULT_SIZE, INSPECT, export_not_needed

if TYPE_CHECKING:
    from n6studio.stages.export.figures import ExportFigures


@dataclass(frozen=True)
class ExportSettings:
    """From the checkpoint to ONNX, SavedModel and float TFLite."""

    imgsz: InputSize = setting(
        InputSize.square(DEFAULT_SIZE),
        "Input size",
        "the model's input in pixels: a side, or width x height such as 320x192; multiples of 32",
        unit="px",
        minimum=32,
        maximum=2048,
    )
    check_images: int = setting(8, "Self-check images", "max images for the self-check", minimum=1, maximum=1000)


def _given(project: Project, settings: ExportSettings) -> Inputs:
    model: Inputs = {"model": files(project.model)}
    if project.check_images is None:
        return model
    return {**model, "images": files(project.check_images, images_only=True)}


def _text(figures: "ExportFigures") -> str:
    check = figures.self_check
    trained = f"Quantization-aware training: {figures.trained.text}\n" if figures.trained is not None else ""
    return (
        f"{trained}Self-check on {counted(check.images, 'image')}, {check.compared_text}: "
        f"OKS at least {check.oks_min:.4f}, keypoints differ by at most {check.pixels_max:.3f} pixels."
    )


EXPORT: "Stage[ExportSettings, ExportFigures]" = Stage(
    name="export",
    title="Export",
    settings=ExportSettings,
    found="ExportFigures",
    kind=Kind.CHAIN,
    converts=True,
    needs=(INSPECT,),
    tools=("torch", "ultralytics", "onnx", "onnxslim", "onnx2tf", "tensorflow"),
    not_needed=export_not_needed,
    reads=("model", "images"),
    given=_given,
    command=StageCommand(
        "make ONNX, SavedModel and float TFLite with normalised coordinates",
        (
            Argument("model", "MODEL.pt"),
            Argument("images", "FOLDER", "images for the self-check", option="--images", images_only=True),
        ),
        _text,
    ),
    page=PageEntry(
        PageKey.EXPORT,
        "Export",
        20,
        "a float model at the size you choose, compared with the checkpoint.",
        "n6studio.ui.pages.export.page:ExportPage",
    ),
)
