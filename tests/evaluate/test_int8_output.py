"""What rounding a model's output to int8 costs."""

import io
import json

import numpy as np
import pytest

from n6studio.domain.requests import InputFile
from n6studio.stages.inspect.tflite import read_tflite
from n6studio.stages.int8_output import run as int8_output
from n6studio.stages.int8_output.stage import Int8OutputSettings
from n6studio.stages.model.rounded_output import scale_over
from n6studio.stages.process.reporter import Reporter


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-0.1, 1.1), (0.3, 0.9), (-2.0, -1.0)])
def test_every_value_of_the_range_survives_to_half_a_step(low, high):
    scale = scale_over(low, high)
    values = np.linspace(low, high, 1001, dtype=np.float32)
    assert -128 <= scale.zero_point <= 127
    assert np.abs(scale.rounded(values) - values).max() <= scale.scale / 2 + 1e-6
    assert scale.rounded(np.zeros(1, np.float32))[0] == 0
    assert scale.rounded(np.float32([high + 5]))[0] <= max(high, 0) + scale.scale


def _inputs(carried, model):
    return {
        "models": (InputFile(str(model), "0" * 64),),
        "data": (InputFile(str(carried.labels), ""),),
    }


def test_a_model_that_ends_in_int8_loses_nothing_and_is_not_run(carried, tmp_path):
    reporter = Reporter("int8_output", io.StringIO())
    outcome = int8_output.run(Int8OutputSettings(), _inputs(carried, carried.fine), tmp_path, reporter)
    assert outcome.figures.lossless
    assert outcome.figures.scale == read_tflite(carried.fine).output_scale == pytest.approx(0.012663, abs=1e-6)
    assert list(tmp_path.iterdir()) == []


def test_the_loss_of_a_model_with_a_float_head_is_measured(carried, tmp_path):
    settings = Int8OutputSettings(resize="letterbox", worst=0)
    reporter = Reporter("int8_output", io.StringIO())
    figures = int8_output.run(settings, _inputs(carried, carried.coarse), tmp_path, reporter).figures
    assert 1 / 255 < figures.scale < 1 / 50
    assert figures.images > 1
    for lost in (figures.ap, figures.ap50):
        assert lost.difference == pytest.approx(lost.of_int8 - lost.of_float, abs=1e-5)
        assert lost.difference != 0, "rounding must show"
        assert abs(lost.difference) < 0.2
    results = json.loads((tmp_path / "results.json").read_text())
    assert [model["output_type"] for model in results["models"]] == ["int8", "float"]
    assert "output in int8" in results["models"][0]["name"]
