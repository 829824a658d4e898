"""Help for the calibration page."""

from n6studio.domain.pages import PageHelp

HELP = PageHelp(
    purpose=(
        "An int8 model has 256 steps for every value. Which real values these steps stand for is decided from what "
        "the model computes on the images that you choose here. They need no labels, but they must look like what "
        "the board's camera will see: its light, its distances, its people."
    ),
    steps=(
        "Drop a folder of images, or choose one. 20 to 300 are enough; more cost time and change little.",
        "Press Check the set. It tells what cannot be read, what is there twice, what is dark or blurred, how many "
        "people the model finds and which keypoints are seldom seen.",
        "Press Show at a finding to select its images, and leave out what does not belong with Del. Nothing on disk "
        "is deleted, and Undo brings it back.",
        "Go on to quantize. The list of images is then recorded with its digest, so that you can tell later what "
        "a model was calibrated on.",
    ),
    mistakes=(
        ("Images are also in the evaluation data",
         "Figures would flatter the model. Take other images for one of the two."),
        ("Hardly any people are found", "Ranges would be chosen for empty rooms. Add images with people in them."),
        ("You have no images yet", "Noise shows size and speed of the int8 model. Its accuracy means nothing."),
    ),
    terms=(
        ("Range", "The smallest and the largest real value that int8 can express at one place of the model."),
        ("Near duplicate", "Images that differ hardly, such as neighbouring frames of a video. They weigh one scene "
         "more than the others."),
        ("Coverage", "How many of the people found show a keypoint. What is never seen is calibrated by chance."),
        ("Letterbox, stretch, crop", "Three ways to bring an image to the model's square input: with grey borders, "
         "squeezed, or cut off. Use the one that the firmware uses."),
    ),
    keys=(
        ("Arrows", "go through the images"),
        ("Space", "show an image in large, and close it"),
        ("Del", "leave images out, or take them in again"),
        ("D", "select the next duplicate"),
        ("/", "filter by name"),
        ("Ctrl+Z, Ctrl+Shift+Z", "undo and redo what was left out"),
    ),
)  # fmt: skip
