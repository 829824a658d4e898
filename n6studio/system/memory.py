"""Memory that was freed and that the C library keeps for later."""

import ctypes
import sys


def give_back_memory() -> bool:
    """Give memory that is free back to the system; return whether this system's C library can.

    Images that come and go on several threads leave glibc's heaps full of holes: half a megabyte a minute at 30
    frames/s, without anything that is in use having grown. Takes some milliseconds; call it off the GUI thread.
    """
    if sys.platform != "linux":
        return False
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (OSError, AttributeError):  # another C library, such as musl
        return False
    return True
