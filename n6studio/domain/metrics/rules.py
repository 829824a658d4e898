"""By which rules an evaluation measures, in words: for the page and the report."""

RULES: tuple[tuple[str, str], ...] = (
    (
        "COCO",
        "pycocotools' keypoint evaluation: OKS over the labelled area, confidence decides who is matched first, AP is "
        "read at 101 recalls and averaged over OKS 0.50 to 0.95; at most 20 people per image.",
    ),
    (
        "Model zoo",
        "ST's model zoo services: OKS over 0.53 × the box in fractions of the model's input, mutual best matches, "
        "images without labelled people left out. Figures published by ST for the N6 use an NMS IoU threshold of 0.1.",
    ),
    (
        "Ultralytics",
        "its validation's rule, computed here: OKS over 0.53 × the box, one matching per threshold, area under the "
        "interpolated curve.",
    ),
    (
        "TP, FP, FN",
        "people found who are labelled (true positives), people found who are not (false positives), and labelled "
        "people who are not found (false negatives), at the operating confidence.",
    ),
    (
        "Keypoints",
        "people whose confidence reaches the operating confidence, matched to the labels from OKS 0.1. Error: mean "
        "distance over the square root of the person's area. PCK: within a tenth of the longer side of the labelled "
        "box. Recall: the same over all points labelled visible, missed people included. Swaps: left/right pairs found "
        "the wrong way round.",
    ),
    (
        "OKS lost",
        "best OKS among the reference's people minus best OKS among the judged model's, per labelled person, 0 for the "
        "missed; where nothing is labelled, 1 − OKS between the two.",
    ),
    (
        "Intervals",
        "95 %, from 200 bootstrap resamples of the images. One that holds zero does not tell which model is better.",
    ),
    ("Rotated images", "an EXIF orientation is applied before anything else, as Ultralytics does."),
)
