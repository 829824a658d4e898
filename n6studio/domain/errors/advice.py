"""An error in words: its remedy filled in for one operating system."""

import platform
from dataclasses import dataclass
from pathlib import PurePath

from n6studio.domain.errors.base import Plain, StudioError
from n6studio.domain.errors.remedy import PerSystem
from n6studio.domain.printable import printable
from n6studio.domain.stage_titles import stage_title

_PATHS = frozenset({"path", "folder", "file", "name", "example", "target", "beside", "data", "model", "member"})


@dataclass(frozen=True)
class Advice:
    """A remedy filled in for one error on one operating system."""

    code: str
    title: str
    why: str
    steps: tuple[str, ...]

    def as_text(self) -> str:
        """Return the advice as lines for a terminal."""
        numbered = [f"  {number}. {step}" for number, step in enumerate(self.steps, 1)]
        return "\n".join([f"{self.title} [{self.code}]", f"  {self.why}", *numbered])


def system_name() -> str:
    """Return 'windows', 'macos' or 'linux'."""
    return {"Windows": "windows", "Darwin": "macos"}.get(platform.system(), "linux")


def advice(error: StudioError, system: str | None = None) -> Advice:
    """Fill in the remedy of `error`.

    Args:
        error: any concrete `StudioError`.
        system: 'windows', 'macos' or 'linux'; None for this machine.
    """
    texts, where = _field_texts(error), system or system_name()

    def fill(template: str | PerSystem) -> str:
        text = template if isinstance(template, str) else str(getattr(template, where))
        return text.format(**texts)

    def steps(template: str | PerSystem) -> list[str]:
        """Return a step; one for each value where the template is nothing but a field with several."""
        values = error.values.get(template[1:-1]) if isinstance(template, str) and template.startswith("{") else None
        return [_as_text(value) for value in values] if isinstance(values, list) else [fill(template)]

    remedy = error.remedy
    shown = (step for template in remedy.steps for step in steps(template))
    return Advice(error.code, fill(remedy.title), fill(remedy.why), tuple(shown))


def short_title(error: StudioError) -> str:
    """Return the title of an error's advice with the file's name in place of its path, for where room is scarce."""
    texts = _field_texts(error)
    texts["path"] = PurePath(texts.get("path", "")).name
    return error.remedy.title.format(**texts)


def _field_texts(error: StudioError) -> dict[str, str]:
    texts = {name: _as_text(value) for name, value in error.values.items()}
    for name in _PATHS & texts.keys():  # a name with line ends must not pass for lines of ours
        texts[name] = texts[name].replace("\n", "\\n").replace("\t", "\\t")
    if "stage" in texts:
        texts["stage"] = stage_title(texts["stage"])
    return texts


def _as_text(value: Plain) -> str:
    if value is None:
        return "an unknown number of"
    if isinstance(value, list):
        return printable(", ".join(str(item) for item in value))
    if isinstance(value, float):
        return f"{value:.4g}"
    return printable(str(value))
