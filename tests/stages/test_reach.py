"""Which files a stage may read: what its inputs lead to, and nothing beside them."""

import json
import os
import sys
from pathlib import Path

import pytest

from n6studio.domain.requests import InputFile
from n6studio.stages.process import reach, wide

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="reading is closed on Linux only")


def file(path: Path, content: str = "x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def can_read(role: str, path: Path, wanted: Path) -> bool:
    """Whether a file lies in or below what an input opens, links followed as the kernel does."""
    places = {Path(os.path.realpath(one)) for one in reach.readable_by({role: (InputFile(str(path), ""),)})}
    real = Path(os.path.realpath(wanted))
    return bool(places & {real, *real.parents})


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home that is as wide as a user's."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setattr(wide, "_homes", lambda: [folder])
    return folder


def test_a_model_opens_itself_and_nothing_beside_it(home):
    model, other = file(home / "work" / "a.tflite"), file(home / "work" / "secret.txt")
    assert can_read("model", model, model)
    assert not can_read("model", model, other)


def test_numbers_beside_an_onnx_file_are_its_own(home):
    model, numbers = file(home / "work" / "a.onnx"), file(home / "work" / "weights_of_a")
    assert can_read("model", model, numbers)
    loose, beside = file(home / "a.onnx"), file(home / "a.onnx.data")
    assert can_read("model", loose, beside)
    assert not can_read("model", loose, file(home / "letters.txt"))
    assert not can_read("model", loose, numbers)


def test_links_in_a_folder_of_images_are_followed(home):
    images, real = home / "images", file(home / "elsewhere" / "1.jpg")
    images.mkdir()
    (images / "1.jpg").symlink_to(real)
    (images / "more").symlink_to(file(home / "set" / "deep" / "2.jpg").parent.parent)
    (images / "round").symlink_to(images / "round")
    assert can_read("calibration", images, real)
    assert can_read("calibration", images, home / "set" / "deep" / "2.jpg")
    assert not can_read("calibration", images, file(home / "elsewhere" / "letter.txt"))


@pytest.mark.parametrize(
    "text",
    [
        "path: {root}\nval: images/val\n",
        "path: coco\nval: images/val\n",
        "path: ../coco\nval: [images/val]\n",
        "val: coco/images/val\n",
        "val: {root}/images/val\n",
        "path: {root}\nval: val.txt\n",
        "path: /somewhere/else/coco\nval: images/val\n",
    ],
)
def test_images_and_labels_that_a_yaml_names(home, text):
    root = home / "sets" / "coco"
    image, label = file(root / "images" / "val" / "1.jpg"), file(root / "labels" / "val" / "1.txt")
    file(root / "val.txt", "./images/val/1.jpg\n")
    data = file(home / "sets" / "pose.yaml", text.format(root=root))
    assert can_read("data", data, data)
    assert can_read("data", data, image)
    assert can_read("data", data, label)
    assert not can_read("data", data, file(home / "sets" / "letter.txt"))


def test_a_yaml_that_names_the_home_opens_only_images_in_it(home):
    image, key = file(home / "1.jpg"), file(home / "keys" / "id")
    data = file(home / "sets" / "pose.yaml", f"path: {home}\nval: .\n")
    assert can_read("data", data, image)
    assert not can_read("data", data, key)
    for path in ("/", str(home.parent), "..", "."):
        data.write_text(f"path: {path}\nval: {path}\n")
        assert not can_read("data", data, key), path


@pytest.mark.parametrize("text", ["[", "- 1", "path: [1]\nval: {a: 1}", "val: 'a\\0b'", "val: " + "x" * 5000])
def test_a_yaml_that_is_none_opens_only_itself(home, text):
    data = file(home / "sets" / "pose.yaml", text)
    assert can_read("data", data, data)
    assert not can_read("data", data, file(home / "letter.txt"))


def test_images_of_a_coco_json(home):
    data = home / "sets" / "annotations" / "person_keypoints_val.json"
    names = ["1.jpg", str(file(home / "far" / "2.jpg")), "../../far/3.jpg", str(file(home / "far" / "letter.txt"))]
    file(data, json.dumps({"images": [{"file_name": name} for name in names]}))
    assert can_read("data", data, file(home / "sets" / "images" / "val" / "1.jpg"))
    assert can_read("data", data, home / "far" / "2.jpg")
    file(home / "far" / "3.jpg")
    (home / "sets" / "images" / "far").mkdir()
    assert can_read("data", data, home / "far" / "3.jpg")
    assert not can_read("data", data, home / "far" / "letter.txt")


def test_a_coco_json_in_the_home_does_not_open_the_home(home):
    data = file(home / "labels" / "a.json", json.dumps({"images": [{"file_name": "1.jpg"}]}))
    assert can_read("data", data, file(home / "val2017" / "1.jpg"))
    assert can_read("data", data, file(home / "1.jpg"))
    assert not can_read("data", data, file(home / "keys" / "id"))


def test_a_folder_that_somebody_chose_is_open_however_wide(home):
    assert can_read("calibration", home, file(home / "a" / "1.jpg"))


def test_a_yaml_of_maps_that_take_over_each_other_leads_nowhere(tmp_path):
    """Each level merges the one before ten times: unfolded, it would never end."""
    levels = [f"a{level}: &a{level}\n  <<: [{', '.join(10 * [f'*a{level - 1}'])}]\n" for level in range(1, 12)]
    path = tmp_path / "data.yaml"
    path.write_text("a0: &a0 {x: 1}\n" + "".join(levels) + "val: images\n")
    assert reach.readable_by({"data": (InputFile(str(path), ""),)}) == [path]
