"""Texts of the Evaluate page that are longer than a label, or used in several places."""

from pathlib import Path

from n6studio.domain.errors.foreign import reason_of
from n6studio.domain.texts import counted

LABEL_FILES = "Labels (*.json *.yaml *.yml)"

# --- the form

DATA_HINT = "COCO keypoints .json, YOLO-pose .yaml, or a folder of images"
IMAGES_HINT = "only if the images are not in the .json file's folder"
CHOOSE_LABELS = "Choose a label file"
CHOOSE_FOLDER = "Choose a folder of images without labels"
CHOOSE_IMAGES = "Choose the image folder"
OPTIONS_TIP = "Thresholds, limits and optional measurements"

# --- the page

EMPTY_TITLE = "Drop labelled images here"
EMPTY = (
    "COCO keypoints (.json), YOLO-pose data (.yaml), or a folder of images. Without labels, only the agreement between "
    "int8 and float can be measured, not accuracy."
)
READY_TITLE = "Not evaluated yet"
READY = (
    "Evaluate runs every image through the int8 and the float model. Figures, charts and the images with the largest "
    "loss then appear here."
)
NO_PROJECT_TITLE = "No model yet"
NO_PROJECT = "Import a YOLOv8-pose checkpoint first."
SAME_AS_CALIBRATION = (
    "These are the images that the model is calibrated on: the figures say nothing about other images. Choose labelled "
    "images of their own."
)
CALIBRATION_TIP = "Measure the agreement between int8 and float on the calibration images"
REPORT_TIP = "Open these results as one HTML file, to share or print"
EXPORT_TIP = "Save every chart as PNG, SVG and CSV"
EXPORT_TITLE = "Choose a folder for the charts"
LOCKED = "The calibration set is locked. Unlock it to add images"
EVALUATE_AGAIN = "Evaluate again."


def out_of_date(reason: str) -> str:
    """Return why results are out of date, and what is shown."""
    return f"Out of date: {reason}. The results shown are from the last run."


def copied_to_calibration(copied: int, there: int) -> str:
    """Return how many images were copied to the calibration set, and how many were in it already."""
    text = f"{counted(copied, 'image')} copied to the calibration set"
    text += f", {there:,} already in it" if there else ""
    return f"{text}. Accuracy measured on these images is no longer independent" if copied else text


def charts_saved(count: int, folder: Path) -> str:
    """Return that charts were saved."""
    return f"{counted(count, 'chart')} saved in {folder}"


# --- results that cannot be shown

NO_RESULTS = f"The evaluation has no results. {EVALUATE_AGAIN}"
NO_PEOPLE = f"This evaluation was made by an earlier release, which did not save detections. {EVALUATE_AGAIN}"


def not_results(path: Path) -> str:
    """Return that a file is none that an evaluation writes."""
    return f"{path} is not a result of an evaluation. {EVALUATE_AGAIN}"


def damaged(path: Path, what_for: str = "") -> str:
    """Return that a file is damaged; `what_for` is what another evaluation would bring."""
    return f"{path} is damaged or truncated. Evaluate again{what_for}."


def not_read(path: Path, reason: str) -> str:
    """Return why a result cannot be read."""
    return f"{path} {reason}. {EVALUATE_AGAIN}"


def other_schema(name: str, found: object, known: int) -> str:
    """Return that a result has a schema which this release does not read."""
    return f"{name} has schema {found}; this release reads schema {known}. {EVALUATE_AGAIN}"


# --- key figures

PERCENT_INTERVAL = "95 % CI"
AP_HELP = "COCO keypoint AP, mean over OKS 0.50 to 0.95"
AP50_HELP = (
    "COCO keypoint AP at OKS 0.50, of your model on your images. The AP50 beside the input sizes is ST's: its weights, "
    "COCO val2017, other thresholds."
)
AR_HELP = "COCO average recall, mean over OKS 0.50 to 0.95"
ZOO_HELP = "mAP at OKS 0.50 by the rule of ST's model zoo services"
OKS_LOST_HELP = "OKS that a labelled person loses from float to int8, mean"
FOUND_HELP = "at the operating confidence"
KEPT_HELP = "people found by float that int8 also finds, at OKS 0.50 or better"
LOST_HELP = "people found by float that int8 does not find"
NEW_HELP = "people found by int8 that float does not find"
AGREEMENT_HELP = "mean OKS between the people of int8 and of float"
DISTANCE_HELP = "mean keypoint distance, in image pixels"
RATE_HELP = "images/s on this computer, including reading; the board's rate differs"

# --- images

CALIBRATION_BUTTON_TIP = "Copy the flagged images, or the current one, to the calibration set (C)"
COPY_TIP = "Copy the paths of the flagged images, or of all if none is flagged (X flags an image)"
NO_IMAGES = "No image has labelled or detected people."
SIDES = "Orange: the person's left side. Blue: right side."
BLINK_TIP = "Alternate between float and int8 in one view (B)"
BLINK_KEY = "alternate between float and int8"


ALSO_CALIBRATED = "also calibrated on"


def image_not_shown(path: Path, error: Exception) -> str:
    """Return that an image cannot be drawn."""
    return f"Cannot show {path}: {reason_of(error)}. Detections are still drawn."


# --- charts and runs

NO_LABELS = "No labels, so accuracy cannot be measured. Choose labelled data."
THRESHOLD_HINT = "Drag the dashed line, or enter a value (T). At OKS 0.50; crowd regions excluded."
BEST_F1_TIP = "Set the confidence with the highest F1 of int8"


NO_BOARD = (
    "No board ran a model of this evaluation. Choose one above: it answers for the same images, and what it finds is "
    "compared with this computer's results, step by step."
)
BOARD_WANTS_MODEL = "Quantize a model first."
BOARD_WANTS_DATA = "Choose evaluation data or calibration images first."
BOARD_STARTS = "Starting…"
BOARD_CANCELLED = "Cancelled. Answers that are there are kept; the next evaluation goes on with them."
OPEN_BOARD_TIP = "Open the results.json of an earlier evaluation on a board"


def no_board_in(path: Path) -> str:
    """Return that an evaluation asked no board."""
    return f"No board ran a model in {path}."


def other_runs(others: int, runs: int) -> str:
    """Return that some runs are left out of the chart."""
    return (
        f"{others} of {counted(runs, 'run')} used other images, had no labels, or differ in 'Average keypoints'; they "
        "are only in the table."
    )
