"""The stage behind the calibration page's curve: how the float model's ranges settle as images are added."""

from pathlib import Path

import numpy as np

from n6studio.domain.calibration.convergence import convergence, enough
from n6studio.domain.encoding import encoded
from n6studio.domain.pose.preprocess import Resize
from n6studio.domain.requests import InputFile
from n6studio.domain.results import StageOutcome
from n6studio.gates.files import read_bytes
from n6studio.stages.layer_errors.run import keeping_interpreter, short_name
from n6studio.stages.model.calibration import CalibrationSet, choose_images
from n6studio.stages.process.reporter import Reporter, relative_outputs
from n6studio.stages.process.versions import versions_of
from n6studio.stages.quantize.graph import REARRANGING, Graph
from n6studio.stages.range_convergence.figures import RangeConvergenceFigures
from n6studio.stages.range_convergence.stage import RangeConvergenceSettings

STEPS: tuple[str, ...] = ("open", "measure")


def run(
    settings: RangeConvergenceSettings, inputs: dict[str, tuple[InputFile, ...]], folder: Path, report: Reporter
) -> StageOutcome[RangeConvergenceFigures]:
    """Run the role "reference", a float model, over images of the role "calibration", in an order of chance.

    Outputs: "convergence", a `Convergence` as JSON.

    Raises:
        NoImages: no usable image.
    """
    report.step("open")
    path = Path(inputs["reference"][0].path)
    interpreter = keeping_interpreter(path)
    details = {item["name"]: item for item in interpreter.get_tensor_details()}
    watched = [
        operation.output
        for operation in Graph(read_bytes(path)).operations
        if operation.kind not in REARRANGING
        and operation.output in details
        and np.dtype(details[operation.output]["dtype"]).kind == "f"
    ]
    shape = interpreter.get_input_details()[0]["shape"]
    source = Path(inputs["calibration"][0].path)
    files, _ = choose_images(source, settings.max_images, settings.seed, settings.exclude)
    # Folders are often sorted by scene or time; how soon a random handful suffices is what the curve tells.
    order = np.random.default_rng(settings.seed).permutation(len(files))
    chosen = tuple(files[place] for place in order)
    size = (int(shape[2]), int(shape[1]))
    images = CalibrationSet(chosen, (), size, Resize(settings.resize), settings.scale, settings.offset, settings.seed)
    report.step("measure")
    lows, highs = np.zeros((2, len(chosen), len(watched)))
    feed = interpreter.get_input_details()[0]["index"]
    for done, tensor in enumerate(images.tensors()):
        interpreter.set_tensor(feed, tensor)
        interpreter.invoke()
        for place, name in enumerate(watched):
            values = interpreter.get_tensor(details[name]["index"])
            lows[done, place], highs[done, place] = values.min(), values.max()
        report.progress(done + 1, len(chosen))
    found = convergence(lows, highs, tuple(short_name(name) for name in watched))
    target = folder / "convergence.json"
    target.write_bytes(encoded(found))
    return StageOutcome(
        relative_outputs(folder, {"convergence": target}),
        RangeConvergenceFigures(images=found.images, tensors=found.tensors, enough=enough(found)),
        versions=versions_of("ai-edge-litert"),
    )
