"""Every model at every size, quantized in every way: the stages of a batch, several models and sizes side by side."""

import argparse
import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from n6studio.cli.progress import Progress
from n6studio.cli.running import cancelling, run_alone
from n6studio.domain.exploration import SCHEMES, Candidate
from n6studio.domain.model.architectures import ARCHITECTURES
from n6studio.domain.model.input_size import InputSize
from n6studio.domain.results import StageResult
from n6studio.engine.jobs.run import StageRunner, run_stage
from n6studio.engine.project.evaluations import read_results
from n6studio.stages.evaluate.stage import EVALUATE
from n6studio.stages.export.stage import EXPORT
from n6studio.stages.quantize.stage import QUANTIZE
from n6studio.stages.untrained.stage import UNTRAINED

if TYPE_CHECKING:
    from n6studio.stages.quantize.figures import QuantizeFigures

_MEMORY = 3 << 30  # bytes that an export or a quantization may take, with TensorFlow and torch loaded


@dataclass(frozen=True)
class Batch:
    """What is explored.

    Attributes:
        models: checkpoints, or names of architectures that are built untrained.
        sizes: input sizes.
        schemes: names out of `SCHEMES`.
        folder: where everything goes.
        options: what was typed; --calibration, --data, --resize, --average, --max-images, --quiet and --force count.
    """

    models: tuple[Path, ...]
    sizes: tuple[InputSize, ...]
    schemes: tuple[str, ...]
    folder: Path
    options: argparse.Namespace


@dataclass(frozen=True)
class _Piece:
    """One model at one size, with the folder of its results."""

    model: Path
    untrained: bool
    size: InputSize
    folder: Path


def named(model: Path) -> bool:
    """Return whether what was typed for a model names an architecture, which is built untrained."""
    return str(model) in ARCHITECTURES


def local_workers() -> int:
    """Return how many pieces this machine can work on at once, by its cores and by the memory that is free."""
    import psutil

    return max(1, min(os.cpu_count() or 1, int(psutil.virtual_memory().available // _MEMORY)))


def explore(batch: Batch, workers: int, runs: StageRunner = run_stage) -> list[Candidate]:
    """Return the candidates of a batch in the order of models, sizes and schemes; several pieces are worked on at once.

    A piece's figures depend on nothing but its own files, so they are the same however many run, and wherever.

    Args:
        batch: what is explored.
        workers: pieces at once.
        runs: runs a stage, here or elsewhere.
    """
    progress = Progress(batch.options.quiet)
    found: list[Candidate] = []
    if workers == 1:  # its stages then tell how far they are
        pieces = _pieces(batch, runs, None, progress)
        return [one for piece in pieces for one in _candidates(batch, piece, runs, None)]
    with cancelling() as cancel:
        pieces = _pieces(batch, runs, cancel, progress)
        with ThreadPoolExecutor(min(len(pieces), workers), thread_name_prefix="explore") as pool:
            running = [pool.submit(partial(_candidates, batch, piece, runs, cancel)) for piece in pieces]
            try:
                for done, (future, piece) in enumerate(zip(running, pieces, strict=True), 1):
                    found += future.result()
                    progress.say(f"[{done}/{len(pieces)}] {piece.model.stem} {piece.size}: done")
            except BaseException:
                cancel.set()
                pool.shutdown(cancel_futures=True)
                raise
    return found


def _pieces(batch: Batch, runs: StageRunner, cancel: threading.Event | None, progress: Progress) -> list[_Piece]:
    """Return the pieces of a batch; models that are only named are built first."""
    found = []
    for place, model in enumerate(batch.models, 1):
        path = model
        if untrained := named(model):
            folder = batch.folder / f"{place}-{model.name}"
            chosen = {"architecture": model.name}
            path = run_alone(UNTRAINED, chosen, {}, folder, batch.options, cancel=cancel, runs=runs).outputs["model"]
            progress.say(f"{model.name}: built with random weights; its AP is unknown")
        found += [_Piece(path, untrained, size, batch.folder / f"{place}-{model.stem}-{size}") for size in batch.sizes]
    return found


def _candidates(batch: Batch, piece: _Piece, runs: StageRunner, cancel: threading.Event | None) -> list[Candidate]:
    """Return one model at one size, quantized in every way; results that are up to date are used again."""
    options, folder = batch.options, piece.folder
    exported = run_alone(
        EXPORT, {"imgsz": piece.size}, {"model": [piece.model]}, folder / "export", options, cancel=cancel, runs=runs
    )
    found = []
    for scheme in batch.schemes:
        quantized = run_alone(
            QUANTIZE,
            {**SCHEMES[scheme], "resize": options.resize},
            {"model": [exported.outputs["saved_model"]], "calibration": [options.calibration]},
            folder / scheme,
            options,
            ("calibration",),
            cancel=cancel,
            runs=runs,
        )
        source = exported.request.inputs["model"][0].sha256
        candidate = _costs(piece, scheme, quantized, source)
        if not piece.untrained:
            judged = (quantized.outputs["tflite"], exported.outputs["tflite"])
            candidate = _judged(candidate, batch, piece, judged, runs, cancel)
        found.append(candidate)
    return found


def _costs(piece: _Piece, scheme: str, quantized: "StageResult[QuantizeFigures]", source_sha256: str) -> Candidate:
    """Return what a quantized model takes, before anybody knows how good it is."""
    from n6studio.engine.jobs.hashing import HashCache, input_of

    path, figures = quantized.outputs["tflite"], quantized.figures
    speed, ram = figures.speed, figures.ram
    return Candidate(
        model=piece.model.stem,
        size=piece.size.plain,
        scheme=scheme,
        path=str(path),
        sha256=input_of(path, HashCache()).sha256,
        source_sha256=source_sha256,
        megabytes=round(figures.size_bytes / 1e6, 3),
        ms=None if speed is None else round(speed.total.likely, 1),
        ap=None,
        float_ap=None,
        difference=None,
        interval=None,
        agreement=None,
        ram_bytes=None if ram is None else ram.bytes,
        ram_from="" if ram is None else ram.source,
        untrained=piece.untrained,
        weights_bytes=figures.weights_bytes,
        macs=figures.macs,
    )


def _judged(
    candidate: Candidate,
    batch: Batch,
    piece: _Piece,
    models: Sequence[Path],
    runs: StageRunner,
    cancel: threading.Event | None,
) -> Candidate:
    """Return a candidate with its figures on the data; `models` are the quantized and the float one."""
    import msgspec

    options = batch.options
    judged = run_alone(
        EVALUATE,
        {"resize": options.resize, "max_images": options.max_images, "worst": 0, "average": options.average},
        {"models": [*models], "sources": [models[0], piece.model], "data": [options.data]},
        piece.folder / f"{candidate.scheme}-evaluation",
        options,
        ("data",),
        cancel=cancel,
        runs=runs,
    )
    results = read_results(judged.outputs["results"])
    first, other, compared = results.models[0], results.models[1], results.comparison[0]
    return msgspec.structs.replace(
        candidate,
        ap=first.coco.ap if first.coco else None,
        float_ap=other.coco.ap if other.coco else None,
        difference=compared.ap_difference,
        interval=compared.ap_interval,
        agreement=compared.agreement.oks_mean,
    )
