"""The order in which newlib's qsort leaves equal elements.

C leaves open which of two equal elements comes first after `qsort`, and suppression keeps the one that does. Firmware
for the STM32N6 is linked with newlib, whose qsort is Bentley and McIlroy's ("Engineering a Sort Function", Software -
Practice and Experience 23, 1993, pp. 1249-1265): a quicksort that parts the elements into smaller, equal and larger
ones and moves equal ones about while it does. newlib adds a way out: where a pass had nothing to exchange, it ends with
an insertion sort. Checked against newlib 3.3.0 for Cortex-M55 in an emulator (`tests/domain/test_newlib_sort.py`).
"""

from collections.abc import Sequence

_SMALL = 7  # below, insertion sort alone
_LARGE = 40  # above, the pivot is the median of nine elements, else of three


def newlib_order(keys: Sequence[int]) -> list[int]:
    """Return the places of `keys` in the order in which newlib's qsort leaves them, smallest key first."""
    order = list(range(len(keys)))
    parts = [(0, len(order))]
    while parts:
        first, end = parts.pop()
        parts.extend(_one_pass(order, keys, first, end))
    return order


def _one_pass(order: list[int], keys: Sequence[int], first: int, end: int) -> list[tuple[int, int]]:
    """Sort a part, or split it by its pivot and return the parts that are still to be sorted."""
    if end - first < _SMALL:
        _insertion_sort(order, keys, first, end)
        return []
    _exchange(order, first, _pivot(order, keys, first, end))
    pivot = keys[order[first]]
    # While scanning: [equal | smaller | not seen | larger | equal], the borders between them are these four.
    equal, low = first + 1, first + 1
    high, equal_high = end - 1, end - 1
    exchanged = False
    while True:
        while low <= high and keys[order[low]] <= pivot:
            if keys[order[low]] == pivot:
                exchanged = True
                _exchange(order, equal, low)
                equal += 1
            low += 1
        while low <= high and keys[order[high]] >= pivot:
            if keys[order[high]] == pivot:
                exchanged = True
                _exchange(order, high, equal_high)
                equal_high -= 1
            high -= 1
        if low > high:
            break
        _exchange(order, low, high)
        exchanged = True
        low += 1
        high -= 1
    if not exchanged:
        _insertion_sort(order, keys, first, end)
        return []
    smaller, larger = low - equal, equal_high - high
    _exchange_runs(order, first, low, min(equal - first, smaller))
    _exchange_runs(order, low, end, min(larger, end - 1 - equal_high))
    return [part for part in ((first, first + smaller), (end - larger, end)) if part[1] - part[0] > 1]


def _insertion_sort(order: list[int], keys: Sequence[int], first: int, end: int) -> None:
    order[first:end] = sorted(order[first:end], key=lambda place: keys[place])  # stable, as an insertion sort is


def _exchange(order: list[int], one: int, other: int) -> None:
    order[one], order[other] = order[other], order[one]


def _exchange_runs(order: list[int], first: int, end: int, count: int) -> None:
    """Exchange `count` elements from `first` on with those that lie before `end`."""
    for step in range(count):
        _exchange(order, first + step, end - count + step)


def _pivot(order: list[int], keys: Sequence[int], first: int, end: int) -> int:
    count = end - first
    low, middle, high = first, first + count // 2, end - 1
    if count == _SMALL:
        return middle
    if count > _LARGE:
        step = count // 8
        low = _median(order, keys, low, low + step, low + 2 * step)
        middle = _median(order, keys, middle - step, middle, middle + step)
        high = _median(order, keys, high - 2 * step, high - step, high)
    return _median(order, keys, low, middle, high)


def _median(order: list[int], keys: Sequence[int], one: int, two: int, three: int) -> int:
    """Return which of three places has the median; of equals the one that newlib takes."""
    a, b, c = keys[order[one]], keys[order[two]], keys[order[three]]
    if a < b:
        return two if b < c else three if a < c else one
    return two if b > c else one if a < c else three
