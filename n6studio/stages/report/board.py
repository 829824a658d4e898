"""What a report says of a board that ran one of the models."""

from n6studio.domain.evaluation.board import BoardFacts, Rung
from n6studio.domain.evaluation.board_texts import divergence, link_text
from n6studio.domain.texts import UNKNOWN, decimals
from n6studio.report.tables import Fact, Heading, Row, Table, row

_NAMES = {"input": "1 input received", "output": "2 model output", "people": "3 people found in it"}


def board_facts(board: BoardFacts) -> list[Fact]:
    """Return which board it was, and how its link was."""
    return [
        Fact("Board", (board.name, board.firmware)),
        Fact("Model", (board.model,)),
        Fact("Parity", (divergence(board),)),
        Fact("Link", link_text(board)),
    ]


def ladder_table(board: BoardFacts) -> Table:
    """Return the ladder of parity, with the first image that differs on each rung."""
    heads = (
        Heading("Images"),
        Heading("Equal to this computer"),
        Heading("Largest difference"),
        Heading("First image"),
    )
    return Table(heads, tuple(_row(rung) for rung in board.rungs), left=True)


def _row(rung: Rung) -> Row:
    largest = "number of people" if rung.largest is None else decimals(rung.largest, 6) if rung.largest else "none"
    return row(_NAMES.get(rung.name, rung.name), str(rung.images), str(rung.equal), largest, rung.first or UNKNOWN)
