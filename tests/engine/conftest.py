import sys
import threading
from pathlib import Path

import pytest
from dask_here import Dask

from n6studio.engine.jobs import child
from n6studio.engine.jobs.hashing import HashCache, input_of
from n6studio.engine.jobs.run import make_request, run_stage
from n6studio.stages.inspect.stage import INSPECT, InspectSettings

FAKE = Path(__file__).resolve().parents[1] / "fake_stage.py"


class Engine:
    """Runs the fake stage: `engine("finish hello")`."""

    def __init__(self, folder):
        self.model, self.folder = folder / "model.txt", folder / "out"
        self.messages, self.cancel = [], threading.Event()
        self.on_message = self.messages.append

    def request(self, words):
        self.model.write_text(words, encoding="utf-8")
        return make_request(INSPECT, InspectSettings(), {"words": (input_of(self.model, HashCache()),)})

    def __call__(self, words, **options):
        return run_stage(INSPECT, self.request(words), self.folder, self.on_message, self.cancel, **options)

    @property
    def names(self):
        """What a user sees there, and what must not be left: all but the lock."""
        return sorted(path.name for path in self.folder.iterdir() if path.name != ".publishing.lock")


@pytest.fixture
def engine(tmp_path, monkeypatch):
    monkeypatch.setattr(child, "worker_command", lambda: [sys.executable, str(FAKE)])
    return Engine(tmp_path)


@pytest.fixture
def dask(tmp_path):
    pytest.importorskip("distributed", reason="needs the package distributed")
    (tmp_path / "dask").mkdir()
    made = Dask(tmp_path / "dask")
    yield made
    for name in list(made.processes):
        made.end(name)
