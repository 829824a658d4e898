"""What the calibration page says."""

from n6studio.domain.calibration.facts import CalibrationFacts
from n6studio.domain.states import Grade
from n6studio.domain.texts import counted

EMPTY_TITLE = "Drop a folder of calibration images, or a video"
EMPTY_HINT = (
    "20 to 300 images like those of the board's camera: the same light, distances and people.\n"
    "No labels needed. Do not use the evaluation images."
)
DROP_HERE = "Drop here: another folder, or a video to take images from"
NOISE_TIP = "For size and speed only; accuracy is meaningless"
VIDEO_TIP = "Adds frames of a video to the project"
MAX_IMAGES_TIP = "Max images, chosen by the seed"
LOCKED_NOTICE = "The calibration images are locked; unlock them to change the selection"

NOT_USED = "Not used yet. Each quantization records the digest of its images."

NOT_CHECKED = (
    "Not checked yet. The check finds damaged, duplicate, dark and blurred images, counts people and keypoints, and "
    "finds images that are also in the evaluation data."
)
SAME_AS_DATA = (
    "The evaluation runs on these same images: its figures say nothing about images that the model has not been "
    "calibrated on. Choose another folder here or on the Evaluate page."
)
ALSO_EVALUATED = "⚠ also evaluated on"
CHECK_OUTDATED = "The set has changed since this check. Check again."
NO_IMAGES = "the folder contains no images"

CONVERGENCE_TITLE = "Is the set large enough?"
CONVERGENCE_HINT = "Runs the float model on up to 200 images, in random order."

VIDEO_RUN_TIP = "Saved in the project as JPEG; the video is not changed"
PREVIEW_KEYS = "Arrows: next and previous.  Del: exclude or include.  Space or Esc: close."
UNREADABLE = "This image cannot be read."

LOCK_HINT = "Locks the selection: calibration is refused if an image in the folder changes."

_GRADES = {Grade.OK: "", Grade.UNKNOWN: "", Grade.WARN: ", with warnings", Grade.BAD: ", with errors"}


def included_text(count: int, grade: Grade | None) -> str:
    """Return how many images are not excluded, and how they are."""
    return f"{counted(count, 'image')}{_GRADES[grade or Grade.OK]}"


def counts_text(total: int, excluded: int, used: int, shown: int, selected: int) -> str:
    """Return how many images there are, are used, shown and selected."""
    parts = [counted(total, "image")]
    parts += [f"{excluded:,} excluded"] * bool(excluded)
    parts += [f"{used:,} used"]
    parts += [f"{shown:,} shown"] * (shown != total)
    parts += [f"{selected:,} selected"] * bool(selected)
    return ", ".join(parts)


def checked_text(facts: CalibrationFacts) -> str:
    """Return on how many images the findings rest."""
    return f"{counted(len(facts.images), 'image')} checked. Excluded images are not counted."


def lock_text(digest: str | None) -> str:
    """Return whether the set is locked, and what that means."""
    if not digest:
        return LOCK_HINT
    return f"Locked. Digest of the folder: {short(digest)}\nCalibration is refused if an image changes."


def last_use_text(images: int, digest: str, changes: tuple[str, ...]) -> str:
    """Return what the last quantization was calibrated on, and what has changed since."""
    what = "random noise" if digest == "fake" else f"{counted(images, 'image')}, digest {short(digest)}"
    since = f"Changed since: {'; '.join(changes)}." if changes else "Unchanged since."
    return f"Last quantization: {what}\n{since}"


def interval_text(every: int, most: int) -> str:
    """Return which frames of a video are extracted."""
    which = "every frame" if every == 1 else f"1 frame in {every:,}"
    return f"{which}, at most {counted(most, 'frame')}"


def short(digest: str) -> str:
    """Return the beginning of a digest, enough to tell sets apart by eye."""
    return f"{digest[:12]}…"
