"""Texts of the Deploy page that are longer than a label, or used in several places."""

from collections.abc import Sequence

from n6studio.domain.deploy import ToGet
from n6studio.domain.texts import counted, listed

EMPTY = "Import a checkpoint first. With the virtual board you can try deployment without hardware."
SETTINGS = "Application and programmer settings"
SEARCHING = "Searching for tools and boards…"
NOT_PROGRAMMED = "images ready, board not programmed"
IMAGES_READY = "images ready"
MEASURE = "Measure accuracy with int8 output"
MEASURE_TIP = "Evaluate the model with its output rounded to int8, on this computer"
CONTINUES = "Deployment then continues automatically."
OBEY_TIP = "Move the virtual switches and the virtual cable"
ANOTHER_TIP = "Program the same images to the next board"
RELEASE_TIP = "Save images and flash plan as one zip, to program with n6studio flash on any computer"
PREPARE_TIP = "Compile and build without writing to a board"
CANCEL_TIP = "Cancel the deployment and show what is on the board"
KEEP_CONNECTED = "Keep the board connected during programming."
NO_PLAN = "Available once there is a quantized model."
NO_AVERAGE = "ST's post-processing does not average keypoints. The live stream's does: switch it on."
WISHES = "Not used until you allow it. Allow only what you trust: it runs with your permissions."


GETTING_TITLE = "what to get from ST"
GETTING = (
    "N6 Studio includes nothing of ST's and downloads nothing. Get what is missing from ST's pages; it is ticked off "
    "here as soon as it is found in the usual places. If it lies elsewhere, choose it."
)
CHECK_AGAIN_TIP = "Search for tools and boards again"
GET_TIP = "What this board needs of ST, where it is offered, and what is there already"


def nothing_to_get(project: bool, looked: bool) -> str:
    """Return why it cannot be shown what to get.

    Args:
        project: whether one is open.
        looked: whether the look at this computer has ended.
    """
    if not project:
        return "Import a checkpoint first, then choose your board here."
    return "This board needs nothing of ST's. Choose yours first." if looked else SEARCHING


def state_of(row: ToGet) -> str:
    """Return in a sentence whether something is there."""
    if row.found:
        return f"Found: {row.found}"
    if row.doubt:
        return row.doubt
    return f"Downloaded, not installed: {row.downloaded}" if row.downloaded else "Not found"


def still_to_get(missing: int) -> str:
    """Return how much is missing."""
    return f"{counted(missing, 'item')} to get." if missing else "Everything is there."


def wish(path: object, title: str) -> str:
    """Return which path a project requests for a tool."""
    return f"This project requests {path} as {title}."


def switch_positions(runs: bool, position: str, sign: str, probes: Sequence[str]) -> str:
    """Return how the board's switches must stand to be programmed, or to run, and which probes are connected.

    Args:
        runs: whether it is to run what was programmed.
        position: of the switches, as the board's description has it.
        sign: how to see that it took effect; "" for none.
        probes: serial numbers of the connected ST-LINKs.
    """
    connected = f"ST-LINK {listed(list(probes))} connected. " if probes else ""
    then = f" Then {sign}." if sign else ""
    return f"{connected}For {'running' if runs else 'programming'}: {position[:1].lower()}{position[1:]}.{then}"
