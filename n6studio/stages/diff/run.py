"""The stage behind ``diff``: two .tflite files, from their graphs to the people found with them.

Inputs: "first" and "second", the files; "images", optional images or folders of such. Outputs: "difference", a
`ModelDifference` as JSON.
"""

from collections.abc import Sequence
from pathlib import Path

from n6studio.demo.dataset import write_dataset
from n6studio.domain.encoding import encoded
from n6studio.domain.errors.advice import short_title
from n6studio.domain.errors.datasets import NoImages
from n6studio.domain.errors.files import UnknownFormat
from n6studio.domain.errors.models import LayoutUnknown, NotAPoseModel, OutputPerLevel, WrongTask
from n6studio.domain.errors.starts import LayoutNotStorable, NotATflite, NotComparable
from n6studio.domain.model.difference import SCHEMA, ModelDifference
from n6studio.domain.model.difference_text import verdict
from n6studio.domain.model.readings import Reading
from n6studio.domain.pose.preprocess import Image, Resize, lay_in
from n6studio.domain.requests import InputFile
from n6studio.domain.results import StageOutcome
from n6studio.gates.files import read_bytes
from n6studio.gates.folders import file_count
from n6studio.gates.images import ImageUnreadable, read_image
from n6studio.stages.datasets.images import list_images
from n6studio.stages.diff.figures import DiffFigures
from n6studio.stages.diff.graphs import graph_difference
from n6studio.stages.diff.layers import Layers
from n6studio.stages.diff.matching import matched
from n6studio.stages.diff.people import PeopleComparison
from n6studio.stages.diff.stage import DiffSettings
from n6studio.stages.diff.wiring import Wiring
from n6studio.stages.evaluate.averaging import not_averaged
from n6studio.stages.evaluate.one_image import laid_out
from n6studio.stages.model.file_format import FORMATS, detect_format
from n6studio.stages.model.layout import told_reading
from n6studio.stages.model.runner import Model, open_model
from n6studio.stages.model.tflite_format import parse
from n6studio.stages.model.tflite_gate import admit_tflite
from n6studio.stages.process.reporter import Reporter
from n6studio.stages.process.versions import versions_of

STEPS: tuple[str, ...] = ("read", "run")

_DRAWN, _SEED = 4, 7  # images of the demo scene


def run(
    settings: DiffSettings, inputs: dict[str, tuple[InputFile, ...]], folder: Path, report: Reporter
) -> StageOutcome[DiffFigures]:
    """Compare two files.

    Raises:
        NotComparable: one is a model of another format.
        NotATflite: one is no model.
        SettingInvalid: what was typed as layout is none.
        ModelDamaged, ModelRefused: see `admit_tflite`.
        NoImages: not one image can be read.
    """
    report.step(STEPS[0])
    told = told_reading(settings.layout)
    files = inputs["first"][0], inputs["second"][0]
    paths = Path(files[0].path), Path(files[1].path)
    wirings = _wiring(paths[0]), _wiring(paths[1])
    sizes = [one.graph.tensors[one.graph.inputs[0]].shape for one in wirings]
    matches = matched(*wirings, sizes[0] == sizes[1])
    layers = Layers(paths, wirings, matches)
    images = _images(inputs.get("images", ()), settings.max_images, folder)
    report.step(STEPS[1])
    not_measured = _why_not_measured(sizes)
    judge, not_judged = _judge(paths, settings, told, report)
    looked = 0
    for done, path in enumerate(images, 1):
        try:
            image = read_image(path)
        except ImageUnreadable as error:
            report.warn(f"{path.name} cannot be read: {error.reason}.")
            continue
        looked += 1
        if not not_measured:
            layers.measure(_laid_in(image, (sizes[0][2], sizes[0][1]), settings))
        if judge is not None:
            judge.look(path, image)
        report.progress(done, len(images))
    if not looked:
        raise NoImages(path=inputs["images"][0].path, seen=len(images))
    found = ModelDifference(
        schema=SCHEMA,
        names=_names(paths),
        same_file=files[0].sha256 == files[1].sha256,
        graph=graph_difference(*wirings, matches),
        layers=layers.pairs(),
        images=0 if not_measured else looked,
        not_measured=not_measured,
        people=judge.result() if judge is not None else None,
        not_judged=not_judged,
        drawn=not inputs.get("images"),
    )
    (folder / "difference.json").write_bytes(encoded(found, indent=1))
    return StageOutcome({"difference": "difference.json"}, _figures(found), versions=versions_of("ai-edge-litert"))


def _wiring(path: Path) -> Wiring:
    try:
        kind = detect_format(path)
    except UnknownFormat as error:  # it would list formats that are not compared here either
        raise NotATflite(path=path, found=error.found) from error
    if kind != "tflite":
        raise NotComparable(path=path, found=FORMATS[kind])
    admit_tflite(path)
    return Wiring(parse(read_bytes(path))[0])


def _images(given: tuple[InputFile, ...], most: int, folder: Path) -> list[Path]:
    """Return the images to look at; drawn ones where none are given."""
    if not given:
        return list_images(write_dataset(folder / "drawn", min(_DRAWN, most), _SEED).images)
    found = [image for one in given for image in list_images(Path(one.path))]
    if not found:
        raise NoImages(path=given[0].path, seen=sum(file_count(Path(one.path)) for one in given))
    return list(dict.fromkeys(found))[:most]


def _laid_in(image: Image, size: tuple[int, int], settings: DiffSettings) -> Image:
    return lay_in(image, laid_out((image.shape[1], image.shape[0]), size, Resize(settings.resize)))


def _why_not_measured(sizes: Sequence[tuple[int, ...]]) -> str:
    if sizes[0] != sizes[1]:
        ours, theirs = ("x".join(str(side) for side in shape[1:3]) for shape in sizes)
        return f"the inputs have different sizes, {ours} and {theirs}, so that no layer has the same values"
    if len(sizes[0]) != 4 or sizes[0][3] != 3:
        return f"the input {list(sizes[0])} is no RGB image"
    return ""


def _judge(
    paths: tuple[Path, Path], settings: DiffSettings, told: Reading | None, report: Reporter
) -> tuple[PeopleComparison | None, str]:
    """Return what compares people; None and why, where an output cannot be read as people."""
    models: list[Model] = []
    for path in paths:
        try:
            models.append(open_model(path, told=told))
        except (LayoutUnknown, LayoutNotStorable, NotAPoseModel, OutputPerLevel, WrongTask) as error:
            return None, short_title(error)
    counts = [one.info.layout.keypoints for one in models]
    if counts[0] != counts[1]:
        return None, f"one file has {counts[0]} keypoints, the other {counts[1]}"
    if settings.average:
        for text in not_averaged(zip("AB", (one.info for one in models), strict=True)):
            report.warn(text)
    return PeopleComparison((models[0], models[1]), settings), ""


def _names(paths: tuple[Path, Path]) -> tuple[str, str]:
    """Return what the files are called; by their folders, too, where their names are the same."""
    first, second = paths
    return (first.name, second.name) if first.name != second.name else (str(first), str(second))


def _figures(found: ModelDifference) -> DiffFigures:
    return DiffFigures(
        verdict=verdict(found),
        images=found.images,
        graph=found.graph,
        layers=len(found.layers),
        first_different=found.first_different,
        departing=found.departing,
        dropping=found.dropping,
        people=found.people,
    )
