"""What ST's applications print on the serial port when they start: their release, and the model that they run.

Applications of 2026 (getting-started-pose-estimation from v2.3 on, and its siblings of that time) do, with 115200 baud
on the ST-LINK's port; earlier ones print nothing.
"""

import contextlib
import re
from dataclasses import dataclass
from pathlib import Path

from n6studio.board.description import Board
from n6studio.domain.printable import printable
from n6studio.gates.files import read_text

BAUD = 115_200
_MOST = 1 << 20  # bytes of a main.c that are looked at
_APPLICATION = re.compile(
    r"^[ \t]*(STM32N6-GettingStarted-[\w-]+)[ \t]+(\S+)[ \t]*(?:\(([^)\r\n]*)\))?[ \t]*\r?$", re.M
)
_MODEL = re.compile(r"^[ \t]*NN model:[ \t]*([^\r\n]*?)[ \t]*\r?\n", re.MULTILINE)
_PRINTS = re.compile(r"printf\s*\(\s*\"NN model:")


@dataclass(frozen=True)
class Banner:
    """What an application says of itself.

    Attributes:
        application: its name.
        release: its release, as it tells; applications built by hand say "unversioned".
        model: name of the model that it was built with; "" where it did not say so (yet).
    """

    application: str
    release: str
    model: str = ""

    @property
    def message(self) -> str:
        """The same for people."""
        model = f", model {self.model}" if self.model else ""
        return f"{self.application} {self.release}{model}"

    def runs(self, model: str) -> bool:
        """Return whether it says that it runs a model of this name; spelled as C names are, or as files are."""
        return not self.model or not model or _plain(self.model) == _plain(model)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower().removesuffix(".tflite"))


def banner_in(received: bytes) -> Banner | None:
    """Return the last whole banner in what a serial port gave; None where there is none.

    A line that is still on its way does not count: neither its end nor what follows it is known.
    """
    text = received.decode("utf-8", errors="replace")
    found = list(_APPLICATION.finditer(text))
    if not found:
        return None
    last = found[-1]
    model = _MODEL.search(text, last.end())
    parts = [printable(part)[:200] for part in (last[1], last[2], model[1] if model else "")]
    return Banner(*parts)


def announces(root: Path, board: Board) -> bool:
    """Return whether an application's sources print a banner on that board; False where they cannot be read."""
    folder = root / "Application" / board.st.name
    for path in (folder / "Src" / "main.c", root / "Src" / "main.c"):
        with contextlib.suppress(OSError):
            return _PRINTS.search(read_text(path, _MOST, errors="replace")) is not None
    return False
