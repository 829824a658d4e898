"""What is known of a stage, as JSON-ready values for the details."""

from typing import Any

from n6studio.domain.encoding import plain_values_of
from n6studio.domain.results import AnyResult
from n6studio.domain.settings import plain_values
from n6studio.stages.registry import STAGES
from n6studio.ui.context import Context


def stage_details(context: Context, stage: str) -> dict[str, Any]:
    """Return what is known of a stage: the settings of the next run, and of the last one inputs, tools and figures."""
    project = context.project
    if project is None:
        return {}
    details: dict[str, Any] = {"project": str(project.folder), "model": str(project.model)}
    if STAGES[stage].in_project:
        details["settings"] = plain_values(STAGES[stage].settings_in(project))
    result = context.results.get(stage)
    if result is not None:
        details["last run"] = _result_details(result, context.stale.get(stage, ()))
    return details


def _result_details(result: AnyResult, stale: tuple[str, ...]) -> dict[str, Any]:
    request = result.request
    inputs = {role: [vars(item) for item in files] for role, files in request.inputs.items()}
    return {
        "out of date because": list(stale),
        "folder": str(result.folder),
        "settings": request.settings,
        "inputs": inputs,
        "tools": request.tools,
        "versions": result.versions,
        "outputs": {role: path.name for role, path in result.outputs.items()},
        "warnings": list(result.warnings),
        "figures": plain_values_of(result.figures),
    }
