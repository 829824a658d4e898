"""What a pickle refers to, found by reading its opcodes. Nothing in it is imported, called or built."""

import pickletools
import re
from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from dataclasses import dataclass, field
from typing import Any

UNREADABLE = ("?", "a name made up while loading")
_VERSION = re.compile(r"\d+\.\d+\.\d+\w*")
# More objects than any checkpoint has on the stack at once: a guard against files made to exhaust memory.
_DEEPEST_STACK = 5_000_000
MOST_OPCODES = 1_000_000  # a checkpoint of the largest networks has some 150,000


@dataclass
class PickleFacts:
    """What reading a pickle's opcodes revealed.

    Attributes:
        names: (module, name) of every class or function it refers to, in order of first mention, today's spelling.
        strings: text values by the text that was pushed right before them: keys of dictionaries, mostly. First wins.
        complete: whether it ended with STOP; False where it is cut off or turns into something else.
        length: bytes up to and including STOP.
    """

    names: list[tuple[str, str]] = field(default_factory=list)
    strings: dict[str, str] = field(default_factory=dict)
    complete: bool = False
    length: int = 0

    def version(self) -> str | None:
        """Return the text stored under "version", if it looks like one."""
        text = self.strings.get("version", "")
        return text if _VERSION.fullmatch(text) else None


def read_pickle(data: bytes) -> PickleFacts:
    """Return what the pickle at the start of `data` refers to; what precedes a fault is reported, too.

    A stack machine follows the texts that STACK_GLOBAL takes its module and name from, through the memo and past
    POP and DUP, so that no detour hides them; a name that is no plain text is reported as `UNREADABLE`.
    """
    reader = _Reader()
    try:
        for count, (opcode, argument, position) in enumerate(pickletools.genops(data)):
            if count >= MOST_OPCODES:
                raise ValueError("more steps than any checkpoint has")
            reader.take(opcode, argument)
            if opcode.name == "STOP":
                reader.facts.complete, reader.facts.length = True, (position or 0) + 1
    except (ValueError, IndexError, KeyError, OverflowError):
        pass  # cut off, or not a pickle: `complete` stays False
    return reader.facts


def read_pickles(data: bytes, most: int = 8) -> list[PickleFacts]:
    """Return the facts of up to `most` pickles that follow one another at the start of `data`."""
    found: list[PickleFacts] = []
    while data and len(found) < most:
        facts = read_pickle(data)
        found.append(facts)
        if not facts.complete:
            break
        data = data[facts.length :]
    return found


class _Reader:
    """Follows texts over the pickle machine's stack; everything else is None there."""

    def __init__(self) -> None:
        self.facts = PickleFacts()
        self._stack: list[Any] = []
        self._marks: list[int] = []
        self._memo: dict[int, Any] = {}
        self._last_text: str | None = None

    def take(self, opcode: Any, argument: Any) -> None:
        """Follow one opcode."""
        name = opcode.name
        if name in ("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"):
            index = len(self._memo) if name == "MEMOIZE" else int(argument)
            self._memo[index] = self._stack[-1]
            return  # a text stays "the last text" when it is memoised
        text: str | None = None
        if name == "MARK":
            self._marks.append(len(self._stack))
        elif name in ("GET", "BINGET", "LONG_BINGET"):
            text = self._push(self._memo[int(argument)])
        elif name == "DUP":
            text = self._push(self._stack[-1])
        elif name == "POP" and self._marks and self._marks[-1] == len(self._stack):
            self._marks.pop()  # POP may take a mark, too
        elif name == "STACK_GLOBAL":
            attribute, module = self._stack.pop(), self._stack.pop()
            self._refer(module, attribute)
            self._push(None)
        else:
            text = self._take_by_table(opcode, argument)
        if text is not None and self._last_text is not None:
            self.facts.strings.setdefault(self._last_text, text)
        self._last_text = text

    def _take_by_table(self, opcode: Any, argument: Any) -> str | None:
        """Follow an opcode by what `pickletools` says it takes and leaves; return the text it pushed."""
        if opcode.name in ("GLOBAL", "INST"):
            module, _, attribute = argument.partition(" ")
            self._refer(module, attribute)
        elif opcode.name in ("EXT1", "EXT2", "EXT4"):
            self._refer("copyreg", f"extension {argument}")
        before = list(opcode.stack_before)
        if pickletools.markobject in before:
            place = before.index(pickletools.markobject)
            del self._stack[self._marks.pop() :]
            before = before[:place]
        if before:
            if len(before) > len(self._stack):
                raise ValueError("stack is empty")
            del self._stack[-len(before) :]
        text: str | None = None
        for _ in opcode.stack_after:
            text = self._push(argument if isinstance(argument, str) and _pushes_text(opcode.name) else None)
        return text

    def _push(self, value: Any) -> str | None:
        if len(self._stack) >= _DEEPEST_STACK:
            raise ValueError("stack too deep")
        self._stack.append(value)
        return value if isinstance(value, str) else None

    def _refer(self, module: Any, attribute: Any) -> None:
        if not isinstance(module, str) or not isinstance(attribute, str):
            found = UNREADABLE
        else:
            found = modern_name(module, attribute)
        if found not in self.facts.names:
            self.facts.names.append(found)


def _pushes_text(opcode: str) -> bool:
    return opcode.endswith(("UNICODE", "UNICODE8", "STRING"))


def modern_name(module: str, name: str) -> tuple[str, str]:
    """Return today's (module, name) of what an old pickle calls by its Python 2 name."""
    if (module, name) in NAME_MAPPING:
        module, name = NAME_MAPPING[module, name]
    return IMPORT_MAPPING.get(module, module), name
