"""The process that gets a layer: ``python -m n6studio.layers get LAYER [--wheels DIR] [--from DIR] [--offline]``.

Every line of its output is a JSON object: ``{"step", "done", "total", "left"}`` while it works, in bytes and seconds,
and at last ``{"ended": "done" | "there" | "stopped"}`` or ``{"ended": "failed", "error": {...}, "text"}``. SIGTERM
stops it, and with --listen the end of standard input; what has been downloaded is kept.
"""

import argparse
import json
import signal
import sys
import threading
import traceback
from pathlib import Path
from typing import Any

from n6studio.domain.errors.advice import advice
from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.files import DiskFull, NotWritable
from n6studio.domain.errors.foreign import NO_SPACE
from n6studio.layers.download import Stopped
from n6studio.layers.get import Ended, Job, Order
from n6studio.layers.layer import LAYERS


def main(arguments: list[str]) -> int:
    """Do what was typed; return 0, 4 where it failed, 130 where it was stopped."""
    options = _parser().parse_args(arguments)
    order = Order(
        LAYERS[options.layer],
        options.lock,
        options.wheels,
        tuple(options.folder),
        options.offline,
        options.only_download,
    )
    job = Job(order, lambda step, done, total, left: tell(step=step, done=done, total=total, left=left))
    signal.signal(signal.SIGTERM, lambda *_: job.stop.set())
    if options.listen:
        threading.Thread(target=_wait_for_the_end, args=(job,), daemon=True).start()
    try:
        tell(ended=Ended.DONE if job.run() else Ended.THERE)
    except (Stopped, KeyboardInterrupt):
        tell(ended=Ended.STOPPED)
        return 130
    except StudioError as error:
        traceback.print_exc()
        _failed(error)
        return int(error.exit_status)
    except OSError as error:
        traceback.print_exc()
        path = error.filename or order.wheels or sys.prefix
        known = DiskFull(path=path) if error.errno in NO_SPACE else NotWritable(path=path, reason=str(error))
        _failed(known)
        return int(known.exit_status)
    return 0


def _failed(error: StudioError) -> None:
    tell(ended=Ended.FAILED, error=error.to_message(), text=advice(error).as_text())


def tell(**values: Any) -> None:
    """Print one line."""
    sys.stdout.write(json.dumps(values) + "\n")
    sys.stdout.flush()


def _wait_for_the_end(job: Job) -> None:
    sys.stdin.read()
    job.stop.set()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="n6studio.layers", description="Gets a layer of packages.")
    parser.add_argument("action", choices=("get",))
    parser.add_argument("layer", choices=sorted(LAYERS))
    parser.add_argument("--lock", type=Path, help="list of pinned versions")
    parser.add_argument("--wheels", type=Path, help="folder for downloads, which is kept")
    parser.add_argument("--from", dest="folder", type=Path, action="append", default=[], help="folder with wheels")
    parser.add_argument("--offline", action="store_true", help="look nowhere else")
    parser.add_argument("--only-download", action="store_true", help="install nothing")
    parser.add_argument("--listen", action="store_true", help="stop when standard input ends")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
