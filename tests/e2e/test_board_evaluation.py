"""The whole road against a board: a quantized model on the firmware's board, evaluated beside the model here."""

import json

import pytest
from builders import n6
from builders_tflite import build_split_tflite

from n6studio.board import emulator

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(emulator.missing_tools()), reason="no qemu-system-arm or no cross compiler"),
]
IMAGES = 6


def test_a_board_is_a_column_of_the_report_with_its_ladder_and_times(carried, tmp_path):
    words = ["evaluate", carried.coarse, "--against", carried.fine, "--data", carried.labels, "--max-images", IMAGES,
             "--on-board", "virtual:?firmware&fps=50", "-o", "out", "--json"]  # fmt: skip
    done = n6(*words, cwd=tmp_path)
    assert done.code == 0, done.err
    told = json.loads(done.out)
    judged, reference, board = told["models"]
    assert (judged["format"], reference["format"], board["format"]) == ("tflite", "tflite", "board")
    assert board["name"].endswith("on Cortex-M55 in QEMU")
    for figures in ("coco", "zoo", "yolo", "people"):
        assert board[figures] == judged[figures]  # bit for bit the same output, so the same figures
    assert board["coco"]["ap"] is not None
    facts = told["board"]
    assert [(rung["name"], rung["images"], rung["equal"]) for rung in facts["rungs"]] == [
        ("input", IMAGES, IMAGES), ("output", IMAGES, IMAGES), ("people", IMAGES, IMAGES)
    ]  # fmt: skip
    assert len(facts["npu_ms"]) == len(facts["post_ms"]) == IMAGES
    assert min(facts["npu_ms"]) > 0
    assert facts["bytes_per_second"] > 0
    assert facts["seconds_500_at_256"] > 0
    report = (tmp_path / "out" / "report.html").read_text()
    assert "On the board" in report
    assert "No divergence" in report
    assert "NPU time per image on Cortex-M55 in QEMU" in report
    again = n6(*words, cwd=tmp_path)  # every answer is there: nothing is asked
    assert again.code == 0
    assert "ask the board" not in again.err


def test_every_output_of_a_split_head_is_compared(carried, tmp_path):
    model = build_split_tflite(tmp_path / "split.tflite")
    words = ["evaluate", model, "--average", "--data", carried.labels, "--max-images", IMAGES,
             "--on-board", "virtual:?firmware&fps=50", "-o", "out", "--json"]  # fmt: skip
    done = n6(*words, cwd=tmp_path)
    assert done.code == 0, done.err
    facts = json.loads(done.out)["board"]
    assert [(rung["name"], rung["images"], rung["equal"]) for rung in facts["rungs"]] == [
        ("input", IMAGES, IMAGES), ("output", IMAGES, IMAGES), ("people", IMAGES, IMAGES)
    ]  # fmt: skip
    assert facts["seconds_500_at_256"] > 0
