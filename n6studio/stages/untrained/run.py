"""The stage behind models that are named instead of given: Ultralytics builds them, nothing is downloaded.

Its time, memory and operations on a board are those of a trained model, because they do not depend on the weights'
values; whom it finds says nothing.
"""

import io
from pathlib import Path

from n6studio.domain.errors.models import ArchitectureUnknown
from n6studio.domain.model.architectures import family_and_scale
from n6studio.domain.requests import InputFile
from n6studio.domain.results import StageOutcome
from n6studio.stages.process.reporter import Reporter, relative_outputs
from n6studio.stages.process.versions import versions_of
from n6studio.stages.untrained.figures import UntrainedFigures
from n6studio.stages.untrained.stage import UntrainedSettings

STEPS: tuple[str, ...] = ("build", "save")
_NAMES = {0: "person"}
_TRAINED_AT = 640  # pixels, as Ultralytics trains its own


def run(
    settings: UntrainedSettings, inputs: dict[str, tuple[InputFile, ...]], folder: Path, report: Reporter
) -> StageOutcome[UntrainedFigures]:
    """Build the model of the settings with random weights; output "model", a checkpoint as Ultralytics saves it.

    The same settings and versions give the same bytes.

    Raises:
        ArchitectureUnknown: the installed Ultralytics does not describe it.
    """
    report.step(STEPS[0])
    import torch
    import ultralytics
    from ultralytics.nn.tasks import PoseModel
    from ultralytics.utils import YAML

    family, scale = family_and_scale(settings.architecture)
    described = sorted((Path(ultralytics.__file__).parent / "cfg" / "models").glob(f"*/{family}.yaml"))
    if not described:
        raise ArchitectureUnknown(name=settings.architecture, version=ultralytics.__version__)
    description = {**YAML.load(described[0]), "scale": scale, "yaml_file": f"{settings.architecture}.yaml"}
    torch.manual_seed(settings.seed)
    # One class, as every pose model of Ultralytics has; some descriptions name COCO's eighty.
    model = PoseModel({**description, "nc": len(_NAMES)}, ch=3, verbose=False)
    model.names, model.task = dict(_NAMES), "pose"
    model.args = {"task": "pose", "imgsz": _TRAINED_AT}
    parameters = sum(parameter.numel() for parameter in model.parameters())
    report.step(STEPS[1])
    content = io.BytesIO()  # the archive of one that is saved by name begins with that name
    torch.save({"model": model.half(), "ema": None, "train_args": model.args, "epoch": -1}, content)
    target = folder / f"{settings.architecture}.pt"
    target.write_bytes(content.getvalue())
    return StageOutcome(
        relative_outputs(folder, {"model": target}),
        UntrainedFigures(parameters=parameters, keypoints=int(model.kpt_shape[0])),
        versions=versions_of("torch", "ultralytics"),
    )
