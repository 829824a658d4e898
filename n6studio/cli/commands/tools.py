"""``n6studio tools``: list and set the paths of ST's tools and application."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from n6studio.cli.command import Command

if TYPE_CHECKING:
    from n6studio.board.tools.discovery import ToolBox


def _options(parser: argparse.ArgumentParser) -> None:
    actions = ("list", "set", "forget", "wishes", "allow")
    parser.add_argument("action", nargs="?", choices=actions, default="list", help="default: list")
    names = "stedgeai, programmer, signing, gcc, make or application; for wishes and allow: a project"
    parser.add_argument("name", nargs="?", default="", help=names)
    text = "for set: path of the program, or of its folder; for allow: one setting that the project requests"
    parser.add_argument("path", nargs="?", type=Path, help=text)


def _run(options: argparse.Namespace) -> int:
    from n6studio.board.tools.choices import choices_file, choose, read_choices
    from n6studio.board.tools.discovery import find_tools
    from n6studio.cli.running import print_result

    if options.action in ("wishes", "allow"):
        return _wishes(options)
    if options.action == "set":
        choose(options.name, options.path)
    elif options.action == "forget":
        choose(options.name, None)
    data = {
        "file": str(choices_file()),
        "chosen": {name: str(path) for name, path in read_choices().items()},
        **_found(find_tools()),
    }
    return print_result(options, data, text(data))


def _wishes(options: argparse.Namespace) -> int:
    """Tell what a project asks for, and allow it where that was typed."""
    from n6studio.cli.running import print_result
    from n6studio.engine.deploy.wishes import allow, wishes_of
    from n6studio.engine.project.project import load_project

    project = load_project(Path(options.name))
    names = [str(options.path)] if options.path is not None else []
    wishes = allow(project, names) if options.action == "allow" else wishes_of(project)
    lines = [f"{one.setting:<14} {'allowed' if one.allowed else 'not allowed':<12} {one.path} {one.problem}".rstrip()
             for one in wishes]  # fmt: skip
    text = "\n".join(lines) or "The project requests no tools."
    return print_result(options, {"wishes": [{**vars(one), "path": str(one.path)} for one in wishes]}, text)


def _found(box: "ToolBox") -> dict[str, Any]:
    return {
        "tools": {
            tool: [
                {
                    "path": str(item.path),
                    "how": item.how,
                    "version": item.version.text if item.version else None,
                    "usable": item.usable,
                }
                for item in found
            ]
            for tool, found in box.tools.items()
        },
        "applications": [
            {
                "path": str(item.root),
                "name": item.name,
                "boards": [board.name for board in item.boards],
                "pair": item.pair.key,
            }
            for item in box.applications
        ],
    }


def text(data: dict[str, Any]) -> str:
    """Return the same in words."""
    lines = []
    for tool, found in data["tools"].items():
        for item in found or [None]:
            if item is None:
                lines.append(f"{tool:<12} not found")
                continue
            state = "" if item["usable"] else "  (not usable; see n6studio doctor)"
            lines.append(f"{tool:<12} {item['version'] or '?':<10} {item['path']}  ({item['how']}){state}")
    for item in data["applications"]:
        lines.append(f"{'application':<12} {item['name']}  {item['path']}")
    if not data["applications"]:
        lines.append(f"{'application':<12} not found")
    lines.append(f"Paths set by you are stored in {Path(data['file'])}.")
    return "\n".join(lines)


COMMAND = Command("tools", "list or set the paths of ST's tools and application", _run, _options)
