"""Images of a network camera by OpenCV, where the media layer is not installed.

It says "hello" with the codec's name once the stream is open, and then gives every image as "frame" with the bytes of a
JPEG behind it, until the stream or whoever started it ends.
"""

import os

import cv2
import numpy as np

from n6studio.domain.errors.link import CameraUnavailable
from n6studio.link.wire.jpeg import encode_jpeg
from n6studio.virtual.channel import MESSAGE_VERSION, Channel, listen
from n6studio.virtual.codecs import title

_QUALITY = 90


def run(url: str, channel: Channel) -> None:
    """Give images.

    Raises:
        CameraUnavailable: the address gives no stream.
    """
    listen(lambda _: None, lambda: os._exit(0))  # whoever started this is gone, whatever the camera does
    stream = cv2.VideoCapture(url, cv2.CAP_FFMPEG)
    if not stream.isOpened():
        raise CameraUnavailable(camera=url, reason="nothing answers there, or it is no stream that is known")
    codec = int(stream.get(cv2.CAP_PROP_FOURCC)).to_bytes(4, "little", signed=True).decode("latin-1")
    channel.tell("hello", version=MESSAGE_VERSION, codec=title(codec))
    while True:
        done, image = stream.read()
        if not done:
            return
        channel.tell("frame", encode_jpeg(np.asarray(image, np.uint8)[..., ::-1], _QUALITY))
