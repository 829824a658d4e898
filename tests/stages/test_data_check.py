"""The data check: what each consumer makes of files, what two sets share, and labels written anew."""

import io
import shutil

import cv2
import numpy as np
import pytest
import yaml

from n6studio.domain.data_check import DataCheck, Leak, findings
from n6studio.domain.encoding import decoded
from n6studio.domain.evaluation.account import Account
from n6studio.domain.requests import InputFile
from n6studio.stages.data_check import run as data_check
from n6studio.stages.data_check.stage import DataCheckSettings
from n6studio.stages.datasets.load import open_dataset
from n6studio.stages.process.reporter import Reporter

LINE = "0 0.5 0.5 0.4 0.4 0.5 0.5 2 0.4 0.4 1"


def image(path, seed, size=(96, 64)):
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    kind = ".jpg" if path.suffix in (".jfif", ".mpo") else path.suffix
    path.write_bytes(cv2.imencode(kind, cv2.resize(noise, size, interpolation=cv2.INTER_CUBIC))[1].tobytes())
    return path


def labels(root, part, name, text):
    path = root / "labels" / part / f"{name}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{text}\n")


@pytest.fixture
def data(tmp_path):
    """A set whose parts share an image, with one file of every kind that somebody does not simply use."""
    root = tmp_path / "data"
    for number, name in enumerate(("plain.jpg", "other.png", "page.webp", "cut.jpg", "tail.jpg", "end.jpg")):
        image(root / "images/val" / name, number)
        labels(root, "val", name.partition(".")[0], LINE)
    labels(root, "val", "plain", f"{LINE}\n{LINE}")
    labels(root, "val", "other", f"{LINE.replace('0.4 1', '1.5 1')}")
    (root / "labels/val/page.txt").unlink()
    for name, change in (("cut", lambda b: b[:-300]), ("tail", lambda b: b + b"xx"), ("end", lambda b: b[:-2])):
        path = root / f"images/val/{name}.jpg"
        path.write_bytes(change(path.read_bytes()))
    (root / "images/val/a.heic").write_bytes(b"x")
    image(root / "images/train/1.jpg", 50)
    labels(root, "train", "1", LINE)
    shutil.copyfile(root / "images/val/plain.jpg", root / "images/train/copy.jpg")
    described = {"path": "data", "train": "images/train", "val": "images/val", "kpt_shape": [2, 3], "names": ["a"]}
    (tmp_path / "data.yaml").write_text(yaml.safe_dump(described))
    return tmp_path / "data.yaml"


def check(path, folder, calibration=None, **settings):
    folder.mkdir()
    inputs = {"data": (InputFile(str(path), ""),)}
    if calibration:
        inputs["calibration"] = (InputFile(str(calibration), ""),)
    done = data_check.run(DataCheckSettings(**settings), inputs, folder, Reporter("data_check", io.StringIO()))
    return done, decoded((folder / "data_check.json").read_bytes(), DataCheck)


def verdicts(found, consumer, part="val"):
    return {
        (one.action, one.file.partition(":")[0]): one.why
        for one in found.verdicts
        if one.consumer == consumer and one.set == part
    }


def test_what_each_consumer_makes_of_each_file(data, tmp_path):
    _, found = check(data, tmp_path / "out")
    own = verdicts(found, "ultralytics")
    assert set(own) == {
        ("merges", "plain.txt"), ("drops", "other.png"), ("drops", "cut.jpg"),
        ("rewrites", "tail.jpg"), ("drops", "end.jpg"),
    }  # fmt: skip
    assert "keypoints beyond the image" in own["drops", "other.png"]
    zoo = verdicts(found, "zoo")  # Ultralytics alone reads HEIC
    assert set(zoo) == {("drops", "a.heic"), ("drops", "page.webp"), ("drops", "cut.jpg")}
    (val, train) = found.sets
    assert (val.name, val.account.images, val.account.images_used) == ("val", 7, 5)
    assert (train.account.images, train.account.images_used) == (2, 2)


def test_what_two_sets_share(data, tmp_path):
    calibration = tmp_path / "calibration"
    near = image(calibration / "near.png", 1)
    near.write_bytes(cv2.imencode(".png", cv2.imread(str(near))[::2, ::2])[1].tobytes())
    done, found = check(data, tmp_path / "out", calibration)
    assert [(one.first, one.second, one.same, one.alike) for one in found.leaks] == [
        ("val", "train", 1, 0),
        ("val", "calibration", 0, 1),
    ]
    first, second, *_ = done.figures.findings
    assert (first.state, second.state) == ("bad", "warn")
    assert "plain.jpg" in first.reason


def test_labels_written_anew_say_the_same(data, tmp_path):
    done, _ = check(data, tmp_path / "out", write="both")
    before = {item.path.stem: item.truth.in_pixels(96, 64) for item in open_dataset(data).items}
    for again in (tmp_path / "out/ultralytics/data.yaml", tmp_path / "out" / done.outputs["coco"]):
        items = open_dataset(again).items
        assert len(items) == 5
        for item in items:
            old, new = before[item.path.stem.partition("_")[2] or item.path.stem], item.truth.in_pixels(96, 64)
            assert new.people.boxes == pytest.approx(old.people.boxes, abs=0.02)
            if item.path.stem.endswith("plain"):
                assert new.people.keypoints == pytest.approx(old.people.keypoints, abs=0.02)


def test_a_folder_with_a_yaml_is_its_data_set(data, tmp_path):
    _, found = check(data.parent, tmp_path / "out")
    assert [one.name for one in found.sets] == ["val", "train"]
    _, found = check(data.parent / "data/images/train", tmp_path / "plain")
    assert [(one.name, one.account.images) for one in found.sets] == [("data", 2)]


def test_nothing_to_say_is_said(tmp_path):
    leak = Leak(first="val", second="train", same=0, alike=0)
    first, *rest = findings(DataCheck(schema=1, sets=(), verdicts=(), leaks=(leak,)))
    assert (first.state, first.reason) == ("ok", "No image is in both.")
    assert [one.state for one in rest] == ["ok"] * 3
    assert Account(images=0, images_used=0).sentences == ("Images: read 0, used all.",)
