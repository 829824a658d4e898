"""Every way by which a foreign image or video is shown or played goes through the gates' limits."""

import os
import struct
import zlib

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QSize

from n6studio.domain.errors.datasets import VideoUnreadable
from n6studio.domain.errors.files import LinkBroken, NotAFile
from n6studio.domain.model.input_size import InputSize
from n6studio.domain.project import Project
from n6studio.gates import images, videos
from n6studio.gates.images import ImageUnreadable, NoImage, decoded, image_bytes, read_image
from n6studio.gates.videos import open_video
from n6studio.link.sources.stored import ImagesSource
from n6studio.link.wire.jpeg import decode_jpeg
from n6studio.ui.pages.export.resize import example
from n6studio.ui.widgets.thumbnails import read_scaled
from n6studio.virtual.film import Film
from n6studio.virtual.infer import Refused
from n6studio.virtual.infer import decoded as decoded_for_model

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><image href="file:///etc/hostname"/></svg>'


def png(width, height, rows=b""):
    """Return a PNG that claims a size, and holds as many rows as are given."""
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    )
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + body


SOUND = png(3, 2, (b"\0" + bytes(range(9))) * 2)
BOMB = png(20_000, 20_000)  # 1.2 GB of pixels in 70 bytes
FOREIGN = {"bomb.png": BOMB, "drawing.png": SVG, "cut.png": SOUND[:-12], "empty.png": b"", "words.jpg": b"words"}


@pytest.fixture
def folder(tmp_path):
    """A folder of what is no image that may be decoded, and one that is."""
    for name, data in FOREIGN.items():
        (tmp_path / name).write_bytes(data)
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "device.png").symlink_to("/dev/zero")
    return tmp_path


NAMES = (*FOREIGN, "pipe.png", "device.png")


@pytest.mark.parametrize("name", NAMES)
def test_what_is_no_image_is_neither_read_nor_shown(folder, name):
    for read in (read_image, image_bytes, lambda path: read_scaled(path, QSize(64, 64))):
        with pytest.raises(ImageUnreadable):
            read(folder / name)


def test_an_image_is_read_by_all(tmp_path):
    (tmp_path / "a.png").write_bytes(SOUND)
    assert read_image(tmp_path / "a.png")[0].tolist() == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]
    assert read_scaled(tmp_path / "a.png", QSize(64, 64)).size() == QSize(3, 2)
    assert decoded_for_model(SOUND).shape == (2, 3, 3)


def test_a_file_that_is_too_large_is_not_read(tmp_path, monkeypatch):
    (tmp_path / "a.png").write_bytes(SOUND)
    monkeypatch.setattr(images, "LARGEST_IMAGE", len(SOUND) - 1)
    with pytest.raises(ImageUnreadable, match="larger than"):
        read_image(tmp_path / "a.png")


@pytest.mark.parametrize("data", FOREIGN.values(), ids=FOREIGN.keys())
def test_bytes_that_are_no_image_are_not_decoded(data):
    with pytest.raises(NoImage):
        decoded(data)
    with pytest.raises(Refused):
        decoded_for_model(data)
    assert decode_jpeg(data) is None


@pytest.mark.skipif(os.name == "nt", reason="no named pipes")
@pytest.mark.parametrize("name", NAMES)
def test_the_export_page_draws_an_image_of_its_own_instead(folder, name):
    for other in NAMES:
        if other != name:
            (folder / other).unlink()
    shown, made = example(Project(folder, folder / "m.pt", calibration=folder), InputSize(32, 32))
    assert shown != name
    assert all(image.width() == 32 for image in made)


def test_a_folder_is_played_past_what_is_no_image(folder):
    (folder / "a.png").write_bytes(SOUND)
    source = ImagesSource(folder)
    source.open()
    source.set_speed(0)
    frames = [source.read(1) for _ in range(source.position[1])]
    assert len(frames) == len(NAMES) + 1
    assert [cv2.imdecode(np.frombuffer(one, np.uint8), cv2.IMREAD_COLOR).shape for one in frames if one] == [(2, 3, 3)]


def film(path, size=(64, 48)):
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10.0, size)
    for shade in range(3):
        writer.write(np.full((size[1], size[0], 3), 40 * shade, np.uint8))
    writer.release()
    return path


PLAYLISTS = {
    "playlist.mp4": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfilm.avi\n#EXT-X-ENDLIST\n",
    "concat.avi": "ffconcat version 1.0\nfile film.avi\n",
    "session.sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n",
    "dash.mpd": '<?xml version="1.0"?><MPD profiles="urn:mpeg:dash:profile:isoff-live:2011"></MPD>',
}


@pytest.mark.parametrize(("name", "text"), PLAYLISTS.items())
def test_what_names_other_files_is_no_video(tmp_path, name, text):
    film(tmp_path / "film.avi")
    (tmp_path / name).write_text(text)
    with pytest.raises(VideoUnreadable, match="it is no video"):
        open_video(tmp_path / name)


def test_a_name_is_no_pattern(tmp_path):
    for number in range(3):
        cv2.imwrite(str(tmp_path / f"a{number}.png"), np.zeros((8, 8, 3), np.uint8))
    film(tmp_path / "film.avi").rename(tmp_path / "a%01d.png")
    with pytest.raises(VideoUnreadable, match="stands for many files"):
        open_video(tmp_path / "a%01d.png")
    film(tmp_path / "100%.avi")
    open_video(tmp_path / "100%.avi").release()


@pytest.mark.skipif(os.name == "nt", reason="no named pipes")
def test_videos_that_are_none(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe.mp4")
    (tmp_path / "link.mp4").symlink_to("nowhere.mp4")
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "damaged.avi").write_bytes(b"RIFF\0\0\0\0AVI " + bytes(400))
    for name, error in (
        ("pipe.mp4", NotAFile),
        ("link.mp4", LinkBroken),
        ("empty.mp4", VideoUnreadable),
        ("damaged.avi", VideoUnreadable),
    ):
        with pytest.raises(error):
            open_video(tmp_path / name)
    monkeypatch.setattr(videos, "MOST_PIXELS", 64 * 48 - 1)
    with pytest.raises(VideoUnreadable, match="too large \\(64 x 48 pixels\\)"):
        open_video(film(tmp_path / "film.avi"))
    with pytest.raises(VideoUnreadable):
        Film(tmp_path / "film.avi", lambda: None)


@pytest.mark.parametrize("ending", [".avi", ".mp4", ".mkv", ".mov", ".webm"])
def test_usual_containers_are_known(tmp_path, ending):
    path = tmp_path / f"film{ending}"
    codec = {".webm": "VP80", ".avi": "MJPG", ".mkv": "MJPG"}.get(ending, "mp4v")
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), 10.0, (64, 48))
    for shade in range(3):
        writer.write(np.full((48, 64, 3), 40 * shade, np.uint8))
    writer.release()
    video = open_video(path)
    done, image = video.read()
    video.release()
    assert done
    assert image.shape == (48, 64, 3)


# --- what is no image that is read, and JPEGs without an end ---------------------------------------------------------


@pytest.mark.parametrize(
    ("begins", "what"),
    [
        (b"\0\0\0\x18ftypheic", "a HEIC image"),
        (b"\0\0\0\x18ftypmif1", "a HEIC image"),
        (b"\0\0\0\x1cftypavif", "an AVIF image"),
        (b"\0\0\0\x0cjP  \r\n", "a JPEG 2000 image"),
        (b"GIF89a", "a GIF image"),
        (b"II+\0\x08", "a BigTIFF image"),
        (b"P6\n8 8\n255\n", "a PNM image"),
        (b"\0\0\1\0\1", "an icon"),
        (b"\x1f\x8b\x08", "a gzip archive; unpack it first"),
        (b"%PDF-1.7", "a PDF"),
        (b"<!DOCTYPE html><html>", "a web page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a pointer of Git LFS"),
    ],
)
def test_a_file_of_another_kind_is_named(begins, what):
    with pytest.raises(NoImage, match=what):
        images.require_image(begins + b"\0" * 200)


@pytest.mark.parametrize("progressive", [0, 1])
def test_a_jpeg_that_lacks_only_its_end_marker_is_read(progressive):
    grain = np.random.default_rng(1).integers(0, 256, (64, 48, 3), dtype=np.uint8)
    whole = cv2.imencode(".jpg", grain, [cv2.IMWRITE_JPEG_PROGRESSIVE, progressive])[1].tobytes()
    assert whole[-2:] == b"\xff\xd9"
    assert images.lacks_end_marker(whole[:-2])
    assert np.array_equal(decoded(whole[:-2]), decoded(whole))
    assert np.array_equal(decoded(whole[:-1]), decoded(whole))
    for cut in (12, 200, len(whole) // 2):
        with pytest.raises(NoImage, match="cut short"):
            decoded(whole[:-cut])


def test_a_bmp_of_os_2_has_its_size(tmp_path):
    header = struct.pack("<2sIHHI", b"BM", 26 + 60 * 40 * 3, 0, 0, 26) + struct.pack("<IHHHH", 12, 60, 40, 1, 24)
    (tmp_path / "old.bmp").write_bytes(header + bytes([10, 20, 30]) * 60 * 40)
    image = read_image(tmp_path / "old.bmp")
    assert image.shape == (40, 60, 3)
    assert image[0, 0].tolist() == [30, 20, 10]
