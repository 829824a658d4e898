"""The checks behind export and quantization, with small models that go wrong on purpose."""

import errno
import io
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from n6studio.domain.errors.datasets import NoImages
from n6studio.domain.errors.files import DiskFull, FileMissing, NameTooLong, NotWritable
from n6studio.domain.errors.stages import (
    Cancelled,
    ConfidenceCollapse,
    ConversionFailed,
    ExportFailed,
    NotEnoughMemory,
    PackageMissing,
    SelfCheckFailed,
    StageBug,
)
from n6studio.domain.model.input_size import InputSize
from n6studio.domain.pose.decode import OutputLayout
from n6studio.domain.pose.preprocess import Resize
from n6studio.domain.requests import InputFile, StageRequest
from n6studio.stages import __main__ as entry
from n6studio.stages.export import self_check as check
from n6studio.stages.export.stage import ExportSettings
from n6studio.stages.model.calibration import CalibrationSet, choose_images
from n6studio.stages.model.runner import ModelInfo, NoFiniteOutput, measure_normalised
from n6studio.stages.process.reporter import Reporter
from n6studio.stages.quantize.collapse_guard import guard

SIZE = 64
CELLS = 84


class FakeModel:
    """A model that finds the same people in every image.

    Args:
        people: how many, at most 3.
        score: of each.
        shift: in fractions of the input, added to every keypoint.
        normalised: whether coordinates are fractions or pixels.
    """

    def __init__(self, people=2, score=0.9, shift=0.0, normalised=True):
        layout = OutputLayout(1, 17, 3, normalised)
        self.info = ModelInfo(Path("fake"), "tflite", (SIZE, SIZE), layout)
        table = np.zeros((56, CELLS), np.float32)
        table[:2] = 0.5
        table[4] = 0.001
        table[5:] = 0.5
        for person in range(people):
            left = 0.2 + 0.3 * person
            table[:5, person] = (left, 0.5, 0.2, 0.6, score)
            points = [(left + 0.01 * (k % 5) + shift, 0.3 + 0.02 * k + shift, 0.9) for k in range(17)]
            table[5:, person] = np.ravel(points)
        if not normalised:
            table[:4] *= SIZE
            table[5:].reshape(17, 3, -1)[:, :2] *= SIZE
        self.table = table

    def run(self, image):
        assert image.shape == (SIZE, SIZE, 3)
        return self.table


@pytest.fixture
def report():
    return Reporter("export", io.StringIO())


# --- self-check ------------------------------------------------------------------------------------------------------


@pytest.fixture
def compare(monkeypatch, images, report):
    """Run the self-check of an exported model against a checkpoint, both of them fakes."""

    def compare(exported, original):
        monkeypatch.setattr(check, "open_model", lambda path, threads: exported)
        monkeypatch.setattr(check, "_run_checkpoint", lambda checkpoint, image: original.run(image))
        checkpoint = SimpleNamespace(keypoint_shape=(17, 3), names={0: "person"})
        inputs = (InputFile(str(images), ""),)
        return check.self_check(
            checkpoint, Path("a.tflite"), ExportSettings(imgsz=InputSize.square(SIZE)), inputs, report
        )

    return compare


def test_same_people_pass(compare):
    figures = compare(FakeModel(), FakeModel(normalised=False))
    assert figures.compared == "people"
    assert (figures.images, figures.people) == (4, 8)
    assert figures.oks_min == pytest.approx(1.0)
    assert figures.pixels_max < 0.01


@pytest.mark.parametrize("shift", [0.03, 0.3])
def test_shifted_keypoints_fail(compare, shift):
    with pytest.raises(SelfCheckFailed) as caught:
        compare(FakeModel(shift=shift), FakeModel(normalised=False))
    values = caught.value.values
    assert values["oks"] < values["needed"] == 0.99
    assert values["pixels"] == pytest.approx(shift * SIZE, rel=0.01)
    assert values["image"] == "000.jpg"


def test_lost_people_fail(compare):
    for lost in (FakeModel(people=0), FakeModel(people=1), FakeModel(score=0.05)):
        with pytest.raises(SelfCheckFailed):
            compare(lost, FakeModel(normalised=False))


def test_pixels_taken_for_fractions_fail(compare):
    wrong = FakeModel(normalised=False)
    wrong.info = FakeModel().info
    with pytest.raises(SelfCheckFailed):
        compare(wrong, FakeModel(normalised=False))


def test_values_that_are_no_numbers_fail(compare):
    broken = FakeModel()
    broken.table[5:] = np.nan
    with pytest.raises(SelfCheckFailed):
        compare(broken, FakeModel(normalised=False))


def test_without_people_candidates_are_compared(compare):
    figures = compare(FakeModel(score=0.01), FakeModel(score=0.01, normalised=False))
    assert figures.compared == "best candidates"
    with pytest.raises(SelfCheckFailed):
        compare(FakeModel(score=0.01, shift=0.2), FakeModel(score=0.01, normalised=False))


def test_unusable_images_are_an_error_not_a_mistake(monkeypatch, report, tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"no picture")
    monkeypatch.setattr(check, "open_model", lambda path, threads: FakeModel())
    checkpoint = SimpleNamespace(keypoint_shape=(17, 3), names={0: "person"})
    with pytest.raises(NoImages):
        check.self_check(
            checkpoint, Path("a"), ExportSettings(imgsz=InputSize.square(SIZE)), (InputFile(str(tmp_path), ""),), report
        )


# --- collapse guard --------------------------------------------------------------------------------------------------


def calibration(images, size=(SIZE, SIZE)):
    return CalibrationSet(tuple(sorted(images.iterdir())), (), size, Resize.STRETCH, 255.0, 0.0, 42)


def test_guard_lets_imprecision_pass(images, report):
    figures = guard(FakeModel(), FakeModel(shift=0.01, score=0.6), calibration(images), 32, "float", report)
    assert (figures.images, figures.float_people, figures.int8_people) == (4, 8, 8)
    assert 0.5 < figures.oks_mean < 1
    assert report.warnings == []


@pytest.mark.parametrize("quantized", [FakeModel(score=0.0), FakeModel(people=0), FakeModel(shift=0.4)])
def test_guard_stops_collapse(images, report, quantized):
    with pytest.raises(ConfidenceCollapse) as caught:
        guard(FakeModel(), quantized, calibration(images), 2, "int8", report)
    assert caught.value.values == {"float_people": 4, "int8_people": 0, "images": 2, "head": "int8"}
    assert caught.value.exit_status == 6


def test_guard_says_when_it_cannot_tell(images, report):
    figures = guard(FakeModel(people=0), FakeModel(people=0), calibration(images), 32, "float", report)
    assert figures.oks_mean is None
    assert "detects nobody in 4 calibration images, too few" in report.warnings[0]


# --- calibration -----------------------------------------------------------------------------------------------------


def test_choice_is_repeatable_and_bounded(images):
    everything, _ = choose_images(images, 0, 42)
    assert everything == sorted(images.iterdir())
    first, second, other = (choose_images(images, 2, seed)[0] for seed in (42, 42, 3))
    assert first == second
    assert len(other) == 2
    assert choose_images(images, 100, 42)[0] == everything


def test_damaged_images_are_replaced_by_others(images, tmp_path):
    for path in images.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "bad.jpg").write_bytes(b"")
    chosen, skipped = choose_images(tmp_path, 4, 42)
    assert len(chosen) == 4
    assert [path.name for path, _ in skipped] in ([], ["bad.jpg"])


def test_tensors(images):
    tensors = list(calibration(images).tensors())
    assert len(tensors) == 4
    assert tensors[0].shape == (1, SIZE, SIZE, 3)
    assert tensors[0].dtype == np.float32
    assert 0 <= tensors[0].min() < tensors[0].max() <= 1
    fake = CalibrationSet((), (), (64, 32), Resize.STRETCH, 255.0, 0.0, 42)
    drawn = list(fake.tensors())
    assert len(drawn) == len(fake) == 5
    assert drawn[0].shape == (1, 32, 64, 3)
    np.random.seed(42)
    assert np.array_equal(drawn[0], np.random.rand(1, 32, 64, 3).astype(np.float32))
    assert list(fake.images()) == []


# --- units of coordinates --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [32, 64, 256, 2048])
@pytest.mark.parametrize("normalised", [True, False])
def test_units_are_measured_whatever_the_weights(size, normalised):
    # An untrained network: boxes up to 30 strides wide, centres up to 7.5 strides from their cells.
    numbers = np.random.default_rng(1)
    cells = [((x + 0.5) * s, (y + 0.5) * s, s) for s in (8, 16, 32) for y in range(size // s) for x in range(size // s)]
    table = np.zeros((56, len(cells)), np.float32)
    for index, (x, y, stride) in enumerate(cells[:: max(1, len(cells) // 2000)]):
        table[:4, index] = (x, y, *numbers.uniform(0, 30, 2) * stride)
        table[:2, index] += numbers.uniform(-2, 2, 2) * stride
    used = len(cells[:: max(1, len(cells) // 2000)])
    table = table[:, :used]
    if normalised:
        table[:4] /= size
    assert measure_normalised(lambda image: table, OutputLayout(1, 17, 3, True), (size, size)) is normalised


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_nothing_follows_from_an_output_that_is_not_finite(value):
    table = np.zeros((56, 84), np.float32)
    table[50, 3] = value
    with pytest.raises(NoFiniteOutput):
        measure_normalised(lambda image: table, OutputLayout(1, 17, 3, True), (64, 64))


# --- foreign exceptions ----------------------------------------------------------------------------------------------


def raised(error, cause=None):
    try:
        try:
            if cause is not None:
                raise cause
        except BaseException as inner:
            raise error from inner
        raise error
    except BaseException as caught:
        return caught


FULL = OSError(errno.ENOSPC, "No space left on device")
FAILED = ExportFailed(path="a.pt", step="ONNX", reason="?")


@pytest.mark.parametrize(
    ("error", "cls"),
    [
        (raised(FULL), DiskFull),
        (raised(ExportFailed(path="a", step="ONNX", reason="?"), OSError(errno.ENOSPC, "x")), DiskFull),
        (raised(ConversionFailed(path="a", reason="?"), RuntimeError("UNKNOWN: a; No space left on device")), DiskFull),
        (raised(RuntimeError("x"), MemoryError()), NotEnoughMemory),
        (raised(ConversionFailed(path="a", reason="?"), RuntimeError("std::bad_alloc")), NotEnoughMemory),
        (raised(FAILED, RuntimeError("no such operator")), ExportFailed),
        (raised(RuntimeError("wrapped by C++"), Cancelled(stage="export")), Cancelled),
        (raised(PermissionError(errno.EACCES, "Permission denied", "/a")), NotWritable),
        (raised(OSError(errno.ENAMETOOLONG, "File name too long", "/a")), NameTooLong),
        (raised(ModuleNotFoundError("No module named 'torch'", name="torch")), PackageMissing),
        (raised(FileMissing(path="a"), FileNotFoundError()), FileMissing),
        (raised(ZeroDivisionError("division by zero")), StageBug),
        (raised(SystemExit(1)), StageBug),
    ],
)
def test_translation(tmp_path, error, cls):
    request = StageRequest("export", {}, {})
    told = entry.translate(error, request, tmp_path)
    assert type(told) is cls
    json.dumps(told.to_message())


def test_vague_failure_on_a_full_disk(tiny_disk):
    with pytest.raises(OSError, match="No space"):
        (tiny_disk / "filler").write_bytes(bytes(1_000_000))
    vague = OSError("4915200 requested and 311296 written")  # NumPy says no more than this
    assert type(entry.translate(vague, StageRequest("export", {}, {}), tiny_disk)) is DiskFull
