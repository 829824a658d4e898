"""Images, labels, SavedModels and names of every kind, as users have them."""

import json
import os
import shutil
from pathlib import Path

import pytest
from builders import assert_tidy, assert_told, image_folder, n6, odd_images

pytestmark = pytest.mark.slow

# More than 260 characters in all, each part as long as file systems allow or nearly so, in several scripts.
LONG = ("ж" * 100, "模型" * 30, "e\N{COMBINING ACUTE ACCENT}" * 40 + " (1) [x] 'q'")


# --- calibration images --------------------------------------------------------------------------------------------


@pytest.fixture
def quantize(saved_models, tmp_path):
    """Quantize the SavedModel that stands for a sound model."""

    def run(*words, model="sound"):
        done = n6("quantize", saved_models / model, *words, "-o", tmp_path / "out", "--json", cwd=tmp_path)
        assert_tidy(tmp_path)
        return done

    return run


@pytest.mark.parametrize("kind", ["empty", "texts", "damaged"])
def test_folder_without_a_usable_image(quantize, tmp_path, kind):
    folder = tmp_path / "pictures"
    folder.mkdir()
    if kind == "texts":
        (folder / "notes.txt").write_text("no image")
    if kind == "damaged":
        (folder / "a.jpg").write_bytes(b"\xff\xd8\xff")
    fields = assert_told(quantize("--calibration", folder), "N6S-D01", 3)
    assert fields == {"path": str(folder), "seen": 0 if kind == "empty" else 1}
    assert not list((tmp_path / "out").glob("*.tflite"))


def test_no_such_folder(quantize, tmp_path):
    assert_told(quantize("--calibration", tmp_path / "nowhere"), "N6S-I01", 3)


def test_images_of_every_kind(quantize, tmp_path):
    damaged = odd_images(tmp_path / "pictures")
    done = quantize("--calibration", tmp_path / "pictures")
    assert done.code == 0, done.err
    calibration = done.data["figures"]["calibration"]
    assert calibration["images"] == 6
    assert sorted(Path(path).name for path, _ in calibration["skipped"]) == damaged
    assert "Warning: 4 calibration images skipped" in done.err
    assert all(name in done.err for name in damaged)
    assert any("skipped" in warning for warning in done.data["warnings"])
    guard = done.data["figures"]["guard"]
    assert (guard["float_people"], guard["int8_people"]) == (18, 18)


def test_image_whose_name_is_not_utf8(quantize, tmp_path, images):
    folder = tmp_path / "pictures"
    shutil.copytree(images, folder)
    try:
        (folder / "000.jpg").rename(folder / os.fsdecode(b"caf\xe9.jpg"))
    except OSError:
        pytest.skip("this file system takes no such names")
    (folder / os.fsdecode(b"d\xe9g\xe2t.jpg")).write_bytes(b"\xff\xd8\xff")
    done = quantize("--calibration", folder)
    assert done.code == 0, done.err
    assert done.data["figures"]["calibration"]["images"] == 4


# --- names -----------------------------------------------------------------------------------------------------------


def test_long_and_foreign_names(checkpoints, tmp_path):
    folder = tmp_path.joinpath(*LONG)
    folder.mkdir(parents=True)
    model = folder / ("п" * 126 + ".pt")  # 255 bytes
    shutil.copy(checkpoints / "pose.pt", model)
    images = image_folder(folder / "Bilder für 校准", 2)
    assert len(str(model)) > 260
    words = ("run", model, "--calibration", images, "--project", folder / "проект", "--imgsz", 64, "--json")
    done = n6(*words, cwd=folder)
    assert done.code == 0, done.err
    stages = done.data["stages"]
    assert stages["quantize"]["outputs"]["tflite"].endswith("п_64_quant_pc_uf_pose.tflite")
    again = n6(*words, cwd=folder)
    assert all(stage["fresh"] for stage in again.data["stages"].values())
    assert_tidy(tmp_path)


def test_long_names_without_folders_given(checkpoints, tmp_path):
    model = tmp_path / ("long " * 50 + ".pt")
    shutil.copy(checkpoints / "detect.pt", model)
    assert_told(n6("run", model, "--fake", "--json", cwd=tmp_path), "N6S-M05", 3)
    assert_told(n6("export", model, "--json", cwd=tmp_path), "N6S-M05", 3)


def test_output_name_that_is_too_long(checkpoints, tmp_path):
    done = n6("export", checkpoints / "pose.pt", "-o", tmp_path / ("x" * 300), "--json", cwd=tmp_path)
    assert assert_told(done, "N6S-S07", 7)["reason"] == "File name too long"


# --- SavedModels -----------------------------------------------------------------------------------------------------


def test_pixel_outputs(quantize, images):
    assert_told(quantize("--calibration", images, model="pixels"), "N6S-M07", 3)


@pytest.mark.parametrize("head", ["int8", "float"])
def test_collapse(quantize, images, tmp_path, head):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "collapsing_64_quant_pc_uf_pose.tflite").write_bytes(b"earlier")
    fields = assert_told(quantize("--calibration", images, "--head-precision", head, model="collapsing"), "N6S-K02", 6)
    assert fields == {"float_people": 12, "int8_people": 0, "images": 4, "head": head}
    assert (tmp_path / "out" / "collapsing_64_quant_pc_uf_pose.tflite").read_bytes() == b"earlier"
    assert not (tmp_path / "out" / "quantize.result.json").exists()


def test_signature_is_missing(quantize, images):
    assert "serving_default" in assert_told(quantize("--calibration", images, model="nameless"), "N6S-M06", 3)["found"]


@pytest.mark.parametrize("harm", ["garbage", "cut", "variables", "metadata", "empty folder", "file", "checkpoint"])
def test_saved_model_that_is_none(saved_models, checkpoints, images, tmp_path, harm):
    model, code = tmp_path / "model", "N6S-M10"
    shutil.copytree(saved_models / "sound", model)
    graph = model / "saved_model.pb"
    if harm == "garbage":
        graph.write_bytes(b"garbage" * 1000)
    elif harm == "cut":
        graph.write_bytes(graph.read_bytes()[:-500])
    elif harm == "variables":
        shutil.rmtree(model / "variables")
    elif harm == "metadata":
        (model / "metadata.yaml").write_text("a: [1")
        code = "N6S-M29"  # they would have said how the output is to be read
    elif harm == "empty folder":
        graph.unlink()
        code = "N6S-M11"
    else:
        shutil.rmtree(model)
        model = tmp_path / "net.tflite"
        model.write_bytes(b"xxxxTFL3" + bytes(100))
        if harm == "checkpoint":
            model = checkpoints / "pose.pt"
        code = "N6S-M11"
    done = n6("quantize", model, "--calibration", images, "-o", tmp_path / "out", "--json", cwd=tmp_path)
    if done.code == 0:  # without variables nothing is missing to a network of constants
        assert harm == "variables"
    else:
        assert_told(done, code, 3)
    assert_tidy(tmp_path)


# --- labels ----------------------------------------------------------------------------------------------------------


def coco(folder, keypoints, names):
    """Write a COCO keypoint JSON about images `names`, with somebody in each."""
    data = {
        "images": [{"id": n, "file_name": name, "width": 96, "height": 64} for n, name in enumerate(names, 1)],
        "categories": [{"id": 1, "name": "person", "keypoints": [f"k{n}" for n in range(keypoints)]}],
        "annotations": [
            {
                "id": n,
                "image_id": n,
                "category_id": 1,
                "bbox": [10, 10, 40, 40],
                "area": 800,
                "keypoints": [20, 20, 2] * keypoints,
            }
            for n in range(1, len(names) + 1)
        ],
    }
    path = folder / "person_keypoints_val.json"
    path.write_text(json.dumps(data))
    return path


def evaluate(carried, data, tmp_path, *words):
    done = n6("evaluate", carried.fine, "--data", data, "-o", tmp_path / "out", "--json", *words, cwd=tmp_path)
    assert_tidy(tmp_path)
    return done


def test_labels_of_another_skeleton(carried, tmp_path):
    image_folder(tmp_path / "images")
    done = evaluate(carried, coco(tmp_path, 5, ["000.jpg"]), tmp_path)
    fields = assert_told(done, "N6S-D03", 3)
    assert (fields["data_keypoints"], fields["model_keypoints"]) == (5, 17)
    assert not (tmp_path / "out" / "results.json").exists()


def test_labels_about_missing_images(carried, tmp_path):
    image_folder(tmp_path / "images")
    data = coco(tmp_path, 17, ["000.jpg", "gone.jpg", "001.jpg"])
    fields = assert_told(evaluate(carried, data, tmp_path), "N6S-D04", 3)
    assert (fields["missing"], fields["total"], fields["example"]) == (1, 3, "gone.jpg")
    done = evaluate(carried, data, tmp_path, "--skip-missing")
    assert done.code == 0, done.err
    assert "Warning: 1 of 3 images" in done.err
    assert done.data["data"]["images_read"] == 2


@pytest.mark.parametrize("text", ["", "{", "[]", '{"images": []}', "[" * 100_000])
def test_labels_that_are_none(carried, tmp_path, text):
    (tmp_path / "labels.json").write_text(text)
    assert_told(evaluate(carried, tmp_path / "labels.json", tmp_path), "N6S-D02", 3)


def test_evaluation_without_images(carried, tmp_path):
    (tmp_path / "empty").mkdir()
    assert_told(evaluate(carried, tmp_path / "empty", tmp_path), "N6S-D01", 3)


def test_chain_that_will_lack_images_says_so_before_it_exports(carried, tmp_path):
    shutil.copy(carried.checkpoint, tmp_path / "best.pt")
    for words, code, exit_code in ((), "N6S-D09", 2), (("--fake",), "N6S-D10", 2):
        assert_told(n6("run", "best.pt", *words, "--json", cwd=tmp_path), code, exit_code)
    assert_told(n6("run", "best.pt", "--calibration", "nowhere", "--json", cwd=tmp_path), "N6S-I01", 3)
    assert not (tmp_path / "best.n6" / "runs" / "export").exists()
