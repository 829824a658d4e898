"""All errors by their codes, and their way back across the process border."""

import functools
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from n6studio.domain.errors import (
    application,
    boards,
    cluster,
    compiler,
    datasets,
    deploy,
    files,
    fit,
    images,
    labels,
    layers,
    link,
    models,
    probes,
    programmer,
    settings,
    stages,
    starts,
    tools,
    tree,
    updates,
)
from n6studio.domain.errors.base import StudioError

FAMILIES = (
    application,
    boards,
    cluster,
    compiler,
    datasets,
    deploy,
    files,
    fit,
    images,
    labels,
    layers,
    link,
    models,
    probes,
    programmer,
    settings,
    stages,
    starts,
    tools,
    tree,
    updates,
)
RETIRED = frozenset({"N6S-L11", "N6S-M28"})  # codes of former releases; they are never given to another error


@functools.cache
def error_classes() -> dict[str, type[StudioError]]:
    """Return every concrete error class by its code."""
    found = [item for family in FAMILIES for item in vars(family).values() if isinstance(item, type)]
    return {cls.code: cls for cls in found if issubclass(cls, StudioError) and cls.code}


def from_message(message: Mapping[str, Any]) -> StudioError:
    """Rebuild an error from `StudioError.to_message`; what is not one of ours becomes `StageBug`."""
    cls = error_classes().get(str(message.get("code")))
    given = dict(message.get("fields") or {})
    if cls is None or set(given) != {field.name for field in fields(cls)}:
        return stages.StageBug(stage="?", summary=str(message), log="")
    return cls(**{name: tuple(value) if isinstance(value, list) else value for name, value in given.items()})
