"""A recording written as Rerun's .rrd by Rerun's own SDK, which nothing else of the program loads.

Standard input says with which skeleton, {"names": NAMES, "edges": PAIRS}, or {} for that of each number of keypoints.
It says "progress" with "done" and "total" frames now and then, and "written" with their number at the end.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from n6studio.domain.errors.foreign import reason_of
from n6studio.domain.errors.link import RerunMissing
from n6studio.domain.live import Frame
from n6studio.domain.pose.frames import pixels_of_image
from n6studio.domain.pose.people import nobody
from n6studio.domain.pose.skeleton import Skeleton, described, for_keypoints
from n6studio.link.recording.recording import read_recording
from n6studio.link.wire.frame import without_results
from n6studio.link.wire.frame_json import frame_values
from n6studio.virtual.channel import Channel, Message, read_message

IMAGE, PEOPLE, RESULTS = "camera", "camera/people", "results"
_TOLD_EVERY = 0.1  # seconds
_TIMES = ("exposure_to_npu", "npu", "post_processing", "encode")


def run(path: Path, target: Path, channel: Channel) -> None:
    """Write the recording `path` to `target`, which is there already.

    Raises:
        RerunMissing: there is no SDK.
        FileUnreadable, RecordingUnreadable, OSError.
    """
    asked = read_message(sys.stdin.buffer, 0)
    recording = read_recording(path)
    writer = _Writer(target, path.stem, _skeleton(asked[0] if asked is not None else {}))
    total, told = len(recording.entries), time.monotonic()
    for number in range(total):
        writer.add(recording.frame(number))
        if time.monotonic() - told > _TOLD_EVERY:
            told = time.monotonic()
            channel.tell("progress", done=number + 1, total=total)
    writer.end()
    channel.tell("written", count=total)


def _skeleton(asked: Message) -> Skeleton | None:
    names = asked.get("names")
    return described(len(names), names, None, None, asked["edges"]) if names else None


class _Writer:
    """Writes one frame after another."""

    def __init__(self, target: Path, name: str, skeleton: Skeleton | None) -> None:
        try:
            import rerun
        except ImportError as error:
            raise RerunMissing(python=sys.executable, reason=reason_of(error)) from error
        self._rr: Any = rerun
        self._skeleton = skeleton
        self._classes: dict[int, int] = {}  # number of keypoints -> the class that joins them
        self._described: list[Any] = []  # those classes
        self._most = 0  # people of the frame before
        self._stream = rerun.RecordingStream("n6studio", recording_id=name)
        self._stream.save(target)

    def add(self, frame: Frame) -> None:
        """Write a frame: its image, people, figures, and everything as text."""
        rr, stream = self._rr, self._stream
        stream.set_time("time", duration=frame.received)
        stream.set_time("frame", sequence=frame.number)
        stream.log(IMAGE, rr.EncodedImage(contents=without_results(frame.jpeg), media_type="image/jpeg"))
        stream.log(RESULTS, rr.TextDocument(json.dumps(frame_values(frame, frame.received)), media_type="text/plain"))
        results = frame.results
        people = pixels_of_image(nobody(0) if results is None else results.people, frame.size)
        count = people.keypoints.shape[1]
        number = self._class_of(count)
        labels = [f"{confidence:.0%}" for confidence in people.confidences]
        boxes = rr.Boxes2D(array=people.boxes.reshape(-1, 4), array_format=rr.Box2DFormat.XYXY, labels=labels)
        stream.log(f"{PEOPLE}/boxes", boxes)
        for person in range(len(people)):  # points of one entity are joined, so each person is one
            points = people.keypoints[person]
            drawn = rr.Points2D(points[:, :2], class_ids=number, keypoint_ids=np.arange(count))
            stream.log(f"{PEOPLE}/{person + 1}", drawn)
        for person in range(len(people), self._most):
            stream.log(f"{PEOPLE}/{person + 1}", rr.Clear(recursive=False))
        self._most = len(people)
        if results is not None:
            stream.log("figures/people", rr.Scalars(len(people)))
            for name in _TIMES:
                taken = getattr(results.timings, name)
                if taken is not None:
                    stream.log(f"figures/{name}_ms", rr.Scalars(taken / 1e3))

    def _class_of(self, count: int) -> int:
        """Return the class of people with so many keypoints, which says how they are called and joined."""
        if count and count not in self._classes:
            rr = self._rr
            self._classes[count] = len(self._classes)
            known = self._skeleton if self._skeleton is not None and len(self._skeleton) == count else None
            skeleton = known or for_keypoints(count)
            points = [
                rr.AnnotationInfo(id=point, label=name, color=colour)
                for point, (name, colour) in enumerate(zip(skeleton.names, skeleton.colours, strict=True))
            ]
            self._described.append(
                rr.ClassDescription(
                    info=rr.AnnotationInfo(id=self._classes[count], label="person"),
                    keypoint_annotations=points,
                    keypoint_connections=list(skeleton.edges),
                )
            )
            self._stream.log(IMAGE, rr.AnnotationContext(self._described), static=True)
        return self._classes.get(count, 0)

    def end(self) -> None:
        """Write what is left."""
        self._stream.flush()
        self._stream.disconnect()
