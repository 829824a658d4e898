"""Where results go: disks that are full or read-only, folders that are in use, processes that are killed."""

import os
import signal
import subprocess
import time

import psutil
import pytest
from builders import Running, assert_tidy, assert_told, contents, n6
from own_time import OwnTime

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name == "nt", reason="needs signals and mounts")]


def fill(disk, leave):
    """Fill `disk` until only `leave` bytes are free."""
    status = os.statvfs(disk)
    (disk / "filler").write_bytes(bytes(status.f_bavail * status.f_frsize - leave))


def visible(folder):
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


# --- full disks ------------------------------------------------------------------------------------------------------


def test_export_fills_the_disk(checkpoints, small_disk, tmp_path):
    out = small_disk / "out"
    done = n6("export", checkpoints / "pose.pt", "--imgsz", 64, "-o", out, "--json", cwd=tmp_path)
    assert_told(done, "N6S-S01", 7)
    assert visible(out) == ["export.log"]
    assert_tidy(small_disk)


@pytest.mark.parametrize("leave", [60_000, 1_500_000])
def test_quantize_fills_the_disk(exported, images, small_disk, tmp_path, leave):
    out = small_disk / "out"
    out.mkdir()
    (out / "pose_64_quant_pc_uf_pose.tflite").write_bytes(b"earlier")
    fill(small_disk, leave)
    model = exported / "pose_64_saved_model"
    done = n6("quantize", model, "--calibration", images, "-o", out, "--json", cwd=tmp_path)
    assert_told(done, "N6S-S01", 7)
    assert (out / "pose_64_quant_pc_uf_pose.tflite").read_bytes() == b"earlier"
    assert not (out / "quantize.result.json").exists()
    assert_tidy(small_disk)


@pytest.mark.parametrize("leave", [12_000, 30_000])
def test_evaluate_fills_the_disk(exported, images, tiny_disk, tmp_path, leave):
    fill(tiny_disk, leave)
    model = exported / "pose_64_float32.tflite"
    done = n6("evaluate", model, "--data", images, "-o", tiny_disk / "out", "--json", cwd=tmp_path)
    assert_told(done, "N6S-S01", 7)
    assert visible(tiny_disk / "out") in (["evaluate.log"], [])
    assert_tidy(tiny_disk)


def test_disk_that_is_full_already(tiny_disk, tmp_path, checkpoints):
    fill(tiny_disk, 0)
    for words in (("export", checkpoints / "pose.pt", "-o", tiny_disk / "out"),):
        assert_told(n6(*words, "--json", cwd=tmp_path), "N6S-S01", 7)
    assert_tidy(tiny_disk)


def test_project_on_a_full_disk(tiny_disk, tmp_path, checkpoints, images):
    fill(tiny_disk, 0)
    project = tiny_disk / "a.n6"
    words = ("run", checkpoints / "pose.pt", "--calibration", images, "--project", project, "--json")
    assert_told(n6(*words, cwd=tmp_path), "N6S-S01", 7)
    assert_tidy(tiny_disk)


# --- read-only -------------------------------------------------------------------------------------------------------


def test_read_only_output(checkpoints, exported, images, small_disk, tmp_path):
    (small_disk / "out").mkdir()
    (small_disk / "out" / "kept.txt").write_text("earlier")
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    before = contents(small_disk)
    for words in (
        ("export", checkpoints / "pose.pt", "-o", small_disk / "out"),
        ("export", checkpoints / "pose.pt", "-o", small_disk / "new"),
        ("quantize", exported / "pose_64_saved_model", "--calibration", images, "-o", small_disk / "out"),
        ("evaluate", exported / "pose_64_float32.tflite", "--data", images, "-o", small_disk / "out"),
        ("run", checkpoints / "pose.pt", "--calibration", images, "--project", small_disk / "a.n6"),
    ):
        fields = assert_told(n6(*words, "--json", cwd=tmp_path), "N6S-S06", 7)
        assert fields["reason"] == "Read-only file system"
    assert contents(small_disk) == before


def test_write_config_into_a_read_only_folder(exported, small_disk, tmp_path):
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    words = ("quantize", exported / "pose_64_saved_model", "--fake", "-o", tmp_path / "out")
    done = n6(*words, "--write-config", small_disk / "user_config.yaml", "--json", cwd=tmp_path)
    assert_told(done, "N6S-S06", 7)
    assert (tmp_path / "out" / "quantize.result.json").is_file()


# --- in use, killed, stopped -----------------------------------------------------------------------------------------


@pytest.fixture
def project(checkpoints, images, tmp_path):
    """Words that begin a project, and its folder."""
    folder = tmp_path / "a.n6"
    words = ("run", checkpoints / "pose.pt", "--calibration", images, "--project", folder, "--imgsz", 64)
    return words, folder


def no_stage_is_left(folder):
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        left = [one for one in psutil.process_iter(["cmdline"]) if str(folder) in " ".join(one.info["cmdline"] or [])]
        if not left:
            return True
        time.sleep(0.1)
    return False


def test_two_runs_on_one_project(project, tmp_path):
    words, folder = project
    first = Running(*words, cwd=tmp_path)
    first.until("export:")
    before = (folder / "project.n6.yaml").read_bytes()
    second = n6(*words, "--set", "quantize.max_images=2", "--json", cwd=tmp_path)
    fields = assert_told(second, "N6S-B01", 8)
    assert fields["path"] == str(folder)
    assert (folder / "project.n6.yaml").read_bytes() == before
    child = first.child()
    # While it runs: what a user does who has changed his mind.
    first.until("ONNX")
    own = OwnTime()
    first.process.send_signal(signal.SIGINT)
    done = first.end()
    assert own.seconds < 8
    assert_told(done, "N6S-X01", 130)
    assert not child.is_running()
    assert no_stage_is_left(folder)
    assert_tidy(folder)
    assert len(list((folder / "runs" / "inspect").iterdir())) == 1
    assert not list((folder / "runs").rglob("*.onnx"))


def test_ctrl_c_with_json(checkpoints, tmp_path):
    run = Running("export", checkpoints / "pose.pt", "-o", tmp_path / "out", "--json", cwd=tmp_path)
    run.until("SavedModel")
    time.sleep(1)  # into the conversion, which listens to nobody
    run.process.send_signal(signal.SIGINT)
    done = run.end(12)
    assert assert_told(done, "N6S-X01", 130) == {"stage": "export"}
    assert visible(tmp_path / "out") == ["export.log"]
    assert no_stage_is_left(tmp_path)
    assert_tidy(tmp_path)


def test_impatient_ctrl_c(checkpoints, tmp_path):
    run = Running("export", checkpoints / "pose.pt", "-o", tmp_path / "out", cwd=tmp_path)
    run.until("SavedModel")
    for _ in range(3):
        run.process.send_signal(signal.SIGINT)
        time.sleep(0.3)
    assert_told(run.end(12), "N6S-X01", 130)
    assert no_stage_is_left(tmp_path)
    assert_tidy(tmp_path)


@pytest.mark.parametrize(
    ("number", "code", "status"),
    [(signal.SIGKILL, "N6S-X02", 5), (signal.SIGABRT, "N6S-M14", 3)],  # which somebody else sent, or a library itself
)
def test_stage_is_killed(exported, images, tmp_path, number, code, status):
    out = tmp_path / "out"
    out.mkdir()
    (out / "pose_64_quant_pc_uf_pose.tflite").write_bytes(b"earlier")
    before = contents(out)
    words = ("quantize", exported / "pose_64_saved_model", "--calibration", images, "-o", out, "--json")
    run = Running(*words, cwd=tmp_path)
    run.until("[")
    run.child().send_signal(number)
    fields = assert_told(run.end(), code, status)
    assert fields["how"] == f"signal {int(number)} ({number.name})"
    assert fields["log"] == str(out / "quantize.log")
    assert contents(out) == before
    assert_tidy(out)


def test_stage_ends_when_the_program_is_killed(checkpoints, tmp_path):
    run = Running("export", checkpoints / "pose.pt", "--imgsz", 64, "-o", tmp_path / "out", cwd=tmp_path)
    run.until("SavedModel")
    child = run.child()
    run.process.kill()
    run.process.communicate()
    child.wait(15)
    assert no_stage_is_left(tmp_path)
    # What was left behind does not disturb the next run, which tidies up; nor does the lock of the dead.
    done = n6("export", checkpoints / "detect.pt", "-o", tmp_path / "out", "--json", cwd=tmp_path)
    assert_told(done, "N6S-M05", 3)
    assert_tidy(tmp_path)
