"""The data set writer: COCO's tools and Ultralytics' format agree about what is in the images."""

import contextlib
import io
import json

import cv2
import numpy as np
import pytest
import yaml
from pycocotools import coco as coco_files

from n6studio.demo.dataset import write_dataset
from n6studio.demo.scene import still
from n6studio.domain.errors.files import NameTaken
from n6studio.domain.errors.settings import SettingInvalid
from n6studio.domain.pose.skeleton import COCO

IMAGES, SEED, SIZE = 8, 31, (200, 150)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    seen = []
    folder = tmp_path_factory.mktemp("Daten mit Ümlaut")
    paths = write_dataset(folder, IMAGES, SEED, SIZE, lambda done, total: seen.append((done, total)))
    return paths, seen


def load(path) -> coco_files.COCO:
    with contextlib.redirect_stdout(io.StringIO()):
        return coco_files.COCO(str(path))


def test_progress_counts_every_image(written):
    assert written[1] == [(done, IMAGES) for done in range(1, IMAGES + 1)]


def test_images_are_the_scene(written):
    paths, _ = written
    files = sorted(paths.images.glob("*.jpg"))
    assert len(files) == IMAGES
    for index, file in enumerate(files):
        image = cv2.imdecode(np.frombuffer(file.read_bytes(), np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
        assert image.shape == (SIZE[1], SIZE[0], 3)
        assert np.abs(image.astype(int) - still(SEED, index, SIZE).image).mean() < 6


def test_coco_file_holds_the_truth(written):
    coco = load(written[0].annotations)
    assert coco.getCatIds(catNms=["person"]) == [1]
    kind = coco.loadCats([1])[0]
    assert len(kind["keypoints"]) == 17
    assert kind["keypoints"][5] == "left_shoulder"
    assert [5 + 1, 7 + 1] in kind["skeleton"]
    for index in range(IMAGES):
        truth = still(SEED, index, SIZE)
        labels = coco.loadAnns(coco.getAnnIds(imgIds=[index + 1]))
        assert len(labels) == len(truth.truth)
        for label, box, points, area in zip(labels, truth.truth.boxes, truth.truth.keypoints, truth.areas, strict=True):
            assert np.allclose(np.reshape(label["keypoints"], (17, 3)), points, atol=0.01)
            assert np.allclose(label["bbox"], [*box[:2], *(box[2:] - box[:2])], atol=0.011)
            assert label["num_keypoints"] == (points[:, 2] > 0).sum()
            assert label["area"] == area
            assert label["iscrowd"] == 0


def test_yolo_labels_agree_with_coco(written):
    paths, _ = written
    coco = load(paths.annotations)
    for index in range(IMAGES):
        rows = [line.split() for line in (paths.labels / f"{index + 1:012d}.txt").read_text().splitlines()]
        labels = coco.loadAnns(coco.getAnnIds(imgIds=[index + 1]))
        assert len(rows) == len(labels)
        for row, label in zip(rows, labels, strict=True):
            values = np.array(row, float)
            assert len(values) == 5 + 17 * 3
            assert values[0] == 0
            assert (values[1:] >= 0).all()
            centre, extent = values[1:3] * SIZE, values[3:5] * SIZE
            assert np.allclose([*(centre - extent / 2), *extent], label["bbox"], atol=0.02)
            points = values[5:].reshape(17, 3) * (*SIZE, 1)
            assert np.allclose(points, np.reshape(label["keypoints"], (17, 3)), atol=0.02)


def test_yaml_tells_ultralytics_what_it_needs(written):
    paths, _ = written
    described = yaml.safe_load(paths.yaml.read_text(encoding="utf-8"))
    assert described["path"] == str(paths.folder.resolve())
    assert (paths.folder / described["train"]).is_dir()
    assert (paths.folder / described["val"]).is_dir()
    assert described["names"] == {0: "person"}
    assert described["kpt_shape"] == [17, 3]
    assert described["flip_idx"] == list(COCO.mirror)


def test_same_seed_writes_the_same_labels(written, tmp_path):
    again = write_dataset(tmp_path, IMAGES, SEED, SIZE)
    first = json.loads(written[0].annotations.read_text())
    assert json.loads(again.annotations.read_text()) == first


@pytest.mark.parametrize(("images", "seed", "size"), [(0, 1, SIZE), (3, -1, SIZE), (3, 1, (10, 10))])
def test_settings_out_of_range_are_refused(tmp_path, images, seed, size):
    with pytest.raises(SettingInvalid):
        write_dataset(tmp_path, images, seed, size)


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with pytest.raises(NameTaken) as caught:
        write_dataset(blocked / "inside", 1, 1, SIZE)
    assert "file" in caught.value.values["path"]
