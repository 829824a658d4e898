"""The virtual board as a process: what it streams, and how it obeys and bears with its host."""

import sys
import time

import cv2
import numpy as np
import psutil
import pytest
from ai_edge_litert.interpreter import Interpreter
from plain_pose import plain_decode

from n6studio.demo.scene import Scene
from n6studio.domain.pose.preprocess import Resize
from n6studio.link.session.commands import Command, CommandName, format_command
from n6studio.link.wire.frame import as_sent
from n6studio.virtual.cameras import SCENE_SEED
from n6studio.virtual.eye import Eye, Thresholds

FPS = 100.0
SIZE = (160, 96)
needs_terminals = pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")


def seen_directly(model, frame, resize=Resize.CROP, size=SIZE, fps=FPS, thresholds=None):
    """Return what the model sees in the scene at the time that a frame tells."""
    number = round(frame.results.device_time * fps / 1e6)
    image = Scene(SCENE_SEED, size).frame(number / fps).image
    return image, Eye(model).look(image, resize, thresholds or Thresholds(average=True))


def same_people(first, second):
    return (
        np.array_equal(first.boxes, second.boxes)
        and np.array_equal(first.confidences, second.confidences)
        and np.array_equal(first.keypoints, second.keypoints)
    )


# --- the stream ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("transport", ["tcp", pytest.param("pty", marks=needs_terminals)])
def test_stream_is_clean_and_says_what_the_model_sees(play, small_model, transport):
    host = play(transport=transport)
    frames = host.frames(25)
    counts = host.parser.counts
    assert (counts.damaged, counts.skipped_bytes, counts.without_results) == (0, 0, 0)
    assert host.lost_on_the_way() == 0
    assert [frame.size for frame in frames] == [SIZE] * 25
    model = Eye(small_model).model
    for frame in frames[::8]:
        image, sight = seen_directly(small_model, frame)
        assert frame.results.model == model
        assert frame.results.view == sight.view
        assert frame.results.top_score == np.float32(sight.best)
        assert same_people(frame.results.people, sight.people)
        shown = cv2.imdecode(np.frombuffer(frame.jpeg, np.uint8), cv2.IMREAD_COLOR_RGB)
        assert np.abs(shown.astype(int) - image).mean() < 4


def plainly_seen(model, image, side):
    """Return who is in a frame of 800 x 480, as fractions of it, without any of our code in between.

    The board cuts 480 x 480 pixels from column 160 and shrinks them to the model's input; x of the input is then
    0.2 + 0.6 x of the frame.
    """
    interpreter = Interpreter(model_path=str(model))
    interpreter.allocate_tensors()
    wanted = interpreter.get_input_details()[0]
    pixels = cv2.resize(image[:, 160:640], (side, side))  # the camera's bytes, as the board hands them on
    interpreter.set_tensor(wanted["index"], pixels[None])
    interpreter.invoke()
    output = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])[0]
    people = plain_decode(output.T.tolist(), 1, 17, 3, (1, 1), confidence=0.5, iou=0.5, most=10, average=True)
    boxes = [[min(1, max(0, value)) for value in scaled(one.box)] for one in people]
    points = [[(0.2 + 0.6 * x, y, seen) for x, y, seen in one.keypoints] for one in people]
    return [one.score for one in people], boxes, points


def scaled(box):
    left, top, right, bottom = box
    return 0.2 + 0.6 * left, top, 0.2 + 0.6 * right, bottom


def test_results_of_a_real_model(play, carried):
    host = play(model=str(carried.coarse), width=0, height=0, fps=10)
    frame = host.frames(3)[-1]
    image, _ = seen_directly(carried.coarse, frame, size=(800, 480), fps=10)
    scores, boxes, points = plainly_seen(carried.coarse, image, 192)
    found = frame.results.people
    assert len(found) == len(scores) > 0
    assert found.confidences == pytest.approx(np.array(scores), abs=1e-5)
    assert found.boxes == pytest.approx(np.array(boxes), abs=1e-5)
    assert found.keypoints == pytest.approx(np.array(points), abs=1e-5)


def test_the_npu_takes_as_long_as_st_publishes(play, shared):
    model = shared / "models" / "st" / "yolov8n_192_quant_pc_uf_pose_coco-st.tflite"
    host = play(model=str(model), width=0, height=0, fps=10)
    assert host.frames(3)[-1].results.timings.npu == 21330, "for 192 x 192"


@pytest.mark.parametrize(
    ("aspect", "resize", "part", "size"),
    [
        ("crop", "crop", (0.2, 0, 0.6, 1), SIZE),
        ("fit", "stretch", (0, 0, 1, 1), (96, 96)),
        ("fullscreen", "stretch", (0, 0, 1, 1), SIZE),
    ],
)
def test_aspect_modes(play, aspect, resize, part, size):
    frame = play(aspect=aspect).frames(2)[-1]
    assert (frame.results.view.resize, frame.size) == (resize, size)
    assert frame.results.view.part == pytest.approx(part)


def test_only_every_third_image_has_results(play):
    frames = play(inference_every=3).frames(30)
    with_results = [frame.results.view is not None for frame in frames]
    turns = {frame.results.sequence % 3 for frame, model_ran in zip(frames, with_results, strict=True) if model_ran}
    assert len(turns) == 1, "whatever a busy host misses, and a busy computer leaves out"
    for frame, model_ran in zip(frames, with_results, strict=True):
        assert len(frame.results.people) == (3 if model_ran else 0)
        assert (frame.results.top_score is None, frame.results.timings.npu is None) == (not model_ran,) * 2


def test_a_slow_model_takes_the_newest_image(play):
    frames = play(npu_ms=50).frames(12)
    times = np.diff([frame.results.device_time for frame in frames]) / 1e6
    times /= np.diff([frame.results.sequence for frame in frames])  # a busy host misses some
    assert {frame.results.timings.npu for frame in frames} == {50_000}
    assert np.median(times) == pytest.approx(0.05, abs=0.01), "20 images in a second of the board"


def test_it_ends_after_so_many_images(play):
    host = play(frames=7)
    assert len(host.until(lambda frame: frame.number == 6)) == 7
    assert host.board.wait(10)["sent"] == 7


# --- the host --------------------------------------------------------------------------------------------------------


def test_a_host_that_does_not_read_misses_the_oldest(play):
    host = play(fps=200, width=640, height=480, quality=95, inference_every=1000)
    host.frames(3)
    pauses = iter((1, 2, 4, 8))
    while host.parser.counts.lost == 0:
        time.sleep(next(pauses))  # longer than all buffers on the way hold, on a slow machine after some more tries
        host.frames(60, 60)
    host.until(lambda frame: frame.results.sequence > 100, 60)
    assert host.parser.counts.damaged == 0


@pytest.mark.parametrize("transport", ["tcp", pytest.param("pty", marks=needs_terminals)])
def test_a_host_may_come_again(play, transport):
    host = play(transport=transport)
    host.frames(2)
    for pause in (0.2, 0.0):
        host.hang_up()
        time.sleep(pause)
        host.connect()
        host.parser.end()
        host.frames(5)


def test_a_second_host_is_sent_away(play):
    host = play()
    host.frames(2)
    other = type(host)(host.board)
    with pytest.raises(ConnectionError):
        other.until(lambda frame: True)
    other.hang_up()
    assert host.frames(5)[-1].results


@needs_terminals
def test_pseudo_terminal_has_a_name_that_stays(play, tmp_path):
    name = tmp_path / "board"
    host = play(transport="pty", link=str(name))
    assert host.board.address == str(name)
    assert host.frames(2)
    host.hang_up()
    host.board.close()
    assert not name.is_symlink()


def test_it_ends_when_its_starter_is_gone(play):
    board = play(connect=False)
    process = psutil.Process(board._child.process.pid)
    board._child.process.stdin.close()
    assert process.wait(10) == 0


# --- commands --------------------------------------------------------------------------------------------------------


def test_thresholds(play):
    host = play()
    assert len(host.frames(1)[0].results.people) == 3
    frame, reply = host.command(Command(CommandName.CONFIDENCE, 0.995, 7))
    assert reply.error == ""
    assert dict(frame.results.status)["confidence"] == "0.995"
    last = host.frames(5)[-1]
    assert len(last.results.people) == 0
    assert last.results.top_score > 0.8
    host.command(Command(CommandName.CONFIDENCE, 0.0005, 8))
    many = len(host.frames(5)[-1].results.people)
    assert many == 10, "as many as ST's application keeps"
    frame, _ = host.command(Command(CommandName.IOU, 0.01, 9))
    assert dict(frame.results.status)["iou"] == "0.01"


def test_keypoints_are_averaged_until_the_host_says_otherwise(play, carried):
    host = play(model=str(carried.coarse), fps=20)
    eye = Eye(carried.coarse)

    def told_and_seen(average):
        host.write(format_command(Command(CommandName.EXACT_INPUT, None, 3)))
        results = host.until(lambda frame: frame.results.exact_input is not None)[-1].results
        tensor = results.exact_input
        sights = [eye.look_exactly(tensor, results.view, Thresholds(average=one)) for one in (average, not average)]
        return results, *(sight.people for sight in sights)

    results, seen, other = told_and_seen(True)
    assert same_people(results.people, seen)
    assert len(seen)
    assert not same_people(seen, other)
    frame, reply = host.command(Command(CommandName.AVERAGE, False, 9))
    assert (reply.error, dict(frame.results.status)["average"]) == ("", "off")
    host.frames(5)  # those that were under way
    results, seen, _ = told_and_seen(False)
    assert same_people(results.people, seen)


def test_quality(play):
    host = play(quality=95)
    before = len(host.frames(3)[-1].jpeg)
    host.command(Command(CommandName.QUALITY, 10, 1))
    assert len(host.frames(3)[-1].jpeg) < before / 2


def test_protection(play):
    host = play()
    plain = host.frames(3)[-1]
    frame, reply = host.command(Command(CommandName.PROTECT, True, 5))
    assert reply.error == ""
    assert dict(frame.results.status)["protect"] == "on"
    assert (plain.results.version, frame.results.version) == ((1, 0), (1, 1))
    assert as_sent(frame.jpeg[:300] + b"\xaa\xaa" + frame.jpeg[302:]) == frame.jpeg
    frame, _ = host.command(Command(CommandName.PROTECT, False, 6))
    assert dict(frame.results.status)["protect"] == "off"
    assert host.frames(3)[-1].results.version == (1, 0)
    assert host.parser.counts.damaged == 0


def test_stream_off_and_on(play):
    host = play()
    host.frames(2)
    host.command(Command(CommandName.STREAM, False, 1))
    end = time.monotonic() + 10
    while data := host.read():  # what was under way; then nothing comes for a while
        host.parser.feed(data)
        assert time.monotonic() < end, "it goes on"
    frame, _ = host.command(Command(CommandName.HELLO, None, 2))
    assert dict(frame.results.status)["stream"] == "off"
    host.command(Command(CommandName.STREAM, True, 3))
    host.frames(5)


def test_exact_input_comes_once_and_whole(play, small_model):
    host = play()
    host.write(b"5 exact_input\n")
    frames = host.until(lambda frame: frame.results.exact_input is not None) + host.frames(3)
    assert sum(frame.results.exact_input is not None for frame in frames) == 1
    (frame,) = [frame for frame in frames if frame.results.exact_input is not None]
    _, sight = seen_directly(small_model, frame)
    assert np.array_equal(frame.results.exact_input, sight.tensor)


def test_what_is_no_command_is_answered_and_changes_nothing(play):
    host = play()
    for line, number in (
        (b"12 confidence 7", 12),
        (b"13 dance", 13),
        (b"14 fault nonsense", 14),
        (b"nonsense", 0),
        (b"x" * 5000, 0),
    ):
        host.write(line + b"\n")
        _, reply = host.answer(number)
        assert reply.error, line
    assert len(host.frames(2)[-1].results.people) == 3


def test_commands_may_arrive_in_pieces(play):
    host = play()
    for piece in (b"3 conf", b"idence 0.9", b"95\n4 quality", b" 50\n"):
        host.write(piece)
        time.sleep(0.05)
    _, reply = host.answer(4)
    assert reply.error == ""
    status = dict(host.until(lambda frame: "quality" in dict(frame.results.status))[-1].results.status)
    assert (status["confidence"], status["quality"]) == ("0.995", "50")


def test_memory_stays(play):
    host = play(fps=200, inference_every=1000)
    process = psutil.Process(host.board._child.process.pid)
    host.frames(50)
    before = process.memory_info().rss
    host.frames(150)
    assert process.memory_info().rss - before < 8e6
