"""ST's user_config.yaml: as ST ships it, as its guide prints it, as people break it."""

import pytest
import yaml

from n6studio.domain.errors.files import FileMissing, NotAFile
from n6studio.domain.errors.settings import (
    ConfigKeyMissing,
    ConfigOfNoKind,
    ConfigOfOtherKind,
    ConfigUnreadable,
    ConfigValueInvalid,
    SettingInvalid,
)
from n6studio.engine.st_files.quantize_yaml import read_st_config, write_st_config
from n6studio.stages.quantize.stage import QuantizeSettings

AS_SHIPPED = """model:
  name: yolov8n_256
  uc: pose_coco
  model_path: ./yolov8n-pose_saved_model
  input_shape: [256, 256, 3]
quantization:
  fake: False
  quantization_type: per_channel
  quantization_input_type: uint8
  quantization_output_type: float
  calib_dataset_path: ./calibration
  export_path: ./quantized_models
pre_processing:
  rescaling: {scale : 255, offset : 0}
"""
AS_PRINTED = AS_SHIPPED.replace("  rescaling", "  \trescaling")


def written(folder, text):
    path = folder / "user_config.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_as_shipped(tmp_path):
    config = read_st_config(written(tmp_path, AS_SHIPPED))
    assert config.notes == ()
    assert config.model_path == tmp_path / "yolov8n-pose_saved_model"
    assert config.calibration == tmp_path / "calibration"
    assert config.export_path == tmp_path / "quantized_models"
    assert config.size == (256, 256)
    settings = config.settings
    assert (settings.name, settings.use_case, settings.head) == ("yolov8n_256", "pose_coco", "int8")
    assert (settings.input_type, settings.output_type) == ("uint8", "float")
    assert (settings.scale, settings.offset, settings.resize) == (255.0, 0.0, "stretch")


@pytest.mark.parametrize(
    "text",
    [
        AS_PRINTED,
        AS_SHIPPED.replace("  rescaling", "\trescaling"),
        AS_SHIPPED.replace("  name", "\tname").replace("  uc", "\tuc").replace("  model_path", "\tmodel_path")
        .replace("  input_shape", "\tinput_shape"),
        AS_SHIPPED.replace("  rescaling: {scale : 255, offset : 0}", "\trescaling:\n\t\tscale: 255\n\t\toffset: 0"),
    ],
)  # fmt: skip
def test_tabs_are_read_with_a_note(tmp_path, text):
    config = read_st_config(written(tmp_path, text))
    assert config.settings == read_st_config(written(tmp_path, AS_SHIPPED)).settings
    assert [note for note in config.notes if "Tabs" in note]


def test_byte_order_mark_and_windows_line_ends(tmp_path):
    text = b"\xef\xbb\xbf" + AS_SHIPPED.replace("\n", "\r\n").encode()
    assert read_st_config(written(tmp_path, text)).settings.name == "yolov8n_256"


def test_defaults_of_the_script(tmp_path):
    lines = [line for line in AS_SHIPPED.splitlines() if not any(
        key in line for key in ("fake", "_input_type", "_output_type", "export_path")
    )]  # fmt: skip
    config = read_st_config(written(tmp_path, "\n".join(lines)))
    assert (config.settings.input_type, config.settings.output_type) == ("float", "float")
    assert config.settings.fake is False
    assert config.export_path == tmp_path / "quantized_models"


def test_unknown_keys_are_noted(tmp_path):
    text = AS_SHIPPED.replace("  uc:", "  colour: blue\n  uc:") + "evaluation:\n  data: x\n"
    notes = read_st_config(written(tmp_path, text)).notes
    assert any("'model.colour'" in note for note in notes)
    assert any("'evaluation'" in note for note in notes)


def test_fake_needs_no_images(tmp_path):
    text = AS_SHIPPED.replace("fake: False", "fake: True").replace("  calib_dataset_path: ./calibration\n", "")
    config = read_st_config(written(tmp_path, text))
    assert config.calibration is None
    assert config.settings.fake


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("model.name", "  name: yolov8n_256\n"),
        ("model.uc", "  uc: pose_coco\n"),
        ("model.model_path", "  model_path: ./yolov8n-pose_saved_model\n"),
        ("model.input_shape", "  input_shape: [256, 256, 3]\n"),
        ("quantization.quantization_type", "  quantization_type: per_channel\n"),
        ("quantization.calib_dataset_path", "  calib_dataset_path: ./calibration\n"),
        ("pre_processing.rescaling", "  rescaling: {scale : 255, offset : 0}\n"),
    ],
)
def test_missing_key(tmp_path, key, line):
    with pytest.raises(ConfigKeyMissing) as caught:
        read_st_config(written(tmp_path, AS_SHIPPED.replace(line, "")))
    assert caught.value.values["key"] == key


@pytest.mark.parametrize(
    ("key", "old", "new"),
    [
        ("model.input_shape", "[256, 256, 3]", "[256, 256]"),
        ("model.input_shape", "[256, 256, 3]", "[256, 256, 1]"),
        ("model.input_shape", "[256, 256, 3]", "[0, 256, 3]"),
        ("model.input_shape", "[256, 256, 3]", "256"),
        ("model.name", "yolov8n_256", "../../elsewhere"),
        ("model.uc", "pose_coco", "a/b"),
        ("quantization.fake", "False", "maybe"),
        ("quantization.fake", "False", "0"),
        ("quantization.quantization_type", "per_channel", "per_layer"),
        ("quantization.quantization_input_type", "uint8", "uint16"),
        ("quantization.quantization_output_type", "output_type: float", "output_type: [float]"),
        ("pre_processing.rescaling", "{scale : 255, offset : 0}", "{scale : 0, offset : 0}"),
        ("pre_processing.rescaling", "{scale : 255, offset : 0}", "{scale : -1, offset : 0}"),
        ("pre_processing.rescaling", "{scale : 255, offset : 0}", "{scale : .nan, offset : 0}"),
        ("pre_processing.rescaling", "{scale : 255, offset : 0}", "{scale : 255, offset : .inf}"),
        ("pre_processing.rescaling", "{scale : 255, offset : 0}", "{scale : 255}"),
        ("pre_processing.rescaling", "{scale : 255, offset : 0}", "{scale : many, offset : 0}"),
        ("pre_processing.rescaling", "{scale : 255, offset : 0}", "255"),
    ],
)
def test_impossible_value(tmp_path, key, old, new):
    assert old in AS_SHIPPED
    with pytest.raises(ConfigValueInvalid) as caught:
        read_st_config(written(tmp_path, AS_SHIPPED.replace(old, new)))
    assert caught.value.values["key"] == key
    assert caught.value.values["allowed"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (AS_SHIPPED.replace("  uc: pose_coco", "  uc: pose: coco"), 3),
        (AS_SHIPPED.replace("[256, 256, 3]", "[256, 256, 3"), 6),
        (AS_SHIPPED.replace("  fake", "   fake"), 8),
        ("model: \x00\n", 1),
    ],
)
def test_broken_yaml_names_the_line(tmp_path, text, line):
    with pytest.raises(ConfigUnreadable) as caught:
        read_st_config(written(tmp_path, text))
    assert caught.value.values["line"] == line
    assert caught.value.values["reason"]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "it is an empty file"),
        (b"- model\n- quantization\n", "this one has no keys with values"),
        (b"just words\n", "this one has no keys with values"),
        ("model:\n".encode("utf-16"), "it is text in UTF-16"),
        (AS_SHIPPED.encode().replace(b"pose_coco", b"p\xf6se"), "line 3 is not UTF-8 text"),
        (b"<html></html>", "it is a web page"),
    ],
)
def test_what_is_no_such_file_is_called_what_it_is(tmp_path, content, found):
    (tmp_path / "user_config.yaml").write_bytes(content)
    with pytest.raises(ConfigOfNoKind) as caught:
        read_st_config(tmp_path / "user_config.yaml")
    assert caught.value.found.startswith(found)


def test_section_that_is_no_mapping(tmp_path):
    with pytest.raises(ConfigValueInvalid) as caught:
        read_st_config(written(tmp_path, "model: yolov8n\n"))
    assert caught.value.key == "model"


def test_no_file(tmp_path):
    with pytest.raises(FileMissing):
        read_st_config(tmp_path / "nowhere.yaml")
    with pytest.raises(NotAFile):
        read_st_config(tmp_path)


@pytest.mark.parametrize(("scale", "meant"), [("0.0039215686", "255"), ("1/255", "255"), ("1/127.5", "127.5")])
def test_a_factor_where_the_script_divides_is_refused_with_the_divisor(tmp_path, scale, meant):
    with pytest.raises(ConfigValueInvalid) as caught:
        read_st_config(written(tmp_path, AS_SHIPPED.replace("scale : 255", f"scale : {scale}")))
    assert caught.value.values["key"] == "pre_processing.rescaling"
    assert str(caught.value.values["allowed"]).endswith(f"you probably mean {meant}")


# --- the model zoo services' own file --------------------------------------------------------------------------------

OF_ZOO = """general:
  model_path: ./yolov8n-pose_saved_model
  model_type: yolo_mpe
operation_mode: quantization
dataset:
  quantization_path: ./calibration
preprocessing:
  rescaling: {scale: 1/255, offset: 0}
  resizing: {aspect_ratio: fit, interpolation: bilinear}
quantization:
  quantizer: TFlite_converter
  quantization_type: PTQ
  quantization_input_type: uint8
  quantization_output_type: float
  granularity: per_channel
  export_dir: quantized_models
mlflow: {uri: ./mlruns}
"""


def test_the_zoos_own_file(tmp_path):
    config = read_st_config(written(tmp_path, OF_ZOO))
    assert config.notes == ()
    assert config.model_path == tmp_path / "yolov8n-pose_saved_model"
    assert config.calibration == tmp_path / "calibration"
    assert config.export_path == tmp_path / "quantized_models"
    assert config.size is None
    settings = config.settings
    assert settings.keypoints == 17  # of a yolo_mpe model, where the file does not say
    assert (settings.scale, settings.offset, settings.resize, settings.head) == (255.0, 0.0, "stretch", "int8")
    assert (settings.input_type, settings.output_type, settings.granularity) == ("uint8", "float", "per_channel")


def test_the_zoos_newer_file_has_the_model_in_a_section_of_its_own(tmp_path):
    text = OF_ZOO.replace("general:", "model:").replace("yolo_mpe\n", "yolo_mpe\n  input_shape: (192, 320, 3)\n")
    config = read_st_config(written(tmp_path, text.replace("quantization\ndataset", "chain_eqe\ndataset")))
    assert config.size == (320, 192)
    assert config.notes == ("Of 'chain_eqe' only the quantization is done.",)


def test_the_zoo_may_say_how_many_keypoints_the_model_has(tmp_path):
    text = OF_ZOO.replace("./calibration", "./calibration\n  keypoints: 4")
    assert read_st_config(written(tmp_path, text)).settings.keypoints == 4


@pytest.mark.parametrize(
    ("old", "new", "scale", "offset"),
    [
        ("{scale: 1/255, offset: 0}", "{scale: 1/127.5, offset: -1}", 127.5, -1.0),
        ("{scale: 1/255, offset: 0}", "{scale: 0.00392156862745098, offset: 0}", 255.0, 0.0),
        ("{scale: 1/255, offset: 0}", "{scale: 1, offset: 0}", 1.0, 0.0),
    ],
)
def test_the_zoo_multiplies(tmp_path, old, new, scale, offset):
    settings = read_st_config(written(tmp_path, OF_ZOO.replace(old, new))).settings
    assert (settings.scale, settings.offset) == (scale, offset)


@pytest.mark.parametrize(
    ("key", "old", "new"),
    [
        ("preprocessing.rescaling", "scale: 1/255", "scale: 255"),
        ("preprocessing.rescaling", "scale: 1/255", "scale: 1/0"),
        ("preprocessing.rescaling", "scale: 1/255", "scale: 1/2/3"),
        ("preprocessing.resizing.aspect_ratio", "aspect_ratio: fit", "aspect_ratio: [fit]"),
        ("quantization.granularity", "per_channel", "per_layer"),
        ("quantization.quantizer", "TFlite_converter", "Onnx_quantizer"),
        ("preprocessing.color_mode", "  resizing", "  color_mode: bgr\n  resizing"),
    ],
)
def test_impossible_value_of_the_zoo(tmp_path, key, old, new):
    assert old in OF_ZOO
    with pytest.raises(ConfigValueInvalid) as caught:
        read_st_config(written(tmp_path, OF_ZOO.replace(old, new)))
    assert caught.value.values["key"] == key


def test_without_images_the_zoo_takes_noise(tmp_path):
    config = read_st_config(written(tmp_path, OF_ZOO.replace("quantization_path: ./calibration", "name: coco")))
    assert config.settings.fake
    assert any("random noise" in note for note in config.notes)


def test_a_file_for_another_operation_is_named(tmp_path):
    with pytest.raises(ConfigOfOtherKind) as caught:
        read_st_config(written(tmp_path, OF_ZOO.replace("mode: quantization", "mode: deployment")))
    assert caught.value.values["operation"] == "deployment"
    assert caught.value.values["tool"] == "n6studio deploy --config FILE"


def test_what_the_zoo_lacks_is_named_as_it_stands_there(tmp_path):
    with pytest.raises(ConfigKeyMissing) as caught:
        read_st_config(written(tmp_path, OF_ZOO.replace("  model_path: ./yolov8n-pose_saved_model\n", "")))
    assert caught.value.values["key"] == "general.model_path"


# --- relative paths --------------------------------------------------------------------------------------------------


def test_what_does_not_lie_beside_the_file_is_looked_for_in_the_working_folder(tmp_path, monkeypatch):
    here, there = tmp_path / "here", tmp_path / "there"
    (here / "yolov8n-pose_saved_model").mkdir(parents=True)
    (there / "calibration").mkdir(parents=True)
    monkeypatch.chdir(here)
    config = read_st_config(written(there, AS_SHIPPED))
    assert config.model_path == here / "yolov8n-pose_saved_model"
    assert config.calibration == there / "calibration"
    assert config.export_path == here / "quantized_models"


def test_beside_the_file_comes_first(tmp_path, monkeypatch):
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here, there):
        (folder / "yolov8n-pose_saved_model").mkdir(parents=True)
    monkeypatch.chdir(here)
    config = read_st_config(written(there, AS_SHIPPED))
    assert config.model_path == there / "yolov8n-pose_saved_model"
    assert config.export_path == there / "quantized_models"
    assert read_st_config(written(there, AS_SHIPPED), base=here).model_path == here / "yolov8n-pose_saved_model"


def test_absolute_paths_stay(tmp_path):
    config = read_st_config(written(tmp_path, AS_SHIPPED.replace("./calibration", "/data/pictures")))
    assert str(config.calibration) == "/data/pictures"


# --- round trip ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fake", [True, False])
def test_read_write_read(tmp_path, fake):
    first = read_st_config(written(tmp_path, AS_SHIPPED.replace("fake: False", f"fake: {fake}")))
    path = tmp_path / "größe" / "again.yaml"
    lost = write_st_config(path, first.settings, first.model_path, first.size, first.calibration, first.export_path)
    assert lost == ()
    second = read_st_config(path)
    assert second == first
    lost = write_st_config(path, second.settings, second.model_path, (320, 192), second.calibration, second.export_path)
    assert read_st_config(path).size == (320, 192)
    assert yaml.safe_load(path.read_text(encoding="utf-8"))["model"]["input_shape"] == [192, 320, 3]


def test_what_st_cannot_say_is_told(tmp_path):
    settings = QuantizeSettings(resize="letterbox", max_images=8, seed=1, ranges="tuned")
    lost = write_st_config(tmp_path / "a.yaml", settings, tmp_path / "m_saved_model", (64, 64), None, tmp_path)
    assert len(lost) == 5
    for name in ("head", "resize", "max_images", "seed", "ranges"):
        assert any(f"'{name}'" in sentence for sentence in lost)
    assert read_st_config(tmp_path / "a.yaml").settings.name == "m"


def test_names_must_fit_into_a_file_name(tmp_path):
    from n6studio.domain.settings import from_mapping

    for bad in ("a/b", "a\\b", "a:b", 'a"b', "a\nb", "x" * 81, "ä" * 41):
        with pytest.raises(SettingInvalid):
            from_mapping(QuantizeSettings, {"name": bad})
    assert from_mapping(QuantizeSettings, {"name": "größe 1"}).name == "größe 1"


SMALL_ZOO = """general: {model_path: net_saved_model}
preprocessing:
  rescaling: {scale: 1/255, offset: 0}
  resizing: {aspect_ratio: crop}
quantization: {}
dataset: {quantization_path: calib}
"""


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("{quantization_path: calib}", "calib", "dataset"),
        ("{aspect_ratio: crop}", "crop", "preprocessing.resizing"),
        ("quantization: {}", "quantization: [PTQ]", "quantization"),
    ],
)
def test_a_value_in_place_of_a_section_is_not_left_out_without_a_word(tmp_path, old, new, key):
    assert read_st_config(written(tmp_path, SMALL_ZOO)).settings.resize == "crop"
    with pytest.raises(ConfigValueInvalid) as caught:
        read_st_config(written(tmp_path, SMALL_ZOO.replace(old, new)))
    assert caught.value.key == key


def test_an_empty_section_is_none(tmp_path):
    assert read_st_config(written(tmp_path, SMALL_ZOO.replace("quantization: {}", "quantization:"))).calibration


def test_a_key_with_two_values_is_told_with_its_line(tmp_path):
    with pytest.raises(ConfigUnreadable, match="'fake' has another value") as caught:
        read_st_config(written(tmp_path, AS_SHIPPED.replace("  fake: False\n", "  fake: False\n  fake: True\n")))
    assert caught.value.line == 8
