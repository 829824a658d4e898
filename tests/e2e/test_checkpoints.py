"""Checkpoints that cannot be used: told in words by every command, and nothing of them is run."""

import os
import pickle
from pathlib import Path

import pytest
from builders import Done, assert_tidy, assert_told, n6, naming, torch_zip

pytestmark = pytest.mark.slow  # whole programs and windows at work

COMMANDS = ("inspect", "export", "run")


class Command:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self):
        return os.system, (f"touch '{self.marker}'",)


def try_out(command: str, model: Path, folder: Path, *words: object) -> Done:
    more = ("--fake",) if command == "run" else ()
    done = n6(command, model, "--json", *more, *words, cwd=folder)
    assert_tidy(folder)
    assert not [path for path in folder.rglob("*") if path.suffix in (".tflite", ".onnx")]
    return done


@pytest.mark.parametrize("command", COMMANDS)
def test_checkpoint_that_runs_a_command(tmp_path, command):
    marker = tmp_path / "ran"
    model = torch_zip(tmp_path / "best.pt", pickle.dumps({"model": Command(marker)}, 2))
    done = try_out(command, model, tmp_path)
    assert assert_told(done, "N6S-M02", 3)["names"] == ["os.system"]
    assert "os.system" in done.err
    assert not marker.exists()


@pytest.mark.parametrize("command", COMMANDS)
def test_text_named_pt(tmp_path, command):
    model = tmp_path / "best.pt"
    model.write_text("my notes\n")
    assert "text file" in assert_told(try_out(command, model, tmp_path), "N6S-M01", 3)["reason"]


@pytest.mark.parametrize("command", COMMANDS)
def test_truncated(tmp_path, command):
    whole = torch_zip(tmp_path / "whole", naming("ultralytics.nn.tasks", "PoseModel", "8.4.0")).read_bytes()
    model = tmp_path / "best.pt"
    model.write_bytes(whole[: len(whole) // 2])
    assert_told(try_out(command, model, tmp_path), "N6S-M01", 3)


@pytest.mark.parametrize("command", COMMANDS)
def test_class_that_this_ultralytics_lacks(tmp_path, command):
    model = torch_zip(tmp_path / "best.pt", naming("ultralytics.nn.modules.block", "C99", "9.1.0"))
    fields = assert_told(try_out(command, model, tmp_path), "N6S-M03", 3)
    assert fields["names"] == ["ultralytics.nn.modules.block.C99"]
    assert fields["need"] == "Ultralytics 9.1.0"


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("task", ["detect", "segment"])
def test_other_task(checkpoints, tmp_path, command, task):
    done = try_out(command, checkpoints / f"{task}.pt", tmp_path)
    assert assert_told(done, "N6S-M05", 3)["task"] == task


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.3, 0.999])
def test_real_checkpoint_cut_off(checkpoints, tmp_path, share):
    whole = (checkpoints / "pose.pt").read_bytes()
    model = tmp_path / "best.pt"
    model.write_bytes(whole[: int(len(whole) * share)])
    assert_told(try_out("export", model, tmp_path), "N6S-M01", 3)


@pytest.mark.parametrize("command", COMMANDS)
def test_no_such_file(tmp_path, command):
    assert_told(try_out(command, tmp_path / "nowhere.pt", tmp_path), "N6S-I01", 3)


@pytest.mark.parametrize("size", [100, 33, 255])
def test_size_that_is_no_multiple_of_32(tmp_path, size):
    model = torch_zip(tmp_path / "best.pt", naming("ultralytics.nn.tasks", "PoseModel", "8.4.0"))
    fields = assert_told(try_out("export", model, tmp_path, "--imgsz", size), "N6S-M08", 2)
    assert str(size // 32 * 32) in fields["nearest"]


@pytest.mark.parametrize("size", [0, -32, 4096])
def test_size_out_of_range(tmp_path, size):
    model = torch_zip(tmp_path / "best.pt", naming("ultralytics.nn.tasks", "PoseModel", "8.4.0"))
    assert assert_told(try_out("export", model, tmp_path, f"--imgsz={size}"), "N6S-I04", 2)["name"] == "imgsz"


def test_failure_without_json_leaves_standard_output_empty(tmp_path):
    done = n6("inspect", tmp_path / "nowhere.pt", cwd=tmp_path)
    assert_told(done, "N6S-I01", 3)
    assert done.out == ""


def test_earlier_results_survive_a_refused_checkpoint(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "best_256.onnx").write_bytes(b"earlier")
    model = tmp_path / "best.pt"
    model.write_text("my notes\n")
    assert_told(n6("export", model, "-o", out, "--json", cwd=tmp_path), "N6S-M01", 3)
    assert (out / "best_256.onnx").read_bytes() == b"earlier"
    assert sorted(path.name for path in out.iterdir() if path.name[0] != ".") == ["best_256.onnx", "export.log"]
