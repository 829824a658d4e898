"""The command line: the same engine as the window, without Qt. Every command has --json and meaningful exit codes."""

import argparse
import io
import json
import os
import signal
import sys
from collections.abc import Sequence

from n6studio.domain.errors.base import ExitCode, StudioError
from n6studio.domain.errors.stages import Cancelled


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code (see `n6studio.domain.errors.base.ExitCode`)."""
    from n6studio.cli.parser import build_parser
    from n6studio.cli.registry import typed_commands

    argv = list(sys.argv[1:] if arguments is None else arguments)
    if argv[:1] in (["--n6-stage"], ["--n6-virtual"]):  # the frozen program starts its processes through itself
        return _process(argv[0].removeprefix("--n6-"), argv[1:])
    _print_everything()
    known = typed_commands(argv[0] if argv else "")
    parser = build_parser(known.values())
    options = parser.parse_args(argv)
    if options.command is None:
        parser.print_help()
        return ExitCode.USAGE
    from n6studio.cli.log import start_log

    log = start_log()
    try:
        try:
            code = int(known[options.command].run(options))
        except Cancelled as error:
            code = _end(error, options)
        except StudioError as error:
            code = _tell(error, options)
        except KeyboardInterrupt:  # before or after a stage, or for the second time
            code = _end(Cancelled(stage=options.command), options)
        sys.stdout.flush()
        return code
    except BrokenPipeError:  # the reader of our output has left
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains about it when it leaves
        return ExitCode.OK
    except Exception:
        import logging

        logging.getLogger("n6studio").exception("unexpected")
        sys.stderr.write(f"Internal error in N6 Studio. Please report it with the last lines of {log}\n")
        return ExitCode.BUG


def _process(kind: str, argv: list[str]) -> int:
    import importlib

    room = {"stage": "stages", "virtual": "virtual"}[kind]
    return int(importlib.import_module(f"n6studio.{room}.__main__").main(argv))


def _print_everything() -> None:
    """Names of files can hold what the terminal's encoding lacks; that must not stop the work."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _end(cancelled: Cancelled, options: argparse.Namespace) -> int:
    """Tell that somebody stopped the command; one more Ctrl-C interrupts neither this nor Python's leaving."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return _tell(cancelled, options)


def _tell(error: StudioError, options: argparse.Namespace) -> int:
    import logging

    from n6studio.cli.command import named_as_typed
    from n6studio.domain.errors.advice import advice

    logging.getLogger("n6studio").error("%s %s", error.code, error.values, exc_info=error)
    text = advice(named_as_typed(error, options))
    if options.json:
        fields = {"code": text.code, "title": text.title, "why": text.why, "steps": text.steps, "fields": error.values}
        sys.stdout.write(json.dumps({"ok": False, "error": fields}, indent=1) + "\n")
    sys.stderr.write(text.as_text() + "\n")
    return int(error.exit_status)


if __name__ == "__main__":
    sys.exit(main())
