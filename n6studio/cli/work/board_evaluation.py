"""Asking a board about the images of an evaluation: inputs are made here, answers end up in a file."""

import argparse
import sys
from pathlib import Path

import msgspec

from n6studio.cli.progress import Progress
from n6studio.cli.running import cancelling, run_alone
from n6studio.domain.errors.foreign import reading
from n6studio.domain.errors.settings import SettingInvalid
from n6studio.domain.errors.stages import Cancelled as StageCancelled
from n6studio.domain.evaluation.answers import NAME, AnswersHead
from n6studio.domain.live import model_id
from n6studio.domain.messages import Progressed, StepBegan
from n6studio.domain.settings import plain_values
from n6studio.gates.files import sha256_of
from n6studio.link.evaluation.asking import AskedBoard
from n6studio.link.evaluation.collecting import Cancelled, collect, head_of, unanswered
from n6studio.link.sources import open_source
from n6studio.link.sources.base import Source
from n6studio.stages.board_inputs.stage import BOARD_INPUTS
from n6studio.stages.evaluate.stage import EvaluateSettings
from n6studio.system.files import replace_bytes

LINK = "board-link.json"


def ask_board(
    model: Path, settings: EvaluateSettings, data: dict[str, list[Path]], folder: Path, options: argparse.Namespace
) -> dict[str, list[Path]]:
    """Let the board at `options.on_board` answer for all images; return further inputs of the evaluation.

    Args:
        model: .tflite that the board runs.
        settings: how models are judged.
        data: roles "data" and "images".
        folder: where answers are kept, so that a broken run goes on.
        options: of the command line.

    Raises:
        StudioError: no image can be read, the board cannot be reached, cannot evaluate, or is gone.
    """
    if model.suffix.lower() != ".tflite":
        raise SettingInvalid(name="--on-board", value=str(model), allowed="a .tflite model, which is what boards run")
    prepared = run_alone(
        BOARD_INPUTS,
        plain_values(settings),
        {"models": [model], **data},
        folder / "board-inputs",
        options,
        ("data", "images"),
    )
    inputs, size = prepared.outputs["inputs"], prepared.figures.input_size
    answers, link = folder / NAME, folder / LINK
    with reading(model):
        wanted = model_id(sha256_of(model))
    head = head_of(answers)
    if head is not None and not _fits(head, wanted, size, settings):
        head = None
    if head is None or unanswered(inputs, size, answers):
        limits = (settings.operating_confidence, settings.iou, settings.average)
        board = AskedBoard(_source(options.on_board, model), wanted, *limits)
        _ask(board, inputs, size, folder, head, options)
    return {"board": [answers], **({"link": [link]} if link.is_file() else {})}


def _ask(
    board: AskedBoard,
    inputs: Path,
    size: tuple[int, int],
    folder: Path,
    head: AnswersHead | None,
    options: argparse.Namespace,
) -> None:
    progress = Progress(options.quiet)
    progress(StepBegan("ask the board", 1, 1))
    with cancelling() as cancel:
        try:
            board.begin()
            if head is not None and (head.board, head.firmware) != (board.told.board, board.told.firmware):
                head = None
            figures = collect(
                board, inputs, size, folder / NAME, head, lambda done, all_: progress(Progressed(done, all_, "images")),
                cancel,
            )  # fmt: skip
        except Cancelled:
            raise StageCancelled(stage="ask the board") from None
        finally:
            board.end()
            progress.clear()
    replace_bytes(folder / LINK, msgspec.json.encode(figures))
    if not options.quiet:
        rate = "" if figures.bytes_per_second is None else f", {figures.bytes_per_second / 1e6:.2f} MB/s"
        sys.stderr.write(f"{board.told.board}: all images answered{rate}\n")


def _fits(head: AnswersHead, model: str, size: tuple[int, int], settings: EvaluateSettings) -> bool:
    """Return whether answers can be gone on with."""
    limits = (round(settings.operating_confidence, 6), round(settings.iou, 6), settings.average)
    return (head.model, head.input_size, head.confidence, head.iou, head.average) == (model, size, *limits)


def _source(address: str, model: Path) -> Source:
    """Return the source; a virtual board without a model of its own gets the one to evaluate."""
    kind, _, rest = address.partition(":")
    chosen, question, settings = rest.partition("?")
    if kind == "virtual" and not chosen and "flash=" not in settings:
        address = f"virtual:{model}{question}{settings}"
    return open_source(address)
