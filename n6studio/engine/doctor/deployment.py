"""The doctor's look at what only deployment needs: ST's tools, the cross compiler, the application, boards.

Whatever is missing here leaves the doctor's verdict alone: everything up to a quantized model works without.
"""

from n6studio.board.description import Board
from n6studio.board.tools.discovery import find_tools
from n6studio.board.tools.findings import look_at_board, look_at_tools
from n6studio.board.tools.getting import to_get
from n6studio.board.tools.surroundings import look_at_stream_port
from n6studio.board.tools.tool_finding import ToolFinding
from n6studio.domain.deploy import Getting
from n6studio.engine.doctor.finding import Finding


def look_at_deployment() -> list[Finding]:
    """Return the findings; never raises. Blocks for up to half a minute."""
    return [for_deployment(item) for item in (*look_at_tools(), look_at_stream_port())]


def look_at_one_board(target: Board) -> tuple[list[Finding], Getting | None]:
    """Return the findings for one board, worst first, and what is to be got for it; None for one that needs nothing.

    Blocks for up to half a minute.
    """
    if not target.needs_vendor_tools:
        return [], None
    box = find_tools(board=target.key)
    found = (*look_at_board(box, target), look_at_stream_port())
    return [for_deployment(item) for item in found], to_get(target, box)


def for_deployment(item: ToolFinding) -> Finding:
    """Return a finding on tools as one of the doctor's."""
    return Finding(item.name, item.state, item.found, item.wanted, item.what_to_do, "deployment")
