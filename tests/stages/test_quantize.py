"""Quantizing for every type, against ST's recipe, and within bounded memory."""

import hashlib
import io
import json
import subprocess
import sys
from itertools import product
from pathlib import Path

import cv2
import numpy as np
import pytest
from builders import n6, program_environment

from n6studio.domain.errors.models import InputSizeMismatch
from n6studio.domain.pose.decode import decode
from n6studio.domain.requests import InputFile
from n6studio.gates.images import read_image
from n6studio.stages.model.runner import open_model
from n6studio.stages.process.reporter import Reporter
from n6studio.stages.quantize import run as quantize
from n6studio.stages.quantize.model_file import file_name
from n6studio.stages.quantize.stage import QuantizeSettings

pytestmark = pytest.mark.slow
TYPES = ("uint8", "int8", "float")


@pytest.fixture
def run(carried, exported_people, tmp_path):
    """Quantize the trained model at 128 x 128 in this process; returns the file and the figures."""

    def run(**settings):
        inputs = {
            "model": (InputFile(str(exported_people / "n6demo-pose_128_saved_model"), "1" * 64),),
            "calibration": (InputFile(str(carried.calibration), ""),),
        }
        chosen = QuantizeSettings(**{"max_images": 4, "guard_images": 8, **settings})
        outcome = quantize.run(chosen, inputs, tmp_path, Reporter("quantize", io.StringIO()))
        return tmp_path / outcome.outputs["tflite"], outcome.figures

    return run


def recipe(saved_model, images, settings, size=128):
    """ST's recipe in our own words: TensorFlow's converter, plain resize, RGB, divided by scale plus offset."""
    import tensorflow as tf

    types = {"uint8": tf.uint8, "int8": tf.int8, "float": tf.float32}

    def representative():
        for path in images:
            rgb = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
            laid = cv2.resize(rgb, (size, size), interpolation=cv2.INTER_LINEAR)
            yield [(laid / settings.scale + settings.offset).astype(np.float32)[None]]

    converter = tf.lite.TFLiteConverter.from_saved_model(str(saved_model))
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = representative
    converter.inference_input_type = types[settings.input_type]
    converter.inference_output_type = types[settings.output_type]
    if settings.granularity == "per_tensor":
        converter._experimental_disable_per_channel = True
    return converter.convert()


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"granularity": "per_tensor", "output_type": "int8"},
        {"input_type": "int8", "output_type": "uint8", "scale": 127.5, "offset": -1.0},
    ],
)
def test_int8_head_with_extremes_is_st_recipe_byte_for_byte(run, carried, exported_people, changes):
    settings = QuantizeSettings(head="int8", ranges="extremes", max_images=4, guard_images=0, **changes)
    path, figures = run(**vars(settings))
    from n6studio.stages.model.calibration import choose_images

    images, _ = choose_images(carried.calibration, 4, settings.seed)
    expected = recipe(exported_people / "n6demo-pose_128_saved_model", images, settings)
    content = path.read_bytes()[: figures.size_bytes]  # metadata are appended to it
    assert hashlib.sha256(content).hexdigest() == hashlib.sha256(expected).hexdigest()
    assert figures.ranges == "extremes"
    assert figures.size_bytes == len(expected)


WEIGHTED = {("uint8", "float"), ("int8", "int8")}  # which types there are at the ends changes nothing about ranges


@pytest.mark.parametrize(("input_type", "output_type"), list(product(TYPES, TYPES)))
def test_every_type_agrees_with_float(run, carried, exported_people, input_type, output_type):
    ranges = "auto" if (input_type, output_type) in WEIGHTED else "tuned"
    path, figures = run(input_type=input_type, output_type=output_type, ranges=ranges)
    assert path.name == f"n6demo-pose_128_quant_pc_{input_type[0]}{output_type[0]}_pose.tflite"
    model = open_model(path)
    assert (model.info.input_type, model.info.output_type) == (input_type, output_type)
    assert model.info.layout.normalised
    assert model.info.metadata["task"] == "pose"
    assert model.info.metadata["imgsz"] == [128, 128]
    guard = figures.guard
    assert guard.float_people >= 3
    assert guard.int8_people >= 0.8 * guard.float_people
    assert guard.oks_mean > (0.85 if output_type == "float" else 0.75)
    reference = open_model(exported_people / "n6demo-pose_128_float32.tflite")
    image = read_image(sorted(carried.calibration.glob("*.jpg"))[0])
    image = cv2.resize(image, (128, 128))
    wanted, got = reference.run(image), model.run(image)
    assert wanted.shape == got.shape
    assert np.corrcoef(wanted[:2].ravel(), got[:2].ravel())[0, 1] > 0.99
    assert np.abs(wanted[4] - got[4]).mean() < 0.02
    decode(got, model.info.layout, model.info.size, 0.25)


@pytest.mark.parametrize("head", ["float", "int8"])
def test_per_tensor(run, head):
    path, figures = run(granularity="per_tensor", head=head)
    assert path.name == "n6demo-pose_128_quant_pt_uf_pose.tflite"
    from n6studio.stages.inspect.run import inspect

    assert inspect(path, "").granularity == "per_tensor"
    assert figures.head.precision == head
    assert bool(figures.head.float_operations) == (head == "float")


@pytest.mark.parametrize("head", ["float", "int8"])
def test_fake(run, head):
    first, figures = run(fake=True, head=head)
    assert first.name == "n6demo-pose_128_quant_pc_uf_fake.tflite"
    assert figures.calibration.images == 0
    assert figures.guard is None
    content = first.read_bytes()
    again, _ = run(fake=True, head=head)
    assert again.read_bytes() == content
    other, _ = run(fake=True, head=head, seed=1)
    assert other.read_bytes() != content


def test_name_and_use_case(run):
    path, _ = run(fake=True, name="größe", use_case="hands")
    assert path.name == "größe_quant_pc_uf_fake.tflite"
    assert file_name(QuantizeSettings(name="a", use_case="b"), Path("x"), (64, 64)) == "a_quant_pc_uf_b.tflite"
    narrow = QuantizeSettings(name="a", use_case="b", weights="int4")
    assert file_name(narrow, Path("x"), (64, 64)) == "a_quant_pc_uf_int4_b.tflite", "it replaces no int8 file"
    long = file_name(
        QuantizeSettings(use_case="u" * 80, weights="int4"), Path("ж" * 120 + "_saved_model"), (2048, 2048)
    )
    assert len(long.encode()) < 240


def test_expected_size(run):
    with pytest.raises(InputSizeMismatch) as caught:
        run(fake=True, expect_width=128, expect_height=256)
    assert (caught.value.values["wanted"], caught.value.values["found"]) == ("128x256", "128x128")
    run(fake=True, expect_width=128, expect_height=128)


# --- from the command line -------------------------------------------------------------------------------------------


def test_memory_does_not_grow_with_the_images(carried, exported_people, tmp_path):
    """The peak of the stage's process; images beyond those there are links to them."""
    sources = sorted(carried.calibration.glob("*.jpg"))
    peaks = {}
    for count in (8, 200):
        folder = tmp_path / f"images {count}"
        folder.mkdir()
        for number in range(count):
            (folder / f"{number:03}.jpg").symlink_to(sources[number % 8])
        code = (
            "import resource, sys; from n6studio.cli import main; code = main(sys.argv[1:]);"
            "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr); sys.exit(code)"
        )
        words = ["quantize", str(exported_people / "n6demo-pose_128_saved_model"), "--calibration", str(folder)]
        words += ["-o", str(tmp_path / "out"), "--json", "--guard-images", "8", "--quiet"]
        done = subprocess.run(
            [sys.executable, "-c", code, *words], env=program_environment(), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["figures"]["calibration"]["images"] == count
        peaks[count] = int(done.stderr.split()[-1])
    # 200 images of 128 x 128 as float32 would be 39 MB, and decoded from COCO's 640 x 480, 184 MB.
    assert peaks[200] < peaks[8] + 25_000, peaks


def test_fresh_result_is_found_and_a_setting_makes_it_stale(saved_models, images, tmp_path):
    words = ("quantize", saved_models / "sound", "--calibration", images, "-o", tmp_path / "out", "--json")
    first = n6(*words, cwd=tmp_path)
    assert (first.code, first.data["fresh"]) == (0, False)
    assert n6(*words, cwd=tmp_path).data["fresh"] is True
    assert n6(*words, "--force", cwd=tmp_path).data["fresh"] is False
    assert n6(*words, "--seed", 7, cwd=tmp_path).data["fresh"] is False
