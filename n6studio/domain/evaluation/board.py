"""What an evaluation tells of a board: how fast, and from where on it computes something else than this computer."""

import msgspec

INPUT_256 = 256 * 256 * 3  # bytes
CHECKSUM = 4
GOAL_IMAGES = 500


class Rung(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that the board and this computer should have the same, in the order in which a board makes them.

    Attributes:
        name: 'input', 'output' or 'people'.
        images: compared.
        equal: of these, bit for bit the same.
        largest: the largest difference of a value; of the input 0 or 1 for another checksum; None where the number of
            people differs.
        first: name of the first image that differs, "" for none.
    """

    name: str
    images: int
    equal: int
    largest: float | None
    first: str = ""


class BoardFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A board that was asked.

    Attributes:
        name, firmware: what it calls itself.
        link: how it was reached.
        model: name of the model that it ran, as in `models`.
        rungs: the ladder of parity.
        npu_ms, post_ms: milliseconds of every image, in order, for the model and for post-processing.
        bytes_per_second: of the link, both directions together; None where it was not measured, as when all answers
            were there already.
        seconds_500_at_256: what 500 images at 256 x 256 would take over this link with these times; computed.
        resets: how often the board began anew meanwhile.
    """

    name: str
    firmware: str
    link: str
    model: str
    rungs: tuple[Rung, ...]
    npu_ms: tuple[float, ...]
    post_ms: tuple[float, ...]
    bytes_per_second: float | None = None
    seconds_500_at_256: float | None = None
    resets: int = 0

    @property
    def divergence(self) -> Rung | None:
        """The first rung at which board and computer differ; None where they do not."""
        return next((rung for rung in self.rungs if rung.equal < rung.images), None)


class LinkFigures(msgspec.Struct, frozen=True, kw_only=True):
    """How the link of a board was, beside its answers.

    Attributes:
        bytes_per_second: both directions together; None where nothing was sent.
        resets: how often the board began anew.
    """

    bytes_per_second: float | None
    resets: int


def seconds_for(images: int, input_bytes: int, answer_bytes: int, bytes_per_second: float, board_ms: float) -> float:
    """Return what images take: the bytes of each at a link's rate, and the milliseconds of the board."""
    return images * ((input_bytes + CHECKSUM + answer_bytes) / bytes_per_second + board_ms / 1000)
