"""Results of the board's commands as text for a terminal."""

from typing import Any

from n6studio.domain.model.memory_map import regions_from
from n6studio.domain.results import AnyResult
from n6studio.domain.texts import bytes_text
from n6studio.engine.deploy.flow import addresses_in_words
from n6studio.engine.deploy.report import outcome


def deployment(result: AnyResult) -> str:
    """Return what a deployment did."""
    figures = result.figures
    lines = [f"{figures['model']['name']} on {figures['board']['name']}: {outcome(figures)}", *_compiled(figures)]
    lines += [f"  {line}" for line in addresses_in_words(figures)]
    for one in regions_from(figures["memory"]):
        share = 100 * one.used / one.size if one.size else 0.0
        lines.append(f"  {one.name}: {bytes_text(one.used)} of {bytes_text(one.size)} ({share:.1f} %)")
    if figures["release"]:
        lines.append(f"Release: {figures['release']}")
    lines.append(f"Report: {result.outputs['report']}")
    return "\n".join(lines)


def _compiled(figures: dict[str, Any]) -> list[str]:
    found = figures.get("compile") or {}
    epochs = found.get("epochs")
    if not epochs:
        return []
    return [
        f"  {found['compiler']}: {epochs['total']} epochs, {epochs['hardware']} on the NPU, {epochs['hybrid']} on "
        f"both, {epochs['software']} on the processor"
    ]


def flash(data: dict[str, Any]) -> str:
    """Return what programming a release did."""
    facts = data["release"].get("facts", {})
    lines = [f"Release of {facts.get('model', {}).get('name', 'a network')}, made {data['release']['made']}."]
    if data["programmed"] is None:
        lines.append("Compared: the board holds exactly this.")
    else:
        for one in data["programmed"]["images"]:
            lines.append(f"  {one['address']}  {one['role']}: {one['action']} in {one['seconds']:.1f} s")
    if data["running"]:
        lines.append(data["running"]["words"])
    return "\n".join(lines)


def explanation(data: dict[str, Any]) -> str:
    """Return what lies in a file."""
    return "\n".join([f"{data['path']}:", *(region["text"] for region in data["regions"])])
