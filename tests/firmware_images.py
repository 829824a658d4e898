"""Images as a camera gives them to the firmware, and the MCUs and JPEGs that they should become."""

import struct

import cv2
import numpy as np
from builders import photograph

RGB565, RGB888 = 0, 1
SIDE, MCU = 16, 384


def photo(width: int, height: int, seed: int) -> np.ndarray:
    """(H, W, 3) RGB: a photograph-like image with some noise."""
    rng = np.random.default_rng(seed)
    noisy = photograph(width, height, seed).astype(np.int16) + rng.normal(0, 4, (height, width, 3)).round()
    return noisy.clip(0, 255).astype(np.uint8)


def noise(width: int, height: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def as_565(rgb: np.ndarray) -> np.ndarray:
    """(H, W) uint16."""
    red, green, blue = (rgb[..., i].astype(np.uint16) for i in range(3))
    return (red >> 3 << 11 | green >> 2 << 5 | blue >> 3).astype(np.uint16)


def from_565(pixels: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8, each channel stretched to 0..255."""
    red, green, blue = pixels >> 11, pixels >> 5 & 63, pixels & 31
    return np.stack([np.rint(red * 255 / 31), np.rint(green * 255 / 63), np.rint(blue * 255 / 31)], axis=2).astype(
        np.uint8
    )


def image_payload(rgb: np.ndarray, kind: int, padding: int = 0) -> bytes:
    """Format, width, height, pitch, pixels."""
    height, width = rgb.shape[:2]
    pixels = as_565(rgb) if kind == RGB565 else rgb
    rows = np.ascontiguousarray(pixels).reshape(height, -1).view(np.uint8)
    padded = np.concatenate([rows, np.full((height, padding), 0x5A, np.uint8)], axis=1)
    return struct.pack("<IIII", kind, width, height, padded.shape[1]) + padded.tobytes()


def expected_mcus(rgb: np.ndarray, kind: int) -> bytes:
    """The MCUs of an image, by whole planes in exact arithmetic instead of square by square."""
    height, width = rgb.shape[:2]
    down, across = -height % SIDE, -width % SIDE
    whole = np.pad(rgb, ((0, down), (0, across), (0, 0)), mode="edge").astype(np.int64)
    if kind == RGB565:
        red, green, blue = whole[..., 0] >> 3, whole[..., 1] >> 2, whole[..., 2] >> 3
        luma = 633 * red + 607 * green + 239 * blue + 128 >> 8
        red, green, blue = (sums(plane) for plane in (red, green, blue))
        cb = 32767 + 128 + 263 * blue - 89 * red - 86 * green >> 8
        cr = 32767 + 128 + 263 * red - 108 * green - 43 * blue >> 8
    else:
        red, green, blue = whole[..., 0], whole[..., 1], whole[..., 2]
        luma = 77 * red + 150 * green + 29 * blue + 128 >> 8
        red, green, blue = (sums(plane) + 2 >> 2 for plane in (red, green, blue))
        cb = 32767 + 128 + 128 * blue - 43 * red - 85 * green >> 8
        cr = 32767 + 128 + 128 * red - 107 * green - 21 * blue >> 8
    assert min(luma.min(), cb.min(), cr.min()) >= 0
    assert max(luma.max(), cb.max(), cr.max()) <= 255
    rows, columns = whole.shape[0] // SIDE, whole.shape[1] // SIDE
    blocks = luma.reshape(rows, 2, 8, columns, 2, 8).transpose(0, 3, 1, 4, 2, 5).reshape(rows, columns, 256)
    chroma = [plane.reshape(rows, 8, columns, 8).transpose(0, 2, 1, 3).reshape(rows, columns, 64) for plane in (cb, cr)]
    return np.concatenate([blocks, *chroma], axis=2).astype(np.uint8).tobytes()


def sums(plane: np.ndarray) -> np.ndarray:
    """Over 2 x 2."""
    return plane[::2, ::2] + plane[1::2, ::2] + plane[::2, 1::2] + plane[1::2, 1::2]


def from_mcus(data: bytes, width: int, height: int) -> np.ndarray:
    """(3, H, W) float: Y, Cb, Cr, the chroma repeated."""
    rows, columns = -(-height // SIDE), -(-width // SIDE)
    mcus = np.frombuffer(data, np.uint8).reshape(rows, columns, MCU).astype(float)
    luma = mcus[..., :256].reshape(rows, columns, 2, 2, 8, 8).transpose(0, 2, 4, 1, 3, 5)
    planes = [luma.reshape(rows * SIDE, columns * SIDE)]
    for i in (256, 320):
        small = mcus[..., i : i + 64].reshape(rows, columns, 8, 8).transpose(0, 2, 1, 3).reshape(rows * 8, columns * 8)
        planes.append(small.repeat(2, 0).repeat(2, 1))
    return np.stack(planes)[:, :height, :width]


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    return float(10 * np.log10(255**2 / max(1e-9, np.mean((a.astype(float) - b.astype(float)) ** 2))))


def by_opencv(rgb: np.ndarray, quality: int) -> bytes:
    """A JPEG with 4:2:0 chroma."""
    settings = [cv2.IMWRITE_JPEG_QUALITY, quality]
    return cv2.imencode(".jpg", rgb[..., ::-1], settings)[1].tobytes()


def opened(jpeg: bytes) -> np.ndarray:
    """(H, W, 3) RGB."""
    bgr = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert bgr is not None
    return bgr[..., ::-1]
