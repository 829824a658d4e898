"""The code repairs what it can, and says so where it cannot."""

import numpy as np
import pytest
import reedsolo
from hypothesis import given, settings
from hypothesis import strategies as st
from link_builders import ROOT

from n6studio.link.protection import reed_solomon as code


def codewords(rows: int, count: int, seed: int = 0):
    message = np.random.default_rng(seed).integers(0, 256, (rows, count), dtype=np.uint8)
    return np.concatenate([message, code.parity(message)])


def test_parity_is_that_of_the_definition():
    """Worked out by hand: x**16 leaves the generator polynomial itself, whose roots are the first 16 powers of x."""

    def times(a, b):
        product = 0
        while b:
            product ^= a if b & 1 else 0
            a, b = a << 1 ^ (0x11D if a & 0x80 else 0), b >> 1
        return product

    generator, root = [1], 1
    for _ in range(16):
        generator = [a ^ times(root, b) for a, b in zip([*generator, 0], [0, *generator], strict=True)]
        root = times(root, 2)
    assert code.parity(np.ones((1, 1), np.uint8))[:, 0].tolist() == generator[1:]
    assert bytes(generator[1:]).hex(" ") in (ROOT / "docs/wire-format.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("rows", "count"), [(1, 1), (56, 1), (239, 3), (7, 200)])
def test_nothing_is_wrong_with_what_was_made(rows, count):
    words = codewords(rows, count)
    assert not code.syndromes(words).any()
    assert code.correct(words.copy())


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_up_to_eight_bytes_of_each_codeword_are_repaired(data):
    rows, count = data.draw(st.integers(1, 239)), data.draw(st.integers(1, 12))
    good = codewords(rows, count, data.draw(st.integers(0, 99)))
    came = good.copy()
    for word in range(count):
        for place in data.draw(st.sets(st.integers(0, rows + 15), max_size=8)):
            came[place, word] ^= data.draw(st.integers(1, 255))
    assert code.correct(came)
    assert np.array_equal(came, good)


@pytest.mark.parametrize("errors", [9, 12, 17, 60, 255])
def test_more_are_noticed(errors):
    """But for one in 40,000, which looks like another codeword: the checksum is there for that."""
    rng = np.random.default_rng(errors)
    good = codewords(239, 50)
    noticed = 0
    for _ in range(20):
        came = good.copy()
        places = rng.permutation(255)[:errors]
        came[places, rng.integers(50)] ^= rng.integers(1, 256, errors, dtype=np.uint8)
        noticed += not code.correct(came)
    assert noticed >= 19


# --- reedsolo, which is somebody else's ------------------------------------------------------------------------------

THEIRS = reedsolo.RSCodec(code.PARITY, nsize=255, fcr=0, prim=0x11D, generator=2)


def theirs_repaired(word: bytes) -> bytes | None:
    """Return what reedsolo makes of a codeword, None where it gives up."""
    try:
        return bytes(THEIRS.decode(word)[1])
    except reedsolo.ReedSolomonError:
        return None


@pytest.mark.parametrize(("rows", "count"), [(1, 2), (16, 3), (56, 1), (100, 5), (238, 2), (239, 4)])
def test_parity_is_reedsolos(rows, count):
    words = codewords(rows, count, rows)
    for column in words.T:
        assert column.tobytes() == bytes(THEIRS.encode(column[:rows].tobytes()))


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_what_is_repaired_and_what_is_given_up_is_as_with_reedsolo(data):
    """Up to 20 wrong bytes: far beyond what can be repaired, and where one of both might see another codeword."""
    rows = data.draw(st.integers(1, 239))
    good = codewords(rows, 1, data.draw(st.integers(0, 99)))
    came = good.copy()
    for place in data.draw(st.sets(st.integers(0, rows + 15), max_size=20)):
        came[place, 0] ^= data.draw(st.integers(1, 255))
    wanted = theirs_repaired(came.tobytes())
    assert code.correct(came) is (wanted is not None)
    if wanted is not None:
        assert came.tobytes() == wanted


@pytest.mark.parametrize("seed", range(20))
def test_eight_wrong_bytes_are_repaired_and_nine_are_given_up(seed):
    rng = np.random.default_rng(seed)
    word = codewords(16, 1, seed)
    places, changes = rng.permutation(32)[:9], rng.integers(1, 256, 9, dtype=np.uint8)
    came = word.copy()
    came[places[:8], 0] ^= changes[:8]
    worse = came.copy()
    worse[places[8], 0] ^= changes[8]
    assert code.correct(came)
    assert np.array_equal(came, word)
    assert theirs_repaired(worse.tobytes()) is None
    assert not code.correct(worse)


def test_one_codeword_beyond_repair_among_many_is_noticed():
    came = codewords(239, 100)
    came[::8, 99] ^= 1
    came[3, :] ^= 0x55
    assert not code.correct(came)


def test_a_codeword_has_255_bytes():
    assert (code.MESSAGE, code.PARITY) == (239, 16)
    assert code.parity(np.zeros((239, 1), np.uint8)).shape == (16, 1)


def test_more_wrong_bytes_than_a_locator_can_have_are_given_up():
    """A codeword of the code with one byte of parity less: its first 15 syndromes are 0 and its last is not.

    The shortest recurrence that makes fifteen zeros and then something else has 16 terms, so 16 bytes would be wrong.
    """
    shorter = reedsolo.RSCodec(15, nsize=255, fcr=0, prim=0x11D, generator=2)
    word = np.frombuffer(bytes(shorter.encode(b"\1")), np.uint8).reshape(-1, 1)
    found = code.syndromes(word)[0]
    assert not found[:15].any()
    assert found[15]
    assert not code.correct(word.copy())
    beside = np.zeros((16, 2), np.uint8)  # where another one could be repaired
    beside[:, 0], beside[3, 1] = word[:, 0], 7
    assert not code.correct(beside)


def test_noise_is_survived():
    rng = np.random.default_rng(0)
    for rows in (16, 17, 40, 255):
        for count in (1, 3, 300):
            came = rng.integers(0, 256, (rows, count), dtype=np.uint8)
            assert code.correct(came) is (rows == 16 and not code.syndromes(came).any())
