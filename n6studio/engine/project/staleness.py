"""Why a stage must run again: which change made its result stale, in words."""

from typing import Any

from n6studio.domain.requests import StageRequest
from n6studio.domain.results import AnyResult
from n6studio.domain.settings import named
from n6studio.engine.project.skeletons import skeleton_change
from n6studio.stages.registry import STAGES


def why_stale(request: StageRequest, known: AnyResult | None) -> tuple[str, ...]:
    """Return what differs between `request` and the one that `known` answers; () when nothing does.

    Args:
        request: what is wanted now.
        known: the last finished result of the stage, or None.
    """
    if known is None:
        return ("it has not been run yet",)
    before = known.request
    reasons = [
        f"{_noun(request.stage, name)} changed from {_shown(before.settings.get(name))} to {_shown(value)}"
        for name, value in request.settings.items()
        if before.settings.get(name) != value
    ]
    for role in sorted(set(request.inputs) | set(before.inputs)):
        now, then = request.inputs.get(role, ()), before.inputs.get(role, ())
        if [item.sha256 for item in now] != [item.sha256 for item in then]:
            reasons.append(skeleton_change(then, now) if role == "skeleton" else f"{role} changed")
    for tool in sorted(set(request.tools) | set(before.tools)):
        if request.tools.get(tool) != before.tools.get(tool):
            reasons.append(f"{tool} changed from {before.tools.get(tool)} to {request.tools.get(tool)}")
    return tuple(reasons)


def _noun(stage: str, name: str) -> str:
    """Return what a setting is called in a sentence, given the name under which results record it."""
    setting = named(STAGES[stage].settings, name) if stage in STAGES else None
    return setting.noun if setting is not None else name


def _shown(value: Any) -> str:
    """A list can have thousands of entries; how many there are is what a sentence can say."""
    if isinstance(value, list | tuple):
        return "none" if not value else f"{len(value)} entries"
    return str(value)
