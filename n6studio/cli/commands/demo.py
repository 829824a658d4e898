"""The commands ``demo`` and ``demo dataset``: the whole product on what the program carries along."""

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from n6studio.cli.commands.dispatch import cancelling
from n6studio.cli.progress import Progress
from n6studio.demo.dataset import DatasetPaths, write_dataset
from n6studio.domain.errors.stages import Cancelled
from n6studio.domain.messages import Progressed, StepBegan
from n6studio.domain.results import AnyResult
from n6studio.engine.chain.run import Again, run_to
from n6studio.engine.chain.states import Caller
from n6studio.engine.project.sample import PICTURE, draw_pictures, sample_project
from n6studio.stages.registry import CHAIN
from n6studio.system.files import make_folder


def render(options: argparse.Namespace) -> DatasetPaths:
    """Write the data set that ``demo dataset`` was asked for.

    Raises:
        SettingInvalid, NotWritable, Cancelled.
    """
    make_folder(options.output)
    with _drawing(Progress(options.quiet)) as drawn:
        return write_dataset(options.output, options.images, options.seed, PICTURE, drawn)


def run_demo(options: argparse.Namespace) -> tuple[Path, dict[str, AnyResult]]:
    """Draw pictures, then run the whole chain on the carried network; what is there already is not made again.

    Returns the project's folder and the results by stage.

    Raises:
        StudioError: see `run_to`.
    """
    folder = (options.output or Path("n6studio-demo")).absolute()
    progress = Progress(options.quiet)
    try:
        with _drawing(progress) as drawn:
            draw_pictures(folder, drawn)

        def announce(stage: str, fresh: bool, why: tuple[str, ...]) -> None:
            progress.say(f"{stage}: fresh, skipped" if fresh else f"{stage}: {'; '.join(why) or 'asked for'}")

        with cancelling() as cancel:
            caller = Caller(progress, cancel, announce=announce)
            again = Again.ALL if options.force else Again.NOTHING
            return folder, run_to(sample_project(folder), CHAIN[-1], caller, again=again)
    finally:
        progress.clear()


@contextmanager
def _drawing(progress: Progress) -> Iterator[Callable[[int, int], None]]:
    """Give what tells that pictures are being drawn; Ctrl-C ends the drawing.

    Raises:
        Cancelled.
    """
    with cancelling() as cancel:
        begun = False

        def drawn(done: int, total: int) -> None:
            nonlocal begun
            if cancel.is_set():
                raise Cancelled(stage="drawing")
            if not begun:
                progress(StepBegan(f"draw {total} pictures", 1, 1))
                begun = True
            progress(Progressed(done, total, "images"))

        yield drawn
