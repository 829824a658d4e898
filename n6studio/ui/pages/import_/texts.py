"""What the import page says about a checkpoint: plain functions over the figures of an inspection."""

import math
from collections.abc import Sequence

from n6studio.domain.model.checks import Check
from n6studio.domain.model.input_size import InputSize
from n6studio.domain.model.readiness import FIXED_LATER
from n6studio.domain.pose.skeleton import COCO, Skeleton
from n6studio.domain.states import CheckState, Fitness, VerdictState
from n6studio.domain.texts import bytes_text, counted
from n6studio.stages.inspect.figures import InspectFigures
from n6studio.ui.theme import TextRole

WELCOME = "From a checkpoint to an STM32N6"
DEMO_HINT = "The demo model on the virtual board: skeletons in seconds, with neither board, internet nor conversion."
DEMO_TIP = "The virtual board plays a drawn scene with the model that the program carries"
DROP_TITLE = "Drop a YOLO pose model: checkpoint (.pt), .tflite, .onnx, .keras or SavedModel"
DROP_HINT = "or a project folder, anywhere in this window. Code that a .pt contains is never run."
LAYOUT_TITLE = "Output layout"
LAYOUT_HINT = (
    "The file does not say how its output is to be read, and several readings fit. Choose what the model was trained "
    "with; the choice is kept in the project."
)
SAMPLE_TIP = "A small model and drawn images; needs neither board nor internet"
CHECK_TIP = "Checks packages, tools, memory and free disk space"
SIZE_HINT = "The size that the model is exported for. A larger input finds smaller people and is slower."
SIGMAS_TIP = "On: the sigmas are measured for this data. Off: they are placeholders"
STAND_IN_TIP = "One sigma for all: every keypoint counts alike"
SIDES = "Pairs and colours from 'left' and 'right' in the names"

FURTHER = {
    "quantize": "Exported and quantized: ready for a board.",
    "deploy": "Exported, quantized and deployed: it runs on the board.",
}
_WRIST = COCO.sigmas[9]

SHOWN_FIRST = (CheckState.FAIL, CheckState.WARN, CheckState.OK)
VERDICT_ROLES = {
    VerdictState.READY: TextRole.GOOD,
    VerdictState.NOT_YET: TextRole.PLAIN,
    VerdictState.NOT_SUITABLE: TextRole.BAD,
    VerdictState.UNKNOWN: TextRole.BAD,
}


def fact_rows(facts: InspectFigures, chosen: InputSize) -> list[tuple[str, str]]:
    """Return name and value of everything that is known of a model file.

    Args:
        facts: what inspection found.
        chosen: the size that a checkpoint is exported for.
    """
    metadata = facts.metadata
    trained = metadata.get("train_args") or {}
    size = facts.input_size
    return [
        ("Model", facts.model),
        ("Task", facts.task or "unknown"),
        ("Keypoints", _keypoints(facts)),
        ("Classes", ", ".join(name for name in facts.classes.values() if name)),
        ("Training size" if facts.format == "pt" else "Input size", f"{size[0]} x {size[1]} px" if size else ""),
        ("Training data", str(trained.get("data") or "")),
        ("Quantization-aware training", facts.trained.text if facts.trained is not None else ""),
        ("Parameters", f"{facts.parameters:,}" if facts.parameters else ""),
        ("Operations", operations(facts, chosen)),
        ("File size", bytes_text(facts.size_bytes)),
        ("Ultralytics", str(metadata.get("version") or "")),
        ("Date", str(metadata.get("date") or "")[:10]),
        ("Licence", str(metadata.get("license") or "")),
        ("SHA-256", in_groups(facts.sha256)),
    ]


def operations(facts: InspectFigures, chosen: InputSize) -> str:
    """Return what an image costs: of a checkpoint at the size that is chosen, since it grows with the pixels."""
    if not facts.macs or not facts.input_size:
        return ""
    if facts.format != "pt" or facts.input_size == chosen:
        return f"{facts.macs / 1e9:.2f} GMAC per image"
    scaled = facts.macs * chosen.width * chosen.height / (facts.input_size[0] * facts.input_size[1])
    return f"about {scaled / 1e9:.2f} GMAC per image at {chosen.shown}, {facts.macs / 1e9:.2f} at its training size"


def layout_choices(facts: InspectFigures) -> list[tuple[str, str]]:
    """Return (text, code) of each reading that may be chosen; a detector cannot be."""
    return [(one.text, one.code) for one in facts.readings if one.keypoints]


def _keypoints(facts: InspectFigures) -> str:
    if not facts.keypoints:
        return ""
    return f"{facts.keypoints} with {counted(facts.keypoint_dims or 0, 'value')} each"


def in_groups(digest: str) -> str:
    """Return a digest in groups of eight, so that it can be compared by eye and breaks between lines."""
    return " ".join(digest[start : start + 8] for start in range(0, len(digest), 8))


def later_text(checks: Sequence[Check]) -> str:
    """Return which checks a later step of the workflow decides or fixes; "" for none."""
    names = ", ".join(check.name.replace("_", " ") for check in checks)
    return f"Checked or fixed in a later step: {names}." if names else ""


def outcome(check: Check, file_format: str) -> CheckState:
    """Return what a check of the readiness list amounts to, given the pages that follow."""
    fixed = check.state is Fitness.FAIL and file_format == "pt" and check.name in FIXED_LATER
    return CheckState.LATER if check.state is Fitness.UNKNOWN or fixed else CheckState(check.state)


def sigma_note(skeleton: Skeleton) -> str:
    """Return where the sigmas of a skeleton come from, and what that does to OKS."""
    count = len(skeleton)
    if skeleton.sigmas == COCO.sigmas and skeleton.sigmas_known:
        return f"{counted(count, 'keypoint')} with COCO's sigmas: OKS and AP are comparable with published figures."
    if skeleton.sigmas_known:
        return f"{counted(count, 'keypoint')} with your own sigmas: OKS and AP compare with figures that use them."
    missing = sum(sigma == 1 / count for sigma in skeleton.sigmas)
    return (
        f"{missing} of {count} sigmas unknown; 1/{count} = {1 / count:.3f} is used, as in Ultralytics. A point "
        f"that is off by a tenth of the person's size then has OKS {_similarity(1 / count):.2f}, with COCO's sigma of "
        f"the wrist {_similarity(_WRIST):.2f}: OKS and AP are comparable among your own models only."
    )


def _similarity(sigma: float) -> float:
    """Return the similarity of a keypoint that is off by a tenth of the square root of the area (see domain/oks.py)."""
    return math.exp(-(0.1**2) / (2 * (2 * sigma) ** 2))


def misfit_note(edited: int, count: int) -> str:
    """Return what to say where the project's skeleton is of another model."""
    return (
        f"This project describes {counted(edited, 'keypoint')}, the model has {count}. The description is not used, "
        "and the model cannot be evaluated until you fill in another one or choose 'Restore from the checkpoint'."
    )
