"""Damaged streams and odd fields, many of them; `link_fuzz.py` by hand runs more."""

import link_fuzz as fuzz
import pytest


@pytest.mark.parametrize("cases", [6_000, pytest.param(30_000, marks=pytest.mark.slow)])
def test_mutated_streams(cases):
    done, frames = fuzz.mutate(cases)
    assert done == cases
    assert frames > cases / 3


@pytest.mark.parametrize("path", fuzz.corpus(), ids=lambda path: path.name)
def test_cases_that_guided_fuzzing_found(path):
    fuzz.Judge().one(path.read_bytes())


def test_cases_are_there():
    assert len(fuzz.corpus()) > 20
