"""Versions of tools that are known to need care, with what is done about it. Looked up on 2026-11-25.

A row with a `workaround` is dealt with by the program itself; without one, the version is not used where another is to
be had, and the user is told which.
"""

import datetime
import re
from dataclasses import dataclass

from n6studio.board.compiler.pairs import Version, pairs_of_compiler
from n6studio.board.tools.locations import Tool
from n6studio.board.tools.versions import ToolVersion
from n6studio.domain.states import FindingState

LOOKED_UP = datetime.date(2026, 11, 25)

# First versions that do the job at all.
OLDEST: dict[str, Version] = {
    "stedgeai": (2, 0),
    "programmer": (2, 18),  # first with the STM32N6
    "signing": (2, 18),
    "gcc": (10, 0),  # first with the Cortex-M55
    "make": (4, 0),  # ST's Makefiles write files with $(file ...); macOS still has 3.81
}


@dataclass(frozen=True)
class KnownBad:
    """One row of the table.

    Attributes:
        key: short name.
        tool: which tool.
        first, before: versions concerned, from `first` on and before `before`; None for no end.
        problem: what goes wrong, a sentence.
        workaround: what this program does about it; "" where it can do nothing.
        instead: which version to use where nothing can be done.
        source: who found out.
        boards: keys of the boards concerned; () for all.
    """

    key: str
    tool: Tool
    first: Version
    before: Version | None
    problem: str
    workaround: str
    instead: str = ""
    source: str = ""
    boards: tuple[str, ...] = ()

    def concerns(self, version: Version, board: str = "") -> bool:
        """Return whether a version is one of these, for a board; "" for any."""
        known = version >= self.first and (self.before is None or version < self.before)
        return known and (not self.boards or board in ("", *self.boards))


KNOWN_BAD = (
    KnownBad(
        "signing-align",
        "signing",
        (2, 21),
        None,
        "From 2.21 on, it pads the header to 0x400 only with -align; without padding the board does not boot.",
        "N6 Studio adds -align and checks the result.",
        source="ST community 858909, 872335; zephyr issue 99456",
    ),
    KnownBad(
        "programmer-erase",
        "programmer",
        (2, 20),
        (2, 21),
        "2.20 cannot erase the external flash of the NUCLEO-N657X0-Q.",
        "",
        "STM32CubeProgrammer 2.19, 2.21 or later",
        "ST community 833216, 851611; zephyr issue 99456: on the STM32N6570-DK it works",
        ("nucleo-n657x0-q",),
    ),
    KnownBad(
        "programmer-once",
        "programmer",
        (2, 22),
        (2, 23),
        "2.22 sometimes fails once to erase after a boot loader has set up the flash.",
        "N6 Studio erases a second time.",
        source="reports of users",
    ),
)
UPSTREAM_GCC = KnownBad(
    "gcc-upstream",
    "gcc",
    (0,),
    None,
    "Not ST's build: it rejects -fcyclomatic-complexity, and its C library may lack float_t and PRIx64.",
    "N6 Studio adapts flags and definitions in its copy of the application.",
    source="built with Debian's 12.2.1",
)
# The ST-LINK firmware that the first STM32N6 boards came with (ST community 756404, December 2024).
_FIRST_FIRMWARE = (3, 15)
_FIRMWARE = re.compile(r"V(\d{1,3})J(\d{1,4})")
# Nothing is bad because it is new.
NEWER_CORE = KnownBad(
    "core-newer",
    "stedgeai",
    (0,),
    None,
    "It is not one of the releases that this program knows.",
    "N6 Studio uses it with an application that wants this release, after you allowed that (--allow-newer).",
)


@dataclass(frozen=True)
class Judgement:
    """How a version is: OK, TOO_OLD or KNOWN_BAD, with the rows that concern it.

    `state` is KNOWN_BAD only where no workaround is applied.
    """

    state: FindingState
    rows: tuple[KnownBad, ...]
    wanted: str


def judge(tool: Tool, version: ToolVersion, board: str = "") -> Judgement:
    """Return how a version is fit for the job.

    Args:
        tool: which.
        version: what it says of itself.
        board: key of the board that is meant; "" for no particular one: then what fails on some boards is told only.
    """
    rows = [row for row in KNOWN_BAD if row.tool == tool and row.concerns(version.version, board)]
    if tool == "gcc" and not version.built_by_st:
        rows.append(UPSTREAM_GCC)
    if version.version < OLDEST[tool]:
        return Judgement(FindingState.TOO_OLD, tuple(rows), f"{'.'.join(map(str, OLDEST[tool]))} or later")
    if tool == "stedgeai" and not pairs_of_compiler(version.version):
        rows.append(NEWER_CORE)
    hopeless = next((row for row in rows if not row.workaround and (board or not row.boards)), None)
    state = FindingState.KNOWN_BAD if hopeless else FindingState.OK
    return Judgement(state, tuple(rows), hopeless.instead if hopeless else "")


def firmware_advice(firmware: str) -> str:
    """Return what to do about the firmware of an ST-LINK; "" where nothing is known against it.

    Args:
        firmware: as STM32CubeProgrammer lists it, for example 'V3J15M7'.
    """
    found = _FIRMWARE.match(firmware)
    if found is None or (int(found[1]), int(found[2])) >= _FIRST_FIRMWARE:
        return ""
    first = "V{}J{}".format(*_FIRST_FIRMWARE)
    return (
        f"The ST-LINK firmware {firmware} is older than {first}, with which the first STM32N6 boards came. If "
        "programming fails, update it: STM32CubeProgrammer, Firmware upgrade."
    )
