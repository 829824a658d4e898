"""Releases that belong together, the memory that the compiler may use, and whether a model fits at all."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest

from n6studio.board.compiler.fit import (
    ENLARGED_CAUTION,
    Demand,
    application_bytes,
    candidates_of,
    fit,
    largest_size,
    size_that_saves,
)
from n6studio.board.compiler.model_check import check_model, demand_of, refusals
from n6studio.board.compiler.mpool import on_chip, pools_for, weights_pool, write_configuration
from n6studio.board.compiler.pairs import PAIRS, check_pair, pair_of, pairs_of_compiler, with_live_stream
from n6studio.board.registry import board
from n6studio.domain.errors.fit import (
    ApplicationTooLargeForRam,
    ClassesUnsupported,
    InputLargerThanSensor,
    ModelInputNotUint8,
    ModelLayoutUnsupported,
    ModelNotQuantized,
    ModelNumbersUnsupported,
    ModelOutputNotFloat,
    ModelScaleTooCoarse,
    ModelTooLargeForFlash,
    ModelTooLargeForRam,
    SkeletonUnsupported,
    SplitHeadUnread,
)
from n6studio.domain.errors.models import PixelOutputs
from n6studio.domain.errors.tools import BoardUnsupported, PairMismatch
from n6studio.domain.model.facts import ModelFacts, OutputStrips, TensorFacts
from n6studio.domain.model.numbers import Numbers
from n6studio.domain.pose.split_head import Level, Scale, SplitHead
from n6studio.domain.states import CheckState
from n6studio.engine.deploy import preflight_st

DISCOVERY, NUCLEO = board("stm32n6570-dk"), board("nucleo-n657x0-q")
BY_KEY = {pair.key: pair for pair in PAIRS}
FLOAT, INT8, MULTI = (BY_KEY[key] for key in ("getting-started-2.0", "getting-started-2.1", "multi-pose-2.0"))
KIB = 1024


def square(size, **changes):
    return Demand((size, size), candidates_of((size, size)), 17, **changes)


# --- pairs -----------------------------------------------------------------------------------------------------------


def test_every_release_belongs_to_one_compiler_and_one_kind_of_output():
    assert pair_of("getting-started", (2, 1, 1)) is INT8
    assert pair_of("getting-started", (9, 0, 0)) is None
    assert {pair.key for pair in pairs_of_compiler((2, 1, 0))} == {"getting-started-2.0", "multi-pose-2.0"}
    for pair in PAIRS:
        ending = "_UF" if pair.output_type == "float" else "_UI"
        assert pair.post_processing.endswith(ending)
        assert ("--output-data-type" in pair.generate) == (pair.output_type == "int8")
        check_pair(pair, (*pair.compiler.release, 7))
        with pytest.raises(PairMismatch):
            check_pair(pair, (1, 9, 0))


# --- pools -----------------------------------------------------------------------------------------------------------


def test_pools_are_those_of_the_applications():
    """Compared with the .mpool files of v2.0.0: name, address, size."""
    kit = {pool.name: (pool.address, pool.size) for pool in pools_for(FLOAT, DISCOVERY)}
    assert kit == {
        "flexMEM": (0x34000000, 0),
        "cpuRAM1": (0x34080000, 0),
        "cpuRAM2": (0x34100000, 1024 * KIB),
        "npuRAM3": (0x34200000, 448 * KIB),
        "npuRAM4": (0x34270000, 448 * KIB),
        "npuRAM5": (0x342E0000, 448 * KIB),
        "npuRAM6": (0x34350000, 448 * KIB),
        "hyperRAM": (0x90000000, 16 * KIB * KIB),
        "octoFlash": (0x70380000, 61 * KIB * KIB),
    }
    nucleo = {pool.name for pool in pools_for(FLOAT, NUCLEO)}
    assert nucleo == set(kit) - {"hyperRAM"}
    assert {pool.name for pool in pools_for(FLOAT, NUCLEO, enlarged=True)} == nucleo - {"cpuRAM2"}
    assert "cpuRAM2" not in {pool.name for pool in pools_for(MULTI, DISCOVERY)}
    assert weights_pool(pools_for(FLOAT, NUCLEO)).end <= NUCLEO.flash.end
    assert on_chip(pools_for(FLOAT, NUCLEO, enlarged=True), NUCLEO) == 4 * 448 * KIB


def test_pools_are_written_in_the_compilers_form(tmp_path):
    """Compared with ST's file for the kit: texts for amounts, and what each memory costs."""
    pools = pools_for(FLOAT, DISCOVERY)
    profile = json.loads(write_configuration(tmp_path, FLOAT, DISCOVERY, pools).read_text())["Profiles"]["default"]
    assert profile["options"] == FLOAT.options
    written = {
        item["name"]: item for item in json.loads((tmp_path / profile["memory_pool"]).read_text())["memory"]["mempools"]
    }
    assert list(written) == [pool.name for pool in pools]
    assert written["flexMEM"]["offset"] == {"value": "0x34000000", "magnitude": "BYTES"}
    assert written["flexMEM"]["size"] == {"value": "0", "magnitude": "KBYTES"}
    assert written["npuRAM6"] == {
        "fname": "AXISRAM6",
        "name": "npuRAM6",
        "fformat": "FORMAT_RAW",
        "prop": {
            "rights": "ACC_WRITE", "throughput": "HIGH", "latency": "LOW", "byteWidth": 8, "freqRatio": 1.25,
            "read_power": 19.006, "write_power": 15.79,
        },
        "offset": {"value": "0x34350000", "magnitude": "BYTES"},
        "size": {"value": "448", "magnitude": "KBYTES"},
    }  # fmt: skip
    assert written["octoFlash"]["prop"] == {
        "rights": "ACC_READ", "throughput": "MID", "latency": "HIGH", "byteWidth": 1, "freqRatio": 6.0,
        "cacheable": "CACHEABLE_ON", "read_power": 110, "write_power": 400.0, "constants_preferred": "true",
    }  # fmt: skip
    assert written["octoFlash"]["size"] == {"value": str(61 * KIB), "magnitude": "KBYTES"}


# --- fit -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "name", "size", "screen", "linked"),
    [  # linked with gcc 12.2 and the movenet of each tree
        ("getting-started-1.0", DISCOVERY, 256, "", 767_200),
        ("getting-started-2.0", DISCOVERY, 192, "", 633_456),
        ("getting-started-2.0", DISCOVERY, 320, "", 945_264),
        ("getting-started-2.1", DISCOVERY, 256, "", 855_496),
        ("getting-started-2.0", NUCLEO, 192, "UVCL", 1_305_448),
        ("getting-started-2.0", NUCLEO, 320, "UVCL", 1_617_256),
        ("getting-started-2.0", NUCLEO, 256, "SPI", 1_384_648),
        ("getting-started-2.1", NUCLEO, 256, "SPI", 1_470_224),
        ("multi-pose-1.0", DISCOVERY, 192, "", 952_552),
        ("multi-pose-1.0", DISCOVERY, 256, "", 1_352_392),
        ("multi-pose-2.0", DISCOVERY, 320, "", 1_979_160),
    ],
)
def test_predictions_are_what_was_linked(key, name, size, screen, linked):
    assert application_bytes(BY_KEY[key], name, square(size), screen) == linked


def test_a_nucleo_holds_no_pose_model_as_it_comes_and_says_how_it_could():
    for size in (192, 256, 320):
        refusal = fit(FLOAT, NUCLEO, square(size)).refusal
        assert isinstance(refusal, ApplicationTooLargeForRam)
        assert refusal.values["need"] > refusal.values["have"] == 1023 * KIB
        assert "2096128 bytes" in refusal.values["help"]
        enlarged = fit(FLOAT, NUCLEO, square(size), enlarged=True)
        assert enlarged.fits
        assert enlarged.caution == ENLARGED_CAUTION
        assert enlarged.region.have == 2047 * KIB
    assert largest_size(FLOAT, NUCLEO, square(256)) is None


def test_the_enlarged_region_takes_memory_from_the_model():
    small, large = square(256, activations=1135 * KIB), square(320, activations=2264 * KIB)
    assert fit(FLOAT, NUCLEO, small, enlarged=True).fits
    refusal = fit(FLOAT, NUCLEO, large, enlarged=True).refusal
    assert isinstance(refusal, ModelTooLargeForRam)
    assert refusal.values["have"] == 1792 * KIB
    assert fit(FLOAT, DISCOVERY, large).fits


def test_a_size_is_advised_only_where_it_saves_what_overflows():
    full = square(320)
    saved = application_bytes(FLOAT, DISCOVERY, full) - application_bytes(FLOAT, DISCOVERY, square(256))
    assert saved > 0
    assert size_that_saves(FLOAT, DISCOVERY, full, saved) == (256, 256)
    assert size_that_saves(FLOAT, DISCOVERY, full, saved + 1) == (224, 224)
    assert size_that_saves(FLOAT, DISCOVERY, full, application_bytes(FLOAT, DISCOVERY, full)) is None
    live = with_live_stream(FLOAT)
    assert size_that_saves(live, DISCOVERY, full, 1) is None, "our own post-processing needs the same for every size"


def test_int8_at_320_is_too_much_for_the_kit_and_the_largest_size_is_told():
    refusal = fit(INT8, DISCOVERY, square(320)).refusal
    assert isinstance(refusal, ApplicationTooLargeForRam)
    assert "288x288" in refusal.values["help"]
    assert largest_size(INT8, DISCOVERY, square(320)) == (288, 288)
    assert largest_size(FLOAT, DISCOVERY, square(320)) == (320, 320)
    assert fit(INT8, DISCOVERY, replace(square(320), keypoints=5)).fits, "fewer keypoints need less"


def test_an_input_of_the_same_shape_is_advised_for_one_that_is_no_square():
    # 52 * 32 + 26 * 16 + 13 * 8 = 2184 candidates, and 44 * 28 + 22 * 14 + 11 * 7 = 1617; some 1996 fit

    wide = Demand((416, 256), 2184, 17)
    refusal = fit(INT8, DISCOVERY, wide).refusal
    assert isinstance(refusal, ApplicationTooLargeForRam)
    assert refusal.values["size"] == "416x256"
    assert "The largest input of this shape that fits is 352x224." in refusal.values["help"]
    assert largest_size(INT8, DISCOVERY, Demand((256, 416), 2184, 17)) == (224, 352)
    assert candidates_of((352, 224)) == 1617
    assert fit(INT8, DISCOVERY, Demand((352, 224), 1617, 17)).fits
    assert size_that_saves(INT8, DISCOVERY, wide, 1) == (352, 224)


def test_weights_beyond_the_flash_are_refused_by_board():
    heavy = square(256, weights=62 * KIB * KIB)
    assert isinstance(fit(FLOAT, NUCLEO, heavy, enlarged=True).refusal, ModelTooLargeForFlash)
    light = square(256, weights=3 * KIB * KIB)
    assert fit(FLOAT, NUCLEO, light, enlarged=True).flash.have == NUCLEO.flash.end - 0x70380000


def test_an_application_without_a_folder_for_the_board():
    with pytest.raises(BoardUnsupported):
        fit(MULTI, NUCLEO, square(256))


# --- the model -------------------------------------------------------------------------------------------------------


def facts(**changes):
    values = {
        "format": "tflite",
        "size_bytes": 3_500_000,
        "sha256": "0" * 64,
        "keypoints": 17,
        "keypoint_dims": 3,
        "input_size": (256, 256),
        "input": TensorFacts("images", (1, 256, 256, 3), "uint8", 1 / 255, 0),
        "output": TensorFacts("people", (1, 56, 1344), "float"),
        "parameters": 3_289_965,
        "macs": 741_790_848,
        "weights_bytes": 3_307_530,
        "strips": OutputStrips((0, 4), (4, 5), (5, 56), 1344),
        "normalised": True,
        "granularity": "per_channel",
        "output_scale": 0.0067,
    }
    return ModelFacts(**{**values, **changes})


PATH = Path("pose.tflite")


def test_a_sound_model_fits_with_sts_published_activations():
    found = check_model(facts(), PATH, FLOAT, DISCOVERY)
    assert found.fits
    assert found.activations.need == 1135 * KIB
    assert found.flash.need == 3_307_530
    assert demand_of(facts()).candidates == 1344


STRIPS = OutputStrips((0, 4), (4, 5), (5, 56), 1344)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"input": TensorFacts("i", (1, 256, 256, 3), "float")}, ModelInputNotUint8),
        ({"input": TensorFacts("i", (1, 256, 256, 3), "int8", 1 / 255, -128)}, ModelInputNotUint8),
        ({"output": TensorFacts("o", (1, 56, 1344), "int8", 0.007, 0)}, ModelOutputNotFloat),
        ({"granularity": "none"}, ModelNotQuantized),
        ({"strips": replace(STRIPS, channels_first=False)}, ModelLayoutUnsupported),
        ({"strips": replace(STRIPS, end_to_end=True)}, ModelLayoutUnsupported),
        ({"strips": None}, ModelLayoutUnsupported),
        ({"keypoint_dims": 2}, ModelLayoutUnsupported),
        ({"normalised": False}, PixelOutputs),
        ({"output_scale": 1.01}, ModelScaleTooCoarse),
        ({"input_size": (2624, 2624)}, InputLargerThanSensor),
        ({"strips": replace(STRIPS, scores=(4, 6), keypoints=(6, 57))}, ClassesUnsupported),
        ({"keypoints": 5, "strips": replace(STRIPS, keypoints=(5, 20))}, SkeletonUnsupported),
        ({"weights_bytes": 99 * KIB * KIB}, ModelTooLargeForFlash),
    ],
)
def test_each_reason_against_a_model_is_an_error_of_its_own(changes, error):
    found = refusals(facts(**changes), PATH, FLOAT, DISCOVERY)
    assert error in {type(item) for item in found}
    with pytest.raises(type(found[0])):
        check_model(facts(**changes), PATH, FLOAT, DISCOVERY)


def test_a_smaller_sensor_takes_only_smaller_models():
    assert refusals(facts(input_size=(736, 736)), PATH, FLOAT, DISCOVERY, sensor="VD55G1")
    words = refusals(facts(input_size=(736, 736)), PATH, FLOAT, DISCOVERY, sensor="VD55G1")[0].values
    assert words["sensor_size"] == "804x704"


NARROW = Numbers(activations=("int8", "uint8"), weights=("int4", "int8"), input_range=(0.0, 1.0))


def test_weights_of_four_bits_are_refused_by_name_of_the_compiler_below_its_release_3():
    told = refusals(facts(numbers=NARROW), PATH, FLOAT, DISCOVERY)
    assert [type(one) for one in told] == [ModelNumbersUnsupported]
    assert f"ST Edge AI Core {FLOAT.compiler.name}" in told[0].values["found"]
    assert "8-bit weights" in told[0].values["wanted"]
    for pair in PAIRS:
        refused = any(
            isinstance(one, ModelNumbersUnsupported) for one in refusals(facts(numbers=NARROW), PATH, pair, DISCOVERY)
        )
        assert refused == (pair.compiler.release < (3, 0)), pair.key
    assert any(pair.compiler.release >= (3, 0) for pair in PAIRS)
    assert refusals(facts(numbers=NARROW), PATH, FLOAT, DISCOVERY, compiled=False) == ()


def test_what_is_never_refused_for_its_weights_is_warned_of(monkeypatch):
    for numbers, states in ((NARROW, [CheckState.WARN]), (Numbers(weights=("int8",)), [])):
        monkeypatch.setattr(preflight_st, "inspected", lambda _, numbers=numbers: facts(numbers=numbers))
        found = preflight_st._narrow_weights(SimpleNamespace(model=PATH))
        assert [one.state for one in found] == states


def test_later_releases_take_classes_and_skeletons():
    changes = {"keypoints": 5, "strips": OutputStrips((0, 4), (4, 6), (6, 21), 1344)}
    assert refusals(facts(**changes), PATH, INT8, DISCOVERY) == ()


SPLIT = {
    "split": SplitHead((Level(32, Scale(0.1, 0), Scale(0.1, 0), Scale(0.1, 0)),), 1, 17, 3, (256, 256)),
    "output": TensorFacts("o", (1, 32, 32, 64), "int8", 0.1, 0), "output_scale": None, "normalised": None,
}  # fmt: skip


def test_a_split_head_needs_our_post_processing_and_all_outputs():
    streaming = with_live_stream(FLOAT, split=True)
    assert refusals(facts(**SPLIT), PATH, streaming, DISCOVERY) == ()
    assert (streaming.output_type, streaming.generate[-2:]) == ("int8", ("--output-data-type", "int8"))
    multi = with_live_stream(next(one for one in PAIRS if one.family == "multi-pose"), split=True)
    for pair, reason in ((FLOAT, "switched off"), (INT8, "switched off"), (multi, "one output")):
        first = refusals(facts(**SPLIT), PATH, pair, DISCOVERY)[0]
        assert isinstance(first, SplitHeadUnread)
        assert reason in first.values["reason"]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "size"), [("yolov8n_192", 192), ("yolov8n_256", 256), ("yolov8n_320", 320)])
def test_sts_own_models_pass_on_the_kit(shared, tmp_path, name, size):
    from builders import n6

    model = shared / "models/st" / f"{name}_quant_pc_uf_pose_coco-st.tflite"
    done = n6("inspect", model, "--json", cwd=tmp_path)

    found = msgspec.json.decode(json.dumps(done.data["figures"]), type=ModelFacts)
    assert check_model(found, model, FLOAT, DISCOVERY).region.need == application_bytes(FLOAT, DISCOVERY, square(size))
    assert isinstance(refusals(found, model, FLOAT, NUCLEO)[0], ApplicationTooLargeForRam)


@pytest.mark.parametrize("size", [192, 256, 320])
@pytest.mark.parametrize("board", [DISCOVERY, NUCLEO])
@pytest.mark.parametrize("pair", [FLOAT, INT8])
def test_with_the_live_stream_every_size_fits_the_region_for_its_post_processing_needs_no_room(pair, board, size):
    found = fit(with_live_stream(pair), board, square(size))
    assert found.fits
    assert found.region.need == board.live.region < found.region.have
    assert fit(with_live_stream(pair), board, replace(square(size), blobs=400_000)).region.need > found.region.need
