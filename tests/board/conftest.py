from pathlib import Path

import pytest
from standins.bench import Bench

from n6studio.board.programmer import Attendant


class Witness:
    """An attendant that remembers, and power-cycles when it is told what for."""

    def __init__(self, log: Path) -> None:
        self.progress = []
        self.asked = []
        self.on_power_cycle = lambda: False
        self.at_progress = lambda _progress: None
        self.attendant = Attendant(self._progress, power_cycle=self._power_cycle, log=log)

    def _progress(self, progress) -> None:
        self.progress.append(progress)
        self.at_progress(progress)

    def _power_cycle(self, why) -> bool:
        self.asked.append(why)
        return self.on_power_cycle()

    @property
    def log(self) -> str:
        return self.attendant.log.read_text(encoding="utf-8")


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return Witness(tmp_path / "programmer.log")


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Stand-ins for ST's tools, in a folder with blanks and letters beyond ASCII, and no board yet."""
    return Bench(tmp_path / "Prüf stand")
