"""What a setting is: a field of a frozen dataclass with its default, its texts, and what it may be.

The classes lie beside the stages and processes that they belong to. The command line, the window's forms, the project
file and the documentation draw from them; nothing else knows a default or a label.
"""

import dataclasses
import math
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from n6studio.domain.errors.settings import SettingInvalid
from n6studio.domain.model.input_size import FORMS, InputSize
from n6studio.domain.texts import counted

S = TypeVar("S")

LONGEST_NAME_PART = 80  # bytes; a file's name has several parts and may have 255 in all
_NOT_IN_FILE_NAMES = '/\\:*?"<>|'
_ABOUT = "setting"
_MOST_BITS = 63  # of a whole number, so that it can be written as JSON
_TRUTHS = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}

RESIZES = ("stretch", "crop", "letterbox")


@dataclass(frozen=True)
class _About:
    """What the class that has a setting says of it; see `setting`."""

    label: str
    help: str
    unit: str
    zero: str
    choices: tuple[Any, ...]
    minimum: float | None
    maximum: float | None
    file_name: bool
    own: bool
    flag: str
    formerly: tuple[str, ...]
    former_flags: tuple[str, ...]
    later: bool
    before: Any


def setting(
    default: Any,
    label: str,
    help_text: str,
    *,
    unit: str = "",
    zero: str = "",
    choices: tuple[Any, ...] = (),
    minimum: float | None = None,
    maximum: float | None = None,
    file_name: bool = False,
    own: bool = False,
    flag: str = "",
    formerly: tuple[str, ...] = (),
    former_flags: tuple[str, ...] = (),
    later: bool = False,
    before: Any = None,
) -> Any:
    """Return a field of a settings class.

    Args:
        default: its default.
        label: what a form calls it; a noun in sentence case.
        help_text: what it does, for the command line and the tool tip; begins in lower case, without a full stop.
        unit: of a number: 'px', 'ms'...
        zero: what the number 0 stands for, such as 'all images'; "" where 0 is a number like any other.
        choices: the only values that it may take; () for any.
        minimum: of a number, or of each side of a size.
        maximum: of the same.
        file_name: whether its text becomes part of a file's name.
        own: whether it says what runs or is written on the user's computer, so that only the user sets it; a
            project's file can ask for it (`Project.wishes`).
        flag: its option on the command line, where that is not its name.
        formerly: names that it had in earlier releases, the latest first; files and commands with them still work, and
            results are recorded under the first that it ever had.
        former_flags: options of earlier releases, when it was called the same; commands with them still work.
        later: whether it came after the first release; then results keep it only where it is not what was done before,
            so that those from before stay fresh.
        before: what was done before it came; None where that is its default.
    """
    about = _About(
        label, help_text, unit, zero, choices, minimum, maximum, file_name, own, flag, formerly, former_flags, later,
        before,
    )  # fmt: skip
    return dataclasses.field(default=default, metadata={_ABOUT: about})


@dataclass(frozen=True)
class Setting(_About):
    """One setting of a class: its name, type and default, and what `setting` was told of it."""

    name: str
    kind: Any
    default: Any

    @property
    def option(self) -> str:
        """Its option on the command line."""
        return self.flag or _option(self.name)

    @property
    def former_options(self) -> tuple[str, ...]:
        """Its options on the command line of earlier releases."""
        return (*(_option(name) for name in self.formerly), *self.former_flags)

    @property
    def recorded(self) -> str:
        """The name under which results keep it: the first that it ever had."""
        return self.formerly[-1] if self.formerly else self.name

    @property
    def unsaid(self) -> Any:
        """The value that it had for results that do not record it, as plain data."""
        return plain_value(self.default if self.before is None else self.before)

    @property
    def is_list(self) -> bool:
        """Whether it is a list of texts."""
        return typing.get_origin(self.kind) is tuple

    @property
    def allowed(self) -> str:
        """Which values it takes, in words."""
        if self.is_list:
            return "a list of texts"
        if self.choices:
            return ", ".join(str(choice) for choice in self.choices)
        if self.file_name:
            return f"a text of at most {LONGEST_NAME_PART} bytes without {' '.join(_NOT_IN_FILE_NAMES)}"
        kind = {int: "an integer", float: "a number", bool: "true or false", str: "a text"}.get(self.kind, "a value")
        if self.kind is InputSize:
            return f"{FORMS}; each from {self.minimum:g} to {self.maximum:g}"
        if self.minimum is not None and self.maximum is not None:
            return f"{kind} from {self.minimum:g} to {self.maximum:g}"
        return kind if self.minimum is None else f"{kind} of at least {self.minimum:g}"

    @property
    def noun(self) -> str:
        """Its label as it stands inside a sentence: 'input size', and 'NMS IoU threshold' all the same."""
        return self.label if self.label[1:2].isupper() else self.label[:1].lower() + self.label[1:]

    def shown(self, value: Any) -> str:
        """Return a value as a sentence says it: '256 px', 'on', 'all images' where 0 stands for them, '3 entries'."""
        if isinstance(value, bool):
            return "on" if value else "off"
        if isinstance(value, list | tuple) and not isinstance(value, InputSize):  # it can have thousands
            return counted(len(value), "entry", "entries") if value else "none"
        if value is None:
            return "not set"
        if value == 0 and self.zero:
            return self.zero
        return f"{value} {self.unit}".rstrip() or "empty"

    def parsed(self, text: str) -> Any:
        """Return a typed text as a value; what cannot be one stays a text, which `checked` refuses.

        A list's items stand between commas.
        """
        if self.is_list:
            return [item for item in text.split(",") if item]
        if self.kind is bool:
            return _TRUTHS.get(text.lower(), text)
        if self.kind is InputSize:
            return text
        try:
            return self.kind(text)
        except ValueError:
            return text

    def checked(self, value: Any) -> Any:
        """Return a value as the setting holds it.

        Raises:
            SettingInvalid: it is of the wrong type, outside the choices or the range.
        """
        if self.is_list:
            if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
                raise self._refused(str(value))
            return tuple(value)
        if self.kind is InputSize:
            return self._checked_size(value)
        if self.kind is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if not isinstance(value, self.kind) or (isinstance(value, bool) and self.kind is not bool):
            raise self._refused(value)
        if self.choices and value not in self.choices:
            raise self._refused(value)
        low, high = self.minimum, self.maximum
        if (low is not None and not value >= low) or (high is not None and not value <= high):
            raise self._refused(value)
        if isinstance(value, float) and not math.isfinite(value):
            raise self._refused(value)
        if isinstance(value, int) and value.bit_length() > _MOST_BITS:
            raise self._refused(value)
        if self.file_name and not _fits_a_file_name(str(value)):
            raise self._refused(value)
        return value

    def _checked_size(self, value: Any) -> InputSize:
        try:
            size = value if isinstance(value, InputSize) else InputSize.parse(value)
        except ValueError:
            raise self._refused(value) from None
        low, high = self.minimum or 1, self.maximum or math.inf
        if not low <= min(size) <= max(size) <= high:
            raise self._refused(size.plain)
        return size

    def _refused(self, value: Any) -> SettingInvalid:
        shown = "empty" if value is None or value == "" else value
        return SettingInvalid(name=self.name, value=shown, allowed=self.allowed)


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


def _fits_a_file_name(text: str) -> bool:
    """Whether `text` may be part of a file's name on every system."""
    return text.isprintable() and not set(text) & set(_NOT_IN_FILE_NAMES) and len(text.encode()) <= LONGEST_NAME_PART


def settings_of(cls: type[Any]) -> tuple[Setting, ...]:
    """Return all settings of a settings class, in order.

    Raises:
        TypeError: a field was not made by `setting`.
    """
    kinds = typing.get_type_hints(cls)
    found = []
    for field in dataclasses.fields(cls):
        about = field.metadata.get(_ABOUT)
        if not isinstance(about, _About):
            raise TypeError(f"{cls.__name__}.{field.name} is not made by setting(...), so it has no label and no help")
        found.append(Setting(**vars(about), name=field.name, kind=kinds[field.name], default=field.default))
    return tuple(found)


def named(cls: type[Any], name: str) -> Setting | None:
    """Return the setting of a class that has a name, or had it in an earlier release; None where there is none."""
    return next((one for one in settings_of(cls) if name in (one.name, *one.formerly)), None)


def from_mapping(cls: type[S], values: Mapping[str, Any]) -> S:
    """Return checked settings of class `cls` from plain values; missing ones take their defaults.

    Names of earlier releases are understood.

    Raises:
        SettingInvalid: an unknown name, a value of the wrong type, outside its choices or its range.
    """
    known = settings_of(cls)
    by_name = {name: one for one in known for name in (one.name, *one.formerly)}
    for name in values:
        if name not in by_name:
            raise SettingInvalid(name="setting", value=name, allowed=", ".join(one.name for one in known) or "none")
    ordered = sorted(values, key=lambda name: name == by_name[name].name)  # where both are there, today's name counts
    return cls(**{by_name[name].name: by_name[name].checked(values[name]) for name in ordered})


def without_own(settings: S) -> tuple[S, dict[str, str]]:
    """Return settings with those that only the user sets at their defaults, and what these were where they differ.

    A file can ask for a path, which the user may allow; what is no text, such as a consent, it cannot even ask for.
    """
    own = {one.name: getattr(settings, one.name) for one in settings_of(type(settings)) if one.own}
    defaults = {one.name: one.default for one in settings_of(type(settings)) if one.own}
    kept: S = type(settings)(**{**vars(settings), **defaults})
    return kept, {name: value for name, value in own.items() if isinstance(value, str) and value != defaults[name]}


def plain_values(settings: Any) -> dict[str, Any]:
    """Return a settings object as values that JSON and YAML give back unchanged; `from_mapping` reads them."""
    return {field.name: plain_value(getattr(settings, field.name)) for field in dataclasses.fields(settings)}


def plain_value(value: Any) -> Any:
    """Return a setting's value as JSON and YAML give it back unchanged."""
    if isinstance(value, InputSize):
        return value.plain
    return list(value) if isinstance(value, tuple) else value


def unsaid_values(cls: type[Any]) -> dict[str, Any]:
    """Return, of settings that came later, what they were for results that do not record them, as these name them."""
    return {one.recorded: one.unsaid for one in settings_of(cls) if one.later}


def from_recorded(cls: type[S], recorded: Mapping[str, Any]) -> S:
    """Return the settings that `recorded_values` made these values of, in this release or an earlier one.

    Raises:
        SettingInvalid: as `from_mapping`.
    """
    return from_mapping(cls, {**unsaid_values(cls), **recorded})


def recorded_values(settings: Any) -> dict[str, Any]:
    """Return the same under the names that settings had first, by which results are told apart.

    So a setting can get a better name, and a later one can come, and results of earlier releases stay fresh.
    """
    values = plain_values(settings)
    return {
        one.recorded: values[one.name]
        for one in settings_of(type(settings))
        if not (one.later and values[one.name] == one.unsaid)
    }


def changed_settings(settings: Any, recorded: Mapping[str, Any]) -> list[tuple[Setting, Any, Any]]:
    """Return each setting that is not what a result recorded, with its value then and now, as plain data.

    Args:
        settings: those of now.
        recorded: what `recorded_values` returned then; see `Setting.unsaid` for a setting that is not in it.
    """
    now = plain_values(settings)
    pairs = [(one, recorded.get(one.recorded, one.unsaid), now[one.name]) for one in settings_of(type(settings))]
    return [(one, then, value) for one, then, value in pairs if then != value]
