"""What the import page says about a checkpoint: plain functions over the figures of an inspection."""

import math

from n6studio.domain.model.readiness import FIXED_LATER, Check
from n6studio.domain.pose.skeleton import COCO, Skeleton
from n6studio.domain.states import CheckState, Fitness, VerdictState
from n6studio.domain.texts import bytes_text
from n6studio.stages.inspect.figures import InspectFigures
from n6studio.ui.theme import TextRole

_WRIST = COCO.sigmas[9]

SHOWN_FIRST = (CheckState.FAIL, CheckState.WARN, CheckState.OK)
VERDICT_ROLES = {
    VerdictState.READY: TextRole.GOOD,
    VerdictState.NOT_YET: TextRole.PLAIN,
    VerdictState.NOT_SUITABLE: TextRole.BAD,
}


def fact_rows(facts: InspectFigures) -> list[tuple[str, str]]:
    """Return name and value of everything that is known of a model file."""
    metadata = facts.metadata
    trained = metadata.get("train_args") or {}
    size = facts.input_size
    return [
        ("Model", facts.model),
        ("Task", facts.task or "unknown"),
        ("Keypoints", f"{facts.keypoints} with {facts.keypoint_dims} values each" if facts.keypoints else ""),
        ("Classes", ", ".join(name for name in facts.classes.values() if name)),
        ("Trained at", f"{size[0]} x {size[1]} pixels" if size else ""),
        ("Trained on", str(trained.get("data") or "")),
        ("Parameters", f"{facts.parameters:,}" if facts.parameters else ""),
        ("Operations", f"{facts.macs / 1e9:.2f} G multiply-accumulates at that size" if facts.macs else ""),
        ("File size", bytes_text(facts.size_bytes)),
        ("Ultralytics", str(metadata.get("version") or "")),
        ("Date", str(metadata.get("date") or "")[:10]),
        ("Licence", str(metadata.get("license") or "")),
        ("SHA-256", in_groups(facts.sha256)),
    ]


def in_groups(digest: str) -> str:
    """Return a digest in groups of eight, so that it can be compared by eye and breaks between lines."""
    return " ".join(digest[start : start + 8] for start in range(0, len(digest), 8))


def outcome(check: Check, file_format: str) -> CheckState:
    """Return what a check of the readiness list amounts to, given the pages that follow."""
    fixed = check.state is Fitness.FAIL and file_format == "pt" and check.name in FIXED_LATER
    return CheckState.LATER if check.state is Fitness.UNKNOWN or fixed else CheckState(check.state)


def sigma_note(skeleton: Skeleton) -> str:
    """Return where the sigmas of a skeleton come from, and what that does to OKS."""
    count = len(skeleton)
    if skeleton.sigmas == COCO.sigmas and skeleton.sigmas_known:
        return f"{count} keypoints with COCO's sigmas: OKS and AP are comparable with published figures."
    if skeleton.sigmas_known:
        return f"{count} keypoints with your own sigmas: OKS and AP are comparable with figures that use the same."
    missing = sum(sigma == 1 / count for sigma in skeleton.sigmas)
    return (
        f"{missing} of {count} sigmas unknown; 1/{count} = {1 / count:.3f} is used, as in Ultralytics. A point "
        f"that is off by a tenth of the person's size then scores {_similarity(1 / count):.2f}, where COCO's wrist "
        f"scores {_similarity(_WRIST):.2f}: OKS and AP compare your own models, and nothing else."
    )


def _similarity(sigma: float) -> float:
    """Return the similarity of a keypoint that is off by a tenth of the square root of the area (see domain/oks.py)."""
    return math.exp(-(0.1**2) / (2 * (2 * sigma) ** 2))


def misfit_note(edited: int, count: int) -> str:
    """Return what to say where the project's skeleton is of another model."""
    return (
        f"The keypoints in this project are {edited}, this model has {count}. They are not used, and no "
        "evaluation can run until you fill in others, or take them back with 'Restore from the checkpoint'."
    )
