"""The copy of the model's input on a board without memory outside the chip: kept where there is room in its region.

Whether it has is computed from the compiled model, and the linker has the last word.
"""

import threading
from dataclasses import replace

from n6studio.board.application.build import BuildRequest, BuiltApplication, build
from n6studio.board.application.live.stream import LiveStream, exact_memory
from n6studio.board.compiler.fit import Demand, room_left
from n6studio.board.compiler.pairs import Pair
from n6studio.board.compiler.stedgeai import Progress
from n6studio.board.description import Board
from n6studio.domain.errors.application import RegionOverflow
from n6studio.stages.deploy.stage import DeploySettings

NO_EXACT = (
    "The board's RAM has no room for a copy of the model's input: "
    "comparing a frame and evaluation on the board are left out."
)


def has_room(stream: LiveStream, pair: Pair, board: Board, demand: Demand, settings: DeploySettings) -> bool:
    """Return whether the application's region is likely to hold the copy.

    Args:
        stream: what it would be sent with.
        pair: the application, with the live stream.
        board: the board.
        demand: of the model, its blobs as the compiler counts them.
        settings: of the deployment.

    Raises:
        BoardUnsupported: the application has no folder for the board.
    """
    return exact_memory(stream) <= room_left(pair, board, demand, settings.enlarge_region, settings.screen)


def built_with_room(
    request: BuildRequest, progress: Progress, cancel: threading.Event
) -> tuple[BuiltApplication, tuple[str, ...]]:
    """Build, once more without the copy where that does not fit; return warnings, too.

    Raises:
        StudioError: as `build` does.
    """
    try:
        return build(request, progress, cancel), ()
    except RegionOverflow:
        if request.live is None or request.live[1].psram or not request.live[0].exact:
            raise
    stream, tree = request.live
    without = replace(request, live=(replace(stream, exact=False), tree))
    return build(without, progress, cancel), (NO_EXACT,)
