"""What is missing or wrong in the descriptors of stages, told by name."""

from collections.abc import Iterator, Sequence
from typing import Any

from n6studio.domain.pages import PageEntry
from n6studio.domain.settings import settings_of
from n6studio.domain.stage import AnyStage, Kind, StageCommand


class StageIncomplete(Exception):
    """A stage's descriptor lacks something or contradicts another; says what, by name."""


def faults(stages: Sequence[AnyStage]) -> Iterator[str]:
    """Yield what is missing or wrong in descriptors, as sentences that name the stage."""
    known = {stage.name for stage in stages}
    for number, stage in enumerate(stages):
        subject = f"stage '{stage.name}'"
        if not stage.name.isidentifier() or stage.name != stage.name.lower():
            yield f"{subject} has a name that is no lower-case word"
        if not stage.title:
            yield f"{subject} has no title"
        before = {one.name for one in stages[:number]}
        for one in (*stage.needs, *stage.uses):
            if one.name not in known:
                yield f"{subject} needs unknown stage '{one.name}'"
            elif one.name not in before:
                yield f"{subject} needs '{one.name}', which comes after it"
        if stage.command is not None:
            yield from _command_faults(stage.name, stage.command)
        if stage.page is not None:
            yield from _page_faults(stage, stage.page)
        yield from _setting_faults(stage)
    keys = [stage.page.key for stage in stages if stage.page is not None]
    yield from (f"two stages have the page '{key}'" for key in sorted(set(keys)) if keys.count(key) > 1)


def _page_faults(stage: AnyStage, page: PageEntry) -> Iterator[str]:
    subject = f"page of stage '{stage.name}'"
    if not page.key or not page.title:
        yield f"{subject} has no key or no title"
    if page.widget and ":" not in page.widget:
        yield f"{subject} names its widget '{page.widget}', and not as package.module:Class"
    if not page.widget and page.help is None:
        yield f"{subject} has no help"
    if not page.widget and stage.kind is Kind.ASKED:
        yield f"{subject} needs a widget of its own: somebody must choose its files"


def _command_faults(name: str, command: StageCommand[Any]) -> Iterator[str]:
    if not command.summary:
        yield f"command of stage '{name}' has no summary"
    if not command.arguments or command.arguments[0].option:
        yield f"command of stage '{name}' needs a first argument that is no option: it names the folder of results"


def _setting_faults(stage: AnyStage) -> Iterator[str]:
    try:
        known = settings_of(stage.settings)
    except TypeError as error:
        yield f"stage '{stage.name}': {error}"
        return
    taken: set[str] = set()
    for one in known:
        subject = f"setting '{one.name}' of '{stage.name}'"
        if not one.label:
            yield f"{subject} has no label"
        if not one.help:
            yield f"{subject} has no help"
        for name in (one.name, *one.formerly):
            if name in taken:
                yield f"{subject} has a name that another setting has, or had: '{name}'"
            taken.add(name)
