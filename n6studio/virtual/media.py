"""Images of streams that PyAV takes apart: cameras of this computer, network cameras, and AV1 videos.

`run` says "hello" once the stream is open, with the codec's name and whether its images come as they were sent
("jpegs"), and then gives every image as "frame" with the bytes of a JPEG behind it, until the stream or whoever started
it ends. `names` says "cameras" with the names of this computer's. Of what it takes apart, packets and images are
bounded before they are copied or decoded.
"""

import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from n6studio.domain.errors.link import CameraUnavailable
from n6studio.domain.pose.preprocess import Image
from n6studio.link.wire.jpeg import MOST_PIXELS, encode_jpeg
from n6studio.virtual.channel import MESSAGE_VERSION, Channel, listen
from n6studio.virtual.codecs import title

OPEN_WITHIN, SILENT_AFTER = 10.0, 10.0  # seconds for the network; a camera of this computer takes its time
MOST_BYTES = 3 * MOST_PIXELS  # of a packet: what the largest image takes without any compression
_QUALITY = 90
_JPEG = b"\xff\xd8\xff"
_MOST_DAMAGED = 300  # packets in a row that give no image, after which it is no stream that can be shown

# Texts in a stream are nobody's business here, and need not be text at all.
METADATA = "replace"

Open = Callable[..., Any]
"""`av.open`, or what stands in for it."""


class Device(Protocol):
    """A camera as PyAV lists it."""

    name: str
    description: str
    media_types: list[str]


@dataclass(frozen=True)
class Input:
    """What `av.open` is given.

    Attributes:
        file: name of the device, address or path.
        format: FFmpeg's name of the device's or the stream's kind; None to find it out.
        options: FFmpeg's options.
        named: for people.
        jpegs_as_raw: whether the system passes images on as whatever they are, under the name of another codec.
    """

    file: str
    format: str | None
    options: Mapping[str, str] = field(default_factory=dict)
    named: str = ""
    jpegs_as_raw: bool = False


def network(url: str) -> Input:
    """Return the input of an rtsp:// or other address."""
    if url.startswith("rtsp"):
        # Over TCP, as a lost packet of UDP costs images until the next whole one.
        return Input(url, "rtsp", {"rtsp_transport": "tcp"}, url)
    return Input(url, None, {}, url)


def camera(system: str, number: int, size: tuple[int, int], fps: int, devices: Sequence[Device]) -> Sequence[Input]:
    """Return how a camera of this computer is opened, what keeps its images as they are first.

    Args:
        system: as `sys.platform` has it.
        number: of the camera, from 0.
        size: (width, height) that it is asked for; 0 for its own choice.
        fps: images a second that it is asked for; 0 for its own choice.
        devices: as PyAV lists them, where the system names cameras.

    Raises:
        CameraUnavailable: there is no such camera.
    """
    wished = {"video_size": f"{size[0]}x{size[1]}"} if all(size) else {}
    if fps:
        wished["framerate"] = str(fps)
    if system == "linux":
        return [Input(f"/dev/video{number}", "v4l2", wished, f"camera {number}")]
    listed = pictured(devices)
    if number >= len(listed):
        raise CameraUnavailable(camera=f"camera {number}", reason="there is no such camera")
    device = listed[number]
    if system == "win32":
        # DirectShow takes the first format of that size and rate. A buffer of 3 MB, FFmpeg's own, holds one raw image.
        return [Input(f"video={device.name}", "dshow", {**wished, "rtbufsize": "64M"}, device.description)]
    # Without a wish AVFoundation is asked for 29.97 images a second, which cameras that have 30 refuse.
    usual = {"framerate": "30", **wished}
    whole = Input(f"{device.name}:none", "avfoundation", usual, device.description)
    raw = Input(whole.file, whole.format, {**usual, "capture_raw_data": "1"}, whole.named, jpegs_as_raw=True)
    return [raw, whole] if fps else [raw, whole, Input(whole.file, whole.format, wished, whole.named)]


def pictured(devices: Sequence[Device]) -> list[Device]:
    """Return the cameras among the devices: what gives sound only, and macOS's screens, are none."""
    return [one for one in devices if "video" in one.media_types and not one.description.startswith("Capture screen")]


def devices_of(system: str) -> Sequence[Device]:
    """Return what PyAV lists; nothing on Linux, whose cameras have files."""
    kinds = {"win32": "dshow", "darwin": "avfoundation"}
    if system not in kinds:
        return ()
    import av

    found: Sequence[Device] = av.enumerate_input_devices(kinds[system])
    return found


def names(channel: Channel) -> None:
    """Tell the names of this computer's cameras, by number."""
    found = pictured(devices_of(sys.platform))
    channel.tell("cameras", version=MESSAGE_VERSION, names=[one.description or one.name for one in found])


def run(inputs: Sequence[Input], channel: Channel, opening: Open | None = None) -> None:
    """Give images of the first input that can be opened and shown.

    Raises:
        CameraUnavailable: there is none, or it ends because of what it sends.
    """
    listen(lambda _: None, lambda: os._exit(0))  # whoever started this is gone, whatever the camera does
    stream = opened(inputs, opening)
    channel.tell("hello", version=MESSAGE_VERSION, codec=stream.codec, jpegs=stream.jpegs)
    for image in stream.images():
        channel.tell("frame", image)


def opened(inputs: Sequence[Input], opening: Open | None = None) -> "Stream":
    """Return the stream of the first input that can be opened and shown.

    Raises:
        CameraUnavailable: why the last one cannot.
    """
    if opening is None:
        import av

        opening = av.open
    *others, last = inputs
    for one in others:
        with contextlib.suppress(CameraUnavailable):
            return _opened(one, opening)
    return _opened(last, opening)


def _opened(one: Input, opening: Open) -> "Stream":
    patience = (OPEN_WITHIN, SILENT_AFTER)
    try:
        container = opening(
            one.file, mode="r", format=one.format, options=dict(one.options), metadata_errors=METADATA, timeout=patience
        )
    except Exception as error:  # of PyAV, whatever foreign bytes make of it
        raise CameraUnavailable(camera=one.named, reason=said(error)) from error
    try:
        return Stream(container, one)
    except BaseException:
        container.close()  # a camera opens once at a time
        raise


class Stream:
    """The video stream of an opened container.

    Args:
        container: PyAV's.
        one: what it was opened with.

    Attributes:
        codec: its name, for people.
        jpegs: whether images are JPEGs that go on as they are.

    Raises:
        CameraUnavailable: it has no images, its codec is not known, or its images are not what was hoped for.
    """

    def __init__(self, container: Any, one: Input) -> None:
        self._container, self._named = container, one.named
        video = container.streams.video
        if not video:
            raise CameraUnavailable(camera=one.named, reason="its stream has no images")
        self.stream = video[0]
        context = self.stream.codec_context
        if context is None:
            raise CameraUnavailable(camera=one.named, reason="the codec of its stream is not supported")
        self.codec = title(context.name)
        context.options = {"max_pixels": str(MOST_PIXELS)}
        self._packets = iter(self.packets())
        self._first: Any = None
        self.jpegs = one.jpegs_as_raw or context.name == "mjpeg"
        if one.jpegs_as_raw:
            self.codec, self._first = title("mjpeg"), next(self._packets, None)
            if self._first is None or bytes(self._first)[:3] != _JPEG:
                raise CameraUnavailable(camera=one.named, reason="the system decodes its images")

    def packets(self) -> Iterator[Any]:
        """Return packets of the stream, as they come.

        Raises:
            CameraUnavailable: one is larger than any image, or the stream went away.
        """
        for packet in demuxed(self._container, self.stream, self._named):
            if packet.size > MOST_BYTES:
                reason = f"it sends {packet.size >> 20} MB for one image, which is refused"
                raise CameraUnavailable(camera=self._named, reason=reason)
            yield packet

    def images(self) -> Iterator[bytes]:
        """Return every image as a JPEG: the sender's own where it is one; damaged ones are left out.

        Raises:
            CameraUnavailable: nothing that comes can be shown, or it went away.
        """
        silent = 0
        for packet in self._all():
            found = list(self._of(packet))
            yield from found
            silent = 0 if found else silent + 1
            if silent > _MOST_DAMAGED:
                reason = f"none of {silent} packets of {self.codec} in a row gives an image"
                raise CameraUnavailable(camera=self._named, reason=reason)

    def _all(self) -> Iterator[Any]:
        if self._first is not None:
            yield self._first
        yield from self._packets

    def _of(self, packet: Any) -> Iterator[bytes]:
        if self.jpegs:
            data = bytes(packet)
            if data[:3] == _JPEG:
                yield data
            return
        for _, image in decoded(packet):
            yield encode_jpeg(image, _QUALITY)


def demuxed(container: Any, stream: Any, named: str) -> Iterator[Any]:
    """Return packets of a stream, as they come.

    Raises:
        CameraUnavailable: the stream went away, or PyAV cannot go on with what came.
    """
    try:
        yield from container.demux(stream)
    except Exception as error:  # of PyAV, whatever foreign bytes make of it
        raise CameraUnavailable(camera=named, reason=said(error)) from error


def decoded(packet: Any) -> list[tuple[int | None, Image]]:
    """Return the images that a packet completes, each with its time in the stream's units, None where it has none.

    They are (H, W, 3) uint8 RGB. What is damaged or too large gives none.
    """
    try:
        frames = [frame for frame in packet.decode() if frame.width * frame.height <= MOST_PIXELS]
        return [(frame.pts, np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)) for frame in frames]
    except Exception:  # of PyAV, whatever foreign bytes make of it
        return []


def said(error: Exception) -> str:
    """Return what PyAV says of an error, as part of a sentence."""
    if (text := getattr(error, "strerror", None)) is not None:
        return f"FFmpeg says: {text}"
    return f"what comes is damaged ({type(error).__name__}: {error})"
