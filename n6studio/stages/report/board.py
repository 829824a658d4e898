"""What a report says of a board that ran one of the models."""

from n6studio.domain.evaluation.board import BoardFacts
from n6studio.domain.evaluation.board_texts import LADDER_HEADS, divergence, ladder_rows, link_text
from n6studio.report.tables import Fact, Heading, Table, row


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
    heads = tuple(map(Heading, LADDER_HEADS[1:]))
    return Table(heads, tuple(row(name, *cells) for name, *cells in ladder_rows(board)), left=True)
