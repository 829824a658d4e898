"""The doctor's look at what only deployment needs: ST's tools, the cross compiler, the application, boards.

Whatever is missing here leaves the doctor's verdict alone: everything up to a quantized model works without.
"""

from n6studio.board.tools.findings import look_at_tools
from n6studio.engine.doctor.examine import Finding


def look_at_deployment() -> list[Finding]:
    """Return the findings; never raises. Blocks for up to half a minute."""
    return [
        Finding(item.name, item.state, item.found, item.wanted, item.what_to_do, "deployment")
        for item in look_at_tools()
    ]
