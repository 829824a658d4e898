"""What the deploy page can do; see `n6studio.ui.pages.actions`."""

from n6studio.ui.pages.actions import PageAction

ACTIONS = (
    PageAction("flash", "Flash the board"),
    PageAction("prepare", "Prepare the images only"),
    PageAction("look", "Look at the board and the tools again"),
    PageAction("release", "Save a release"),
    PageAction("get", "Show what to get from ST"),
    PageAction("report", "Open the report"),
)
