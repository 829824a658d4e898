"""What the media layer adds: streams by PyAV, in processes of their own."""

import random
import re
import sys
from dataclasses import replace
from fractions import Fraction
from types import SimpleNamespace

import cv2
import numpy as np
import psutil
import pytest
from builders import n6
from link_builders import frame
from own_time import OwnTime

from n6studio.domain.errors.layers import LayerMissing
from n6studio.domain.errors.link import CameraUnavailable, ConnectionLost
from n6studio.layers.layer import MEDIA
from n6studio.link.processes import captures, child
from n6studio.link.sources import camera as cameras
from n6studio.link.sources import v4l2
from n6studio.link.sources.base import Capability
from n6studio.link.sources.camera import CameraSource, Mode, camera_info, network_camera, open_device
from n6studio.link.sources.stored import VideoSource
from n6studio.virtual import film

needs_av = pytest.mark.skipif(not MEDIA.present, reason="needs the media layer")
if MEDIA.present:
    import av
    import rtsp_server

    from n6studio.virtual import media


@pytest.fixture(autouse=True)
def own_log(monkeypatch, tmp_path):
    monkeypatch.setattr("platformdirs.user_log_dir", lambda *_, **__: str(tmp_path / "log"))


def without_layer(monkeypatch, *modules):
    gone = replace(MEDIA, modules=("no_such_module_here",))
    for module in modules:
        monkeypatch.setattr(module, "MEDIA", gone)


def with_layer(monkeypatch, *modules):
    for module in modules:
        monkeypatch.setattr(module, "MEDIA", replace(MEDIA, modules=("json",)))


def pixels(jpeg: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]


# --- network cameras -------------------------------------------------------------------------------------------------


@pytest.fixture
def served(request):
    server = rtsp_server.Server(request.param)
    yield server.url
    server.close()


def assert_shown(jpegs):
    shades = {rtsp_server.shade(number) for number in range(18)}
    for data in jpegs:
        image = pixels(data)
        assert image.shape[:2] == rtsp_server.SIZE[::-1]
        assert min(abs(int(image[64, 120, 0]) - shade) for shade in shades) <= 4
        assert image[64, 8, 0] > 180
        assert image[64, 8, 1] < 60
    assert len({int(pixels(data)[64, 120, 0]) for data in jpegs}) > 1, "always the same image"


@needs_av
@pytest.mark.slow
@pytest.mark.parametrize(
    ("served", "plain"),
    [("libx264", "H.264"), ("libx265", "H.265"), ("mjpeg", "MJPEG by RTP")],
    indirect=["served"],
)
def test_a_network_camera_is_shown_and_it_is_said_what_it_sends(served, plain):
    source = network_camera(served)
    assert source.info.plain == ""
    source.open()
    images = [source.read(10) for _ in range(6)]
    assert source.info.plain == plain
    assert not source.info.capabilities & Capability.CAN_HAVE_RESULTS
    source.close()
    assert_shown(images)


@needs_av
@pytest.mark.slow
@pytest.mark.parametrize("served", ["libx264"], indirect=True)
def test_without_the_layer_opencv_shows_it_and_says_the_same(served, monkeypatch):
    without_layer(monkeypatch, captures)
    source = network_camera(served)
    source.open()
    images = [source.read(10) for _ in range(6)]
    assert source.info.plain == "H.264"
    source.close()
    assert_shown(images)


@needs_av
@pytest.mark.slow
@pytest.mark.parametrize("served", ["libx264"], indirect=True)
def test_the_command_says_what_a_camera_sends(served, tmp_path):
    done = n6("live", "--source", served, "--seconds", 3, "--quiet", cwd=tmp_path)
    assert done.code == 0, done.err
    assert "The source sends H.264, which carries no results" in done.out


@needs_av
@pytest.mark.slow
def test_damaged_packets_harm_nobody_and_sound_ones_are_shown_again():
    chance = random.Random(5)

    def damage(packet):
        if chance.random() < 0.3:
            changed = bytearray(packet)
            for _ in range(8):
                changed[chance.randrange(12, len(changed))] ^= 1 << chance.randrange(8)
            return bytes(changed)
        return packet

    server = rtsp_server.Server("libx264", damage)
    source = network_camera(server.url)
    try:
        source.open()
        shapes = [pixels(source.read(10)).shape[:2] for _ in range(30)]
    finally:
        source.close()
        server.close()
    assert shapes.count(rtsp_server.SIZE[::-1]) > 15, "a damaged head says another size"


@needs_av
@pytest.mark.slow
@pytest.mark.parametrize("served", ["libx264"], indirect=True)
def test_a_process_that_dies_of_a_stream_is_told_in_a_sentence(served):
    source = network_camera(served)
    source.open()
    psutil.Process(source._grabber.capture._child.process.pid).kill()
    with pytest.raises(ConnectionLost) as lost:
        [source.read(0.2) for _ in range(100)]
    assert "takes its stream apart ended with signal 9 (SIGKILL); the log is" in lost.value.reason
    source.close()


@needs_av
@pytest.mark.slow
def test_an_address_where_nobody_answers_is_told_with_ffmpegs_words():
    source = network_camera("rtsp://127.0.0.1:9/none")
    with pytest.raises(CameraUnavailable, match="FFmpeg says: Connection refused"):
        source.open()


TOLD = {
    "nothing": ("", "ended with|has ended"),
    "an error": ("""print('{"type": "error", "fields": {"reason": "no such thing"}}')""", "^no such thing$"),
    "an odd error": ("""print('{"type": "error", "fields": [1]}')""", "has ended"),
    "an endless error": ("""print('{"type": "error", "fields": {"reason": "%s"}}' % ("x" * 9000))""", "^x{400}$"),
    "steering": ("""print('{"type": "error", "fields": {"reason": "a\\\\u001b[31mb"}}')""", r"^a\\x1b\[31mb$"),
    "death": ("import os; os.kill(os.getpid(), 11)", r"ended with signal 11 \(SIGSEGV\); the log is"),
}


@pytest.mark.skipif(sys.platform == "win32", reason="there are no signals")
@pytest.mark.parametrize("name", TOLD)
def test_what_a_taken_over_process_says_is_bounded_and_its_end_has_a_sentence(name, monkeypatch):
    code, words = TOLD[name]
    monkeypatch.setattr(child, "virtual_command", lambda: [sys.executable, "-I", "-S", "-c", code])
    source = network_camera("rtsp://127.0.0.1/live")
    with pytest.raises(CameraUnavailable) as told:
        source.open()
    source.close()
    assert re.search(words, told.value.reason)


def test_a_codec_of_a_taken_over_process_is_bounded(monkeypatch):
    code = """print('{"type": "hello", "codec": "%s", "jpegs": 1}' % ("y" * 9000), flush=True)"""
    monkeypatch.setattr(child, "virtual_command", lambda: [sys.executable, "-I", "-S", "-c", code])
    capture = captures.network_capture("rtsp://127.0.0.1/live")
    assert capture.isOpened()
    assert (capture.codec, capture.jpegs) == ("y" * 400, False)
    capture.release()


# --- videos ----------------------------------------------------------------------------------------------------------


def av1_video(path, moments):
    """An AV1 video whose frames are shown at these milliseconds, each a grey of its own."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libsvtav1", rate=25, options={"preset": "12", "svtav1-params": "keyint=8"})
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
        for number, moment in enumerate(moments):
            image = av.VideoFrame.from_ndarray(np.full((64, 96, 3), 10 * number + 20, np.uint8), "rgb24")
            image.pts, image.time_base = moment, Fraction(1, 1000)
            container.mux(stream.encode(image))
        container.mux(stream.encode())
    return path


@needs_av
@pytest.mark.slow
@pytest.mark.parametrize("ending", ["mkv", "mp4"])
def test_an_av1_video_is_shown_with_the_times_that_it_has(tmp_path, ending):
    moments = [0, 40, 80, 300, 340, 380, 1000, 1040, 1080, 1120, 1160, 1200, 1240, 1280, 1320, 1360, 1400, 1440]
    source = VideoSource(av1_video(tmp_path / f"film.{ending}", moments))
    source.set_speed(0)
    source.open()
    process = source._film
    assert process.times == pytest.approx([moment / 1000 for moment in moments], abs=2e-3)
    order = [*range(len(moments)), 9, 2, 17, 0, 1, 8]
    shades = [pixels(process.frame(number)).mean() for number in order]
    assert shades == pytest.approx([10 * number + 20 for number in order], abs=4)
    assert process.frame(len(moments)) == b""
    source.close()


@needs_av
@pytest.mark.slow
def test_without_the_layer_an_av1_video_says_what_it_needs_before_it_is_played(tmp_path, monkeypatch):
    path = av1_video(tmp_path / "film.mkv", range(0, 400, 40))
    without_layer(monkeypatch, film)
    with pytest.raises(LayerMissing) as told:
        film.open_film(path, lambda: None)
    assert (told.value.stage, told.value.layer) == ("film.mkv", "media")


# --- cameras of this computer ----------------------------------------------------------------------------------------


def device(name, description, *kinds):
    return SimpleNamespace(name=name, description=description, media_types=list(kinds))


WINDOWS = [
    device("@device_cm_{1}", "Microphone", "audio"),
    device(r"@device_pnp_\\?\usb#vid_0483", "STM32 UVC", "video"),
    device(r"@device_pnp_\\?\usb#vid_046d", "Webcam", "video"),
]
MACOS = [
    device("0", "FaceTime HD Camera", "video"),
    device("1", "STM32 UVC", "video"),
    device("2", "Capture screen 0", "video"),
    device("0", "Built-in Microphone", "audio"),
]


@needs_av
def test_how_cameras_are_opened_on_each_system():
    linux = media.camera("linux", 2, (640, 480), 30, ())
    assert [(one.file, one.format, dict(one.options)) for one in linux] == [
        ("/dev/video2", "v4l2", {"video_size": "640x480", "framerate": "30"})
    ]
    (windows,) = media.camera("win32", 0, (0, 480), 0, WINDOWS)
    assert (windows.file, windows.format, windows.named) == (f"video={WINDOWS[1].name}", "dshow", "STM32 UVC")
    assert dict(windows.options) == {"rtbufsize": "64M"}, "half a size is none"
    raw, whole = media.camera("darwin", 1, (640, 480), 15, MACOS)
    assert (raw.file, raw.format, raw.jpegs_as_raw) == ("1:none", "avfoundation", True)
    assert dict(raw.options) == {"video_size": "640x480", "framerate": "15", "capture_raw_data": "1"}
    assert dict(whole.options) == {"video_size": "640x480", "framerate": "15"}
    rates = [one.options.get("framerate") for one in media.camera("darwin", 1, (0, 0), 0, MACOS)]
    assert rates == ["30", "30", None], "29.97 of itself, which few cameras have"
    for system, listed in (("win32", WINDOWS), ("darwin", MACOS)):
        with pytest.raises(CameraUnavailable, match="no such camera"):
            media.camera(system, 2, (0, 0), 0, listed)


@needs_av
def test_screens_and_microphones_are_no_cameras():
    assert [one.description for one in media.pictured(MACOS)] == ["FaceTime HD Camera", "STM32 UVC"]
    assert [one.description for one in media.pictured(WINDOWS)] == ["STM32 UVC", "Webcam"]


def container_of(path, codec, packets=(), images=(), pixel_format="yuv420p"):
    """A file that stands in for a device: with packets as they are, or images encoded."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, pixel_format
        for number, data in enumerate(packets):
            packet = av.Packet(data)
            packet.stream, packet.pts, packet.dts, packet.time_base = stream, number, number, Fraction(1, 10)
            packet.is_keyframe = True
            container.mux(packet)
        for image in images:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, "rgb24")))
        if images:
            container.mux(stream.encode())
    return path


def standing_in(*paths):
    """What opens these files, whatever is asked for, and what it was asked for."""
    asked, left = [], list(paths)

    def opening(file, **how):
        assert how["metadata_errors"] == "replace"
        asked.append((file, how["format"], how["options"]))
        path = left.pop(0)
        if isinstance(path, Exception):
            raise path
        return av.open(str(path), **({"format": how["format"]} if how["format"] == "nothing" else {}))

    return opening, asked


GREY = [np.full((48, 64, 3), shade, np.uint8) for shade in (40, 120, 200)]


@needs_av
def test_mjpeg_packets_are_passed_on_untouched_so_results_survive(tmp_path):
    sent = [frame(number) for number in range(4)]
    opening, asked = standing_in(container_of(tmp_path / "a.mkv", "mjpeg", sent, pixel_format="yuvj420p"))
    stream = media.opened(media.camera("win32", 0, (64, 48), 10, WINDOWS), opening)
    assert (stream.jpegs, stream.codec) == (True, "MJPEG")
    assert list(stream.images()) == sent
    assert [one[1] for one in asked] == ["dshow"]


@needs_av
@pytest.mark.parametrize(
    ("codec", "pixel_format", "ending", "called"),
    [("rawvideo", "yuyv422", "nut", "uncompressed"), ("libx264", "yuv420p", "mkv", "H.264"),
     ("mpeg4", "yuv420p", "mp4", "MPEG-4")],
)  # fmt: skip
def test_everything_else_is_decoded_and_shown(tmp_path, codec, pixel_format, ending, called):
    path = container_of(tmp_path / f"a.{ending}", codec, images=GREY, pixel_format=pixel_format)
    stream = media.opened(media.camera("linux", 0, (0, 0), 0, ()), standing_in(path)[0])
    assert (stream.jpegs, stream.codec) == (False, called)
    found = [pixels(data) for data in stream.images()]
    assert [image.shape for image in found] == [(48, 64, 3)] * 3
    assert [image.mean() for image in found] == pytest.approx([40, 120, 200], abs=4)


@needs_av
def test_macos_passes_on_what_is_a_jpeg_and_decodes_what_is_none(tmp_path):
    sent = [frame(number) for number in range(3)]
    jpegs = container_of(tmp_path / "jpegs.mkv", "mjpeg", sent, pixel_format="yuvj420p")
    plain = container_of(tmp_path / "plain.nut", "rawvideo", images=GREY, pixel_format="uyvy422")
    inputs = media.camera("darwin", 0, (0, 0), 0, MACOS)
    stream = media.opened(inputs, standing_in(jpegs)[0])
    assert list(stream.images()) == sent
    opening, asked = standing_in(plain, plain)
    stream = media.opened(inputs, opening)
    assert [one[2] for one in asked] == [{"framerate": "30", "capture_raw_data": "1"}, {"framerate": "30"}]
    assert not stream.jpegs
    assert len(list(stream.images())) == 3
    stream = media.opened(inputs, standing_in(av.ArgumentError(22, "Invalid argument"), plain)[0])
    assert len(list(stream.images())) == 3


@needs_av
def test_what_cannot_be_shown_says_why(tmp_path):
    inputs = media.camera("linux", 0, (0, 0), 0, ())
    with pytest.raises(CameraUnavailable, match="FFmpeg says: Permission denied"):
        media.opened(inputs, standing_in(av.PermissionError(13, "Permission denied"))[0])
    path = tmp_path / "sound.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), "s16", "mono")
        sound.sample_rate = 8000
        container.mux(stream.encode(sound))
    with pytest.raises(CameraUnavailable, match="no images"):
        media.opened(inputs, standing_in(path)[0])


@needs_av
def test_errors_of_pyav_itself_are_the_streams_damage():
    """Both were found by damaging files: a text that is no text, and a second stream that begins in the middle."""
    no_text = UnicodeDecodeError("utf-8", b"\xb2", 0, 1, "invalid start byte")
    with pytest.raises(CameraUnavailable, match="what comes is damaged \\(UnicodeDecodeError"):
        media.opened(media.camera("linux", 0, (0, 0), 0, ()), standing_in(no_text)[0])

    def demux(stream):
        yield "a packet"
        raise IndexError("list index out of range")

    packets = media.demuxed(SimpleNamespace(demux=demux), None, "a camera")
    assert next(packets) == "a packet"
    with pytest.raises(CameraUnavailable, match="what comes is damaged \\(IndexError: list index out of range\\)"):
        next(packets)


@needs_av
def test_large_packets_and_images_are_refused_before_they_are_taken(tmp_path, monkeypatch):
    path = container_of(tmp_path / "a.mkv", "mjpeg", [frame(0)], pixel_format="yuvj420p")
    monkeypatch.setattr(media, "MOST_BYTES", 100)
    stream = media.opened(media.camera("linux", 0, (0, 0), 0, ()), standing_in(path)[0])
    with pytest.raises(CameraUnavailable, match="MB for one image, which is refused"):
        list(stream.images())
    monkeypatch.undo()
    monkeypatch.setattr(media, "MOST_PIXELS", 64 * 48 - 1)
    path = container_of(tmp_path / "b.mkv", "libx264", images=GREY)
    stream = media.opened(media.camera("linux", 0, (0, 0), 0, ()), standing_in(path)[0])
    assert list(stream.images()) == []


@needs_av
def test_a_stream_that_never_gives_an_image_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(media, "_MOST_DAMAGED", 5)
    path = container_of(tmp_path / "a.mkv", "mpeg4", [bytes([1, 2, 3, 4] * 20)] * 9)
    stream = media.opened(media.camera("linux", 0, (0, 0), 0, ()), standing_in(path)[0])
    with pytest.raises(CameraUnavailable, match="none of 6 packets of MPEG-4 in a row gives an image"):
        list(stream.images())


def listed(*formats):
    """A driver that sends these formats."""

    def ask(descriptor, request, answer):
        index, kind, *_ = v4l2._FORMAT.unpack(answer)
        if index >= len(formats):
            raise OSError(22, "Invalid argument")
        answer[:] = v4l2._FORMAT.pack(index, kind, 1, b"described", formats[index].encode(), 0)

    return ask


@pytest.mark.skipif(sys.platform != "linux", reason="drivers of Linux")
def test_what_a_camera_sends_is_asked_of_its_driver(tmp_path):
    assert v4l2._FORMAT.size == 64, "the number of the call has it"
    (tmp_path / "video0").touch()
    assert v4l2.formats_of(tmp_path / "video0", listed("MJPG", "YUYV", "H264")) == ("MJPG", "YUYV", "H264")
    assert v4l2.formats_of(tmp_path / "video0", listed()) == ()
    assert v4l2.formats_of(tmp_path / "video0") == (), "a file is no camera"
    assert v4l2.formats_of(tmp_path / "gone") == ()
    endless = lambda descriptor, request, answer: None  # noqa: E731
    assert len(v4l2.formats_of(tmp_path / "video0", endless)) == 64


@pytest.mark.parametrize(
    ("formats", "codec"),
    [((), ""), (("MJPG", "H264"), ""), (("YUYV",), ""), (("H264",), "H.264"), (("HEVC", "H264"), "H.265")],
)
def test_cameras_with_nothing_but_codecs_are_known(formats, codec):
    assert v4l2.only_compressed(formats) == codec


def test_a_camera_that_needs_the_layer_says_so_before_it_starts(monkeypatch):
    monkeypatch.setattr(cameras, "formats_of", lambda device: ("H264",))
    monkeypatch.setattr(cameras, "_plain_capture", lambda number: pytest.fail("opened"))
    without_layer(monkeypatch, cameras)
    info = camera_info(3)
    assert info.detail == "camera 3, sends H.264, which carries no results, and needs the media layer"
    assert not info.capabilities & Capability.CAN_HAVE_RESULTS
    source = CameraSource(3)
    with pytest.raises(LayerMissing) as told:
        source.open()
    assert told.value.layer == "media"
    assert 10 < told.value.megabytes < 50


@pytest.mark.parametrize(
    ("system", "formats", "layer", "by_media"),
    [
        ("linux", ("MJPG", "YUYV"), True, False), ("linux", ("H264",), True, True), ("linux", (), True, False),
        ("win32", (), True, True), ("win32", (), False, False), ("darwin", (), True, True),
    ],
)  # fmt: skip
def test_who_opens_a_camera(system, formats, layer, by_media, monkeypatch):
    (with_layer if layer else without_layer)(monkeypatch, cameras)
    monkeypatch.setattr(cameras, "formats_of", lambda device: formats)
    monkeypatch.setattr(cameras.sys, "platform", system)
    monkeypatch.setattr(cameras, "device_capture", lambda number, size, fps: ("media", number, size, fps))
    monkeypatch.setattr(cameras, "_open_capture", lambda number, mode: ("OpenCV", number, mode))
    opened = open_device(1, Mode(640, 480, 25))
    assert opened == (("media", 1, (640, 480), 25) if by_media else ("OpenCV", 1, Mode(640, 480, 25)))


def test_cameras_are_named_where_the_layer_names_them(monkeypatch):
    monkeypatch.setattr(cameras.sys, "platform", "win32")
    with_layer(monkeypatch, cameras)
    monkeypatch.setattr(cameras, "camera_names", lambda: ("STM32 UVC", "Webcam"))
    found = cameras.cameras()
    assert [(one.address, one.name, one.drawn_in) for one in found] == [
        ("camera:0", "STM32 UVC", True), ("camera:1", "Webcam", False),
    ]  # fmt: skip
    monkeypatch.setattr(cameras, "camera_names", lambda: None)
    assert [one.name for one in cameras.cameras()] == ["Camera 0", "Camera 1"]
    without_layer(monkeypatch, cameras)
    assert cameras.cameras()[0].detail == "camera 0, without results, which the media layer keeps"


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("""print('{"type": "cameras", "names": ["a", "b"]}')""", ("a", "b")),
        ("""print('{"type": "cameras", "names": [1]}')""", None),
        ("""print('{"type": "cameras"}')""", None),
        ("", None),
    ],
)
def test_what_is_said_of_cameras_is_checked(code, names, monkeypatch):
    monkeypatch.setattr(child, "virtual_command", lambda: [sys.executable, "-I", "-S", "-c", code])
    assert captures.camera_names() == names


@needs_av
@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="cameras are files on Linux only")
def test_a_camera_that_is_not_there_is_told_by_the_process(monkeypatch):
    monkeypatch.setattr(cameras, "formats_of", lambda device: ("H264",))
    source = CameraSource(97)
    own = OwnTime()
    with pytest.raises(CameraUnavailable, match="FFmpeg says: No such file"):
        source.open()
    assert own.seconds < 30
    assert captures.camera_names() == (), "Linux has no list of them"
