"""Errors in words: what a stage is called."""

import pytest

import n6studio.stages.registry  # noqa: F401  stages tell their titles when they are met; the program has met all
from n6studio.domain.errors.advice import advice
from n6studio.domain.errors.stages import Cancelled, StageDied


@pytest.mark.parametrize(
    ("stage", "words"),
    [
        ("calibration_health", "Check of the calibration set ended unexpectedly"),
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
