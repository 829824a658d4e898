"""Labels of other tools: CVAT, Label Studio and Ultralytics' NDJSON, and what is no such file."""

import json

import pytest

from n6studio.domain.errors.datasets import LabelsUnreadable
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
        ([], "first line describes no data set"),
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
