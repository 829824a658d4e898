"""One image through the models that are judged, and what is kept of it."""

import dataclasses
import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from n6studio.domain.metrics.keypoints import KeypointTally, empty_tally, tally_keypoints
from n6studio.domain.metrics.matching import THRESHOLDS, Hits, match_mutual, match_ranked
from n6studio.domain.metrics.oks import Float64Array, box_iou_matrix, covered_matrix, object_areas, oks_matrix
from n6studio.domain.pose.decode import decode
from n6studio.domain.pose.frames import fractions_of_input, image_to_input, input_to_image
from n6studio.domain.pose.int8_decode import board_decodes, decode_int8
from n6studio.domain.pose.people import FloatArray, ImagePixels, InputPixels, People
from n6studio.domain.pose.preprocess import Image, Placement, Resize, lay_in, letterbox_of_validation, place
from n6studio.domain.pose.skeleton import Skeleton
from n6studio.gates.images import ImageUnreadable, read_image_and_end
from n6studio.stages.datasets.model import Item, Truth
from n6studio.stages.evaluate.board import BoardModel, Compared
from n6studio.stages.evaluate.stage import EvaluateSettings
from n6studio.stages.model.runner import Model, ModelInfo

COCO_MOST = 20  # people per image that the COCO keypoint task looks at
_SAME_PERSON = 0.5  # box overlap from which a found person stands on a labelled one, or in a crowd


@dataclass(frozen=True)
class Judging:
    """By what people are judged, besides the settings.

    Attributes:
        skeleton: the keypoints.
        sigmas: what Ultralytics' rule takes for them.
        classes: names of the classes that are told apart; () where whoever is found counts, whatever the class.
    """

    skeleton: Skeleton
    sigmas: tuple[float, ...]
    classes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class ByUltralytics:
    """Which of the found people count by Ultralytics' rule; E people, which with several classes are others than D.

    Attributes:
        confidences: (E,).
        classes: (E,) 0 where classes are not told apart.
        hits: (E, 10).
    """

    confidences: npt.NDArray[np.float32]
    classes: npt.NDArray[np.int32]
    hits: Hits


@dataclass(frozen=True, eq=False)
class Matched:
    """Which of the found people count, by each rule; D people, best score first, at `matching.THRESHOLDS`.

    Attributes:
        zoo: (D, 10) by the model zoo's rule.
        yolo: by Ultralytics' rule.
        box: (D, 1) whose box overlaps a labelled one of its class by half or more, each used once.
        box_aside: (D, 1) neither right nor wrong: in a crowd.
        positives: labelled people for zoo, yolo and box.
        tally: sums per keypoint.
    """

    zoo: Hits
    yolo: ByUltralytics
    box: Hits
    box_aside: Hits
    positives: tuple[int, int, int]
    tally: KeypointTally


@dataclass(frozen=True, eq=False)
class Seen:
    """What one model found in one image.

    Attributes:
        people: the best `COCO_MOST` (of each class), and everybody whose score reaches the operating confidence.
        operating: how many of `people` reach it.
        confidences: (D,) of all found people.
        classes: (D,) of all found people.
        matched: None without labels.
        ms: milliseconds for resize, inference, decode.
        finite: False where the model gave something that is not a number.
        compared: of a board: with what this computer has.
    """

    people: People[ImagePixels]
    operating: int
    confidences: npt.NDArray[np.float32]
    classes: npt.NDArray[np.int32]
    matched: Matched | None
    ms: tuple[float, float, float]
    finite: bool = True
    compared: Compared | None = None

    @property
    def counting(self) -> People[ImagePixels]:
        """The people whose score reaches the operating confidence."""
        return self.people[: self.operating]


@dataclass(frozen=True, eq=False)
class ImageRecord:
    """One image, without its pixels.

    Attributes:
        item: where it lies.
        size: (width, height) in pixels; (0, 0) where it could not be read.
        truth: its labels.
        read_ms: milliseconds for reading and decoding.
        seen: one entry a model; none where it could not be read.
        problem: why it could not be read, or "".
        outside: labelled people of whom the resize cuts off more than half of the box.
    """

    item: Item
    size: tuple[int, int] = (0, 0)
    truth: Truth | None = None
    read_ms: float = 0.0
    seen: tuple[Seen, ...] = ()
    problem: str = ""
    outside: int = 0


def look(item: Item, models: list[Model], settings: EvaluateSettings, judging: Judging) -> ImageRecord:
    """Run all models on one image. The models belong to the calling thread."""
    began = time.perf_counter()
    try:
        image, endless = read_image_and_end(item.path)
    except ImageUnreadable as error:
        return ImageRecord(item, problem=error.reason)
    read_ms = (time.perf_counter() - began) * 1000
    height, width = image.shape[:2]
    truth = item.truth.in_pixels(width, height) if item.truth is not None else None
    if truth is not None and truth.bare_count and endless:
        truth = dataclasses.replace(truth, refused="its JPEG lacks the end marker")
    laid: dict[tuple[int, int], tuple[Image, float]] = {}
    seen, outside = [], 0
    for model in models:
        placement = laid_out((width, height), model.info.size, Resize(settings.resize))
        if model.info.size not in laid:
            began = time.perf_counter()
            laid[model.info.size] = (lay_in(image, placement), (time.perf_counter() - began) * 1000)
        seen.append(_run(model, *laid[model.info.size], placement, truth, settings, judging))
        outside = _cut_off(truth, placement) if truth is not None else 0
    return ImageRecord(item, (width, height), truth, read_ms, tuple(seen), outside=outside)


def laid_out(image: tuple[int, int], size: tuple[int, int], mode: Resize) -> Placement:
    """Return how an image is laid into an input: as by `place`, but with the letterbox of Ultralytics' validation."""
    return letterbox_of_validation(image, size) if mode is Resize.LETTERBOX else place(image, size, mode)


def best_of_each(classes: npt.NDArray[np.int32]) -> npt.NDArray[np.intp]:
    """Return the places of the first `COCO_MOST` of each class, in order."""
    each = [np.flatnonzero(classes == number)[:COCO_MOST] for number in np.unique(classes)]
    return np.sort(np.concatenate([np.zeros(0, np.intp), *each]))


def _run(
    model: Model,
    image: Image,
    resize_ms: float,
    placement: Placement,
    truth: Truth | None,
    settings: EvaluateSettings,
    judging: Judging,
) -> Seen:
    began = time.perf_counter()
    output = model.run(image)
    ran = time.perf_counter()
    finite = bool(np.isfinite(output.max()) and np.isfinite(output.min()))  # both give what is not a number back
    if not finite:
        output = np.nan_to_num(output, nan=0.0, posinf=0.0, neginf=0.0)
    found = people_in(output, model.info, settings)
    people = input_to_image(found, placement)
    done = time.perf_counter()
    operating = int((people.confidences >= settings.operating_confidence).sum())
    matched = None
    if truth is not None:
        every = _every_class(output, model.info, settings, judging, found)
        yolo = (every, Resize(settings.resize))
        matched = _match(found, yolo, people, operating, truth, placement, judging)
    # A copy: a slice would keep all of the image's candidates alive.
    kept = np.arange(min(len(people), max(COCO_MOST, operating)))
    if judging.classes:
        kept = np.union1d(kept, best_of_each(people.class_numbers))
    times = (resize_ms, (ran - began) * 1000, (done - ran) * 1000)
    compared = model.last if isinstance(model, BoardModel) else None
    if compared is not None:
        times = (0.0, compared.npu_ms or 0.0, compared.post_ms or 0.0)
    return Seen(people[kept], operating, people.confidences, people.class_numbers, matched, times, finite, compared)


def _every_class(
    output: FloatArray, info: ModelInfo, settings: EvaluateSettings, judging: Judging, found: People[InputPixels]
) -> People[InputPixels]:
    """Return whom Ultralytics' validation finds: with several classes, a candidate may count for more than one."""
    if not judging.classes or info.layout.classes == 1 or by_board_rule(info):
        return found
    limits = (settings.confidence, settings.iou, settings.max_detections)
    return decode(output, info.layout, info.size, *limits, every_class=True, average=settings.average)


def people_in(output: FloatArray, info: ModelInfo, settings: EvaluateSettings) -> People[InputPixels]:
    """Return the people in a model's output: of one in int8 by the board's rule, of any other by our own."""
    limits = (settings.confidence, settings.iou, settings.max_detections)
    if by_board_rule(info) and info.output_scale is not None:
        return decode_int8(info.output_scale.steps(output), info.output_scale, info.layout, info.size, *limits)
    return decode(output, info.layout, info.size, *limits, average=settings.average)


def by_board_rule(info: ModelInfo) -> bool:
    """Return whether a model's output is read as ST's post-processing reads it: in int8, with a head that it knows."""
    return info.output_scale is not None and board_decodes(info.layout)


def _match(
    found: People[InputPixels],
    yolo: tuple[People[InputPixels], Resize],
    people: People[ImagePixels],
    operating: int,
    truth: Truth,
    placement: Placement,
    judging: Judging,
) -> Matched:
    skeleton = judging.skeleton
    if not len(truth.people):  # about half of COCO's images
        return _unmatched(len(people), operating, yolo[0], judging)
    counts = truth.counts()
    single, labelled = truth.people[~truth.crowd], truth.people[counts]
    targets = single if truth.bare_count else labelled
    boxes = match_ranked(box_iou_matrix(single.boxes, people.boxes) * _same_class(single, people, judging))[:, :1]
    in_crowd = covered_matrix(truth.people.boxes[truth.crowd], people.boxes).max(axis=0, initial=0.0) >= _SAME_PERSON
    bare = box_iou_matrix(truth.people.boxes[~counts & ~truth.crowd], people.boxes).max(axis=0, initial=0.0)
    aside = (in_crowd | (bare >= _SAME_PERSON)).astype(np.float64)
    tally = tally_keypoints(labelled, truth.areas[counts], people[:operating], skeleton, aside[:operating])
    return Matched(
        zoo=match_mutual(_zoo_oks(labelled, found, placement, skeleton)),
        yolo=_by_ultralytics(targets, yolo[0], placement, yolo[1], judging),
        box=boxes,
        box_aside=in_crowd[:, None] & ~boxes,
        positives=(len(labelled), len(targets), len(single)),
        tally=tally,
    )


def _unmatched(found: int, operating: int, every: People[InputPixels], judging: Judging) -> Matched:
    """Return the match of an image in which nobody is labelled."""
    tally = empty_tally(len(judging.skeleton))
    tally.people[:] = (0, operating, 0, operating)
    none, single = np.zeros((found, len(THRESHOLDS)), bool), np.zeros((found, 1), bool)
    hits = none if len(every) == found else np.zeros((len(every), len(THRESHOLDS)), bool)
    classes = every.class_numbers if judging.classes else np.zeros(len(every), np.int32)
    return Matched(none, ByUltralytics(every.confidences, classes, hits), single, single, (0, 0, 0), tally)


def _by_ultralytics(
    targets: People[ImagePixels],
    found: People[InputPixels],
    placement: Placement,
    resize: Resize,
    judging: Judging,
) -> ByUltralytics:
    """Match by Ultralytics' rule, class by class.

    Its validation letterboxes and looks in pixels of the input, so that is done here; otherwise in those of the image.
    """
    if resize is Resize.LETTERBOX:
        truth = image_to_input(targets, placement)
        oks = _yolo_oks(truth.keypoints, truth.boxes, found.keypoints, judging)
    else:
        oks = _yolo_oks(targets.keypoints, targets.boxes, input_to_image(found, placement).keypoints, judging)
    classes = found.class_numbers if judging.classes else np.zeros(len(found), np.int32)
    return ByUltralytics(found.confidences, classes, match_ranked(oks * _same_class(targets, found, judging)))


def _yolo_oks(truth: FloatArray, boxes: FloatArray, found: FloatArray, judging: Judging) -> Float64Array:
    return oks_matrix(truth, found, object_areas(boxes), judging.sigmas)


def _same_class(
    truth: People[ImagePixels], found: People[InputPixels] | People[ImagePixels], judging: Judging
) -> npt.NDArray[np.bool_] | int:
    """Return (T, P): whether two are of one class; 1 where classes are not told apart."""
    return truth.class_numbers[:, None] == found.class_numbers if judging.classes else 1


def _zoo_oks(
    labelled: People[ImagePixels], found: People[InputPixels], placement: Placement, skeleton: Skeleton
) -> Float64Array:
    """Return OKS as ST's model zoo computes it: in fractions of the model's input, whatever the resize did."""
    truth = fractions_of_input(image_to_input(labelled, placement), placement.size)
    seen = fractions_of_input(found, placement.size)
    return oks_matrix(truth.keypoints, seen.keypoints, object_areas(truth.boxes), skeleton.sigmas)


def _cut_off(truth: Truth, placement: Placement) -> int:
    left, top, width, height = placement.source
    used = np.array([[left, top, left + width, top + height]], np.float32)
    inside = covered_matrix(used, truth.people.boxes[truth.counts()])
    return int((inside < _SAME_PERSON).sum())
