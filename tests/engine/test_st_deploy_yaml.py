"""The model zoo's user_config.yaml for deployment: in the form of its examples, as people break it, and back again."""

from dataclasses import replace

import pytest
import yaml

from n6studio.domain.errors.files import FileMissing
from n6studio.domain.errors.settings import ConfigKeyMissing, ConfigUnreadable, ConfigValueInvalid
from n6studio.engine.deploy.st_settings import settings_of
from n6studio.engine.st_files.deploy_yaml import read_st_deployment, write_st_deployment

TEXT = """
general:
   model_path: ./pose.tflite
   model_type: yolo_mpe
operation_mode: deployment
dataset:
   class_names: [person]
preprocessing:
   resizing:
      aspect_ratio: crop
      interpolation: nearest
   color_mode: rgb
postprocessing:
   kpts_conf_thresh: 0.15
   confidence_thresh: 0.6
   max_detection_boxes: 7
   NMS_thresh: 0.4
tools:
   stedgeai:
      version: 10.2.0
      optimization: balanced
      on_cloud: False
      path_to_stedgeai: C:/ST/STEdgeAI/<x.y>/Utilities/windows/stedgeai.exe
   path_to_cubeIDE: C:/ST/STM32CubeIDE_<*.*.*>/STM32CubeIDE/stm32cubeide.exe
deployment:
   c_project_path: ../application_code/pose_estimation/STM32N6/
   IDE: GCC
   verbosity: 1
   hardware_setup:
      serie: STM32N6
      board: STM32N6570-DK
mlflow:
   uri: ./src/experiments_outputs/mlruns
"""


def written(folder, text):
    path = folder / "user_config.yaml"
    path.write_text(text)
    return path


def test_in_the_form_of_the_examples(tmp_path):
    found = read_st_deployment(written(tmp_path, TEXT))
    assert (found.board, found.aspect, found.screen, found.most) == ("STM32N6570-DK", "crop", "UVCL", 7)
    assert (found.confidence, found.iou, found.keypoint_confidence) == (0.6, 0.4, 0.15)
    assert found.model == str(tmp_path / "pose.tflite")
    assert found.application == tmp_path / "../application_code/pose_estimation/STM32N6"
    assert found.compiler is None
    assert len(found.notes) == 3, found.notes
    settings = settings_of(found)
    assert (settings["board"], settings["max_detections"], settings["aspect"]) == ("stm32n6570-dk", 7, "crop")
    assert "compiler" not in settings
    assert any("dataset.keypoints" in note for note in found.notes)


def test_tools_that_are_there_an_address_and_a_nucleo(tmp_path):
    program = tmp_path / "stedgeai"
    program.write_text("")
    text = TEXT.replace("C:/ST/STEdgeAI/<x.y>/Utilities/windows/stedgeai.exe", str(program))
    text = text.replace("./pose.tflite", "https://example.org/pose.tflite").replace(
        "[person]", "[person]\n   keypoints: 17"
    )
    text = text.replace(
        "board: STM32N6570-DK", "board: NUCLEO-N657X0-Q\n      output: SPI\n      stlink_serial_number: 0034"
    )
    found = read_st_deployment(written(tmp_path, text))
    assert found.compiler == program
    assert found.model == "https://example.org/pose.tflite"
    assert (found.board, found.screen, found.keypoints) == ("NUCLEO-N657X0-Q", "SPI", 17)


@pytest.mark.parametrize(
    ("old", "new", "error", "key"),
    [
        ("yolo_mpe", "heatmaps_spe", ConfigValueInvalid, "general.model_type"),
        ("operation_mode: deployment", "operation_mode: training", ConfigValueInvalid, "operation_mode"),
        ("   model_path: ./pose.tflite\n", "", ConfigKeyMissing, "general.model_path"),
        ("board: STM32N6570-DK", "board: STM32H747I-DISCO", ConfigValueInvalid, "hardware_setup.board"),
        ("      board: STM32N6570-DK\n", "", ConfigKeyMissing, "hardware_setup.board"),
        ("aspect_ratio: crop", "aspect_ratio: padding", ConfigValueInvalid, "preprocessing.resizing.aspect_ratio"),
        ("color_mode: rgb", "color_mode: bgr", ConfigValueInvalid, "preprocessing.color_mode"),
        ("NMS_thresh: 0.4", "NMS_thresh: 4", ConfigValueInvalid, "postprocessing.NMS_thresh"),
        ("NMS_thresh: 0.4", "NMS_thresh: high", ConfigValueInvalid, "postprocessing.NMS_thresh"),
        ("   c_project_path", "   project_path", ConfigKeyMissing, "deployment.c_project_path"),
        ("class_names: [person]", "keypoints: many", ConfigValueInvalid, "dataset.keypoints"),
        ("aspect_ratio: crop", "aspect_ratio: [1]", ConfigValueInvalid, "preprocessing.resizing.aspect_ratio"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_by_its_key(tmp_path, old, new, error, key):
    assert old in TEXT
    with pytest.raises(error) as caught:
        read_st_deployment(written(tmp_path, TEXT.replace(old, new)))
    assert caught.value.values["key"] == key


@pytest.mark.parametrize("section", ["dataset", "preprocessing", "postprocessing", "tools"])
def test_a_section_that_is_only_a_word_is_refused_and_one_that_is_empty_is_not(tmp_path, section):
    document = yaml.safe_load(TEXT)
    document[section] = None
    assert read_st_deployment(written(tmp_path, yaml.safe_dump(document))).board == "STM32N6570-DK"
    document[section] = "nothing"
    with pytest.raises(ConfigValueInvalid) as caught:
        read_st_deployment(written(tmp_path, yaml.safe_dump(document)))
    assert caught.value.key == section


def test_no_file_and_no_yaml(tmp_path):
    with pytest.raises(FileMissing):
        read_st_deployment(tmp_path / "gone.yaml")
    with pytest.raises(ConfigUnreadable):
        read_st_deployment(written(tmp_path, "a: [1, 2"))


@pytest.mark.parametrize("aspect", ["crop", "fit", "fullscreen"])
def test_what_is_written_is_read_again(tmp_path, aspect):
    first = read_st_deployment(written(tmp_path, TEXT))
    text = TEXT.replace("board: STM32N6570-DK", "board: NUCLEO-N657X0-Q")
    for wanted in (first, read_st_deployment(written(tmp_path, text))):
        wanted = replace(wanted, aspect=aspect, keypoints=17, serial="0034", notes=())
        path = tmp_path / "out.yaml"
        write_st_deployment(path, wanted, "10.2.0")
        assert replace(read_st_deployment(path), notes=()) == wanted
        document = yaml.safe_load(path.read_text())
        assert ("output" in document["deployment"]["hardware_setup"]) == (wanted.board == "NUCLEO-N657X0-Q")


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("class_names: [person]", "keypoints: true", "dataset.keypoints"),
        ("dataset:\n   class_names: [person]", "dataset: coco", "dataset"),
    ],
)
def test_what_is_no_number_or_section_is_told(tmp_path, old, new, key):
    path = tmp_path / "user_config.yaml"
    path.write_text(TEXT.replace(old, new))
    with pytest.raises(ConfigValueInvalid) as caught:
        read_st_deployment(path)
    assert caught.value.key == key
