"""COCO keypoint JSON (person_keypoints_*.json) and where its images lie."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from n6studio.domain.errors.datasets import LabelFormUnknown
from n6studio.domain.errors.foreign import Unparsable, reading
from n6studio.domain.errors.labels import LabelEntryUnusable, LabelsMatchNothing, NoKeypointsLabelled
from n6studio.domain.evaluation.account import LeftOut
from n6studio.domain.metrics.oks import BOX_TO_AREA
from n6studio.domain.model.formats import IMAGE_SUFFIXES
from n6studio.domain.pose.skeleton import described
from n6studio.domain.pose.skeleton_edits import LARGEST_SIGMA
from n6studio.domain.pose.skeleton_file import MOST_KEYPOINTS
from n6studio.domain.texts import counted, plural
from n6studio.gates.contents import what_instead
from n6studio.gates.files import LARGEST, is_file, is_folder, require_folder
from n6studio.gates.folders import within_limit
from n6studio.gates.json_texts import json_file
from n6studio.gates.paths import NoPath, plain_path
from n6studio.stages.datasets import label_studio
from n6studio.stages.datasets.faults import LARGEST_PIXEL, Faults, are_sigmas, shown, within
from n6studio.stages.datasets.model import (
    AREA_OF_BOXES,
    AREA_OF_SEGMENTS,
    Dataset,
    Item,
    Truth,
    absent,
    classes_note,
    make_truth,
    sigmas_of_ultralytics,
    without_missing,
)
from n6studio.stages.datasets.oddities import oddities
from n6studio.stages.datasets.places import image_folders
from n6studio.stages.datasets.rows import Row

_DIGITS = 19  # of an id written as text; more may not fit into 64 bits


def read(path: Path, images: Path | None, skip_missing: bool) -> Dataset:
    """Read the annotations of every category that has keypoints, and find the images.

    Raises:
        LabelsUnreadable: not COCO keypoint JSON.
        LabelsFaulty: annotations with values that no label has.
        ImagesMissing, FileMissing: images or the folder given for them are not there.
    """
    data, told = _load(path)
    return read_rows(path, data, images, skip_missing, told)


def read_rows(path: Path, data: Row, images: Path | None, skip_missing: bool, told: Sequence[str] = ()) -> Dataset:
    """Return the data set of what a file says in COCO's form, or of what a file of another form was brought into.

    Args:
        path: the file.
        data: images, annotations and categories.
        images: the folder of its images, or None.
        skip_missing: leave out images that are not there.
        told: what there is to say about how it was brought into this form.

    Raises:
        LabelsUnreadable, LabelsFaulty, ImagesMissing, FileMissing: as for `read`.
    """
    rows = _rows(path, data, "images")
    if not rows:
        raise LabelFormUnknown(path=path, reason="its list 'images' is empty")
    persons = _persons(path, _rows(path, data, "categories"))
    count = len(persons[0]["keypoints"])
    people = _People(count, [_identity(row["id"]) for row in persons])
    listed = _rows(path, data, "annotations")
    by_image, notes, others = _by_image(path, listed, persons, people.faults, rows)
    has_areas = all("area" in row for found in by_image.values() for row in found)
    find = _Finder(path, images)
    items, missing, unplaced = _placed(path, rows, find, people, by_image)
    people.faults.refuse(path)
    if missing:
        missing[0] = find.told(missing[0])
    items, more = without_missing(path, items, missing, skip_missing)
    gone = [LeftOut(count=len(missing), reason="are not there", example=missing[0])] if missing else []
    others += [LeftOut(count=unplaced, reason="in images that are not there")] if unplaced else []
    first = persons[0]
    skeleton = described(count, first["keypoints"], None, _sigmas(path, first, count), _pairs(first.get("skeleton")))
    source = AREA_OF_SEGMENTS if has_areas else AREA_OF_BOXES
    notes += [*told, *more, *people.notes(), *oddities(items, has_areas)]
    return Dataset(
        path.stem,
        "coco",
        path,
        tuple(items),
        skeleton,
        source,
        tuple(notes),
        classes=tuple(str(row.get("name") or f"category {row['id']}")[:80] for row in persons),
        left_out=tuple(gone),
        labels=len(listed),
        labels_left_out=tuple(others),
        ultralytics_sigmas=sigmas_of_ultralytics(count, 3, first.get("sigmas")),
    )


def _placed(
    path: Path, rows: list[Row], find: "_Finder", people: "_People", by_image: dict[int | str, list[Row]]
) -> tuple[list[Item], list[str], int]:
    """Return the images that are there, the names of those that are not, and how many labelled people these have."""
    items: list[Item] = []
    missing: list[str] = []
    seen: set[int | str] = set()
    unplaced = 0
    numbered = all(isinstance(_identity(row.get("id")), int) for row in rows)
    for number, row in enumerate(rows):
        name, identity = row.get("file_name"), _identity(row.get("id"))
        if not isinstance(name, str) or not name or identity is None or identity in seen:
            raise LabelEntryUnusable(path=path, reason=_image_fault(number, name, row.get("id"), identity))
        seen.add(identity)
        place = find(_file_name(path, number, name), row.get("coco_url"))
        truth = people.truth(by_image.get(identity, []))
        if place is None:
            missing.append(name)
            unplaced += len(truth.people)
        else:
            kept = identity if numbered and isinstance(identity, int) else number + 1
            items.append(Item(place, kept, truth, _size(row)))
    return items, missing, unplaced


def _load(path: Path) -> tuple[Row, list[str]]:
    """Return what a file says in COCO's form, and what there is to say about how it came into it."""
    try:
        with reading(path):
            data = json_file(path, LARGEST, unique=True)
    except Unparsable as error:
        raise LabelFormUnknown(path=path, reason=what_instead(path) or error.where) from error
    if isinstance(data, list) and label_studio.is_export(data):
        return label_studio.as_coco(path, data)
    if not isinstance(data, dict):
        raise LabelFormUnknown(path=path, reason="it is no object with images and annotations")
    return data, []


def _rows(path: Path, data: Row, name: str) -> list[Row]:
    rows = data.get(name)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise LabelFormUnknown(path=path, reason=f"it has no list '{name}'")
    return rows


def _persons(path: Path, categories: list[Row]) -> list[Row]:
    """Return the categories with keypoints, each once."""
    found = [row for row in categories if isinstance(row.get("keypoints"), list) and row["keypoints"]]
    counts = {len(row["keypoints"]) for row in found}
    if len(counts) != 1:
        if not counts:
            raise NoKeypointsLabelled(path=path, reason="it has no category with keypoints")
        raise LabelEntryUnusable(path=path, reason="it has categories with different numbers of keypoints")
    if counts.pop() > MOST_KEYPOINTS:
        raise LabelEntryUnusable(path=path, reason=f"its people have more than {MOST_KEYPOINTS} keypoints")
    if any(_identity(row.get("id")) is None for row in found):
        raise LabelEntryUnusable(path=path, reason="a category with keypoints lacks a usable id")
    different = {_identity(row["id"]): row for row in found}
    if any(different[_identity(row["id"])] != row for row in found):
        raise LabelEntryUnusable(path=path, reason="two different categories with keypoints have the same id")
    return list(different.values())


def _identity(value: Any) -> int | str | None:
    """Return an id as it is compared: 7, 7.0 and '7' are the same; None where it is none."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < _DIGITS:
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value if value.bit_length() < 64 else None
    return value if isinstance(value, str) and value else None


def _by_image(
    path: Path,
    annotations: list[Row],
    persons: list[Row],
    faults: Faults,
    images: list[Row],
) -> tuple[dict[int | str, list[Row]], list[str], list[LeftOut]]:
    """Return the annotations of people by their image, and what is to be said of others, and their account.

    Raises:
        LabelsUnreadable: there are annotations, and not one is of a person in a listed image.
    """
    wanted = {_identity(row["id"]) for row in persons}
    listed = {_identity(row.get("id")) for row in images}
    found: dict[int | str, list[Row]] = defaultdict(list)
    strays, others = list[Any](), list[Any]()
    for row in annotations:
        category, image = _identity(row.get("category_id")), _identity(row.get("image_id"))
        if category is None or image is None:
            faults.add("no usable category_id or image_id", _named(row))
        elif category not in wanted:
            others.append(category)
        elif image not in listed:
            strays.append(image)
        else:
            found[image].append(row)
    if strays and images and not found:
        reason = f"none of its {len(strays)} annotations of people belongs to an image that it lists; "
        raise LabelsMatchNothing(path=path, reason=f"{reason}the first is of image {shown(strays[0])}")
    if others and images and not found and not strays:
        reason = f"none of its {len(others)} annotations has the category_id of people with keypoints, "
        raise LabelsMatchNothing(
            path=path, reason=f"{reason}{shown(persons[0]['id'])}; the first has {shown(others[0])}"
        )
    notes, left_out = [], list[LeftOut]()
    if others:
        without = f"of {plural(len(set(others)), 'a category', 'categories')} without keypoints"
        left_out.append(LeftOut(count=len(others), reason=without, example=f"category_id {shown(others[0])}"))
    if strays:
        example = f"image_id {shown(strays[0])}"
        left_out.append(LeftOut(count=len(strays), reason="of images that are not listed", example=example))
        notes.append(
            f"{counted(len(strays), 'annotation')} of people in images that {path.name} does not list "
            f"{plural(len(strays), 'was', 'were')} left out; the first is of image {shown(strays[0])}."
        )
    if len(persons) > 1:
        notes.append(classes_note(len(persons)))
    return found, notes, left_out


def _named(row: Row) -> str:
    image = f" of image {shown(row['image_id'])}" if "image_id" in row else ""
    return f"annotation {shown(row.get('id', '?'))}{image}"


def _file_name(path: Path, number: int, name: str) -> str:
    try:
        return str(plain_path(name))
    except NoPath as error:
        raise LabelEntryUnusable(path=path, reason=f"the file_name of image {number} {error}") from error


def _image_fault(number: int, name: Any, stated: Any, identity: int | str | None) -> str:
    """Return what is wrong with an entry of the images, as part of a sentence."""
    which = f"entry {number + 1} of its images"
    if not isinstance(name, str) or not name:
        return f"{which} lacks a file_name"
    if identity is not None:
        return f"{which}, {shown(name)}, has the id {shown(stated)}, which another one before it has"
    return (
        f"{which}, {shown(name)}, {'lacks an id' if stated in (None, '') else f'has an unusable id, {shown(stated)}'}"
    )


def _size(row: Row) -> tuple[int, int] | None:
    width, height = row.get("width"), row.get("height")
    return (width, height) if isinstance(width, int) and isinstance(height, int) else None


def _pairs(value: Any) -> list[tuple[int, int]]:
    """Return COCO's skeleton edges, which count keypoints from 1, counted from 0; what is none is left out."""
    pairs = value if isinstance(value, list) else []
    sound = [pair for pair in pairs if isinstance(pair, list) and len(pair) == 2]
    return [(a - 1, b - 1) for a, b in sound if type(a) is int and type(b) is int]


def _sigmas(path: Path, category: Row, count: int) -> list[float] | None:
    values = category.get("sigmas")
    if values is None:
        return None
    if not are_sigmas(values, count):
        reason = f"the category's sigmas should be {count} numbers above 0 and at most {LARGEST_SIGMA:g}"
        raise LabelEntryUnusable(path=path, reason=reason)
    return [float(one) for one in values]


class _People:
    """Makes the labels of each image, and remembers what is wrong with them, or odd.

    Args:
        count: K, how many keypoints a person has.
        categories: ids of the categories that people may have; their places are the classes.
    """

    def __init__(self, count: int, categories: Sequence[int | str | None]) -> None:
        self.faults = Faults("annotation")
        self._count = count
        self._class = {category: place for place, category in enumerate(categories)}
        self._labelled = self._at_origin = self._miscounted = 0

    def truth(self, rows: list[Row]) -> Truth:
        """Return the labels of one image; faulty annotations are noted in `faults` and left out."""
        boxes, points, areas, crowd, classes = [], [], [], [], []
        for row in rows:
            fault = _box_fault(row.get("bbox")) or _points_fault(row.get("keypoints"), self._count) or _other_fault(row)
            if fault:
                self.faults.add(fault, _named(row))
                continue
            left, top, width, height = (float(one) for one in row["bbox"])
            boxes.append([left, top, left + width, top + height])
            # Crowd regions and people too small to label may lack keypoints altogether.
            points.append([float(one) for one in row.get("keypoints") or [0.0] * (3 * self._count)])
            area = row.get("area")
            areas.append(width * height * BOX_TO_AREA if area is None else float(area))
            crowd.append(bool(row.get("iscrowd")))
            classes.append(self._class[_identity(row["category_id"])])
            seen = [(x, y) for x, y, v in zip(*(points[-1][place::3] for place in range(3)), strict=True) if v > 0]
            self._labelled += len(seen)
            self._at_origin += seen.count((0.0, 0.0))
            stated = row.get("num_keypoints")
            self._miscounted += stated is not None and bool(stated) != bool(seen)
        return make_truth(boxes, points, self._count, areas, crowd, classes)

    def notes(self) -> list[str]:
        """Return sentences about what may be wrong."""
        notes = []
        if self._at_origin:
            notes.append(
                f"{self._at_origin} of {self._labelled} labelled keypoints lie exactly at 0, 0: unlabelled ones that a "
                "converter marked as labelled?"
            )
        if self._miscounted:
            count, contradicts = self._miscounted, plural(self._miscounted, "contradicts its", "contradict their")
            notes.append(
                f"num_keypoints of {counted(count, 'annotation')} {contradicts} keypoints, which count "
                "here; COCO's own tool goes by num_keypoints."
            )
        return notes


def _box_fault(box: Any) -> str:
    if not isinstance(box, list) or len(box) != 4:
        return "a bbox that is not 4 numbers"
    if not all(within(one, LARGEST_PIXEL) for one in box):
        return "a bbox with values that are not numbers of pixels"
    return "a bbox of negative size" if box[2] < 0 or box[3] < 0 else ""


def _points_fault(points: Any, count: int) -> str:
    if not points and (points is None or isinstance(points, list)):
        return ""
    if not isinstance(points, list) or len(points) != 3 * count:
        return f"keypoints that are not {3 * count} numbers"
    if not all(within(one, LARGEST_PIXEL) for one in points):
        return "keypoints that are not numbers of pixels"
    return "" if all(0 <= one <= 2 for one in points[2::3]) else "keypoints whose visibility is not 0, 1 or 2"


def _other_fault(row: Row) -> str:
    area, crowd = row.get("area"), row.get("iscrowd")
    if area is not None and not within(area, LARGEST_PIXEL**2, 0):
        return "an area that is negative or not a number of pixels"
    return "" if crowd in (None, 0, 1) else "an iscrowd that is not 0 or 1"


class _Finder:
    """Finds images by the names in a JSON file.

    Tried are, in each of `image_folders`: the name as written, its last part, and the last part of coco_url.
    """

    def __init__(self, path: Path, images: Path | None) -> None:
        if images is not None:
            with reading(images):
                require_folder(images)
        self._folders = [folder for folder in image_folders(path, images) if is_folder(folder)]

    def told(self, name: str) -> str:
        """Return the name of an image that was not found, with what is there in its place, such as a broken link.

        Raises:
            FileUnreadable: it may be there, and its folder is closed to us.
        """
        told = max((absent(name, folder / name) for folder in self._folders), key=len, default=name)
        near = self._alike(name) if told == name else ""
        return f"{name} ({near} is there)" if near else told

    def _alike(self, name: str) -> str:
        """Return an image in the folders whose name differs in the suffix or in upper and lower case only; or ""."""
        stem = PurePosixPath(PureWindowsPath(name).as_posix()).stem.lower()
        for folder in self._folders:
            for one in within_limit(folder, folder.iterdir()):
                if one.stem.lower() == stem and one.suffix.lower() in IMAGE_SUFFIXES:
                    return one.name
        return ""

    def __call__(self, name: str, url: Any) -> Path | None:
        last = PurePosixPath(PureWindowsPath(name).as_posix()).name
        names = [name, last, *_last_of(url)]
        for folder in self._folders:
            for one in names:
                if one and is_file(folder / one):
                    if folder != self._folders[0]:  # the next image most likely lies in the same folder
                        self._folders.remove(folder)
                        self._folders.insert(0, folder)
                    return folder / one
        return None


def _last_of(url: Any) -> list[str]:
    try:
        return [plain_path(PurePosixPath(url).name).name] if isinstance(url, str) else []
    except NoPath:
        return []
