"""An input that is no square, 192 x 128, from the checkpoint to the virtual board's stream."""

import json
import math
import shutil

import pytest
from builders import n6

from n6studio.board import emulator
from n6studio.engine.project.project import load_project
from n6studio.stages.export.stage import EXPORT

pytestmark = pytest.mark.slow
CANDIDATES = 24 * 16 + 12 * 8 + 6 * 4
IMAGES = 12


@pytest.fixture(scope="module")
def chain(carried, tmp_path_factory):
    """The demo model's project at 192 x 128 after the whole chain, and what the chain said."""
    folder = tmp_path_factory.mktemp("wide")
    words = ["run", carried.checkpoint, "--project", folder / "a.n6", "--imgsz", "192x128", "--json",
             "--calibration", carried.calibration, "--data", carried.labels]  # fmt: skip
    settings = {"quantize.ranges": "extremes", "quantize.resize": "letterbox", "quantize.max_images": IMAGES}
    settings |= {"evaluate.resize": "letterbox", "evaluate.with_ultralytics": "true"}
    done = n6(*words, *(f"--set={name}={value}" for name, value in settings.items()), cwd=folder, timeout=500)
    assert done.code == 0, done.err
    return folder / "a.n6", done.data


@pytest.fixture(scope="module")
def quantized(chain):
    (path,) = chain[0].glob("runs/quantize/*/*.tflite")
    return path


def test_every_stage_has_the_size_and_the_project_says_what_was_typed(chain, quantized):
    folder, data = chain
    assert "imgsz: 192x128" in (folder / "project.n6.yaml").read_text()
    assert load_project(folder).settings_of(EXPORT).imgsz == (192, 128)
    stages = data["stages"]
    assert stages["export"]["figures"]["imgsz"] == "192x128"
    assert stages["export"]["figures"]["metadata"]["imgsz"] == [128, 192], "height first, as Ultralytics has it"
    assert stages["export"]["figures"]["self_check"]["oks_min"] > 0.999
    assert stages["export"]["figures"]["self_check"]["pixels_max"] < 0.01
    assert stages["quantize"]["figures"]["input_size"] == [192, 128]
    assert quantized.name == "n6demo-pose_192x128_quant_pc_uf_pose.tflite"
    facts = n6("inspect", quantized, "--json", cwd=folder).data["figures"]
    assert (facts["input_size"], facts["input"]["shape"]) == ([192, 128], [1, 128, 192, 3])
    assert (facts["output"]["shape"], facts["output_candidates"]) == ([1, 56, CANDIDATES], CANDIDATES)
    assert "fail" not in {check["state"] for check in facts["checks"]}


def test_people_are_found_and_ultralytics_own_validation_says_the_same(chain):
    judged, reference = chain[1]["results"]["models"]
    assert (judged["input_size"], reference["input_size"]) == ([192, 128], [192, 128])
    assert reference["coco"]["ap"] > 0.3, "the demo's model was trained on squares of 256 pixels"
    assert judged["coco"]["ap"] > 0.8 * reference["coco"]["ap"]
    assert reference["yolo"]["map"] == pytest.approx(reference["ultralytics"]["map"], abs=1e-4)
    assert reference["yolo"]["map50"] == pytest.approx(reference["ultralytics"]["map50"], abs=1e-4)


@pytest.fixture
def shown(carried, tmp_path):
    """A folder with the labelled image whose largest person is the largest, and that person's box, in fractions."""
    labels = json.loads(carried.labels.read_text())
    person = max(labels["annotations"], key=lambda one: one["area"])
    image = next(one for one in labels["images"] if one["id"] == person["image_id"])
    (tmp_path / "camera").mkdir()
    shutil.copy(carried.images / image["file_name"], tmp_path / "camera")
    left, top, width, height = person["bbox"]
    across, down = image["width"], image["height"]
    return tmp_path / "camera", (left / across, top / down, (left + width) / across, (top + height) / down)


@pytest.mark.parametrize("aspect", ["crop", "fit", "fullscreen"])
def test_people_in_the_virtual_boards_stream_are_where_the_labels_say(quantized, shown, tmp_path, aspect):
    folder, labelled = shown
    address = f"virtual:{quantized}?frames=4&confidence=0.25&aspect={aspect}&camera={folder}"
    words = ["--source", address, "--expect", quantized, "--record", "take.mjpeg", "--lines", "lines.jsonl"]
    done = n6("live", *words, "--json", cwd=tmp_path)
    assert done.code == 0, done.err
    lines = [json.loads(line)["results"] for line in (tmp_path / "lines.jsonl").read_text().splitlines()]
    assert lines
    # 320 x 240 for 192 x 128: 320 x 213, from (240 - 213 + 1) // 2 = 14 on
    view = ("crop", (0.0, 14 / 240, 1.0, 213 / 240)) if aspect == "crop" else ("stretch", (0.0, 0.0, 1.0, 1.0))
    for one in lines:
        assert (one["view"]["resize"], one["view"]["size"]) == (view[0], [192, 128])
        assert one["view"]["part"] == pytest.approx(view[1], abs=1e-6)
        assert max(_overlap(labelled, person["box"]) for person in one["people"]) > 0.6


def _overlap(first, second):
    """Return the IoU of two boxes (left, top, right, bottom)."""
    across = min(first[2], second[2]) - max(first[0], second[0])
    down = min(first[3], second[3]) - max(first[1], second[1])
    shared = max(across, 0) * max(down, 0)
    return shared / (sum((box[2] - box[0]) * (box[3] - box[1]) for box in (first, second)) - shared)


@pytest.mark.skipif(bool(emulator.missing_tools()), reason="no qemu-system-arm or no cross compiler")
def test_the_emulated_firmware_computes_the_same_people(carried, quantized, tmp_path):
    words = ["evaluate", quantized, "--data", carried.labels, "--max-images", 4, "--on-board",
             "virtual:?firmware&fps=50", "-o", "out", "--json"]  # fmt: skip
    done = n6(*words, cwd=tmp_path)
    assert done.code == 0, done.err
    judged, board = done.data["models"]
    assert board["format"] == "board"
    assert board["coco"] == judged["coco"]
    assert {(rung["images"], rung["equal"]) for rung in done.data["board"]["rungs"]} == {(4, 4)}
    assert math.isfinite(board["coco"]["ap"])


def test_it_is_deployed_to_the_virtual_board(quantized, tmp_path):
    words = ["deploy", quantized, "--board", "virtual", "--virtual-folder", tmp_path / "board", "-o", tmp_path / "out"]
    done = n6(*words, "--json", cwd=tmp_path)
    assert done.code == 0, done.err
    assert done.data["figures"]["model"]["input_size"] == [192, 128]


def test_a_size_that_is_no_multiple_of_32_names_the_nearest(carried, tmp_path):
    done = n6("export", carried.checkpoint, "--imgsz", "320x200", "--json", cwd=tmp_path)
    error = json.loads(done.out)["error"]
    assert (done.code, error["code"], error["fields"]["nearest"]) == (2, "N6S-M08", "320x192 or 320x224")
