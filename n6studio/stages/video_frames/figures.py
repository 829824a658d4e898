"""What taking frames from a video finds."""

import msgspec


class VideoFramesFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of frames taken from a video.

    Attributes:
        frames: how many were written.
        looked_at: how many frames of the video were passed.
        step_seconds: step -> seconds that it took.
    """

    frames: int
    looked_at: int = 0
    step_seconds: dict[str, float] = {}
