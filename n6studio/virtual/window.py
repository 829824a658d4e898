"""The memory that the emulated board shares with this process, as window.h of the firmware describes it in C.

It is opened before this process is held back, so nothing heavy is imported here.
"""

import ctypes
import mmap

from n6studio.domain.pose.split_head import SplitHead

MAGIC, LAYOUT = 0x5147364E, 4
OFF = 0xFFFFFFFF  # of `power`: end the emulation
MEMORY_AT = 0x60000000  # address of the machine's memory
_WINDOW_AT = 0x64000000 - MEMORY_AT
RING = 0x100000  # bytes of each direction of the cable
MAPPED = _WINDOW_AT + 0x4000000  # bytes of the machine's memory that are looked at

_CABLE_IN, _CABLE_OUT, _IMAGE, _INPUT, _OUTPUT = (
    _WINDOW_AT + at for at in (0x100000, 0x200000, 0x400000, 0x2400000, 0x3000000)
)
MOST_IMAGE = _INPUT - _IMAGE  # bytes
MOST_INPUT = 0x400000
MOST_OUTPUT = MAPPED - _OUTPUT

_COUNTING = 2**32


MOST_LEVELS, MOST_FACTORS = 4, 266  # of a split head


class WindowLevel(ctypes.LittleEndianStructure):
    """A level of a split head; `window_level` in C."""

    _fields_ = (
        ("stride", ctypes.c_uint32),
        ("box_scale", ctypes.c_float),
        ("box_zero", ctypes.c_int32),
        ("score_scale", ctypes.c_float),
        ("score_zero", ctypes.c_int32),
        ("keypoints_scale", ctypes.c_float),
        ("keypoints_zero", ctypes.c_int32),
    )


class Build(ctypes.LittleEndianStructure):
    """What is soldered on and compiled in; `window_build` in C."""

    _fields_ = (
        *((name, ctypes.c_uint32) for name in ("image_width", "image_height", "input_width", "input_height", "type")),
        ("scale", ctypes.c_float),
        ("zero", ctypes.c_int32),
        *(
            (name, ctypes.c_uint32)
            for name in ("candidates", "classes", "keypoints", "dims", "normalised", "end_to_end", "resize")
        ),
        *((name, ctypes.c_float) for name in ("left", "top", "across", "down", "confidence", "iou")),
        *((name, ctypes.c_uint32) for name in ("max_detections", "average", "quality", "protect")),
        ("model", ctypes.c_uint8 * 8),
        *((name, ctypes.c_char * 64) for name in ("board", "firmware", "model_name")),
        ("levels", ctypes.c_uint32),
        ("level", WindowLevel * MOST_LEVELS),
        ("factors", ctypes.c_uint32),
        ("factor", ctypes.c_float * MOST_FACTORS),
        ("marker", ctypes.c_uint32),
    )
    image_width: int
    image_height: int
    input_width: int
    input_height: int
    type: int
    scale: float
    zero: int
    candidates: int
    classes: int
    keypoints: int
    dims: int
    normalised: int
    end_to_end: int
    resize: int
    left: float
    top: float
    across: float
    down: float
    confidence: float
    iou: float
    max_detections: int
    average: int
    quality: int
    protect: int
    model: "ctypes.Array[ctypes.c_uint8]"
    board: bytes
    firmware: bytes
    model_name: bytes
    levels: int
    level: "ctypes.Array[WindowLevel]"
    factors: int
    factor: "ctypes.Array[ctypes.c_float]"
    marker: int

    def put_split(self, split: SplitHead) -> None:
        """Set how the outputs of a split head are to be read.

        Raises:
            ValueError: it has more levels or keypoints than the firmware takes.
        """
        if len(split.levels) > MOST_LEVELS or len(split.factors) > MOST_FACTORS:
            raise ValueError(f"a split head too large for the emulated board: {len(split.levels)} levels")
        self.levels, self.factors = len(split.levels), len(split.factors)
        for place, one in enumerate(split.levels):
            scales = [value for part in (one.box, one.score, one.keypoints) for value in (part.scale, part.zero_point)]
            self.level[place] = WindowLevel(one.stride, *scales)
        for place, factor in enumerate(split.factors):
            self.factor[place] = factor


class _Window(ctypes.LittleEndianStructure):
    _fields_ = (
        *((name, ctypes.c_uint32) for name in ("magic", "layout", "power", "heartbeat", "connection")),
        *((name, ctypes.c_uint32) for name in ("in_head", "out_tail", "image_given", "npu_done")),
        *((name, ctypes.c_uint32) for name in ("booted", "in_tail", "out_head", "image_taken", "npu_wanted")),
        *((name, ctypes.c_uint32) for name in ("sent", "dropped")),
        ("build", Build),
    )
    magic: int
    layout: int
    power: int
    heartbeat: int
    connection: int
    in_head: int
    out_tail: int
    image_given: int
    npu_done: int
    booted: int
    in_tail: int
    out_head: int
    image_taken: int
    npu_wanted: int
    sent: int
    dropped: int
    build: Build


class Window:
    """What both sides see. Every counter is written by one side only.

    Args:
        memory: the machine's memory, `MAPPED` bytes or more.
    """

    def __init__(self, memory: mmap.mmap) -> None:
        self._memory = memory
        self.head = _Window.from_buffer(memory, _WINDOW_AT)
        self.head.magic, self.head.layout = MAGIC, LAYOUT

    def put_build(self, build: Build) -> None:
        """Set what the board is built with from its next power-up on."""
        self.head.build = build

    # --- the cable

    def give(self, data: bytes) -> int:
        """Put bytes into the cable to the board; return how many there was room for."""
        head = self.head
        count = min(len(data), RING - self._apart(head.in_head, head.in_tail))
        at = head.in_head % RING
        first = min(count, RING - at)
        self._memory[_CABLE_IN + at : _CABLE_IN + at + first] = data[:first]
        self._memory[_CABLE_IN : _CABLE_IN + count - first] = data[first:count]
        head.in_head = (head.in_head + count) % _COUNTING
        return count

    def take(self, most: int) -> bytes:
        """Return what the board has put into the cable, `most` bytes at most; the room is free again."""
        head = self.head
        count = min(most, self.waiting())
        at = head.out_tail % RING
        first = min(count, RING - at)
        data = self._memory[_CABLE_OUT + at : _CABLE_OUT + at + first]
        data += self._memory[_CABLE_OUT : _CABLE_OUT + count - first]
        head.out_tail = (head.out_tail + count) % _COUNTING
        return data

    def waiting(self) -> int:
        """Return how many bytes the board has put into the cable."""
        return self._apart(self.head.out_head, self.head.out_tail)

    @staticmethod
    def _apart(head: int, tail: int) -> int:
        """Return the bytes between two ends of a ring, whatever the other side has made of its own."""
        return min(RING, (head - tail) % _COUNTING)

    # --- camera and NPU

    def wants_image(self) -> bool:
        """Whether the last image has been taken."""
        return self.head.image_given == self.head.image_taken

    def give_image(self, pixels: bytes, tensor: bytes) -> None:
        """Show the board an image as RGB565 bytes, and the model's input that was cut from it."""
        self._memory[_IMAGE : _IMAGE + len(pixels)] = pixels
        self._memory[_INPUT : _INPUT + len(tensor)] = tensor
        self.head.image_given = (self.head.image_given + 1) % _COUNTING

    def npu_asked(self) -> bool:
        """Whether the board waits for the NPU."""
        return self.head.npu_wanted != self.head.npu_done

    def npu_input(self, length: int) -> bytes:
        """Return so many bytes of the model's input."""
        return self._memory[_INPUT : _INPUT + length]

    def npu_answer(self, output: bytes) -> None:
        """Give what the NPU has computed."""
        self._memory[_OUTPUT : _OUTPUT + len(output)] = output
        self.head.npu_done = self.head.npu_wanted
