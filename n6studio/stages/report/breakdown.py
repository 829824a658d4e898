"""The report's table of where accuracy is lost: by size, crowd and occlusion, and by kind of error."""

from collections.abc import Callable
from html import escape
from typing import Any

from n6studio.domain.metrics.errors import KINDS

Figures = dict[str, Any]

_GROUPS = (
    ("size", "AP, {name} people", "ap"),
    ("crowd", "AP, pictures with {name}", "ap"),
    ("hidden", "Mean OKS, {name}", "oks"),
)


def parts_table(results: Figures, dot: Callable[[int], str]) -> str:
    """Return the table, "" where nothing is labelled.

    Args:
        results: contents of results.json.
        dot: the mark of a network, by its place.
    """
    models = [model for model in results["models"] if model["groups"]]
    if not models or results["data"]["people"] == 0:
        return ""
    rows = [row for group, title, figure in _GROUPS for row in _group_rows(models, group, title, figure)]
    rows += [_row(f"Keypoints: {kind}", "", [_share(model["errors"], kind) for model in models]) for kind in KINDS]
    header = "".join(f"<th>{dot(place)}&nbsp;{escape(model['name'])}</th>" for place, model in enumerate(models))
    head = f"<thead><tr><th></th><th>People</th>{header}</tr></thead>"
    return f"<table>{head}<tbody>{''.join(rows)}</tbody></table>"


def _group_rows(models: list[Figures], group: str, title: str, figure: str) -> list[str]:
    rows = []
    for place, one in enumerate(models[0]["groups"][group]):
        values = [model["groups"][group][place][figure] for model in models]
        if one["people"]:
            rows.append(_row(title.format(name=one["name"]), str(one["people"]), values))
    return rows


def _share(errors: Figures, kind: str) -> float | None:
    return errors[kind] / errors["labelled"] if errors["labelled"] else None


def _row(name: str, people: str, values: list[float | None]) -> str:
    cells = "".join(f"<td>{'–' if value is None else f'{100 * value:.1f} %'}</td>" for value in values)
    return f"<tr><td>{escape(name)}</td><td>{people}</td>{cells}</tr>"
