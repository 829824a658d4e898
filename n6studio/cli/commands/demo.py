"""``n6studio demo`` and ``demo dataset``: the whole product on what the program carries along."""

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from n6studio.cli.command import Command, add_output
from n6studio.cli.commands.run import print_chain
from n6studio.domain.errors.stages import Cancelled
from n6studio.domain.texts import counted

if TYPE_CHECKING:
    from n6studio.cli.progress import Progress


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-o", "--output", type=Path, metavar="DIR", help="project folder (default: n6studio-demo)")
    parser.add_argument("--force", action="store_true", help="run all stages again")
    parts = parser.add_subparsers(dest="part", metavar="PART", title="parts")
    dataset = parts.add_parser("dataset", help="draw a labelled data set of the demo scene", allow_abbrev=False)
    add_output(dataset)
    dataset.add_argument("--images", type=int, default=200, help="number of images (default: 200)")
    dataset.add_argument("--seed", type=int, default=7, help="random seed (default: 7)")
    dataset.add_argument("-o", "--output", type=Path, metavar="DIR", required=True, help="output folder")


def _run(options: argparse.Namespace) -> int:
    return _dataset(options) if options.part == "dataset" else _demo(options)


def _dataset(options: argparse.Namespace) -> int:
    from n6studio.cli.progress import Progress
    from n6studio.cli.running import print_result
    from n6studio.demo.dataset import write_dataset
    from n6studio.engine.project.sample import IMAGE
    from n6studio.system.files import make_folder

    make_folder(options.output)
    with _drawing(Progress(options.quiet)) as drawn:
        made = write_dataset(options.output, options.images, options.seed, IMAGE, drawn)
    paths = {name: str(path) for name, path in vars(made).items()}
    return print_result(options, {"outputs": paths}, "Written:\n" + "\n".join(f"  {path}" for path in paths.values()))


def _demo(options: argparse.Namespace) -> int:
    """Draw images, then run the whole chain on the carried model; what is there already is not made again."""
    from n6studio.cli.progress import Progress
    from n6studio.cli.running import run_project
    from n6studio.engine.project.sample import draw_images, sample_project

    folder = (options.output or Path("n6studio-demo")).absolute()
    progress = Progress(options.quiet)
    try:
        with _drawing(progress) as drawn:
            draw_images(folder, drawn)
    finally:
        progress.clear()
    return print_chain(options, folder, run_project(sample_project(folder), options))


@contextmanager
def _drawing(progress: "Progress") -> Iterator[Callable[[int, int], None]]:
    """Give what tells that images are being drawn; Ctrl-C ends the drawing.

    Raises:
        Cancelled.
    """
    from n6studio.cli.running import cancelling
    from n6studio.domain.messages import Progressed, StepBegan

    with cancelling() as cancel:
        begun = False

        def drawn(done: int, total: int) -> None:
            nonlocal begun
            if cancel.is_set():
                raise Cancelled(stage="drawing")
            if not begun:
                progress(StepBegan(f"draw {counted(total, 'image')}", 1, 1))
                begun = True
            progress(Progressed(done, total, "images"))

        yield drawn


COMMAND = Command("demo", "run the whole chain on the built-in demo model and scene", _run, _options)
