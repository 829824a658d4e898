"""Help for the evaluate page."""

from n6studio.domain.pages import PageHelp
from n6studio.ui.pages.evaluate.texts import BLINK_KEY

HELP = PageHelp(
    purpose=(
        "Evaluate compares the int8 model with the float model on images used neither for training nor for "
        "calibration. With labels it measures the accuracy of both; without labels, how well int8 agrees with float. "
        "Every figure links to the images behind it."
    ),
    steps=(
        "Drop labels: COCO keypoints (.json) or YOLO-pose data (.yaml). A folder of images without labels also works, "
        "but gives only the agreement.",
        "Press Evaluate. Earlier steps that are out of date run first.",
        "Read the key figures: AP, its change from float, and the 95 % confidence interval of that change. If the "
        "interval contains zero, the set is too small to tell which model is better: use more images.",
        "Drag the threshold in the F1 chart; all figures follow. Use the best value on the board.",
        "Open the Images tab. Images are sorted by what int8 loses; zoom and pan apply to float, int8 and labels "
        "together.",
        "Save the charts, or open the report to share it.",
    ),
    mistakes=(
        ("No people are found", "Colour order, input scaling or resize mode differ from training."),
        ("AP is far below the value from training", "Training validates with letterbox at its own input size. Compare "
         "at the same input size, resize mode and AP rule (three rules are shown)."),
        ("Keypoint counts differ", "The labels and the model use different skeletons."),
    ),
    terms=(
        ("AP, AP50", "Average precision over all confidence thresholds; averaged over OKS 0.50 to 0.95, or at OKS 0.50 "
         "only."),
        ("OKS", "Object keypoint similarity, 0 to 1: how close two poses are. 1 is identical."),
        ("TP, FP, FN", "True positives: people found that are labelled. False positives: found, not labelled. False "
         "negatives: labelled, not found."),
        ("Precision, recall, F1", "TP divided by people found; TP divided by people labelled; their harmonic mean."),
        ("PCK", "Percentage of correct keypoints: within a tenth of the longer side of the person's box."),
        ("Average keypoints", "An option: each person's keypoints are the mean over all candidates of that person, "
         "weighted by confidence, instead of the best candidate's alone. Set it as on the board: N6 Studio's firmware "
         "can average, ST's post-processing cannot."),
        ("Bootstrap", "The figures are computed again on random resamples of your images; their spread gives the "
         "confidence interval (CI)."),
    ),
    keys=(
        ("J, K", "next and previous image"),
        ("G, F, H", "show or hide labels, float and int8"),
        ("B", BLINK_KEY),
        ("+, -, 0", "zoom in, zoom out, fit"),
        ("X", "flag an image"),
        ("/, A", "filter the images; tag the flagged ones, or the current one"),
        ("C", "copy the flagged images, or the current one, to the calibration set"),
        ("T", "edit the confidence threshold"),
    ),
)  # fmt: skip
