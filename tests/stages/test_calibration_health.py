import io
import shutil
import threading

import cv2
import msgspec
import numpy as np
import pytest

from n6studio.domain.calibration.facts import CalibrationFacts, findings
from n6studio.domain.errors.datasets import NoImages
from n6studio.domain.messages import Progressed, StepBegan
from n6studio.domain.requests import InputFile
from n6studio.engine.jobs.hashing import HashCache, input_of
from n6studio.engine.jobs.run import make_request, run_stage
from n6studio.stages.calibration_health import run as calibration_health
from n6studio.stages.calibration_health.stage import CALIBRATION_HEALTH, CalibrationHealthSettings
from n6studio.stages.process.reporter import Reporter


def photograph(seed, size=(320, 240)):
    """Something with large and small structure, as a photograph has."""
    noise = np.random.default_rng(seed)
    large = cv2.resize(noise.integers(30, 220, (6, 8, 3), np.uint8), size, interpolation=cv2.INTER_CUBIC)
    small = noise.integers(-25, 25, (size[1], size[0], 3))
    return np.clip(large.astype(int) + small, 0, 255).astype(np.uint8)


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "pictures"
    made.mkdir()
    for number in range(24):
        cv2.imwrite(str(made / f"{number:02}.png"), photograph(number))
    return made


def facts_of(folder, tmp_path, **inputs):
    """Run the stage in this process and return its facts."""
    out = tmp_path / "out"
    out.mkdir(exist_ok=True)
    files = {"calibration": (InputFile(str(folder), ""),)}
    files |= {role: (InputFile(str(path), ""),) for role, path in inputs.items()}
    report = Reporter("calibration_health", io.StringIO())
    outcome = calibration_health.run(CalibrationHealthSettings(), files, out, report)
    return msgspec.json.decode((out / outcome.outputs["facts"]).read_bytes(), type=CalibrationFacts)


def by_key(facts, excluded=()):
    return {finding.key: finding for finding in findings(facts, excluded)}


def test_a_sound_set_has_no_complaint_but_that_nobody_looked_for_people(folder, tmp_path):
    found = by_key(facts_of(folder, tmp_path))
    assert {key for key, item in found.items() if item.state not in ("ok", "unknown")} == {"people", "keypoints"}
    assert found["leak"].state == "unknown"  # there is nothing to compare with


def test_exact_and_near_duplicates_are_told_apart(folder, tmp_path):
    shutil.copy(folder / "03.png", folder / "copy.png")
    near = cv2.imread(str(folder / "05.png"))
    cv2.imwrite(str(folder / "near.jpg"), cv2.resize(near, None, fx=0.8, fy=0.8), [cv2.IMWRITE_JPEG_QUALITY, 70])
    found = by_key(facts_of(folder, tmp_path))
    assert found["same"].images == ("copy.png",)
    assert found["same"].state == "warn"
    assert found["alike"].images == ("near.jpg",)


def test_excluding_images_settles_what_was_found_about_them(folder, tmp_path):
    shutil.copy(folder / "03.png", folder / "copy.png")
    facts = facts_of(folder, tmp_path)
    assert by_key(facts, {"copy.png"})["same"].state == "ok"
    assert by_key(facts, {"03.png"})["same"].state == "ok"
    few = by_key(facts, {image.name for image in facts.images[3:]})
    assert few["count"].state == "bad"
    assert set(by_key(facts, {image.name for image in facts.images})) == {"count", "unreadable"}


def test_dark_bright_and_blurred_images_are_named(folder, tmp_path):
    image = photograph(100)
    cv2.imwrite(str(folder / "dark.png"), image // 10)
    cv2.imwrite(str(folder / "bright.png"), 245 + image // 30)
    cv2.imwrite(str(folder / "blur.png"), cv2.GaussianBlur(image, (0, 0), 6))
    found = by_key(facts_of(folder, tmp_path))
    assert set(found["brightness"].images) == {"dark.png", "bright.png"}
    assert "blur.png" in found["blur"].images


def test_unreadable_images_are_named_with_a_reason(folder, tmp_path):
    whole = (folder / "00.png").read_bytes()
    (folder / "cut.png").write_bytes(whole[: len(whole) // 2])
    (folder / "text.jpg").write_text("no image")
    (folder / "empty.png").write_bytes(b"")
    found = by_key(facts_of(folder, tmp_path))
    assert set(found["unreadable"].images) == {"cut.png", "text.jpg", "empty.png"}
    assert found["unreadable"].state == "warn"
    assert found["count"].reason.startswith("24 images")


def test_a_leak_is_found_whatever_the_file_is_called(folder, tmp_path):
    other = tmp_path / "evaluation"
    other.mkdir()
    for number in range(50, 60):
        cv2.imwrite(str(other / f"{number}.png"), photograph(number))
    assert by_key(facts_of(folder, tmp_path, data=other))["leak"].state == "ok"
    shutil.copy(folder / "07.png", other / "renamed.png")
    leak = by_key(facts_of(folder, tmp_path, data=other))["leak"]
    assert (leak.state, leak.images) == ("bad", ("07.png",))


def test_images_in_sub_folders_are_named_with_them(folder, tmp_path):
    (folder / "käfer 1").mkdir()
    shutil.copy(folder / "01.png", folder / "käfer 1" / "ü.png")
    assert by_key(facts_of(folder, tmp_path))["same"].images == ("käfer 1/ü.png",)


def test_a_folder_without_images_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises(NoImages):
        facts_of(tmp_path, tmp_path)


def test_successive_frames_form_one_group(tmp_path):
    folder = tmp_path / "video"
    folder.mkdir()
    scene = photograph(1, (400, 300))
    for number in range(10):
        cv2.imwrite(str(folder / f"{number}.jpg"), scene[:, number : number + 380])
    found = by_key(facts_of(folder, tmp_path))
    assert len(found["alike"].images) == 9
    assert found["alike"].state == "bad"


def test_ten_thousand_hashes_are_compared_in_seconds():
    noise = np.random.default_rng(0)
    looks = [
        calibration_health._Look(
            calibration_health.ImageFacts(str(number)),
            int(noise.integers(0, 2**63)),
            noise.random(256).astype(np.float32),
        )
        for number in range(10_000)
    ]
    began = __import__("time").monotonic()
    groups = calibration_health.near_groups(looks, Reporter("calibration_health", io.StringIO()))
    assert set(groups) == {-1}
    assert __import__("time").monotonic() - began < 20


def test_in_a_child_process_with_the_real_model(carried, tmp_path):
    hashes = HashCache()
    model = carried.fine
    inputs = {
        "calibration": (input_of(carried.calibration, hashes, True),),
        "network": (input_of(model, hashes),),
        "data": (input_of(carried.labels, hashes),),
    }
    messages = []
    request = make_request(CALIBRATION_HEALTH, CalibrationHealthSettings(people_images=20), inputs)
    result = run_stage(CALIBRATION_HEALTH, request, tmp_path / "run", messages.append, threading.Event(), hashes)
    facts = msgspec.json.decode(result.outputs["facts"].read_bytes(), type=CalibrationFacts)
    assert sum(image.people is not None for image in facts.images) == 20
    assert sum(image.people or 0 for image in facts.images) > 3
    assert len(facts.keypoints) == 17
    assert facts.size == (256, 256)
    assert {type(message) for message in messages} >= {StepBegan, Progressed}
    assert run_stage(CALIBRATION_HEALTH, request, tmp_path / "run", messages.append, threading.Event(), hashes).fresh
