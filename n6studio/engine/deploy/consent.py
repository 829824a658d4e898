"""What writing to a board cannot undo: told with words, bits and consequence, and agreed to before anything is written.

One way for all: deployment, release, flashing a release, and the window. What a release file says of risks counts for
nothing; they follow from the board and from what is written.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from n6studio.board.description import Board
from n6studio.board.images.flash_plan import require_confirmed
from n6studio.domain.deploy import Fuses, Risk, with_fuses
from n6studio.domain.errors.base import StudioError
from n6studio.engine.deploy.reach import programmer_for
from n6studio.engine.deploy.talk import Talk
from n6studio.stages.deploy.stage import DeploySettings


def require_consent(
    risks: Sequence[Risk],
    confirmed: frozenset[str],
    settings: DeploySettings,
    target: Board,
    talk: Talk,
    log: Path | None,
) -> tuple[Fuses, ...]:
    """Tell what cannot be undone, and refuse what nobody agreed to; return what was read of the fuses.

    Fuses are read here only where nobody agreed to burning them: where they are set already, nobody has to.

    Args:
        risks: of what is written.
        confirmed: keys of those that a person agreed to.
        settings: how the board is reached.
        target: the board.
        talk: the conversation.
        log: file that the programmer's output goes to.

    Raises:
        NotConfirmed: with the text of each risk.
        Cancelled.
    """
    fuse_keys = {item.key for item in target.irreversible if item.word is not None}
    asked = [risk for risk in risks if risk.key in fuse_keys - confirmed]
    fuses = _read_fuses(settings, target, talk, log) if asked else ()
    tell_risks((risk for risk in risks if risk.key in confirmed), talk)
    require_confirmed(risks, confirmed, fuses)
    return fuses


def tell_risks(risks: Iterable[Risk], talk: Talk, fuses: Sequence[Fuses] = ()) -> None:
    """Say what can never be undone, in full."""
    for risk in with_fuses(risks, fuses):
        if risk.permanent:
            talk.warn(f"{risk.title} (irreversible): {risk.message}")


def _read_fuses(settings: DeploySettings, target: Board, talk: Talk, log: Path | None) -> tuple[Fuses, ...]:
    try:
        programmer = programmer_for(settings, target)
    except StudioError:
        return ()  # that there is no programmer is told when it is needed
    return programmer.fuses(talk.attendant(lambda _reason: False, log))
