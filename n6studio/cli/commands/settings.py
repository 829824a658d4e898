"""``n6studio settings``: every setting with its default, what it may be and what it does."""

import argparse
from typing import Any

from n6studio.cli.command import Command
from n6studio.domain.settings import plain_value, settings_of
from n6studio.stages.registry import STAGES


def settings_classes() -> dict[str, type[Any]]:
    """Return the settings that can be typed: stage or process -> class."""
    from n6studio.cli.registry import commands

    stages = {name: stage.settings for name, stage in STAGES.items() if stage.in_project}
    processes = {name.replace("-", "_"): one.process for name, one in commands().items() if one.process is not None}
    return {**stages, **processes}


def settings_table() -> list[dict[str, Any]]:
    """Return every setting that can be typed as plain values: stage or process, name, flag, default, allowed, help."""
    return [
        {
            "stage": group,
            "name": one.name,
            "flag": one.option,
            "default": plain_value(one.default),
            "allowed": one.allowed,
            "help": one.help,
        }
        for group, settings in settings_classes().items()
        for one in settings_of(settings)
    ]


def _run(options: argparse.Namespace) -> int:
    from n6studio.cli.running import print_result

    table = settings_table()
    return print_result(options, {"settings": table}, text(table))


def text(table: list[dict[str, Any]]) -> str:
    """Return all settings in words."""
    lines = []
    for item in table:
        lines.append(f"{item['stage']}.{item['name']} = {item['default']!r}  ({item['flag']}; {item['allowed']})")
        lines.append(f"    {item['help']}")
    return "\n".join(lines)


COMMAND = Command("settings", "list all settings with default, allowed values and description", _run)
