"""Host inference: images or exact model inputs in, results in the wire format out.

Each request is a JSON line {"id", "kind", "length", ...} with `length` bytes behind it:

- kind "jpeg": a JPEG. "resize": 'crop', 'stretch' or 'letterbox'. "part": [left, top, width, height] of what fills the
  model's input, as fractions; without it what follows from "resize".
- kind "exact": (height, width, 3) uint8 RGB of the model's size. "view": {"resize", "size", "part"}.

Both may name "confidence", "iou", "most" and "average". Each answer is a JSON line of type "results" with the id and
the bytes of a frame without picture: SOI, the results segment, EOI; or of type "refused" with the id and a reason.
"""

import math
import sys
from pathlib import Path
from typing import Any

import numpy as np

from n6studio.domain.live import FrameResults, Timings
from n6studio.domain.pose.preprocess import Image, Resize
from n6studio.domain.pose.views import Part, View
from n6studio.gates import images
from n6studio.link.layout import EOI, SOI
from n6studio.link.wire import frame as wire
from n6studio.virtual.channel import MESSAGE_VERSION, Channel, Message, read_message
from n6studio.virtual.eye import Eye, Sight, Thresholds

MOST_BYTES = 64 * 1024 * 1024
MOST_PIXELS = 4096 * 4096
FURTHEST = 16.0  # images that a part may be away from or larger than its image
NO_IMAGE = SOI + EOI


class Refused(Exception):
    """A request that cannot be answered; the next may be."""


def run(model: Path, channel: Channel, threads: int = 1) -> None:
    """Answer requests from standard input until it ends.

    Raises:
        StudioError: the model cannot be run.
    """
    eye = Eye(model, threads, board=False)
    info = eye.info
    channel.tell(
        "hello", version=MESSAGE_VERSION, model=eye.model, size=info.size, keypoints=info.layout.keypoints,
        input_type=info.input_type,
    )  # fmt: skip
    while (request := read_message(sys.stdin.buffer, MOST_BYTES)) is not None:
        message, data = request
        try:
            sight = _look(eye, message, data)
        except Refused as refusal:
            channel.tell("refused", id=message.get("id"), reason=str(refusal))
        else:
            channel.tell("results", wire.encode_frame(NO_IMAGE, _results(eye, sight)), id=message.get("id"))


def _results(eye: Eye, sight: Sight) -> FrameResults:
    return FrameResults(
        version=wire.VERSION,
        sequence=0,
        device_time=0,
        timings=Timings(npu=sight.model_us, post_processing=sight.decode_us),
        model=eye.model,
        view=sight.view,
        people=sight.people,
        top_score=sight.best,
    )


def _look(eye: Eye, message: Message, data: bytes) -> Sight:
    try:
        thresholds = Thresholds(
            float(message.get("confidence", 0.5)),
            float(message.get("iou", 0.5)),
            int(message.get("most", 10)),
            bool(message.get("average", False)),
        )
        if message.get("kind") == "exact":
            return eye.look_exactly(_tensor(eye, data), _view(eye, message["view"]), thresholds)
        return eye.look(
            decoded(data), Resize(message.get("resize", "crop")), thresholds, part=_part(message.get("part"))
        )
    except (ValueError, TypeError, KeyError) as error:
        raise Refused(f"{type(error).__name__}: {error}") from error


def _part(stated: Any) -> Part | None:
    if stated is None:
        return None
    left, top, across, down = (float(value) for value in stated)
    if not all(math.isfinite(value) and abs(value) < FURTHEST for value in (left, top, across, down)):
        raise ValueError("a part of no image")
    return left, top, across, down


def _tensor(eye: Eye, data: bytes) -> Image:
    width, height = eye.info.size
    if len(data) != width * height * 3:
        raise Refused(f"the model's input is {width}x{height}, which does not match {len(data)} bytes")
    return np.frombuffer(data, np.uint8).reshape(height, width, 3)


def _view(eye: Eye, stated: Any) -> View:
    left, top, across, down = (float(value) for value in stated["part"])
    return View(Resize(stated["resize"]), eye.info.size, (left, top, across, down))


def decoded(jpeg: bytes) -> Image:
    """Return a JPEG as (H, W, 3) uint8 RGB.

    Raises:
        Refused: it is none, is damaged, or claims to be larger than `MOST_PIXELS`.
    """
    try:
        return images.decoded(jpeg, MOST_PIXELS, turned=False)  # coordinates are those of the stored image
    except images.NoImage as error:
        raise Refused(f"an image that cannot be used: {error}") from error
