"""Reed-Solomon codes over bytes: 16 bytes of parity repair 8 wrong bytes of a codeword, wherever they are.

The field is GF(256) with x^8 + x^4 + x^3 + x^2 + 1 and the generator x; the code's generator polynomial has the roots
x^0 to x^15, as in QR codes (ISO/IEC 18004). Codewords are the columns of a (rows, n) uint8 array: the first row holds
the highest power of x, the last 16 rows are the parity. 255 rows at most; fewer are a shortened code.

All codewords of an array are worked on at once. Nothing here raises because of what the bytes are.
"""

import functools

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]

MESSAGE, PARITY = 239, 16  # bytes of a whole codeword
_POLYNOMIAL = 0x11D
_MOST_ERRORS = PARITY // 2
_ORDER = 255  # of the field's generator
_BLOCK = 32  # rows that are summed up at once, so that what lies between fits into the processor's cache


def _powers() -> tuple[Bytes, Bytes]:
    """Return x**i for i in 0..509, and the logarithm of each byte (0 for 0, which has none)."""
    powers, logs = np.zeros(2 * _ORDER, np.uint8), np.zeros(256, np.uint8)
    value = 1
    for exponent in range(_ORDER):
        powers[exponent] = powers[exponent + _ORDER] = value
        logs[value] = exponent
        value = value << 1 ^ (_POLYNOMIAL if value & 0x80 else 0)
    return powers, logs


_EXP, _LOG = _powers()


@functools.cache
def _products() -> Bytes:
    """Return the product of a and b at 256 a + b."""
    table = _EXP.take(_LOG[:, None].astype(np.intp) + _LOG[None, :])
    table[0] = table[:, 0] = 0
    return table.ravel()


def _times(a: Bytes, b: Bytes) -> Bytes:
    return _products().take(a.astype(np.intp) << 8 | b)


def _inverse(a: Bytes) -> Bytes:
    """Return 1 / a; 1 for 0, so that nobody has to look first."""
    return _EXP.take((_ORDER - _LOG.take(a).astype(np.intp)) % _ORDER)


def _multiples(vectors: Bytes) -> npt.NDArray[np.uint64]:
    """Return, at 256 i + v, the 16 bytes of v times row i of `vectors`, as two numbers."""
    values = np.arange(256, dtype=np.uint8)[None, :, None]
    return np.ascontiguousarray(_times(values, vectors[:, None, :])).view(np.uint64).reshape(-1, 2)


@functools.cache
def _syndrome_table() -> npt.NDArray[np.uint64]:
    """Row i: what a byte at power i adds to the syndromes."""
    return _multiples(_EXP[np.outer(np.arange(_ORDER), np.arange(PARITY)) % _ORDER])


@functools.cache
def _parity_table() -> npt.NDArray[np.uint64]:
    """Row i: the remainder of x**(16 + i) by the generator polynomial, highest power first."""
    generator = np.array([1], np.uint8)
    for root in range(PARITY):
        shifted = np.append(generator, np.uint8(0))
        shifted[1:] ^= _times(generator, _EXP[root])
        generator = shifted
    remainders = np.zeros((MESSAGE, PARITY), np.uint8)
    remainder = generator[1:]
    for row in remainders:
        row[:] = remainder
        remainder = np.append(remainder[1:], np.uint8(0)) ^ _times(remainder[0], generator[1:])
    return _multiples(remainders)


def _summed(table: npt.NDArray[np.uint64], rows: Bytes) -> Bytes:
    """Return the (n, 16) sums of what each byte of (rows, n) adds, the last row being power 0 of the table."""
    sums = np.zeros((rows.shape[1], 2), np.uint64)
    for first in range(0, len(rows), _BLOCK):
        block = rows[first : first + _BLOCK]
        places = np.arange(len(rows) - 1 - first, len(rows) - 1 - first - len(block), -1) << 8
        sums ^= np.bitwise_xor.reduce(table.take(places[:, None] | block, axis=0), axis=0)
    return sums.view(np.uint8)


def parity(message: Bytes) -> Bytes:
    """Return the (16, n) parity of a (rows, n) message, 239 rows at most."""
    return np.ascontiguousarray(_summed(_parity_table(), message).T)


def syndromes(codewords: Bytes) -> Bytes:
    """Return the (n, 16) syndromes of (rows, n) codewords: all 0 for those that are whole."""
    return _summed(_syndrome_table(), codewords)


def correct(codewords: Bytes) -> bool:
    """Repair (rows, n) codewords in place; return whether all of them are whole now.

    Where one cannot be repaired, the others may or may not have been.
    """
    found = syndromes(codewords)
    wrong = np.flatnonzero(found.any(axis=1))
    if not len(wrong):
        return True
    # In bytes that are no codewords at all already the first few cannot be repaired, and the others cost nothing.
    for some in (wrong[:_MOST_ERRORS], wrong[_MOST_ERRORS:]):
        if len(some) and not _correct(codewords, some, found[some]):
            return False
    return True


def _correct(codewords: Bytes, wrong: npt.NDArray[np.intp], found: Bytes) -> bool:
    locators, counts = _locators(found)
    if counts.max() > _MOST_ERRORS:
        return False
    which, powers = _roots(locators, len(codewords))
    if not np.array_equal(np.bincount(which, minlength=len(wrong)), counts):
        return False
    # The locator generates all 16 syndromes and has as many roots as it says errors, so the errors at those places have
    # exactly these syndromes: what is corrected is a codeword, and there is nothing left to look at.
    codewords[len(codewords) - 1 - powers, wrong[which]] ^= _values(found, locators, which, powers)
    return True


def _locators(found: Bytes) -> tuple[Bytes, npt.NDArray[np.intp]]:
    """Return the (n, 9) error locator polynomials, constant first, and the number of errors (Berlekamp-Massey)."""
    count = len(found)
    locator = np.zeros((count, _MOST_ERRORS + 1), np.uint8)
    locator[:, 0] = 1
    before = locator.copy()  # as it was when its length last changed
    inverse = np.ones(count, np.uint8)  # of the discrepancy at that time
    lengths = np.zeros(count, np.intp)
    for step in range(PARITY):
        terms = min(step, _MOST_ERRORS) + 1
        products = _times(locator[:, :terms], found[:, step::-1][:, :terms])
        discrepancy = np.bitwise_xor.reduce(products, axis=1)
        before[:, 1:] = before[:, :-1]
        before[:, 0] = 0
        corrected = locator ^ _times(_times(discrepancy, inverse)[:, None], before)
        longer = (discrepancy != 0) & (2 * lengths <= step)
        before[longer] = locator[longer]
        inverse[longer] = _inverse(discrepancy[longer])
        lengths[longer] = step + 1 - lengths[longer]
        locator = corrected
    return locator, lengths


def _roots(locators: Bytes, rows: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return (which codeword, power of x) of every error: each power is tried (Chien)."""
    powers = np.arange(rows)
    values = np.zeros((len(locators), rows), np.uint8)
    for degree in range(locators.shape[1]):
        values ^= _times(locators[:, degree, None], _EXP[-degree * powers % _ORDER])
    which, found = np.nonzero(values == 0)
    return which, found


def _values(found: Bytes, locators: Bytes, which: npt.NDArray[np.intp], powers: npt.NDArray[np.intp]) -> Bytes:
    """Return what is to be added at each error (Forney)."""
    evaluator = np.zeros((len(found), _MOST_ERRORS), np.uint8)
    for degree in range(_MOST_ERRORS):
        evaluator[:, degree:] ^= _times(locators[:, degree, None], found[:, : _MOST_ERRORS - degree])
    above, below = np.zeros(len(which), np.uint8), np.zeros(len(which), np.uint8)
    for degree in range(_MOST_ERRORS):
        at = _EXP[-degree * powers % _ORDER]
        above ^= _times(evaluator[which, degree], at)
        if degree % 2 == 0:  # the derivative: odd powers, one lower
            below ^= _times(locators[which, degree + 1], at)
    return _times(_times(above, _inverse(below)), _EXP[powers])
