"""Keeps None, True and False alive under PySide6 6.12 on Python 3.11.

PySide6 6.12's wheel returns None, True and False as Python 3.12 allows: without counting the reference, since there
these objects are immortal. Python 3.11 does count, so every call of a Qt function that returns nothing takes one
reference of None away, and after some ten thousand calls - seconds of painting - the interpreter ends with
"none_dealloc: deallocating None". Giving them references that no program can use up is what 3.12 does by itself.
"""

import ctypes
import sys

_PLENTY = 1 << 60


def make_immortal() -> None:
    """Give the singletons so many references that their loss is never noticed; does nothing from Python 3.12 on."""
    if sys.implementation.name != "cpython" or sys.version_info >= (3, 12):
        return
    for thing in (None, True, False, NotImplemented):
        count = ctypes.c_ssize_t.from_address(id(thing))  # the first field of every object
        if count.value < _PLENTY // 2:
            count.value += _PLENTY
