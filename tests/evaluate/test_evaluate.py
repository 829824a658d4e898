import csv
import dataclasses
import io
import json
import os
import re
import shutil
import threading
import time
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest
from builders_onnx import write_pose_onnx
from carried import IMAGES, IMAGES_WITH_PEOPLE, MODELS, PEOPLE

from n6studio.domain.errors.datasets import KeypointCountMismatch, NoImages
from n6studio.domain.errors.files import UnknownFormat
from n6studio.domain.errors.models import ModelDamaged
from n6studio.domain.errors.stages import Cancelled
from n6studio.domain.messages import StepBegan
from n6studio.domain.pose.skeleton import COCO, generic
from n6studio.domain.requests import InputFile
from n6studio.engine.jobs.hashing import HashCache, input_of
from n6studio.engine.jobs.run import make_request, run_stage
from n6studio.engine.project.skeletons import save_skeleton, skeleton_input
from n6studio.stages.datasets.load import open_dataset
from n6studio.stages.evaluate import run as evaluate
from n6studio.stages.evaluate import ultralytics as evaluate_ultralytics
from n6studio.stages.evaluate.all_images import in_order
from n6studio.stages.evaluate.classes import ultralytics_sigmas
from n6studio.stages.evaluate.one_image import Judging
from n6studio.stages.evaluate.stage import EVALUATE, EvaluateSettings
from n6studio.stages.process.reporter import Reporter

FLOAT_LIKE = "n6demo_256_per_channel.tflite"
COARSE = "n6demo_192_per_tensor.tflite"


class Evaluation:
    """The stage, run in this process on the models and images that travel with the project."""

    def __init__(self, carried, folder):
        self.data, self.folder = carried, folder
        self.reporter = Reporter("evaluate", io.StringIO())

    def __call__(self, *models, data=None, images=None, skeleton=None, **changes):
        self.folder.mkdir(exist_ok=True)
        self.reporter = Reporter("evaluate", io.StringIO())
        inputs = {
            "models": tuple(InputFile(str(MODELS / name), "0" * 64) for name in models),
            "data": (InputFile(str(data or self.data.labels), ""),),
        }
        if images:
            inputs["images"] = (InputFile(str(images), ""),)
        if skeleton:
            save_skeleton(self.folder, skeleton)
            inputs["skeleton"] = (skeleton_input(self.folder, skeleton),)
        settings = EvaluateSettings(**{"resize": "letterbox", "worst": 2, **changes})
        outcome = evaluate.run(settings, inputs, self.folder, self.reporter)
        assert set(outcome.outputs) == {"results", "images", "people", "report"}
        self.page = (self.folder / "report.html").read_text(encoding="utf-8")
        check_page(self.page)
        return json.loads((self.folder / "results.json").read_text(encoding="utf-8"))


@pytest.fixture
def evaluation(carried, tmp_path):
    return Evaluation(carried, tmp_path / "out")


class _Checker(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.addresses = [], []

    def handle_starttag(self, tag, attributes):
        if tag not in ("meta", "img", "br", "input"):
            self.open.append(tag)
        self.addresses += [value for name, value in attributes if name in ("src", "href", "xlink:href")]

    def handle_startendtag(self, tag, attributes):
        self.addresses += [value for name, value in attributes if name in ("src", "href")]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def check_page(page):
    """Every tag is closed, nothing is loaded from elsewhere, and no figure is a leftover of Python."""
    checker = _Checker()
    checker.feed(page)
    assert checker.open == []
    assert all(address.startswith("data:image/jpeg;base64,") for address in checker.addresses)
    assert "url(" not in page
    assert "@import" not in page
    text = re.sub(r"<style>.*?</style>|base64,[^\"]*", "", page, flags=re.DOTALL)
    assert not re.search(r"\bnan\b|\bNone\b|\binf\b", text)


# --- networks on images ----------------------------------------------------------------------------------------------


def test_figures_of_st_models_are_the_known_ones(shared, tmp_path):
    """Measured once with pycocotools directly: 18.2 and 15.3 per cent, give or take the letterbox's details."""
    data = shared / "data" / "coco-mini" / "person_keypoints.json"
    names = [f"yolov8n_256_quant_{kind}_uf_pose_coco-st.tflite" for kind in ("pt", "pc")]
    evaluation = Evaluation(None, tmp_path / "out")
    results = evaluation(*(shared / "models" / "st" / name for name in names), data=data, iou=0.6)
    coarse, fine = results["models"]
    assert fine["coco"]["ap"] == pytest.approx(0.182, abs=0.004)
    assert coarse["coco"]["ap"] == pytest.approx(0.153, abs=0.006)
    assert results["data"]["people"] == 86
    assert results["data"]["images_with_people"] == fine["zoo"]["images"] == 28


def test_figures_add_up(evaluation):
    results = evaluation(COARSE, FLOAT_LIKE, iou=0.6)
    coarse, fine = results["models"]
    assert fine["coco"]["ap"] > coarse["coco"]["ap"] > 0.2
    assert fine["keypoints"][0]["name"] == "nose"
    assert results["data"]["people"] == PEOPLE
    assert results["data"]["images_with_people"] == fine["zoo"]["images"] == IMAGES_WITH_PEOPLE
    comparison = results["comparison"][0]
    assert comparison["ap_difference"] == pytest.approx(coarse["coco"]["ap"] - fine["coco"]["ap"], abs=2e-6)
    assert comparison["ap_interval"][0] < comparison["ap_difference"] < comparison["ap_interval"][1]
    assert comparison["ap50_difference"] == pytest.approx(coarse["coco"]["ap50"] - fine["coco"]["ap50"], abs=2e-6)
    assert comparison["ap50_interval"][0] <= comparison["ap50_difference"] <= comparison["ap50_interval"][1]
    assert evaluation.page.count("data:image/jpeg") == 2 * 3
    with (evaluation.folder / "images.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == IMAGES * 2
    assert sum(int(row["labelled"]) for row in rows) == 2 * PEOPLE
    lost = [float(row["oks_lost_worst"]) for row in rows if row["oks_lost_worst"]]
    assert len(lost) == IMAGES_WITH_PEOPLE


def test_breakdowns_add_up_to_the_whole(evaluation):
    model = evaluation(FLOAT_LIKE)["models"][0]
    groups, errors = model["groups"], model["errors"]
    assert sum(one["people"] for one in groups["crowd"]) == PEOPLE
    assert sum(one["people"] for one in groups["hidden"]) == PEOPLE
    assert sum(one["people"] for one in groups["size"]) == PEOPLE
    assert [one["ap"] for one in groups["size"]] == [
        model["coco"][f"ap_{name}"] for name in ("small", "medium", "large")
    ]
    assert sum(one["people"] * one["found"] for one in groups["hidden"]) == pytest.approx(
        model["people"]["right"], abs=1
    )
    assert errors["labelled"] == sum(one["labelled"] for one in model["keypoints"])
    assert errors["labelled"] == sum(errors[kind] for kind in ("good", "jitter", "inversion", "swap", "miss"))
    assert errors["good"] > errors["jitter"] > 0
    assert sum(row["people"] for row in model["calibration"]) > model["people"]["found"] - 1
    assert "Breakdown" in evaluation.page
    assert (
        f"<td>Keypoints: jitter</td><td></td><td>{100 * errors['jitter'] / errors['labelled']:.1f} %</td>"
        in evaluation.page
    )


def test_figures_do_not_depend_on_the_number_of_workers(evaluation):
    first, second = (evaluation(FLOAT_LIKE, workers=workers, max_images=30) for workers in (1, 5))
    for name in ("coco", "zoo", "yolo", "box", "pr", "f1", "keypoints", "people"):
        assert first["models"][0][name] == second["models"][0][name]
    assert second["speed"]["workers"] == 5


def test_yaml_and_json_of_the_same_images_agree(evaluation):
    from_json = evaluation(FLOAT_LIKE)["models"][0]
    from_yaml = evaluation(FLOAT_LIKE, data=evaluation.data.yaml)["models"][0]
    # Not to the last digit: the YAML's labels are rounded, and its images stand in another order.
    assert from_yaml["zoo"]["map"] == pytest.approx(from_json["zoo"]["map"], abs=0.005)
    assert from_yaml["yolo"]["map"] == pytest.approx(from_json["yolo"]["map"], abs=0.005)
    assert from_yaml["people"]["labelled"] == from_json["people"]["labelled"]


def test_every_format_and_size_together(evaluation, tmp_path):
    results = evaluation(write_pose_onnx(tmp_path / "small.onnx"), COARSE, max_images=12)
    assert [model["format"] for model in results["models"]] == ["onnx", "tflite"]
    assert [model["input_size"] for model in results["models"]] == [[64, 64], [192, 192]]


def test_sts_onnx(shared, tmp_path):
    model = shared / "models" / "st" / "yolo26_pose_256_qdq_int8.onnx"
    data = shared / "data" / "coco-mini" / "person_keypoints.json"
    (figures,) = Evaluation(None, tmp_path / "out")(model, data=data, max_images=12)["models"]
    assert (figures["format"], figures["input_size"]) == ("onnx", [256, 256])
    assert figures["coco"]["ap"] > 0.1


def test_resizes_differ_and_crop_says_whom_it_loses(evaluation):
    values = {
        resize: evaluation(FLOAT_LIKE, resize=resize)["models"][0]["coco"]["ap"] for resize in ("stretch", "crop")
    }
    assert len(set(values.values())) == 2
    assert any("'crop' keeps" in text for text in evaluation.reporter.warnings)


def test_agreement_without_labels(evaluation):
    results = evaluation(COARSE, FLOAT_LIKE, data=evaluation.data.images)
    assert results["data"]["kind"] == "pictures"
    assert results["models"][0]["coco"] is None
    assert results["comparison"][0]["basis"] == "reference"
    agreement = results["comparison"][0]["agreement"]
    assert agreement["kept"] + agreement["lost"] == agreement["people"] > 20
    assert 0.5 < agreement["oks_mean_kept"] <= 1
    assert "No labels" in evaluation.page


def test_a_model_agrees_with_itself(evaluation):
    results = evaluation(FLOAT_LIKE, FLOAT_LIKE, max_images=20)
    assert [model["name"] for model in results["models"]] == [FLOAT_LIKE, f"{FLOAT_LIKE} (2)"]
    comparison = results["comparison"][0]
    assert comparison["oks_lost_mean"] == 0
    assert comparison["ap_difference"] == 0
    assert comparison["agreement"]["lost"] == comparison["agreement"]["invented"] == 0
    assert "person loses" in evaluation.page


def test_one_model_without_labels_and_nobody_found(evaluation, tmp_path):
    for name, shade in (("a", 0), ("b", 255)):
        cv2.imwrite(str(tmp_path / f"{name}.png"), np.full((64, 64, 3), shade, np.uint8))
    results = evaluation(FLOAT_LIKE, data=tmp_path, confidence=0.9)
    assert results["models"][0]["people"]["found"] == 0
    assert any("found no people" in text for text in evaluation.reporter.warnings)
    both = evaluation(FLOAT_LIKE, COARSE, data=tmp_path, confidence=0.9)
    assert both["comparison"][0]["agreement"]["oks_mean"] is None


def labels(people, **category):
    names = ["nose"] + [f"p{n}" for n in range(16)]
    return {
        "images": [{"id": 1, "file_name": "a <b>&\"'.png", "width": 64, "height": 64}],
        "annotations": people,
        "categories": [{"id": 1, "name": "person", "keypoints": names, **category}],
    }


def write_labels(folder, content):
    folder.mkdir(exist_ok=True)
    done, data = cv2.imencode(".png", np.full((64, 64, 3), 90, np.uint8))
    assert done
    (folder / "a <b>&\"'.png").write_bytes(data.tobytes())
    path = folder / "labels.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_labels_without_people_and_people_who_are_never_found(evaluation, tmp_path):
    results = evaluation(FLOAT_LIKE, COARSE, data=write_labels(tmp_path / "none", labels([])))
    assert results["models"][0]["coco"]["ap"] is None
    assert results["models"][0]["zoo"]["map"] is None
    person = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [8, 8, 40, 40], "keypoints": [20, 20, 2] * 17}
    results = evaluation(FLOAT_LIKE, COARSE, data=write_labels(tmp_path / "one", labels([person])), confidence=0.9)
    assert results["models"][0]["coco"]["ap"] == 0
    assert results["models"][0]["people"] == {"labelled": 1, "found": 0, "right": 0, "missed": 1, "false": 0}
    results = evaluation(FLOAT_LIKE, data=write_labels(tmp_path / "one", labels([person])), confidence=0.9)
    assert "a &lt;b&gt;&amp;" in evaluation.page
    assert "a <b>&" not in evaluation.page


def test_unreadable_images_are_left_out_and_said(evaluation, tmp_path):
    shutil.copytree(evaluation.data.images.parent, tmp_path / "data")
    images = sorted((tmp_path / "data" / "images").glob("*.jpg"))
    for path in (tmp_path / "data").rglob("*"):
        path.chmod(0o755)
    images[0].write_bytes(images[0].read_bytes()[:5000])
    images[1].write_bytes(b"")
    results = evaluation(FLOAT_LIKE, data=tmp_path / "data" / "annotations" / "person_keypoints.json")
    assert results["data"]["images_read"] == IMAGES - 2
    assert {one["reason"] for one in results["data"]["unreadable"]} == {"it is cut short", "it is empty"}
    assert any("2 images could not be read" in text for text in results["warnings"])


def test_not_one_readable_image(evaluation, tmp_path):
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "a.jpg").write_bytes(b"no")
    with pytest.raises(NoImages):
        evaluation(FLOAT_LIKE, data=tmp_path / "pictures")


def test_labels_of_other_keypoints(evaluation, tmp_path):
    content = labels([], keypoints=["a", "b", "c"])
    with pytest.raises(KeypointCountMismatch):
        evaluation(FLOAT_LIKE, data=write_labels(tmp_path / "three", content))


def test_labels_with_more_keypoints_in_another_order_are_matched_by_name(evaluation, tmp_path):
    plain = evaluation(FLOAT_LIKE, max_images=20)
    content = json.loads(evaluation.data.labels.read_text(encoding="utf-8"))
    kind = content["categories"][0]
    kind["keypoints"], kind["skeleton"] = ["tail", *reversed(kind["keypoints"])], []
    for person in content["annotations"]:
        points = person["keypoints"]
        turned = [points[start : start + 3] for start in range(48, -1, -3)]
        person["keypoints"] = [5, 5, 2, *(value for point in turned for value in point)]
    path = tmp_path / "more.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    turned = evaluation(FLOAT_LIKE, data=path, images=evaluation.data.images, max_images=20)
    assert turned["models"][0]["coco"] == plain["models"][0]["coco"]
    assert turned["models"][0]["keypoints"] == plain["models"][0]["keypoints"]
    assert any("18 keypoints; the model's 17 were matched by name" in text for text in turned["warnings"])
    other = dataclasses.replace(COCO, names=("snout", *COCO.names[1:]))
    with pytest.raises(KeypointCountMismatch):
        evaluation(FLOAT_LIKE, data=path, images=evaluation.data.images, skeleton=other)


def test_the_edited_skeleton_decides(evaluation):
    plain = evaluation(FLOAT_LIKE, max_images=20)
    lenient = dataclasses.replace(
        COCO, sigmas=tuple(2 * sigma for sigma in COCO.sigmas), names=("snout", *COCO.names[1:]), edges=((0, 1),)
    )
    edited = evaluation(FLOAT_LIKE, max_images=20, skeleton=lenient)
    assert edited["data"]["sigmas"] == list(lenient.sigmas)
    assert edited["models"][0]["coco"]["ap"] > plain["models"][0]["coco"]["ap"]
    assert edited["models"][0]["keypoints"][0]["name"] == "snout"
    assert edited["models"][0]["keypoints"][0]["labelled"] == plain["models"][0]["keypoints"][0]["labelled"]
    heading = json.loads((evaluation.folder / "people.jsonl").read_text(encoding="utf-8").splitlines()[0])
    assert heading["bones"] == [[0, 1]]
    assert "snout" in evaluation.page
    unknown = dataclasses.replace(lenient, sigmas_known=False)
    assert evaluation(FLOAT_LIKE, max_images=20, skeleton=unknown)["data"]["sigmas"] == list(COCO.sigmas)
    with pytest.raises(KeypointCountMismatch):
        evaluation(FLOAT_LIKE, skeleton=generic(5))


def test_what_is_no_model(evaluation, tmp_path):
    (tmp_path / "a.tflite").write_bytes(b"\x1c\0\0\0TFL3 cut off")
    with pytest.raises(ModelDamaged):
        evaluation(tmp_path / "a.tflite")
    (tmp_path / "a.tflite").write_bytes(b"no network")
    with pytest.raises(UnknownFormat, match="text"):
        evaluation(tmp_path / "a.tflite")
    (tmp_path / "a.h5").write_bytes(b"\x89HDF\r\n\x1a\n")
    with pytest.raises(ModelDamaged):
        evaluation(tmp_path / "a.h5")
    (tmp_path / "a.h5").write_bytes(b"")
    with pytest.raises(UnknownFormat, match="empty"):
        evaluation(tmp_path / "a.h5")
    (tmp_path / "a.weights").write_bytes(b"")
    with pytest.raises(UnknownFormat):
        evaluation(tmp_path / "a.weights")


def test_cancel_stops_within_a_moment(evaluation):
    class Impatient(Reporter):
        def progress(self, done, total, unit="images"):
            if unit == "images" and done == 3:
                self.cancel()
            super().progress(done, total, unit)

    settings = EvaluateSettings(workers=2)
    inputs = {
        "models": (InputFile(str(MODELS / FLOAT_LIKE), ""),),
        "data": (InputFile(str(evaluation.data.images), ""),),
    }
    before = threading.active_count()
    with pytest.raises(Cancelled):
        evaluate.run(settings, inputs, evaluation.folder, Impatient("evaluate", io.StringIO()))
    assert threading.active_count() == before


def test_through_the_engine_as_a_child_process(carried, tmp_path):
    hashes = HashCache()
    inputs = {
        "models": (input_of(carried.fine, hashes),),
        "data": (input_of(carried.labels, hashes),),
    }
    request = make_request(EVALUATE, EvaluateSettings(max_images=10), inputs)
    messages = []
    result = run_stage(EVALUATE, request, tmp_path / "run", messages.append, threading.Event())
    assert set(result.outputs) == {"results", "images", "people", "report"}
    assert all(path.is_file() for path in result.outputs.values())
    assert [one.name for one in messages if isinstance(one, StepBegan)] == list(evaluate.STEPS)
    assert not (tmp_path / "run" / "scratch").exists()


# --- who was found, for drawing --------------------------------------------------------------------------------------


def people_of(folder):
    return [json.loads(line) for line in (folder / "people.jsonl").read_text(encoding="utf-8").splitlines()]


def test_people_can_be_drawn_from_what_is_written(evaluation):
    results = evaluation(COARSE, FLOAT_LIKE)
    heading, *images = people_of(evaluation.folder)
    assert heading["models"] == [COARSE, FLOAT_LIKE]
    assert heading["keypoints"] == results["data"]["keypoints"]
    assert len(images) == results["data"]["images_read"]
    for image in images:
        width, height = image["size"]
        assert Path(image["image"]).is_file()
        for people in (image["truth"], *image["models"]):
            assert all(len(points) == 17 * 3 for points in people["keypoints"])
            assert all(-1 <= box[0] <= box[2] <= width + 1 for box in people["boxes"])
            assert all(-1 <= box[1] <= box[3] <= height + 1 for box in people["boxes"])
        for model in image["models"]:
            assert min(model["scores"], default=1) >= 0.25
            assert all((who is None) == (oks == 0) for who, oks in zip(model["who"], model["oks"], strict=True))
    assert sum(len(image["truth"]["boxes"]) for image in images) == results["data"]["people"]
    areas = [area for image in images for area in image["truth"].get("areas", ())]
    limits = {"small": (0, 32**2), "medium": (32**2, 96**2), "large": (96**2, 1e10)}
    for group in results["models"][0]["groups"]["size"]:
        low, high = limits[group["name"]]
        assert sum(low <= area <= high for area in areas) == group["people"]
    for place, model in enumerate(results["models"]):
        counts = np.sum([image["models"][place]["errors"] for image in images], axis=0).tolist()
        assert counts == [model["errors"][kind] for kind in ("good", "jitter", "inversion", "swap", "miss")]
        assert not any(name in image["models"][place] for image in images for name in ("taken", "nobody"))
    lost = [
        before - after
        for image in images
        for after, before in zip(*(model["oks"] for model in image["models"]), strict=True)
    ]
    assert np.mean(lost) == pytest.approx(results["comparison"][0]["oks_lost_mean"], abs=1e-4)
    with (evaluation.folder / "images.csv").open(encoding="utf-8") as file:
        worst = max(float(row["oks_lost_worst"]) for row in csv.DictReader(file) if row["oks_lost_worst"])
    assert max(image["lost"] for image in images) == pytest.approx(worst, abs=1e-4)


def test_people_without_labels_and_of_one_model(evaluation):
    evaluation(COARSE, FLOAT_LIKE, data=evaluation.data.images, max_images=12)
    images = people_of(evaluation.folder)[1:]
    assert all(image["truth"] is None for image in images)
    assert not any("errors" in model for image in images for model in image["models"])
    assert all(len(image["agreement"]) == len(image["models"][1]["boxes"]) for image in images)
    evaluation(FLOAT_LIKE, data=evaluation.data.images, max_images=12)
    assert {image["lost"] for image in people_of(evaluation.folder)[1:]} == {0.0}
    evaluation(FLOAT_LIKE, max_images=12)
    for image in people_of(evaluation.folder)[1:]:
        assert image["lost"] == pytest.approx(1 - min(image["models"][0]["oks"], default=1), abs=1e-4)


# --- Ultralytics' own ------------------------------------------------------------------------------------------------


def test_uint8_input_is_refused_with_a_reason(evaluation):
    results = evaluation(FLOAT_LIKE, max_images=30, with_ultralytics=True)
    assert results["models"][0]["ultralytics"] is None
    assert any("its input is uint8" in text for text in results["warnings"])


@pytest.mark.slow
def test_ultralytics_agrees_with_our_reading_of_its_rule(evaluation, carried, tmp_path, monkeypatch):
    for name, value in (("YOLO_OFFLINE", "true"), ("YOLO_AUTOINSTALL", "False"), ("YOLO_CONFIG_DIR", str(tmp_path))):
        monkeypatch.setenv(name, value)
    ultralytics = pytest.importorskip("ultralytics")
    shutil.copyfile(carried.checkpoint, tmp_path / "pose.pt")
    model = ultralytics.YOLO(str(tmp_path / "pose.pt")).export(format="onnx", imgsz=256, simplify=False)
    results = evaluation(tmp_path / model, with_ultralytics=True)
    figures = results["models"][0]
    assert figures["ultralytics"], results["warnings"]
    assert figures["ultralytics"]["map"] == pytest.approx(figures["yolo"]["map"], abs=0.005)
    assert figures["ultralytics"]["map"] > 0.15
    assert not (evaluation.folder / "scratch" / "ultralytics").exists()


def test_models_whose_units_ultralytics_does_not_expect_are_refused():
    from n6studio.domain.pose.decode import OutputLayout
    from n6studio.stages.model.runner import ModelInfo

    def refusal(form, normalised):
        info = ModelInfo(Path("a"), form, (256, 256), OutputLayout(1, 17, normalised=normalised))
        return evaluate_ultralytics.refusal(info)

    assert refusal("tflite", True) == refusal("onnx", False) == ""
    assert "pixels" in refusal("tflite", False)
    assert "normalised" in refusal("onnx", True)
    assert "saved_model" in refusal("saved_model", True)


def test_data_for_ultralytics(carried, tmp_path):
    dataset = open_dataset(carried.labels, limit=40)
    judging = Judging(dataset.skeleton, ultralytics_sigmas(dataset, dataset.skeleton))
    records = [evaluate.ImageRecord(item, item.size, item.truth.in_pixels(*item.size)) for item in dataset.items]
    (tmp_path / "place").mkdir()
    again = open_dataset(evaluate_ultralytics.write_data(tmp_path / "place", records, judging))
    for record, item in zip(records, again.items, strict=True):
        assert os.path.samefile(record.item.path, item.path)  # noqa: PTH121
        truth = item.truth.in_pixels(*record.size)
        wanted = record.truth.people[record.truth.counts()]
        assert np.allclose(truth.people.boxes, wanted.boxes, atol=0.01)
        assert np.allclose(truth.people.keypoints, wanted.keypoints, atol=0.01)


# --- several at once -------------------------------------------------------------------------------------------------


def test_results_come_back_in_order_whoever_is_first():
    def slowly(number):
        time.sleep(0.02 if number % 3 == 0 else 0)
        return number * 2

    assert list(in_order(slowly, list(range(40)), 6)) == [number * 2 for number in range(40)]
    assert list(in_order(slowly, [], 2)) == []


def test_only_a_few_are_under_way_and_errors_come_through():
    seen = []

    def work(number):
        seen.append(number)
        if number == 20:
            raise ValueError("twenty")
        return number

    results = in_order(work, list(range(1000)), 2)
    assert next(results) == 0
    time.sleep(0.05)
    assert len(seen) < 20
    with pytest.raises(ValueError, match="twenty"):
        list(results)
    assert len(seen) < 60


def test_a_image_without_labels_takes_the_short_way_to_the_same_result():
    from n6studio.domain.pose.people import People, nobody
    from n6studio.domain.pose.preprocess import Resize, place
    from n6studio.stages.datasets.model import Truth
    from n6studio.stages.evaluate import one_image as evaluate_image

    generator = np.random.default_rng(0)
    found = People(
        generator.random((5, 4), np.float32) * 50,
        np.linspace(0.9, 0.1, 5, dtype=np.float32),
        generator.random((5, 17, 3), np.float32) * 50,
    )
    far_away = Truth(
        People(np.full((1, 4), 9999, np.float32), np.ones(1, np.float32), np.full((1, 17, 3), 9999, np.float32)),
        np.ones(1),
        np.array([True]),
    )
    placement = place((64, 64), (64, 64), Resize.STRETCH)
    none = Truth(nobody(17), np.zeros(0), np.zeros(0, bool))
    judging, yolo = Judging(COCO, COCO.sigmas), (found, Resize.STRETCH)
    short, long = (evaluate_image._match(found, yolo, found, 3, one, placement, judging) for one in (none, far_away))
    for name in ("zoo", "box", "box_aside"):
        assert (getattr(short, name) == getattr(long, name)).all()
    for name in ("confidences", "classes", "hits"):
        assert (getattr(short.yolo, name) == getattr(long.yolo, name)).all()
    assert short.positives == long.positives
    assert short.tally.people.tolist() == long.tally.people.tolist() == [0, 3, 0, 3]
