"""Whether a model and the application around it fit a board, computed before anything is built.

Two memories run out. The application's own region holds its code, the frame buffers, the model's command blobs and,
per candidate box, the arrays of its post-processing. The pools that the compiler may use hold what the model
computes. The figures of the region stand in the boards' descriptions: measured by linking each release with
arm-none-eabi-gcc 12.2 -Os and the movenet that v2.0.0 carries (205,040 bytes of command blobs). Releases after v2.1.0
are assumed to be like it, and with another model the base differs by some tens of KB: the linker has the last word.
"""

import itertools
from dataclasses import dataclass, replace

from n6studio.board.compiler.mpool import pools_for, weights_pool
from n6studio.board.compiler.pairs import PAIRS, Pair, unsupported
from n6studio.board.description import Board, RamBudget
from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.fit import ApplicationTooLargeForRam, ModelTooLargeForFlash, ModelTooLargeForRam
from n6studio.domain.errors.tools import BoardUnsupported
from n6studio.domain.model.input_size import STEP, InputSize

_LONGEST = 1024  # pixels, of a side of the inputs that are advised
ENLARGED_CAUTION = "linked but never run on hardware"
# Command blobs in the measured figures, as `compile_report.count_blobs` counts them.
BLOBS_OF_MOVENET = 205_040
_DIFFERENCE = 16 << 10  # bytes between releases and compilers, about


@dataclass(frozen=True)
class Demand:
    """What a model asks of the application around it.

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
    """How a model and an application fit a board.

    Attributes:
        region: the application's own memory region; need is a prediction.
        activations: the model's memory inside the chip, and on the Discovery kit outside; None where not known.
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


def application_bytes(pair: Pair, board: Board, demand: Demand, screen: str = "") -> int:
    """Return the predicted size of the application in its region.

    Args:
        pair: the application's release.
        board: the board.
        demand: the model.
        screen: what the application is built for, where the board has a choice; "" for its first.

    Raises:
        BoardUnsupported: the application has no folder for the board.
    """
    budget = _budget(pair, board, screen)
    blobs = 0 if demand.blobs is None else demand.blobs - BLOBS_OF_MOVENET
    return budget.needed(demand.candidates, demand.keypoints) + blobs


def _budget(pair: Pair, board: Board, screen: str) -> RamBudget:
    """Return what was measured of a release, or of the one before it that is most like it."""
    # Its post-processing takes the same for every model; multi-pose, with its threads, was not measured so.
    if pair.live and board.live is not None and pair.family == "getting-started":
        return RamBudget(pair.key, board.live.region, 0, 0, screen)
    for like in (pair, *reversed(PAIRS)):
        for budget in board.budgets:
            same = like.family == pair.family and like.output_type == pair.output_type
            if same and budget.pair == like.key and budget.screen == board.screen(screen):
                return budget
    reason = "Its memory use on this board has not been measured yet."
    raise unsupported(pair, board) or BoardUnsupported(application=pair.title, board=board.name, reason=reason)


def region_size(pair: Pair, board: Board, enlarged: bool = False) -> int:
    """Return how large the application's memory region is: as its linker script says, where a tree is at hand."""
    linker = board.chip.linker
    if pair.memories is not None:
        own = pair.memories.main.size
    else:
        own = linker.enlarged if pair.family == "multi-pose" else linker.stock
    return max(own, linker.enlarged) if enlarged else own


def room_left(pair: Pair, board: Board, demand: Demand, enlarged: bool = False, screen: str = "") -> int:
    """Return the bytes that the application leaves of its region, less what its size may differ from the computed one.

    Takes what `fit` takes, and raises the same; a demand with its blobs known is what makes this worth anything.
    """
    return region_size(pair, board, enlarged) - application_bytes(pair, board, demand, screen) - _DIFFERENCE


def fit(pair: Pair, board: Board, demand: Demand, enlarged: bool = False, screen: str = "") -> Fit:
    """Return how a model fits an application on a board.

    Args:
        pair: the application's release.
        board: the board.
        demand: what the model asks for.
        enlarged: with the application's region enlarged over the next memory and the pools to match.
        screen: what the application is built for, where the board has a choice; "" for its first.

    Raises:
        BoardUnsupported: the application has no folder for the board.
    """
    need = application_bytes(pair, board, demand, screen)
    have = region_size(pair, board, enlarged)
    pools = pools_for(pair, board, enlarged)
    region = Use("application", need, have)
    room = sum(pool.size for pool in pools if not pool.constant)
    activations = None if demand.activations is None else Use("activations", demand.activations, room)
    flash = None if demand.weights is None else Use("weights", demand.weights, weights_pool(pools).size)
    refusal: StudioError | None = None
    if flash is not None and not flash.fits:
        refusal = ModelTooLargeForFlash(path=demand.size_text, board=board.name, need=flash.need, have=flash.have)
    elif activations is not None and not activations.fits:
        refusal = ModelTooLargeForRam(
            board=board.name, application=pair.title, need=activations.need, have=room, size=demand.size_text
        )
    elif not region.fits:
        refusal = ApplicationTooLargeForRam(
            board=board.name,
            application=pair.title,
            need=need,
            have=have,
            size=demand.size_text,
            help=_way_out(pair, board, demand, enlarged, screen),
        )
    caution = ENLARGED_CAUTION if have > region_size(pair, board) else ""
    return Fit(region, activations, flash, enlarged, caution, refusal)


def _way_out(pair: Pair, board: Board, demand: Demand, enlarged: bool, screen: str) -> str:
    """Say in sentences what would make it fit."""
    largest = largest_size(pair, board, demand, enlarged, screen)
    shape = "square input" if demand.size[0] == demand.size[1] else "input of this shape"
    text = f"The largest {shape} that fits is {largest.text}." if largest else "No input size fits."
    larger = region_size(pair, board, enlarged=True)
    if not enlarged and region_size(pair, board) < larger and fit(pair, board, demand, True, screen).fits:
        text += (
            f" N6 Studio can enlarge the region to {larger} bytes in its copy of the application, with memory pools to "
            f"match ({ENLARGED_CAUTION})."
        )
    return text


def size_that_saves(pair: Pair, board: Board, demand: Demand, overflow: int, screen: str = "") -> InputSize | None:
    """Return the largest input below the present one with which the application is `overflow` bytes smaller.

    Of about the same shape, in steps of 32 pixels; None where there is none: what the application needs may not depend
    on the input at all.
    """
    room = application_bytes(pair, board, demand, screen) - overflow
    sizes = [size for size in _sizes_of_shape(demand.size) if min(size) <= min(demand.size)]
    fitting = [size for size in sizes if application_bytes(pair, board, _at(demand, size), screen) <= room]
    return fitting[-1] if fitting else None


def largest_size(
    pair: Pair, board: Board, demand: Demand, enlarged: bool = False, screen: str = ""
) -> InputSize | None:
    """Return the largest input of about a model's shape, in steps of 32 pixels, that fits the application's region.

    None where none does.
    """
    have = region_size(pair, board, enlarged)
    models = (Demand(size, candidates_of(size), demand.keypoints) for size in _sizes_of_shape(demand.size))
    fitting = itertools.takewhile(lambda one: application_bytes(pair, board, one, screen) <= have, models)
    return max((InputSize(*one.size) for one in fitting), default=None)


def _sizes_of_shape(size: tuple[int, int]) -> list[InputSize]:
    """Return the input sizes of about the shape of `size`, smallest first; their shorter sides are multiples of 32."""
    shorter = min(size)
    steps = range(STEP, _LONGEST * shorter // max(size) + 1, STEP)
    return [InputSize(*(round(side * step / shorter) for side in size)).nearest() for step in steps]


def _at(demand: Demand, size: InputSize) -> Demand:
    return replace(demand, size=size, candidates=candidates_of(size))
