import threading

import msgspec
import numpy as np
import pytest
from standins.small_tflite import write_running_tflite

from n6studio.domain.errors.models import NotAPoseModel
from n6studio.domain.model.layer_errors import LayerErrors
from n6studio.engine.jobs.hashing import HashCache, input_of
from n6studio.engine.jobs.run import make_request, run_stage
from n6studio.stages.layer_errors.run import decibel, name_key, short_name
from n6studio.stages.layer_errors.stage import LAYER_ERRORS, LayerErrorsSettings
from n6studio.stages.quantize.stage import QUANTIZE, QuantizeSettings


def test_decibels_by_hand():
    assert decibel(100.0, 1.0) == 20.0
    assert decibel(1.0, 1.0) == 0.0
    assert decibel(1.0, 10.0) == -10.0
    assert decibel(5.0, 0.0) == 120.0
    assert decibel(0.0, 1.0) is None
    assert decibel(float("nan"), 1.0) is None


def test_names_agree_whatever_constants_the_converter_adds():
    float_name = "model_46/tf.math.add/Add;model_46/tf.nn.convolution/convolution"
    assert name_key(float_name) == name_key(float_name + ";Const_160")
    assert name_key(float_name) != name_key("model_46/tf.math.add/Add")
    assert short_name(float_name + ";Const_160") == "tf.nn.convolution/convolution"
    assert short_name("Identity") == "Identity"


def run(stage, settings, inputs, folder, images=()):
    hashes = HashCache()
    files = {role: (input_of(path, hashes, role in images),) for role, path in inputs.items()}
    request = make_request(stage, settings, files)
    return run_stage(stage, request, folder, lambda message: None, threading.Event(), hashes)


@pytest.fixture(scope="module")
def models(exported_people, quantized_people):
    """Float and quantized model."""
    (quantized,) = (quantized_people / "int8").glob("*.tflite")
    return exported_people / "n6demo-pose_128_float32.tflite", quantized


@pytest.mark.slow
def test_every_layer_of_a_real_model_is_measured(models, carried, tmp_path):
    reference, quantized = models
    inputs = {"reference": reference, "quantized": quantized, "calibration": carried.calibration}
    result = run(LAYER_ERRORS, LayerErrorsSettings(max_images=3), inputs, tmp_path, ("calibration",))
    errors = msgspec.json.decode(result.outputs["layers"].read_bytes(), type=LayerErrors)
    assert errors.images == 3
    assert len(errors.layers) > 200
    assert sum(layer.kind == "CONV_2D" for layer in errors.layers) > 60
    for layer in errors.layers:
        assert len(layer.float_counts) == len(layer.int8_counts) == 64
        assert abs(sum(layer.float_counts) - 1) < 1e-3
        assert abs(sum(layer.int8_counts) - 1) < 1e-3
        assert (layer.own_snr is None) == (layer.type == "float")
        assert layer.first <= layer.low <= layer.high <= layer.last
    int8 = [layer for layer in errors.layers if layer.type == "int8" and not layer.squashed and layer.snr]
    # What comes before costs something, too, so a layer alone is nearly always better than with everything quantized.
    assert np.mean([layer.own_snr > layer.snr for layer in int8]) > 0.95
    assert 10 < np.median([layer.snr for layer in int8]) < 60
    assert result.figures.layers == len(errors.layers)
    convolutions = [layer for layer in errors.layers if layer.kind == "CONV_2D" and layer.weight_low]
    assert len(convolutions) > 60
    for layer in convolutions:
        assert len(layer.weight_low) == len(layer.weight_high) == layer.shape[-1]
        assert all(low <= high for low, high in zip(layer.weight_low, layer.weight_high, strict=True))


@pytest.mark.slow
def test_a_model_against_itself_loses_nothing(models, carried, tmp_path):
    inputs = {"reference": models[0], "quantized": models[0], "calibration": carried.calibration}
    result = run(LAYER_ERRORS, LayerErrorsSettings(max_images=1), inputs, tmp_path, ("calibration",))
    errors = msgspec.json.decode(result.outputs["layers"].read_bytes(), type=LayerErrors)
    assert {layer.snr for layer in errors.layers} <= {120.0, None}
    assert {layer.own_snr for layer in errors.layers} == {None}


@pytest.mark.slow
def test_a_stranger_is_refused(models, carried, tmp_path):
    stranger = write_running_tflite(tmp_path / "stranger.tflite", size=128)
    inputs = {"reference": models[0], "quantized": stranger, "calibration": carried.calibration}
    with pytest.raises(NotAPoseModel):
        run(LAYER_ERRORS, LayerErrorsSettings(max_images=1), inputs, tmp_path, ("calibration",))


@pytest.mark.slow
def test_excluded_images_change_the_digest_and_only_they_are_missing(models, carried, tmp_path):
    saved_model = models[0].parent / models[0].name.replace("_float32.tflite", "_saved_model")
    inputs = {"model": saved_model, "calibration": carried.calibration}
    names = sorted(path.name for path in carried.calibration.glob("*.jpg"))
    few = QuantizeSettings(guard_images=0, head="int8", ranges="extremes", exclude=tuple(names[4:]))
    fewer = QuantizeSettings(guard_images=0, head="int8", ranges="extremes", exclude=tuple(names[3:]))
    first = run(QUANTIZE, few, inputs, tmp_path / "a", ("calibration",)).figures.calibration
    second = run(QUANTIZE, fewer, inputs, tmp_path / "b", ("calibration",)).figures.calibration
    assert (first.images, second.images) == (4, 3)
    assert first.digest != second.digest
