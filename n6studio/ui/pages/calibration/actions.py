"""What the calibration page can do; see `n6studio.ui.pages.actions`."""

from n6studio.ui.pages.actions import PageAction

ACTIONS = (
    PageAction("check", "Check the images"),
    PageAction("folder", "Choose a folder of images"),
    PageAction("video", "Take images from a video"),
    PageAction("noise", "Use random noise"),
    PageAction("duplicate", "Select the next duplicate"),
    PageAction("undo", "Undo", ("Ctrl+Z",)),
    PageAction("filter", "Filter the images"),
    PageAction("tag", "Tag the selected images"),
    PageAction("redo", "Redo", ("Ctrl+Shift+Z", "Ctrl+Y")),
)
