import os
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from n6studio.domain.errors.files import FileMissing
from n6studio.gates.images import MOST_PIXELS, ImageUnreadable, header_size, read_image
from n6studio.stages.datasets.images import list_images


def scene(width=40, height=24):
    image = np.zeros((height, width, 3), np.uint8)
    image[:, : width // 2, 0] = 200  # red left
    image[:, width // 2 :, 2] = 200  # blue right
    return image


def write(path: Path, image, *flags) -> Path:
    done, data = cv2.imencode(path.suffix, image, *flags)
    assert done
    path.write_bytes(data.tobytes())
    return path


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".bmp", ".tif", ".webp"])
def test_every_format_gives_the_same_rgb_image_and_its_header_the_size(tmp_path, suffix):
    path = write(tmp_path / f"a{suffix}", scene()[..., ::-1])
    image = read_image(path)
    assert image.shape == (24, 40, 3)
    assert image.dtype == np.uint8
    assert np.abs(image[12, 5].astype(int) - [200, 0, 0]).max() < 12
    assert header_size(path.read_bytes()) == (40, 24)


def test_lossless_webp_header(tmp_path):
    path = write(tmp_path / "a.webp", scene(), [cv2.IMWRITE_WEBP_QUALITY, 101])
    assert header_size(path.read_bytes()) == (40, 24)


@pytest.mark.parametrize(
    "image",
    [
        np.full((9, 7), 77, np.uint8),
        np.full((9, 7), 77 << 8, np.uint16),
        np.full((9, 7, 3), 77 << 8, np.uint16),
        np.dstack([np.full((9, 7, 3), 77, np.uint8), np.zeros((9, 7), np.uint8)]),
        np.full((1, 1, 3), 77, np.uint8),
    ],
    ids=["grey", "grey16", "colour16", "transparent", "one pixel"],
)
def test_unusual_pixels_become_8_bit_rgb(tmp_path, image):
    result = read_image(write(tmp_path / "a.png", image))
    assert result.shape == (*image.shape[:2], 3)
    assert (result == 77).all()


def test_cmyk_jpeg(tmp_path):
    pillow = pytest.importorskip("PIL.Image")
    pillow.fromarray(scene()).convert("CMYK").save(tmp_path / "a.jpg")
    image = read_image(tmp_path / "a.jpg")
    assert np.abs(image[12, 5].astype(int) - [200, 0, 0]).max() < 20


def test_exif_orientation_is_applied(tmp_path):
    path = write(tmp_path / "a.jpg", scene()[..., ::-1])
    data = path.read_bytes()
    tiff = b"II*\0" + struct.pack("<IHHHIHHI", 8, 1, 0x0112, 3, 1, 6, 0, 0)  # 6: turn a quarter clockwise
    body = b"Exif\0\0" + tiff
    path.write_bytes(data[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + data[2:])
    image = read_image(path)
    assert image.shape == (40, 24, 3)
    assert image[5, 12, 0] > 150  # what was left is now on top


def test_names_with_spaces_umlauts_and_great_length(tmp_path):
    folder = tmp_path / "Bilder für später 図" / ("x" * 120) / ("y" * 120)
    folder.mkdir(parents=True)
    path = write(folder / "Jürgen 人.jpg", scene())
    assert read_image(path).shape == (24, 40, 3)
    assert list_images(tmp_path) == [path]


def png_header(width, height):
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body)) + b"IEND"


def spoiled(tmp_path):
    whole = write(tmp_path / "whole.jpg", np.random.default_rng(0).integers(0, 255, (99, 99, 3), np.uint8)).read_bytes()
    png = write(tmp_path / "whole.png", scene()).read_bytes()
    return {
        "empty": b"",
        "text": b"not a picture at all",
        "cut jpeg": whole[: len(whole) // 2],
        "cut jpeg header": whole[:30],
        "cut png": png[:-20],
        "bomb": png_header(100_000, 100_000),
        "png without data": png_header(10, 10),
        "two bytes": b"\xff\xd8",
        "bad tiff": b"II*\0" + b"\xff" * 20,
    }


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("empty", "empty"),
        ("text", "not a JPEG"),
        ("cut jpeg", "cut short"),
        ("cut jpeg header", "not a JPEG"),
        ("cut png", "cut short"),
        ("bomb", "too large"),
        ("png without data", "decoded"),
        ("two bytes", "not a JPEG"),
        ("bad tiff", "not a JPEG"),
    ],
)
def test_a_spoiled_image_says_what_is_wrong_with_it(tmp_path, kind, words):
    path = tmp_path / "bad.jpg"
    path.write_bytes(spoiled(tmp_path)[kind])
    with pytest.raises(ImageUnreadable, match=words) as caught:
        read_image(path)
    assert caught.value.path == path


def test_missing_and_folder(tmp_path):
    for path in (tmp_path / "none.jpg", tmp_path):
        with pytest.raises(ImageUnreadable):
            read_image(path)


def test_the_limit_is_far_above_real_cameras():
    assert MOST_PIXELS > 150_000_000


def test_listing_is_sorted_and_leaves_out_what_is_no_image(tmp_path):
    for name in ("b.jpg", "a.PNG", "notes.txt", "._b.jpg", "sub/c.tiff", ".hidden/d.jpg"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"")
    names = [path.relative_to(tmp_path).as_posix() for path in list_images(tmp_path)]
    assert names == ["a.PNG", "b.jpg", "sub/c.tiff"]
    assert [path.name for path in list_images(tmp_path, recursive=False)] == ["a.PNG", "b.jpg"]
    assert list_images(tmp_path / "b.jpg") == [tmp_path / "b.jpg"]
    with pytest.raises(FileMissing):
        list_images(tmp_path / "nowhere")


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_links_are_followed_once(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.jpg").write_bytes(b"")
    (tmp_path / "real" / "loop").symlink_to(tmp_path)
    assert len(list_images(tmp_path)) == 1
