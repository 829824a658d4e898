"""A later start, in a process of its own, against a window that is open."""

import subprocess
import sys

import pytest

from n6studio.domain.project import Project
from n6studio.ui.system.doorbell import Doorbell, ring

RING = (
    "import sys; from pathlib import Path; from n6studio.ui.system.doorbell import ring; "
    "print(ring(Path(sys.argv[1]), sys.argv[2]))"
)


@pytest.fixture
def started_again(tmp_path, wait):
    """Return whether a later start that would open something finds its window open already."""

    def start(wanted=""):
        words = [sys.executable, "-c", RING, str(tmp_path), str(wanted)]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as child:
            wait(lambda: child.poll() is not None, "the later start")
            return child.stdout.read().strip() == "True"

    return start


def test_a_later_start_brings_the_window_to_the_front(window, tmp_path, started_again, checkpoint):
    assert not ring(tmp_path, ""), "nobody is there yet"
    bell = Doorbell(window.opening.answer_later_start, window)
    assert bell.listen(tmp_path)
    window.showMinimized()
    assert started_again()
    assert not window.isMinimized()
    window.context.set_project(Project(tmp_path / "a.n6", tmp_path / "a.pt"))
    assert started_again(tmp_path / "a.pt")
    assert started_again(tmp_path / "a.n6")
    assert not started_again(tmp_path / "b.n6"), "another project takes a window of its own"
    bell.close()


def test_a_window_without_a_project_opens_what_the_later_start_brings(window, tmp_path, started_again):
    opened = []
    window.opening.open_path = opened.append
    bell = Doorbell(window.opening.answer_later_start, window)
    assert bell.listen(tmp_path)
    assert started_again(tmp_path / "a.n6")
    assert opened == [tmp_path / "a.n6"]
    bell.close()


def test_one_window_listens_and_what_a_killed_one_left_is_no_hindrance(window, tmp_path):
    first, second = (Doorbell(lambda wanted: True, window) for _ in range(2))
    assert first.listen(tmp_path)
    assert not second.listen(tmp_path)
    first.close()
    (tmp_path / "window.socket").unlink(missing_ok=True)
    (tmp_path / "window.socket").touch()
    assert second.listen(tmp_path)
    second.close()
    assert first.listen(tmp_path / "not" / "there" / "yet"), "a first start has no preferences"
    first.close()
