"""Which outputs are a split head's, and which of them is which."""

from dataclasses import replace

import pytest

from n6studio.domain.model.facts import TensorFacts
from n6studio.domain.model.readings import Reading
from n6studio.stages.model.layout import Source
from n6studio.stages.model.split import find_split, outputs_of, split_head

SIZE = (96, 64)


def outputs(channels=(64, 1, 51), strides=(8, 16, 32), kind="int8", scale=0.1):
    return [
        TensorFacts(f"{stride} {count}", (1, 64 // stride, 96 // stride, count), kind, scale * stride + place, stride)
        for stride in strides
        for place, count in enumerate(channels)
    ]


def test_boxes_confidences_and_keypoints_are_told_apart_in_any_order():
    given = outputs()
    for order in (given, given[::-1], given[3:] + given[:3]):
        found = find_split(order, SIZE, {}, None)
        assert (found.readings, found.source) == ((Reading(1, 17, 3),), Source.GRAPH)
        assert (found.strides, found.candidates, found.channels) == ((8, 16, 32), 96 + 24 + 6, 56)
        assert [order[place] for place in outputs_of(order, SIZE, found.readings[0])] == given
    split = split_head(given, SIZE, Reading(1, 17, 3))
    assert [level.stride for level in split.levels] == [8, 16, 32]
    assert split.levels[1].keypoints.scale == pytest.approx(3.6)
    assert split.levels[2].box.zero_point == 32


def test_several_readings_are_told_by_metadata_or_by_the_user():
    given = outputs((64, 1, 42))
    unknown = find_split(given, SIZE, {}, None)
    assert set(unknown.readings) == {Reading(1, 14, 3), Reading(1, 21, 2)}
    assert not unknown.known
    stated = find_split(given, SIZE, {"kpt_shape": [21, 2], "names": {0: "hand"}}, None)
    assert (stated.readings, stated.source) == ((Reading(1, 21, 2),), Source.METADATA)
    told = find_split(given, SIZE, {}, Reading(1, 14, 3))
    assert (told.readings, told.source) == ((Reading(1, 14, 3),), Source.TOLD)


def test_as_many_classes_as_codes_of_a_box_are_taken_in_the_order_of_the_file():
    given = outputs((64, 64, 51))
    found = find_split(given, SIZE, {}, None)
    assert Reading(64, 17, 3) in found.readings
    assert outputs_of(given, SIZE, Reading(64, 17, 3)) == tuple(range(9))


@pytest.mark.parametrize(
    "given",
    [
        outputs(kind="float"),
        outputs(scale=0.0)[:1],
        outputs(scale=4.1),  # of stride 8 more than 32
        [replace(one, zero_point=128) for one in outputs()],
        [replace(one, zero_point=-129) for one in outputs()],
        outputs((64, 1)),
        outputs((64, 1, 51, 8)),
        outputs((65, 1, 51)),
        outputs((4, 1, 51)),
        outputs((64, 1, 1)),
        outputs()[:-1],
        [*outputs(strides=(8, 16)), *outputs((64, 2, 51), (32,))],
        [TensorFacts("0", (1, 56, 126), "int8", 0.1, 0)],
        [],
    ],
)
def test_other_outputs_are_none(given):
    assert find_split(given, SIZE, {}, None) is None


def test_factors_of_other_keypoints_are_left_aside():
    assert split_head(outputs(), SIZE, Reading(1, 17, 3), (1.0,) * 34).factors == (1.0,) * 34
    assert split_head(outputs(), SIZE, Reading(1, 17, 3), (1.0,) * 4).factors == ()
