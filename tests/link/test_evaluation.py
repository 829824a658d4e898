"""Answers of boards: the file that holds them, and asking boards that refuse, are reset, or run something else."""

import io
import threading
import time
import zlib

import cv2
import numpy as np
import pytest
from builders_tflite import build_tflite
from link_builders import until

from n6studio.board import emulator
from n6studio.domain.errors.boards import BoardCannotEvaluate, BoardDoesNotAverage, BoardRunsOther
from n6studio.domain.evaluation.answers import (
    AnswersHead,
    BoardAnswer,
    answer_bytes,
    head_bytes,
    read_answers,
    read_head,
)
from n6studio.domain.evaluation.board import BoardFacts, Rung, seconds_for
from n6studio.domain.evaluation.board_texts import divergence
from n6studio.domain.live import FrameResults, Timings, model_id
from n6studio.domain.pose.people import nobody
from n6studio.domain.settings import from_mapping
from n6studio.domain.virtual_board import VirtualBoardSettings
from n6studio.gates.files import sha256_of
from n6studio.link.evaluation.asking import AskedBoard
from n6studio.link.evaluation.collecting import Cancelled, collect, head_of, unanswered
from n6studio.link.session.commands import CommandName, Reply, format_reply, parse_command
from n6studio.link.sources.base import Capability, Source, SourceInfo
from n6studio.link.sources.virtual import VirtualBoardSource
from n6studio.link.wire.frame import encode_frame

BOARDS = [
    False,
    pytest.param(
        True, marks=pytest.mark.skipif(bool(emulator.missing_tools()), reason="no emulator or cross compiler")
    ),
]
SIDE = 64
BYTES = SIDE * SIDE * 3


def head(**changes):
    values = {
        "board": "b", "firmware": "f", "model": "0" * 16, "link": "l", "input_size": (4, 2), "keypoints": 2,
        "confidence": 0.25, "iou": 0.5, "type": "int8", "shape": (3, 5), "candidates_first": False, "scale": 0.5,
        "zero": -3, **changes,
    }  # fmt: skip
    return AnswersHead(**values)


def answers(count):
    rng = np.random.default_rng(5)
    return [
        BoardAnswer(n, n + 1, 1000 * n or None, 7, rng.random((n % 3, 11), np.float32), rng.bytes(15))
        for n in range(count)
    ]


def test_answers_come_back_as_they_were_and_a_torn_end_is_nothing():
    given = answers(4)
    data = head_bytes(head()) + b"".join(map(answer_bytes, given))
    for cut, whole in ((0, 4), (1, 3), (len(answer_bytes(given[3])) + 1, 2)):
        source = io.BytesIO(data[: len(data) - cut])
        assert read_head(source) == head()
        found = list(read_answers(source, head()))
        assert len(found) == whole
        for (_, one), other in zip(found, given, strict=False):
            assert (one.sent, one.received, one.npu_us, one.post_us, one.raw) == (
                other.sent, other.received, other.npu_us, other.post_us, other.raw
            )  # fmt: skip
            assert np.array_equal(one.people, other.people)
    flipped = bytearray(data)
    flipped[-20] ^= 1
    source = io.BytesIO(bytes(flipped))
    read_head(source)
    assert len(list(read_answers(source, head()))) == 3


@pytest.mark.parametrize(
    "wrong", [{"type": "float64"}, {"shape": (0, 5)}, {"shape": (4000, 4000)}, {"keypoints": 0}, {"scale": 0.0}]
)
def test_heads_that_no_board_gives_are_refused(wrong):
    with pytest.raises(ValueError, match="impossible"):
        head(**wrong)


def test_answers_tell_that_keypoints_were_averaged_and_earlier_ones_were_not():
    for average in (False, True):
        data = head_bytes(head(average=average))
        assert (b"average" in data) == average, "as earlier releases have it"
        assert read_head(io.BytesIO(data)) == head(average=average)


class Firmware(Source):
    """Obeys everything, but averaging where it is older than that command."""

    def __init__(self, average):
        super().__init__(SourceInfo("tcp:a:1", "a board", "", Capability.COMMANDS))
        self.status = {"board": "b"} if average is None else {"board": "b", "average": average}
        self.heard, self._sent = [], b""
        self.image = cv2.imencode(".jpg", np.zeros((16, 16, 3), np.uint8))[1].tobytes()

    def open(self):
        pass

    def close(self):
        pass

    def read(self, timeout):
        sent, self._sent = self._sent, b""
        return sent

    def write(self, data):
        for line in data.splitlines():
            if line:
                self._obey(parse_command(line))

    def _obey(self, command):
        self.heard.append((command.name, command.value))
        known = command.name != CommandName.AVERAGE or "average" in self.status
        if known and command.name == CommandName.AVERAGE:
            self.status["average"] = "on" if command.value else "off"
        reply = format_reply(Reply(command.number, "" if known else "unknown command"))
        status = (*self.status.items(), reply)
        told = FrameResults((1, 0), len(self.heard), 0, Timings(), "", None, nobody(1), status=status)
        self._sent += encode_frame(self.image, told)


@pytest.mark.parametrize(("before", "wanted"), [("on", False), ("off", True), ("on", True)])
def test_a_board_averages_as_is_wanted_and_afterwards_as_before(before, wanted):
    source = Firmware(before)
    board = AskedBoard(source, "", 0.25, 0.5, wanted)
    board.begin()
    assert (source.status["average"], board.told.average) == ("on" if wanted else "off", wanted)
    board.end()
    assert source.status["average"] == before


def test_firmware_that_does_not_average_is_refused_only_where_that_is_wanted():
    source = Firmware(None)
    board = AskedBoard(source, "", 0.25, 0.5, False)
    board.begin()
    board.end()
    assert CommandName.AVERAGE not in [name for name, _ in source.heard]
    assert not board.told.average
    board = AskedBoard(Firmware(None), "", 0.25, 0.5, True)
    with pytest.raises(BoardDoesNotAverage) as raised:
        board.begin()
    assert "--no-average" in " ".join(raised.value.remedy.steps)


def test_the_first_rung_that_differs_is_named():
    def facts(*equal):
        rungs = [
            Rung(name=name, images=4, equal=count, largest=0.5, first="" if count == 4 else "a.jpg")
            for name, count in zip(("input", "output", "people"), equal, strict=True)
        ]
        return BoardFacts(name="", firmware="", link="", model="", npu_ms=(), post_ms=(), rungs=tuple(rungs))

    assert "No divergence" in divergence(facts(4, 4, 4))
    assert "the model's output, in 3 of 4 images, first in a.jpg" in divergence(facts(4, 1, 0))
    assert "people" in divergence(facts(4, 4, 3))
    assert "input it received" in divergence(facts(0, 4, 4))


def test_the_goal_over_usb_by_hand():
    """500 inputs of 256 x 256 and float outputs at 3 MB/s: 83 s of bytes and 20 s of the board."""
    assert seconds_for(500, 196_608, 301_056 + 600, 3e6, 40.0) == pytest.approx(103, abs=0.5)


def source_of(model, log, **settings):
    values = {"model": str(model), "transport": "tcp", "fps": 50.0, "width": 160, "height": 96, "npu_ms": 0.01}
    return VirtualBoardSource(from_mapping(VirtualBoardSettings, {**values, **settings}), log)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return build_tflite(tmp_path_factory.mktemp("model") / "small.tflite")


@pytest.mark.slow
@pytest.mark.parametrize("firmware", BOARDS)
def test_a_reset_costs_no_answer_and_a_broken_run_goes_on(model, tmp_path, firmware):
    pixels = [np.random.default_rng(n).bytes(BYTES) for n in range(6)]
    inputs, file = tmp_path / "inputs.bin", tmp_path / "answers.bin"
    inputs.write_bytes(b"".join(pixels))
    source = source_of(model, tmp_path / "log", firmware=firmware)
    board = AskedBoard(source, model_id(sha256_of(model)), 0.25, 0.5, False)
    cancel = threading.Event()

    def progress(done, count):
        if done == 2 and not board.resets:
            heard = []
            source._board._on_message = heard.append
            source.fault("reset")
            until(lambda: any(message["type"] == "faults" for message in heard))
            time.sleep(0.3)  # it has heard of it; now it does it
        if done == 4:
            cancel.set()

    board.begin()
    try:
        with pytest.raises(Cancelled):
            collect(board, inputs, (SIDE, SIDE), file, None, progress, cancel)
        assert board.resets >= 1
        assert unanswered(inputs, (SIDE, SIDE), file) == 2
        with file.open("ab") as broken:
            broken.write(b"half an answer")
        asked = []
        figures = collect(
            board, inputs, (SIDE, SIDE), file, head_of(file), lambda done, _: asked.append(done), threading.Event()
        )
    finally:
        board.end()
    assert unanswered(inputs, (SIDE, SIDE), file) == 0
    assert figures.resets == board.resets
    assert figures.bytes_per_second > 0
    with file.open("rb") as stored:
        found = [answer for _, answer in read_answers(stored, read_head(stored))]
    assert [one.sent for one in found] == [zlib.crc32(one) for one in pixels]
    assert all(one.received == one.sent for one in found)
    assert all(len(one.raw) == 56 * 84 * 4 for one in found)
    assert all(len(one.people) == 3 for one in found)


@pytest.mark.slow
def test_another_model_and_another_size_are_refused(model, tmp_path):
    board = AskedBoard(source_of(model, tmp_path / "log"), "0" * 15 + "1", 0.25, 0.5, False)
    with pytest.raises(BoardRunsOther):
        board.begin()
    board.end()
    board = AskedBoard(source_of(model, tmp_path / "log"), model_id(sha256_of(model)), 0.25, 0.5, False)
    board.begin()
    with pytest.raises(BoardCannotEvaluate):
        board.ask(bytes(BYTES - 1))
    board.end()
