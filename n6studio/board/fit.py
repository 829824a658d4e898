"""Whether a network and the application around it fit a board, computed before anything is built.

Two memories run out. The application's own region holds its code, the frame buffers, the network's command blobs and,
per candidate box, the arrays of its post-processing. The pools that the compiler may use hold what the network
computes. The figures of the region are from linking v2.0.0 and v2.1.0 with arm-none-eabi-gcc 12.2 -Os and the network
that they carry (movenet, 205,040 bytes of command blobs); later releases are assumed to be like v2.1.0. With another
network the base differs by some tens of KB, so the last word is the linker's.
"""

from dataclasses import dataclass

from n6studio.board.mpool import on_chip, pools_for, weights_pool
from n6studio.board.pairs import DISCOVERY, NUCLEO, Pair
from n6studio.domain.errors import StudioError
from n6studio.domain.errors_tools import (
    ApplicationTooLargeForRam,
    BoardUnsupported,
    ModelTooLargeForFlash,
    NetworkTooLargeForRam,
)

KIB = 1024
STOCK_REGION = 1023 * KIB  # AXISRAM1 without the 1 KiB that the image's header takes
ENLARGED_REGION = 2047 * KIB  # AXISRAM1 and AXISRAM2: what multi-pose has, and what is offered on the Nucleo
ENLARGED_CAUTION = "linked, never run on hardware"

BLOBS_OF_MOVENET = 205_040  # bytes of command blobs in the bases below
_BASE = {DISCOVERY: 458_072, NUCLEO: 1_130_056}
_INT8_BASE = {DISCOVERY: 458_700, NUCLEO: 1_130_780}


@dataclass(frozen=True)
class Demand:
    """What a network asks of the application around it.

    Attributes:
        size: (width, height) of its input.
        candidates: N, candidate boxes.
        keypoints: K.
        weights: bytes in flash; None where not known yet.
        activations: bytes that it computes with, as the compiler reports or ST published; None where not known.
        blobs: bytes of its command blobs; None where not known, then movenet's are assumed.
    """

    size: tuple[int, int]
    candidates: int
    keypoints: int
    weights: int | None = None
    activations: int | None = None
    blobs: int | None = None

    @property
    def size_text(self) -> str:
        """'256x256'."""
        return f"{self.size[0]}x{self.size[1]}"


@dataclass(frozen=True)
class Use:
    """One memory, how much of it is wanted and how much is there; bytes."""

    name: str
    need: int
    have: int

    @property
    def fits(self) -> bool:
        """Whether it is enough."""
        return self.need <= self.have

    @property
    def percent(self) -> float:
        """How full it is."""
        return 100.0 * self.need / self.have


@dataclass(frozen=True)
class Fit:
    """How a network and an application fit a board.

    Attributes:
        region: the application's own memory region; need is a prediction.
        activations: the network's memory inside the chip, and on the Discovery kit outside; None where not known.
        flash: the weights' place; None where the weights are not known.
        enlarged: whether the region is the enlarged one.
        caution: what is to be said beside it; "" for nothing.
        refusal: why it does not fit, as an error that can be raised; None where it fits.
    """

    region: Use
    activations: Use | None
    flash: Use | None
    enlarged: bool
    caution: str
    refusal: StudioError | None

    @property
    def fits(self) -> bool:
        """Whether nothing is known that speaks against it."""
        return self.refusal is None


def candidates_of(size: tuple[int, int]) -> int:
    """Return N for an input size: one candidate per cell of the grids with strides 8, 16 and 32."""
    return sum((size[0] // stride) * (size[1] // stride) for stride in (8, 16, 32))


def bytes_per_candidate(pair: Pair, keypoints: int) -> int:
    """Return what the post-processing keeps per candidate: the box, 12 bytes a keypoint, and int8 scratch."""
    kept = 28 + 12 * keypoints
    return kept + 12 + 3 * keypoints if pair.output_type == "int8" else kept


def application_bytes(pair: Pair, board: str, demand: Demand) -> int:
    """Return the predicted size of the application in its region.

    Raises:
        BoardUnsupported: the application has no folder for the board.
    """
    if board not in pair.boards:
        raise BoardUnsupported(
            application=pair.title, board=board, reason=f"It is made for {' and '.join(pair.boards)}."
        )
    bases = _INT8_BASE if pair.output_type == "int8" else _BASE
    blobs = 0 if demand.blobs is None else demand.blobs - BLOBS_OF_MOVENET
    return bases[board] + blobs + bytes_per_candidate(pair, demand.keypoints) * demand.candidates


def fit(pair: Pair, board: str, demand: Demand, enlarged: bool = False) -> Fit:
    """Return how a network fits an application on a board.

    Args:
        pair: the application's release.
        board: name of the board.
        demand: what the network asks for.
        enlarged: with the application's region enlarged over cpuRAM2 and the pools to match.

    Raises:
        BoardUnsupported: the application has no folder for the board.
    """
    need = application_bytes(pair, board, demand)
    have = ENLARGED_REGION if enlarged or pair.family == "multi-pose" else STOCK_REGION
    pools = pools_for(pair, board, enlarged)
    region = Use("application", need, have)
    room = on_chip(pools) + sum(pool.size for pool in pools if pool.writable and pool.offset >= 0x40000000)
    activations = None if demand.activations is None else Use("activations", demand.activations, room)
    flash = None if demand.weights is None else Use("weights", demand.weights, weights_pool(pools).size)
    refusal: StudioError | None = None
    if flash is not None and not flash.fits:
        refusal = ModelTooLargeForFlash(path=demand.size_text, board=board, need=flash.need, have=flash.have)
    elif activations is not None and not activations.fits:
        refusal = NetworkTooLargeForRam(
            board=board, application=pair.title, need=activations.need, have=room, size=demand.size_text
        )
    elif not region.fits:
        refusal = ApplicationTooLargeForRam(
            board=board,
            application=pair.title,
            need=need,
            have=have,
            size=demand.size_text,
            help=_way_out(pair, board, demand, enlarged),
        )
    caution = ENLARGED_CAUTION if enlarged and pair.family != "multi-pose" else ""
    return Fit(region, activations, flash, enlarged, caution, refusal)


def _way_out(pair: Pair, board: str, demand: Demand, enlarged: bool) -> str:
    """Say in a sentence what would make it fit."""
    if board == NUCLEO and not enlarged and fit(pair, board, demand, enlarged=True).fits:
        return (
            f"N6 Studio can enlarge the region to {ENLARGED_REGION} bytes in its copy of the application, with memory "
            f"pools to match ({ENLARGED_CAUTION})."
        )
    largest = largest_size(pair, board, demand.keypoints, enlarged)
    return f"The largest square input that fits is {largest}x{largest}." if largest else "No input size fits."


def largest_size(pair: Pair, board: str, keypoints: int, enlarged: bool = False) -> int:
    """Return the largest square input, in steps of 32 pixels, for which the application fits its region; 0 for none."""
    have = ENLARGED_REGION if enlarged or pair.family == "multi-pose" else STOCK_REGION
    fitting = 0
    for size in range(32, 1025, 32):
        demand = Demand((size, size), candidates_of((size, size)), keypoints)
        if application_bytes(pair, board, demand) > have:
            break
        fitting = size
    return fitting
