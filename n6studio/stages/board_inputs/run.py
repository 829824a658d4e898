"""Makes the inputs that a board shall run its model on.

Inputs as those of evaluate, with one model: what it wants decides the size. Output: inputs.bin, height * width * 3
bytes RGB of one image after the other, in the data set's order; what cannot be read is left out, as by evaluate.
"""

from pathlib import Path

from n6studio.domain.errors.datasets import NoImages
from n6studio.domain.pose.preprocess import Resize, lay_in, place
from n6studio.domain.requests import InputFile
from n6studio.domain.results import StageOutcome
from n6studio.gates.images import ImageUnreadable, read_image
from n6studio.stages.board_inputs.figures import BoardInputsFigures
from n6studio.stages.board_inputs.stage import BoardInputsSettings
from n6studio.stages.datasets.load import referred_folders
from n6studio.stages.evaluate.opening import read_data
from n6studio.stages.inspect.tflite import read_tflite
from n6studio.stages.process.reporter import Reporter

STEPS = ("read the data", "make the inputs")
_FILE = "inputs.bin"


def run(
    settings: BoardInputsSettings, inputs: dict[str, tuple[InputFile, ...]], folder: Path, reporter: Reporter
) -> StageOutcome[BoardInputsFigures]:
    """Write inputs.bin into `folder`.

    Raises:
        StudioError: the data or the model cannot be read, or no image can.
    """
    reporter.step(STEPS[0])
    dataset = read_data(settings, inputs)
    model = Path(inputs["models"][0].path)
    _, height, width, _ = read_tflite(model).inputs[0].shape
    reporter.step(STEPS[1])
    count = 0
    with (folder / _FILE).open("wb") as target:
        for number, item in enumerate(dataset.items, 1):
            try:
                image = read_image(item.path)
            except ImageUnreadable:
                continue
            placement = place((image.shape[1], image.shape[0]), (width, height), Resize(settings.resize))
            target.write(lay_in(image, placement).tobytes())
            count += 1
            reporter.progress(number, len(dataset.items), "images")
    if not count:
        raise NoImages(path=dataset.path, seen=len(dataset.items))
    figures = BoardInputsFigures(inputs=count, input_size=(width, height))
    return StageOutcome({"inputs": _FILE}, figures, watched=referred_folders(dataset))
