"""JPEGs turned into pixels, for a program that does not decode foreign JPEGs itself.

Each request is a message with the bytes of a JPEG behind it; each answer is of type "image" with the pixels behind it,
height x width x 3 bytes of RGB, or "none" where it cannot be decoded. Where both share memory, the pixels lie there,
and "size" says how many bytes.
"""

import mmap
import os
import sys

import numpy as np

from n6studio.link.wire.jpeg import decode_jpeg
from n6studio.virtual.channel import MESSAGE_VERSION, Channel, read_message

MOST_BYTES = 64 << 20  # of one JPEG


def run(channel: Channel, shared: int | None) -> None:
    """Answer requests from standard input until it ends.

    Args:
        channel: to the starter.
        shared: descriptor of the memory for pixels; None for none.
    """
    memory = None if shared is None else mmap.mmap(shared, 0)
    _silence_libraries()
    channel.tell("hello", version=MESSAGE_VERSION)
    while (request := read_message(sys.stdin.buffer, MOST_BYTES)) is not None:
        image = decode_jpeg(request[1])
        if image is None:
            channel.tell("none")
        elif memory is not None:
            memory[: image.nbytes] = np.ascontiguousarray(image).data.cast("B")
            channel.tell("image", size=image.nbytes)
        else:
            channel.tell("image", np.ascontiguousarray(image).data.cast("B"))


def _silence_libraries() -> None:
    """Keep what libraries say of damaged JPEGs, sixty times a second, out of the log; errors of ours still go there."""
    sys.stderr = os.fdopen(os.dup(2), "w", encoding="utf-8")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
