"""The rules by which an evaluation measures, as text for the page and the report."""

RULES: tuple[tuple[str, str], ...] = (
    (
        "COCO",
        "pycocotools' keypoint evaluation: OKS over the labelled area, matched in order of confidence; AP is "
        "sampled at 101 recall values and averaged over OKS 0.50 to 0.95; at most 20 people per image.",
    ),
    (
        "Model zoo",
        "ST's model zoo services: OKS over 0.53 × the box in fractions of the model's input, mutual best matches, "
        "images without labelled people excluded. Figures published by ST for the N6 use an NMS IoU threshold of 0.1.",
    ),
    (
        "Ultralytics",
        "its validation's rule, computed here, with letterbox and without averaging equal to its own figures: OKS over "
        "0.53 × the box, one matching per threshold, area under the interpolated curve; repeated labels count once, "
        "images that it drops do not count, and its own sigmas are used (COCO's for any 17 keypoints).",
    ),
    (
        "Classes",
        "with several classes, COCO's and Ultralytics' AP are of each class by itself, averaged over those that are "
        "labelled; people, keypoints, boxes' curves and the model zoo's figures look at no class.",
    ),
    (
        "TP, FP, FN",
        "true positives: people found that are labelled; false positives: people found that are not labelled; false "
        "negatives: labelled people that are not found. All at the operating confidence.",
    ),
    (
        "Keypoints",
        "people at or above the operating confidence, matched to labels at OKS 0.1 or better. Error: mean "
        "distance over the square root of the person's area. PCK: within a tenth of the longer side of the labelled "
        "box. Recall: the same over all points labelled visible, people not found included. Swaps: left/right pairs "
        "predicted the wrong way round.",
    ),
    (
        "Average keypoints",
        "off by default, as in Ultralytics' own validation. On: each person's keypoints are the mean over all "
        "candidates of that person, weighted by confidence; AP of the demo model is higher so. N6 Studio's firmware "
        "and the virtual board average unless told otherwise; ST's post-processing cannot.",
    ),
    (
        "OKS lost",
        "best OKS among the reference's people minus best OKS among the judged model's, per labelled person, 0 if not "
        "found; without labels, 1 − OKS between the two models.",
    ),
    (
        "Intervals",
        "95 % confidence intervals (CI) from 200 bootstrap resamples of the images. If an interval contains zero, the "
        "set is too small to tell which model is better.",
    ),
    ("Rotated images", "an EXIF orientation is applied before anything else, as Ultralytics does."),
)
