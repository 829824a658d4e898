"""A pickle as plain values: its opcodes are followed, but nothing that it names is imported, called or built.

Where pickle would call something, an `Unbuilt` stands in the result: what was to be called, with which arguments, and
what was to be set on it. Whoever reads the result takes out of it what they know.
"""

import pickletools
from dataclasses import dataclass, field
from typing import Any

from n6studio.stages.checkpoint.pickle import MOST_OPCODES, modern_name

MOST_VALUES = 5_000_000  # on the stack at once
_LONGEST_NUMBER = 64  # bytes; torch's magic number has 10


class UnreadablePickle(ValueError):
    """It is cut off, is no pickle, or goes beyond what a checkpoint needs."""


@dataclass(frozen=True)
class Global:
    """A class or function that the pickle names, in today's spelling."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(eq=False)
class Unbuilt:
    """What pickle would have made by a call.

    Attributes:
        callee: what it would have called; a `Global` in any honest file.
        arguments: of the call.
        keywords: of the call, where there are any.
        state: what it would have handed to ``__setstate__`` or merged into ``__dict__``; the last one counts.
        items: (key, value) pairs that it would have set.
        values: what it would have appended or added.
    """

    callee: object
    arguments: tuple[object, ...] = ()
    keywords: object = None
    state: object = None
    items: list[tuple[object, object]] = field(default_factory=list)
    values: list[object] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class Persistent:
    """What lies outside of the pickle: torch names storages of numbers in this way."""

    identity: object


@dataclass(eq=False)
class Mapping:
    """A dictionary in the order of the pickle, the last of equal keys last. Keys need not be hashable."""

    pairs: list[tuple[object, object]] = field(default_factory=list)

    def texts(self) -> dict[str, object]:
        """Return the entries whose keys are texts; of equal keys the last."""
        return {key: value for key, value in self.pairs if isinstance(key, str)}


@dataclass(eq=False)
class Sequence:
    """A list."""

    values: list[object] = field(default_factory=list)


_MARK = object()
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_PUSH_ARGUMENT = {
    "FLOAT", "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "BINFLOAT", "UNICODE", "BINUNICODE",
    "SHORT_BINUNICODE", "BINUNICODE8", "STRING", "BINSTRING", "SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES",
    "BINBYTES8", "BYTEARRAY8",
}  # fmt: skip


def read_plain(data: bytes) -> object:
    """Return what the pickle at the start of `data` describes, as plain values.

    Lists come as `Sequence`, dictionaries as `Mapping`, sets as frozen lists inside an `Unbuilt` of `builtins.set`.
    A value that is referred to twice is the same object twice, and may contain itself: walk with a bound.

    Raises:
        UnreadablePickle.
    """
    machine = _Machine()
    count = 0
    try:
        for opcode, argument, _ in pickletools.genops(data):
            count += 1
            if count > MOST_OPCODES:
                raise UnreadablePickle("it has more steps than any checkpoint")
            if opcode.name == "STOP":
                return machine.pop()
            machine.take(opcode.name, argument)
    except UnreadablePickle:
        raise
    except (ValueError, IndexError, KeyError, OverflowError, TypeError, RecursionError) as error:
        raise UnreadablePickle(f"its description of the model is damaged after {count} steps") from error
    raise UnreadablePickle("its description of the model is cut off")


class _Machine:
    """The stack machine of pickle over plain values."""

    def __init__(self) -> None:
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}

    def pop(self) -> Any:
        value = self._stack.pop()
        if value is _MARK:
            raise UnreadablePickle("its description of the model is damaged")
        return value

    def _push(self, value: object) -> None:
        if len(self._stack) >= MOST_VALUES:
            raise UnreadablePickle("it has more values than any checkpoint")
        self._stack.append(value)

    def _since_mark(self) -> list[Any]:
        for place in range(len(self._stack) - 1, -1, -1):
            if self._stack[place] is _MARK:
                values = self._stack[place + 1 :]
                del self._stack[place:]
                return values
        raise UnreadablePickle("its description of the model is damaged")

    def take(self, name: str, argument: Any) -> None:
        """Follow one opcode."""
        if name in _PUSH_ARGUMENT:
            if isinstance(argument, int) and argument.bit_length() > _LONGEST_NUMBER * 8:
                raise UnreadablePickle("it holds a number larger than any checkpoint needs")
            self._push(argument)
        elif name in _CONSTANTS:
            self._push(_CONSTANTS[name])
        elif name in ("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"):
            value = self._stack[-1]
            if value is _MARK:
                raise UnreadablePickle("its description of the model is damaged")
            self._memo[len(self._memo) if name == "MEMOIZE" else int(argument)] = value
        elif name in ("GET", "BINGET", "LONG_BINGET"):
            self._push(self._memo[int(argument)])
        elif name in ("PROTO", "FRAME"):
            pass
        else:
            getattr(self, f"_{name.lower()}", self._unknown)(argument)

    def _unknown(self, _: Any) -> None:
        raise UnreadablePickle("it uses steps of pickle that no checkpoint needs")

    # --- the stack itself

    def _mark(self, _: Any) -> None:
        self._push(_MARK)

    def _pop(self, _: Any) -> None:
        self._stack.pop()

    def _pop_mark(self, _: Any) -> None:
        self._since_mark()

    def _dup(self, _: Any) -> None:
        self._push(self._stack[-1])

    # --- containers

    def _tuple(self, _: Any) -> None:
        self._push(tuple(self._since_mark()))

    def _empty_tuple(self, _: Any) -> None:
        self._push(())

    def _last(self, count: int) -> None:
        values = [self.pop() for _ in range(count)]
        self._push(tuple(reversed(values)))

    def _tuple1(self, _: Any) -> None:
        self._last(1)

    def _tuple2(self, _: Any) -> None:
        self._last(2)

    def _tuple3(self, _: Any) -> None:
        self._last(3)

    def _list(self, _: Any) -> None:
        self._push(Sequence(self._since_mark()))

    def _empty_list(self, _: Any) -> None:
        self._push(Sequence())

    def _dict(self, _: Any) -> None:
        self._push(Mapping(_pairs(self._since_mark())))

    def _empty_dict(self, _: Any) -> None:
        self._push(Mapping())

    def _empty_set(self, _: Any) -> None:
        self._push(Unbuilt(Global("builtins", "set")))

    def _frozenset(self, _: Any) -> None:
        self._push(Unbuilt(Global("builtins", "frozenset"), values=self._since_mark()))

    def _append(self, _: Any) -> None:
        self._extend([self.pop()])

    def _appends(self, _: Any) -> None:
        self._extend(self._since_mark())

    def _additems(self, _: Any) -> None:
        self._extend(self._since_mark())

    def _extend(self, values: list[Any]) -> None:
        target = self._stack[-1]
        if not isinstance(target, Sequence | Unbuilt):
            raise UnreadablePickle("its description of the model is damaged")
        target.values.extend(values)

    def _setitem(self, _: Any) -> None:
        value, key = self.pop(), self.pop()
        self._set([(key, value)])

    def _setitems(self, _: Any) -> None:
        self._set(_pairs(self._since_mark()))

    def _set(self, pairs: list[tuple[object, object]]) -> None:
        target = self._stack[-1]
        if isinstance(target, Mapping):
            target.pairs.extend(pairs)
        elif isinstance(target, Unbuilt):
            target.items.extend(pairs)
        else:
            raise UnreadablePickle("its description of the model is damaged")

    # --- what would be looked up or called

    def _global(self, argument: str) -> None:
        module, _, name = argument.partition(" ")
        self._push(Global(*modern_name(module, name)))

    def _stack_global(self, _: Any) -> None:
        name, module = self.pop(), self.pop()
        if not isinstance(name, str) or not isinstance(module, str):
            raise UnreadablePickle("it makes up a name while loading")
        self._push(Global(*modern_name(module, name)))

    def _inst(self, argument: str) -> None:
        module, _, name = argument.partition(" ")
        self._push(Unbuilt(Global(*modern_name(module, name)), tuple(self._since_mark())))

    def _obj(self, _: Any) -> None:
        callee, *arguments = self._since_mark()
        self._push(Unbuilt(callee, tuple(arguments)))

    def _reduce(self, _: Any) -> None:
        arguments, callee = self.pop(), self.pop()
        self._push(Unbuilt(callee, _as_tuple(arguments)))

    def _newobj(self, _: Any) -> None:
        self._reduce(None)

    def _newobj_ex(self, _: Any) -> None:
        keywords, arguments, callee = self.pop(), self.pop(), self.pop()
        self._push(Unbuilt(callee, _as_tuple(arguments), keywords))

    def _build(self, _: Any) -> None:
        state, target = self.pop(), self._stack[-1]
        if not isinstance(target, Unbuilt):
            raise UnreadablePickle("its description of the model is damaged")
        target.state = state

    def _persid(self, argument: Any) -> None:
        self._push(Persistent(argument))

    def _binpersid(self, _: Any) -> None:
        self._push(Persistent(self.pop()))


def _pairs(values: list[Any]) -> list[tuple[object, object]]:
    if len(values) % 2:
        raise UnreadablePickle("its description of the model is damaged")
    return list(zip(values[::2], values[1::2], strict=True))


def _as_tuple(value: object) -> tuple[object, ...]:
    if not isinstance(value, tuple):
        raise UnreadablePickle("its description of the model is damaged")
    return value
