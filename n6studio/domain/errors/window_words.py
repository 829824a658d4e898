"""What an error says in the window: without the command line's words, which its remedy also has for terminals."""

import re

from n6studio.domain.errors.advice import Advice, advice
from n6studio.domain.errors.base import StudioError

_OURS = re.compile(r"n6studio [a-z]|(?<![\w-])--[a-z]|bootstrap\.py")
_FOREIGN = re.compile(r"\b(git|brew|xcode-select|udevadm|gcc|apt|pip)\b")  # programs of others are typed anyway
_DOCTOR = re.compile(r"\bn6studio doctor(?: --[a-z]+(?: KEY)?)?")
_TOOLS_SET = re.compile(r"(?:run: )?n6studio tools set \w+ FOLDER")
_CLAUSES = (
    re.compile(r";? on the command line[,:][^.;]*"),
    re.compile(r" \([^()]*(?:n6studio [a-z]|--[a-z])[^()]*\)"),
    re.compile(r",? or (?:with )?(?:n6studio [a-z][^.;]*|--[a-z][\w-]*(?: [A-Z]+)?)"),
    re.compile(r": (?:n6studio [a-z][^;]*?|--[a-z][\w-]*(?: [\w:]+)?)(?=\.?$|; |\. )"),
    re.compile(r"--[a-z][\w-]* on the command line, or "),
)


def in_window(shown: Advice) -> Advice:
    """Return advice as the window gives it."""
    steps = tuple(step for step in map(window_step, shown.steps) if step)
    return Advice(shown.code, shown.title, window_step(shown.why), steps)


def window_text(error: StudioError) -> str:
    """Return what an error says where the window has a few lines for it, and no card."""
    shown = in_window(advice(error))
    return "\n".join([f"{shown.title}.", shown.why, *shown.steps])


def window_step(text: str) -> str:
    """Return a step without what is for the command line only; "" where nothing is left."""
    if not _OURS.search(text) and "command line" not in text and "In the window" not in text:
        return text
    text = _TOOLS_SET.sub("choose its folder on the Deploy page", text.replace("...", "…"))
    text = _DOCTOR.sub("'Check this computer'", text).replace("Run 'Check", "Open 'Check")
    sentences = [_sentence(one) for one in re.split(r"(?<=[.!?]) +(?=[A-Z'{])", text)]
    return " ".join(one for one in sentences if one)


def _sentence(text: str) -> str:
    if text.startswith("On the command line"):
        return ""
    text = re.sub(r"^In the window[:,] (.)", lambda found: found[1].upper(), text)
    if not _FOREIGN.search(text):
        for clause in _CLAUSES:
            text = clause.sub("", text)
    if _OURS.search(text) and not _FOREIGN.search(text):
        return ""
    return text if not text or text[-1] in ".!?:}" else f"{text}."
