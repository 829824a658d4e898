"""What the road page can do; see `n6studio.ui.pages.actions`."""

from n6studio.ui.pages.actions import PageAction

ACTIONS = (
    PageAction("go", "Take it to the board, or go on"),
    PageAction("stop", "Stop on the way"),
    PageAction("images", "Choose calibration images"),
    PageAction("data", "Choose labelled data"),
)
