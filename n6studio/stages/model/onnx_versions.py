"""Files that ONNX Runtime refuses because they are older or newer than what it knows, and not because of damage."""

import re

_TEXTS = (
    (
        r"Unsupported model IR version: (\d+), max supported IR version: (\d+)",
        "has IR version {0}, of at most {1} here",
    ),
    (r"Opset (\d+) is under development", "is for operator set {0}, newer than any that is known here"),
    (
        r"Could not find an implementation for (\w+)\((\d+)\)",
        "has the operation {0} of operator set {1}, which is not computed here for such numbers",
    ),
    (
        r"No Op registered for (\w+) with domain_version of (-?\d+)",
        "has the operation {0}, which its operator set {1} does not have",
    ),
)


def what_is_not_known(text: str) -> str:
    """Return what ONNX Runtime lacks by its own words, as the end of a sentence: "has IR version 31, ..."; or ""."""
    for pattern, words in _TEXTS:
        if found := re.search(pattern, text):
            return f"it {words.format(*found.groups())}"
    return ""
