"""What came through of a stream, and what did not."""

from collections import Counter
from copy import deepcopy
from dataclasses import dataclass, field

from n6studio.link.wire.frame import Refusal
from n6studio.link.wire.sequence import EventKind


@dataclass
class Counts:
    """What came through so far.

    Attributes:
        frames: delivered.
        damaged: frames that were begun but are not whole, or whose checksum is wrong and stays so.
        repaired: delivered frames that came with wrong bytes, which their parity put right.
        skipped_bytes: bytes that belong to no delivered frame, less those that belong to two: one that was cut and
            repaired, and the one behind it.
        lost: numbers missing in the sender's sequence, whether the frame was damaged on the way or never sent.
        without_results: delivered frames without (readable) results.
        received_bytes: everything.
        refused: why delivered frames have no results, by reason.
        undelivered: frames that arrived whole and are not delivered, as nothing here can show them, by reason.
        rules: what senders of frames that arrived whole did wrong, by rule.
        events: what the numbers of frames tell, by kind; of `EventKind.LOST` how often, `lost` says how many.
    """

    frames: int = 0
    damaged: int = 0
    repaired: int = 0
    skipped_bytes: int = 0
    lost: int = 0
    without_results: int = 0
    received_bytes: int = 0
    refused: Counter[Refusal] = field(default_factory=Counter)
    undelivered: Counter[Refusal] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    events: Counter[EventKind] = field(default_factory=Counter)

    def snapshot(self) -> "Counts":
        """Return a copy that does not count on. From any thread."""
        return deepcopy(self)
