"""``n6studio doctor``: what is installed, what is missing and what to do."""

import argparse
from collections.abc import Iterable
from typing import TYPE_CHECKING

from n6studio.cli.command import Command
from n6studio.domain.errors.base import ExitCode
from n6studio.domain.states import FindingState

if TYPE_CHECKING:
    from n6studio.engine.doctor.examine import Finding


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--deep", action="store_true", help="also import the large packages, which takes several seconds"
    )


def _run(options: argparse.Namespace) -> int:
    from n6studio.cli.running import print_result
    from n6studio.engine.doctor import examine as doctor
    from n6studio.engine.doctor.deployment import look_at_deployment
    from n6studio.engine.doctor.walls import look_at_walls

    findings = doctor.examine(deep=options.deep, more=(lambda: [look_at_walls()], look_at_deployment))
    print_result(options, {"findings": doctor.to_json(findings)}, text(findings))
    return ExitCode.OK if doctor.is_fit(findings) else ExitCode.ENVIRONMENT


def text(findings: "Iterable[Finding]") -> str:
    """Return the doctor's findings in words."""
    lines = []
    for item in findings:
        wanted = f" (wanted: {item.wanted})" if item.state != FindingState.OK else ""
        deployment = item.state != FindingState.OK and item.needed_for == "deployment"
        purpose = " Needed for deployment only." if deployment else ""
        advice = f". {item.what_to_do}" if item.what_to_do else ""
        lines.append(f"{item.state.ljust(14)}{item.name}: {item.found or 'not found'}{wanted}{advice}{purpose}")
    return "\n".join(lines)


COMMAND = Command("doctor", "check what is installed and what is missing, and how to fix it", _run, _options)
