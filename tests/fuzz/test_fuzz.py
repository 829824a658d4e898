"""Every reader takes or refuses damaged files; `bootstrap.py fuzz` goes on where this ends."""

import itertools
import random
import subprocess
import sys

import pytest

from fuzz.__main__ import CORPUS, child, fuzz
from fuzz.mutators import LONGEST, mutated
from fuzz.reader import Reader
from fuzz.readers import READERS, TESTS
from fuzz.readers_board import BOARD_READERS
from fuzz.readers_kept import KEPT_READERS
from fuzz.readers_media import MEDIA_READERS
from n6studio.domain.errors.models import ModelDamaged

# All readers take half a minute; what ST's tools and this user wrote, and what PyAV takes apart, is for the slow tests.
LATER = {*BOARD_READERS, *KEPT_READERS, *MEDIA_READERS}
QUICK = [name for name, reader in READERS.items() if not reader.slow and name not in LATER]
SLOW = [name for name in READERS if name not in QUICK]
GROUP = 7  # readers in one process, whose start takes longer than a reader


def groups(names):
    return [names[place : place + GROUP] for place in range(0, len(names), GROUP)]


CASES, SECONDS = 60, 2.0  # of each reader, in every run of the tests
CASES_SLOW, SECONDS_SLOW = 5000, 2.0


@pytest.mark.parametrize("names", groups(QUICK), ids=" ".join)
def test_damaged_files_are_taken_or_refused(tmp_path, names):
    done, found = fuzz(names, 1, CASES, SECONDS, tmp_path / "corpus")
    assert not found
    assert list(done) == names
    assert min(done.values()) > 1


@pytest.mark.slow
@pytest.mark.parametrize("names", groups(list(READERS)), ids=" ".join)
def test_many_damaged_files_are_taken_or_refused(tmp_path, names):
    done, found = fuzz(names, 10_000, CASES_SLOW, SECONDS_SLOW, tmp_path / "corpus")
    assert found == ""
    assert list(done) == names


@pytest.mark.parametrize("names", [QUICK, pytest.param(SLOW, marks=pytest.mark.slow)], ids=["quick", "slow"])
def test_what_was_found_once_is_refused_ever_after(tmp_path, names):
    files = [(name, path) for name in names for path in sorted((CORPUS / name).glob("*"))]
    ended = child(tmp_path, "=", *itertools.chain(*files), seconds=20 * len(files))
    assert ended.returncode == 0, ended.stdout[-200:] + ended.stderr[-2000:]
    assert ended.stdout.splitlines() == [f"{name} {path}" for name, path in files]
    assert files


def test_the_corpus_has_readers():
    assert {path.name for path in CORPUS.iterdir()} <= set(READERS)


def test_the_same_number_is_the_same_case():
    seeds, words = [bytes(range(256)) * 4, b'{"a": [1, 2, 33]}'], [b"word"]
    cases = [mutated(seeds, words, random.Random(f"x {number}")) for number in range(300)]
    assert cases == [mutated(seeds, words, random.Random(f"x {number}")) for number in range(300)]
    assert len(set(cases)) > 250
    assert max(map(len, cases)) <= LONGEST


def test_what_never_answers_is_ended_with_a_traceback():
    code = "from fuzz import child; child.PATIENCE = 1; child.begin_case()\nwhile True: pass"
    ended = subprocess.run([sys.executable, "-c", code], cwd=TESTS, capture_output=True, text=True, timeout=60)
    assert ended.returncode != 0
    assert "most recent call first" in ended.stderr


@pytest.mark.parametrize(
    ("raised", "judged"),
    [(None, True), (ModelDamaged(path="a", format="b", reason="c"), False), (EOFError("named"), False)],
)
def test_named_refusals_are_right(tmp_path, raised, judged):
    assert Reader(_raising(raised), lambda _: [], refusals=(EOFError,)).judge(b"", tmp_path) is judged


@pytest.mark.parametrize("raised", [KeyError("x"), ZeroDivisionError(), MemoryError(), RecursionError()])
def test_everything_else_is_a_finding(tmp_path, raised):
    with pytest.raises(type(raised)):
        Reader(_raising(raised), lambda _: [], refusals=(EOFError,)).judge(b"", tmp_path)


def _raising(error):
    def read(_data, _folder):
        if error is not None:
            raise error

    return read
