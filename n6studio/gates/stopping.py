"""How long reading is stopped half-way: whoever does the work says how it is asked, and every gate's loop asks."""

import contextlib
import contextvars
from collections.abc import Callable, Iterator

_ASK: contextvars.ContextVar[Callable[[], None] | None] = contextvars.ContextVar("ask", default=None)


@contextlib.contextmanager
def stopped_by(ask: Callable[[], None]) -> Iterator[None]:
    """Let `ask`, which raises what stops the work, be called while files are read or hashed in this thread."""
    token = _ASK.set(ask)
    try:
        yield
    finally:
        _ASK.reset(token)


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Let nothing stop what is read here: a state of our own, without which half-done work cannot be ended in order."""
    token = _ASK.set(None)
    try:
        yield
    finally:
        _ASK.reset(token)


def go_on() -> None:
    """Return where the work may go on.

    Raises:
        StudioError: whatever `stopped_by` was given raises, Cancelled for example.
    """
    ask = _ASK.get()
    if ask is not None:
        ask()
