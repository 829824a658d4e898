"""app_config.h for a model: what is written, and how the application's own file is edited to say it.

The application's file is kept, and only the lines that describe the model, the image and the skeleton are changed,
so releases that we have not seen keep what they need. What the display and the camera do with the values: an aspect of
'crop' shows and feeds a centred crop of the model's aspect; 'fit' and 'fullscreen' squeeze the whole image into the
model's input and differ in what is shown. Nothing on the board adds borders.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from n6studio.board.application.recognise import Application
from n6studio.board.compiler.fit import Demand
from n6studio.board.compiler.pairs import Pair
from n6studio.board.description import Board
from n6studio.board.vendor.folders import written
from n6studio.domain.errors.application import ApplicationConfigInvalid
from n6studio.domain.errors.foreign import reason_of
from n6studio.domain.pose.skeleton import Skeleton
from n6studio.gates.files import read_text

Aspect = Literal["crop", "fit", "fullscreen"]
Flip = Literal["none", "flip", "mirror", "flip_mirror"]
Screen = Literal["UVCL", "SPI"]

_DEFINE = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)(?![\w(])(?:[^\n]*\\\n)*[^\n]*$", re.MULTILINE)
_TABLE = re.compile(r"^[ \t]*static\s+const\s+int\s+(?:bindings\s*\[|\*\*\s*bindings)[^;]*;[ \t]*\n?", re.MULTILINE)
_EXTERN = re.compile(r"^[ \t]*extern\s+const\s+int\s+bindings\b", re.MULTILINE)
_REFUSAL = re.compile(r"^[ \t]*#[ \t]*error[^\n]*\n", re.MULTILINE)
_ENDIF = re.compile(r"^[ \t]*#[ \t]*endif", re.MULTILINE)
_SIZE = ("NN_WIDTH", "NN_HEIGHT")
_OF_ANOTHER_MODEL = ("AI_SPE_", "AI_PD_")


@dataclass(frozen=True)
class AppConfig:
    """How the application is to behave.

    Attributes:
        demand: the model: input size, candidates, keypoints.
        skeleton: keypoints and how they are joined, for releases that let it be chosen.
        name: shown on the screen; the model's file name.
        classes: class channels of the output.
        confidence: score from which a person is shown, 0..1.
        iou: overlap above which the weaker of two boxes goes, 0..1.
        most: people shown at most.
        keypoint_confidence: score from which a keypoint is drawn, 0..1.
        aspect: how the camera's image is brought to the model's size.
        flip: how the camera's image is turned over; 'mirror' swaps a person's left and right.
        screen: where the image goes, on a board whose application can be built for several: USB ('UVCL') or 'SPI'.
    """

    demand: Demand
    skeleton: Skeleton
    name: str
    classes: int = 1
    confidence: float = 0.5
    iou: float = 0.5
    most: int = 10
    keypoint_confidence: float = 0.5
    aspect: Aspect = "crop"
    flip: Flip = "none"
    screen: Screen = "UVCL"


def resize_of(aspect: Aspect) -> str:
    """Return our name for what the board does to the image before the model, for evaluating alike."""
    return "crop" if aspect == "crop" else "stretch"


def write_app_config(application: Application, root: Path, board: Board, config: AppConfig) -> tuple[Path, ...]:
    """Describe the model in a copy of the application; return the files that were changed.

    Args:
        application: what the copy is of.
        root: the copy's folder.
        board: the board.
        config: what to write.

    Raises:
        ApplicationConfigInvalid: a file lacks what every release has.
        BoardUnsupported: the application has nothing for the board.
    """
    tree = application.on(board)
    layout, pair = tree.layout, tree.pair
    multi = application.family == "multi-pose"
    path = root / layout.config
    text = source_text(path)
    own = defines_in(text)
    by_compiler = pair.stai and ("STAI_NETWORK" in text or not set(_SIZE) & set(own))  # stai_network.h has the size
    needed = ("POSTPROCESS_TYPE",) if by_compiler else ("POSTPROCESS_TYPE", *_SIZE)
    missing = [name for name in needed if name not in own]
    if missing:
        raise ApplicationConfigInvalid(path=path, missing=", ".join(missing))
    values = _values(pair, board, config)
    if layout.post_config is not None:
        post = root / layout.post_config
        sizes = {name: value for name, value in values.items() if name in _OF_POST_CONFIG}
        values = {name: value for name, value in values.items() if name not in _OF_POST_CONFIG}
        _write(post, edited(source_text(post), sizes))
    if by_compiler:
        values = {name: value for name, value in values.items() if name not in _SIZE}
    table = bindings(config.skeleton) if pair.skeleton == "table" else ""
    if pair.skeleton == "macros":
        values |= binding_macros(config.skeleton)
        table = "" if _EXTERN.search(text) else "extern const int bindings[BINDINGS_NB][3];\n"
    _write(path, edited(text, values, table, keep_other=multi))
    return tuple(root / name for name in (layout.config, layout.post_config) if name is not None)


_OF_POST_CONFIG = ("AI_MPE_YOLOV8_PP_NB_CLASSES", "AI_MPE_YOLOV8_PP_TOTAL_BOXES", "AI_POSE_PP_POSE_KEYPOINTS_NB")


def _values(pair: Pair, board: Board, config: AppConfig) -> dict[str, str]:
    demand = config.demand
    values = {
        "CAMERA_FLIP": f"CMW_MIRRORFLIP_{config.flip.upper()}",
        "POSTPROCESS_TYPE": pair.post_processing,
        "NN_WIDTH": f"({demand.size[0]})",
        "NN_HEIGHT": f"({demand.size[1]})",
        "AI_MPE_YOLOV8_PP_NB_CLASSES": f"({config.classes})",
        "AI_MPE_YOLOV8_PP_TOTAL_BOXES": f"({demand.candidates})",
        "AI_MPE_YOLOV8_PP_MAX_BOXES_LIMIT": f"({config.most})",
        "AI_MPE_YOLOV8_PP_CONF_THRESHOLD": f"({config.confidence:.6f}f)",
        "AI_MPE_YOLOV8_PP_IOU_THRESHOLD": f"({config.iou:.6f}f)",
        "AI_POSE_PP_POSE_KEYPOINTS_NB": f"({demand.keypoints})",
    }
    if pair.family == "multi-pose":
        channels = 4 + config.classes + 3 * demand.keypoints
        return {**values, "NN_BUFFER_OUT_SIZE": f"({4 * channels * demand.candidates})"}
    message = "on the STM32N6's NPU"
    return {
        **values,
        "ASPECT_RATIO_MODE": f"ASPECT_RATIO_{config.aspect.upper()}",
        "COLOR_MODE": "COLOR_RGB",
        "AI_POSE_PP_CONF_THRESHOLD": f"({config.keypoint_confidence:.6f}f)",
        "WELCOME_MSG_1": quoted(config.name),
        "WELCOME_MSG_2": (
            f'((char *[2]) {{"N6 Studio:", {quoted(message)}}})'
            if board.st.welcome_lines == 2
            else quoted(f"N6 Studio: {message}")
        ),
    }


def edited(text: str, values: Mapping[str, str], table: str = "", keep_other: bool = False) -> str:
    """Return a header with `values` in place of what it defined, and what it did not define added at its end.

    Args:
        text: the header.
        values: name -> replacement, in order.
        table: declaration that replaces the skeleton's; "" to leave that alone.
        keep_other: leave lines about other kinds of models and refusals in place.
    """
    waiting = dict(values)

    def replaced(found: "re.Match[str]") -> str:
        name = found[1]
        if name in values:
            waiting.pop(name, None)
            return f"#define {name} {values[name]}".rstrip()
        if not keep_other and name.startswith(_OF_ANOTHER_MODEL):
            return ""
        return found[0]

    text = _DEFINE.sub(replaced, text)
    if not keep_other:
        text = _REFUSAL.sub("", text)
    added = "".join(f"#define {name} {value}".rstrip() + "\n" for name, value in waiting.items())
    if table:
        text = _TABLE.sub("", text)
        added += table
        if '"stm32_lcd.h"' not in text:
            added = '#include "stm32_lcd.h"\n' + added
    if not added:
        return text
    at = max((found.start() for found in _ENDIF.finditer(text)), default=len(text))
    return f"{text[:at]}/* Written by N6 Studio */\n{added}\n{text[at:]}"


def bindings(skeleton: Skeleton) -> str:
    """Return the declaration that tells the display which keypoints to join; without edges, points alone."""
    if not skeleton.edges:
        return "static const int **bindings = 0;\n"
    rows = "".join(f"    {row},\n" for row in _rows(skeleton))
    return f"static const int bindings[][3] = {{\n{rows}}};\n"


def binding_macros(skeleton: Skeleton) -> dict[str, str]:
    """Return the same as the macros that later releases take, name -> replacement."""
    rows = _rows(skeleton)
    lines = "".join(f"    {row},\\\n" for row in rows)
    table = f"const int bindings[BINDINGS_NB][3] = {{\\\n{lines}}}"
    return {"USE_BINDINGS": "", "BINDINGS_NB": f"({len(rows)})", "BINDINGS": table}


def _rows(skeleton: Skeleton) -> list[str]:
    joined = {index for edge in skeleton.edges for index in edge}
    alone = [(index, index) for index in range(len(skeleton)) if index not in joined]  # or they would not be drawn
    return [
        f"{{ {first}, {second}, {_colour(skeleton.colours[first])} }}" for first, second in (*skeleton.edges, *alone)
    ]


def _colour(rgb: tuple[int, int, int]) -> str:
    red, green, blue = rgb
    return f"0xFF{red:02X}{green:02X}{blue:02X}UL"


def quoted(text: str, most: int = 48) -> str:
    """Return a C string that the board's fonts can show: printable ASCII, no longer than its line."""
    plain = "".join(letter if " " <= letter <= "~" and letter not in '"\\%' else "_" for letter in text)
    return f'"{plain[:most]}"'


def defines_in(text: str) -> tuple[str, ...]:
    """Return the names that a header defines, in order."""
    return tuple(found[1] for found in _DEFINE.finditer(text))


def source_text(path: Path) -> str:
    """Return the text of a file of the application; bytes that are no UTF-8 survive writing it again.

    Raises:
        ApplicationConfigInvalid: it is missing or cannot be read.
    """
    try:
        return read_text(path, errors="surrogateescape")
    except OSError as error:
        raise ApplicationConfigInvalid(path=path, missing=f"the file itself ({reason_of(error)})") from error


def _write(path: Path, text: str) -> None:
    written(path, text)
