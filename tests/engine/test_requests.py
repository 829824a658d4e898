"""What makes two jobs the same, and what makes a result stale."""

import dataclasses
import json
from pathlib import Path

import msgspec
import pytest

from n6studio.domain.encoding import encoded
from n6studio.domain.errors.files import FileMissing
from n6studio.domain.errors.registry import error_classes, from_message
from n6studio.domain.errors.settings import SettingInvalid
from n6studio.domain.model.input_size import InputSize
from n6studio.domain.requests import InputFile, StageRequest
from n6studio.domain.results import StageResult
from n6studio.domain.settings import from_mapping
from n6studio.engine.jobs.run import make_request
from n6studio.engine.project.staleness import why_stale
from n6studio.stages.export.stage import EXPORT, ExportSettings
from n6studio.stages.inspect.stage import InspectSettings
from n6studio.stages.quantize.stage import QuantizeSettings

REQUEST = StageRequest(
    "quantize",
    {"max_images": 4, "head": "float"},
    {"model": (InputFile("/a/model", "11"),), "calibration": (InputFile("/a/pictures", "22"),)},
    {"tensorflow": "2.19.1"},
)


def done(request):
    return StageResult(None, request, {}, {}, (), {})


def test_fingerprint_depends_on_contents_not_on_paths():
    moved = dataclasses.replace(
        REQUEST, inputs={"calibration": (InputFile("/b/p", "22"),), "model": (InputFile("/b/m", "11"),)}
    )
    assert moved.fingerprint() == REQUEST.fingerprint()
    assert len(REQUEST.fingerprint()) == 64


@pytest.mark.parametrize(
    "changes",
    [
        {"stage": "export"},
        {"settings": {"max_images": 5, "head": "float"}},
        {"inputs": {**REQUEST.inputs, "model": (InputFile("/a/model", "12"),)}},
        {"inputs": {"model": REQUEST.inputs["model"]}},
        {"inputs": {**REQUEST.inputs, "model": REQUEST.inputs["model"] * 2}},
        {"tools": {"tensorflow": "2.20"}},
    ],
)
def test_fingerprint_changes_with(changes):
    assert dataclasses.replace(REQUEST, **changes).fingerprint() != REQUEST.fingerprint()


def test_order_of_inputs_counts():
    two = (InputFile("/a", "1"), InputFile("/b", "2"))
    first, second = (dataclasses.replace(REQUEST, inputs={"models": files}) for files in (two, two[::-1]))
    assert first.fingerprint() != second.fingerprint()


def test_request_survives_json():
    back = msgspec.json.decode(encoded(REQUEST), type=StageRequest)
    assert back == REQUEST
    assert back.fingerprint() == REQUEST.fingerprint()


def test_why_stale():
    assert why_stale(REQUEST, None) == ("not run yet",)
    assert why_stale(REQUEST, done(REQUEST)) == ()
    now = StageRequest(
        "quantize",
        {"max_images": 8, "head": "float"},
        {**REQUEST.inputs, "calibration": (InputFile("/a/pictures", "33"),)},
        {"tensorflow": "2.20"},
    )
    assert why_stale(now, done(REQUEST)) == (
        "max images changed from 4 to 8",
        "calibration changed",
        "tensorflow changed from 2.19.1 to 2.20",
    )


def test_why_stale_tells_what_came_and_went_in_the_order_of_names():
    file, roles, tools = (InputFile("/a", "1"),), "hgfedcba", "zyxwvuts"
    now = StageRequest("quantize", {}, {**dict.fromkeys(roles, file), "same": file}, dict.fromkeys(tools[:4], "2"))
    then = StageRequest("quantize", {}, {"same": file, "gone": file}, dict.fromkeys(tools[4:], "1"))
    assert why_stale(now, done(then)) == (
        *(f"{role} changed" for role in ("a", "b", "c", "d", "e", "f", "g", "gone", "h")),
        *(f"{tool} changed from 1 to None" for tool in "stuv"),
        *(f"{tool} changed from None to 2" for tool in "wxyz"),
    )


def test_why_stale_of_a_stage_that_is_gone_names_settings_as_they_were():
    now, then = (StageRequest("no such stage", {"level": value}, {}) for value in (2, 1))
    assert why_stale(now, done(then)) == ("level changed from 1 to 2",)


def test_made_request_is_complete():
    request = make_request(EXPORT, ExportSettings(imgsz=InputSize.square(64)), {})
    assert request.settings == {"imgsz": 64, "check_images": 8}
    assert {"n6studio", "torch", "tensorflow"} <= set(request.tools)
    with pytest.raises(TypeError):
        make_request(EXPORT, InspectSettings(), {})


# --- settings and errors across borders ------------------------------------------------------------------------------


def test_settings_are_checked_wherever_they_come_from():
    assert from_mapping(QuantizeSettings, {"scale": 128}).scale == 128.0
    for bad in (
        {"nonsense": 1},
        {"max_images": "4"},
        {"max_images": True},
        {"fake": 1},
        {"scale": float("nan")},
        {"offset": float("inf")},
        {"head": "int4"},
        {"guard_images": -1},
    ):
        with pytest.raises(SettingInvalid) as caught:
            from_mapping(QuantizeSettings, bad)
        assert caught.value.values["allowed"]


def test_error_tree_survives_json():
    for cls in error_classes().values():
        error = cls(**{field.name: ("ä", 1, 2.5, None, True) for field in dataclasses.fields(cls)})
        back = from_message(json.loads(json.dumps(error.to_message())))
        assert type(back) is cls
        assert back.values == error.values
        assert back.exit_status == cls.exit_status != 0


def test_error_fields_are_exactly_those_of_the_class():
    with pytest.raises(TypeError):
        FileMissing(path="a", more=1)
    with pytest.raises(TypeError):
        FileMissing()
    assert FileMissing(path=Path("a")).values == {"path": "a"}
