"""What of a chain runs although its result is fresh."""

import enum


class Again(enum.Enum):
    """What runs although its result is fresh."""

    NOTHING = "nothing"
    LAST = "last"
    """The stage that was asked for."""
    ALL = "all"
