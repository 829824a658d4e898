"""Why a stage must run again: which change made its result stale, in words."""

from typing import Any

from n6studio.domain.requests import StageRequest
from n6studio.domain.results import AnyResult
from n6studio.domain.settings import named
from n6studio.engine.project.skeletons import skeleton_change
from n6studio.stages.registry import STAGES

ELSEWHERE = "it is from elsewhere, not made by you on this computer"


def why_stale(request: StageRequest, known: AnyResult | None) -> tuple[str, ...]:
    """Return what differs between `request` and the one that `known` answers; () when nothing does.

    Args:
        request: what is wanted now.
        known: the last finished result of the stage, or None.
    """
    if known is None:
        return ("not run yet",)
    before = known.request
    reasons = [ELSEWHERE] if known.from_elsewhere else []
    reasons += [
        _change(request.stage, name, before.settings.get(name), request.settings.get(name))
        for name in {**request.settings, **before.settings}
        if before.settings.get(name) != request.settings.get(name)
    ]
    for role in sorted(set(request.inputs) | set(before.inputs)):
        now, then = request.inputs.get(role, ()), before.inputs.get(role, ())
        if [item.sha256 for item in now] != [item.sha256 for item in then]:
            reasons.append(skeleton_change(then, now) if role == "skeleton" else f"{role} changed")
    for tool in sorted(set(request.tools) | set(before.tools)):
        if request.tools.get(tool) != before.tools.get(tool):
            reasons.append(f"{tool} changed from {before.tools.get(tool)} to {request.tools.get(tool)}")
    return tuple(reasons)


def _change(stage: str, name: str, then: Any, now: Any) -> str:
    """Return how a setting changed, given the name under which results record it; None is not recorded."""
    setting = named(STAGES[stage].settings, name) if stage in STAGES else None
    if setting is None:
        return f"{name} changed from {then} to {now}"
    if setting.later:
        then, now = (setting.unsaid if value is None else value for value in (then, now))
    return f"{setting.noun} changed from {setting.shown(then)} to {setting.shown(now)}"
