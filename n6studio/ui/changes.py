"""What a project was before its last changes, to take them back."""

import time
from dataclasses import dataclass, field

from n6studio.domain.project import Project

MOST = 200
TOGETHER_SECONDS = 0.8  # a slider that is moved is one change


@dataclass
class Changes:
    """The project's earlier states, and those that were taken back."""

    _earlier: list[Project] = field(default_factory=list)
    _later: list[Project] = field(default_factory=list)
    _last: tuple[tuple[str, ...], float] = ((), 0.0)

    def add(self, before: Project, what: tuple[str, ...]) -> None:
        """Remember what the project was before fields `what` of it changed."""
        now = time.monotonic()
        if not (self._earlier and self._last[0] == what and now - self._last[1] < TOGETHER_SECONDS):
            self._earlier = [*self._earlier[1 - MOST :], before]
        self._last, self._later = (what, now), []

    def undone(self, now: Project) -> Project | None:
        """Return what the project was before its last change; None where nothing is known."""
        if not self._earlier:
            return None
        self._later.append(now)
        self._last = ((), 0.0)
        return self._earlier.pop()

    def redone(self, now: Project) -> Project | None:
        """Return what was taken back last; None where nothing was."""
        if not self._later:
            return None
        self._earlier.append(now)
        return self._later.pop()
