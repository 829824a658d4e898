"""YAML as plain values: bounded in size, depth and what aliases unfold to; whatever is wrong has a line."""

from pathlib import Path
from typing import Any

import yaml

from n6studio.domain.errors.foreign import Unparsable
from n6studio.domain.texts import bytes_text
from n6studio.gates.files import read_bytes

LARGEST_YAML = 1 << 20  # bytes: PyYAML takes some seconds for as much
DEEPEST = 64  # levels; no file of ours, of ST's or of Ultralytics' has ten
MOST_VALUES = 100_000  # with all that aliases stand for
LONGEST_NUMBER = 40  # digits


def yaml_file(path: Path) -> Any:
    """Return what a YAML file says; see `parsed_yaml`.

    Raises:
        OSError: as for `read_bytes`.
        Unparsable.
    """
    return parsed_yaml(read_bytes(path, LARGEST_YAML))


def parsed_yaml(text: str | bytes) -> Any:
    """Return what a YAML text says: texts, numbers, dates, lists and dictionaries. No code of it is run.

    Args:
        text: of at most `LARGEST_YAML` bytes; bytes are UTF-8, with or without a mark at the beginning.

    Raises:
        Unparsable: naming the line.
    """
    if len(text) > LARGEST_YAML:
        raise Unparsable("YAML", 0, f"it is longer than {bytes_text(LARGEST_YAML)}")
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise Unparsable("YAML", error.object[: error.start].count(b"\n") + 1, "it is not UTF-8 text") from error
    try:
        return yaml.load(text, _Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise Unparsable("YAML", mark.line + 1 if mark else 0, error.problem or "it cannot be parsed") from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise Unparsable("YAML", line, f"the character U+{int(error.character):04X} is not allowed") from error
    except (ValueError, OverflowError, RecursionError, TypeError, yaml.YAMLError) as error:
        raise Unparsable("YAML", 0, "it cannot be parsed") from error


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader with bounds; what its constructors trip over becomes an error with a place."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0
        self._values = [0]  # in each node that is not complete yet, from the outermost
        self._unfolded: dict[int, int] = {}  # of each complete node with an anchor: values in it
        self._compared: set[int] = set()  # mappings whose names were looked at, before merges added others

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
        alias = self.check_event(yaml.AliasEvent)
        if self._depth == DEEPEST:
            raise _fault(mark, f"it is nested more than {DEEPEST} levels deep")
        self._depth += 1
        self._values.append(0)
        node: yaml.Node | None = super().compose_node(parent, index)
        self._depth -= 1
        inside = self._values.pop() + 1
        if alias:
            if id(node) not in self._unfolded:
                raise _fault(mark, "an alias stands for the value that it is in")
            inside = self._unfolded[id(node)]
        self._unfolded[id(node)] = inside
        self._values[-1] += inside
        if self._values[-1] > MOST_VALUES:
            raise _fault(mark, f"it has more than {MOST_VALUES} values, or aliases that stand for as many")
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except (ValueError, KeyError, AttributeError, TypeError, IndexError, OverflowError) as error:
            kind = node.tag.rpartition(":")[2]
            raise _fault(node.start_mark, f"{_shown(node.value)} is no {_KINDS.get(kind, kind)}") from error

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        if id(node) not in self._compared:
            self._compared.add(id(node))
            _require_distinct(node)
        super().flatten_mapping(node)

    def construct_number(self, node: yaml.ScalarNode) -> int | float:
        if len(str(node.value)) > LONGEST_NUMBER:  # Python takes long for thousands of digits, and fails to print them
            raise _fault(node.start_mark, f"a number of more than {LONGEST_NUMBER} digits")
        make = self.construct_yaml_int if node.tag.endswith(":int") else self.construct_yaml_float
        number: int | float = make(node)
        return number


_KINDS = {"int": "whole number", "float": "number", "bool": "true or false", "timestamp": "date", "binary": "base64"}
for _tag in ("int", "float"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_tag}", _Loader.construct_number)


def _require_distinct(node: yaml.MappingNode) -> None:
    """Refuse a name that is given two values, of which PyYAML would take the last without a word."""
    found: dict[tuple[str, str], yaml.Node] = {}
    for name, value in node.value:
        if isinstance(name, yaml.ScalarNode) and name.value != "<<":
            before = found.setdefault((name.tag, name.value), value)
            if (before.tag, _plain(before)) != (value.tag, _plain(value)):
                first = before.start_mark.line + 1
                raise _fault(name.start_mark, f"'{name.value[:40]}' has another value than in line {first}")


def _plain(node: yaml.Node) -> object:
    return node.value if isinstance(node, yaml.ScalarNode) else id(node)


def _fault(mark: yaml.Mark | None, problem: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=mark)


def _shown(value: object) -> str:
    return f"'{value[:40]}'" if isinstance(value, str) else "a list or mapping"
