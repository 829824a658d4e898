"""``n6studio flash``: program a release to a board."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from n6studio.cli.command import Command, add_confirming, add_settings
from n6studio.stages.deploy.stage import DEPLOY

if TYPE_CHECKING:
    from n6studio.engine.deploy.flash_release import Flashed


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("release", type=Path, metavar="RELEASE.zip", help="release zip of n6studio deploy")
    parser.add_argument("--force", action="store_true", help="also write images that the board already holds")
    add_confirming(parser)
    add_settings(parser, DEPLOY.name, DEPLOY.settings, ("programmer", "serial", "virtual_folder", "verify_only"))


def _run(options: argparse.Namespace) -> int:
    from n6studio.cli.running import print_result
    from n6studio.cli.work.deploy import run_flash
    from n6studio.domain.encoding import plain_values_of

    done = run_flash(options)
    return print_result(options, plain_values_of(done), text(done))


def text(done: "Flashed") -> str:
    """Return what programming a release did."""
    model = done.release.get("facts", {}).get("model")
    name = model.get("name") if isinstance(model, dict) else model
    lines = [f"Release of {name or 'a model'}, made {done.release.get('made') or 'at an unknown time'}."]
    if done.programmed is None:
        lines.append("Verified: the board holds these images.")
    else:
        for one in done.programmed.images:
            lines.append(f"  {one.address}  {one.role}: {one.action} in {one.seconds:.1f} s")
        lines += [f"Fuses: {one.text}" for one in done.programmed.fuses]
    if done.running is not None:
        lines.append(done.running.message)
    return "\n".join(lines)


COMMAND = Command("flash", "program a release to a board; needs only STM32CubeProgrammer", _run, _options)
