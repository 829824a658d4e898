"""What lies on the limits of COCO's label files: ids, sizes, values that no label has, and where images are found."""

import json
import os
import sys
from pathlib import Path

import pytest

from n6studio.domain.errors.datasets import ImagesMissing, LabelsFaulty, LabelsUnreadable
from n6studio.domain.errors.files import FileUnreadable
from n6studio.stages.datasets.coco import read
from n6studio.stages.datasets.load import MOST_PEOPLE, open_dataset

NAMES = ("a.jpg", "b.jpg")


def person(image=1, **changes):
    return {
        "image_id": image,
        "category_id": 1,
        "bbox": [1, 2, 10, 20],
        "keypoints": [3, 4, 2, 5, 6, 1],
        "area": 100,
    } | changes


def labels(annotations=(), images=None, **category):
    named = [{"id": number, "file_name": name} for number, name in enumerate(NAMES, 1)]
    return {
        "images": named if images is None else images,
        "annotations": list(annotations),
        "categories": [{"id": 1, "keypoints": ["nose", "tail"]} | category],
    }


@pytest.fixture
def opened(tmp_path):
    """Write labels beside both images, and read them."""
    for name in NAMES:
        (tmp_path / name).touch()

    def opened(data):
        path = tmp_path / "labels.json"
        path.write_text(json.dumps(data), encoding="utf-8")
        return read(path, None, False)

    return opened


@pytest.fixture
def refused(opened):
    def refused(data, reason, error=LabelsUnreadable):
        with pytest.raises(error) as raised:
            opened(data)
        assert reason in raised.value.reason

    return refused


def images_with(*ids, **more):
    return [{"id": one, "file_name": name, **more} for one, name in zip(ids, NAMES, strict=True)]


def people_of(dataset) -> list[int]:
    return [len(item.truth.people) for item in dataset.items]


def test_labels(opened):
    dataset = opened(labels([person(), person(2, bbox=[0, 0, 2, 2], area=3)]))
    assert [item.image_id for item in dataset.items] == [1, 2]
    assert dataset.items[0].truth.people.boxes.tolist() == [[1, 2, 11, 22]]
    assert dataset.items[0].truth.people.keypoints.tolist() == [[[3, 4, 2], [5, 6, 1]]]
    assert dataset.items[0].truth.areas.tolist() == [100]
    assert dataset.area_source == "segment"
    assert dataset.notes == ()


# --- ids -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("listed", "meant"),
    [
        (7, 7.0),
        (7.0, "7"),
        ("7", 7),
        (123456789012345678, "123456789012345678"),  # 18 digits always fit into 64 bits
        ("1" * 19, "1" * 19),  # more stay a text
        ("9" * 30, "9" * 30),
        ("a", "a"),
        (2**63 - 1, 2**63 - 1),
        (-(2**63 - 1), -(2**63 - 1)),
    ],
)
def test_ids_that_are_the_same(opened, listed, meant):
    assert people_of(opened(labels([person(meant)], images_with(listed, 5)))) == [1, 0]


@pytest.mark.parametrize(
    ("listed", "meant"),
    [
        (1111111111111111111, "1" * 19),  # 19 digits
        (3, "\N{ARABIC-INDIC DIGIT THREE}"),
        (3, "3.0"),
        (3, "-3"),
        (3, "a"),
    ],
)
def test_ids_that_are_not_the_same(refused, listed, meant):
    refused(labels([person(meant)], images_with(listed, 5)), "belongs to an image that it lists")


NO_IDS = [None, "", True, 7.5, [7], {}, 2**63, -(2**63), 1e300]


@pytest.mark.parametrize("wrong", NO_IDS)
def test_what_is_no_id(refused, wrong):
    refused(labels(images=images_with(1, wrong)), "entry 2 of its images, b.jpg, ")
    faulty = labels([person(), person(wrong)])
    refused(faulty, "1 annotation has no usable category_id or image_id", LabelsFaulty)
    refused(labels([person(category_id=wrong)]), "no usable category_id or image_id", LabelsFaulty)
    refused(labels(id=wrong), "a category with keypoints lacks a usable id")
    both = labels()
    both["categories"] *= 2
    both["categories"][1] = both["categories"][0] | {"id": wrong}
    refused(both, "a category with keypoints lacks a usable id")


def test_every_image_has_an_id_of_its_own(refused):
    refused(labels(images=images_with(1, "1")), "has the id 1, which another one before it has")
    refused(labels(images=[{"file_name": "a.jpg"}]), "entry 1 of its images, a.jpg, lacks an id")


@pytest.mark.parametrize("name", [None, "", 5, ["a.jpg"]])
def test_every_image_has_a_name(refused, name):
    refused(labels(images=[{"id": 1, "file_name": name}]), "entry 1 of its images lacks a file_name")


def test_images_are_numbered_anew_unless_all_have_numbers(opened):
    def numbers(*ids):
        return [item.image_id for item in opened(labels(images=images_with(*ids))).items]

    assert numbers(70, "80") == [70, 80]
    assert numbers("left", 80) == [1, 2]
    assert numbers(70, "right") == [1, 2]
    assert numbers("left", "right") == [1, 2]


@pytest.mark.parametrize(
    ("size", "found"),
    [
        ({"width": 40, "height": 20}, (40, 20)),
        ({"width": 40}, None),
        ({"height": 20}, None),
        ({"width": "40", "height": 20}, None),
        ({"width": 40, "height": 20.5}, None),
    ],
)
def test_sizes(opened, size, found):
    assert [item.size for item in opened(labels(images=images_with(1, 2, **size))).items] == [found, found]


# --- categories ------------------------------------------------------------------------------------------------------


def test_a_thousand_keypoints(opened, refused):
    assert len(opened(labels(keypoints=["x"] * 1000)).skeleton.names) == 1000
    refused(labels(keypoints=["x"] * 1001), "its people have more than 1000 keypoints")


def test_others_are_left_out_where_there_are_people(opened, refused):
    assert people_of(opened(labels([person(), person(category_id=9)]))) == [1, 0]
    refused(labels([person(category_id=9)]), "has the category_id of people with keypoints, 1; the first has 9")
    refused(labels([person(category_id=9), person(5)]), "belongs to an image that it lists")
    refused(labels([person(category_id=9)], images=[]), "its list 'images' is empty")


def test_skeleton_edges_count_from_1(opened):
    edges = [[1, 2], ["1", 2], [1, "2"], [1.0, 2], [1, True], [1], 1, [1, 2, 2]]
    assert opened(labels(skeleton=edges)).skeleton.edges == ((0, 1),)


@pytest.mark.parametrize("sigmas", [0.5, "0.5", {"0": 0.5}, [0.5, "0.5"], [0.5, 1.5], [0.5, -0.1], [0.5], [0.5, 0]])
def test_sigmas_are_numbers_up_to_1(refused, sigmas):
    refused(labels(sigmas=sigmas), "the category's sigmas should be 2 numbers above 0 and at most 1")


def test_own_sigmas(opened):
    assert opened(labels(sigmas=[1, 0.25])).skeleton.sigmas == (1, 0.25)


# --- people ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"bbox": None}, "a bbox that is not 4 numbers"),
        ({"bbox": [1, 2, 3]}, "a bbox that is not 4 numbers"),
        ({"bbox": [1, 2, 3, 4, 5]}, "a bbox that is not 4 numbers"),
        ({"bbox": {"1": 1, "2": 2, "3": 3, "4": 4}}, "a bbox that is not 4 numbers"),
        ({"bbox": [1, 2, 3, "4"]}, "a bbox with values that are not numbers of pixels"),
        ({"bbox": [1_000_001, 2, 3, 4]}, "a bbox with values that are not numbers of pixels"),
        ({"bbox": [1, -1_000_001, 3, 4]}, "a bbox with values that are not numbers of pixels"),
        ({"bbox": [1, 2, -0.5, 4]}, "a bbox of negative size"),
        ({"bbox": [1, 2, 3, -0.5]}, "a bbox of negative size"),
        ({"keypoints": [1] * 5}, "keypoints that are not 6 numbers"),
        ({"keypoints": [1] * 7}, "keypoints that are not 6 numbers"),
        ({"keypoints": 6}, "keypoints that are not 6 numbers"),
        ({"keypoints": 0}, "keypoints that are not 6 numbers"),
        ({"keypoints": ""}, "keypoints that are not 6 numbers"),
        ({"keypoints": {}}, "keypoints that are not 6 numbers"),
        ({"keypoints": "123456"}, "keypoints that are not 6 numbers"),
        ({"keypoints": [1, 2, 1, None, 2, 1]}, "keypoints that are not numbers of pixels"),
        ({"keypoints": [1, 2, 3, 1, 2, 1]}, "keypoints whose visibility is not 0, 1 or 2"),
        ({"keypoints": [1, 2, 1, 1, 2, 3]}, "keypoints whose visibility is not 0, 1 or 2"),
        ({"keypoints": [1, 2, 1, 1, 2, -1]}, "keypoints whose visibility is not 0, 1 or 2"),
        ({"area": -0.5}, "an area that is negative or not a number of pixels"),
        ({"area": "5"}, "an area that is negative or not a number of pixels"),
        ({"area": 1.000001e12}, "an area that is negative or not a number of pixels"),
        ({"iscrowd": 2}, "an iscrowd that is not 0 or 1"),
        ({"iscrowd": "1"}, "an iscrowd that is not 0 or 1"),
    ],
)
def test_values_that_no_label_has(refused, changes, fault):
    refused(labels([person(id=5, **changes)]), f"1 annotation has {fault} (annotation 5 of image 1)", LabelsFaulty)


@pytest.mark.parametrize(
    "changes",
    [
        {"bbox": [1, 2, 0, 0.25]},
        {"bbox": [1, 2, 0.25, 0]},
        {"bbox": [-1_000_000, 1_000_000, 1_000_000, 1_000_000]},
        {"keypoints": None},
        {"keypoints": []},
        {"keypoints": [-5, 1_000_000, 0, 1.5, 2.5, 2]},
        {"area": 0},
        {"area": 0.25},
        {"area": 1e12},
        {"area": None},
        {"iscrowd": 0},
        {"iscrowd": 1},
        {"iscrowd": None},
    ],
)
def test_values_that_are_odd_but_possible(opened, changes):
    assert people_of(opened(labels([person(**changes)]))) == [1, 0]


def test_areas_are_of_segments_only_where_everybody_has_one(opened):
    without = {name: value for name, value in person().items() if name != "area"}
    for people, source in (([person(), person()], "segment"), ([person(), without], "0.53 x box"), ([], "segment")):
        assert opened(labels(people)).area_source == source
    assert opened(labels([without])).items[0].truth.areas == pytest.approx([106])  # 0.53 * 10 * 20


def test_keypoints_at_the_origin_are_told(opened):
    rows = [person(keypoints=[0, 0, 2, 0, 0, 0]), person(2, keypoints=[0, 1, 2, 1, 0, 1])]
    note, _ = opened(labels(rows)).notes
    assert note.startswith("1 of 3 labelled keypoints lie exactly at 0, 0")


# --- images ----------------------------------------------------------------------------------------------------------


def test_the_folder_of_the_last_image_is_looked_into_first(tmp_path):
    """The first image is in `images` only, the second in both; of the others one is beside the labels only."""
    for place in ("images/a.jpg", "images/b.jpg", "b.jpg", "c.jpg", "images/d.jpg", "d.jpg"):
        (tmp_path / place).parent.mkdir(exist_ok=True)
        (tmp_path / place).touch()
    path = tmp_path / "labels.json"
    names = ["b.jpg", "a.jpg", "b.jpg", "c.jpg", "d.jpg"]
    path.write_text(json.dumps(labels(images=[{"id": n, "file_name": name} for n, name in enumerate(names, 1)])))
    found = [item.path.relative_to(tmp_path).as_posix() for item in read(path, None, False).items]
    assert found == ["b.jpg", "images/a.jpg", "images/b.jpg", "c.jpg", "d.jpg"]


def test_a_crowd_that_would_be_compared_for_hours_is_refused(tmp_path):
    for name in NAMES:
        (tmp_path / name).touch()
    path = tmp_path / "labels.json"
    most = [person(2, id=number) for number in range(1, MOST_PEOPLE + 1)]
    path.write_text(json.dumps(labels([*most, person(2, id=0)])), encoding="utf-8")
    with pytest.raises(LabelsUnreadable) as raised:
        open_dataset(path)
    assert raised.value.reason == "b.jpg has 2,001 people, and at most 2,000 of an image are read"
    path.write_text(json.dumps(labels(most)), encoding="utf-8")
    assert len(open_dataset(path).items) == 2


# --- what is possible, and odd ---------------------------------------------------------------------------------------


def told(opened, *annotations, images=None):
    """Return the notes, joined."""
    return " ".join(opened(labels(annotations, images)).notes)


def test_a_sound_file_is_told_nothing_of(opened):
    sized = images_with(1, 2, width=40, height=40)
    crowd = person(iscrowd=1, area=900)  # a region may be larger than its box says
    assert told(opened, person(), person(2, area=200), crowd, images=sized) == ""
    assert told(opened, person(keypoints=[3, 4, 2, 40, 40, 1]), images=sized) == ""  # on the edge


def test_fractions_where_pixels_belong_are_told(opened):
    fractions = person(bbox=[0.1, 0.1, 0.5, 0.5], keypoints=[0.2, 0.3, 2, 1, 0.9, 1], area=0.2)
    assert "All 2 labelled keypoints lie between 0 and 1" in told(opened, fractions)
    assert "between 0 and 1" not in told(opened, fractions, person(2))


def test_keypoints_outside_the_image_are_told(opened):
    far = person(keypoints=[300, 4, 2, 5, 6, 1])
    said = told(opened, far, person(2), images=images_with(1, 2, width=40, height=40))
    assert "1 of 4 labelled keypoints lie outside their image" in said
    assert told(opened, far) == ""  # nothing says how large it is
    unseen = person(keypoints=[300, 4, 0, 5, 6, 1])
    assert told(opened, unseen, images=images_with(1, 2, width=40, height=40)) == ""


def test_areas_that_contradict_the_boxes_are_told(opened):
    for area in (0, 1.9, 203):  # the box has 200
        assert "The area of 1 of 2 people is larger than the box, or less" in told(opened, person(area=area), person(2))
    assert told(opened, person(area=None), person(2)) == ""


def test_labels_and_images_that_are_there_twice_are_told(opened):
    other = person(category_id=1, keypoints=[3, 4, 2, 5, 7, 1])
    assert told(opened, person(), other, person(2)) == ""
    assert "2 labels repeat another one" in told(opened, person(), person(), person(), other, person(2))
    twice = [{"id": 1, "file_name": "a.jpg"}, {"id": 2, "file_name": "a.jpg"}]
    assert "1 image is listed more than once; the first is a.jpg" in told(opened, person(), images=twice)


def test_the_same_category_twice_is_one(opened):
    data = labels([person()])
    data["categories"] *= 2
    dataset = opened(data)
    assert len(dataset.classes) == 1
    assert not dataset.items[0].truth.people.class_numbers.any()


def test_two_categories_with_one_id_are_refused(refused):
    data = labels([person()])
    data["categories"].append(data["categories"][0] | {"name": "dog"})
    refused(data, "two different categories with keypoints have the same id")


@pytest.mark.parametrize("place", ["annotations", "image_id"])
def test_a_name_with_two_values_is_refused_and_with_the_same_value_twice_is_not(tmp_path, place):
    for name in NAMES:
        (tmp_path / name).touch()
    path, text = tmp_path / "labels.json", json.dumps(labels([person()]))
    path.write_text(text.replace(f'"{place}":', f'"{place}": [], "{place}":'), encoding="utf-8")
    with pytest.raises(LabelsUnreadable, match=f"gives '{place}' two different values"):
        open_dataset(path)
    path.write_text(text.replace('"category_id":', '"category_id": 1, "category_id":'), encoding="utf-8")
    assert len(open_dataset(path).items[0].truth.people) == 1


@pytest.mark.parametrize(("stated", "told"), [(0, 1), (2, 0), (None, 0)])
def test_a_num_keypoints_that_contradicts_the_keypoints_is_told(opened, stated, told):
    notes = [note for note in opened(labels([person(num_keypoints=stated)])).notes if "num_keypoints" in note]
    assert len(notes) == told


def test_what_lies_in_an_image_s_place_is_told(tmp_path):
    (tmp_path / "a.jpg").symlink_to("gone.jpg")
    (tmp_path / "labels.json").write_text(json.dumps(labels()), encoding="utf-8")
    with pytest.raises(ImagesMissing) as caught:
        open_dataset(tmp_path / "labels.json")
    assert caught.value.example == "a.jpg (a link to gone.jpg, which is missing)"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps rights elsewhere")
def test_an_image_in_a_folder_that_is_closed_is_told_so(tmp_path, monkeypatch):
    (tmp_path / "closed").mkdir(0o000)
    (tmp_path / "b.jpg").touch()
    images = [{"id": 1, "file_name": "closed/a.jpg"}, {"id": 2, "file_name": "b.jpg"}]
    (tmp_path / "labels.json").write_text(json.dumps(labels([person()], images)), encoding="utf-8")
    tmp_path.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)  # root may enter every folder
    try:
        with pytest.raises(FileUnreadable, match="Permission denied"):
            open_dataset(Path("labels.json"))
    finally:
        os.seteuid(before)
        Path("closed").chmod(0o700)
