"""Images, labels, skeletons and videos. Codes N6S-D."""

from pathlib import Path

from n6studio.domain.errors.base import InputError
from n6studio.domain.errors.remedy import Remedy


class NoImages(InputError):
    """A folder without a single usable picture."""

    code = "N6S-D01"
    path: Path | str
    seen: int
    remedy = Remedy(
        "{path} has no usable picture",
        "{seen} files were looked at; none is a JPEG, PNG, BMP, TIFF or WebP that can be decoded.",
        (
            "Choose a folder with pictures like those the board's camera will see; 4 to 200 are enough.",
            "Only to try things out, use fake calibration (--fake); its accuracy means nothing.",
        ),
    )


class LabelsUnreadable(InputError):
    """An annotation file that does not have the form it should."""

    code = "N6S-D02"
    path: Path | str
    reason: str
    remedy = Remedy(
        "The labels in {path} cannot be read",
        "{reason}.",
        (
            "Readable are COCO keypoint JSON (person_keypoints_*.json) and Ultralytics pose YAML with label files.",
            "Choose the file again, or mend the place named above.",
        ),
    )


class KeypointCountMismatch(InputError):
    """Labels and network disagree about the number of keypoints."""

    code = "N6S-D03"
    data: Path | str
    data_keypoints: int
    model: Path | str
    model_keypoints: int
    remedy = Remedy(
        "Labels and model have different keypoints",
        "{data} has {data_keypoints} keypoints a person, {model} has {model_keypoints}.",
        (
            "Choose labels made for this model, or the model trained on these labels.",
            "If the labels name their keypoints and hold all of the model's: give the model's the same names on the "
            "page Import (or with --skeleton); they are then matched by name.",
        ),
    )


class ImagesMissing(InputError):
    """Annotations for pictures that are not there."""

    code = "N6S-D04"
    path: Path | str
    missing: int
    total: int
    example: str
    remedy = Remedy(
        "Pictures named by {path} are missing",
        "{missing} of {total} are not there, for example {example}.",
        (
            "Give the folder that holds the pictures: --images FOLDER.",
            "If the pictures moved, the labels may still name the old folder.",
        ),
    )


class SkeletonUnreadable(InputError):
    """A file from which names, pairs and sigmas of keypoints cannot be taken."""

    code = "N6S-D05"
    path: Path | str
    reason: str
    remedy = Remedy(
        "No skeleton can be read from {path}",
        "What is wrong with it: {reason}.",
        (
            "Choose the data YAML that the model was trained with (kpt_shape, flip_idx, kpt_names), or a skeleton "
            "written by N6 Studio.",
            "Or name the keypoints by hand, on the page Import.",
        ),
    )


class VideoUnreadable(InputError):
    """A file from which no frame can be taken."""

    code = "N6S-D06"
    path: Path | str
    reason: str
    remedy = Remedy(
        "No frame can be taken from {path}",
        "What is wrong with it: {reason}.",
        (
            "Play the file with a video player; if that fails, too, copy it again from the camera.",
            "Convert it to MP4 (H.264), or save its frames as JPEG and choose their folder.",
        ),
    )


class CalibrationChanged(InputError):
    """Calibration pictures that are no longer those that were locked."""

    code = "N6S-D07"
    path: Path | str
    locked: str
    found: str
    remedy = Remedy(
        "The locked calibration pictures in {path} have changed",
        "They were locked with the digest {locked} and have {found} now: a picture was added, removed or changed.",
        (
            "Put the pictures back as they were.",
            "Or unlock the set on the page Calibration, look it through, and lock it again; without the window, remove "
            "the line calibration_lock from project.n6.yaml.",
        ),
    )
