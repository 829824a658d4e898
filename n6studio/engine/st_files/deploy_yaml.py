"""The model zoo's user_config.yaml for deployment of a pose model: read as it is, and written so that ST reads it.

The form is that of stm32ai-modelzoo-services v3.2, `deployment_n6_yolov8n_mpe_config.yaml`. There the output is always
int8 and the board shows up to ten people; the number of keypoints must stand in the file, although ST's own example has
none and the service then fails.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from n6studio.board.registry import board, vendor_boards
from n6studio.domain.errors.settings import ConfigOfOtherKind, ConfigValueInvalid
from n6studio.engine.st_files.reading import chosen, located, parsed, part, required, unused
from n6studio.system.files import replace_text

_MODEL_TYPE = "yolo_mpe"
_ASPECTS = {"crop": "crop", "fit": "fit", "full_screen": "fullscreen", "padding": ""}
_SCREENS = ("UVCL", "SPI")
_USED = {
    "general": {"model_path", "model_type", "project_name"},
    "dataset": {"class_names", "keypoints", "name"},
    "preprocessing": {"resizing", "color_mode", "rescaling"},
    "postprocessing": {"kpts_conf_thresh", "confidence_thresh", "max_detection_boxes", "NMS_thresh"},
    "tools": {"stedgeai", "path_to_cubeIDE"},
    "deployment": {"c_project_path", "IDE", "verbosity", "hardware_setup"},
}


@dataclass(frozen=True)
class StDeployment:
    """What a user_config.yaml for deployment asks for.

    Attributes:
        model: the .tflite, as a path, or the address that stands in the file where it is one.
        board: name of the board.
        application: folder of ST's application.
        compiler: path of stedgeai; None where the cloud is to compile.
        ide: path of STM32CubeIDE; its compiler and make can be used.
        aspect: 'crop', 'fit' or 'fullscreen'.
        screen: where the image goes, on a board whose application can be built for several: 'UVCL' or 'SPI'.
        confidence, iou, keypoint_confidence: thresholds, 0..1.
        most: people shown at most.
        keypoints: K; None where the file does not say.
        serial: of the ST-LINK; '' for any.
        notes: sentences about what was read with tolerance or ignored.
    """

    model: str
    board: str
    application: Path
    compiler: Path | None
    ide: Path | None
    aspect: str = "crop"
    screen: str = "UVCL"
    confidence: float = 0.5
    iou: float = 0.5
    keypoint_confidence: float = 0.5
    most: int = 10
    keypoints: int | None = None
    serial: str = ""
    notes: tuple[str, ...] = ()


def read_st_deployment(path: Path, base: Path | None = None) -> StDeployment:
    """Read ST's file.

    Args:
        path: the YAML file.
        base: folder that relative paths refer to; None for the file's own folder, or the working folder, where ST's
            service is started, for what does not lie beside the file.

    Raises:
        FileMissing, FileUnreadable, ConfigUnreadable, ConfigKeyMissing, ConfigValueInvalid, ConfigOfOtherKind.
    """
    notes: list[str] = []
    document = parsed(path, notes)
    notes += unused(document, _USED, "deployment")
    operation = document.get("operation_mode", "deployment")
    if operation == "quantization":
        tool = "n6studio quantize --config FILE"
        raise ConfigOfOtherKind(path=path, wanted="deployment", operation=operation, tool=tool)
    if operation != "deployment":
        _refuse(path, "operation_mode", operation, "deployment")
    chosen(path, document, "general", "model_type", (_MODEL_TYPE,), None)
    required(path, document, "deployment", "hardware_setup")
    setup = {"hardware_setup": part(part(document, "deployment"), "hardware_setup")}
    model = str(required(path, document, "general", "model_path"))
    application = required(path, document, "deployment", "c_project_path")
    thresholds = part(document, "postprocessing")
    chosen(path, {"preprocessing": part(document, "preprocessing")}, "preprocessing", "color_mode", ("rgb",), "rgb")
    keypoints = part(document, "dataset").get("keypoints")
    if keypoints is None:
        notes.append(
            "The file has no dataset.keypoints, which ST's service requires; the model's keypoint count is used."
        )
    elif type(keypoints) is not int or not 1 <= keypoints <= 1000:
        _refuse(path, "dataset.keypoints", keypoints, "an integer of at least 1")
    return StDeployment(
        model=model if "://" in model else str(located(path, base, "general.model_path", model)[0]),
        board=str(
            chosen(path, setup, "hardware_setup", "board", tuple(item.st.name for item in vendor_boards()), None)
        ),
        application=located(path, base, "deployment.c_project_path", application)[0],
        compiler=_compiler(path, base, document, notes),
        ide=_tool(path, base, part(document, "tools").get("path_to_cubeIDE"), "STM32CubeIDE", notes),
        aspect=_aspect(path, document),
        screen=str(chosen(path, setup, "hardware_setup", "output", _SCREENS, "UVCL")),
        confidence=_number(path, thresholds, "confidence_thresh", 0.5),
        iou=_number(path, thresholds, "NMS_thresh", 0.5),
        keypoint_confidence=_number(path, thresholds, "kpts_conf_thresh", 0.5),
        most=int(_number(path, thresholds, "max_detection_boxes", 10, highest=1000)),
        keypoints=keypoints,
        serial=str(setup["hardware_setup"].get("stlink_serial_number") or ""),
        notes=tuple(notes),
    )


def _compiler(path: Path, base: Path | None, document: dict[str, Any], notes: list[str]) -> Path | None:
    stedgeai = part(part(document, "tools"), "stedgeai")
    if stedgeai.get("on_cloud"):
        notes.append("The file requests ST's cloud; the model is compiled on this computer instead.")
        return None
    return _tool(path, base, stedgeai.get("path_to_stedgeai"), "ST Edge AI Core", notes)


def _tool(path: Path, base: Path | None, text: Any, name: str, notes: list[str]) -> Path | None:
    """Return a tool's path; one that is not here, as in ST's examples with <x.y>, is looked for instead."""
    if not text:
        return None
    found = located(path, base, f"tools, {name}", text)[0]
    if found.exists():
        return found
    notes.append(f"{name} not found at {text}; searching this computer.")
    return None


def _aspect(path: Path, document: dict[str, Any]) -> str:
    resizing = part(part(document, "preprocessing"), "resizing")
    given = resizing.get("aspect_ratio", "crop")
    if not isinstance(given, str) or not _ASPECTS.get(given):
        _refuse(path, "preprocessing.resizing.aspect_ratio", given, ", ".join(key for key in _ASPECTS if _ASPECTS[key]))
    return _ASPECTS[given]


def _number(path: Path, section: dict[str, Any], key: str, default: float, highest: float = 1.0) -> float:
    value = section.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= highest:
        _refuse(path, f"postprocessing.{key}", value, f"a number from 0 to {highest:g}")
    return float(value)


def _refuse(path: Path, key: str, value: Any, allowed: str) -> None:
    raise ConfigValueInvalid(path=path, key=key, value=value, allowed=allowed)


def write_st_deployment(path: Path, wanted: StDeployment, version: str, classes: tuple[str, ...] = ("person",)) -> None:
    """Write a user_config.yaml that ST's service reads.

    Args:
        path: where to.
        wanted: what to write.
        version: of ST's compiler as the service counts it, such as '10.2.0' for ST Edge AI Core 2.2.
        classes: names of the classes.

    Raises:
        DiskFull, NotWritable.
    """
    aspects = {name: key for key, name in _ASPECTS.items() if name}
    hardware: dict[str, Any] = {"serie": "STM32N6", "board": wanted.board}
    if screen := board(wanted.board).screen(wanted.screen):
        hardware["output"] = screen
    if wanted.serial:
        hardware["stlink_serial_number"] = wanted.serial
    dataset: dict[str, Any] = {"class_names": list(classes)}
    if wanted.keypoints is not None:
        dataset["keypoints"] = wanted.keypoints
    document = {
        "general": {"model_path": wanted.model, "model_type": _MODEL_TYPE},
        "operation_mode": "deployment",
        "dataset": dataset,
        "preprocessing": {
            "resizing": {"aspect_ratio": aspects[wanted.aspect], "interpolation": "nearest"},
            "color_mode": "rgb",
        },
        "postprocessing": {
            "kpts_conf_thresh": wanted.keypoint_confidence,
            "confidence_thresh": wanted.confidence,
            "max_detection_boxes": wanted.most,
            "NMS_thresh": wanted.iou,
        },
        "tools": {
            "stedgeai": {
                "version": version,
                "optimization": "balanced",
                "on_cloud": False,
                "path_to_stedgeai": str(wanted.compiler or ""),
            },
            "path_to_cubeIDE": str(wanted.ide or ""),
        },
        "deployment": {
            "c_project_path": str(wanted.application),
            "IDE": "GCC",
            "verbosity": 1,
            "hardware_setup": hardware,
        },
        "mlflow": {"uri": "./src/experiments_outputs/mlruns"},
        "hydra": {"run": {"dir": "./src/experiments_outputs/${now:%Y_%m_%d_%H_%M_%S}"}},
    }
    replace_text(path, yaml.safe_dump(document, sort_keys=False, allow_unicode=True))
