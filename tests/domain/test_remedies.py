"""Errors in words: what a stage is called, and how fields read."""

from pathlib import Path

import pytest

import n6studio.stages.registry  # noqa: F401  stages tell their titles when they are met; the program has met all
from n6studio.domain.errors.advice import advice, short_title
from n6studio.domain.errors.application import RegionOverflow
from n6studio.domain.errors.files import FileMissing
from n6studio.domain.errors.models import CheckpointUnsafe
from n6studio.domain.errors.stages import Cancelled, StageDied


@pytest.mark.parametrize(
    ("stage", "words"),
    [
        ("calibration_health", "Calibration set check ended unexpectedly"),
        ("quantize", "Quantization ended unexpectedly"),
        ("STM32CubeProgrammer", "STM32CubeProgrammer ended unexpectedly"),
    ],
)
def test_a_stage_is_called_what_the_window_calls_it_and_a_tool_keeps_its_name(stage, words):
    error = StageDied(stage=stage, how="signal 9", log="a.log")
    assert advice(error).title == words
    assert error.values["stage"] == stage, "programs get the stage's own name"


def test_what_was_cancelled_has_its_title():
    assert advice(Cancelled(stage="layer_errors")).title == "Cancelled: Layer comparison"


def test_fields_in_words():
    error = CheckpointUnsafe(path=Path("models") / "a.pt", names=("os.system", "eval"))
    told = advice(error)
    assert told.title == f"{Path('models') / 'a.pt'} was refused: it would run code"
    assert "This one calls os.system, eval, which" in told.why
    assert short_title(error) == "a.pt was refused: it would run code"
    assert error.values == {"path": str(Path("models") / "a.pt"), "names": ["os.system", "eval"]}


def test_a_number_that_is_not_known_is_no_none():
    error = RegionOverflow(region="AXISRAM1", overflow=4096, size=None, smaller="Do.", log="make.log")
    assert "The region of an unknown number of bytes overflows by 4096 bytes." in advice(error).why


def test_an_error_tells_its_log_and_takes_another():
    error = StageDied(stage="quantize", how="signal 9", log="")
    assert error.log_path == ""
    assert error.with_log("a.log").values == {"stage": "quantize", "how": "signal 9", "log": "a.log"}
    assert FileMissing(path="a").log_path == ""
    with pytest.raises(TypeError):
        FileMissing(path="a").with_log("a.log")
