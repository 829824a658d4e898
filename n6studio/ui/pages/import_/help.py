"""Help for the import page."""

from n6studio.domain.pages import PageHelp

HELP = PageHelp(
    purpose=(
        "Choose the model here: a YOLOv8-pose checkpoint saved by Ultralytics after training. N6 Studio "
        "shows what it contains, whether it can run on an STM32N6, and its keypoints. The file is never changed. "
        "A project folder NAME.n6 beside it holds all results."
    ),
    steps=(
        "Drop the .pt anywhere in the window, or press Open. After training it is runs/pose/train/weights/best.pt.",
        "Read the check list. Fix errors before you continue; warnings are worth reading. What later steps "
        "check or fix is listed below.",
        "Choose the input size. The rows show what ST measured on the board at each size: a larger input finds "
        "smaller people, is slower and needs more memory. Custom takes width x height, for example 320x192, the shape "
        "of a wide camera image.",
        "Check that names and order of the keypoints are those of the training data. Accuracy figures depend on them.",
        "Continue with export.",
    ),
    mistakes=(
        ("The file was refused because it contains code",
         "A .pt is a pickle, which can run code when Python loads it. N6 Studio runs none, and this file refers to "
         "code that no model needs. Ask its author for a plain checkpoint, and do not open this one with other "
         "tools."),
        ("It is a detect, segment or classify model",
         "Only pose models have keypoints. Train with task=pose, for example from yolov8n-pose.pt."),
        ("You have no checkpoint",
         "Press See it run: the demo model finds drawn people on the virtual board at once. The sample project takes "
         "you through every page with it, without a board."),
    ),
    terms=(
        ("Checkpoint", "The weights after training, in one .pt file."),
        ("Keypoint", "A point on the body that the model finds: nose, left wrist... For each it gives x, y and "
         "usually a visibility confidence."),
        ("Sigma", "How far apart two careful annotators place the same keypoint, relative to the person's size. "
         "Large for hips, small for eyes. OKS is measured in units of it."),
        ("Left/right pair (flip_idx)",
         "Two keypoints that swap when the image is flipped horizontally, such as left and right wrist."),
        ("GMAC", "Billion multiply-accumulates: the work for one image."),
    ),
    keys=(("Ctrl+Z, Ctrl+Shift+Z, Ctrl+Y", "undo and redo keypoint edits"),),
)  # fmt: skip
