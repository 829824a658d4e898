import json
import os

import cv2
import numpy as np
import pytest

from n6studio.domain.errors.datasets import ImagesMissing, LabelsFaulty, LabelsUnreadable, NoImages
from n6studio.domain.errors.files import FileMissing, NotAFile
from n6studio.domain.pose.skeleton import COCO
from n6studio.stages.datasets.load import open_dataset
from n6studio.stages.datasets.places import label_path

IMAGE = cv2.imencode(".jpg", np.zeros((20, 40, 3), np.uint8))[1].tobytes()


def put(path, content=IMAGE):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content) if isinstance(content, bytes) else path.write_text(content, encoding="utf-8")
    return path


def coco(images=("a.jpg", "b.jpg"), annotations=None, **category):
    person = {"id": 1, "name": "person", "keypoints": ["nose", "left_eye", "right_eye"], "skeleton": [[1, 2], [1, 3]]}
    rows = annotations
    if rows is None:
        rows = [annotation(1)]
    return {
        "images": [{"id": n, "file_name": name, "width": 40, "height": 20} for n, name in enumerate(images, 1)],
        "annotations": rows,
        "categories": [{**person, **category}, {"id": 2, "name": "dog"}],
    }


def annotation(image, **changes):
    points = [5, 5, 2, 6, 4, 1, 0, 0, 0]
    row = {"id": 7, "image_id": image, "category_id": 1, "bbox": [1, 2, 10, 12], "keypoints": points, "area": 50.0}
    return {**row, "iscrowd": 0, **changes}


def write_coco(tmp_path, data, folder="images"):
    for name in ("a.jpg", "b.jpg"):
        put(tmp_path / folder / name)
    return put(tmp_path / "annotations" / "person_keypoints_val2017.json", json.dumps(data))


# --- COCO ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", ["images", "val2017", "images/val2017", "annotations", "annotations/images"])
def test_coco_finds_its_images_in_the_usual_places(tmp_path, folder):
    dataset = open_dataset(write_coco(tmp_path, coco(), folder))
    assert [item.path.name for item in dataset.items] == ["a.jpg", "b.jpg"]
    assert dataset.kind == "coco"
    assert dataset.area_source == "segment"
    truth = dataset.items[0].truth
    assert truth.people.boxes.tolist() == [[1, 2, 11, 14]]
    assert truth.areas.tolist() == [50]
    assert truth.counts().tolist() == [True]
    assert len(dataset.items[1].truth.people) == 0
    assert dataset.skeleton.names == ("nose", "left eye", "right eye")
    assert dataset.skeleton.mirror == (0, 2, 1)
    assert dataset.skeleton.edges == ((0, 1), (0, 2))
    assert not dataset.skeleton.sigmas_known


def test_coco_images_elsewhere_and_by_url(tmp_path):
    data = coco(images=("gone/x.jpg", "train\\b.jpg"))
    data["images"][0]["coco_url"] = "http://example.org/val2017/a.jpg"
    path = write_coco(tmp_path / "labels", data, "../images here")
    with pytest.raises(ImagesMissing):
        open_dataset(path)
    dataset = open_dataset(path, images=tmp_path / "images here")
    assert [item.path.name for item in dataset.items] == ["a.jpg", "b.jpg"]
    with pytest.raises(FileMissing):
        open_dataset(path, images=tmp_path / "nowhere")


def test_coco_without_areas_takes_them_from_boxes(tmp_path):
    row = annotation(1)
    del row["area"]
    dataset = open_dataset(write_coco(tmp_path, coco(annotations=[row])))
    assert dataset.area_source == "0.53 x box"
    assert dataset.items[0].truth.areas[0] == pytest.approx(0.53 * 120)


def test_coco_crowds_other_categories_and_people_without_keypoints(tmp_path):
    rows = [
        annotation(1, id=1, iscrowd=1),
        annotation(1, id=2, category_id=2, keypoints=None),
        annotation(1, id=3, keypoints=[0] * 9, num_keypoints=0),
        annotation(1, id=4, keypoints=None),
    ]
    truth = open_dataset(write_coco(tmp_path, coco(annotations=rows))).items[0].truth
    assert len(truth.people) == 3
    assert truth.crowd.tolist() == [True, False, False]
    assert not truth.counts().any()


def test_coco_seventeen_points_are_recognised_and_own_sigmas_are_used(tmp_path):
    names = [name.replace(" ", "_") for name in COCO.names]
    rows = [annotation(1, keypoints=[1, 1, 2] * 17)]
    assert open_dataset(write_coco(tmp_path, coco(annotations=rows, keypoints=names))).skeleton is COCO
    dataset = open_dataset(write_coco(tmp_path, coco(sigmas=[0.1, 0.2, 0.2])))
    assert dataset.skeleton.sigmas == (0.1, 0.2, 0.2)
    assert dataset.skeleton.sigmas_known


def test_missing_images_are_counted_and_can_be_left_out(tmp_path):
    path = write_coco(tmp_path, coco(images=("a.jpg", "gone.jpg", "lost.jpg")))
    with pytest.raises(ImagesMissing) as caught:
        open_dataset(path)
    assert caught.value.values == {"path": str(path), "missing": 2, "total": 3, "example": "gone.jpg"}
    dataset = open_dataset(path, skip_missing=True)
    assert len(dataset.items) == 1
    assert "2 of 3" in dataset.notes[0]
    with pytest.raises(ImagesMissing):
        open_dataset(write_coco(tmp_path, coco(images=("gone.jpg",))), skip_missing=True)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"images": [\n  1,,\n]}', "line 2"),
        ("[1, 2]", "it is no object"),
        ("{}", "no list 'images'"),
        ('{"images": [1], "annotations": [], "categories": []}', "no list 'images'"),
        (json.dumps(coco(keypoints=[])), "no category with keypoints"),
        (json.dumps({**coco(), "images": [{"id": 1}]}), "entry 1 of its images lacks a file_name"),
        (json.dumps({**coco(), "images": [{"id": 1, "file_name": "a.jpg"}] * 2}), "entry 2 of its images, a.jpg, has"),
        (b"\xff\xfe\x00", "it is text in UTF-16"),
        (b"\xe9", "line 1: it is not UTF-8 text"),
        ("", "it is an empty file"),
        ("<!DOCTYPE html>", "it is a web page"),
        (b"\x1f\x8b", "it is a gzip archive"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_broken_coco_says_where(tmp_path, content, words):
    put(tmp_path / "images" / "a.jpg")
    path = put(tmp_path / "labels.json", content)
    with pytest.raises(LabelsUnreadable) as caught:
        open_dataset(path)
    assert words in caught.value.values["reason"]


NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"bbox": [NAN] * 4}, "a bbox with values that are not numbers of pixels"),
        ({"bbox": [1, 2, INF, 3]}, "a bbox with values that are not numbers of pixels"),
        ({"bbox": [1e308] * 4}, "a bbox with values that are not numbers of pixels"),
        ({"bbox": [10**400, 1, 1, 1]}, "a bbox with values that are not numbers of pixels"),
        ({"bbox": [True, 1, 1, 1]}, "a bbox with values that are not numbers of pixels"),
        ({"bbox": [1, 2, -3, 4]}, "a bbox of negative size"),
        ({"bbox": None}, "a bbox that is not 4 numbers"),
        ({"bbox": "x"}, "a bbox that is not 4 numbers"),
        ({"bbox": [1, 2, 3]}, "a bbox that is not 4 numbers"),
        ({"bbox": [1, 2, None, 4]}, "a bbox with values that are not numbers of pixels"),
        ({"keypoints": [1, 2, 3]}, "keypoints that are not 9 numbers"),
        ({"keypoints": [NAN, 5, 2, 6, 4, 1, 0, 0, 0]}, "keypoints that are not numbers of pixels"),
        ({"keypoints": [-1e300, 5, 2, 6, 4, 1, 0, 0, 0]}, "keypoints that are not numbers of pixels"),
        ({"keypoints": ["5", 5, 2, 6, 4, 1, 0, 0, 0]}, "keypoints that are not numbers of pixels"),
        ({"keypoints": [5, 5, 3, 6, 4, 1, 0, 0, 0]}, "keypoints whose visibility is not 0, 1 or 2"),
        ({"keypoints": [5, 5, -1, 6, 4, 1, 0, 0, 0]}, "keypoints whose visibility is not 0, 1 or 2"),
        ({"keypoints": {"nose": 1}}, "keypoints that are not 9 numbers"),
        ({"area": -1e9}, "an area that is negative or not a number of pixels"),
        ({"area": NAN}, "an area that is negative or not a number of pixels"),
        ({"area": "large"}, "an area that is negative or not a number of pixels"),
        ({"iscrowd": "0"}, "an iscrowd that is not 0 or 1"),
        ({"category_id": [1]}, "no usable category_id or image_id"),
        ({"category_id": None}, "no usable category_id or image_id"),
        ({"image_id": {}}, "no usable category_id or image_id"),
        ({"image_id": 10**30}, "no usable category_id or image_id"),
    ],
)
def test_values_that_no_label_has_are_counted_and_named(tmp_path, changes, words):
    """All but one of the annotations have the fault; nothing of it gets into figures."""
    rows = [annotation(1), *(annotation(2, **{"id": 7 + n, **changes}) for n in range(12))]
    with pytest.raises(LabelsFaulty) as caught:
        open_dataset(write_coco(tmp_path, coco(annotations=rows)))
    reason = caught.value.values["reason"]
    assert f"12 annotations have {words} (the first is annotation 7 of image " in reason
    assert len(reason) < 300


def test_faults_of_several_kinds_are_all_told(tmp_path):
    rows = [annotation(1, area=-1), annotation(2, id=8, bbox=[NAN] * 4), annotation(2, id=9, area=-2)]
    with pytest.raises(LabelsFaulty) as caught:
        open_dataset(write_coco(tmp_path, coco(annotations=rows)))
    told = caught.value.values["reason"].split("; ")
    assert [one[:14] for one in told] == ["2 annotations ", "1 annotation h"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sigmas": "wide"}, "sigmas should be"),
        ({"sigmas": [0.1, NAN, 0.2]}, "sigmas should be"),
        ({"sigmas": [0.1, "x", 0.2]}, "sigmas should be"),
        ({"keypoints": ["x"] * 5000}, "more than 1000 keypoints"),
        ({"id": [1]}, "lacks a usable id"),
    ],
)
def test_categories_that_are_none(tmp_path, changes, words):
    with pytest.raises(LabelsUnreadable) as caught:
        open_dataset(write_coco(tmp_path, coco(**changes)))
    assert words in caught.value.values["reason"]


@pytest.mark.parametrize("edges", [[["nose", "left_eye"]], [[1, NAN]], [[1, 10**30]], 5, [[1]], [None]])
def test_skeleton_edges_that_are_none_are_left_out(tmp_path, edges):
    assert open_dataset(write_coco(tmp_path, coco(skeleton=edges))).skeleton.edges == ()


@pytest.mark.parametrize("name", ["\ud800.jpg", "a\0.jpg", "x" * 300 + ".jpg", "a/" * 3000])
def test_names_that_no_file_can_have(tmp_path, name):
    with pytest.raises(LabelsUnreadable, match="the file_name of image 0"):
        open_dataset(write_coco(tmp_path, coco(images=(name,))))
    data = coco(images=("gone.jpg",))
    data["images"][0]["coco_url"] = f"http://example.org/{name}"
    with pytest.raises(ImagesMissing):
        open_dataset(write_coco(tmp_path, data))


def test_ids_as_text_and_as_fractions_are_the_same(tmp_path):
    data = coco(annotations=[annotation("1", category_id="1"), annotation(1.0, category_id=1.0)])
    dataset = open_dataset(write_coco(tmp_path, data))
    assert len(dataset.items[0].truth.people) == 2
    data = coco(annotations=[annotation("img-b")])
    data["images"][0]["id"], data["images"][1]["id"] = "img-a", "img-b"
    dataset = open_dataset(write_coco(tmp_path, data))
    assert [item.image_id for item in dataset.items] == [1, 2]
    assert len(dataset.items[1].truth.people) == 1


def test_annotations_that_belong_nowhere_are_told(tmp_path):
    with pytest.raises(LabelsUnreadable, match="none of its 2 annotations of people belongs to an image"):
        open_dataset(write_coco(tmp_path, coco(annotations=[annotation(99), annotation(98)])))
    dataset = open_dataset(write_coco(tmp_path, coco(annotations=[annotation(1), annotation(99)])))
    assert "1 annotation of people in images that" in dataset.notes[0]
    with pytest.raises(LabelsUnreadable, match="none of its 1 annotations has the category_id"):
        open_dataset(write_coco(tmp_path, coco(annotations=[annotation(1, category_id=5)])))


def test_what_is_odd_about_labels_is_noted(tmp_path):
    rows = [annotation(1, keypoints=[5, 5, 2, 0, 0, 2, 0, 0, 1])]
    (note,) = open_dataset(write_coco(tmp_path, coco(annotations=rows))).notes
    assert note.startswith("2 of 3 labelled keypoints lie exactly at 0, 0")
    (note,) = open_dataset(write_coco(tmp_path, coco(annotations=[]))).notes
    assert note.startswith("Not one person has a labelled keypoint")
    data = coco()
    data["categories"].append({**data["categories"][0], "id": 3})
    (note,) = open_dataset(write_coco(tmp_path, data)).notes
    assert note.startswith("The labels have 2 classes.")


# --- Ultralytics -----------------------------------------------------------------------------------------------------

LINE = "0 0.5 0.5 0.2 0.4 0.5 0.5 2 0.4 0.4 1 0 0 0"


def write_yolo(tmp_path, yaml="", line=LINE, **parts):
    for name in ("a", "b"):
        put(tmp_path / "data" / "images" / "val" / f"{name}.jpg")
    put(tmp_path / "data" / "labels" / "val" / "a.txt", f"{line}\n\n")
    text = yaml or "path: data\ntrain: images/val\nval: images/val\nkpt_shape: [3, 3]\nflip_idx: [0, 2, 1]\n"
    return put(tmp_path / "pose.yaml", text)


def test_yolo_labels_become_pixels_of_the_image(tmp_path):
    dataset = open_dataset(write_yolo(tmp_path))
    assert [item.path.name for item in dataset.items] == ["a.jpg", "b.jpg"]
    truth = dataset.items[0].truth.in_pixels(200, 100)
    assert truth.people.boxes[0].tolist() == pytest.approx([80, 30, 120, 70])
    assert truth.people.keypoints[0].tolist() == [pytest.approx(p) for p in ([100, 50, 2], [80, 40, 1], [0, 0, 0])]
    assert truth.areas[0] == pytest.approx(0.53 * 40 * 40)
    assert truth.bare_count
    assert len(dataset.items[1].truth.in_pixels(9, 9).people) == 0
    assert dataset.skeleton.mirror == (0, 2, 1)


def test_yolo_points_without_visibility(tmp_path):
    yaml = "path: data\nval: images/val\nkpt_shape: [2, 2]\n"
    truth = open_dataset(write_yolo(tmp_path, yaml, "0 0.5 0.5 0.2 0.2 0.5 0.6 -1 -1")).items[0].truth
    assert truth.people.keypoints[0, :, 2].tolist() == [2, 0]


@pytest.mark.parametrize(
    "yaml",
    [
        "path: /somewhere/else/data\nval: images/val\n",  # moved together with the YAML
        "val: data/images/val\n",
        "path: data\nval: ../images/val\n",
        "path: data\nval: [images/val, images/val]\n",
        "path: data\ntest: images/val\n",
        "path: data\nval: list.txt\n",
    ],
)
def test_yolo_paths_are_found_again(tmp_path, yaml):
    put(tmp_path / "data" / "list.txt", "./images/val/a.jpg\nimages/val/b.jpg\n\n")
    path = write_yolo(tmp_path, f"{yaml}kpt_shape: [3, 3]\n")
    assert [item.path.name for item in open_dataset(path).items] == ["a.jpg", "b.jpg"]


def test_yolo_other_parts_and_names(tmp_path):
    yaml = "path: data\nval: images/val\nkpt_shape: [3, 3]\nkpt_names:\n  0: [nose, left_eye, right_eye]\n"
    dataset = open_dataset(write_yolo(tmp_path, yaml + "kpt_oks_sigmas: [0.1, 0.2, 0.3]\n"), split="test")
    assert dataset.skeleton.names[1] == "left eye"
    assert dataset.skeleton.mirror == (0, 2, 1)
    assert dataset.skeleton.sigmas == (0.1, 0.2, 0.3)
    assert "no 'test' part" in dataset.notes[0]


def test_yolo_missing_images(tmp_path):
    put(tmp_path / "data" / "list.txt", "images/val/a.jpg\nimages/val/gone.jpg\n")
    path = write_yolo(tmp_path, "path: data\nval: list.txt\nkpt_shape: [3, 3]\n")
    with pytest.raises(ImagesMissing):
        open_dataset(path)
    assert len(open_dataset(path, skip_missing=True).items) == 1
    with pytest.raises(ImagesMissing):
        open_dataset(write_yolo(tmp_path, "path: data\nval: nowhere\nkpt_shape: [3, 3]\n"))


@pytest.mark.parametrize(
    ("yaml", "words"),
    [
        ("val: [unclosed\n", "line"),
        ("just text", "not a YAML with names"),
        ("path: data\nval: images/val\n", "kpt_shape"),
        ("path: data\nval: images/val\nkpt_shape: [3, 4]\n", "kpt_shape"),
        ("path: data\nval: images/val\nkpt_shape: 17\n", "kpt_shape"),
        ("kpt_shape: [3, 3]\n", "names no images"),
    ],
)
def test_broken_yaml_says_what(tmp_path, yaml, words):
    with pytest.raises(LabelsUnreadable) as caught:
        open_dataset(write_yolo(tmp_path, yaml))
    assert words in caught.value.values["reason"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (f"{LINE}\n0 0.5 0.5", "line 2 has 3 values where 14"),
        (LINE.replace("0.2", "wide"), "line 1 has 'wide', which is no number"),
        (LINE.replace("0.2", "128"), "fractions"),
        (LINE.replace("0.4", "nan"), "fractions"),
    ],
)
def test_broken_label_lines_are_named(tmp_path, line, words):
    with pytest.raises(LabelsFaulty) as caught:
        open_dataset(write_yolo(tmp_path, line=line))
    assert words in caught.value.values["reason"]
    assert caught.value.values["path"].endswith("a.txt")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("0.5 0.5 2", "inf 0.5 2", "line 1 has coordinates that are not fractions"),
        ("0.5 0.5 2", "1e30 0.5 2", "line 1 has keypoints that are not fractions"),
        ("0.5 0.5 2", "0.5 -300 2", "line 1 has keypoints that are not fractions"),
        ("0.5 0.5 2", "0.5 0.5 7", "line 1 has keypoints whose visibility"),
        ("0 0.5", "-1 0.5", "line 1 has the class -1"),
        ("0 0.5", "1.5 0.5", "line 1 has the class 1.5"),
    ],
)
def test_absurd_values_of_label_lines_are_named_and_counted(tmp_path, old, new, words):
    bad = LINE.replace(old, new, 1)
    with pytest.raises(LabelsFaulty) as caught:
        open_dataset(write_yolo(tmp_path, line=f"{bad}\n{LINE}\n0 0.1\n0 0.2"))
    assert caught.value.values["reason"].startswith(words)
    assert caught.value.values["reason"].endswith("; 2 other lines of label files are faulty, too")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("flip_idx: 5", "flip_idx should be 3 whole numbers"),
        ("flip_idx: [0, a, 1]", "flip_idx should be 3 whole numbers"),
        ("kpt_oks_sigmas: [a, 1, 1]", "kpt_oks_sigmas should be"),
        ("kpt_oks_sigmas: [.nan, 1, 1]", "kpt_oks_sigmas should be"),
        ("kpt_oks_sigmas: 3", "kpt_oks_sigmas should be"),
        ("path: {a: b}", "'path' is a list or mapping"),
        ('path: "a\\0b"', "'path' has characters"),
        ("val: {a: b}", "'val' is a list or mapping"),
        ('val: ["\\ud800"]', "'val' has characters"),
        (f"val: {'x' * 300}", "'val' is longer"),
        ("kpt_shape: [1000000000, 3]", "kpt_shape should be"),
        ("base: &b {a: &c [*b]}", "an alias stands for the value that it is in"),
    ],
)
def test_values_that_no_data_yaml_has(tmp_path, more, words):
    lines = {"path": "path: data", "val": "val: images/val", "kpt_shape": "kpt_shape: [3, 3]"}
    lines[more.partition(":")[0]] = more
    with pytest.raises(LabelsUnreadable) as caught:
        open_dataset(write_yolo(tmp_path, "\n".join(lines.values())))
    assert words in caught.value.values["reason"]


def test_a_list_of_images_with_names_that_are_none(tmp_path):
    path = write_yolo(tmp_path, "path: data\nval: list.txt\nkpt_shape: [3, 3]\n")
    put(tmp_path / "data" / "list.txt", f"images/val/a.jpg\n{'y' * 400}\n")
    with pytest.raises(LabelsUnreadable, match="line 2"):
        open_dataset(path)


def test_repeated_lines_count_once_as_ultralytics_has_it(tmp_path):
    dataset = open_dataset(write_yolo(tmp_path, line=f"{LINE}\n{LINE}\n{LINE.replace('0.2', '0.3')}"))
    assert len(dataset.items[0].truth.people) == 2
    (note,) = dataset.notes
    assert note.startswith("1 line of labels repeats another")


def test_classes_and_images_of_other_formats_are_noted(tmp_path):
    path = write_yolo(tmp_path, line=f"{LINE}\n1{LINE[1:]}")
    for name in ("c.heic", "d.mpo", "e.jfif"):
        put(tmp_path / "data" / "images" / "val" / name)
    dataset = open_dataset(path)
    first, second, third = dataset.notes
    assert first.startswith("The labels have 2 classes.")
    assert second.startswith("1 image in val was left out: .heic files")
    assert third.startswith("1 image in val was left out: .jfif files are passed over by Ultralytics")
    assert [item.path.name for item in dataset.items] == ["a.jpg", "b.jpg", "d.mpo"]


@pytest.mark.skipif(os.name == "nt", reason="no such files on Windows")
def test_pipes_and_devices_among_images_and_labels(tmp_path):
    path = write_yolo(tmp_path)
    os.mkfifo(tmp_path / "data" / "images" / "val" / "c.jpg")
    (tmp_path / "data" / "images" / "val" / "d.jpg").symlink_to("/dev/zero")
    with pytest.raises(ImagesMissing):
        open_dataset(path)
    assert len(open_dataset(path, skip_missing=True).items) == 2
    write_yolo(tmp_path, "path: data\nval: pipe\nkpt_shape: [3, 3]\n")
    os.mkfifo(tmp_path / "data" / "pipe")
    with pytest.raises(NotAFile):
        open_dataset(path)
    (tmp_path / "labels.json").symlink_to("/dev/zero")
    with pytest.raises(NotAFile):
        open_dataset(tmp_path / "labels.json")


def test_no_label_file_at_all_is_an_error_not_an_empty_data_set(tmp_path):
    path = write_yolo(tmp_path)
    (tmp_path / "data" / "labels" / "val" / "a.txt").unlink()
    with pytest.raises(LabelsUnreadable, match=r"a\.txt"):
        open_dataset(path)


def test_the_last_folder_called_images_counts(tmp_path):
    place = tmp_path / "images" / "set" / "images" / "a.b.jpg"
    assert label_path(place) == tmp_path / "images" / "set" / "labels" / "a.b.txt"
    assert label_path(tmp_path / "flat" / "a.jpg") == tmp_path / "flat" / "a.txt"


# --- images only, and nothing --------------------------------------------------------------------------------------


def test_images_only_and_limit(tmp_path):
    for name in "abc":
        put(tmp_path / f"{name}.jpg")
    dataset = open_dataset(tmp_path)
    assert (dataset.kind, len(dataset.items), dataset.labelled) == ("pictures", 3, False)
    few = open_dataset(tmp_path, limit=2)
    assert len(few.items) == 2
    assert "first 2 of 3" in few.notes[0]
    assert len(open_dataset(tmp_path / "a.jpg").items) == 1


def test_a_folder_whose_labels_are_not_looked_at_says_so(tmp_path):
    put(tmp_path / "images" / "a.jpg")
    assert open_dataset(tmp_path).notes == ()
    put(tmp_path / "data.yaml", "val: images\nkpt_shape: [3, 3]\n")
    (note,) = open_dataset(tmp_path).notes
    assert note.startswith("data.yaml lies in ")


def test_nothing_to_evaluate(tmp_path):
    with pytest.raises(FileMissing):
        open_dataset(tmp_path / "nowhere.json")
    put(tmp_path / "notes.txt", "x")
    with pytest.raises(NoImages) as caught:
        open_dataset(tmp_path)
    assert caught.value.values["seen"] == 1
    with pytest.raises(LabelsUnreadable):
        open_dataset(tmp_path / "notes.txt")
    with pytest.raises(LabelsUnreadable, match="its list 'images' is empty"):
        open_dataset(write_coco(tmp_path, {**coco(), "images": []}))
