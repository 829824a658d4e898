"""Writing the live stream into a copy of an application: our folder, a line of the Makefile, two sizes on small boards.

The folder holds the C of resources/firmware, flat, with two files that are written for the model: ``n6_config.h`` and
``n6_config.mk``. No source of the application is edited where its board has memory outside the chip.
"""

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from n6studio.board.application.config import source_text
from n6studio.board.application.live.tree import ARRAYS, OBJECTS, LiveTree
from n6studio.board.application.tree import Layout
from n6studio.board.vendor.folders import copied, written
from n6studio.domain.errors.foreign import writing
from n6studio.domain.pose.split_head import SplitHead
from n6studio.domain.stream import STREAM_USB_IDS
from n6studio.system.resources import resource

FOLDER = "N6Studio"
HEADER, MAKE = "n6_config.h", "n6_config.mk"
UART_BAUD = 921_600
_INCLUDED = "n6studio.mk"
_MCU_BYTES, _MCU_SIDE = 384, 16
_KIB = 1024
# Of each of two JPEGs: a busy 480 x 480 image at quality 80 takes 51 KB.
_JPEG_BYTES = {True: 128 * _KIB, False: 48 * _KIB}
_WIDEST = {True: 800, False: 320}  # of a screen's image, in pixels
_ROOMS = 2  # frames that are made and sent at once
_TEXTS = 2 * _KIB  # of status and log in a frame
_WRITTEN = "/* Written by N6 Studio; n6_config_example.h explains it. */\n"
_SMALL_SCREEN = "[32]"
_TEXT = re.compile(r"[^ !#-\[\]-~]")  # what a C string does not hold as it is


@dataclass(frozen=True)
class LiveStream:
    """What the stream is to be like.

    Attributes:
        link: 'usb', or 'uart' for the ST-LINK's serial port.
        image: 'screen' for the images of the board's screen, 'input' for the model's input.
        jpeg: 'codec' for the chip's, 'software'.
        quality: of JPEGs at power-up, 1..100.
        board: name of the board, as the stream tells it.
        firmware: name and release of the application, likewise.
        model: name of the model, likewise.
        model_sha256: of its .tflite.
        size: (width, height) of its input.
        candidates, classes, keypoints: of its output, which is float, channels first, in fractions of the input.
        split: how its outputs are to be read where its head is split; None for the one output.
        places: which of the compiled model's outputs are the boxes, confidences and keypoints of each level; () then.
        exact: whether there is memory for a copy of the model's input, which a computer may ask for or replace.
        confidence, iou: thresholds at power-up, 0..1.
        most: people at most.
        average: whether keypoints are averaged over all candidates of a person at power-up.
    """

    link: str
    image: str
    jpeg: str
    quality: int
    board: str
    firmware: str
    model: str
    model_sha256: str
    size: tuple[int, int]
    candidates: int
    classes: int
    keypoints: int
    confidence: float
    iou: float
    most: int
    split: SplitHead | None = None
    places: tuple[int, ...] = ()
    exact: bool = True
    average: bool = True


def header(stream: LiveStream, tree: LiveTree) -> str:
    """Return n6_config.h; n6_config_example.h explains it."""
    width, height = stream.size
    threads = tree.run == "threads"
    vendor, product = STREAM_USB_IDS
    exact = _input_bytes(stream) if stream.exact else 0
    widest = max(width, _WIDEST[tree.psram])
    id_bytes = ", ".join(f"0x{byte:02X}" for byte in bytes.fromhex(stream.model_sha256)[:8])
    values = {
        "N6_BOARD": _quoted(stream.board),
        "N6_FIRMWARE": _quoted(stream.firmware),
        "N6_MODEL_NAME": _quoted(stream.model),
        "N6_MODEL_ID": f"{{{id_bytes}}}",
        "N6_INPUT_WIDTH": f"{width}u",
        "N6_INPUT_HEIGHT": f"{height}u",
        "N6_OUTPUT_TYPE": "N6_FLOAT32",
        "N6_OUTPUT_SCALE": "1.0f",
        "N6_OUTPUT_ZERO": "0",
        "N6_CANDIDATES": f"{stream.candidates}u",
        "N6_CLASSES": f"{stream.classes}u",
        "N6_KEYPOINTS": f"{stream.keypoints}u",
        "N6_DIMS": "3u",
        "N6_NORMALISED": "1",
        "N6_CONFIDENCE_AT_START": f"{stream.confidence:.6f}f",
        "N6_IOU_AT_START": f"{stream.iou:.6f}f",
        "N6_AVERAGE_AT_START": str(int(stream.average)),
        "N6_QUALITY_AT_START": f"{stream.quality}u",
        "N6_PROTECT_AT_START": str(int(stream.link == "uart")),
        "N6_MAX_DETECTIONS": f"{stream.most}u",
        "N6_JPEG_BYTES": f"{_JPEG_BYTES[tree.psram]}u",
        "N6_HEAD_BYTES": f"{_head_bytes(stream, tree.psram, exact)}u",
        "N6_EXACT_BYTES": str(exact),
        "N6_MCU_ROW_BYTES": f"{-(-widest // _MCU_SIDE) * _MCU_BYTES}u",
        "N6_UART_BAUD": f"{UART_BAUD}u",
        "N6_USB_VENDOR": f"0x{vendor:04X}u",
        "N6_USB_PRODUCT": f"0x{product:04X}u",
        f"N6_RUN_{tree.run.upper()}": "",
        **(_split_values(stream.split, stream.places) if stream.split is not None else {}),
        **({"N6_PSRAM": ""} if tree.psram else {}),
        **({"N6_IMAGE_OF_SCREEN": ""} if stream.image == "screen" and not threads else {}),
        **({"N6_TICK_ONLY": ""} if threads else {}),
        **({"N6_SOFTWARE_JPEG": ""} if stream.jpeg == "software" else {}),
    }
    lines = "".join(f"#define {name} {value}".rstrip() + "\n" for name, value in values.items())
    return f"{_WRITTEN}#ifndef N6_CONFIG_H\n#define N6_CONFIG_H\n\n{lines}\n#endif\n"


def exact_memory(stream: LiveStream) -> int:
    """Return the bytes that `stream.exact` takes inside the chip, on a board without memory outside it."""
    exact = _input_bytes(stream)
    return exact + _ROOMS * (_head_bytes(stream, False, exact) - _head_bytes(stream, False, 0))


def _input_bytes(stream: LiveStream) -> int:
    return 3 * stream.size[0] * stream.size[1]


def _head_bytes(stream: LiveStream, psram: bool, exact: int) -> int:
    """Return the bytes of what a frame has besides JPEG and input: texts, people, and parity over all of it."""
    people = 4 * stream.most * (5 + 3 * stream.keypoints)
    return _rounded(_TEXTS + people + (_JPEG_BYTES[psram] + exact) // 14)


def _split_values(split: SplitHead, places: tuple[int, ...]) -> dict[str, str]:
    factors = {"N6_KEYPOINT_FACTORS": _braced([_float(one) for one in split.factors])} if split.factors else {}
    levels = [
        _braced([f"{one.stride}u", *(_braced([_float(part.scale), str(part.zero_point)]) for part in one.scales)])
        for one in split.levels
    ]
    return {
        "N6_SPLIT_LEVELS": f"{len(split.levels)}u",
        "N6_SPLIT_LEVEL_VALUES": _braced(levels),
        "N6_SPLIT_PLACES": _braced([str(place) for place in places]),
        "N6_SPLIT_DIMS": f"{split.dims}u",
        **factors,
    }


def _braced(values: list[str]) -> str:
    return "{" + ", ".join(values) + "}"


def _float(value: float) -> str:
    """Return a number in C with all digits that a float has."""
    text = f"{value:.9g}"
    return f"{text}f" if "." in text or "e" in text else f"{text}.0f"


def make_variables(stream: LiveStream, tree: LiveTree) -> str:
    """Return n6_config.mk; n6studio.mk explains it."""
    screen = "none" if tree.screen else ""
    values = {"N6_LINK": stream.link, "N6_RUN": tree.run, "N6_JPEG": stream.jpeg, "N6_SCREEN": screen}
    return "".join(f"{name} := {value}".rstrip() + "\n" for name, value in values.items())


def _rounded(size: int) -> int:
    return -(-size // _KIB) * _KIB


def quotable(text: str) -> str:
    """Return a text as it stands in the firmware: what a C string does not hold as it is replaced, 80 characters."""
    return _TEXT.sub("_", text)[:80]


def _quoted(text: str) -> str:
    return f'"{quotable(text)}"'


def write_stream(root: Path, layout: Layout, stream: LiveStream, tree: LiveTree) -> tuple[str, ...]:
    """Write the stream into the copy of an application; return what was changed in it, as sentences.

    Args:
        root: the copy.
        layout: of the application.
        stream: what the stream is to be like.
        tree: how the application carries it.

    Raises:
        DiskFull, NotWritable, FileMissing: our own C is not there.
        ApplicationConfigInvalid: a file of the copy cannot be read.
    """
    folder = root / FOLDER
    with writing(folder):
        folder.mkdir()
    for source in firmware_files():
        copied(source, folder / source.name)
    written(folder / HEADER, header(stream, tree))
    written(folder / MAKE, make_variables(stream, tree))
    makefile = root / layout.make / "Makefile"
    up = "".join("../" for _ in PurePosixPath(layout.make.as_posix()).parts)
    text = source_text(makefile)
    written(makefile, OBJECTS.sub(lambda found: f"include {up}{FOLDER}/{_INCLUDED}\n{found[0]}", text, count=1))
    done = f"Added the live stream: folder {FOLDER} and one line of the Makefile."
    return (done, *_without_screen(root / layout.make / "Src")) if tree.screen else (done,)


def firmware_files() -> tuple[Path, ...]:
    """Return the files that the folder in the copy gets, besides those that are written for a model.

    Raises:
        FileMissing: they are not there.
    """
    firmware = resource("firmware")
    files = [*firmware.glob("*.[ch]"), *(firmware / "stm32n6").glob("*.[ch]"), firmware / "LICENSE"]
    return (*sorted(files), resource("firmware/stm32n6") / _INCLUDED)


def _without_screen(sources: Path) -> tuple[str, ...]:
    """Make the buffers of a screen that shows nothing small."""
    for path in sorted(sources.glob("*.c")):
        text = changed = source_text(path)
        for pattern in ARRAYS:
            changed = pattern.sub(lambda found: found[1] + _SMALL_SCREEN, changed)
        if changed != text:
            written(path, changed)
    return ("Replaced the screen over USB by one that shows nothing: the live stream has its port and its memory.",)
