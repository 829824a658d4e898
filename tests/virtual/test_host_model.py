"""A model of this computer that several threads ask and wait for."""

import dataclasses
import queue
import threading
import time

import cv2
import numpy as np
import pytest
from builders import photograph

from n6studio.demo.scene import Scene
from n6studio.domain.errors.files import FileMissing
from n6studio.domain.live import Frame, FrameResults, Timings
from n6studio.domain.pose.people import nobody
from n6studio.domain.pose.preprocess import Resize
from n6studio.domain.pose.views import View
from n6studio.link.processes.host_model import HostModel
from n6studio.virtual.eye import Eye, Thresholds


@pytest.fixture
def model(small_model, tmp_path):
    made = HostModel(small_model, Resize.CROP, tmp_path / "host.log", lambda error: None)
    yield made
    made.close()


def frame(number):
    return Frame(cv2.imencode(".jpg", photograph())[1].tobytes(), None, 2.5, number)


def started(model):
    end = time.monotonic() + 20
    while not model._inference.model:
        assert time.monotonic() < end
        time.sleep(0.01)
    return model


def test_images_wait_for_nothing_until_the_process_has_started(model):
    first = model.annotate(frame(0), photograph())
    assert first is None or first.by_host
    results = started(model).annotate(frame(7), photograph())
    assert (results.sequence, results.device_time, results.by_host) == (7, 2_500_000, True)
    assert len(results.people) == 3


def test_a_frame_is_looked_at_as_the_boards_model_saw_it(model):
    """The same image with another view: the model of this computer sees the board's part of it."""
    image = photograph()
    for view in (View(Resize.CROP, (64, 64), (0.25, 0.5, 0.5, 0.5)), View(Resize.STRETCH, (64, 64))):
        told = FrameResults((1, 0), 0, 0, Timings(), "", view, nobody(5))
        asked = dataclasses.replace(frame(1), results=told)
        found = started(model).annotate(asked, image)
        assert found.view.resize is view.resize
        assert found.view.part == pytest.approx(view.part, abs=0.01)
    assert model.annotate(frame(1), image).view.part != (0.25, 0.5, 0.5, 0.5)


def test_keypoints_are_averaged_as_is_wished_for_each_image(carried, tmp_path):
    image, wishes = Scene(24, (192, 192)).frame(4.0).image, [True, False]
    sent = cv2.imencode(".png", np.ascontiguousarray(image[..., ::-1]))[1].tobytes()
    asked = Frame(sent, None, 2.5, 0)
    model = HostModel(carried.coarse, Resize.STRETCH, tmp_path / "host.log", lambda error: None, lambda: wishes.pop(0))
    try:
        found = [model.look(asked, 0.5, 0.5, 10).people.keypoints for _ in (0, 1)]
    finally:
        model.close()
    eye = Eye(carried.coarse)
    seen = [eye.look(image, Resize.STRETCH, Thresholds(average=one)).people.keypoints for one in (True, False)]
    assert [one.tobytes() for one in found] == [one.tobytes() for one in seen]
    assert len(seen[0])
    assert seen[0].tobytes() != seen[1].tobytes()


def test_every_thread_gets_the_answer_to_its_own_question(model):
    started(model)
    answers = queue.Queue()

    def ask(thread):
        for number in range(10 * thread, 10 * thread + 5):
            answers.put((number, model.annotate(frame(number), photograph())))

    threads = [threading.Thread(target=ask, args=(thread,)) for thread in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    told = [answers.get_nowait() for _ in range(15)]
    assert all(results is not None and results.sequence == number for number, results in told)
    assert model._inference.counts.replaced == 0


def test_closing_lets_go_of_who_waits(model):
    answers = queue.Queue()
    started(model)._inference.ask = lambda question: None  # a process that does not answer
    waiting = threading.Thread(target=lambda: answers.put(model.annotate(frame(0), photograph())))
    waiting.start()
    model.close()
    assert answers.get(timeout=5) is None
    waiting.join(5)


def test_a_model_that_cannot_run_is_told_once(tmp_path):
    failures = queue.Queue()
    made = HostModel(tmp_path / "none.tflite", Resize.CROP, tmp_path / "host.log", failures.put)
    assert isinstance(failures.get(timeout=20), FileMissing)
    assert made.annotate(frame(0), photograph()) is None
    made.close()
    assert failures.empty()
