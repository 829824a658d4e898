"""What all failures that a user can meet have in common.

An error is a class of typed fields (path, size, name...), never a finished sentence; its remedy stands beside them.
`advice.py` fills a remedy in, once for the window, the command line and the log; `registry.py` brings errors across the
process border. Foreign exceptions are translated where they are caught, with ``raise ... from``.
"""

import enum
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import ClassVar, Self, TypeAlias, TypedDict, TypeVar, dataclass_transform

from n6studio.domain.errors.remedy import Remedy

E = TypeVar("E", bound="StudioError")
Plain: TypeAlias = "str | int | float | list[Plain] | None"
"""What a field is as JSON."""


class ExitCode(enum.IntEnum):
    """What the command line returns. Stable: scripts rely on it."""

    OK = 0
    BUG = 1
    USAGE = 2
    INPUT = 3
    ENVIRONMENT = 4
    STAGE_DIED = 5
    CHECK_FAILED = 6
    STORAGE = 7
    BUSY = 8
    DEPLOY = 9
    LINK = 10
    CANCELLED = 130


class ErrorMessage(TypedDict):
    """An error as JSON."""

    code: str
    fields: dict[str, Plain]


@dataclass_transform(eq_default=False, kw_only_default=True)
@dataclass(eq=False, repr=False, kw_only=True)
class StudioError(Exception):
    """Base of all expected failures; every subclass becomes a dataclass with keyword-only fields by itself.

    A concrete error has a `code` of its own, an `exit_status`, fields that survive JSON (text, paths, numbers, tuples
    of text) and a `remedy` whose templates name those fields.
    """

    code: ClassVar[str] = ""
    exit_status: ClassVar[ExitCode] = ExitCode.BUG
    remedy: ClassVar[Remedy]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        dataclass(eq=False, repr=False, kw_only=True)(cls)

    def __post_init__(self) -> None:
        super().__init__(", ".join(f"{name}={value}" for name, value in self.values.items()) or self.code)

    @property
    def values(self) -> dict[str, Plain]:
        """The fields by name, JSON-ready: paths as text, tuples as lists."""
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)}

    @property
    def log_path(self) -> str:
        """The log that tells more, '' where there is none."""
        return str(self.values.get("log") or "")

    def with_log(self, log: str) -> Self:
        """Return the error with another log; only for one that has a field `log`."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return type(self)(**{**given, "log": log})

    def __reduce__(
        self,
    ) -> tuple[Callable[[type[Self], dict[str, object]], Self], tuple[type[Self], dict[str, object]]]:
        """Let it be pickled: an exception is otherwise made anew of its arguments by place, and these have names."""
        return _again, (type(self), {field.name: getattr(self, field.name) for field in fields(self)})

    def to_message(self) -> ErrorMessage:
        """Return the error as it crosses the process border."""
        return {"code": self.code, "fields": self.values}


def _again(kind: type[E], given: dict[str, object]) -> E:
    return kind(**given)


def _plain(value: object) -> Plain:
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    return str(value)


class InputError(StudioError):
    """Something about a file or a setting that the user chose."""

    exit_status = ExitCode.INPUT


class DeployError(StudioError):
    """Something about the way onto the board."""

    exit_status = ExitCode.DEPLOY
