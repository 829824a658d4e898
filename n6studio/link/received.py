"""What a source gave, before anybody has judged it."""

from dataclasses import dataclass

from n6studio.domain.live import Frame


@dataclass(frozen=True, eq=False)
class Received:
    """Bytes as they came, and the frames that they completed.

    Attributes:
        data: the bytes.
        at: where they stand in everything that was received.
        moment: `time.monotonic()` when they arrived.
        frames: (where it starts in everything that was received, the frame) of each frame whose last byte is here.
    """

    data: bytes
    at: int
    moment: float
    frames: tuple[tuple[int, Frame], ...]
