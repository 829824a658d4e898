"""What the runs page can do; see `n6studio.ui.pages.actions`."""

from n6studio.ui.pages.actions import PageAction

ACTIONS = (
    PageAction("pin", "Pin or unpin the run", ("P",)),
    PageAction("name", "Name the run and write a note", ("N",)),
    PageAction("back", "Go back to the run's settings"),
    PageAction("share", "Share the run as a zip"),
    PageAction("folder", "Open the run's folder"),
    PageAction("difference", "Compare two quantized files"),
    PageAction("tidy", "Delete the runs that nothing needs"),
)
