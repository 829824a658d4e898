"""``python3 bootstrap.py fuzz [--reader NAME] [--seconds N]``: damaged files for every reader, until stopped.

A reader must take a file or refuse it by an error that its docstring names. What ends otherwise (another exception, a
death, 1 GiB of growth, 10 s of the processor without an answer) is a finding: the file is kept in ``corpus/READER/``,
where the tests read it again ever after, and the exit status is 1. Commit it with what mends the reader.
"""

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from fuzz.readers import READERS

HERE = Path(__file__).resolve().parent
CORPUS = HERE / "corpus"
ROUND = 20.0  # seconds for a reader before it is the next one's turn


def child(*arguments: object, seconds: float) -> "subprocess.CompletedProcess[str]":
    """Run `fuzz.child`."""
    command = [sys.executable, "-X", "utf8", "-m", "fuzz.child", *map(str, arguments)]
    paths = os.pathsep.join((str(HERE.parent), str(HERE.parent.parent)))
    environment = dict(os.environ, PYTHONPATH=paths, TF_CPP_MIN_LOG_LEVEL="3", MALLOC_ARENA_MAX="1")
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, errors="replace", timeout=seconds + 120, check=False
    )


def fuzz(
    names: Sequence[str], first: int, cases: int, seconds: float, corpus: Path = CORPUS
) -> tuple[dict[str, int], str]:
    """Damage files for some readers in one process.

    Args:
        names: the readers.
        first: number of the first case; the same number is the same case.
        cases, seconds: how many at most, and how long, for each.
        corpus: where a finding goes.

    Returns:
        The number of each reader's next case, and what was found; "" where nothing was. A finding is the end.
    """
    with tempfile.TemporaryDirectory() as folder:
        ended = child(folder, first, cases, seconds, *names, seconds=seconds * len(names))
        done = {name: int(number) for name, number in map(str.split, ended.stdout.splitlines())}
        if ended.returncode == 0:
            return done, ""
        case = Path(folder, "case")
        begun = case.exists()
        name = names[len(done) - 1] if begun else [*names, names[-1]][len(done)]
        told = f"{name}, case {done.get(name, first)}, exit status {ended.returncode}\n{ended.stderr[-3000:]}"
        if not begun:
            return done, told
        data = case.read_bytes()
        kept = corpus / name / hashlib.sha256(data).hexdigest()[:12]
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(data)
        return {**done, name: done[name] + 1}, f"{kept}: {told}"


def main() -> int:
    """Go round the readers until the time is up or somebody stops it."""
    parser = argparse.ArgumentParser(prog="bootstrap.py fuzz", description=(__doc__ or "").partition("\n\n")[2])
    parser.add_argument("--reader", choices=sorted(READERS), action="append", help="this one only; may be repeated")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="how long in all (default: until stopped)")
    parser.add_argument("--first", type=int, default=int(time.time()), help="number of the first case")
    wanted = parser.parse_args()
    names = wanted.reader or list(READERS)
    next_case = dict.fromkeys(names, wanted.first)
    end, findings = time.monotonic() + wanted.seconds, 0
    try:
        while time.monotonic() < end and findings < 100:
            for name in names:
                left = min(ROUND, end - time.monotonic())
                if left <= 0:
                    break
                before = next_case[name]
                done, found = fuzz([name], before, 10**9, left)
                next_case[name] = done.get(name, before)
                print(f"{name}: {next_case[name] - before} cases{', a finding' if found else ''}", flush=True)
                if found:
                    findings += 1
                    print(found, flush=True)
    except KeyboardInterrupt:
        print("stopped")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
