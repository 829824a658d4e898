"""The stream inside an application of ST's shape: our functions wrapped around its loop, camera and model."""

import re
import struct
import subprocess
import zlib

import cv2
import numpy as np
import pytest
from firmware_builders import host_compiler
from firmware_stlike import PORT, STLIKE, WRAPPED, build, config, portable_objects, wrap

from n6studio.board.application.live.stream import LiveStream, header
from n6studio.board.application.live.tree import LiveTree
from n6studio.domain.pose.decode import OutputLayout, decode
from n6studio.domain.pose.frames import input_to_fractions
from n6studio.domain.pose.preprocess import Resize
from n6studio.domain.pose.split_decode import whole_output
from n6studio.domain.pose.split_head import Level, Scale, SplitHead
from n6studio.domain.pose.views import View
from n6studio.link.wire.parser import StreamParser

pytestmark = [pytest.mark.slow, pytest.mark.skipif(host_compiler() is None, reason="no C compiler here")]

PLENTY = 10**6
WHOLE = (0.0, 0.0, 1.0, 1.0)
SMALL = {
    "N6_INPUT_WIDTH": "64u", "N6_INPUT_HEIGHT": "64u", "N6_CANDIDATES": "84u", "N6_JPEG_BYTES": "8192u",
    "N6_EXACT_BYTES": "12288", "N6_SOFTWARE_JPEG": "", "N6_MODEL_ID": "{1, 2, 3, 4, 5, 6, 7, 8}",
    "N6_HEAD_BYTES": "4096u", "N6_MCU_ROW_BYTES": "(6u * 384u)",
    "SCREEN_WIDTH": "96", "SCREEN_HEIGHT": "72", "SCREEN_CROPPED": "0", "INPUT_CROPPED": "0",
}  # fmt: skip
SQUARE = {"SCREEN_WIDTH": "48", "SCREEN_HEIGHT": "48", "SCREEN_CROPPED": "1", "INPUT_CROPPED": "1"}
CUT = {"SCREEN_CROPPED": "1", "INPUT_CROPPED": "1"}
TALL = {"N6_INPUT_WIDTH": "32u", "N6_INPUT_HEIGHT": "64u", "N6_CANDIDATES": "42u", "N6_EXACT_BYTES": "6144"}
WIDE = {"N6_INPUT_WIDTH": "96u", "N6_INPUT_HEIGHT": "64u", "N6_CANDIDATES": "126u", "N6_EXACT_BYTES": "18432"}


@pytest.fixture(scope="module")
def objects(tmp_path_factory):
    return portable_objects(tmp_path_factory.mktemp("portable"))


@pytest.fixture(scope="module")
def application(tmp_path_factory, objects):
    """Return a function from a kind of loop and definitions to a program of that kind, built once."""
    built = {}

    def get(kind="LOOP", **values):
        key = (kind, *sorted(values.items()))
        if key not in built:
            shape = {"N6_RUN_LOOP_SHAPE": ""} if kind in ("LOOP", "THREADS") else {}
            header = config(**{**SMALL, f"N6_RUN_{kind}": "", **shape, **values})
            sources = [PORT / f"n6_{name}.c" for name in ("clock", "live", "model", "self_test", "hooks")]
            sources += [STLIKE / name for name in ("application.c", "camera.c", "parts.c")]
            folder = tmp_path_factory.mktemp(kind.lower())
            built[key] = build(folder, header, sources, objects, "-include", "n6_config.h", *wrap(WRAPPED[kind]))
        return built[key]

    return get


def run(program, folder, frames, *words, room=PLENTY):
    """Return what the program sent, as frames, and the lines of its screen."""
    command = [program, str(frames), str(room), *map(str, words)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    sent = (folder / "sent.bin").read_bytes()
    lines = [list(map(float, line.split())) for line in (folder / "screen.txt").read_text().splitlines()]
    return [*StreamParser().feed(sent, 0.0)], lines


def image_of(frame):
    return cv2.imdecode(np.frombuffer(frame.jpeg, np.uint8), cv2.IMREAD_COLOR)


def number_of(frame, brightest: float = 255.0) -> int:
    """Return the frame's number, as its brightness tells."""
    return round(float(np.mean(image_of(frame))) * 31 / brightest)


def person_of(frame) -> int:
    """Return the frame's number, as its person tells."""
    (box,) = frame.results.people.boxes
    return round(32 * (box[0] + box[2]) / 2)


def statuses(frames) -> dict[str, str]:
    return dict(pair for frame in frames for pair in frame.results.status)


@pytest.mark.parametrize("kind", ["LOOP", "EPOCHS", "STAI"])
def test_every_image_goes_out_with_its_own_people_and_times_and_the_screen_gets_them_too(application, tmp_path, kind):
    frames, screen = run(application(kind), tmp_path, 30)
    assert [number_of(frame) for frame in frames] == list(range(1, 31))
    assert [person_of(frame) for frame in frames] == list(range(1, 31))
    assert {image_of(frame).shape for frame in frames} == {(72, 96, 3)}
    results = [frame.results for frame in frames]
    assert [one.device_time for one in results] == [33_000 * number + 500 for number in range(1, 31)]
    assert [one.sequence for one in results] == list(range(30))
    assert {(one.timings.npu, one.timings.exposure_to_npu) for one in results} == {(20_000, 1000)}
    assert {(one.view.resize, one.view.size, one.view.part) for one in results} == {("stretch", (64, 64), WHOLE)}
    assert {one.model for one in results} == {"0102030405060708"}
    assert statuses(frames)["board"] == "STM32N6570-DK"
    assert [round(32 * x) for _, x, _, _ in screen] == list(range(1, 31))
    assert {round(confidence, 3) for _, _, confidence, _ in screen} == {0.9}


PLACES = (4, 0, 8, 3, 7, 1, 2, 6, 5)  # in the compiled model, of each level's boxes, confidences and keypoints


def split_head(factors: tuple[float, ...]) -> tuple[SplitHead, dict[str, str]]:
    """Return a split head, and what n6_config.h says of it."""
    scales = [Scale(float(np.float32(0.03 + place / 100)), place * 5 - 20) for place in range(9)]
    levels = tuple(Level(stride, *scales[3 * place : 3 * place + 3]) for place, stride in enumerate((8, 16, 32)))
    split = SplitHead(levels, 1, 17, 3, (64, 64), factors)
    given = LiveStream(
        link="usb", image="screen", jpeg="software", quality=50, board="", firmware="", model="",
        model_sha256="00" * 32, size=(64, 64), candidates=84, classes=1, keypoints=17, confidence=0.5, iou=0.5, most=10,
        split=split, places=PLACES,
    )  # fmt: skip
    words = dict(re.findall(r"#define (N6_(?:SPLIT|KEYPOINT_)\w+) (.*)", header(given, LiveTree("stai", False, False))))
    assert len(words) == (5 if factors else 4)
    return split, {**words, "SPLIT_BYTES": "4096u", "SPLIT_SCORES": "{0, 7, 6}"}


def split_outputs(split: SplitHead, number: int) -> list[np.ndarray]:
    """Return what the application's model makes of an input, in the order of the split head."""
    pattern = [(np.arange(4096) * 7 + number * 13 + place * 29) % 251 - 125 for place in range(9)]
    for place in (0, 7, 6):
        pattern[place][:] = -128
    pattern[0][[number, number + 30]] = 120, 110
    outputs = []
    for place, (level, branch) in zip(PLACES, np.ndindex(3, 3), strict=True):
        cells = (64 // split.levels[level].stride) ** 2
        outputs.append(pattern[place][: cells * split.channels[branch]].astype(np.int8).reshape(cells, -1))
    return outputs


@pytest.mark.parametrize("factors", [(), tuple(np.linspace(0.5, 3, 34).astype(np.float32).tolist())])
def test_the_outputs_of_a_split_head_are_found_wherever_they_are(application, tmp_path, factors):
    """The compiled model has them in another order; people are those that the program decodes, bit for bit."""
    split, words = split_head(factors)
    frames, screen = run(application("STAI", **words), tmp_path, 30)
    assert len(frames) == 30
    for number, frame in enumerate(frames, 1):
        outputs = split_outputs(split, number)
        people = decode(whole_output(split, outputs), OutputLayout(1, 17, normalised=False), (64, 64), 0.5, 0.5, 10)
        framed = input_to_fractions(people, View(Resize.STRETCH, (64, 64)))
        assert len(people) > 0
        assert np.array_equal(frame.results.people.boxes, framed.boxes)
        assert np.array_equal(frame.results.people.keypoints, framed.keypoints)
        assert sum(line[0] == number for line in screen) == len(people)


def test_where_the_model_has_a_thread_of_its_own_it_sends_its_input_and_the_screen_looks_for_itself(
    application, tmp_path
):
    program = application("THREADS", N6_IMAGE_OF_SCREEN=None, N6_TICK_ONLY="")
    frames, screen = run(program, tmp_path, 30, 15, "1 exact_input\n")
    assert [number_of(frame, 248.0) for frame in frames] == [person_of(frame) for frame in frames]
    assert [person_of(frame) for frame in frames] == list(range(1, 31))
    assert [one.device_time for one in map(results_of, frames)] == [33_000 * number for number in range(1, 31)]
    assert {(one.timings.npu, one.timings.exposure_to_npu) for one in map(results_of, frames)} == {(20_000, 1000)}
    assert [round(32 * x) for _, x, _, _ in screen] == list(range(1, 31))
    assert set(np.unique(frames[14].results.exact_input)) == {15 * 8}


def test_where_the_screen_shows_more_than_the_model_sees_people_are_where_they_are_in_the_image(application, tmp_path):
    frames, screen = run(application(**CUT), tmp_path, 20)
    part = {(one.view.resize, *(round(number, 6) for number in one.view.part)) for one in map(results_of, frames)}
    assert part == {("crop", 0.125, 0.0, 0.75, 1.0)}
    found = [float(frame.results.people.boxes[0][[0, 2]].mean()) for frame in frames]
    assert np.allclose(found, [0.125 + 0.75 * number / 32 for number in range(1, 21)], atol=1e-6)
    assert [round(32 * x) for _, x, _, _ in screen] == list(range(1, 21)), "its own screen wants the model's fractions"


def test_a_screen_with_the_models_part_of_the_sensor_needs_no_crop(application, tmp_path):
    frames, _ = run(application(**SQUARE), tmp_path, 3)
    assert {one.view.part for one in map(results_of, frames)} == {WHOLE}
    assert {image_of(frame).shape for frame in frames} == {(48, 48, 3)}


def test_an_input_that_is_no_square(application, tmp_path):
    frames, screen = run(application(**CUT, **TALL), tmp_path, 20, 5, "1 exact_input\n")
    part = {(one.view.resize, one.view.size, one.view.part) for one in map(results_of, frames)}
    assert part == {("crop", (32, 64), (0.3125, 0.0, 0.375, 1.0))}
    boxes = np.concatenate([frame.results.people.boxes for frame in frames])
    assert np.allclose(boxes[:, [0, 2]].mean(axis=1), [0.3125 + 0.375 * n / 32 for n in range(1, 21)], atol=1e-6)
    assert [round(32 * x) for _, x, _, _ in screen] == list(range(1, 21))
    exact = [one.exact_input for one in map(results_of, frames) if one.exact_input is not None]
    assert {one.shape for one in exact} == {(64, 32, 3)}


def test_a_square_screen_that_lacks_what_a_wide_input_sees_is_not_sent(application, tmp_path):
    frames, screen = run(application(**SQUARE, **WIDE), tmp_path, 20)
    assert {image_of(frame).shape for frame in frames} == {(64, 96, 3)}
    assert [number_of(frame, 248.0) for frame in frames] == list(range(1, 21))
    assert [person_of(frame) for frame in frames] == list(range(1, 21))
    assert {(one.view.size, one.view.part) for one in map(results_of, frames)} == {((96, 64), WHOLE)}
    assert [round(32 * x) for _, x, _, _ in screen] == list(range(1, 21))


def test_the_images_can_be_the_models_input(application, tmp_path):
    frames, _ = run(application(N6_IMAGE_OF_SCREEN=None, **CUT), tmp_path, 20)
    assert {image_of(frame).shape for frame in frames} == {(64, 64, 3)}
    assert [number_of(frame, 248.0) for frame in frames] == list(range(1, 21))
    assert [person_of(frame) for frame in frames] == list(range(1, 21))
    assert {one.view.part for one in map(results_of, frames)} == {WHOLE}


@pytest.mark.parametrize("room", [300, 600, 1000])
def test_a_slow_link_drops_whole_frames_and_counts_them(application, tmp_path, room):
    frames, screen = run(application(), tmp_path, 30, 29, "1 hello\n", room=room)
    assert 2 < len(frames) < 30
    for frame in frames:
        assert number_of(frame) == person_of(frame) == results_of(frame).sequence + 1
    told = [(frame.results.sequence, int(dict(frame.results.status)["dropped"])) for frame in frames if tells(frame)]
    for sequence, dropped in told:
        sent_or_waiting = sum(frame.results.sequence <= sequence for frame in frames)
        assert dropped == sequence + 1 - sent_or_waiting
    assert len(screen) == 30, "the screen waits for nobody"


def tells(frame) -> bool:
    return "dropped" in dict(frame.results.status)


def test_nothing_is_encoded_while_nobody_listens_and_the_next_one_is_told_everything(application, tmp_path):
    frames, screen = run(application(), tmp_path, 20, 6, "close", 12, "open", 14, "3 stream off\n", 17, "close",
                         18, "open")  # fmt: skip
    assert [number_of(frame) for frame in frames] == [*range(1, 6), 12, 13, 14, 18, 19, 20]
    assert tells(frames[5]), "the first after opening"
    assert dict(frames[7].results.status)["reply"] == "3 ok"
    assert len(screen) == 20


def test_commands_change_what_the_screen_shows_as_well_and_the_input_is_sent_exactly(application, tmp_path):
    words = (5, "1 confidence 0.95\n", 10, "2 confidence 0.5\n3 exact_input\n")
    frames, screen = run(application(), tmp_path, 15, *words)
    assert [len(frame.results.people.boxes) for frame in frames] == [1] * 4 + [0] * 5 + [1] * 6
    assert [int(number) for number, *_ in screen] == [*range(1, 5), *range(10, 16)]
    exact = {number_of(frame): frame.results.exact_input for frame in frames if frame.results.exact_input is not None}
    assert {number: set(np.unique(pixels)) for number, pixels in exact.items()} == {10: {80}}


def test_keypoints_are_averaged_from_the_start_and_by_command(application, tmp_path):
    frames, _ = run(application(), tmp_path, 15, 5, "1 average off\n", 10, "2 average on\n")
    averaged = (0.25 * 0.9 + 0.75 * 0.6) / 1.5
    seen = [float(frame.results.people.keypoints[0, 0, 0]) for frame in frames]
    assert seen == pytest.approx([averaged] * 4 + [0.25] * 5 + [averaged] * 6, abs=1e-6)
    told = [status["average"] for frame in frames if (status := dict(frame.results.status)).keys() >= {"average"}]
    assert (told[0], told.count("off") > 0, told[-1]) == ("on", True, "on")


def record(data: bytes) -> bytes:
    return struct.pack("<I", len(data)) + data


def asked(number: int, value: int, spoilt: bool = False) -> bytes:
    """Return what a computer says for an input of one grey: the command, then pixels and their CRC in two pieces."""
    pixels = bytes([value]) * (64 * 64 * 3)
    whole = pixels + struct.pack("<I", zlib.crc32(pixels) ^ spoilt)
    return record(b"%d input %d\n" % (number, len(pixels))) + record(whole[:5000]) + record(whole[5000:])


@pytest.mark.parametrize(
    ("kind", "memory"),
    [("LOOP", {}), ("EPOCHS", {}), ("STAI", {}), ("LOOP", {"N6_PSRAM": ""})],
    ids=["loop", "epochs", "stai", "loop with memory outside"],
)
def test_a_computer_evaluates_on_inputs_of_its_own_and_the_camera_goes_on_afterwards(
    application, tmp_path, kind, memory
):
    said = record(b"100 evaluate on\n") + record(b"101 raw_output on\n")
    said += b"".join(asked(number, 8 * number) for number in (7, 3, 20)) + asked(9, 72, spoilt=True)
    said += record(b"102 raw_output off\n") + asked(11, 88) + record(b"103 evaluate off\n")
    (tmp_path / "inputs.bin").write_bytes(said)
    frames, screen = run(application(kind, **memory), tmp_path, 16, 4, "evaluate")
    answers = [frame for frame in frames if frame.results.answer is not None]
    assert [frame.results.answer.number for frame in answers] == [7, 3, 20, 11]
    assert [person_of(frame) for frame in answers] == [7, 3, 20, 11]
    checksums = [zlib.crc32(bytes([8 * number]) * (64 * 64 * 3)) for number in (7, 3, 20, 11)]
    assert [frame.results.answer.checksum for frame in answers] == checksums
    assert [len(frame.results.answer.outputs) for frame in answers] == [1, 1, 1, 0]
    assert {frame.results.timings.npu for frame in answers} == {20_000}
    replies = [value for frame in frames for key, value in frame.results.status if key == "reply"]
    assert "9 error checksum" in replies
    assert replies[-1] == "103 ok"
    seen = [number_of(frame) for frame in frames if frame.results.answer is None and frame.results.view is not None]
    assert seen[:3] == [1, 2, 3]
    assert seen[-3:] == [14, 15, 16]
    assert len(screen) == 16


@pytest.mark.parametrize("kind", ["LOOP", "EPOCHS", "STAI"])
def test_a_computer_that_evaluates_gets_every_output_of_a_split_head(application, tmp_path, kind):
    split, words = split_head(())
    said = record(b"100 evaluate on\n") + record(b"101 raw_output on\n") + asked(7, 56) + asked(3, 24)
    (tmp_path / "inputs.bin").write_bytes(said + record(b"103 evaluate off\n"))
    frames, _ = run(application(kind, **words), tmp_path, 16, 4, "evaluate")
    answers = [frame.results for frame in frames if frame.results.answer is not None]
    assert [one.answer.number for one in answers] == [7, 3]
    scales = [one for level in split.levels for one in level.scales]
    for answer in answers:
        expected = split_outputs(split, answer.answer.number)
        assert [one.stored.tolist() for one in answer.answer.outputs] == [one.tolist() for one in expected]
        assert [(one.scale, one.zero) for one in answer.answer.outputs] == [(of.scale, of.zero_point) for of in scales]
        people = decode(whole_output(split, expected), OutputLayout(1, 17, normalised=False), (64, 64), 0.5, 0.5, 10)
        framed = input_to_fractions(people, View(Resize.STRETCH, (64, 64)))
        assert np.array_equal(answer.people.boxes, framed.boxes)


def test_after_a_hundred_images_the_log_tells_how_it_went(application, tmp_path):
    frames, _ = run(application(), tmp_path, 110)
    told = [line for frame in frames for line in frame.results.log]
    assert told[0] == "self-test: 100 images in 3300 ms, encoded 100"
    assert re.fullmatch(r"self-test: JPEG of 96 x 72, \d+ bytes, right", told[1])
    assert re.fullmatch(r"self-test: us to model 1000 with encoding 0, model 20000, post-processing \d+", told[2])
    assert told[3:] == ["self-test: dropped 0, a cable"]


def results_of(frame):
    return frame.results
