"""Whole deployments onto the virtual board by the command, well and badly behaved, and going on after every fault."""

import json
import os
import shutil
import signal
import zipfile
from pathlib import Path

import pytest
from builders import Running, assert_tidy, assert_told, n6
from standins.small_tflite import write_pose_tflite

from n6studio.board.images.image import sha256_of
from n6studio.board.virtual.board import Trouble

pytestmark = pytest.mark.slow  # whole programs at work

STEPS = ["check the model", "compile the model", "build the application", "write the image header"]
WEIGHTS = 0x70380000


def actions(done):
    return {one["role"]: one["action"] for one in done.data["figures"]["programmed"]["images"]}


def assert_deployed(done, virtual, model):
    assert done.code == 0, done.err
    figures = done.data["figures"]
    assert figures["running"]["runs"] is True
    assert virtual.state.sampled == "flash"
    content = model.read_bytes()
    assert virtual.read_flash(WEIGHTS, len(content)) == content
    assert figures["model"]["sha256"] == sha256_of(content)


def test_from_a_model_to_a_running_board(deploy, virtual, model, tmp_path):
    done = deploy()
    assert_deployed(done, virtual, model)
    figures = done.data["figures"]
    assert [step["name"] for step in figures["steps"]] == STEPS
    assert not any(step["fresh"] for step in figures["steps"])
    assert actions(done) == {"fsbl": "written", "weights": "written", "application": "written"}
    assert [image["address"] for image in figures["images"]] == ["0x70000000", "0x70380000", "0x70100000"]
    report = json.loads((tmp_path / "out/runs/deploy").glob("*/report.json").__next__().read_text())
    assert report["images"] == figures["images"]
    assert report["versions"]["n6studio"]
    assert report["settings"]["board"] == "virtual"
    page = next((tmp_path / "out/runs/deploy").glob("*/report.html")).read_text()
    for text in ("jogger pose.tflite", "0x70380000", figures["images"][0]["sha256"], "The application runs"):
        assert text in page
    assert_tidy(tmp_path / "out")


def test_the_second_time_nothing_is_made_and_nothing_written(deployed, deploy, virtual, model):
    again = deploy()
    assert_deployed(again, virtual, model)
    assert all(step["fresh"] for step in again.data["figures"]["steps"])
    assert set(actions(again).values()) == {"unchanged"}
    assert again.err.count("up to date, skipped") == len(STEPS)


def test_a_setting_of_the_application_makes_only_that_anew(deployed, deploy, virtual, model):
    changed = deploy("--confidence", "0.7")
    assert_deployed(changed, virtual, model)
    assert actions(changed) == {"fsbl": "unchanged", "weights": "unchanged", "application": "written"}
    assert [step["fresh"] for step in changed.data["figures"]["steps"]] == [True, True, False, False]


def test_a_board_that_was_unplugged_and_set_wrong(deploy, virtual, model):
    virtual.set_switches("flash")
    virtual.power_cycle()
    virtual.unplug()
    done = deploy()
    assert "Connect the board" in done.err
    assert "Set the board to program" in done.err
    assert "Slide both boot switches to the right (only BOOT1 matters)." in done.err
    assert_deployed(done, virtual, model)


def test_interrupted_while_writing_it_says_what_is_on_the_board(prepared, deploy, virtual, model, user, tmp_path):
    virtual.make_trouble(Trouble(bytes_per_second=20_000))
    running = Running(
        "deploy", model, "--board", "virtual", "--virtual-folder", virtual.folder, "-o", tmp_path / "out", "--json",
        cwd=tmp_path, **user,
    )  # fmt: skip
    running.until("fsbl at 0x70000000: written")
    running.process.send_signal(signal.SIGINT)
    done = running.end()
    fields = assert_told(done, "N6S-F48", 130)
    assert "Complete: first-stage boot loader." in fields["state"]
    assert not list((tmp_path / "out/runs/deploy").glob("*/deploy.result.json")), "half a deployment is none"
    virtual.make_trouble(Trouble())
    again = deploy()
    assert_deployed(again, virtual, model)
    assert actions(again)["fsbl"] == "unchanged"


def test_force_does_everything_again(deployed, deploy):
    again = deploy("--force")
    assert set(actions(again).values()) == {"written"}
    assert not any(step["fresh"] for step in again.data["figures"]["steps"][1:])


# --- bad input -------------------------------------------------------------------------------------------------------


def test_a_model_that_is_no_image_model_is_refused_before_anything_is_written(deploy, virtual, tmp_path):
    done = deploy(target=write_pose_tflite(tmp_path / "float.tflite", input_type="float"))
    assert done.code != 0
    assert "Traceback" not in done.err
    assert not any((virtual.folder / "flash").glob("*.bin"))


def test_no_such_model(deploy, tmp_path):
    assert_told(deploy(target=tmp_path / "nothing.tflite"), "N6S-I01", 3)


def test_a_damaged_model(deploy, model):
    model.write_bytes(model.read_bytes()[:500])
    assert_told(deploy(), "N6S-M10", 3)


def test_a_full_disk(model, user, virtual, tiny_disk, tmp_path):
    status = os.statvfs(tiny_disk)
    (tiny_disk / "filler").write_bytes(bytes(status.f_bavail * status.f_frsize - 30_000))
    done = n6(
        "deploy", model, "--board", "virtual", "--virtual-folder", virtual.folder, "-o", tiny_disk / "out", "--json",
        cwd=tmp_path, **user,
    )  # fmt: skip
    assert_told(done, "N6S-S01", 7)
    assert_tidy(tiny_disk)
    assert not any((virtual.folder / "flash").glob("*.bin"))


# --- comparing and releases ------------------------------------------------------------------------------------------


def test_comparing_writes_nothing(prepared, deploy, virtual):
    assert_told(deploy("--verify-only"), "N6S-F76", 6)
    assert not any((virtual.folder / "flash").glob("*.bin"))
    assert deploy().code == 0
    before = virtual.state.power_cycles
    done = deploy("--verify-only")
    assert done.code == 0, done.err
    assert done.data["figures"]["verified_only"]
    assert virtual.state.power_cycles == before


def test_preparing_touches_no_board(deploy, virtual):
    done = deploy("--prepare-only")
    assert done.code == 0, done.err
    assert done.data["figures"]["programmed"] is None
    assert not any((virtual.folder / "flash").glob("*.bin"))


@pytest.fixture
def release(finished, tmp_path):
    return Path(shutil.copy2(finished / "a release.zip", tmp_path))


def flash(path, virtual, user, tmp_path, *words):
    return n6("flash", path, "--virtual-folder", virtual.folder, "--json", *words, cwd=tmp_path, **user)


def test_a_release_is_programmed_elsewhere(release, virtual, user, tmp_path):
    done = flash(release, virtual, user, tmp_path)
    assert done.code == 0, done.err
    assert {one["action"] for one in done.data["programmed"]["images"]} == {"written"}
    assert done.data["running"]["runs"]
    again = flash(release, virtual, user, tmp_path)
    assert {one["action"] for one in again.data["programmed"]["images"]} == {"unchanged"}
    assert flash(release, virtual, user, tmp_path, "--verify-only").code == 0


def test_what_a_release_holds(release):
    with zipfile.ZipFile(release) as archive:
        names = set(archive.namelist())
        manifest = json.loads(archive.read("manifest.json"))
        assert names == {
            "manifest.json", "plan.json", "NOTICE.txt", "README.txt",
            "images/fsbl.bin", "images/weights.bin", "images/application.bin",
        }  # fmt: skip
        for name, digest in manifest["files"].items():
            assert sha256_of(archive.read(name)) == digest
    assert manifest["facts"]["model"]["name"] == "jogger pose.tflite"
    assert manifest["board"] == "virtual"


def rewritten(path, change):
    """Write a release anew with some contents changed; return it."""
    with zipfile.ZipFile(path) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    changed = path.with_name("changed.zip")
    with zipfile.ZipFile(changed, "w") as archive:
        for name, content in {**contents, **change(contents)}.items():
            archive.writestr(name, content)
    return changed


def listing(contents, **changes):
    manifest = json.loads(contents["manifest.json"])
    return {"manifest.json": json.dumps({**manifest, **changes})}


@pytest.mark.parametrize(
    ("change", "code", "exit_code"),
    [
        (lambda contents: {"images/weights.bin": contents["images/weights.bin"][:-1] + b"x"}, "N6S-F74", 3),
        (lambda contents: listing(contents, format=9), "N6S-F73", 3),
        (lambda contents: listing(contents, files={}), "N6S-F73", 3),
        (lambda contents: listing(contents, files={"../evil": "0" * 64, "plan.json": "0" * 64}), "N6S-F73", 3),
        (lambda contents: {"manifest.json": b"{"}, "N6S-F73", 3),
    ],
)
def test_a_release_that_was_tampered_with(release, virtual, user, tmp_path, change, code, exit_code):
    done = flash(rewritten(release, change), virtual, user, tmp_path)
    assert_told(done, code, exit_code)
    assert not any((virtual.folder / "flash").glob("*.bin"))


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04 cut off"])
def test_a_file_that_is_no_release(tmp_path, virtual, user, content):
    path = tmp_path / "some.zip"
    path.write_bytes(content)
    assert_told(flash(path, virtual, user, tmp_path), "N6S-F73", 3)


# --- looking into files ----------------------------------------------------------------------------------------------


def test_explaining_an_image_and_a_model(prepared, model, tmp_path, user):
    image = next((tmp_path / "out/runs/deploy-header-virtual").glob("*/application_signed.bin"))
    done = n6("board", "explain", image, "--board", "virtual", "--json", cwd=tmp_path, **user)
    assert done.code == 0, done.err
    assert [region["kind"] for region in done.data["regions"]] == ["application"]
    assert done.data["regions"][0]["findings"] == []
    words = n6("board", "explain", model, cwd=tmp_path, **user)
    assert "TensorFlow Lite model" in words.out
    told = n6("board", "explain", image, "--address", "here", "--json", cwd=tmp_path, **user)
    assert_told(told, "N6S-I04", 2)
