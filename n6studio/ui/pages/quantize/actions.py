"""What the quantize page can do; see `n6studio.ui.pages.actions`."""

from n6studio.ui.pages.actions import PageAction

ACTIONS = (
    PageAction("run", "Quantize", ("R",)),
    PageAction("earlier", "Show the run before", ("[",)),
    PageAction("later", "Show the run after", ("]",)),
    PageAction("compare", "Choose the run to compare with", ("C",)),
    PageAction("best", "Find the settings with the best accuracy"),
    PageAction("head", "Keep the head in float and quantize"),
    PageAction("import", "Read ST's user_config.yaml"),
    PageAction("export", "Save the settings as ST's user_config.yaml"),
)
