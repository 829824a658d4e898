"""Gates before anything is compiled: an application whose tree contradicts itself or the board would fail silently."""

from collections.abc import Iterable
from pathlib import Path

from n6studio.board.application.recognise import Application
from n6studio.board.application.tree import BOOT_LOADERS, runtime_version, weights_address_of_script
from n6studio.board.compiler.memories import memory_problems
from n6studio.board.compiler.mpool import main_region, pools_for, weights_pool
from n6studio.board.compiler.pairs import Version, runtime_wanted
from n6studio.board.description import Board, hex_address
from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.tools import RuntimeMismatch
from n6studio.domain.errors.tree import BootLoaderMissing, ReleaseNotKnown, WeightsMisplaced


def check_tree(application: Application, board: Board, enlarged: bool = False, allow_newer: bool = False) -> None:
    """Refuse an application that cannot work on a board, whatever the model.

    Raises:
        StudioError: the first of `tree_problems`.
    """
    for problem in tree_problems(application, board, enlarged, allow_newer):
        raise problem


def tree_problems(
    application: Application, board: Board, enlarged: bool = False, allow_newer: bool = False
) -> Iterable[StudioError]:
    """Yield everything that speaks against an application on a board, the worst first.

    Args:
        application: a recognised copy.
        board: the board.
        enlarged: with the application's memory region enlarged.
        allow_newer: whether releases that are not known may be tried.

    Raises:
        BoardUnsupported: the application has nothing for the board.
    """
    tree = application.on(board)
    if application.news and not allow_newer:
        yield ReleaseNotKnown(application=application.name, differs="; ".join(application.news))
    if application.fsbl is None:
        yield _no_boot_loader(application)
    memories = tree.pair.memories
    if memories is None:
        return
    pools = pools_for(tree.pair, board, enlarged)
    yield from memory_problems(memories, pools, main_region(memories, board, enlarged), board)
    address, script = weights_pool(pools).address, weights_address_of_script(application.root, board)
    if script is not None and script != address:
        yield WeightsMisplaced(
            pool=weights_pool(pools).name,
            address=hex_address(address),
            wanted=hex_address(script),
            where=application.root / "Model",
        )


def runtime_problem(application: Application, compiler: Version, installation: Path) -> RuntimeMismatch | None:
    """Return why code of a compiler would not fit an application's NPU runtime; None where it fits, or nobody says.

    Args:
        application: a recognised copy.
        compiler: (major, minor, patch).
        installation: version folder of the compiler, which carries the runtime of its code.
    """
    wanted = runtime_version(installation / "Middlewares/ST/AI") or runtime_wanted(compiler)
    found = application.runtime
    if wanted is None or found is None or wanted == found:
        return None
    return RuntimeMismatch(
        application=application.name,
        found=".".join(map(str, found)),
        wanted=".".join(map(str, wanted)),
        runtime=application.pair.compiler.name,
    )


def boot_loader_of(application: Application) -> Path:
    """Return the boot loader that comes with an application.

    Raises:
        BootLoaderMissing.
    """
    if application.fsbl is None:
        raise _no_boot_loader(application)
    return application.fsbl


def _no_boot_loader(application: Application) -> BootLoaderMissing:
    return BootLoaderMissing(path=application.root, application=application.name, searched=", ".join(BOOT_LOADERS))
