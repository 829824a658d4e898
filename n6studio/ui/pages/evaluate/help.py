"""Help for the evaluate page."""

from n6studio.domain.pages import PageHelp

HELP = PageHelp(
    purpose=(
        "Here the int8 model is measured beside the float one on images that neither was trained or calibrated on. "
        "With labels you learn how accurate both are; without, how far int8 agrees with float. Every figure leads "
        "to the images behind it."
    ),
    steps=(
        "Drop labels: COCO keypoints (.json) or YOLO-pose data (.yaml). A folder of images without labels works, "
        "too, and then only agreement is told.",
        "Press Evaluate. Whatever comes before and is out of date runs first.",
        "Read the strip of figures: AP, what it lost against float, and the interval in which the loss lies with 95 % "
        "certainty. An interval that holds zero does not tell which model is better; take more images.",
        "Drag the threshold in the F1 chart: every number follows. Use the best one on the board.",
        "Open the images. They are sorted by what int8 loses; zoom and drag move float, int8 and labels together.",
        "Save the charts, or open the report to send it to somebody.",
    ),
    mistakes=(
        ("Nobody is found at all", "Colours, scaling or the way of resizing differ from what the model was trained "
         "with."),
        ("AP is far below what training told", "Training measures with letterbox at its own size. Compare like with "
         "like: same size, same resizing, same rule (three are shown)."),
        ("Keypoint counts differ", "Labels and model were made for different skeletons."),
    ),
    terms=(
        ("AP, AP50", "Average precision: how well people are found and their keypoints placed, over all confidence "
         "thresholds; averaged over OKS 0.50 to 0.95, or at OKS 0.50 alone."),
        ("OKS", "Object keypoint similarity: the overlap measure of poses, 1 is perfect."),
        ("Precision, recall, F1", "Of those found, how many are right; of those there, how many are found; and the "
         "mean that needs both."),
        ("PCK", "Percentage of correct keypoints: within a tenth of the longer side of the person's box."),
        ("Bootstrap", "The figures are computed again on images drawn at random from yours; how much they move tells "
         "how sure they are."),
    ),
    keys=(
        ("J, K", "next and previous image in the gallery"),
        ("G, F, H", "show or hide the labels, float, and int8"),
        ("B", "blink between float and int8"),
        ("+, -, 0", "zoom in and out, and back to the whole image"),
        ("X", "mark an image for later"),
        ("C", "copy the marked images, or the one that is shown, to the calibration set"),
        ("T", "edit the threshold"),
    ),
)  # fmt: skip
