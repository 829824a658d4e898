"""Evaluation over the link: the virtual board and the firmware on an emulated processor do the same."""

import zlib

import numpy as np
import pytest
from builders_tflite import build_split_tflite, build_tflite

from n6studio.board import emulator
from n6studio.domain.pose.decode import decode
from n6studio.domain.pose.frames import input_to_fractions
from n6studio.domain.pose.preprocess import Resize
from n6studio.domain.pose.views import View
from n6studio.link.session.commands import Command, CommandName, Reply, parse_reply
from n6studio.virtual.evaluation import Evaluation
from n6studio.virtual.eye import Eye

pytestmark = pytest.mark.slow
needs_emulator = pytest.mark.skipif(bool(emulator.missing_tools()), reason="no qemu-system-arm or no cross compiler")
BOARDS = [False, pytest.param(True, marks=needs_emulator)]
BYTES = 64 * 64 * 3


def sealed(pixels):
    return pixels + zlib.crc32(pixels).to_bytes(4, "little")


def assert_same_outputs(found, expected):
    assert len(found) == len(expected)
    for ours, theirs in zip(found, expected, strict=True):
        assert (ours.stored.dtype, ours.candidates_first) == (theirs.stored.dtype, theirs.candidates_first)
        assert np.array_equal(ours.stored, theirs.stored)
        assert np.float32(ours.scale) == np.float32(theirs.scale)
        assert ours.zero == theirs.zero


@pytest.mark.parametrize("firmware", BOARDS)
@pytest.mark.parametrize("output_type", ["float", "int8"])
def test_inputs_are_answered_with_what_this_computer_finds_in_them(play, tmp_path, firmware, output_type):
    model = build_tflite(tmp_path / "model.tflite", output_type=output_type)
    host = play(model=str(model), firmware=firmware, npu_ms=0.01)
    eye = Eye(model)
    host.frames(2)
    assert not host.command(Command(CommandName.EVALUATE, True, 1))[1].error
    assert not host.command(Command(CommandName.RAW_OUTPUT, True, 2))[1].error
    rng = np.random.default_rng(1)
    for number in range(10, 15):
        pixels = rng.bytes(BYTES)
        frame, reply = host.command(Command(CommandName.INPUT, BYTES, number))
        assert reply == Reply(number)
        assert frame.results.answer is None
        host.write(sealed(pixels))
        results = host.until(lambda frame: frame.results.answer is not None)[-1].results
        assert (results.answer.number, results.answer.checksum) == (number, zlib.crc32(pixels))
        output = eye.output(np.frombuffer(pixels, np.uint8).reshape(64, 64, 3))
        assert_same_outputs(results.answer.outputs, eye.stored(np.frombuffer(pixels, np.uint8).reshape(64, 64, 3)))
        assert len(results.answer.outputs) == 1
        people = decode(output, eye.info.layout, (64, 64), 0.5, 0.5, 10, average=True)
        framed = input_to_fractions(people, View(Resize.STRETCH, (64, 64)))
        assert np.array_equal(results.people.boxes, framed.boxes)
        assert np.array_equal(results.people.keypoints, framed.keypoints)
        assert len(framed) == 3
        assert results.timings.npu is not None
        assert results.timings.exposure_to_npu is None
        assert results.model == eye.model
    assert host.command(Command(CommandName.EVALUATE, False, 20))[0].results.answer is None
    assert host.frames(3)[-1].results.view is not None
    assert host.parser.counts.damaged == 0


@pytest.mark.parametrize("firmware", BOARDS)
@pytest.mark.parametrize("factors", [(), tuple(np.linspace(0.5, 3, 34).tolist())])
def test_a_split_head_is_decoded_to_the_same_people(play, tmp_path, firmware, factors):
    model = build_split_tflite(tmp_path / "model.tflite", factors=factors)
    host = play(model=str(model), firmware=firmware, npu_ms=0.01)
    eye = Eye(model)
    assert len(eye.info.split.factors) == len(factors)
    host.frames(2)
    assert not host.command(Command(CommandName.EVALUATE, True, 1))[1].error
    assert not host.command(Command(CommandName.RAW_OUTPUT, True, 2))[1].error
    rng, seen = np.random.default_rng(1), 0
    for number in range(10, 15):
        pixels = (rng.integers(0, 256, BYTES) * rng.random()).astype(np.uint8).tobytes()
        host.command(Command(CommandName.INPUT, BYTES, number))
        host.write(sealed(pixels))
        results = host.until(lambda frame: frame.results.answer is not None)[-1].results
        tensor = np.frombuffer(pixels, np.uint8).reshape(64, 64, 3)
        assert len(results.answer.outputs) == 9
        assert_same_outputs(results.answer.outputs, eye.stored(tensor))
        output = eye.output(tensor)
        found = decode(output, eye.info.layout, (64, 64), 0.5, 0.5, 10, average=True)
        framed = input_to_fractions(found, View(Resize.STRETCH, (64, 64)))
        for ours, theirs in (
            (results.people.boxes, framed.boxes),
            (results.people.confidences, framed.confidences),
            (results.people.keypoints, framed.keypoints),
        ):
            assert np.array_equal(ours.astype(np.float32).view(np.uint32), theirs.astype(np.float32).view(np.uint32))
        assert np.float32(results.top_score) == output[4].max()
        seen += len(found)
    assert seen >= 10
    assert host.parser.counts.damaged == 0


@pytest.mark.parametrize("firmware", BOARDS)
def test_wrong_inputs_are_refused_and_the_next_one_is_answered(play, firmware):
    host = play(firmware=firmware, npu_ms=0.01)
    assert host.command(Command(CommandName.INPUT, BYTES, 1))[1].error == "not evaluating"
    host.command(Command(CommandName.EVALUATE, True, 2))
    assert host.command(Command(CommandName.INPUT, BYTES - 1, 3))[1].error == "not the input's size"
    pixels = bytes(BYTES)
    assert not host.command(Command(CommandName.INPUT, BYTES, 4))[1].error
    host.write(pixels + b"wrong"[:4])
    assert host.answer(4)[1].error == "checksum"
    assert not host.command(Command(CommandName.INPUT, BYTES, 5))[1].error
    host.write(pixels[:700])
    assert host.answer(5)[1].error == "incomplete"
    assert not host.command(Command(CommandName.INPUT, BYTES, 6))[1].error
    host.write(sealed(pixels) + b"7 hello\n")
    seen = host.until(lambda frame: frame.results.answer is not None)
    assert (seen[-1].results.answer.number, seen[-1].results.answer.outputs) == (6, ())
    assert Reply(7) in [reply for frame in seen for reply in parse_reply(frame.results.status)] or host.answer(7)
    host.hang_up()
    host.parser.end()
    host.connect()
    assert host.frames(3)[-1].results.view is not None  # another host gets the stream


def test_half_an_input_is_given_up(monkeypatch):
    replies = []
    evaluation = Evaluation((2, 1), replies.append)
    assert evaluation.obey(Command(CommandName.EVALUATE, True)) == ""
    assert evaluation.obey(Command(CommandName.INPUT, 6, 9)) == ""
    assert evaluation.obey(Command(CommandName.INPUT, 6, 10)) == "busy"
    data = sealed(b"abcdef")
    assert evaluation.take(data[:4]) == b""
    assert evaluation.take(data[4:] + b"11 hello\n") == b"11 hello\n"
    question = evaluation.question(0)
    assert (question.number, question.tensor.tobytes()) == (9, b"abcdef")
    assert evaluation.question(0) is None
    assert replies == []
