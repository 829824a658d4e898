"""What the explore page can do; see `n6studio.ui.pages.actions`."""

from n6studio.ui.pages.actions import PageAction

ACTIONS = (
    PageAction("batch", "Explore models, sizes and schemes in one batch"),
    PageAction("table", "Open a table of n6studio explore"),
    PageAction("candidate", "Open the candidate as a project"),
    PageAction("board", "Take the candidate to the board"),
    PageAction("compare", "Compare two candidates"),
    PageAction("report", "Open the report of the table"),
)
