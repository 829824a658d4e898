import json

import cv2
import numpy as np
import pytest

from n6studio.domain.errors.datasets import ImagesMissing, LabelsUnreadable, NoImages
from n6studio.domain.errors.files import FileMissing
from n6studio.domain.pose.skeleton import COCO
from n6studio.stages.datasets.load import open_dataset
from n6studio.stages.datasets.yolo import label_path

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
        ("[1, 2]", "it is a list"),
        ("{}", "no list 'images'"),
        ('{"images": [1], "annotations": [], "categories": []}', "no list 'images'"),
        (json.dumps(coco(keypoints=[])), "no category with keypoints"),
        (json.dumps(coco(annotations=[annotation(1, keypoints=[1, 2, 3])])), "keypoints of annotation 7 should be 9"),
        (json.dumps(coco(annotations=[annotation(1, bbox=[1, 2, 3])])), "bbox of annotation 7 should be 4"),
        (json.dumps(coco(annotations=[annotation(1, bbox="x")])), "is str"),
        (json.dumps(coco(annotations=[annotation(1, bbox=[1, 2, None, 4])])), "bbox"),
        (json.dumps({**coco(), "images": [{"id": 1}]}), "image 0"),
        (json.dumps({**coco(), "images": [{"id": 1, "file_name": "a.jpg"}] * 2}), "image 1"),
        (b"\xff\xfe\x00", "decode"),
        ("", "line 1"),
        ("[" * 100_000, "recursion"),
    ],
)
def test_broken_coco_says_where(tmp_path, content, words):
    put(tmp_path / "images" / "a.jpg")
    path = put(tmp_path / "labels.json", content)
    with pytest.raises(LabelsUnreadable) as caught:
        open_dataset(path)
    assert words in caught.value.values["reason"]


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
        (LINE.replace("0.2", "wide"), "line 1: could not convert"),
        (LINE.replace("0.2", "128"), "fractions"),
        (LINE.replace("0.4", "nan"), "fractions"),
    ],
)
def test_broken_label_lines_are_named(tmp_path, line, words):
    with pytest.raises(LabelsUnreadable) as caught:
        open_dataset(write_yolo(tmp_path, line=line))
    assert words in caught.value.values["reason"]
    assert caught.value.values["path"].endswith("a.txt")


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


def test_nothing_to_evaluate(tmp_path):
    with pytest.raises(FileMissing):
        open_dataset(tmp_path / "nowhere.json")
    put(tmp_path / "notes.txt", "x")
    with pytest.raises(NoImages) as caught:
        open_dataset(tmp_path)
    assert caught.value.values["seen"] == 1
    with pytest.raises(LabelsUnreadable):
        open_dataset(tmp_path / "notes.txt")
    with pytest.raises(NoImages):
        open_dataset(write_coco(tmp_path, {**coco(), "images": []}))
