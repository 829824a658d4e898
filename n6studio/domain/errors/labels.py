"""Labels that are read, and cannot be used, each cause by itself. Codes N6S-D, from 11."""

from n6studio.domain.errors.datasets import LabelsFaulty, LabelsUnreadable
from n6studio.domain.errors.remedy import Remedy


class LabelsMatchNothing(LabelsUnreadable):
    """Sound labels of which none belongs to what they are used with."""

    code = "N6S-D11"
    remedy = Remedy(
        "The labels in {path} match nothing",
        "{reason}.",
        (
            "Choose the annotations that were made for these images: the file lists images and labels of different "
            "data sets, or their ids were changed when files were joined.",
            "Or compare models on the images alone: give their folder in place of the labels.",
        ),
    )


class DataYamlIncomplete(LabelsUnreadable):
    """An Ultralytics YAML with an entry that is missing or impossible."""

    code = "N6S-D12"
    remedy = Remedy(
        "The data YAML {path} lacks what a pose data set needs",
        "{reason}.",
        (
            "Correct that entry. A pose data set has path, train and val with folders of images, kpt_shape: [17, 3], "
            "and names; flip_idx and kpt_oks_sigmas may be left out.",
            "A YAML of a detector has no keypoints: choose the one that the pose model was trained with.",
        ),
    )


class LabelFilesMissing(LabelsUnreadable):
    """A YAML whose images have no label files."""

    code = "N6S-D13"
    remedy = Remedy(
        "The images of {path} have no labels",
        "{reason}.",
        (
            "Put the label files where Ultralytics looks for them: a folder labels beside the folder images, one .txt "
            "for each image.",
            "Or compare models on the images alone: give the folder of images in place of the YAML.",
        ),
    )


class LabelEntryUnusable(LabelsUnreadable):
    """A file of the right form in which an entry lacks what it must have."""

    code = "N6S-D14"
    remedy = Remedy(
        "An entry in {path} cannot be used",
        "The file has the right form, but {reason}.",
        ("Mend that entry, or remove it.", "Or make the file again with the tool that wrote it."),
    )


class NoKeypointsLabelled(LabelsUnreadable):
    """Labels of a detector: boxes, and no keypoints."""

    code = "N6S-D15"
    remedy = Remedy(
        "The labels in {path} have no keypoints",
        "It is a sound file of annotations, and {reason}. A pose model is measured by keypoints.",
        (
            "Choose the file with keypoints: COCO's is person_keypoints_val2017.json, and not instances_val2017.json.",
            "Or compare models on the images alone: give their folder in place of the labels.",
        ),
    )


class LabelLinesFaulty(LabelsFaulty):
    """Label files of Ultralytics whose lines do not fit the YAML, or hold impossible values."""

    code = "N6S-D16"
    remedy = Remedy(
        "The label files of {path} are faulty",
        "{reason}. Not one image has sound labels.",
        (
            "A line has 5 numbers of class and box, then 2 or 3 for each keypoint, as kpt_shape in the YAML says; all "
            "but the class are fractions of the image. Correct the lines, or kpt_shape.",
            "Lines of 5 numbers are labels of a detector. Take those that the pose model was trained with.",
        ),
    )
