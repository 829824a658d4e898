"""A mailbox of one: the newest wins."""

import threading
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Mailbox(Generic[Item]):
    """Holds the newest item until somebody takes it. From any thread."""

    def __init__(self) -> None:
        self._filled = threading.Condition()
        self._item: Item | None = None
        self._closed = False

    def put(self, item: Item) -> bool:
        """Put `item` in; return whether an older one that nobody took had to go for it."""
        with self._filled:
            overtaken = self._item is not None
            self._item = item
            self._filled.notify()
        return overtaken

    def take(self, timeout: float = 0.0) -> Item | None:
        """Return the newest item and empty the mailbox; None if none comes within `timeout` seconds, or ever."""
        with self._filled:
            if self._item is None and timeout > 0 and not self._closed:
                self._filled.wait_for(lambda: self._item is not None or self._closed, timeout)
            item, self._item = self._item, None
        return item

    def close(self) -> None:
        """Let whoever waits go; nothing waits any more."""
        with self._filled:
            self._closed = True
            self._filled.notify_all()
