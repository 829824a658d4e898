"""`quantize --config`: ST's file in the place of options, from start to end."""

import shutil

import pytest
from builders import assert_tidy, assert_told, n6

pytestmark = pytest.mark.slow
CONFIG = """model:
  name: people
  uc: pose_coco
  model_path: ./network_saved_model
  input_shape: [64, 64, 3]
quantization:
  fake: False
  quantization_type: per_channel
  quantization_input_type: uint8
  quantization_output_type: float
  calib_dataset_path: ./calibration
  export_path: ./quantized_models
pre_processing:
  \trescaling: {scale : 255, offset : 0}
"""


@pytest.fixture
def there(saved_models, images, tmp_path):
    """A folder as ST's guide has it: the YAML file with everything beside it, and a working folder elsewhere."""
    folder = tmp_path / "there"
    shutil.copytree(saved_models / "sound", folder / "network_saved_model")
    shutil.copytree(images, folder / "calibration")
    (folder / "user_config.yaml").write_text(CONFIG)
    (tmp_path / "here").mkdir()
    return folder


def quantize(there, *words, cwd=None):
    done = n6("quantize", "--config", there / "user_config.yaml", "--json", *words, cwd=cwd or there.parent / "here")
    assert_tidy(there.parent)
    return done


def test_as_the_guide_prints_it(there):
    done = quantize(there)
    assert done.code == 0, done.err
    assert "Warning: Tabs in the indentation" in done.err
    path = there / "quantized_models" / "people_quant_pc_uf_pose_coco.tflite"
    assert done.data["outputs"]["tflite"] == str(path)
    assert path.is_file()
    assert done.data["figures"]["head"]["precision"] == "int8"
    assert done.data["figures"]["ranges"] == "extremes"
    assert list((there.parent / "here").iterdir()) == []


def test_started_beside_the_images_as_st_script_is(there):
    here = there.parent / "here"
    (there / "network_saved_model").rename(here / "network_saved_model")
    (there / "calibration").rename(here / "calibration")
    done = quantize(there)
    assert done.code == 0, done.err
    assert (here / "quantized_models" / "people_quant_pc_uf_pose_coco.tflite").is_file()
    assert not (there / "quantized_models").exists()


def test_what_is_typed_goes_before_the_file(there, tmp_path):
    done = quantize(there, "--output-type", "int8", "--name", "mine", "-o", tmp_path / "out")
    assert done.code == 0, done.err
    assert (tmp_path / "out" / "mine_quant_pc_ui_pose_coco.tflite").is_file()


def test_written_file_gives_the_same_model(there, tmp_path):
    first = quantize(there, "--write-config", tmp_path / "again" / "user_config.yaml")
    assert first.code == 0, first.err
    second = n6("quantize", "--config", tmp_path / "again" / "user_config.yaml", "--json", cwd=tmp_path)
    assert second.code == 0, second.err
    assert second.data["fresh"] is True
    assert second.data["outputs"] == first.data["outputs"]


def change(there, old, new):
    assert old in CONFIG
    (there / "user_config.yaml").write_text(CONFIG.replace(old, new))


@pytest.mark.parametrize(("shape", "wanted"), [("[256, 256, 3]", "256x256"), ("[64, 128, 3]", "128x64")])
def test_size_is_not_the_model_s(there, shape, wanted):
    change(there, "[64, 64, 3]", shape)
    fields = assert_told(quantize(there), "N6S-M09", 3)
    assert (fields["wanted"], fields["found"]) == (wanted, "64x64")
    assert not list((there / "quantized_models").glob("*.tflite"))


@pytest.mark.parametrize(
    ("old", "new", "code", "exit_code"),
    [
        ("per_channel", "per_layer", "N6S-C03", 3),
        ("  name: people\n", "", "N6S-C02", 3),
        ("[64, 64, 3]", "[64, 64, 3", "N6S-C01", 3),
        ("./network_saved_model", "./nowhere", "N6S-I01", 3),
        ("./calibration", "./nowhere", "N6S-I01", 3),
        ("name: people", "name: ../people", "N6S-C03", 3),
        ("./network_saved_model", "./calibration", "N6S-M11", 3),
    ],
)
def test_mistakes(there, old, new, code, exit_code):
    change(there, old, new)
    assert_told(quantize(there), code, exit_code)
    assert not list(there.rglob("*.tflite"))


def test_no_config(tmp_path):
    assert_told(n6("quantize", "--config", "nowhere.yaml", "--json", cwd=tmp_path), "N6S-I01", 3)
