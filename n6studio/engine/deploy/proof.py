"""Proving that what was programmed runs: by what can be seen from here, and only last by the user's own eyes."""

from dataclasses import dataclass

from n6studio.board.programmer import Programmer
from n6studio.board.running.watch import Evidence, Watch
from n6studio.domain.deploy import Ask, Instruction, Running
from n6studio.domain.texts import listed
from n6studio.engine.deploy.talk import Talk

LISTEN_SECONDS = 10.0  # within which an application that will be seen has been: it boots in less than two
GLANCE_SECONDS = 0.5  # where nothing is expected


@dataclass(frozen=True)
class Expected:
    """What an application is known to show of itself.

    Attributes:
        model: name of the model that it was built with; "" where not known.
        banner: whether it prints one when it starts.
        video: whether it appears as a camera on USB.
        stream: whether it sends the live stream.
    """

    model: str = ""
    banner: bool = False
    video: bool = False
    stream: bool = False


def see_running(programmer: Programmer, watch: Watch | None, expected: Expected, talk: Talk) -> Running:
    """Return what can be said about the application running.

    Args:
        programmer: of the board, which was told to start.
        watch: began before that; None for a board that tells of itself.
        expected: what the application should show.
        talk: the conversation; the person may be asked for a reset, which makes an application print again.

    Raises:
        BoardSilent: it does not run.
        Cancelled.
    """
    result = programmer.running()
    if result is not None:
        result.require_running(programmer.board)
        return Running(True, result.reason, result.remarks)
    if watch is None:
        return _unseen(programmer, Evidence())
    found = watch.wait(_patience(expected, talk), talk.cancel.is_set)
    talk.require_going()
    if not found.proves and expected.banner and found.listened and talk.present:
        talk.wait_for(_reset(programmer, found), lambda: watch.evidence().proves)
        found = watch.wait(GLANCE_SECONDS, talk.cancel.is_set)
    return _said(programmer, found, expected)


def _patience(expected: Expected, talk: Talk) -> float:
    wanted = LISTEN_SECONDS if expected.banner or expected.video or expected.stream else GLANCE_SECONDS
    return wanted if talk.present else min(wanted, talk.patience)


def _reset(programmer: Programmer, found: Evidence) -> Instruction:
    ports = listed(list(found.listened))
    steps = (
        "Press the board's reset button, marked RESET or NRST.",
        f"The application then prints its release and its model; N6 Studio reads them on {ports}.",
    )
    watching = "Waiting for the application's first lines on the serial port."
    return Instruction(Ask.RESET, programmer.board.key, None, "Reset the board", steps, watching)


def _said(programmer: Programmer, found: Evidence, expected: Expected) -> Running:
    if found.banner is not None and not found.banner.runs(expected.model):
        text = f"The application says that it runs another model: {found.banner.message}. Written was {expected.model}."
        return Running(False, text, ("Power-cycle the board. If it says the same again, write everything again.",))
    if found.banner is not None:
        return Running(True, f"The application says on the serial port: {found.banner.message}.")
    if found.stream:
        return Running(True, "The board sends its live stream.")
    if found.video:
        return Running(True, f"The application appeared as {programmer.board.video}.")
    return _unseen(programmer, found)


def _unseen(programmer: Programmer, found: Evidence) -> Running:
    where = programmer.board.video
    text = f"The images boot on this board. N6 Studio cannot see the application running; check {where}."
    remarks = [f"Port {name} could not be opened: {why}." for name, why in found.closed.items()]
    if found.listened:
        remarks.append(f"Nothing was received on {listed(list(found.listened))}.")
    return Running(None, text, tuple(remarks))
