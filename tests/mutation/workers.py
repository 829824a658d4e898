"""Tests run on changed code: in forked processes, each with a copy of the project of its own.

A fork knows numpy, OpenCV, pytest and Hypothesis already, but nothing of ours, so a mutant costs the import of what it
changes and the tests that reach it. The mistake is written into the copy, so child processes of tests make it, too.
"""

import contextlib
import importlib
import json
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("n6studio", "tests", "resources", "docs", "packaging", "pyproject.toml", "bootstrap.py", "README.md")
KNOWN_BEFORE = (
    "_hypothesis_pytestplugin", "cv2", "filelock", "hypothesis", "hypothesis.strategies", "msgspec", "numpy",
    "numpy.random", "numpy.testing", "psutil", "pycocotools.cocoeval", "pytest", "pytest_timeout", "yaml",
)  # fmt: skip
PASSED, FAILED = 0, 1
_POLL = 0.005


def prepare() -> None:
    """Import what every fork needs; nothing of it may start threads."""
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", QT_QPA_PLATFORM="offscreen", PYTHONUTF8="1")
    sys.path[:] = [place for place in sys.path if Path(place or ".").resolve() not in (ROOT, ROOT / "tests")]
    for name in KNOWN_BEFORE:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


@dataclass(frozen=True)
class Baseline:
    """What the tests of a file do while nothing is wrong.

    Attributes:
        seconds: test -> how long it takes.
        lines: test -> lines of the file that it reaches in its own process.
    """

    seconds: dict[str, float]
    lines: dict[str, frozenset[int]]

    def reaching(self, first: int, last: int) -> list[str]:
        """Return the tests that reach one of these lines, the quickest first."""
        reached = frozenset(range(first, last + 1))
        return sorted((test for test in self.seconds if self.lines[test] & reached), key=self.seconds.__getitem__)

    def all(self) -> list[str]:
        """Return all tests, the quickest first."""
        return sorted(self.seconds, key=self.seconds.__getitem__)

    def time(self, tests: Sequence[str]) -> float:
        """Return how long these tests take together, in seconds."""
        return sum(self.seconds[test] for test in tests)


class Worker:
    """A copy of the project in which one run of tests at a time goes on."""

    def __init__(self, place: Path) -> None:
        self._tree, self._scratch = place / "project", place / "scratch"
        self._report = place / "report.json"
        self._pid = 0
        self._deadline = 0.0
        self._stamp = time.time_ns()
        self._tree.mkdir(parents=True)
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, self._tree / name, ignore=shutil.ignore_patterns("__pycache__"))
            elif source.exists():
                shutil.copy2(source, self._tree / name)

    def read(self, name: str) -> str:
        """Return the contents of a file of the copy, as it was when the copy was made."""
        return (self._tree / name).read_text(encoding="utf-8")

    def write(self, name: str, text: str) -> None:
        """Give a file of the copy other contents; whatever was compiled of it before is not taken for it."""
        path = self._tree / name
        path.write_text(text, encoding="utf-8")
        self._stamp += 2_000_000_000  # compiled code is known by whole seconds
        os.utime(path, ns=(self._stamp, self._stamp))

    def start(self, arguments: Sequence[str], tests: Sequence[str] | None, trace: str, seconds: float) -> None:
        """Begin to run tests; `poll` tells how it ended.

        Args:
            arguments: files of tests.
            tests: which of their tests, in which order; None for all that are quick.
            trace: name of the file whose lines are to be watched, '' for none.
            seconds: after which it counts as failed.
        """
        shutil.rmtree(self._scratch, ignore_errors=True)
        self._report.unlink(missing_ok=True)
        self._deadline = time.monotonic() + seconds
        self._pid = os.fork()
        if self._pid == 0:
            try:
                code = self._run(arguments, tests, trace)
            except BaseException:
                code = 70
            os._exit(code)

    def poll(self) -> int | None:
        """Return None while the tests run, `PASSED` where all passed, any other number where one did not."""
        pid, status = os.waitpid(self._pid, os.WNOHANG)
        if pid:
            self._end_children()
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() < self._deadline:
            return None
        self.stop()
        return FAILED

    def wait(self) -> int:
        """Return `poll`'s answer once there is one."""
        while (code := self.poll()) is None:
            time.sleep(_POLL)
        return code

    def stop(self) -> None:
        """End the run, if there is one, and what it has started."""
        if self._pid:
            self._end_children()
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self._pid, 0)
            self._pid = 0

    def _end_children(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._pid, signal.SIGKILL)

    def output(self) -> str:
        """Return what the last run has printed."""
        return self._report.with_name("output.txt").read_text(encoding="utf-8", errors="replace")

    def baseline(self) -> Baseline:
        """Return what the last run with a traced file has told."""
        told = json.loads(self._report.read_text(encoding="utf-8"))
        return Baseline(told["seconds"], {test: frozenset(lines) for test, lines in told["lines"].items()})

    # --- in the fork -------------------------------------------------------------------------------------------------

    def _run(self, arguments: Sequence[str], tests: Sequence[str] | None, trace: str) -> int:
        import hypothesis
        import pytest

        os.setsid()
        log = os.open(self._report.with_name("output.txt"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.chdir(self._tree)
        sys.path[:0] = [str(self._tree), str(self._tree / "tests")]
        os.environ["PYTHONPATH"] = str(self._tree)
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        sys.dont_write_bytecode = False  # in the copy, where it saves compiling the tests for every mutant
        # A mistake that was found need not be made small, and the same examples every time make runs comparable.
        phases = [hypothesis.Phase.explicit, hypothesis.Phase.generate]
        hypothesis.settings.register_profile(
            "mutation", derandomize=True, database=None, deadline=None, phases=phases,
            suppress_health_check=list(hypothesis.HealthCheck),
        )  # fmt: skip
        hypothesis.settings.load_profile("mutation")
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # of which some take longer than our tests
        plugins = ["-p", "pytest_timeout", "-p", "_hypothesis_pytestplugin", "-p", "no:cacheprovider"]
        options = ["-x", "-q", "-m", "not slow", "--no-header", *plugins]
        plugin = _Chosen(tests) if not trace else _Watch(str(self._tree / trace), self._report)
        return int(pytest.main([*options, f"--basetemp={self._scratch}", *arguments], plugins=[plugin]))


class _Chosen:
    """Runs some tests only, in a given order."""

    def __init__(self, tests: Sequence[str] | None) -> None:
        self._tests = tests

    def pytest_collection_modifyitems(self, items: list) -> None:  # type: ignore[type-arg]
        if self._tests is not None:
            place = {test: index for index, test in enumerate(self._tests)}
            items[:] = sorted((item for item in items if item.nodeid in place), key=lambda item: place[item.nodeid])


class _Watch:
    """Notes for each test how long it takes and which lines of one file it reaches."""

    def __init__(self, path: str, report: Path) -> None:
        self._path, self._report = path, report
        self._seconds: dict[str, float] = {}
        self._lines: dict[str, set[int]] = {}
        self._now: set[int] = set()
        self._began = 0.0

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._now = self._lines.setdefault(nodeid, set())
        self._began = time.monotonic()
        threading.settrace(self._trace)
        sys.settrace(self._trace)

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        sys.settrace(None)
        threading.settrace(None)  # type: ignore[arg-type]
        self._seconds[nodeid] = time.monotonic() - self._began

    def pytest_sessionfinish(self) -> None:
        lines = {test: sorted(lines) for test, lines in self._lines.items()}
        self._report.write_text(json.dumps({"seconds": self._seconds, "lines": lines}), encoding="utf-8")

    def _trace(self, frame: FrameType, event: str, _: object):  # type: ignore[no-untyped-def]
        if frame.f_code.co_filename != self._path:
            return None
        self._now.add(frame.f_lineno)
        return self._line

    def _line(self, frame: FrameType, event: str, _: object):  # type: ignore[no-untyped-def]
        self._now.add(frame.f_lineno)
        return self._line
