"""Whole chains: bodies with other keypoints, another generation of model, and nothing done twice."""

import csv
import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml
from builders import assert_tidy, assert_told, contents, n6, photograph, write_image

pytestmark = pytest.mark.slow


def labelled(folder, dims, keypoints=5, count=4):
    """Make an Ultralytics pose data set with one made-up person an image."""
    numbers = np.random.default_rng(0)
    for number in range(count):
        write_image(folder / "images" / "val" / f"{number}.jpg", photograph(seed=number))
        points = numbers.uniform(0.3, 0.7, (keypoints, 2))
        values = [*(f"{x:.4f} {y:.4f}" + (" 2" if dims == 3 else "") for x, y in points)]
        label = folder / "labels" / "val" / f"{number}.txt"
        label.parent.mkdir(parents=True, exist_ok=True)
        label.write_text("0 0.5 0.5 0.5 0.5 " + " ".join(values) + "\n")
    path = folder / "hands.yaml"
    path.write_text(
        yaml.safe_dump({"path": ".", "val": "images/val", "kpt_shape": [keypoints, dims], "names": ["hand"]})
    )
    return path


@pytest.mark.parametrize(("name", "keypoints", "dims"), [("five3", 5, 3), ("five2", 5, 2), ("eleven", 17, 3)])
def test_chain_of_an_untrained_model(checkpoints, tmp_path, name, keypoints, dims):
    data = labelled(tmp_path / "data", dims, keypoints)
    project = tmp_path / "a.n6"
    model = checkpoints / f"{name}.pt"
    inspected = n6("inspect", model, "--json", cwd=tmp_path).data["figures"]
    assert (inspected["keypoints"], inspected["keypoint_dims"]) == (keypoints, dims)
    words = ("run", model, "--calibration", data.parent / "images", "--data", data, "--project", project)
    done = n6(*words, "--imgsz", 96, "--set", "evaluate.workers=1", "--json", cwd=tmp_path)
    assert done.code == 0, done.err
    assert "too few to judge whether int8 still detects people" in done.err
    stages = done.data["stages"]
    assert stages["export"]["figures"]["self_check"]["compared"] == "best candidates"
    assert stages["export"]["figures"]["self_check"]["oks_min"] > 0.99
    assert stages["quantize"]["figures"]["head"]["float_operations"] > 0
    assert done.data["results"]["data"]["people"] == 4
    for model_figures in done.data["results"]["models"]:
        assert 0 <= model_figures["coco"]["ap"] <= 1
    assert_tidy(project)
    (tflite,) = project.glob("runs/quantize/*/*.tflite")
    quantized = n6("inspect", tflite, "--json", cwd=tmp_path).data["figures"]
    assert (quantized["keypoints"], quantized["keypoint_dims"]) == (keypoints, dims)
    assert quantized["normalised"] is True


def test_what_is_fresh_is_skipped_and_what_changed_is_not(carried, tmp_path):
    model = tmp_path / "best.pt"
    shutil.copy(carried.checkpoint, model)
    calibration = tmp_path / "calibration"
    calibration.mkdir()
    for path in sorted(carried.calibration.glob("*.jpg"))[:6]:
        shutil.copy(path, calibration)
    words = ("run", model, "--calibration", calibration, "--imgsz", 128, "--set", "quantize.ranges=extremes", "--json")

    def run(*more):
        done = n6(*words, *more, cwd=tmp_path)
        assert done.code == 0, done.err
        return {name: stage["fresh"] for name, stage in done.data["stages"].items()}, done

    fresh, _ = run()
    assert not any(fresh.values())
    fresh, done = run()
    assert all(fresh.values())
    assert done.err.count("up to date, skipped") == 4
    fresh, done = run("--set", "quantize.head=int8")
    assert fresh == {"inspect": True, "export": True, "quantize": False, "evaluate": False}
    assert "quantize: output head changed from float to int8" in done.err
    fresh, _ = run("--set", "quantize.head=float")  # its result is still there
    assert all(fresh.values())
    next(calibration.iterdir()).unlink()
    fresh, done = run()
    assert fresh == {"inspect": True, "export": True, "quantize": False, "evaluate": False}
    assert "quantize: calibration changed" in done.err
    (tflite,) = (path for path in tmp_path.glob("best.n6/runs/export/*/*.tflite"))
    tflite.write_bytes(tflite.read_bytes() + b"tampered")
    fresh, done = run()
    assert fresh["export"] is False
    # From the folder alone, and with a model that is gone: nothing of what was there is lost.
    done = n6("run", tmp_path / "best.n6", "--json", cwd=tmp_path)
    assert done.code == 0, done.err
    before = contents(tmp_path / "best.n6")
    model.unlink()
    assert_told(n6("run", tmp_path / "best.n6", "--json", cwd=tmp_path), "N6S-I01", 3)
    assert contents(tmp_path / "best.n6") == before
    report = json.loads(json.dumps(done.data["results"]))
    assert [one["name"] for one in report["models"]][1] == "best.pt"


def test_labels_that_change_make_the_evaluation_stale(exported, tmp_path):
    data = labelled(tmp_path / "data", 3, 17)
    words = ("evaluate", exported / "pose_64_float32.tflite", "--data", data, "-o", tmp_path / "out", "--json")
    first = n6(*words, cwd=tmp_path)
    assert first.code == 0, first.err
    assert n6(*words, cwd=tmp_path).data["fresh"] is True
    label = tmp_path / "data" / "labels" / "val" / "0.txt"
    label.write_text("")
    second = n6(*words, cwd=tmp_path)
    assert second.data["fresh"] is False
    assert second.data["data"]["people"] == 3
    write_image(tmp_path / "data" / "images" / "val" / "9.jpg", photograph(seed=9))
    assert n6(*words, cwd=tmp_path).data["data"]["images_read"] == 5
    (tmp_path / "data" / "images" / "val" / "9.jpg").unlink()
    assert n6(*words, cwd=tmp_path).data["data"]["images_read"] == 4


def digests(folder):
    """Return the contents of what a stage made in a folder, without its log and description, which tell the time."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".log" and path.name[0] != ".")
    kept = (path for path in files if not path.name.endswith(".result.json"))
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in kept}


@pytest.fixture(scope="module")
def made_again(carried, exported_people, quantized_people, tmp_path_factory):
    """The carried checkpoint exported and quantized once more, elsewhere and with another order of sets."""
    place = tmp_path_factory.mktemp("made again")
    checkpoint = shutil.copy(carried.checkpoint, place)
    exported = n6("export", Path(checkpoint).name, "--imgsz", 128, "-o", "out", cwd=place, PYTHONHASHSEED="2")
    assert exported.code == 0, exported.err
    (saved_model,) = (place / "out").glob("*_saved_model")
    words = ("quantize", saved_model.relative_to(place), "--calibration", carried.calibration, "-o", "int8")
    words += ("--max-images", 8, "--guard-images", 0)
    quantized = n6(*words, cwd=place, PYTHONHASHSEED="2")
    assert quantized.code == 0, quantized.err
    return place


def test_the_same_checkpoint_gives_the_same_bytes_wherever_and_whenever(exported_people, made_again):
    first, second = digests(exported_people), digests(made_again / "out")
    assert first == second
    assert {name.rpartition(".")[2] for name in first} >= {"onnx", "tflite", "pb", "index", "yaml"}


def test_the_same_savedmodel_is_quantized_to_the_same_bytes(quantized_people, made_again):
    first, second = digests(quantized_people / "int8"), digests(made_again / "int8")
    assert first == second
    assert [name.rpartition(".")[2] for name in first] == ["tflite"]


TIMES = {"ms", "seconds", "images_per_second"}


def without_times(value):
    if isinstance(value, dict):
        return {key: without_times(inner) for key, inner in value.items() if key not in TIMES}
    return [without_times(inner) for inner in value] if isinstance(value, list) else value


def test_evaluating_again_differs_in_times_only(carried, exported_people, quantized_people, tmp_path):
    """docs/results.md says where they are."""
    (model,) = (quantized_people / "int8").glob("*.tflite")
    (rival,) = exported_people.glob("*_float32.tflite")
    words = ("evaluate", model, "--against", rival, "--data", carried.labels, "--images", carried.images)
    for seed in ("1", "2"):
        done = n6(*words, "--workers", 2, "-o", seed, cwd=tmp_path, PYTHONHASHSEED=seed)
        assert done.code == 0, done.err
    first, second = tmp_path / "1", tmp_path / "2"
    assert (first / "people.jsonl").read_bytes() == (second / "people.jsonl").read_bytes()
    results = [json.loads((place / "results.json").read_text(encoding="utf-8")) for place in (first, second)]
    assert results[0]["models"][0]["ms"]["inference"]["mean"]
    assert without_times(results[0]) == without_times(results[1])
    rows = []
    for place in (first, second):
        with (place / "images.csv").open(newline="", encoding="utf-8") as file:
            table = [
                {key: cell for key, cell in row.items() if not key.endswith("_ms")} for row in csv.DictReader(file)
            ]
        rows.append(table)
    assert len(rows[0]) == 80
    assert rows[0] == rows[1]
