"""A file system that forgets: what can be on the disk after a power cut at any moment of what was done.

`Journal` listens to Python's own audit events (open, rename, link, remove, mkdir, rmdir) and to fsync while code under
test runs, and keeps what each call asked for. `states` then plays every beginning of it on a pessimistic disk:

- contents of a file are there as of its last fsync; a file that was never flushed is there, and empty;
- a name that was made, moved or removed in a folder that was not flushed since may be there already or not yet:
  all of these are tried, none of them, and each left out by itself;
- a rename is never half there.
"""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Op:
    """One call: 'make', 'move', 'link' or 'remove' a name, 'flush' a file's contents, 'settle' a folder's names."""

    kind: str
    path: str
    target: str = ""
    content: bytes | None = None  # None for a folder


@dataclass
class Journal:
    """What was done below `root`, in order."""

    root: Path
    ops: list[Op] = field(default_factory=list)

    def inside(self, path: object) -> str | None:
        try:
            text = os.path.abspath(os.fsdecode(path))  # noqa: PTH100 - links are not followed
        except TypeError:
            return None
        return os.path.relpath(text, self.root) if text.startswith(f"{self.root}{os.sep}") else None


_journals: list[Journal] = []


def _listen(event: str, arguments: tuple) -> None:
    if not _journals:
        return
    journal = _journals[-1]
    if event == "open" and isinstance(arguments[0], str | bytes):
        name, flags = journal.inside(arguments[0]), arguments[2] or 0
        if name and flags & os.O_CREAT and not os.path.lexists(arguments[0]):
            journal.ops.append(Op("make", name, content=b""))
        elif name and flags & os.O_TRUNC:
            journal.ops.append(Op("flush", name, content=b""))
    elif event == "os.mkdir" and (name := journal.inside(arguments[0])) and not os.path.lexists(arguments[0]):
        journal.ops.append(Op("make", name))
    elif event == "os.rename":
        source, target = journal.inside(arguments[0]), journal.inside(arguments[1])
        if source and target:
            journal.ops.append(Op("move", source, target))
    elif event == "os.link" and not os.path.lexists(arguments[1]):
        source, target = journal.inside(arguments[0]), journal.inside(arguments[1])
        if source and target:
            journal.ops.append(Op("link", source, target))
    elif event in ("os.remove", "os.rmdir") and arguments[1] in (-1, None) and (name := journal.inside(arguments[0])):
        journal.ops.append(Op("remove", name))


sys.addaudithook(_listen)


@contextmanager
def listening(root: Path) -> Iterator[Journal]:
    """Keep what is done below `root` while the block runs."""
    journal, flush = Journal(root.resolve()), os.fsync

    def told(descriptor: int) -> None:
        flush(descriptor)
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        if name := journal.inside(path):
            journal.ops.append(Op("settle", name) if path.is_dir() else Op("flush", name, content=path.read_bytes()))
        elif path == journal.root:
            journal.ops.append(Op("settle", "."))

    os.fsync = told
    _journals.append(journal)
    try:
        yield journal
    finally:
        _journals.pop()
        os.fsync = flush


Tree = dict[str, bytes | None]  # path -> contents, None for a folder


def tree_of(root: Path) -> Tree:
    """Return what lies below a folder."""
    return {path.relative_to(root).as_posix(): None if path.is_dir() else path.read_bytes() for path in root.rglob("*")}


Change = tuple[int, str, int | None]  # in this folder this name stands for that file or folder, or for none


class _Disk:
    """What is on the disk for certain, and which names may have changed as well. Folders and files are numbers."""

    def __init__(self, before: Tree) -> None:
        self.seen: dict[int, dict[str, int]] = {0: {}}  # names as the running program sees them
        self.certain: dict[int, dict[str, int]] = {0: {}}
        self.contents: dict[int, bytes] = {}  # as of the last flush
        self.pending: list[list[Change]] = []
        for path, content in sorted(before.items()):
            self._make(path, content)
        self.certain = {folder: dict(names) for folder, names in self.seen.items()}
        self.pending = []

    def _find(self, path: str) -> int:
        node = 0
        for name in [] if path == "." else path.split("/"):
            node = self.seen[node][name]
        return node

    def _place(self, path: str) -> tuple[int, str]:
        folder, _, name = path.rpartition("/")
        return self._find(folder or "."), name

    def _make(self, path: str, content: bytes | None) -> None:
        folder, name = self._place(path)
        node = len(self.seen) + len(self.contents)
        if content is None:
            self.seen[node], self.certain[node] = {}, {}
        else:
            self.contents[node] = content
        self._change([(folder, name, node)])

    def _change(self, changes: list[Change]) -> None:
        self.pending.append(changes)
        _set(self.seen, changes)

    def do(self, op: Op) -> None:
        """Take in one call. One that failed, as a look at something that is not there, changes nothing."""
        try:
            if op.kind == "make":
                self._make(op.path, op.content)
            elif op.kind == "flush":
                self.contents[self._find(op.path)] = op.content or b""
            elif op.kind == "remove":
                self._find(op.path)
                self._change([(*self._place(op.path), None)])
            elif op.kind == "link":
                self._change([(*self._place(op.target), self._find(op.path))])
            elif op.kind == "move":
                node = self._find(op.path)
                self._change([(*self._place(op.path), None), (*self._place(op.target), node)])
            else:
                folder = self._find(op.path)
                for changes in [one for one in self.pending if any(place == folder for place, _, _ in one)]:
                    self._settle(changes)
        except KeyError:
            return

    def _settle(self, changes: list[Change]) -> None:
        """Make these changes certain; what was pending for the same names before is past."""
        _set(self.certain, changes)
        names = {(folder, name) for folder, name, _ in changes}
        at = next(place for place, one in enumerate(self.pending) if one is changes)
        past = [one for one in self.pending[:at] if all((folder, name) in names for folder, name, _ in one)]
        self.pending = [one for one in self.pending if one is not changes and not any(one is other for other in past)]

    def tree(self, also: list[list[Change]]) -> Tree:
        """Return what is there if these changes came through besides."""
        names = {folder: dict(inside) for folder, inside in self.certain.items()}
        for changes in also:
            _set(names, changes)
        found: Tree = {}
        waiting = [("", 0)]
        while waiting:
            path, folder = waiting.pop()
            for name, node in names[folder].items():
                inner = f"{path}{name}"
                found[inner] = None if node in names else self.contents[node]
                if node in names:
                    waiting.append((f"{inner}/", node))
        return found


def _set(names: dict[int, dict[str, int]], changes: list[Change]) -> None:
    for folder, name, node in changes:
        if node is None:
            names[folder].pop(name, None)
        else:
            names[folder][name] = node


def states(before: Tree, ops: list[Op]) -> Iterator[tuple[str, Tree]]:
    """Yield all that can be on the disk, with a word on when, after a power cut at some moment of `ops`."""
    disk = _Disk(before)
    known: set[frozenset[tuple[str, bytes | None]]] = set()
    for done in range(len(ops) + 1):
        pending = disk.pending
        for also in [pending, [], *([two for two in pending if two is not one] for one in pending)]:
            tree = disk.tree(also)
            if (contents := frozenset(tree.items())) not in known:
                known.add(contents)
                yield f"after {done} of {len(ops)} calls, with {len(also)} of {len(pending)} names", tree
        if done < len(ops):
            disk.do(ops[done])


def ends(ops: list[Op], before: Tree | None = None) -> Iterator[Tree]:
    """Yield all that can be on the disk when all of `ops` was done: what a program said to be written must be there."""
    disk = _Disk(before or {})
    for op in ops:
        disk.do(op)
    for also in [disk.pending, [], *([two for two in disk.pending if two is not one] for one in disk.pending)]:
        yield disk.tree(also)


def lay_out(tree: Tree, root: Path) -> Path:
    """Write a tree into the empty folder `root`."""
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    for path, content in sorted(tree.items()):
        if content is None:
            (root / path).mkdir(parents=True, exist_ok=True)
        else:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(content)
    return root
