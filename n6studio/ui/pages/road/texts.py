"""What the road page says."""

NO_IMAGES = "Quantization needs images like those of the board's camera. Choose a folder above."
HINT = (
    "Every step runs by itself and checks its result. It stops where only you can answer: missing images, a failed "
    "check, or something irreversible on a board. Finished steps are kept."
)
CHOOSE_MODEL, CHOOSE_OTHER = "Choose a model…", "Choose another…"
GO, RESUME, STOP = "Take it to the board", "Go on", "Cancel"
KEEP_HEAD = "Keep the head in float and go on"


def confirm(what: str) -> str:
    """Return that something must be confirmed on the Deploy page."""
    return f"Confirm first, on the Deploy page: {what}."
