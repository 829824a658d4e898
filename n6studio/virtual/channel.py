"""How a process of this room talks to whoever started it: JSON lines, some with bytes behind them.

What libraries print goes to standard error. When standard input ends, the starter is gone, and so is the process.
"""

import json
import os
import sys
import threading
from collections.abc import Callable
from typing import Any, BinaryIO

MESSAGE_VERSION = 1
Message = dict[str, Any]


class Channel:
    """The original standard output, for messages only; any thread may tell."""

    def __init__(self) -> None:
        self._out = os.fdopen(os.dup(1), "wb")
        self._lock = threading.Lock()
        os.dup2(2, 1)

    def tell(self, kind: str, data: bytes | memoryview = b"", **fields: Any) -> None:
        """Send one message of a type; `data` follows its line, whose "length" says how much that is.

        Raises:
            OSError: nobody listens any more.
        """
        message = {"type": kind, **fields, **({"length": len(data)} if data else {})}
        line = json.dumps(message, ensure_ascii=False).encode("utf-8", "backslashreplace")
        with self._lock:
            self._out.write(line + b"\n")
            self._out.write(data)
            self._out.flush()


def read_message(source: BinaryIO, most: int) -> tuple[Message, bytes] | None:
    """Return the next message and its data, None at the end.

    Args:
        source: where they come from.
        most: bytes of data that are accepted.

    Raises:
        ValueError: something else than a message, after which nothing can be understood any more.
    """
    line = source.readline()
    if not line:
        return None
    message = json.loads(line)
    if not isinstance(message, dict):
        raise ValueError("not an object")
    length = message.get("length", 0)
    if not isinstance(length, int) or not 0 <= length <= most:
        raise ValueError(f"an invalid length: {length}")
    data = source.read(length)
    return (message, data) if len(data) == length else None


def listen(handle: Callable[[Message], None], ended: Callable[[], None]) -> threading.Thread:
    """Pass every JSON object that arrives on standard input to `handle`, then call `ended`; in a thread of its own."""

    def run() -> None:
        for line in sys.stdin.buffer:
            try:
                message = json.loads(line)
            except ValueError:
                continue
            if isinstance(message, dict):
                handle(message)
        ended()

    thread = threading.Thread(target=run, name="starter", daemon=True)
    thread.start()
    return thread
