"""A Dask scheduler with workers on this computer, as processes that tests stop, kill and let sleep."""

import contextlib
import json
import subprocess
import sys
import time
from pathlib import Path

import psutil
from builders import program_environment

SECONDS = 60  # for a process of Dask's to come up on a busy machine


class Dask:
    """A scheduler on this computer."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.processes = folder, {}
        (folder / "scheduler").mkdir()
        self._start("scheduler", "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-show",
                    "--scheduler-file", str(folder / "scheduler.json"))  # fmt: skip
        self.address = self._when(lambda: json.loads((folder / "scheduler.json").read_text())["address"])

    def worker(self, name, **variables):
        """Start a worker; return where its files will lie."""
        place = self.folder / name
        place.mkdir()
        self._start(name, "worker", self.address, "--no-nanny", "--name", name, "--nthreads", "1", "--no-dashboard",
                    "--local-directory", str(place), **variables)  # fmt: skip
        self._when(lambda: "Registered to" in (self.folder / f"{name}.log").read_text() or None)
        return place

    def _start(self, name, *words, **variables):
        with (self.folder / f"{name}.log").open("wb") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", "dask", *words], cwd=self.folder / name, stdout=log, stderr=log,
                env=program_environment(**variables),
            )  # fmt: skip

    def _when(self, ready):
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            with contextlib.suppress(OSError, ValueError, KeyError):
                if (found := ready()) is not None:
                    return found
            time.sleep(0.1)
        raise AssertionError("\n".join(path.read_text() for path in self.folder.glob("*.log")))

    def end(self, name):
        process = self.processes.pop(name)
        with contextlib.suppress(psutil.NoSuchProcess):
            for child in psutil.Process(process.pid).children(recursive=True):
                child.kill()
        process.kill()
        process.wait()
