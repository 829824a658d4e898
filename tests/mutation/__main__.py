"""``python3 bootstrap.py mutate [FILES]``: do the quick tests notice small mistakes in code where mistakes cost most?

Each file of ``targets.toml`` is changed in one small way at a time (``mutants.py``); the quick tests that the list has
for it must fail. FILES are some of the list, all without; FILE:LINE looks at one line. A mistake that no test can
notice is listed with its reason in ``equivalents.toml`` and does not count.

What came of each mutant is kept in ``.mutation/`` as long as neither the file nor its tests change, so a run that was
stopped goes on where it was. A mutant counts as noticed where a test fails; where the tests only work too long, or no
test can be run although they can without the mistake, that is counted beside it.

Why not a library: mutmut 3 is fast, but leaves constants of modules and classes, properties and other decorated
functions alone, which is where thresholds and layouts are; cosmic-ray starts pytest anew for each mutant, at 2 s each.
"""

import argparse
import itertools
import math
import os
import signal
import sys
import tempfile
import time
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mutation.mutants import Mutant, mutants_of
from mutation.outcomes import Outcome, Row, Target
from mutation.workers import BROKEN, FAILED, PASSED, ROOT, TIMED_OUT, UNPATCHED, Worker, prepare

HERE = Path(__file__).resolve().parent
STORE = ROOT / ".mutation"
GOAL = 0.9  # of the mutants of all files
BASELINE_SECONDS = 300.0
BEAT_SECONDS = 10.0
MOST_SECONDS = 6.0  # of tests for one mutant, the quickest first; what only slower ones see counts as not noticed


@dataclass(frozen=True)
class Run:
    """Tests that are being run on a mutant.

    Attributes:
        mutant: the mistake.
        tests: which tests.
        rest: those to be run where these see nothing.
        quick: in a process that has collected them already.
    """

    mutant: Mutant
    tests: tuple[str, ...]
    rest: tuple[str, ...]
    quick: bool


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


class WrongList(Exception):
    """The lists do not fit the code."""


class Judge:
    """Runs the tests of one file on its mutants; what is known is kept in `outcome` as it comes."""

    def __init__(self, target: Target, source: str, workers: Sequence[Worker], outcome: Outcome) -> None:
        self._target, self._source, self._workers, self._outcome = target, source, workers, outcome
        first = workers[0]
        first.start(target.tests, None, target.path, BASELINE_SECONDS)
        if first.wait() != PASSED:
            print(first.output(), flush=True)
            raise WrongList(f"the tests of {target.path} fail although nothing is wrong")
        self._baseline = first.baseline()
        # Where results outlive a test, another than the one that reaches a line may see that it is wrong.
        texts = [(ROOT / name).read_text(encoding="utf-8") for name in target.tests]
        self._remembers = "cache" in source or any("scope=" in text or "cache" in text for text in texts)

    def run(self, mutants: Sequence[Mutant], until: float) -> None:
        """Judge mutants until that moment of `time.monotonic`; print survivors as they are found."""
        for worker in self._workers:
            worker.collect(self._target.tests, self._target.path)
        waiting, running = list(mutants), dict[Worker, Run]()
        beat = time.monotonic()
        while running or (waiting and time.monotonic() < until):
            for worker in self._workers:
                if worker not in running and waiting and time.monotonic() < until:
                    running[worker] = self._begin(worker, waiting.pop(0))
            for worker, now in list(running.items()):
                code = worker.poll()
                if code is None:
                    continue
                again = self._again(worker, now, code)
                if again is not None:
                    running[worker] = again
                    continue
                del running[worker]
                self._note(worker, now.mutant, code)
            if time.monotonic() - beat > BEAT_SECONDS:
                beat = time.monotonic()
                self._outcome.save()
                print(f"  {len(mutants) - len(waiting)} of {len(mutants)}", flush=True)
            time.sleep(0.002)
        for worker in self._workers:
            worker.forget()
            worker.write(self._target.path, self._source)

    def _begin(self, worker: Worker, mutant: Mutant) -> Run:
        """Start the tests that reach a mutant."""
        every = self._baseline.all()
        lines = range(mutant.line, mutant.last_line + 1)
        on_import = mutant.everywhere or not self._baseline.on_import.isdisjoint(lines)
        reaching = every if on_import else self._baseline.reaching(mutant.line, mutant.last_line) or every
        reaching = self._affordable(reaching)
        rest = [test for test in self._affordable(every) if test not in set(reaching)] if self._remembers else []
        worker.write(self._target.path, mutant.applied(self._source))
        return self._start(worker, Run(mutant, tuple(reaching), tuple(rest), quick=not on_import))

    def _affordable(self, tests: Sequence[str]) -> list[str]:
        sums = itertools.accumulate(self._baseline.seconds[test] for test in tests)
        return [test for test, spent in zip(tests, sums, strict=True) if spent <= MOST_SECONDS] or list(tests[:1])

    def _start(self, worker: Worker, now: Run) -> Run:
        patience = 5.0 + 4 * self._baseline.time(now.tests)
        if now.quick:
            worker.start_quickly(now.tests, patience)
        else:
            worker.start(self._target.tests, now.tests, "", patience)
        return now

    def _again(self, worker: Worker, now: Run, code: int) -> Run | None:
        """Start what has to be run before a mutant is judged, if anything."""
        if code == UNPATCHED:
            return self._start(worker, replace(now, quick=False))
        if code == PASSED and now.rest:
            return self._start(worker, replace(now, tests=now.rest, rest=()))
        return None

    def _note(self, worker: Worker, mutant: Mutant, code: int) -> None:
        """Keep what came of a mutant.

        Raises:
            WrongList: the tests did not end as tests end, and do not without the mistake either.
        """
        how = {PASSED: "survived", FAILED: "failed", TIMED_OUT: "timed out"}.get(code, "broke")
        if how == "broke":  # no test could be run: see that it is the mistake's doing
            output = worker.output()
            worker.write(self._target.path, self._source)
            worker.start(self._target.tests, self._baseline.all()[:1], "", BASELINE_SECONDS)
            if code == BROKEN or worker.wait() != PASSED:
                raise WrongList(f"the tests of {self._target.path} cannot be run (ended with {code}):\n{output}")
        self._outcome.note(mutant, how)
        if how == "survived":
            print(f"  survived  {self._target.path}:{mutant.line}\n{mutant.diff(self._source, self._target.path)}")


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


def run(options: argparse.Namespace) -> int:
    """Judge files and print what came of it; return the exit code: 0 where all is measured and the goal is reached."""
    known, rows = equivalents(), list[Row]()
    asked = chosen(options.files, targets())
    until = time.monotonic() + 60 * options.minutes
    workers: list[Worker] = []
    with tempfile.TemporaryDirectory(prefix="n6-mutation-") as scratch:
        try:
            for target, line in asked:
                source = (ROOT / target.path).read_text(encoding="utf-8")
                mutants, equivalent = without_equivalents(
                    mutants_of(source), source, known.get(target.path, set()), target.path
                )
                outcome = Outcome.load(STORE, target, source, keep_killed=options.survivors)
                waiting = [one for one in mutants if line in (0, one.line) and (line or not outcome.knows(one))]
                if waiting and not options.score and time.monotonic() < until:
                    if not workers:
                        prepare()
                        workers += [Worker(Path(scratch) / str(number)) for number in range(options.workers)]
                    for worker in workers:
                        worker.write(target.path, source)
                    print(f"{target.path}: {len(waiting)} mutants to be judged", flush=True)
                    Judge(target, source, workers, outcome).run(waiting, until)
                    outcome.save()
                rows.append(outcome.row(mutants, equivalent))
        finally:
            for worker in workers:
                worker.stop()
    whole = Row.whole(rows)
    print("\n   score   killed  of  timed out  broke  equivalent  unmeasured  file")
    for row in [*rows, whole]:
        print(row)
    return 0 if whole.unmeasured == 0 and whole.killed >= GOAL * whole.total else 1


def main() -> int:
    """Read the command line and do it."""
    parser = argparse.ArgumentParser(prog="bootstrap.py mutate", description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("files", nargs="*", metavar="FILE[:LINE]", help="some of tests/mutation/targets.toml")
    parser.add_argument("--workers", type=int, default=max(1, min(8, os.cpu_count() or 1)), help="runs side by side")
    parser.add_argument("--minutes", type=float, default=math.inf, help="after which it stops; it goes on next time")
    parser.add_argument("--survivors", action="store_true", help="after new tests: judge only what survived")
    parser.add_argument("--score", action="store_true", help="judge nothing, print what is known")
    if not hasattr(os, "fork"):
        print("Mutants run in forked processes, which this system does not have: use Linux or macOS.")
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # which ends the forks as well
    try:
        return run(parser.parse_args())
    except WrongList as error:
        print(f"\n{error}")
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
