"""Texts of the Live page that are longer than a label, or used in several places; its states and alarms as text."""

from pathlib import Path

from n6studio.domain.texts import counted
from n6studio.link.session.alarms import Alarm
from n6studio.link.session.session import LiveFrame, State, Status
from n6studio.ui.states import PageState

ALARMS = {
    Alarm.FROZEN_RESULTS: ("Results are frozen", "The image changes but the detections do not. Restart the board."),
    Alarm.ALL_ZERO: (
        "All confidences are zero",
        "The model runs, but its output is all zeros. Evaluate the same file.",
    ),
    Alarm.BLACK_IMAGE: ("Image is black", "Check the lens cap, the lighting and the camera's flat cable."),
    Alarm.OTHER_MODEL: ("Not the evaluated model", "The board runs a different file than this project's."),
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


LATE = 2000.0  # milliseconds behind the fastest frame from which that is an alarm

# --- the source

VIRTUAL_TIP = "A board emulated on this computer"
WHO_SENDS = (
    "Only firmware with the live stream sends images: Deploy adds it to ST's application, which by itself shows them "
    "on its display. It has not been tried on hardware yet."
)
SOURCES_LISTED = "Boards, cameras and other image sources appear in the list above."
REFRESH_TIP = "Search for boards and cameras again"
MODEL_NAME = "Model for images without results, and for the virtual board"
MODEL_TIP = "Runs on this computer if the source sends no results, and on the virtual board"
NO_MODEL = "None on this computer"
NO_MODEL_TIP = "Images without results stay without; the virtual board runs the newest int8 model"
ADDRESS = "Host and port, for example 192.168.1.20:10000, or an http:// or rtsp:// address"
SERIAL_PORT = "Port, and baud rate where it is a wire, for example /dev/ttyUSB0 921600 or COM5"
CHOOSE_MODEL = "Choose a model above first"


# --- the demo model

DEMO = (
    "The demo model on the virtual board. It has seen drawn figures only and finds no people in photographs: "
    "your own model takes its place."
)
DEMO_IN_PROJECT = (
    "The demo model runs, which finds drawn figures only: this project's own quantized model is not chosen."
)
DEMO_CAMERA_TIP = "Let the demo model look at this computer's camera"
OWN_CHECKPOINT = "Now with your checkpoint…"
OWN_MODEL = "Quantize this project's model"


def plug_in(socket: str) -> str:
    """Return which socket the board is connected by."""
    return f"Connect a cable to {socket}."


def plug_in_video(video: str, probe: str) -> str:
    """Return that the image comes from a socket of its own."""
    return f"Connect a second cable to {video}: {probe} is power and debugger only, without image."


def reconnected(name: str, times: int) -> str:
    """Return that a source was connected again, and how often so far."""
    return f"{name} reconnected" + (f" ({times} times so far)" if times > 1 else "")


def restarted(name: str, times: int) -> str:
    """Return that a board began anew, and how often so far."""
    return f"{name} restarted" + (f" ({times} times so far)" if times > 1 else "")


def place(index: int, frames: int) -> str:
    """Return which frame of a recording is shown; the first has the index 0."""
    return f"{index + 1} of {frames}"


def paused(number: int, count: int) -> str:
    """Return that a recording stands still; numbers from 1."""
    return f"Paused, frame {number} of {count}"


def lag_alarm(milliseconds: float | None) -> tuple[tuple[str, str], ...]:
    """Return (what, what to do) where frames come late, else nothing."""
    if milliseconds is None or milliseconds < LATE:
        return ()
    meaning = "Frames wait on the way or on this computer. Lower the frame rate or the JPEG quality, or connect again."
    return ((f"{milliseconds / 1e3:.0f} s behind", meaning),)


DRAWN = "This board sends no results, but draws what it finds into its images, where a model here sees it, too"
NOT_UNTOUCHED = "This source's images are decoded before they arrive, so results that a board puts inside them are lost"


def plain(codec: str) -> str:
    """Return why a stream of a codec has no results."""
    return f"This camera sends {codec}, which carries no results; a model chosen at the top can look at its images"


# --- the board

NOT_CONNECTED = "Connect to a board to change its settings."
NO_COMMANDS = "This source accepts no commands."
CONFIDENCE_TIP = "Detections below this confidence are dropped on the board"
IOU_TIP = "Of two boxes that overlap by more than this IoU, the one with lower confidence is dropped"
AVERAGE_TIP = (
    "Average each person's keypoints over all candidates of that person, weighted by confidence; otherwise they are "
    "those of the best candidate. Models that run on this computer do the same."
)
AVERAGE_HERE_TIP = (
    "Models that run on this computer average each person's keypoints over all candidates of that person, weighted by "
    "confidence; otherwise they are those of the best candidate."
)
AVERAGE_WAITING = "Waiting for the board's status."
NO_AVERAGE = (
    "This board's firmware does not average keypoints. Deploy the application again, with the live stream of this "
    "version."
)
QUALITY_TIP = "Higher quality means larger frames and a longer transfer time"
NO_LOG = "No messages from the board yet"
INJECT_TIP = "Inject this fault into the virtual board"

# --- parity and brightness

PARITY = (
    "The board sends the model's exact input of one frame. This computer runs the same .tflite on it and compares the "
    "detections of both."
)
NO_PARITY = f"{NO_COMMANDS} Parity cannot be checked."
WAITING_FOR_INPUT = "Waiting for a frame with its exact model input…"
UNKNOWN_MODEL = "The board's model file is not known. Choose its .tflite above."
RUNNING_MODEL = "Running the model on this computer…"
NOT_RUN = "The model could not be run on this computer; see the log."
NOBODY = "No detections on either side. Compare a frame that shows people."
NO_INPUT = (
    "No frame with its exact model input within 5 s. The firmware may not support the command, or have no room for it."
)
CHOOSE_REGION = "Drag over the image to choose a region."


def stored(size: int, seconds: float | None) -> str:
    """Return how long and large a recording is; `size` in bytes."""
    length = "" if seconds is None else f"{seconds:.0f} s, "
    return f"{length}{size / 1e6:.1f} MB"


def unmatched(people: int) -> str:
    """Return that some people were found on one side only."""
    return f"{counted(people, 'person', 'people')} found on one side only"


# --- replay

EVENT_BEFORE = "Go to the event before: alarm, lost frames, restart, another number of people, or mark ([)"
EVENT_BEHIND = "Go to the next event (])"
MARK_TIP = "Mark this frame, or remove its mark (B)"
RANGE_TIP = "Repeat the part between A and B"
RANGE_OFF = "Play the whole recording again"
NO_RANGE = "Set A and B first"
NO_EVENT = "No further event"


# --- captures and recordings

CALIBRATION_SET = "calibration set"
WORST_CASES = "worst cases"
STILLS = "Kept frames"
NO_STILLS = "No frames kept yet: take a snapshot (S), or add a frame to the worst cases (X)."
STILLS_LOCKED = "The calibration images are locked; unlock them on the Calibration page"
THROUGH_TIP = "Run the selected model on every frame and draw its results instead of the recorded ones"
NOTHING_RECORDED = "Nothing recorded: no frames received"
NO_FRAME = "No frame received yet"
NEEDS_PROJECT = "Open a project first; these images become its evaluation data"
EXPORT_CANCELLED = "Export cancelled; no file was written"


def snapshot_saved(path: Path) -> str:
    """Return where a snapshot lies."""
    return f"Saved {path.name}, with and without overlays, in {path.parent}"


def frame_kept(name: str, new: bool, where: str) -> str:
    """Return that a frame was added to a set, or was in it."""
    return f"{name} added to the {where}" if new else f"{name} is already in the {where}"


def recording(seconds: float | None) -> str:
    """Return what the button says: what it begins, or for how long it has been recording."""
    return "Record" if seconds is None else f"Recording {seconds:.0f} s"


def recorded(name: str, frames: int, size: int, missed: int) -> str:
    """Return what was recorded; `missed` frames came while the disk was too slow, `size` is in bytes."""
    slow = f", {missed:,} missed because the disk was too slow" if missed else ""
    return f"{name}: {counted(frames, 'frame')}, {size / 1e6:.1f} MB{slow}"


# --- the actions above the image: name -> what it does

VIEW_TIPS = {
    "pause": "Freeze the image; the stream continues",
    "back": "Step one frame back",
    "forward": "Step one frame forward",
    "snapshot": "Save this frame with and without overlays, and its results as JSON",
    "record": "Record the stream to a file as received",
    "rescue": "Save the last 10 seconds as a recording",
    "calibration": "Add this frame to the project's calibration set",
    "stills": "Show the frames that were kept: snapshots, worst cases, calibration frames",
    "worst": "Add this frame to the project's worst cases",
    "parity": "Request the model's exact input from the board and compare results with this computer",
    "edges": "Draw the skeleton edges",
    "points": "Draw the keypoints; a ring marks a keypoint of low confidence",
    "names": "Draw the keypoint names",
    "boxes": "Draw the boxes; dashed if the model ran on this computer",
    "scores": "Draw the confidence of each person",
    "overlays": "Show or hide all overlays",
    "fit": "Fit the image to the view",
    "actual": "Show the image at actual size",
    "mirror": "Flip the image horizontally",
    "full": "Show the image full screen; Esc exits",
    "histogram": "Drag over the image to see the brightness of a region",
    "preview": "Stop decoding and drawing, to measure the true frame rate",
    "more": "Raise the confidence threshold on the board",
    "less": "Lower the confidence threshold on the board",
}

# --- states


def alarm_texts(alarms: tuple[Alarm, ...], model: str) -> tuple[tuple[str, str], ...]:
    """Return (what, what to do) of each alarm; `model` is what the board runs, for people."""
    texts = [ALARMS.get(alarm, (str(alarm), "")) for alarm in alarms]
    if Alarm.OTHER_MODEL in alarms and model:
        place = alarms.index(Alarm.OTHER_MODEL)
        texts[place] = (texts[place][0], f"{texts[place][1]} It runs {model}.")
    return tuple(texts)


def kind_of(status: Status) -> PageState:
    """Return the state's icon."""
    return _KINDS[status.state]


def state_text(status: Status, name: str, now: float, fps: float | None, results: bool) -> str:
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
        State.ENDED: "Ended",
        State.STOPPED: "Not connected",
        State.FAILED: "Failed",
    }[status.state]


def state_reason(status: Status, name: str, now: float, fps: float | None, results: bool) -> str:
    """Return what the row of pages says behind the state's own word; arguments as for `state_text`."""
    if status.state is State.RUNNING:
        parts = ("" if results else "without results", "" if fps is None else f"{fps:.1f} frames/s")
        return ", ".join(part for part in parts if part)
    text = state_text(status, name, now, fps, results)
    return text[:1].lower() + text[1:]


def remark(
    newest: LiveFrame | None, frozen_at: tuple[int, int] | None, silent: bool, model: bool, why: str = ""
) -> str:
    """Return a remark on what is shown, "" for none.

    Args:
        newest: what came last.
        frozen_at: (number of the frame, how many there are) while a stream is frozen.
        silent: whether the connection stands and nothing comes.
        model: whether one is chosen that can be run on this computer.
        why: why there are no results, "" where the sender sends none.
    """
    if frozen_at is not None:
        place, count = frozen_at
        return f"Paused at frame {place} of the last {count}. Space resumes, comma and full stop step."
    if newest is None:
        return "Connected, but no frames received. Deploy programs the firmware that sends them." if silent else ""
    if newest.frame.results is not None:
        return ""
    why = why or "This source sends no results"
    if newest.results is not None:
        return f"{why}: the model runs on this computer (dashed overlays)."
    if model:
        return f"{why}: starting the model on this computer."
    return f"{why}. Choose a model above to run it on this computer."


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
        return f"{name} disconnected {seconds:.0f} s ago.\nIt reconnects automatically.", True
    if not preview:
        return "Preview off" if fps is None else f"Preview off\n{fps:.1f} frames/s received", True
    return "", status.state is State.FAILED


# --- comparing and tuning

COMPARE = (
    "What is shown is compared with a reference: the results in the frames, another model, or labels of exported "
    "frames."
)
PAUSE_FOR_LABELS = "Pause the recording to compare a frame with its labels"
RECORDED_RESULTS = "Results in the frames"
LABELS_TIP = "A COCO keypoint file for images that were exported from this recording"
ANALYZE_TIP = (
    "Runs the selected model on the recording's frames (2000 at most, equally far apart), and compares it with the "
    "reference at all thresholds"
)
TUNING_TIP = "What these thresholds would bring on this recording"
APPLY_TIP = "Sends both thresholds to the board, or to the next one that is connected"
APPLIED_LATER = "Both thresholds are sent to the next board that is connected"
NEEDS_RECORDING = "Open a recording first"
SAME_REFERENCE = "Choose a reference other than what is judged: the model above, or the results in the frames"
NO_REFERENCE = "The reference finds nobody in this recording"
NOTHING_TO_COMPARE = "Nothing to compare in this frame"
OTHER_KEYPOINTS = "The reference has other keypoints"


def best_thresholds(confidence: float, iou: float, f1: float) -> str:
    """Return which thresholds are proposed."""
    return f"Best: confidence {confidence:.2f}, NMS IoU {iou:.2f} (F1 {f1:.3f})"


def nobody_in_both(shown: int, reference: int) -> str:
    """Return how many people each has found where none is the same."""
    return f"No person in both: {shown} shown, {reference} in the reference"


def difference_here(most: float, keypoint: str, mean: float, both: int, shown: int, reference: int) -> str:
    """Return how far apart two results for the frame on the screen are."""
    return (
        f"Largest difference {most:.1f} px ({keypoint}), mean {mean:.1f} px. "
        f"People: {both} in both, {shown} shown, {reference} in the reference"
    )


# --- plots

PLOTS = "Any value over time: of the last minute, or of a whole recording. Each plot's menu saves it as CSV."
PERSON_TIP = "A person keeps the number from frame to frame; the CSV of a recording has the same numbers"
ADD_PLOT_TIP = "Plot this value (8 plots at most)"
ZOOM_TIP = "All plots show the same part of the time (also Ctrl and the wheel)"
NO_VALUES = "No value in this part of the time"
