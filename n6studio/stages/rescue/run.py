"""The stage behind ``rescue``: numbers by name, and the YAML of their model, become a checkpoint.

Nothing in the file is called: its tensors are read as numbers, the model is built from our checked copy of the YAML,
and every tensor must find its place in it.
"""

from pathlib import Path

from n6studio.domain.errors.foreign import Unparsable, reading
from n6studio.domain.errors.models import CheckpointDamaged, CheckpointNotRebuilt
from n6studio.domain.errors.settings import SettingInvalid
from n6studio.domain.file_names import short_stem
from n6studio.domain.requests import InputFile
from n6studio.domain.results import StageOutcome
from n6studio.gates.texts import yaml_file
from n6studio.stages.checkpoint.build import build
from n6studio.stages.checkpoint.load import description_of
from n6studio.stages.checkpoint.plain_pickle import UnreadablePickle, read_plain
from n6studio.stages.checkpoint.plain_values import Undescribed
from n6studio.stages.checkpoint.scan import scan
from n6studio.stages.checkpoint.tensors import TensorReader, UnreadableTensor
from n6studio.stages.checkpoint.weights import describe_weights
from n6studio.stages.process.reporter import Reporter, relative_outputs
from n6studio.stages.process.versions import versions_of
from n6studio.stages.rescue.figures import RescueFigures
from n6studio.stages.rescue.stage import RescueSettings

STEPS: tuple[str, ...] = ("read", "build", "save")


def run(
    settings: RescueSettings, inputs: dict[str, tuple[InputFile, ...]], folder: Path, report: Reporter
) -> StageOutcome[RescueFigures]:
    """Make a checkpoint of the role "weights" with the model of the role "yaml"; output "checkpoint".

    Raises:
        CheckpointDamaged, CheckpointUnsafe...: see `scan`.
        CheckpointNotRebuilt: the YAML is no pose model's, or another model's than the weights'.
        SettingInvalid: no YAML was given.
    """
    if "yaml" not in inputs:
        raise SettingInvalid(name="--yaml", value="empty", allowed="the YAML that the model was built from")
    weights, yaml = Path(inputs["weights"][0].path), Path(inputs["yaml"][0].path)
    report.step("read")
    scan(weights)
    try:
        with reading(yaml):
            document = yaml_file(yaml)
    except Unparsable as error:
        raise CheckpointNotRebuilt(path=yaml, reason=f"its YAML cannot be read ({error.where})") from error
    try:
        described = describe_weights(read_plain(description_of(weights)), document, settings.scale, yaml.name)
        report.step("build")
        reader = TensorReader(weights)
        try:
            model = build(described, reader)
        finally:
            reader.close()
    except (UnreadablePickle, UnreadableTensor) as error:
        raise CheckpointDamaged(path=weights, reason=str(error)) from error
    except Undescribed as error:
        raise CheckpointNotRebuilt(path=weights, reason=str(error)) from error
    report.step("save")
    import torch

    target = folder / f"{short_stem(weights)}-checkpoint.pt"
    arguments = {"task": "pose", "imgsz": settings.imgsz}
    torch.save({"model": model, "ema": None, "train_args": arguments, "epoch": -1}, target)
    keypoints, values = described.keypoint_shape
    return StageOutcome(
        relative_outputs(folder, {"checkpoint": target}),
        RescueFigures(
            tensors=len(described.weights), keypoints=keypoints, keypoint_dims=values, classes=len(described.names)
        ),
        versions=versions_of("torch", "ultralytics"),
    )
