"""Damaged streams and odd fields, many of them; `link_fuzz.py` by hand runs more."""

import link_fuzz as fuzz
import pytest


def test_mutated_streams():
    assert fuzz.mutate(30_000) > 10_000


@pytest.mark.parametrize("path", fuzz.corpus(), ids=lambda path: path.name)
def test_cases_that_guided_fuzzing_found(path):
    fuzz.Judge().one(path.read_bytes())


def test_cases_are_there():
    assert len(fuzz.corpus()) > 20
