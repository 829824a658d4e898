"""``n6studio model-swap``: another model into the application that is on a board already, without building it anew."""

import argparse
from pathlib import Path

from n6studio.cli.command import Command, add_confirming, add_folder, add_settings
from n6studio.stages.deploy.stage import DEPLOY


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("target", type=Path, metavar="MODEL.tflite|PROJECT", help="quantized model, or project")
    add_folder(parser, "the project, or n6studio-out/MODEL-deployment; the folder of the deployment before")
    add_confirming(parser)
    parser.set_defaults(
        swap=True, config=None, write_config=None, release=None, prepare_only=False, accept_licence_notice=False
    )
    add_settings(parser, DEPLOY.name, DEPLOY.settings)


def _run(options: argparse.Namespace) -> int:
    from n6studio.cli.commands.deploy import text
    from n6studio.cli.running import print_result, result_data
    from n6studio.cli.work.deploy import run_deployment

    result = run_deployment(options)
    return print_result(options, result_data(result), text(result))


COMMAND = Command(
    "model-swap",
    "compile a model and write its weights, into the application of the last deployment; builds no firmware",
    _run,
    _options,
)
