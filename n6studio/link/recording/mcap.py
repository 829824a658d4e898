"""A recording as MCAP (https://mcap.dev/spec), with the schemas of Foxglove for images and drawings over them.

Three topics: ``/image`` (foxglove.CompressedImage), ``/image/annotations`` (foxglove.ImageAnnotations), and
``/results`` with everything that is known of a frame. Messages are JSON. They lie in chunks with an index, so that
readers can seek.
"""

import base64
import json
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from n6studio.domain.live import Frame, FrameResults
from n6studio.domain.pose.skeleton import Skeleton, for_keypoints
from n6studio.link.recording.recording import Recording
from n6studio.link.wire.frame import without_results
from n6studio.link.wire.frame_json import frame_values
from n6studio.system.files import replacing

_MAGIC = b"\x89MCAP0\r\n"
_HEADER, _FOOTER, _SCHEMA, _CHANNEL, _MESSAGE, _CHUNK, _INDEX, _CHUNK_INDEX, _STATISTICS, _DATA_END = (
    1, 2, 3, 4, 5, 6, 7, 8, 11, 15,
)  # fmt: skip
_CHUNK_BYTES = 4 << 20
_LINE_LIST, _LINE_LOOP, _POINTS = 4, 2, 1  # kinds of foxglove.PointsAnnotation
Drawing = dict[str, object]
_TIME: Drawing = {"type": "object", "properties": {"sec": {"type": "integer"}, "nsec": {"type": "integer"}}}
_SCHEMAS: tuple[tuple[str, str, Drawing], ...] = (
    (
        "/image", "foxglove.CompressedImage",
        {"timestamp": _TIME, "frame_id": {"type": "string"}, "format": {"type": "string"},
         "data": {"type": "string", "contentEncoding": "base64"}},
    ),
    (
        "/image/annotations", "foxglove.ImageAnnotations",
        {kind: {"type": "array", "items": {"type": "object"}} for kind in ("circles", "points", "texts")},
    ),
    ("/results", "n6studio.Frame", {}),
)  # fmt: skip


def _text(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<I", len(data)) + data


def _record(kind: int, content: bytes) -> bytes:
    return struct.pack("<BQ", kind, len(content)) + content


@dataclass
class _Chunk:
    records: bytearray = field(default_factory=bytearray)
    places: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    first: int = 0
    last: int = 0


class _Writer:
    """Writes messages in the order of their times."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._chunk = _Chunk()
        self._indexes: list[bytes] = []
        self._counts = dict.fromkeys(range(len(_SCHEMAS)), 0)
        self._first = self._last = 0
        about = b""
        for number, (topic, name, properties) in enumerate(_SCHEMAS):
            schema = json.dumps({"type": "object", "properties": properties}).encode()
            described = _text(name) + _text("jsonschema") + struct.pack("<I", len(schema)) + schema
            about += _record(_SCHEMA, struct.pack("<H", number + 1) + described)
            channel = struct.pack("<HH", number, number + 1) + _text(topic) + _text("json") + struct.pack("<I", 0)
            about += _record(_CHANNEL, channel)
        self._about = about
        file.write(_MAGIC + _record(_HEADER, _text("") + _text("N6 Studio")) + about)

    def add(self, channel: int, time: int, message: object) -> None:
        """Add a message; `time` in nanoseconds."""
        chunk = self._chunk
        if not chunk.records:
            chunk.first = time
        chunk.last = time
        chunk.places.setdefault(channel, []).append((time, len(chunk.records)))
        head = struct.pack("<HIQQ", channel, self._counts[channel], time, time)
        chunk.records += _record(_MESSAGE, head + json.dumps(message).encode())
        self._first = self._first if any(self._counts.values()) else time
        self._last = time
        self._counts[channel] += 1
        if len(chunk.records) >= _CHUNK_BYTES:
            self._end_chunk()

    def _end_chunk(self) -> None:
        chunk, self._chunk = self._chunk, _Chunk()
        if not chunk.records:
            return
        at, size = self._file.tell(), len(chunk.records)
        head = struct.pack("<QQQI", chunk.first, chunk.last, size, zlib.crc32(chunk.records)) + _text("")
        written = _record(_CHUNK, head + struct.pack("<Q", size) + bytes(chunk.records))
        self._file.write(written)
        begins, offsets = self._file.tell(), b""
        for channel, places in chunk.places.items():
            offsets += struct.pack("<HQ", channel, self._file.tell())
            entries = b"".join(struct.pack("<QQ", *place) for place in places)
            self._file.write(_record(_INDEX, struct.pack("<HI", channel, len(entries)) + entries))
        self._indexes.append(
            _record(
                _CHUNK_INDEX,
                struct.pack("<QQQQI", chunk.first, chunk.last, at, len(written), len(offsets))
                + offsets
                + struct.pack("<Q", self._file.tell() - begins)
                + _text("")
                + struct.pack("<QQ", size, size),
            )
        )

    def end(self) -> None:
        """Write what is left, and the summary."""
        self._end_chunk()
        self._file.write(_record(_DATA_END, struct.pack("<I", 0)))
        begins = self._file.tell()
        counts = b"".join(struct.pack("<HQ", *one) for one in self._counts.items())
        known = (sum(self._counts.values()), len(_SCHEMAS), len(_SCHEMAS), 0, 0, len(self._indexes))
        times = struct.pack("<QQI", self._first, self._last, len(counts))
        statistics = _record(_STATISTICS, struct.pack("<QHIIII", *known) + times + counts)
        self._file.write(self._about + b"".join(self._indexes) + statistics)
        self._file.write(_record(_FOOTER, struct.pack("<QQI", begins, 0, 0)) + _MAGIC)


def export_mcap(
    recording: Recording, target: Path, progress: Callable[[int, int], None], skeleton: Skeleton | None = None
) -> int:
    """Write images, keypoints and results as MCAP, and return the number of frames.

    Args:
        recording: where from.
        target: .mcap file; replaced when all is written.
        progress: called with (done, total) frames; it may raise to stop, and then nothing is left.
        skeleton: edges and colours; None for those that belong to the number of keypoints.

    Raises:
        FileUnreadable, RecordingUnreadable.
        NotWritable, DiskFull: `target` is what it was.
    """
    total = len(recording.entries)
    with replacing(target, ".mcap") as part, part.open("wb") as file:
        writer = _Writer(file)
        for number in range(total):
            frame = recording.frame(number)
            time = round(frame.received * 1e9)
            stamp = {"sec": time // 10**9, "nsec": time % 10**9}
            image = base64.b64encode(without_results(frame.jpeg)).decode()
            writer.add(0, time, {"timestamp": stamp, "frame_id": "camera", "format": "jpeg", "data": image})
            writer.add(1, time, _annotations(frame, stamp, skeleton))
            writer.add(2, time, frame_values(frame, frame.received))
            progress(number + 1, total)
        writer.end()
    return total


Stamp = dict[str, int]


def _annotations(frame: Frame, stamp: Stamp, skeleton: Skeleton | None) -> Drawing:
    results = frame.results
    points: list[Drawing] = []
    texts: list[Drawing] = []
    if results is not None and len(results.people):
        points, texts = _drawings(frame, results, stamp, skeleton)
    return {"circles": [], "points": points, "texts": texts}


def _drawings(
    frame: Frame, results: FrameResults, stamp: Stamp, skeleton: Skeleton | None
) -> tuple[list[Drawing], list[Drawing]]:
    wide, high = frame.size
    people = results.people
    count = people.keypoints.shape[1]
    known = skeleton if skeleton is not None and len(skeleton) == count else for_keypoints(max(1, count))
    white = {"r": 1.0, "g": 1.0, "b": 1.0, "a": 1.0}
    points: list[Drawing] = []
    texts: list[Drawing] = []

    def drawing(kind: int, places: list[tuple[float, float]], thickness: float) -> Drawing:
        corners = [{"x": x * wide, "y": y * high} for x, y in places]
        return {
            "timestamp": stamp, "type": kind, "points": corners, "outline_color": white, "outline_colors": [],
            "fill_color": {**white, "a": 0.0}, "thickness": thickness,
        }  # fmt: skip

    for person in range(len(people)):
        left, top, right, bottom = map(float, people.boxes[person])
        spots = [(float(x), float(y)) for x, y, _ in people.keypoints[person]]
        points.append(drawing(_LINE_LOOP, [(left, top), (right, top), (right, bottom), (left, bottom)], 1.0))
        edges = [spots[end] for edge in known.edges if max(edge) < count for end in edge]
        points += [drawing(_LINE_LIST, edges, 2.0), drawing(_POINTS, spots, 4.0)]
        texts.append(
            {"timestamp": stamp, "position": {"x": left * wide, "y": top * high}, "font_size": 12.0,
             "text": f"{float(people.confidences[person]):.0%}", "text_color": white,
             "background_color": {"r": 0.0, "g": 0.0, "b": 0.0, "a": 0.6}}
        )  # fmt: skip
    return points, texts
