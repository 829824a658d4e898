"""Images, labels, skeletons and videos. Codes N6S-D."""

from pathlib import Path

from n6studio.domain.errors.base import ExitCode, InputError
from n6studio.domain.errors.remedy import Remedy


class NoImages(InputError):
    """A folder without a single usable image."""

    code = "N6S-D01"
    path: Path | str
    seen: int
    remedy = Remedy(
        "No usable images in {path}",
        "Files checked: {seen}. None is a JPEG, PNG, BMP, TIFF or WebP image that can be decoded.",
        (
            "Choose a folder with images like those from the board's camera; 20 to 300 varied ones are best.",
            "To try quantization out only, calibrate on random noise (quantize --fake); its accuracy is meaningless.",
        ),
    )


class CalibrationMissing(InputError):
    """Images to calibrate on were not chosen."""

    code = "N6S-D09"
    exit_status = ExitCode.USAGE
    remedy = Remedy(
        "No calibration images are chosen",
        "Quantization measures its ranges on images like those from the board's camera.",
        (
            "Choose a folder of images: on the Calibration page, or with --calibration FOLDER.",
            "For size and speed only, use random noise: 'Use noise' on the Calibration page, or --fake.",
        ),
    )


class DataMissing(InputError):
    """Neither evaluation data nor calibration images, which stand in for it, were chosen."""

    code = "N6S-D10"
    exit_status = ExitCode.USAGE
    remedy = Remedy(
        "No evaluation data is chosen",
        "Labelled images show how accurate a model is; calibration images, how far int8 is from float.",
        ("Choose labelled data or a folder of images: on the Evaluate page, or with --data.",),
    )


class LabelsUnreadable(InputError):
    """Labels that cannot be used as they are; each cause is a class of its own."""

    path: Path | str
    reason: str


class LabelsFaulty(InputError):
    """Labels with impossible contents; each cause is a class of its own."""

    path: Path | str
    reason: str


class LabelFormUnknown(LabelsUnreadable):
    """An annotation file that does not have the form it should."""

    code = "N6S-D02"
    remedy = Remedy(
        "The labels in {path} cannot be read",
        "{reason}.",
        (
            "Supported are COCO keypoint JSON (person_keypoints_*.json), Ultralytics pose YAML with label files or "
            "NDJSON, CVAT's annotations.xml and Label Studio's JSON.",
            "Choose another file, or fix what is named above.",
        ),
    )


class LabelValuesFaulty(LabelsFaulty):
    """Labels with values that none can have: not numbers, negative, far outside the image."""

    code = "N6S-D08"
    remedy = Remedy(
        "Labels in {path} are faulty",
        "{reason}. Figures made with them would be meaningless.",
        (
            "Mend what is named above, or make the file again with the tool that wrote it.",
            "Values that are not numbers mostly come from a converter that lacked an image's size; remove such "
            "annotations where they cannot be mended.",
        ),
    )


class KeypointCountMismatch(InputError):
    """Labels and model disagree about the number of keypoints."""

    code = "N6S-D03"
    data: Path | str
    data_keypoints: int
    model: Path | str
    model_keypoints: int
    remedy = Remedy(
        "Labels and model have different keypoints",
        "{data} has {data_keypoints} keypoints per person, {model} has {model_keypoints}.",
        (
            "Choose labels made for this model, or the model trained on these labels.",
            "If the labels name their keypoints and include all of the model's: give the model's keypoints the same "
            "names on the Import page (or with --skeleton). They are then matched by name.",
        ),
    )


class ImagesMissing(InputError):
    """Annotations for images that do not exist."""

    code = "N6S-D04"
    path: Path | str
    missing: int
    total: int
    example: str
    remedy = Remedy(
        "Images listed in {path} are missing",
        "{missing} of {total} were not found, for example {example}.",
        (
            "Choose the folder that contains the images (--images FOLDER on the command line).",
            "If the images were moved, the labels may still refer to the old folder.",
        ),
    )


class SkeletonUnreadable(InputError):
    """A file without usable names, left/right pairs and sigmas of keypoints."""

    code = "N6S-D05"
    path: Path | str
    reason: str
    remedy = Remedy(
        "No skeleton can be read from {path}",
        "Reason: {reason}.",
        (
            "Choose the data YAML that the model was trained with (kpt_shape, flip_idx, kpt_names), or a skeleton "
            "written by N6 Studio.",
            "Or name the keypoints by hand on the Import page.",
        ),
    )


class VideoUnreadable(InputError):
    """A video that cannot be decoded."""

    code = "N6S-D06"
    path: Path | str
    reason: str
    remedy = Remedy(
        "{path} cannot be read as a video",
        "Reason: {reason}.",
        (
            "Open the file in a video player. If that fails too, copy or download it again.",
            "Convert it to MP4 (H.264), or save its frames as JPEG images.",
        ),
    )


class CalibrationChanged(InputError):
    """Calibration images that are no longer those that were locked."""

    code = "N6S-D07"
    path: Path | str
    locked: str
    found: str
    remedy = Remedy(
        "The locked calibration images in {path} have changed",
        "They were locked with digest {locked} and now have {found}: an image was added, removed or changed.",
        (
            "Restore the original images.",
            "Or unlock the set on the Calibration page, review it and lock it again. Without the window, remove the "
            "line calibration_lock from project.n6.yaml.",
        ),
    )


class PartUnreadable(InputError):
    """A part of an evaluation, or what came of one, is damaged or no such file."""

    code = "N6S-D17"
    path: Path | str
    reason: str
    remedy = Remedy(
        "A part of the evaluation cannot be read: {path}",
        "{reason}.",
        ("Run the evaluation again with --force: all parts are then made anew.",),
    )
