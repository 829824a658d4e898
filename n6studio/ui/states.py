"""The states that the window shows, as icon and word."""

import enum

from n6studio.domain.states import CheckState


class PageState(enum.StrEnum):
    """How far a page, or the stage behind it, is."""

    EMPTY = "empty"
    BLOCKED = "blocked"
    READY = "ready"
    RUNNING = "running"
    DONE = "done"
    STALE = "stale"
    FAILED = "failed"


Mark = PageState | CheckState
"""What has an icon."""

STATE_WORDS: dict[PageState, str] = {
    PageState.EMPTY: "Nothing yet",
    PageState.BLOCKED: "Not ready",
    PageState.READY: "Ready to run",
    PageState.RUNNING: "Running",
    PageState.DONE: "Done",
    PageState.STALE: "Out of date",
    PageState.FAILED: "Failed",
}
CHECK_WORDS: dict[CheckState, str] = {
    CheckState.OK: "OK",
    CheckState.WARN: "Warning",
    CheckState.FAIL: "Error",
    CheckState.LATER: "Pending",
}
