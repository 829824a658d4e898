"""What the export page can do; see `n6studio.ui.pages.actions`."""

from n6studio.ui.pages.actions import PageAction

ACTIONS = (
    PageAction("run", "Export"),
    PageAction("reveal", "Open the folder with the outputs"),
)
