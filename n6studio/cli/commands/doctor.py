"""``n6studio doctor``: what is installed, what is missing and what to do."""

import argparse
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from n6studio.cli.command import Command
from n6studio.domain.errors.base import ExitCode
from n6studio.domain.states import FindingState
from n6studio.domain.texts import counted

if TYPE_CHECKING:
    from n6studio.domain.deploy import Getting, ToGet
    from n6studio.engine.doctor.finding import Finding


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--deep", action="store_true", help="also import the large packages, which takes several seconds"
    )
    parser.add_argument("--packages", action="store_true", help="list every Python package, not only what is wrong")
    parser.add_argument(
        "--board",
        metavar="KEY",
        help="check everything that deployment to this board needs, worst first, and say what to get from ST",
    )


def _run(options: argparse.Namespace) -> int:
    from n6studio.board.registry import board
    from n6studio.cli.running import print_result
    from n6studio.domain.encoding import plain_values_of
    from n6studio.engine.doctor import examine as doctor
    from n6studio.engine.doctor.deployment import look_at_deployment, look_at_one_board
    from n6studio.engine.doctor.packages import package_names
    from n6studio.engine.doctor.walls import look_at_walls

    target = board(options.board) if options.board else None
    found, getting = (look_at_deployment(), None) if target is None else look_at_one_board(target)
    findings = doctor.examine(deep=options.deep, more=(lambda: [look_at_walls()], lambda: found))
    packages = frozenset[str]() if options.packages else package_names()
    shown = text(findings, packages) if target is None else board_text(findings, packages, target.name, getting)
    data: dict[str, Any] = {"findings": doctor.to_json(findings)}
    if target is not None:
        data |= {"board": target.key, "getting": plain_values_of(getting) if getting is not None else None}
    print_result(options, data, shown)
    return ExitCode.OK if doctor.is_fit(findings) else ExitCode.ENVIRONMENT


def board_text(findings: "Iterable[Finding]", packages: frozenset[str], name: str, getting: "Getting | None") -> str:
    """Return the findings worst first, and what is to be got for a board."""
    from n6studio.board.tools.tool_finding import SEVERITY

    rows = sorted(findings, key=lambda item: SEVERITY.index(item.state))
    lines = [text(rows, packages), ""]
    if getting is None:
        return "\n".join([*lines, f"{name} needs nothing from ST."])
    lines.append(f"To get from ST for the {name}: {getting.title}")
    return "\n".join([*lines, *(line for row in getting.rows for line in _to_get(row))])


def _to_get(row: "ToGet") -> list[str]:
    if row.found:
        return [f"{'have'.ljust(14)}{row.title}: {row.found}"]
    lines = [f"{'get'.ljust(14)}{row.title} {row.release}, {row.size}", f"{'':14}{row.where}"]
    if row.unread:
        lines[0] = f"{'unknown'.ljust(14)}{row.title} {row.release}. {row.doubt}"
    if row.downloaded:
        lines.append(f"{'':14}Downloaded, not installed: {row.downloaded}")
    where = f"If it is elsewhere: n6studio tools set {row.key} FOLDER."
    return [*lines, f"{'':14}{row.what_to_do} {where}"]


def text(findings: "Iterable[Finding]", packages: frozenset[str] = frozenset()) -> str:
    """Return the doctor's findings in words.

    Args:
        findings: what was found.
        packages: names of findings on Python packages, of which only what is wrong has a line of its own.
    """
    lines, sound = [], 0
    for item in findings:
        if item.name in packages and item.state == FindingState.OK:
            sound += 1
            continue
        wanted = f" (wanted: {item.wanted})" if item.state != FindingState.OK else ""
        deployment = item.state != FindingState.OK and item.needed_for == "deployment"
        purpose = " Needed for deployment only." if deployment else ""
        advice = f". {item.what_to_do}" if item.what_to_do else ""
        lines.append(f"{item.state.ljust(14)}{item.name}: {item.found or 'not found'}{wanted}{advice}{purpose}")
    if sound:
        lines.append(f"{'ok'.ljust(14)}Python packages: {counted(sound, 'package')} as pinned; --packages lists them")
    return "\n".join(lines)


COMMAND = Command("doctor", "check what is installed and what is missing, and how to fix it", _run, _options)
