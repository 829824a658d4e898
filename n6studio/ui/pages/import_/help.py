"""Help for the import page."""

from n6studio.domain.pages import PageHelp

HELP = PageHelp(
    purpose=(
        "Here you choose the model: a YOLOv8-pose checkpoint as Ultralytics saves it after training. N6 Studio says "
        "what is in it, whether it can go to an STM32N6, and what its keypoints are called. Nothing is changed in the "
        "file. A project folder NAME.n6 beside it takes up all results."
    ),
    steps=(
        "Drop the .pt anywhere in the window, or press Browse. After a training it is runs/pose/train/weights/best.pt.",
        "Read the check list. A cross must be put right before you go on; an exclamation mark is worth knowing; what "
        "later steps put right by themselves is named below the list.",
        "Choose the input size. The rows show what ST measured on the board at each size: larger sees smaller people, "
        "is slower, and needs more memory.",
        "Compare names and order of the keypoints with those you trained on. Figures of accuracy depend on them.",
        "Go on to export.",
    ),
    mistakes=(
        ("The file was refused because it wants to run code",
         "A .pt is a program that Python runs on loading. This one calls something that no model needs. Ask its author "
         "for a plain checkpoint; do not open it with other tools."),
        ("It is a detect, segment or classify model",
         "Only pose models have keypoints. Train with task=pose, for example from yolov8n-pose.pt."),
        ("You have no checkpoint at hand",
         "Open the sample project: a small model and drawn images that take you through every page without a "
         "board."),
    ),
    terms=(
        ("Checkpoint", "The weights after training, in one file that ends in .pt."),
        ("Keypoint", "A place on the body that the model finds: nose, left wrist... Of each it tells x, y, and "
         "mostly how sure it is that the point can be seen."),
        ("Sigma", "How far two careful people lie apart when both mark the same keypoint, as a share of the person's "
         "size. Hips have a large one, eyes a small one. OKS is measured in it."),
        ("Mirror pair", "Two keypoints that change places when the image is mirrored, such as left and right wrist."),
        ("GMAC", "Thousand million multiplications with addition: the work for one image."),
    ),
    keys=(("Ctrl+Z, Ctrl+Shift+Z, Ctrl+Y", "undo and redo changes of the keypoints"),),
)  # fmt: skip
