"""Help for the calibration page."""

from n6studio.domain.pages import PageHelp

HELP = PageHelp(
    purpose=(
        "An int8 model has 256 steps for every value. Which real values these steps stand for is measured on the "
        "images that you choose here. They need no labels, but must look like what the board's camera will see: the "
        "same light, distances and people."
    ),
    steps=(
        "Drop a folder of images, or choose one. 20 to 300 are enough; more take longer and change little.",
        "Press Check the set. It lists unreadable, duplicate, dark and blurred images, the number of people that "
        "the model finds, and rarely visible keypoints.",
        "Press Show at a finding to select its images, and exclude what does not belong with Del. Nothing on disk "
        "is deleted, and Undo brings it back.",
        "Continue to quantize. The list of images is then recorded with its digest, so that the calibration "
        "of a model can be traced later.",
    ),
    mistakes=(
        ("Images are also in the evaluation data",
         "The accuracy figures would be too good. Use other images for one of the two."),
        ("Few people are found", "The ranges would fit empty scenes. Add images with people."),
        ("You have no images yet",
         "With noise, size and speed of the int8 model are valid; its accuracy is meaningless."),
    ),
    terms=(
        ("Range", "The smallest and largest real value that int8 can represent in one tensor."),
        ("Near duplicate", "Images that barely differ, such as consecutive video frames. They give one scene too "
         "much weight."),
        ("Coverage",
         "In how many of the detected people a keypoint is visible. One that is never visible is calibrated by "
         "chance."),
        ("Letterbox, stretch, crop",
         "Three resize modes for the model's input: with grey borders, stretched, or "
         "cropped. Use the one that the firmware uses."),
    ),
    keys=(
        ("Arrows", "go through the images"),
        ("Space", "open and close the large view"),
        ("Del", "exclude or include images"),
        ("D", "select the next duplicate"),
        ("/", "filter the images; a click on a chart's bar filters by it"),
        ("Ctrl+Z, Ctrl+Shift+Z", "undo and redo exclusions"),
    ),
)  # fmt: skip
