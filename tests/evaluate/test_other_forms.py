"""Labels of other tools: CVAT, Label Studio and Ultralytics' NDJSON, and what is no such file."""

import json

import pytest

from n6studio.domain.errors.datasets import LabelsFaulty, LabelsUnreadable
from n6studio.stages.datasets.load import open_dataset

CVAT = """<?xml version="1.0" encoding="utf-8"?>
<annotations><version>1.1</version>
<meta><job><labels>
<label><name>person</name><type>skeleton</type></label>
<label><name>nose</name><type>points</type><parent>person</parent></label>
<label><name>tail</name><type>points</type><parent>person</parent></label>
</labels></job></meta>
<image id="0" name="a.jpg" width="40" height="20">
<box label="person" xtl="1" ytl="2" xbr="11" ybr="14" group_id="1"></box>
<skeleton label="person" group_id="1">
<points label="tail" occluded="1" outside="0" points="6.0,4.0"></points>
<points label="nose" occluded="0" outside="0" points="5.5,5.0"></points>
</skeleton>
<skeleton label="person"><points label="nose" outside="0" points="3,4"></points>
<points label="tail" outside="1" points="0,0"></points></skeleton>
</image>
<image id="1" name="b.jpg" width="40" height="20"></image>
</annotations>"""


def shape(kind, label, parent="", name="r1", **value):
    row = {"id": name, "type": kind, "value": {**value, kind: [label]}, "original_width": 200, "original_height": 100}
    return {**row, "parentID": parent} if parent else row


TASKS = [
    {
        "id": 7,
        "data": {"img": "/data/upload/1/0a1b2c3d-a.jpg"},
        "annotations": [
            {"was_cancelled": True, "result": []},
            {
                "result": [
                    shape("rectanglelabels", "dog", x=10, y=20, width=30, height=40),
                    shape("rectanglelabels", "dog", name="r2", x=60, y=20, width=30, height=40),
                    shape("keypointlabels", "nose", "r1", "k1", x=20, y=30, width=0.5),
                    shape("keypointlabels", "tail", name="k2", x=70, y=50, width=0.5),
                ]
            },
        ],
    },
    {"id": 8, "data": {"img": "/data/local-files/?d=images/b.jpg"}, "annotations": []},
]

NDJSON = [
    {"type": "dataset", "task": "pose", "kpt_shape": [2, 3], "class_names": {"0": "person"}},
    {
        "type": "image", "file": "a.jpg", "width": 40, "height": 20, "split": "val",
        "annotations": {"pose": [[0, 0.5, 0.5, 0.2, 0.4, 0.5, 0.25, 2, 0, 0, 0]]},
    },
    {"type": "image", "file": "b.jpg", "width": 40, "height": 20, "split": "train"},
]  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "images").mkdir()
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / "images" / name).write_bytes(b"x")
    return tmp_path


def put(folder, name, content):
    (folder / name).write_text(content if isinstance(content, str) else json.dumps(content))
    return folder / name


def test_cvat_skeletons(folder):
    found = open_dataset(put(folder, "annotations.xml", CVAT))
    assert [item.path.name for item in found.items] == ["a.jpg", "b.jpg"]
    assert found.skeleton.names == ("nose", "tail")
    people = found.items[0].truth.people
    assert people.boxes.tolist() == [[1, 2, 11, 14], [3, 4, 3, 4]]
    assert people.keypoints.tolist() == [[[5.5, 5, 2], [6, 4, 1]], [[3, 4, 2], [0, 0, 0]]]


def test_cvat_points(folder):
    text = '<annotations><image id="0" name="a.jpg"><points label="person" points="1,2;3.5,4" occluded="0"/></image>'
    found = open_dataset(put(folder, "a.xml", f"{text}</annotations>"))
    assert found.items[0].truth.people.keypoints.tolist() == [[[1, 2, 2], [3.5, 4, 2]]]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<annotations>", "line 1"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><annotations/>', "DOCTYPE is not allowed"),
        ("<annotations/>", "no annotations.xml of CVAT"),
        ('<annotations><image name="a.jpg"/></annotations>', "neither skeletons nor points"),
        (
            '<annotations><image name="a.jpg"><points points="1,1"/><points points="1,1;2,2"/></image></annotations>',
            "different numbers of keypoints",
        ),
        *(
            (f'<annotations><image name="a.jpg"><points points="1,1;{place}"/></image></annotations>', "no pairs of")
            for place in ("6...0,2", "1", "1,2,3", "nan,1", "1,1e999", "x,y")
        ),
    ],
)
def test_xml_that_is_no_labels(folder, text, words):
    with pytest.raises(LabelsUnreadable, match=words):
        open_dataset(put(folder, "a.xml", text))


def test_label_studio_keypoints_belong_to_their_rectangle(folder):
    found = open_dataset(put(folder, "project.json", TASKS))
    assert [item.path.name for item in found.items] == ["a.jpg", "b.jpg"]
    assert (found.skeleton.names, found.classes) == (("nose", "tail"), ("dog",))
    people = found.items[0].truth.people
    assert people.boxes.tolist() == [[20, 20, 80, 60], [120, 20, 180, 60]]
    assert people.keypoints.tolist() == [[[40, 30, 2], [0, 0, 0]], [[0, 0, 0], [140, 50, 2]]]
    assert len(found.items[1].truth.people) == 0


def test_label_studio_tasks_without_keypoints(folder):
    with pytest.raises(LabelsUnreadable, match="none has keypointlabels"):
        open_dataset(put(folder, "project.json", [{"data": {}, "annotations": [{"result": [{"value": 5}, 3]}]}]))


def test_ndjson_by_its_parts(folder):
    path = put(folder, "set.ndjson", "\n".join(json.dumps(line) for line in NDJSON))
    (item,) = open_dataset(path).items
    assert item.path.name == "a.jpg"
    assert item.truth.people.boxes.tolist() == [[16, 6, 24, 14]]
    assert item.truth.people.keypoints.tolist() == [[[20, 5, 2], [0, 0, 0]]]
    assert [item.path.name for item in open_dataset(path, split="train").items] == ["b.jpg"]


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([], "it is an empty file"),
        (["{"], "line 1"),
        (["[1]"], "line 1 is no object"),
        ([json.dumps({"type": "dataset", "kpt_shape": [2]})], "first line describes no data set"),
        ([json.dumps(NDJSON[0]), '{"type": "image", "file": "a.jpg", "annotations": {"pose": [[1]]}}'], "lacks width"),
        (
            [json.dumps(NDJSON[0]), '{"type": "image", "file": "a.jpg", "width": 4, "height": 4, "annotations": '
             '{"pose": [[1]]}}'],
            "is not 11 numbers",
        ),
    ],
)  # fmt: skip
def test_ndjson_that_is_none(folder, lines, words):
    with pytest.raises(LabelsUnreadable, match=words):
        open_dataset(put(folder, "set.ndjson", "\n".join(lines)))


def ndjson(folder, lines):
    return put(folder, "set.ndjson", "\n".join(json.dumps(line, ensure_ascii=False) for line in lines))


def test_ndjson_lines_end_at_line_ends_only(folder):
    named = {**NDJSON[1], "note": "line\u2028and\x85more"}
    assert len(open_dataset(ndjson(folder, [NDJSON[0], named])).items) == 1


def test_ndjson_without_the_part_says_which_it_took(folder):
    (note,) = open_dataset(ndjson(folder, [NDJSON[0], NDJSON[2]])).notes[:1]
    assert note == "set.ndjson has no 'val' part; 'train' was used."


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"annotations": {"pose": 5}}, "no list of poses"),
        ({"annotations": [[0, 0.5]]}, "no list of poses"),
        ({"annotations": {"pose": [[0.5, *NDJSON[1]["annotations"]["pose"][0][1:]]]}}, "the class 0.5"),
        ({"type": None}, "line 2 is no image"),
        ({"type": "dataset"}, "line 2 is no image"),
        ({"width": 0}, "lacks width and height"),
    ],
)
def test_ndjson_loses_nothing_without_a_word(folder, change, words):
    with pytest.raises(LabelsUnreadable) as caught:
        open_dataset(ndjson(folder, [NDJSON[0], {**NDJSON[1], **change}]))
    assert words in caught.value.reason


def test_ndjson_names_classes_by_list_and_those_that_nothing_names(folder):
    pose = [2, *NDJSON[1]["annotations"]["pose"][0][1:]]
    image = {**NDJSON[1], "annotations": {"pose": [pose]}}
    dataset = open_dataset(ndjson(folder, [{**NDJSON[0], "class_names": ["person", "dog"]}, image]))
    assert dataset.classes == ("person", "dog", "class 2")
    assert dataset.items[0].truth.people.class_numbers.tolist() == [2]


def test_label_studio_tells_which_keypoints_it_cannot_place(folder):
    rows = [shape("keypointlabels", "nose", name=f"k{x}", x=x, y=30) for x in (20, 70)]
    task = {"data": {"img": "a.jpg"}, "annotations": [{"result": rows}, {"result": []}]}
    dataset = open_dataset(put(folder, "tasks.json", json.dumps([task])))
    assert dataset.items[0].truth.people.keypoints[0, 0, 0] == 40
    assert dataset.notes[0].startswith("1 keypoint was left out: another one of the same person has the name already")
    assert dataset.notes[1] == "1 image has several annotations; the first counts."


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"value": {"x": None, "y": 1, "keypointlabels": ["nose"]}}, "no per cent of the image"),
        ({"original_width": None}, "shapes without the image's size"),
        ({"original_width": 0}, "shapes without the image's size"),
    ],
)
def test_label_studio_loses_nothing_without_a_word(folder, change, words):
    row = {**shape("keypointlabels", "nose", x=20, y=30), **change}
    with pytest.raises(LabelsUnreadable) as caught:
        open_dataset(
            put(folder, "tasks.json", json.dumps([{"data": {"img": "a.jpg"}, "annotations": [{"result": [row]}]}]))
        )
    assert words in caught.value.reason


def test_label_studio_takes_an_address_that_is_none_for_a_name(folder):
    task = {
        "data": {"img": "http://[broken/a.jpg"},
        "annotations": [{"result": [shape("keypointlabels", "n", x=1, y=1)]}],
    }
    assert open_dataset(put(folder, "tasks.json", json.dumps([task]))).items[0].path.name == "a.jpg"


def test_label_studios_short_form_is_told(folder):
    task = {"img": "a.jpg", "kp": [{"x": 1, "y": 1, "keypointlabels": ["nose"]}], "annotation_id": 1}
    with pytest.raises(LabelsUnreadable, match="short form"):
        open_dataset(put(folder, "tasks.json", json.dumps([task])))


@pytest.mark.parametrize(
    ("shapes", "words"),
    [
        (
            '<points label="nose" points="1,1"/><points label="tail" points="2,2"/>',
            "a shape of its own (nose, tail...)",
        ),
        (
            '<skeleton label="p" group_id="1"><points label="a" points="1,1"/></skeleton><box group_id="1" xtl="x"/>',
            "bbox",
        ),
    ],
)
def test_cvat_loses_nothing_without_a_word(folder, shapes, words):
    text = f'<annotations><image name="a.jpg" width="40" height="20">{shapes}</image></annotations>'
    with pytest.raises((LabelsUnreadable, LabelsFaulty)) as caught:
        open_dataset(put(folder, "annotations.xml", text))
    assert words in caught.value.reason


def test_cvats_export_of_a_video_is_told(folder):
    with pytest.raises(LabelsUnreadable, match="export of a video"):
        open_dataset(put(folder, "annotations.xml", "<annotations><track id='0'/></annotations>"))
