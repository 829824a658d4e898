"""What the evaluate page can do; see `n6studio.ui.pages.actions`."""

from n6studio.ui.pages.actions import PageAction

ACTIONS = (
    PageAction("run", "Evaluate"),
    PageAction("threshold", "Edit the confidence threshold", ("T",)),
    PageAction("next", "Next image", ("J",)),
    PageAction("previous", "Previous image", ("K",)),
    PageAction("flag", "Flag the image", ("X",)),
    PageAction("calibrate", "Copy to the calibration set", ("C",)),
    PageAction("labels", "Show or hide labels", ("G",)),
    PageAction("float", "Show or hide float", ("F",)),
    PageAction("int8", "Show or hide int8", ("H",)),
    PageAction("blink", "Blink float and int8", ("B",)),
    PageAction("fit", "Fit the image", ("0",)),
    PageAction("closer", "Zoom in", ("+",)),
    PageAction("farther", "Zoom out", ("-",)),
    PageAction("filter", "Filter the images", ("/",)),
    PageAction("tag", "Tag the flagged images, or the current one", ("A",)),
    PageAction("report", "Open the report"),
    PageAction("charts", "Save the charts"),
    PageAction("data", "Choose labelled data"),
)
