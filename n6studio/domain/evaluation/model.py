"""One evaluated model: how accurate and how fast it is.

Shares, precision, recall, AP, OKS and confidences are fractions of one, times are milliseconds, sizes are (width,
height) in pixels. None means that nothing could be measured, never zero. Fields with a default are younger than the
schema. docs/results.md explains every name.
"""

import msgspec

_OKS_THRESHOLDS = 10  # 0.50, 0.55 ... 0.95


def _require_curve(*numbers: tuple[float, ...]) -> None:
    """Raise ValueError where the numbers of a curve are none, or not as many of each: a file can say anything."""
    if len({len(some) for some in numbers}) != 1 or not numbers[0]:
        raise ValueError("a curve with as many numbers of each kind, one or more")


class CocoAccuracy(msgspec.Struct, frozen=True, kw_only=True):
    """COCO's keypoint evaluation, by pycocotools.

    Attributes:
        ap: average precision over OKS 0.50 to 0.95.
        ap50, ap75: at OKS 0.50 and 0.75.
        ap_small, ap_medium, ap_large: of people by area: up to 32², up to 96², and above, square pixels of the image.
        ar, ar50, ar75, ar_medium, ar_large: average recall.
        by_threshold: AP at each of ten OKS thresholds, 0.50 to 0.95.
    """

    ap: float | None
    ap50: float | None
    ap75: float | None
    ap_small: float | None = None
    ap_medium: float | None
    ap_large: float | None
    ar: float | None
    ar50: float | None
    ar75: float | None
    ar_medium: float | None
    ar_large: float | None
    by_threshold: tuple[float | None, ...]

    def __post_init__(self) -> None:
        """Refuse figures that are not of the thresholds they are drawn over.

        Raises:
            ValueError: they are not as many.
        """
        if len(self.by_threshold) != _OKS_THRESHOLDS:
            raise ValueError(f"AP at {_OKS_THRESHOLDS} OKS thresholds")


class ZooAccuracy(msgspec.Struct, frozen=True, kw_only=True):
    """Mean average precision by the rule of ST's model zoo services; `images` are those that count there."""

    map: float | None
    map50: float | None
    images: int


class YoloAccuracy(msgspec.Struct, frozen=True, kw_only=True):
    """Mean average precision by the rule of Ultralytics' validation, computed here."""

    map: float | None
    map50: float | None


class BoxAccuracy(msgspec.Struct, frozen=True, kw_only=True):
    """Average precision of the boxes at IoU 0.50."""

    ap50: float | None


class UltralyticsAccuracy(msgspec.Struct, frozen=True, kw_only=True):
    """Ultralytics' own validation.

    Attributes:
        map, map50: of poses.
        box_map, box_map50: of boxes.
        seconds: of its loop.
        images_per_second: of its loop; None where it took no time.
    """

    map: float
    map50: float
    box_map: float
    box_map50: float
    seconds: float | None
    images_per_second: float | None


class KeypointErrors(msgspec.Struct, frozen=True, kw_only=True):
    """How many keypoints of the people found are wrong, and how; see `n6studio.domain.metrics.errors`."""

    labelled: int
    good: int
    jitter: int
    inversion: int
    swap: int
    miss: int

    def share(self, count: int) -> float | None:
        """Return which share of the labelled keypoints so many are; None where nothing is labelled."""
        return count / self.labelled if self.labelled else None

    @property
    def by_kind(self) -> dict[str, int]:
        """How many are of each of `n6studio.domain.metrics.errors.KINDS`, in that order."""
        return {
            "good": self.good,
            "jitter": self.jitter,
            "inversion": self.inversion,
            "swap": self.swap,
            "miss": self.miss,
        }


class SizeGroup(msgspec.Struct, frozen=True, kw_only=True):
    """People of one size: 'small', 'medium' or 'large'."""

    name: str
    people: int
    ap: float | None


class CrowdGroup(msgspec.Struct, frozen=True, kw_only=True):
    """People of images with so many labelled people."""

    name: str
    images: int
    people: int
    ap: float | None


class HiddenGroup(msgspec.Struct, frozen=True, kw_only=True):
    """People of whom so much is hidden.

    Attributes:
        name: how much.
        people: how many.
        oks: their mean OKS, 0 for those not found.
        found: share with OKS 0.50 or better.
    """

    name: str
    people: int
    oks: float | None
    found: float | None


class Groups(msgspec.Struct, frozen=True, kw_only=True):
    """Accuracy for parts of the people."""

    size: tuple[SizeGroup, ...]
    crowd: tuple[CrowdGroup, ...]
    hidden: tuple[HiddenGroup, ...]


class ConfidenceBin(msgspec.Struct, frozen=True, kw_only=True):
    """People with a confidence from `low` to `high`.

    Attributes:
        low, high: the limits.
        people: how many were found with such a confidence.
        score: their mean confidence.
        right: share with OKS 0.50 or better.
    """

    low: float
    high: float
    people: int
    score: float | None
    right: float | None


class PrecisionRecall(msgspec.Struct, frozen=True, kw_only=True):
    """Precision at 101 values of recall."""

    recall: tuple[float, ...]
    precision: tuple[float, ...]

    def __post_init__(self) -> None:
        """Refuse a curve that is none.

        Raises:
            ValueError: its numbers are not as many.
        """
        _require_curve(self.recall, self.precision)


class PrecisionRecalls(msgspec.Struct, frozen=True, kw_only=True):
    """The curves at OKS 0.50 (`pose`) and at IoU 0.50 (`box`)."""

    pose: PrecisionRecall
    box: PrecisionRecall


class BestF1(msgspec.Struct, frozen=True, kw_only=True):
    """The confidence threshold with the highest F1, and what it is there."""

    confidence: float
    f1: float
    precision: float
    recall: float


class F1Curve(msgspec.Struct, frozen=True, kw_only=True):
    """Precision, recall and F1 over 101 values of the confidence threshold; `best` is None where F1 is 0 throughout."""

    confidence: tuple[float, ...]
    precision: tuple[float, ...]
    recall: tuple[float, ...]
    f1: tuple[float, ...]
    best: BestF1 | None

    def __post_init__(self) -> None:
        """Refuse a curve that is none.

        Raises:
            ValueError: its numbers are not as many.
        """
        _require_curve(self.confidence, self.precision, self.recall, self.f1)

    def place(self, threshold: float) -> int:
        """Return the place of a confidence threshold in the curve."""
        steps = len(self.confidence) - 1
        return min(steps, max(0, round(threshold * steps)))


class F1Curves(msgspec.Struct, frozen=True, kw_only=True):
    """The curves at OKS 0.50 (`pose`) and at IoU 0.50 (`box`)."""

    pose: F1Curve
    box: F1Curve


class KeypointAccuracy(msgspec.Struct, frozen=True, kw_only=True):
    """One keypoint, over people matched from OKS 0.1.

    Attributes:
        name: of the keypoint.
        labelled: how often it is labelled on people who were found.
        error: mean distance over the square root of the person's area.
        pck: share within a tenth of the longer side of the labelled box.
        recall: share of all points labelled visible that were found within that reach.
        swap_rate: share of left/right pairs found the wrong way round.
    """

    name: str
    labelled: int
    error: float | None
    pck: float | None
    recall: float | None
    swap_rate: float | None


class PeopleCount(msgspec.Struct, frozen=True, kw_only=True):
    """People at the operating confidence; all but `found` are None without labels.

    Attributes:
        labelled: how many there are.
        found: how many were found.
        right: found with OKS 0.50 or better (TP).
        missed: not found (FN).
        false: found where nobody is (FP).
    """

    labelled: int | None
    found: int
    right: int | None
    missed: int | None
    false: int | None


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """Milliseconds over all images; None without any."""

    median: float | None
    p95: float | None
    mean: float | None


class PartTimes(msgspec.Struct, frozen=True, kw_only=True):
    """Milliseconds of the parts of the work on an image, on one core of this computer."""

    read: Spread
    resize: Spread
    inference: Spread
    decode: Spread

    @property
    def medians(self) -> tuple[float | None, ...]:
        """The medians in the order in which the parts are done."""
        return self.read.median, self.resize.median, self.inference.median, self.decode.median


class ClassAccuracy(msgspec.Struct, frozen=True, kw_only=True):
    """One class of several.

    Attributes:
        name: of the class.
        people, images: labelled people of it, and images with one.
        ap, ap50: COCO's AP, over OKS 0.50 to 0.95 and at 0.50; None where nobody is of it.
        yolo_map, yolo_map50: by Ultralytics' rule.
    """

    name: str
    people: int
    images: int
    ap: float | None
    ap50: float | None
    yolo_map: float | None
    yolo_map50: float | None


class Confusion(msgspec.Struct, frozen=True, kw_only=True):
    """Who was taken for what, at the operating confidence and OKS 0.50.

    Attributes:
        classes: their names.
        counts: a row for each labelled class and a last one for nobody, a column for each class that was found and a
            last one for nobody: people not found stand in the last column, people found who are not there in the last
            row.
    """

    classes: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]

    def __post_init__(self) -> None:
        """Refuse a table that is none.

        Raises:
            ValueError: it has not as many rows or columns as there are classes, and one more.
        """
        size = len(self.classes) + 1
        if len(self.counts) != size or any(len(row) != size for row in self.counts):
            raise ValueError(f"{size} rows and columns of a confusion table")


class ModelFile(msgspec.Struct, frozen=True, kw_only=True):
    """Which model it is.

    Attributes:
        name: short, for tables and charts; unlike the others'.
        path: the file.
        source: the file it was made from, None for none.
        sha256: of the file.
        format: 'tflite', 'onnx'...
        input_size: (width, height), pixels.
        input_type, output_type: 'uint8', 'int8' or 'float'.
        people_by: whose rule made people of its output: 'board' for ST's post-processing of int8, or 'n6studio'.
    """

    name: str
    path: str
    source: str | None
    sha256: str
    format: str
    input_size: tuple[int, int]
    input_type: str
    output_type: str
    people_by: str = "n6studio"


class ModelResults(ModelFile, frozen=True, kw_only=True):
    """One model, how accurate and how fast it is. What needs labels is None or empty without.

    Attributes:
        coco, zoo, yolo, box: accuracy by the published rules.
        ultralytics: its own validation, where it was asked for and possible.
        errors, groups, calibration: where accuracy is lost.
        pr, f1: curves.
        keypoints: in the order of the model's keypoints.
        people: counts at the operating confidence.
        ms: times.
        images_per_second: that this model would reach alone.
        classes: accuracy of each class; () where there is one only, and in results of earlier releases.
        confusion: which class was taken for which; None likewise.
    """

    coco: CocoAccuracy | None
    zoo: ZooAccuracy | None
    yolo: YoloAccuracy | None
    box: BoxAccuracy | None
    ultralytics: UltralyticsAccuracy | None = None
    errors: KeypointErrors | None = None
    groups: Groups | None = None
    calibration: tuple[ConfidenceBin, ...] | None = None
    pr: PrecisionRecalls | None
    f1: F1Curves | None
    keypoints: tuple[KeypointAccuracy, ...]
    people: PeopleCount
    ms: PartTimes
    images_per_second: float | None = None
    classes: tuple[ClassAccuracy, ...] = ()
    confusion: Confusion | None = None
