"""How things are that somebody has looked at, in words that are the same in data, on the command line and on screen."""

import enum


class CheckState(enum.StrEnum):
    """What a check found; `LATER` where it cannot be told yet."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    LATER = "later"


class FindingState(enum.StrEnum):
    """How something is on this computer: there, or what is wrong with it; `UNKNOWN` where that cannot be found out."""

    OK = "ok"
    MISSING = "missing"
    WRONG_VERSION = "wrong version"
    TOO_OLD = "too old"
    KNOWN_BAD = "known bad"
    TOO_LITTLE = "too little"
    UNKNOWN = "unknown"


class Fitness(enum.StrEnum):
    """What a model is to the board in one respect: works; works, but; will not work; only a later step can tell."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    UNKNOWN = "unknown"


class VerdictState(enum.StrEnum):
    """Whether a model can go to the board; `NOT_YET` where a step of the chain is missing.

    `UNKNOWN` where the file does not say how its output is to be read.
    """

    READY = "ready"
    NOT_YET = "not_yet"
    NOT_SUITABLE = "not_suitable"
    UNKNOWN = "unknown"


class Grade(enum.StrEnum):
    """How good a set of images is in one respect; `UNKNOWN` where there is nothing to tell it by."""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"
    UNKNOWN = "unknown"
