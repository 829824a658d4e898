"""This computer in the board's place, and whether both see the same."""

import os
import queue
import signal
import struct
import sys
import threading
import time

import cv2
import numpy as np
import psutil
import pytest
from builders import photograph
from builders_tflite import build_tflite
from own_time import OwnTime

from n6studio.domain.errors.files import FileMissing
from n6studio.domain.errors.link import HostInferenceDied
from n6studio.domain.pose.parity import compare
from n6studio.domain.pose.preprocess import Resize
from n6studio.link.processes.host_inference import HostInference, about_exact_input, about_image
from n6studio.virtual.eye import Eye, Thresholds


def jpeg(image):
    return cv2.imencode(".jpg", image)[1].tobytes()


@pytest.fixture
def infer(small_model, tmp_path):
    started = []

    def start(model=small_model, **options):
        answers, failures = queue.Queue(), queue.Queue()
        inference = HostInference(model, answers.put, tmp_path / "infer.log", failures.put, **options)
        started.append(inference)
        return inference, answers, failures

    yield start
    for inference in started:
        inference.close()
        assert not [thread for thread in inference._threads if thread.is_alive()]


def process_of(inference):
    end = time.monotonic() + 20
    while inference._child is None or not inference.model:
        assert time.monotonic() < end
        time.sleep(0.01)
    return psutil.Process(inference._child.process.pid)


@pytest.mark.parametrize("resize", list(Resize))
def test_answer_is_what_the_model_sees(infer, small_model, resize):
    inference, answers, _ = infer()
    data = jpeg(photograph(120, 80))
    inference.ask(about_image(data, resize, tag="mine"))
    answer = answers.get(timeout=20)
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
    sight = Eye(small_model).look(image, resize, Thresholds())
    assert (answer.tag, answer.reason, answer.results.by_host) == ("mine", "", True)
    assert answer.results.model == inference.model == Eye(small_model).model
    assert np.array_equal(answer.results.people.keypoints, sight.people.keypoints)
    assert np.array_equal(answer.results.people.boxes, sight.people.boxes)
    assert answer.results.view == sight.view


def test_thresholds(infer):
    inference, answers, _ = infer()
    for confidence, people in ((0.5, 3), (0.995, 0)):
        inference.ask(about_image(jpeg(photograph()), Resize.CROP, confidence))
        assert len(answers.get(timeout=20).results.people) == people


@pytest.mark.parametrize(("input_type", "output_type"), [("uint8", "float"), ("int8", "int8")])
def test_board_and_computer_agree_to_the_last_bit(play, infer, tmp_path, input_type, output_type):
    model = build_tflite(tmp_path / "model.tflite", 64, input_type, output_type)
    host = play(model=str(model))
    inference, answers, _ = infer(model)
    for number in range(3):
        host.write(f"{number} exact_input\n".encode())
        frame = host.until(lambda frame: frame.results.exact_input is not None)[-1]
        inference.ask(about_exact_input(frame.results, average=True))
        answer = answers.get(timeout=20)
        parity = compare(frame.results.people, answer.results.people, frame.results.view)
        assert (parity.keypoints, parity.boxes, parity.confidences, parity.visibilities) == (0, 0, 0, 0)
        assert (parity.people, parity.unmatched) == (3, 0)


def test_parity_of_a_real_model(play, infer, carried):
    model = carried.coarse
    host = play(model=str(model), width=0, height=0, fps=10)
    host.write(b"1 exact_input\n")
    results = host.until(lambda frame: frame.results.exact_input is not None)[-1].results
    inference, answers, _ = infer(model, threads=2)
    inference.ask(about_exact_input(results, average=True))
    parity = compare(results.people, answers.get(timeout=20).results.people, results.view)
    assert (parity.keypoints, parity.people, parity.unmatched) == (0, 2, 0)
    other = carried.fine
    inference, answers, _ = infer(other)
    inference.ask(about_exact_input(results))
    assert "256x256" in answers.get(timeout=20).reason


def test_newest_image_wins(infer):
    inference, answers, _ = infer()
    gate = threading.Event()
    inference._on_answer = lambda answer: (answers.put(answer), gate.wait(20))
    question = jpeg(photograph())
    inference.ask(about_image(question, Resize.CROP, tag="first"))
    assert answers.get(timeout=20).tag == "first"
    for tag in range(50):  # while its answer is looked at
        inference.ask(about_image(question, Resize.CROP, tag=tag))
    gate.set()
    assert answers.get(timeout=20).tag == 49
    assert inference.counts.replaced == 49


def lying_jpeg():
    """A JPEG whose header claims 60000 x 60000 pixels."""
    data = bytearray(jpeg(photograph()))
    at = data.index(b"\xff\xc0") + 5
    struct.pack_into(">HH", data, at, 60000, 60000)
    return bytes(data)


@pytest.mark.parametrize(
    "data", [b"", b"not a picture", jpeg(photograph())[:40], lying_jpeg(), b"\xff\xd8\xff\xd9" * 1000]
)
def test_what_is_no_image_is_refused_and_the_next_is_not(infer, data):
    inference, answers, _ = infer()
    inference.ask(about_image(data, Resize.CROP))
    answer = answers.get(timeout=20)
    assert answer.results is None
    assert answer.reason
    inference.ask(about_image(jpeg(photograph()), Resize.CROP))
    assert answers.get(timeout=20).results
    assert (inference.counts.refused, inference.counts.answered, inference.counts.restarts) == (1, 1, 0)


def test_it_starts_again_after_a_crash(infer):
    inference, answers, failures = infer()
    process = process_of(inference)
    process.kill()
    process.wait(10)
    deadline = time.monotonic() + 20
    answer = None
    while answer is None or answer.results is None:
        assert time.monotonic() < deadline
        inference.ask(about_image(jpeg(photograph()), Resize.CROP))
        answer = answers.get(timeout=20)
    assert inference.counts.restarts == 1
    assert failures.empty()


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGSTOP")
def test_it_starts_again_when_the_process_hangs(infer):
    inference, answers, _ = infer(answer_seconds=0.5)
    os.kill(process_of(inference).pid, signal.SIGSTOP)
    inference.ask(about_image(bytes(1 << 20), Resize.CROP))  # more than a pipe holds
    assert answers.get(timeout=10).reason == "the process ended"
    inference._answer_seconds = 20.0  # the next one works, however busy this computer is
    inference.ask(about_image(jpeg(photograph()), Resize.CROP))
    assert answers.get(timeout=20).results


def test_it_gives_up_after_three_crashes(infer):
    inference, answers, failures = infer()
    for _ in range(3):
        process_of(inference).kill()
        inference.model = ""
        inference.ask(about_image(jpeg(photograph()), Resize.CROP))
        assert answers.get(timeout=20).reason == "the process ended"
    failure = failures.get(timeout=20)
    assert isinstance(failure, HostInferenceDied)
    assert failure.values["how"]


def test_a_missing_model_is_told_at_once(infer, tmp_path):
    inference, _, failures = infer(tmp_path / "missing.tflite")
    assert isinstance(failures.get(timeout=20), FileMissing)
    assert inference.counts.restarts == 0


def test_close_does_not_wait_for_the_model(infer):
    inference, _, _ = infer()
    own = OwnTime()
    inference.close()
    assert own.seconds < 5
    inference.close()
