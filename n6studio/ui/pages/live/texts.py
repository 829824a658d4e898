"""What the live page says: states and alarms in words."""

from n6studio.link.session.alarms import Alarm
from n6studio.link.session.session import LiveFrame, State, Status
from n6studio.ui.states import PageState

ALARMS = {
    Alarm.FROZEN_RESULTS: ("The results are frozen", "The image changes, the people do not. Restart the board."),
    Alarm.ALL_ZERO: ("All scores are zero", "The model runs, but its output is dead. Evaluate the same file."),
    Alarm.BLACK_IMAGE: ("The image is black", "Look at the lens cap, the light and the camera's ribbon."),
    Alarm.OTHER_MODEL: ("Not the model you evaluated", "The board runs another file than this project's."),
}
_KINDS = {
    State.NEW: PageState.EMPTY,
    State.CONNECTING: PageState.RUNNING,
    State.RUNNING: PageState.RUNNING,
    State.STALLED: PageState.STALE,
    State.RECONNECTING: PageState.STALE,
    State.ENDED: PageState.DONE,
    State.STOPPED: PageState.EMPTY,
    State.FAILED: PageState.FAILED,
}


def alarm_texts(alarms: tuple[Alarm, ...], model: str) -> tuple[tuple[str, str], ...]:
    """Return (what, what to make of it) of each alarm; `model` is what the board runs, in words."""
    told = [ALARMS.get(alarm, (str(alarm), "")) for alarm in alarms]
    if Alarm.OTHER_MODEL in alarms and model:
        place = alarms.index(Alarm.OTHER_MODEL)
        told[place] = (told[place][0], f"{told[place][1]} It runs {model}.")
    return tuple(told)


def kind_of(status: Status) -> PageState:
    """Return the state's icon."""
    return _KINDS[status.state]


def state_words(status: Status, name: str, now: float, fps: float | None, results: bool) -> str:
    """Return the state for people.

    Args:
        status: of the session.
        name: of the source.
        now: `time.monotonic()`.
        fps: frames/s that arrive, None where not known yet.
        results: whether frames carry results.
    """
    seconds = max(0.0, now - status.since)
    rate = "" if fps is None else f", {fps:.1f} frames/s"
    return {
        State.NEW: "Not connected",
        State.CONNECTING: f"Connecting to {name}…",
        State.RUNNING: f"Running{rate}" if results else f"Running without results{rate}",
        State.STALLED: f"No frame for {seconds + 1:.0f} s",
        State.RECONNECTING: f"Reconnecting for {seconds:.0f} s",
        State.ENDED: "At the end",
        State.STOPPED: "Not connected",
        State.FAILED: "Failed",
    }[status.state]


def state_reason(status: Status, name: str, now: float, fps: float | None, results: bool) -> str:
    """Return what the row of pages says behind the state's own word; arguments as for `state_words`."""
    if status.state is State.RUNNING and results:
        return "" if fps is None else f"{fps:.1f} frames/s"
    words = state_words(status, name, now, fps, results)
    return words[:1].lower() + words[1:]


def remark(newest: LiveFrame | None, frozen_at: tuple[int, int] | None, silent: bool, model: bool) -> str:
    """Return a remark on what is shown, "" for none.

    Args:
        newest: what came last.
        frozen_at: (number of the frame, how many there are) while a stream is frozen.
        silent: whether the connection stands and nothing comes.
        model: whether one is chosen that can be run on this computer.
    """
    if frozen_at is not None:
        place, count = frozen_at
        return f"Frozen at frame {place} of the last {count}. Space goes on, comma and full stop step."
    if newest is None:
        return "Connected, but no image comes. Deploy puts N6 Studio's firmware on a board." if silent else ""
    if newest.frame.results is not None:
        return ""
    if newest.results is not None:
        return "This source sends no results: this computer runs the model (drawn dashed)."
    if model:
        return "This source sends no results: the model is being started on this computer."
    return "This source sends no results. Choose a model above, and this computer runs it."


def over_image(
    status: Status, name: str, now: float, fps: float | None = None, preview: bool = True
) -> tuple[str, bool]:
    """Return what is written over the image, and whether the image is dimmed as it is not current.

    Args:
        status: of the session.
        name: of the source.
        now: `time.monotonic()`.
        fps: frames/s that arrive, None where not known yet.
        preview: whether images are decoded and drawn.
    """
    seconds = max(0.0, now - status.since)
    if status.state is State.CONNECTING:
        return f"Connecting to {name}…", False
    if status.state is State.STALLED:
        return f"No frame for {seconds + 1:.0f} s", True
    if status.state is State.RECONNECTING:
        return f"{name} went away {seconds:.0f} s ago.\nIt is connected again as soon as it is back.", True
    if not preview:
        return "Preview off" if fps is None else f"Preview off\n{fps:.1f} frames/s received", True
    return "", status.state is State.FAILED
