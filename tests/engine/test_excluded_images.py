import msgspec
import pytest

from n6studio.cli.command import chosen_settings
from n6studio.cli.commands.run import parsed_setting
from n6studio.cli.parser import build_parser
from n6studio.cli.registry import commands
from n6studio.domain.calibration.inputs import calibration_files
from n6studio.domain.encoding import encoded
from n6studio.domain.errors.advice import advice
from n6studio.domain.errors.datasets import CalibrationMissing, NoImages
from n6studio.domain.errors.settings import SettingInvalid
from n6studio.domain.project import Project
from n6studio.domain.requests import StageRequest
from n6studio.domain.results import StageResult
from n6studio.domain.settings import from_mapping, plain_values
from n6studio.engine.jobs.run import make_request
from n6studio.engine.project.project import load_project, save_project
from n6studio.engine.project.staleness import why_stale
from n6studio.stages.model.calibration import choose_images
from n6studio.stages.quantize.stage import QUANTIZE, QuantizeSettings
from n6studio.stages.registry import STAGES

NAMES = ("a/b c.jpg", "ü, comma.png", "-dash.jpg")


def test_they_survive_the_project_file(tmp_path):
    settings = QuantizeSettings(exclude=NAMES)
    save_project(Project(tmp_path, tmp_path / "m.pt", settings={"quantize": settings}))
    assert load_project(tmp_path).settings_of(QUANTIZE) == settings


def test_a_project_without_calibration_images_is_told_where_to_choose_them(tmp_path):
    with pytest.raises(CalibrationMissing) as caught:
        calibration_files(Project(tmp_path, tmp_path / "m.pt"))
    assert caught.value.exit_status == 2
    assert "Calibration page" in advice(caught.value).as_text()


def test_they_survive_the_process_border_and_change_the_request():

    request = make_request(QUANTIZE, QuantizeSettings(exclude=NAMES), {})
    again = msgspec.json.decode(encoded(request), type=StageRequest)
    assert again.fingerprint() == request.fingerprint()
    assert from_mapping(QuantizeSettings, again.settings) == QuantizeSettings(exclude=NAMES)
    assert make_request(QUANTIZE, QuantizeSettings(), {}).fingerprint() != request.fingerprint()


def test_they_can_be_typed():
    options = build_parser(commands().values()).parse_args(
        ["quantize", "m", "--exclude", NAMES[0], "--exclude", NAMES[1]]
    )
    assert from_mapping(QuantizeSettings, chosen_settings(options, "quantize")).exclude == NAMES[:2]
    stage, name, value = parsed_setting("quantize.exclude=a.jpg,b.jpg")
    assert from_mapping(STAGES[stage].settings, {name: value}).exclude == ("a.jpg", "b.jpg")


@pytest.mark.parametrize("value", ["a.jpg", [1], {"a": 1}, None])
def test_only_lists_of_texts_are_taken(value):
    with pytest.raises(SettingInvalid):
        from_mapping(QuantizeSettings, {"exclude": value})


def test_a_reason_says_how_many_not_which(tmp_path):
    before = make_request(QUANTIZE, QuantizeSettings(), {})
    after = make_request(QUANTIZE, QuantizeSettings(exclude=NAMES), {})
    known = StageResult(tmp_path, before, {}, {}, (), {})
    assert why_stale(after, known) == ("excluded images changed from none to 3 entries",)
    assert why_stale(before, known) == ()


def test_they_are_passed_over_and_others_take_their_place(tmp_path):
    import cv2
    import numpy as np

    (tmp_path / "sub").mkdir()
    for name in ("a.png", "b.png", "sub/a.png"):
        cv2.imwrite(str(tmp_path / name), np.zeros((8, 8, 3), np.uint8))
    chosen, _ = choose_images(tmp_path, 0, 42, ("sub/a.png", "gone.png"))
    assert [path.name for path in chosen] == ["a.png", "b.png"]
    assert len(choose_images(tmp_path, 2, 42, ("a.png",))[0]) == 2
    with pytest.raises(NoImages):
        choose_images(tmp_path, 0, 42, ("a.png", "b.png", "sub/a.png"))


def test_all_stages_have_plain_settings():
    for stage in STAGES.values():
        settings = stage.settings()
        assert from_mapping(stage.settings, plain_values(settings)) == settings
