"""What makes two jobs the same, and what makes a result stale."""

import dataclasses
import json

import pytest

from n6studio.domain.requests import InputFile, StageRequest, request_from_json
from n6studio.domain.settings import ExportSettings, InspectSettings
from n6studio.engine.jobs import StageResult, make_request
from n6studio.engine.staleness import why_stale

REQUEST = StageRequest(
    "quantize",
    {"count": 4, "head": "float"},
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
        {"settings": {"count": 5, "head": "float"}},
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
    back = request_from_json(json.loads(json.dumps(REQUEST.to_json())))
    assert back == REQUEST
    assert back.fingerprint() == REQUEST.fingerprint()


def test_why_stale():
    assert why_stale(REQUEST, None) == ("it has not been run yet",)
    assert why_stale(REQUEST, done(REQUEST)) == ()
    now = StageRequest(
        "quantize",
        {"count": 8, "head": "float"},
        {**REQUEST.inputs, "calibration": (InputFile("/a/pictures", "33"),)},
        {"tensorflow": "2.20"},
    )
    assert why_stale(now, done(REQUEST)) == (
        "count changed from 4 to 8",
        "calibration changed",
        "tensorflow changed from 2.19.1 to 2.20",
    )


def test_made_request_is_complete():
    request = make_request("export", ExportSettings(imgsz=64), {})
    assert request.settings == {"imgsz": 64, "check_images": 8}
    assert {"n6studio", "torch", "tensorflow"} <= set(request.tools)
    with pytest.raises(TypeError):
        make_request("export", InspectSettings(), {})
