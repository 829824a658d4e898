"""What the export page says."""

from n6studio.ui.states import PageState

ABOUT = {
    PageState.EMPTY: "",
    PageState.READY: "Makes a float model with coordinates from 0 to 1, so that int8 keeps the confidences.",
    PageState.RUNNING: "You can keep working; the export runs in the background.",
    PageState.DONE: "Up to date with the checkpoint and the size.",
    PageState.STALE: "Out of date: {reason}. The outputs below are of the earlier export.",
    PageState.FAILED: "The last export failed. Earlier outputs are kept.",
}
RUN = {
    PageState.EMPTY: "Export",
    PageState.READY: "Export",
    PageState.RUNNING: "Exporting...",
    PageState.DONE: "Export again",
    PageState.STALE: "Export again",
    PageState.FAILED: "Export",
}
