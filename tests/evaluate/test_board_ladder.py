"""A board's answers as a judged model: where board and computer part is found at the right rung."""

import zlib

import numpy as np
import pytest

from n6studio.domain.errors.boards import AnswersMissing, AnswersUnreadable
from n6studio.domain.evaluation.answers import SEVERAL, AnswersHead, BoardAnswer, OutputForm, answer_bytes, head_bytes
from n6studio.domain.pose.decode import OutputLayout, decode
from n6studio.domain.pose.frames import input_to_fractions
from n6studio.domain.pose.people import rows_of
from n6studio.domain.pose.preprocess import Resize
from n6studio.domain.pose.split_decode import whole_output
from n6studio.domain.pose.split_head import Level, Scale, SplitHead
from n6studio.domain.pose.views import View
from n6studio.stages.evaluate.board import BoardAnswers, BoardModel, board_facts
from n6studio.stages.model.runner import ModelInfo

SIDE, CANDIDATES = 32, 21


class Dark:
    """A model with the same output whatever it sees: one person."""

    def __init__(self, tmp_path):
        self.info = ModelInfo(tmp_path / "m.tflite", "tflite", (SIDE, SIDE), OutputLayout(1, 2), "uint8", "float")
        self.output = np.zeros((11, CANDIDATES), np.float32)
        self.output[:, 3] = [0.5, 0.5, 0.25, 0.5, 0.75, 0.25, 0.375, 0.5, 0.625, 0.75, 1.0]

    def run(self, image):
        return self.output


class Split:
    """A model with a split head of one level, whose outputs say what a generator gave."""

    def __init__(self, tmp_path):
        level = Level(8, Scale(0.125, -3), Scale(0.0625, 20), Scale(0.25, 7))
        split = SplitHead((level,), 1, 2, 3, (SIDE, SIDE))
        layout = OutputLayout(1, 2, normalised=False)
        self.info = ModelInfo(tmp_path / "m.tflite", "tflite", (SIDE, SIDE), layout, "uint8", "int8", split=split)
        rng = np.random.default_rng(2)
        self.codes = [rng.integers(-128, 128, (16, width)).astype(np.int8) for width in (64, 1, 6)]
        self.output = whole_output(split, self.codes)

    def run(self, image):
        return self.output


def image(number):
    return np.full((SIDE, SIDE, 3), number, np.uint8)


def people_of(model, average=False):
    found = decode(model.output, model.info.layout, (SIDE, SIDE), 0.25, 0.5, 10, average=average)
    return rows_of(input_to_fractions(found, View(Resize.STRETCH, (SIDE, SIDE))))


def written(tmp_path, model, *changes, average=False):
    """Write one answer for each of `changes`, a dictionary of what is wrong in it; return the file."""
    codes = getattr(model, "codes", [])
    forms = [
        OutputForm(type="int8", shape=one.shape[::-1], candidates_first=True, scale=0.5, zero=0) for one in codes
    ] or [OutputForm(type="float32", shape=(11, CANDIDATES), candidates_first=False, scale=1.0, zero=0)]
    first = {name: getattr(forms[0], name) for name in ("type", "shape", "candidates_first", "scale", "zero")}
    head = AnswersHead(
        schema=SEVERAL if codes else 1, board="b", firmware="f", model="0" * 16, link="l", input_size=(SIDE, SIDE),
        keypoints=2, confidence=0.25, iou=0.5, others=tuple(forms[1:]), average=average, **first,
    )  # fmt: skip
    data = head_bytes(head)
    for number, wrong in enumerate(changes):
        sent = zlib.crc32(image(number).tobytes())
        raw = b"".join(one.tobytes() for one in codes) or model.output.tobytes()
        values = {"received": sent, "people": people_of(model), "raw": raw, **wrong}
        data += answer_bytes(BoardAnswer(sent, values["received"], 34_320, 850, values["people"], values["raw"]))
    path = tmp_path / "board-answers.bin"
    path.write_bytes(data)
    return path


def climbed(tmp_path, model, *changes, average=False):
    answers = BoardAnswers(written(tmp_path, model, *changes, average=average))
    board, seen = BoardModel(model, answers), []
    for number in range(len(changes)):
        board.run(image(number))
        seen.append((f"{number}.jpg", board.last))
    return board_facts(answers, "m on b", seen, None)


def test_the_same_everywhere_is_no_divergence(tmp_path):
    facts = climbed(tmp_path, Dark(tmp_path), {}, {})
    assert facts.divergence is None
    assert [(rung.name, rung.images, rung.equal, rung.largest) for rung in facts.rungs] == [
        ("input", 2, 2, 0.0), ("output", 2, 2, 0.0), ("people", 2, 2, 0.0)
    ]  # fmt: skip
    assert (facts.npu_ms, facts.post_ms) == ((34.32, 34.32), (0.85, 0.85))
    assert facts.seconds_500_at_256 is None  # nobody measured the link


def test_each_rung_is_found_with_its_image_and_size(tmp_path):
    model = Dark(tmp_path)
    bent = model.output.copy()
    bent[0, 7] = 0.125  # of a candidate that nobody is made of
    moved = people_of(model)
    moved[0, 0] += np.float32(0.25)
    facts = climbed(tmp_path, model, {}, {"people": moved}, {"raw": bent.tobytes()}, {"received": 5})
    assert [(rung.equal, rung.largest, rung.first) for rung in facts.rungs] == [
        (3, 1.0, "3.jpg"), (3, 0.125, "2.jpg"), (3, 0.25, "1.jpg")
    ]  # fmt: skip
    assert facts.divergence.name == "input"
    facts = climbed(tmp_path, model, {"people": moved[:0]}, {})
    assert (facts.divergence.name, facts.divergence.largest, facts.divergence.first) == ("people", None, "0.jpg")


def test_the_outputs_of_a_split_head_are_put_together_and_compared(tmp_path):
    model = Split(tmp_path)
    assert len(people_of(model)) > 1
    assert climbed(tmp_path, model, {}, {}).divergence is None
    bent = b"".join(one.tobytes() for one in model.codes)
    confidence = 16 * 64 + int(np.argmax(model.codes[1]))
    bent = bent[:confidence] + bytes([bent[confidence] - 1 & 0xFF]) + bent[confidence + 1 :]
    facts = climbed(tmp_path, model, {}, {"raw": bent})
    assert (facts.divergence.name, facts.divergence.first) == ("output", "1.jpg")
    assert facts.divergence.largest > 0


def test_people_are_compared_with_averaged_ones_where_the_board_averaged(tmp_path):
    model = Dark(tmp_path)
    model.output[:, 4] = [0.52, 0.5, 0.25, 0.5, 0.5, 0.3, 0.375, 0.5, 0.625, 0.75, 1.0]  # of the same person
    averaged = people_of(model, average=True)
    assert averaged.tobytes() != people_of(model).tobytes()
    assert climbed(tmp_path, model, {"people": averaged}, average=True).divergence is None
    assert climbed(tmp_path, model, {"people": averaged}).divergence.name == "people"
    assert climbed(tmp_path, model, {}, average=True).divergence.name == "people"


def test_outputs_of_another_kind_than_the_models_are_refused(tmp_path):
    split, dark = Split(tmp_path), Dark(tmp_path)
    for model, base in ((split, dark), (dark, split)):
        answers = BoardAnswers(written(tmp_path, model, {}))
        with pytest.raises(AnswersUnreadable):
            BoardModel(base, answers).run(image(0))


def test_images_without_an_answer_and_files_without_any_are_told(tmp_path):
    model = Dark(tmp_path)
    answers = BoardAnswers(written(tmp_path, model, {}))
    with pytest.raises(AnswersMissing):
        BoardModel(model, answers).run(image(9))
    for data in (b"", b"{}\n", written(tmp_path, model).read_bytes()):
        path = tmp_path / "other.bin"
        path.write_bytes(data)
        with pytest.raises(AnswersUnreadable):
            BoardAnswers(path)
