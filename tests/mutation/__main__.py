"""``python3 bootstrap.py mutate [FILES]``: do the quick tests notice small mistakes in code where mistakes cost most?

Each file of ``targets.toml`` is changed in one small way at a time (``mutants.py``); the quick tests that the list has
for it must fail. FILES are some of the list, all without; FILE:LINE looks at one line. A mistake that no test can
notice is listed with its reason in ``equivalents.toml`` and does not count.

Why not a library: mutmut 3 is fast, but leaves constants of modules and classes, properties and other decorated
functions alone, which is where thresholds and layouts are; cosmic-ray starts pytest anew for each mutant, at 2 s each.
"""

import argparse
import os
import sys
import tempfile
import time
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mutation.mutants import Mutant, mutants_of
from mutation.workers import PASSED, ROOT, Baseline, Worker, prepare

HERE = Path(__file__).resolve().parent
GOAL = 0.9  # of the mutants of all files
BASELINE_SECONDS = 300.0
BEAT_SECONDS = 10.0


@dataclass(frozen=True)
class Target:
    """A file, and the tests that have to notice mistakes in it."""

    path: str
    tests: tuple[str, ...]


@dataclass
class Outcome:
    """What came of one file.

    Attributes:
        killed: mutants that made a test fail.
        survivors: those that did not.
        equivalent: how many were left out, because nobody could notice.
        seconds: how long it took.
    """

    killed: int = 0
    survivors: list[Mutant] = field(default_factory=list)
    equivalent: int = 0
    seconds: float = 0.0

    @property
    def total(self) -> int:
        """How many count."""
        return self.killed + len(self.survivors)


class WrongList(Exception):
    """The lists do not fit the code."""


def targets() -> list[Target]:
    """Return the list of files."""
    data = tomllib.loads((HERE / "targets.toml").read_text(encoding="utf-8"))
    found = [Target(path, tuple(tests)) for path, tests in data.items()]
    for target in found:
        for name in (target.path, *target.tests):
            if not (ROOT / name).is_file():
                raise WrongList(f"targets.toml names {name}, which is not there")
    return found


def equivalents() -> dict[str, set[tuple[str, str]]]:
    """Return the mutants that no test can notice: file -> (line of code, what changes)."""
    data = tomllib.loads((HERE / "equivalents.toml").read_text(encoding="utf-8"))
    found: dict[str, set[tuple[str, str]]] = {}
    for item in data.get("equivalent", []):
        if not item["why"].strip():
            raise WrongList(f"an equivalent of {item['file']} without a reason")
        for change in item["changes"]:
            found.setdefault(item["file"], set()).add((item["line"].strip(), change))
    return found


def without_equivalents(
    mutants: Sequence[Mutant], source: str, known: set[tuple[str, str]], path: str
) -> tuple[list[Mutant], int]:
    """Return the mutants that count, and how many do not.

    Raises:
        WrongList: a known one is not there any more.
    """
    lines = source.splitlines()
    keys = {mutant: (lines[mutant.line - 1].strip(), mutant.words) for mutant in mutants}
    gone = known - set(keys.values())
    if gone:
        raise WrongList(f"equivalents.toml names what {path} does not have (any more): {sorted(gone)}")
    counting = [mutant for mutant in mutants if keys[mutant] not in known]
    return counting, len(mutants) - len(counting)


def judge(target: Target, mutants: Sequence[Mutant], source: str, workers: Sequence[Worker]) -> Outcome:
    """Run the tests of a file on its mutants; print survivors as they are found."""
    began = time.monotonic()
    first = workers[0]
    first.start(target.tests, None, target.path, BASELINE_SECONDS)
    if first.wait() != PASSED:
        print(first.output(), flush=True)
        raise WrongList(f"the tests of {target.path} fail although nothing is wrong")
    baseline = first.baseline()
    outcome = Outcome()
    waiting, running = list(mutants), dict[Worker, tuple[Mutant, list[str]]]()
    beat = time.monotonic()
    while waiting or running:
        for worker in workers:
            if worker not in running and waiting:
                mutant = waiting.pop(0)
                running[worker] = (mutant, _begin(worker, target, mutant, source, baseline))
        for worker, (mutant, rest) in list(running.items()):
            code = worker.poll()
            if code is None:
                continue
            if code == PASSED and rest:  # what reaches the line saw nothing; what remembers its result may
                worker.start(target.tests, rest, "", _patience(baseline, rest))
                running[worker] = (mutant, [])
                continue
            del running[worker]
            if code == PASSED:
                outcome.survivors.append(mutant)
                print(f"  survived  {target.path}:{mutant.line}\n{mutant.diff(source, target.path)}", flush=True)
            else:
                outcome.killed += 1
        if time.monotonic() - beat > BEAT_SECONDS:
            beat = time.monotonic()
            done = outcome.total
            print(f"  {done} of {len(mutants)}, {len(outcome.survivors)} survived", flush=True)
        time.sleep(0.002)
    for worker in workers:
        worker.write(target.path, source)
    outcome.seconds = time.monotonic() - began
    return outcome


def _begin(worker: Worker, target: Target, mutant: Mutant, source: str, baseline: Baseline) -> list[str]:
    """Start the tests that reach a mutant; return all others, to be run where those see nothing."""
    reaching = baseline.all() if mutant.everywhere else baseline.reaching(mutant.line, mutant.last_line)
    rest = [test for test in baseline.all() if test not in set(reaching)] if reaching else []
    tests = reaching or baseline.all()  # none: a child process may
    worker.write(target.path, mutant.applied(source))
    worker.start(target.tests, tests, "", _patience(baseline, tests))
    return rest


def _patience(baseline: Baseline, tests: Sequence[str]) -> float:
    return 10.0 + 4 * baseline.time(tests)


def chosen(names: Sequence[str], known: Sequence[Target]) -> list[tuple[Target, int]]:
    """Return the targets that are asked for, each with a line or 0 for all."""
    if not names:
        return [(target, 0) for target in known]
    by_path = {target.path: target for target in known}
    found = []
    for name in names:
        path, _, line = name.partition(":")
        place = Path(path).resolve()
        path = place.relative_to(ROOT).as_posix() if place.is_relative_to(ROOT) else path
        if path not in by_path:
            raise WrongList(f"{path} is not in tests/mutation/targets.toml")
        found.append((by_path[path], int(line or 0)))
    return found


def run(names: Sequence[str]) -> int:
    """Judge files and print what came of it; return the exit code: 0 where the goal is reached."""
    began = time.monotonic()
    known = equivalents()
    asked = chosen(names, targets())
    prepare()
    whole = Outcome()
    rows = []
    with tempfile.TemporaryDirectory(prefix="n6-mutation-") as scratch:
        workers = [Worker(Path(scratch) / str(number)) for number in range(max(1, min(8, os.cpu_count() or 1)))]
        try:
            for target, line in asked:
                source = workers[0].read(target.path)
                counting, equivalent = without_equivalents(
                    mutants_of(source), source, known.get(target.path, set()), target.path
                )
                counting = [mutant for mutant in counting if line in (0, mutant.line)]
                print(f"{target.path}: {len(counting)} mutants", flush=True)
                try:
                    outcome = judge(target, counting, source, workers)
                except WrongList as error:
                    rows.append(f"{error}")
                    whole.survivors += counting
                    continue
                whole.killed += outcome.killed
                whole.survivors += outcome.survivors
                whole.equivalent += equivalent
                rows.append(_row(outcome, equivalent, target.path))
                print(rows[-1], flush=True)
        finally:
            for worker in workers:
                worker.stop()
    print("\n   score   killed  of  equivalent  seconds  file")
    print("\n".join(rows))
    whole.seconds = time.monotonic() - began
    print(_row(whole, whole.equivalent, "all"))
    return 0 if whole.killed >= GOAL * whole.total else 1


def _row(outcome: Outcome, equivalent: int, name: str) -> str:
    share = outcome.killed / outcome.total if outcome.total else 1.0
    return f"{share:8.1%} {outcome.killed:8} {outcome.total:4} {equivalent:9} {outcome.seconds:9.0f}  {name}"


def main() -> int:
    """Read the command line and do it."""
    parser = argparse.ArgumentParser(prog="bootstrap.py mutate", description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("files", nargs="*", metavar="FILE[:LINE]", help="some of tests/mutation/targets.toml")
    if not hasattr(os, "fork"):
        print("Mutants run in forked processes, which this system does not have: use Linux or macOS.")
        return 2
    try:
        return run(parser.parse_args().files)
    except WrongList as error:
        print(f"\n{error}")
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
