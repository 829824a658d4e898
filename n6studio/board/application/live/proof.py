"""Proving after a build that the live stream is in it: from the program's symbols, not from what was asked for.

The linker leaves out what nobody calls. So a wrapped function that is a symbol of the program is called by it, and one
that is missing belongs to an application that does not work as those did that the stream was made for.
"""

from pathlib import Path

from n6studio.board.application.live.symbols import symbols
from n6studio.board.application.live.tree import LiveTree
from n6studio.domain.errors.application import LiveStreamNotLinked
from n6studio.domain.texts import listed

_OWN = ("n6_stream_image", "n6_stream_results", "n6_stream_received")


def require_stream(elf: Path, tree: LiveTree, application: str, log: Path, split: bool = False) -> None:
    """Refuse a program in which a part of the live stream is missing.

    Args:
        elf: the program with symbols.
        tree: how the application carries the stream.
        application: its name and release.
        log: the build's output.
        split: whether the model has a split head, whose outputs other functions read.

    Raises:
        LiveStreamNotLinked: naming what is missing.
        FileMissing, FileUnreadable.
    """
    found = symbols(elf)
    missing = [name for name in tree.wrapped if f"__wrap_{name}" not in found]
    own = (*_OWN, "n6_split_decode" if split else "n6_decode")
    missing = missing or [name for name in own if name not in found]
    if missing:
        raise LiveStreamNotLinked(application=application, missing=listed(missing), log=log)
