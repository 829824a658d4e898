"""Settings get better names; files, commands and results of earlier releases go on working.

`earlier/requests.json` holds the requests of a project's results as release 0.1 wrote them, with its fingerprints.
"""

import dataclasses
import json
from pathlib import Path

import msgspec
import pytest
import yaml

from n6studio.cli.command import chosen_settings
from n6studio.cli.parser import build_parser
from n6studio.cli.registry import commands
from n6studio.domain.errors.settings import SettingInvalid
from n6studio.domain.requests import StageRequest
from n6studio.domain.settings import changed_settings, from_mapping, from_recorded, recorded_values
from n6studio.domain.virtual_board import VirtualBoardSettings
from n6studio.engine.project.project import load_project, save_project
from n6studio.stages.deploy.stage import DEPLOY
from n6studio.stages.evaluate.stage import EVALUATE, EvaluateSettings
from n6studio.stages.quantize.stage import QUANTIZE, QuantizeSettings
from n6studio.stages.registry import STAGES

EARLIER = json.loads((Path(__file__).parent / "earlier" / "requests.json").read_text(encoding="utf-8"))


def named(entry):
    return f"{entry['request']['stage']}-{entry['fingerprint'][:6]}"


def test_every_stage_of_release_0_1_is_still_there():
    recorded = {entry["request"]["stage"] for entry in EARLIER}
    assert len(recorded) == 10
    assert recorded <= set(STAGES)


@pytest.mark.parametrize("entry", EARLIER, ids=named)
def test_todays_settings_have_the_fingerprint_of_release_0_1(entry):
    request = msgspec.convert(entry["request"], StageRequest)
    written = dict(request.settings)
    until = {"until": written.pop("until")} if "until" in written else {}  # a deployment's, and no setting of it
    settings = from_recorded(STAGES[request.stage].settings, written)
    now = dataclasses.replace(request, settings={**recorded_values(settings), **until})
    assert now.fingerprint() == entry["fingerprint"]


def test_a_later_setting_is_recorded_where_it_changes_something():
    settings = DEPLOY.settings()
    assert settings.allow_newer is False
    assert "allow_newer" not in recorded_values(settings)
    assert recorded_values(dataclasses.replace(settings, allow_newer=True))["allow_newer"] is True


def test_a_later_setting_says_what_was_done_before_it_came_where_that_is_not_its_default():
    today = DEPLOY.settings()
    earlier = {name: value for name, value in recorded_values(today).items() if name != "average"}
    assert recorded_values(today)["average"] is True
    assert [(one.name, then, now) for one, then, now in changed_settings(today, earlier)] == [("average", False, True)]
    without = from_recorded(DEPLOY.settings, earlier)
    assert without == dataclasses.replace(today, average=False)
    assert recorded_values(without) == earlier


def test_changed_settings_are_found_whatever_names_results_recorded():
    settings = dataclasses.replace(DEPLOY.settings(), max_detections=7)
    earlier = recorded_values(dataclasses.replace(settings, max_detections=5, allow_newer=True))
    assert "boxes_limit" in earlier
    found = [(one.name, then, now) for one, then, now in changed_settings(settings, earlier)]
    assert sorted(found) == [("allow_newer", True, False), ("max_detections", 5, 7)]
    assert changed_settings(settings, recorded_values(settings)) == []


FILE = """schema: 1
model: a.pt
settings:
  quantize: {count: 7}
  evaluate: {most: 50, limit: 9}
  deploy: {boxes_limit: 3}
"""


def test_project_file_with_earlier_names_is_read_and_written_with_todays(tmp_path):
    (tmp_path / "project.n6.yaml").write_text(FILE, encoding="utf-8")
    project = load_project(tmp_path)
    assert project.settings_of(QUANTIZE).max_images == 7
    assert project.settings_of(EVALUATE) == EvaluateSettings(max_detections=50, max_images=9)
    assert project.settings_of(DEPLOY).max_detections == 3
    save_project(project)
    written = yaml.safe_load((tmp_path / "project.n6.yaml").read_text(encoding="utf-8"))["settings"]
    assert written == {
        "quantize": {"max_images": 7},
        "evaluate": {"max_detections": 50, "max_images": 9},
        "deploy": {"max_detections": 3},
    }
    assert load_project(tmp_path) == project


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["quantize", "m", "--count", "4"], {"max_images": 4}),
        (["evaluate", "m", "--data", "d", "--most", "5", "--limit", "6"], {"max_detections": 5, "max_images": 6}),
        (["deploy", "m", "--boxes-limit", "7"], {"max_detections": 7}),
        (["virtual-board", "--most", "8"], {"max_detections": 8}),
    ],
)
def test_earlier_options_are_taken_and_not_shown(words, wanted):
    parser = build_parser(commands().values())
    options = parser.parse_args(words)
    assert chosen_settings(options, words[0].replace("-", "_")) == wanted
    shown = parser._subparsers._group_actions[0].choices[words[0]].format_help()
    assert not [word for word in words if word.startswith("--") and word != "--data" and word in shown.split()]


def test_todays_name_counts_where_both_are_given():
    for values in ({"count": 1, "max_images": 2}, {"max_images": 2, "count": 1}):
        assert from_mapping(QuantizeSettings, values).max_images == 2
    assert from_mapping(VirtualBoardSettings, {"most": 4}).max_detections == 4


def test_what_is_refused_is_told_by_todays_name():
    with pytest.raises(SettingInvalid) as caught:
        from_mapping(QuantizeSettings, {"count": -1})
    assert caught.value.name == "max_images"
