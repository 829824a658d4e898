"""What goes wrong with updates. Codes N6S-U."""

from n6studio.domain.errors.remedy import PerSystem, Remedy
from n6studio.domain.errors.stages import MachineError

_PROXY = PerSystem(
    "Behind a proxy, set the environment variable HTTPS_PROXY to its address and start N6 Studio again.",
    "Behind a proxy, start N6 Studio from a terminal: HTTPS_PROXY=http://PROXY:PORT n6studio.",
    "Behind a proxy, start N6 Studio from a terminal: HTTPS_PROXY=http://PROXY:PORT n6studio.",
)


class UpdatesNotNamed(MachineError):
    """This build knows no place for updates."""

    code = "N6S-U01"
    remedy = Remedy(
        "This build of N6 Studio names no place for updates",
        "Whoever built it gave it none, so there is nothing to look at.",
        ("Get a newer installer from where you got this one. In a clone, pull the repository's changes.",),
    )


class UpdateUnreachable(MachineError):
    """The place of updates does not answer, or not to the end."""

    code = "N6S-U02"
    place: str
    reason: str
    remedy = Remedy(
        "Updates cannot be read",
        "{place} does not answer: {reason}. Nothing has changed.",
        ("Check the connection and try again.", _PROXY),
    )


class UpdateNotGenuine(MachineError):
    """What was read is not signed by who built this program."""

    code = "N6S-U03"
    reason: str
    remedy = Remedy(
        "What was read about updates does not come from who built N6 Studio",
        "{reason}. It was not used and nothing has changed.",
        ("Try again.", "If it happens again, somebody changes it on its way: ask who runs this network or its proxy."),
    )


class UpdateOlder(MachineError):
    """The file about updates is older than one that was read before."""

    code = "N6S-U04"
    date: str
    seen: str
    remedy = Remedy(
        "What was read about updates is out of date",
        "It is of {date}; one of {seen} was read before. Somebody may hold back what is new. Nothing has changed.",
        ("Try again later or in another network.",),
    )


class UpdateNotPossible(MachineError):
    """This installation cannot be updated by itself."""

    code = "N6S-U05"
    reason: str
    remedy = Remedy(
        "This N6 Studio cannot be updated from inside",
        "{reason}. Nothing has changed.",
        ("Get the newer installer from where you got this one.",),
    )
