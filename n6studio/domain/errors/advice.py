"""The one table that turns an error into words: what happened, why, and what to do, per operating system.

Texts are templates over the error's fields. A test proves that every error class has an entry and that every template
names only fields that the class has.
"""

import platform
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.remedies_deploy import DEPLOY_REMEDIES
from n6studio.domain.errors.remedies_flow import FLOW_REMEDIES
from n6studio.domain.errors.remedies_link import LINK_REMEDIES
from n6studio.domain.errors.remedy import PerSystem, Remedy
from n6studio.domain.stage_titles import stage_title


@dataclass(frozen=True)
class Advice:
    """A remedy filled in for one error on one operating system."""

    code: str
    title: str
    why: str
    steps: tuple[str, ...]

    def as_text(self) -> str:
        """Return the advice as lines for a terminal."""
        numbered = [f"  {number}. {step}" for number, step in enumerate(self.steps, 1)]
        return "\n".join([f"{self.title} [{self.code}]", f"  {self.why}", *numbered])


REMEDIES: dict[str, Remedy] = {
    **DEPLOY_REMEDIES,
    **FLOW_REMEDIES,
    **LINK_REMEDIES,
    "N6S-I01": Remedy(
        "{path} does not exist",
        "There is no file or folder of that name; it may have been moved, or the name has a typing error.",
        ("Check the name, also upper and lower case.", "Choose the file again."),
    ),
    "N6S-I02": Remedy(
        "{path} cannot be read",
        "The operating system says: {reason}.",
        (
            PerSystem(
                "Close programs that hold the file, and check under Properties > Security that you may read it.",
                "Allow the terminal or N6 Studio to read this folder under System Settings > Privacy & Security.",
                "Give yourself read permission: chmod u+r on the file, chmod u+rx on its folder.",
            ),
            "If it lies on a network drive, copy it to this computer first.",
        ),
    ),
    "N6S-I03": Remedy(
        "{path} is not a model that N6 Studio can read",
        "It looks like {found}. Readable are Ultralytics .pt checkpoints, SavedModel folders, .tflite and .onnx files.",
        ("Choose the checkpoint that training left, usually runs/pose/train/weights/best.pt.",),
    ),
    "N6S-I04": Remedy(
        "{name} cannot be {value}",
        "Allowed is: {allowed}.",
        ("Choose one of the allowed values.",),
    ),
    "N6S-M01": Remedy(
        "{path} is damaged or not a checkpoint",
        "It cannot be opened as an Ultralytics .pt: {reason}.",
        (
            "Compare its size with the original: a download or copy that stopped early is cut short.",
            "Copy it again, or take last.pt from the same training.",
        ),
    ),
    "N6S-M02": Remedy(
        "{path} was refused: it wants to run code",
        "A .pt is a program that Python would run on loading. This one calls {names}, which no model needs. "
        "Nothing of it was run.",
        (
            "Do not open this file with other tools either, unless you know who made it.",
            "Take the checkpoint from the training that made it, or from its author, and compare checksums.",
        ),
    ),
    "N6S-M03": Remedy(
        "{path} needs a newer Ultralytics",
        "It contains {names}, which Ultralytics {have}, installed here, does not have; it was written by {need}.",
        (
            "Install a newer release of N6 Studio.",
            "Or export the model to ONNX where it was trained and evaluate that file here.",
        ),
    ),
    "N6S-M04": Remedy(
        "{path} contains classes that N6 Studio does not know",
        "Besides Ultralytics' own it refers to {names}. Loading them would mean running code from elsewhere, "
        "so the file was not loaded.",
        (
            "In the environment where it was trained, save a plain checkpoint: YOLO('best.pt').save('plain.pt').",
            "If the model has layers of your own, export it to ONNX there and start from the ONNX file.",
        ),
    ),
    "N6S-M05": Remedy(
        "{path} is a {task} model, not a pose model",
        "N6 Studio finds people and their keypoints; a {task} model has no keypoints.",
        ("Choose a checkpoint trained with task=pose, for example one that began as yolov8n-pose.pt.",),
    ),
    "N6S-M06": Remedy(
        "{path} is not a YOLO pose network",
        "Its input and output do not have the form of one: {found}. Expected is one picture in, and "
        "4 box values, the class scores and K x 2 or K x 3 keypoint values out.",
        ("Export the checkpoint again with N6 Studio: n6studio export MODEL.pt.",),
    ),
    "N6S-M07": Remedy(
        "{path} gives coordinates in pixels",
        "Its output reaches {largest}. On one int8 scale with the scores, which end at 1, every score becomes 0, "
        "and no person would be found on the board.",
        ("Export the checkpoint with N6 Studio: n6studio export MODEL.pt. It normalises coordinates to 0..1.",),
    ),
    "N6S-M08": Remedy(
        "The input size {size} is not possible",
        "YOLO networks halve the picture five times, so width and height must be multiples of 32.",
        ("Use {nearest}.",),
    ),
    "N6S-M09": Remedy(
        "{path} has another input size than asked for",
        "The settings say {wanted}, the network takes {found}.",
        ("Correct the size in the settings, or export the checkpoint at the size you want.",),
    ),
    "N6S-M10": Remedy(
        "{path} is damaged",
        "It cannot be read as a {format}: {reason}.",
        (
            "Compare its size with the original: a download or copy that stopped early is cut short.",
            "Copy it again, or make it again from the checkpoint.",
        ),
    ),
    "N6S-M11": Remedy(
        "{path} is not a SavedModel",
        "Quantization starts from the SavedModel folder that an export leaves; this is {found}.",
        (
            "Export the checkpoint first: n6studio export MODEL.pt.",
            "Then choose the folder that ends in _saved_model, or let n6studio run MODEL.pt do both.",
        ),
    ),
    "N6S-D01": Remedy(
        "{path} has no usable picture",
        "{seen} files were looked at; none is a JPEG, PNG, BMP, TIFF or WebP that can be decoded.",
        (
            "Choose a folder with pictures like those the board's camera will see; 4 to 200 are enough.",
            "Only to try things out, use fake calibration (--fake); its accuracy means nothing.",
        ),
    ),
    "N6S-D02": Remedy(
        "The labels in {path} cannot be read",
        "{reason}.",
        (
            "Readable are COCO keypoint JSON (person_keypoints_*.json) and Ultralytics pose YAML with label files.",
            "Choose the file again, or mend the place named above.",
        ),
    ),
    "N6S-D03": Remedy(
        "Labels and model have different keypoints",
        "{data} has {data_keypoints} keypoints a person, {model} has {model_keypoints}.",
        (
            "Choose labels made for this model, or the model trained on these labels.",
            "If the labels name their keypoints and hold all of the model's: give the model's the same names on the "
            "page Import (or with --skeleton); they are then matched by name.",
        ),
    ),
    "N6S-D04": Remedy(
        "Pictures named by {path} are missing",
        "{missing} of {total} are not there, for example {example}.",
        (
            "Give the folder that holds the pictures: --images FOLDER.",
            "If the pictures moved, the labels may still name the old folder.",
        ),
    ),
    "N6S-D05": Remedy(
        "No skeleton can be read from {path}",
        "What is wrong with it: {reason}.",
        (
            "Choose the data YAML that the model was trained with (kpt_shape, flip_idx, kpt_names), or a skeleton "
            "written by N6 Studio.",
            "Or name the keypoints by hand, on the page Import.",
        ),
    ),
    "N6S-D06": Remedy(
        "No frame can be taken from {path}",
        "What is wrong with it: {reason}.",
        (
            "Play the file with a video player; if that fails, too, copy it again from the camera.",
            "Convert it to MP4 (H.264), or save its frames as JPEG and choose their folder.",
        ),
    ),
    "N6S-D07": Remedy(
        "The locked calibration pictures in {path} have changed",
        "They were locked with the digest {locked} and have {found} now: a picture was added, removed or changed.",
        (
            "Put the pictures back as they were.",
            "Or unlock the set on the page Calibration, look it through, and lock it again; without the window, remove "
            "the line calibration_lock from project.n6.yaml.",
        ),
    ),
    "N6S-C01": Remedy(
        "{path} is not readable YAML",
        "Line {line}: {reason}.",
        ("Indent with spaces only, two for each level, and put one space behind each colon.",),
    ),
    "N6S-C02": Remedy(
        "{path} lacks {key}",
        "The quantization script's file must have this key; without it the job is not defined.",
        ("Add {key}, or start from a file written by --write-config.",),
    ),
    "N6S-C03": Remedy(
        "{key} in {path} cannot be {value}",
        "Allowed is: {allowed}.",
        ("Correct the value and save the file.",),
    ),
    "N6S-P01": Remedy(
        "{path} is not a project that this release can open",
        "{reason}.",
        ("Choose a folder with a project.n6.yaml in it, or a checkpoint to begin a new project.",),
    ),
    "N6S-E01": Remedy(
        "The Python package {package} does not work here",
        "Importing it failed: {reason}.",
        (
            "Run: n6studio doctor. It lists what is missing.",
            "Repair the installation: python3 bootstrap.py --repair.",
        ),
    ),
    "N6S-E02": Remedy(
        "Not enough memory for: {stage}",
        "The operating system ended the stage, or an allocation failed. Nothing you had is lost.",
        ("Close other programs and try again.", "Use a smaller input size.", "The log has the details: {log}"),
    ),
    "N6S-S01": Remedy(
        "The disk is full",
        "There was no room left while writing to {path}. Half-written files were removed.",
        ("Free some space, or choose an output folder on another disk.", "Start again; what was finished is kept."),
    ),
    "N6S-S02": Remedy(
        "{path} cannot be written",
        "The operating system says: {reason}.",
        (
            PerSystem(
                "Choose a folder of your own, for example under Documents, or check Properties > Security.",
                "Choose a folder of your own, or allow access under System Settings > Privacy & Security.",
                "Choose a folder of your own, or give yourself permission: chmod u+rwx on the folder.",
            ),
        ),
    ),
    "N6S-B01": Remedy(
        "{path} is in use by another run",
        "{holder} is working there; two runs would overwrite each other's results.",
        ("Wait until it is done, or stop it.", "Or use another project or output folder."),
    ),
    "N6S-X01": Remedy(
        "Stopped: {stage}",
        "You asked for it. Results that were finished before are kept; nothing half-written is left.",
        ("Start the same job again when you want; finished stages are not repeated.",),
    ),
    "N6S-X02": Remedy(
        "{stage} ended unexpectedly",
        "Its process stopped without a result: {how}. Nothing you had is lost.",
        ("Start it again.", "If it ends again, report it with this log: {log}"),
    ),
    "N6S-X03": Remedy(
        "N6 Studio made a mistake: {stage}",
        "{summary}. This is a fault of ours, not of your files.",
        ("Report it with this log: {log}",),
    ),
    "N6S-X04": Remedy(
        "{path} could not be exported",
        "The step '{step}' failed: {reason}.",
        (
            "If the network has layers of your own, check that each can be exported to ONNX.",
            "Try the size it was trained at.",
        ),
    ),
    "N6S-X05": Remedy(
        "{path} could not be quantized",
        "The converter says: {reason}.",
        ("Export the checkpoint again and quantize the new SavedModel.", "Try per-tensor quantization."),
    ),
    "N6S-K01": Remedy(
        "The exported network does not agree with the checkpoint",
        "After '{where}' people differ: OKS {oks} where at least {needed} is needed, up to {pixels} pixels, worst on "
        "{image}. Nothing was kept, so that nobody deploys it.",
        (
            "Start the export again with another input size.",
            "If it stays so, report it with the log: the conversion of this network is at fault.",
        ),
    ),
    "N6S-K02": Remedy(
        "Quantization lost the people",
        "The float network finds {float_people} people in {images} calibration pictures, the int8 network "
        "{int8_people} (head precision: {head}). The scores collapsed; the board would find nobody.",
        (
            "Keep the last arithmetic in float: --head-precision float.",
            "Export again with N6 Studio, so that coordinates are normalised to 0..1.",
            "Calibrate on pictures with people, like those the camera will see.",
        ),
    ),
}


def system_name() -> str:
    """Return 'windows', 'macos' or 'linux'."""
    return {"Windows": "windows", "Darwin": "macos"}.get(platform.system(), "linux")


def advice(error: StudioError, system: str | None = None) -> Advice:
    """Fill in the remedy for `error`.

    Args:
        error: any concrete `StudioError`.
        system: 'windows', 'macos' or 'linux'; None for this machine.
    """
    remedy = REMEDIES[error.code]
    words = {name: _words(value) for name, value in error.values.items()}
    if "stage" in words:
        words["stage"] = stage_title(words["stage"])
    where = system or system_name()

    def fill(template: str | PerSystem) -> str:
        text = template if isinstance(template, str) else str(getattr(template, where))
        return text.format(**words)

    return Advice(error.code, fill(remedy.title), fill(remedy.why), tuple(fill(step) for step in remedy.steps))


def short_title(error: StudioError, system: str | None = None) -> str:
    """Return the title of an error's advice with the file's name in place of its path, for where room is scarce."""
    path = str(error.values.get("path") or "")
    title = advice(error, system).title
    return title.replace(path, PurePath(path).name) if path else title


def _words(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    if isinstance(value, float):
        return f"{value:.4g}"
    return str(value)
