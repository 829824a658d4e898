"""What the export page says."""

from n6studio.ui.states import PageState

ABOUT = {
    PageState.EMPTY: "",
    PageState.BLOCKED: "Not ready: {reason}.",
    PageState.READY: "Makes a float model with coordinates from 0 to 1, so that int8 keeps the confidences.",
    PageState.RUNNING: "You can keep working; the export runs in the background.",
    PageState.DONE: "Up to date with the checkpoint and the size.",
    PageState.STALE: "Out of date: {reason}. The outputs below are of the earlier export.",
    PageState.FAILED: "The last export failed. Earlier outputs are kept.",
}
RUN = {
    PageState.EMPTY: "Export",
    PageState.BLOCKED: "Export",
    PageState.READY: "Export",
    PageState.RUNNING: "Exporting...",
    PageState.DONE: "Export again",
    PageState.STALE: "Export again",
    PageState.FAILED: "Export",
}
OUTPUTS = {
    "onnx": ("ONNX", "for other tools and for viewing the model"),
    "saved_model": ("SavedModel", "input of quantization"),
    "tflite": ("Float TFLite", "reference for int8"),
}
RESIZES = (
    (
        "stretch",
        "Stretch",
        "The board's default: the whole frame stretched to the input. People change their proportions.",
    ),
    ("crop", "Crop", "Possible on the board: the centre of the frame, undistorted. What does not fit is cut off."),
    (
        "letterbox",
        "Letterbox",
        "As Ultralytics trains: the whole frame, undistorted, with borders. Not on the board.",
    ),
)
HEADS = (
    (
        "float",
        "Head in float",
        "Boxes and keypoints keep their precision; this small part runs on the board's CPU.",
    ),
    ("int8", "All in int8", "As ST's script does: normalised coordinates, so that the confidences survive."),
)
HEAD_HINT = (
    "The float model outputs normalised coordinates (fractions of the input). Pixel coordinates are not offered: with "
    "them every int8 confidence would become 0. Output head after quantization:"
)
DRAWN = "a drawn image; the project has none yet"


def example_text(name: str) -> str:
    """Return which image is shown as an example, and what the choice applies to."""
    return f"Example: {name}. Applies to calibration and evaluation; the export's self-check uses letterbox."
