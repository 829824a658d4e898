"""Tests run on changed code: in forked processes, each with a copy of the project of its own.

Two ways. `Worker.start` forks a process that knows numpy, OpenCV, pytest and Hypothesis, but nothing of ours: it
imports the changed code, which costs a second or more. `Worker.start_quickly` forks one that has collected the tests
already, and gives the functions of the changed file their new code; that is right where nothing of the change counted
on import. In both the mistake is written into the copy as well, so child processes of tests make it, too.
"""

import contextlib
import gc
import importlib
import json
import math
import os
import select
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType, FunctionType

import pytest

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("n6studio", "tests", "resources", "docs", "packaging", "pyproject.toml", "bootstrap.py", "README.md")
KNOWN_BEFORE = (
    "_hypothesis_pytestplugin", "cv2", "filelock", "hypothesis", "hypothesis.strategies", "msgspec", "numpy",
    "numpy.random", "numpy.testing", "psutil", "pycocotools.cocoeval", "pytest", "pytest_timeout", "yaml",
)  # fmt: skip
PASSED, FAILED = 0, 1  # as pytest ends
TIMED_OUT, UNPATCHED, BROKEN = 200, 201, 202  # too long; to be run by `start`; the run itself went wrong
_POLL = 0.005
_WAITING = 4  # how many times as long as its work a run may take, on a busy machine


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
        on_import: lines that are reached before any test runs.
    """

    seconds: dict[str, float]
    lines: dict[str, frozenset[int]]
    on_import: frozenset[int]

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
        self._ready: _Ready | None = None
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
            seconds: of work after which it is ended, and of waiting four times as many.
        """
        shutil.rmtree(self._scratch, ignore_errors=True)
        self._report.unlink(missing_ok=True)
        self._deadline = time.monotonic() + _WAITING * seconds
        self._pid = os.fork()
        if self._pid == 0:
            try:
                limit(seconds)
                code = self._run(arguments, tests, trace)
            except BaseException:
                code = BROKEN
            os._exit(code)

    def collect(self, arguments: Sequence[str], changed: str) -> None:
        """Start a process that collects tests of files for `start_quickly`; nothing may be wrong in `changed` yet."""
        self.forget()
        self._ready = _Ready(self, arguments, changed)

    def start_quickly(self, tests: Sequence[str], seconds: float) -> None:
        """Begin to run tests that `collect` has collected, with functions as the changed file has them now.

        It ends as `start` does, or with `UNPATCHED` where that is not possible.

        Args:
            tests: which tests, in which order.
            seconds: as for `start`.
        """
        assert self._ready is not None
        shutil.rmtree(self._scratch, ignore_errors=True)
        self._deadline = time.monotonic() + _WAITING * seconds
        self._ready.ask(tests, seconds)

    def poll(self) -> int | None:
        """Return None while the tests run, `PASSED` where all passed, any other number where one did not."""
        if self._ready is not None and self._ready.pid:
            status = self._ready.answer()
            if status is None and time.monotonic() >= self._deadline:
                _end_group(self._ready.pid)
                while self._ready.answer() is None:
                    time.sleep(_POLL)
                status = TIMED_OUT
            return TIMED_OUT if status == -signal.SIGXCPU else status
        pid, ended = os.waitpid(self._pid, os.WNOHANG)
        if pid:
            self._end_children()
            self._pid = 0
            status = os.waitstatus_to_exitcode(ended)
            return TIMED_OUT if status == -signal.SIGXCPU else status
        if time.monotonic() < self._deadline:
            return None
        self._stop_slow()
        return TIMED_OUT

    def forget(self) -> None:
        """End the process that has collected tests, if there is one."""
        if self._ready is not None:
            self._ready.close()
            self._ready = None

    def wait(self) -> int:
        """Return `poll`'s answer once there is one."""
        while (code := self.poll()) is None:
            time.sleep(_POLL)
        return code

    def stop(self) -> None:
        """End the run, if there is one, and what it has started."""
        self.forget()
        self._stop_slow()

    def _stop_slow(self) -> None:
        if self._pid:
            self._end_children()
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self._pid, 0)
            self._pid = 0

    def _end_children(self) -> None:
        _end_group(self._pid)

    def output(self) -> str:
        """Return what the last run has printed."""
        return self._report.with_name("output.txt").read_text(encoding="utf-8", errors="replace")

    def baseline(self) -> Baseline:
        """Return what the last run with a traced file has told."""
        told = json.loads(self._report.read_text(encoding="utf-8"))
        lines = {test: frozenset(lines) for test, lines in told["lines"].items()}
        return Baseline(told["seconds"], lines, frozenset(told["on_import"]))

    # --- in the fork -------------------------------------------------------------------------------------------------

    def _run(self, arguments: Sequence[str], tests: Sequence[str] | None, trace: str) -> int:
        plugin = _Watch(self.path(trace), self._report) if trace else _Chosen(tests)
        return self.run_pytest(arguments, plugin)

    def path(self, name: str) -> str:
        """Return where a file of the copy lies."""
        return str(self._tree / name)

    def run_pytest(self, arguments: Sequence[str], plugin: object) -> int:
        """Run the quick tests of files in this process, which is a fork; return the exit code."""
        import hypothesis

        os.setsid()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
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
        return int(pytest.main([*options, f"--basetemp={self._scratch}", *arguments], plugins=[plugin]))


class _Chosen:
    """Runs some tests only, in a given order."""

    def __init__(self, tests: Sequence[str] | None) -> None:
        self._tests = tests

    def pytest_collection_modifyitems(self, items: list) -> None:  # type: ignore[type-arg]
        if self._tests is not None:
            items[:] = _picked(items, self._tests)


def _picked(items: list, tests: Sequence[str]) -> list:  # type: ignore[type-arg]
    """Return tests by name, in that order; all of them where the mistake gave one another name."""
    by_name = {item.nodeid: item for item in items}
    return [by_name[test] for test in tests] if all(test in by_name for test in tests) else list(items)


def _end_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


# --- a process that has collected its tests --------------------------------------------------------------------------


class _Ready:
    """The side of whoever asks: one line of JSON to the process, from it the number of its fork and how that ended."""

    def __init__(self, worker: Worker, arguments: Sequence[str], changed: str) -> None:
        self.pid = 0
        to_read, self._asks = os.pipe()
        self._answers, to_write = os.pipe()
        self._rest = b""
        self._process = os.fork()
        if self._process == 0:
            code = BROKEN
            try:
                os.close(self._asks)
                os.close(self._answers)
                code = worker.run_pytest(arguments, _Server(to_read, to_write, worker.path(changed)))
            finally:
                os._exit(code)
        os.close(to_read)
        os.close(to_write)
        self._line()  # it has collected

    def ask(self, tests: Sequence[str], seconds: float) -> None:
        os.write(self._asks, (json.dumps([seconds, tests]) + "\n").encode())
        self.pid = int(self._line())

    def answer(self) -> int | None:
        """Return how the fork ended, None while it runs."""
        if b"\n" not in self._rest and not select.select([self._answers], [], [], 0)[0]:
            return None
        _end_group(self.pid)
        self.pid = 0
        return int(self._line())

    def close(self) -> None:
        if self.pid:
            _end_group(self.pid)
        os.close(self._asks)
        os.close(self._answers)
        _end_group(self._process)
        os.waitpid(self._process, 0)

    def _line(self) -> bytes:
        while b"\n" not in self._rest:
            part = os.read(self._answers, 4096)
            if not part:
                raise RuntimeError("the process that collects the tests has ended")
            self._rest += part
        line, _, self._rest = self._rest.partition(b"\n")
        return line


class _Server:
    """Instead of running the tests, forks for each line that asks for some; the fork goes on and runs them."""

    def __init__(self, asks: int, answers: int, changed: str) -> None:
        self._asks, self._answers, self._changed = asks, answers, changed

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session) -> bool | None:  # type: ignore[no-untyped-def]
        functions = [
            one
            for one in gc.get_objects()
            if isinstance(one, FunctionType) and one.__code__.co_filename == self._changed
        ]
        gc.freeze()
        os.write(self._answers, b"collected\n")
        with os.fdopen(self._asks) as asks:
            for line in asks:
                pid = os.fork()
                if pid == 0:
                    os.setsid()
                    seconds, tests = json.loads(line)
                    limit(seconds)
                    if not patch(functions, Path(self._changed)):
                        os._exit(UNPATCHED)
                    session.items[:] = _picked(session.items, tests)
                    return None  # and pytest goes on to run them
                os.write(self._answers, f"{pid}\n".encode())
                status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
                os.write(self._answers, f"{status}\n".encode())
        return True


def limit(seconds: float) -> None:
    """Let this process work so many seconds and no more, whatever else the machine has to do."""
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(seconds), math.ceil(seconds) + 2))


def patch(functions: Sequence[FunctionType], path: Path) -> bool:
    """Give functions of a file the code that stands in it now; return whether that was possible for all."""
    codes: dict[tuple[str, int], CodeType | None] = {}
    for code in _codes_in(compile(path.read_bytes(), str(path), "exec")):
        key = (code.co_qualname, code.co_firstlineno)
        codes[key] = None if key in codes else code  # two lambdas in one line
    for function in functions:
        new = codes.get((function.__code__.co_qualname, function.__code__.co_firstlineno))
        if new is None or new.co_freevars != function.__code__.co_freevars:
            return False
        function.__code__ = new
    return True


def _codes_in(code: CodeType) -> Iterator[CodeType]:
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield one
            yield from _codes_in(one)


class _Watch:
    """Notes for each test how long it takes and which lines of one file it reaches."""

    def __init__(self, path: str, report: Path) -> None:
        self._path, self._report = path, report
        self._seconds: dict[str, float] = {}
        self._lines: dict[str, set[int]] = {}
        self._now = self._on_import = set[int]()
        self._began = 0.0
        sys.settrace(self._trace)

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
        told = {"seconds": self._seconds, "lines": lines, "on_import": sorted(self._on_import)}
        self._report.write_text(json.dumps(told), encoding="utf-8")

    def _trace(self, frame: FrameType, event: str, _: object):  # type: ignore[no-untyped-def]
        if frame.f_code.co_filename != self._path:
            return None
        self._now.add(frame.f_lineno)
        return self._line

    def _line(self, frame: FrameType, event: str, _: object):  # type: ignore[no-untyped-def]
        self._now.add(frame.f_lineno)
        return self._line
