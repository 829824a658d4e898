"""Parts of an evaluation as files: to the last bit what they were, and nothing else than that."""

import dataclasses
from pathlib import Path

import msgspec
import numpy as np
import pytest

from n6studio.domain.errors.datasets import PartUnreadable
from n6studio.domain.metrics.keypoints import empty_tally
from n6studio.domain.pose.people import People
from n6studio.domain.pose.skeleton import COCO
from n6studio.stages.datasets.model import FractionTruth, Item, Truth
from n6studio.stages.evaluate.one_image import ByUltralytics, ImageRecord, Judging, Matched, Seen
from n6studio.stages.evaluate.packed import Part, Records, in_place, packed, unpacked


def some_people(rng, count, classes=True):
    return People(
        rng.random((count, 4), np.float32),
        rng.random(count, np.float32),
        rng.random((count, 17, 3), np.float32),
        rng.integers(0, 3, count, np.int32) if classes else None,
    )


@pytest.fixture
def record():
    rng = np.random.default_rng(3)
    people, hits = some_people(rng, 5), rng.random((5, 10)) > 0.5
    yolo = ByUltralytics(people.confidences, people.class_numbers, hits)
    matched = Matched(hits, yolo, hits[:, :1], ~hits[:, :1], (3, 2, 4), empty_tally(17))
    odd = people[::2]  # arrays that are no block of memory
    seen = Seen(odd, 2, people.confidences[::-1], people.class_numbers, matched, (0.1, 1 / 3, 2.5), finite=False)
    truth = Truth(people, np.array([1.5, np.pi]), np.array([True, False]), refused="too small")
    return ImageRecord(Item(Path("a.jpg"), 7, truth, (640, 480)), (640, 480), truth, 1e-9, (seen, seen), outside=1)


def same(one, other):
    """Compare classes, fields, and arrays by type, shape and bytes."""
    assert type(one) is type(other)
    if isinstance(one, np.ndarray):
        assert (one.dtype, one.shape, one.tobytes()) == (other.dtype, other.shape, other.tobytes())
    elif dataclasses.is_dataclass(one):
        for field in dataclasses.fields(one):
            same(getattr(one, field.name), getattr(other, field.name))
    elif isinstance(one, tuple):
        assert len(one) == len(other)
        for pair in zip(one, other, strict=True):
            same(*pair)
    else:
        assert one == other


def test_records_come_back_to_the_last_bit(record, tmp_path):
    records = Records((record, ImageRecord(Item(Path("b.png"), 8), problem="it is cut short")), 1.25, 2)
    (tmp_path / "records.bin").write_bytes(packed(records))
    same(unpacked(tmp_path / "records.bin", Records), records)


def test_parts_come_back_to_the_last_bit(tmp_path):
    rng = np.random.default_rng(4)
    people = some_people(rng, 2, classes=False)
    truth = FractionTruth(people, np.array([0.1, 0.2]), np.zeros(2, bool))
    part = Part(
        Judging(COCO, COCO.sigmas, ("person", "dog")), 17, (Item(Path("000000.jpg"), 1, truth), Item(Path("x"), 2))
    )
    (tmp_path / "part.bin").write_bytes(packed(part))
    same(unpacked(tmp_path / "part.bin", Part), part)


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\xc1", msgspec.msgpack.encode({"a": 1}), msgspec.msgpack.encode(["os.system", "true"]),
        msgspec.msgpack.encode(["Part", 1, 2, 3, 4]), msgspec.msgpack.encode(["array", "|O8", [1], b"12345678"]),
        msgspec.msgpack.encode(["array", "<f4", [2], b"1234"]), msgspec.msgpack.encode(["tuple"]),
    ],
)  # fmt: skip
def test_anything_else_is_refused(content, tmp_path):
    (tmp_path / "records.bin").write_bytes(content)
    with pytest.raises(PartUnreadable):
        unpacked(tmp_path / "records.bin", Records)


def test_records_get_the_images_of_this_computer_and_must_be_as_many(record):
    parts = [Records((record,), 1.0, 1), Records((record,), 1.0, 1)]
    items = [Item(Path("/here/a.jpg"), 1), Item(Path("/here/b.jpg"), 2)]
    assert [one.item for one in in_place(parts, items)] == items
    with pytest.raises(ValueError, match="longer"):
        in_place(parts, [*items, items[0]])
