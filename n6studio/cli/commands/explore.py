"""``n6studio explore``: models, input sizes and ways to quantize, all evaluated on the same images, in one chart."""

import argparse
import os
import shlex
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from n6studio.cli.command import Command, add_folder
from n6studio.domain.errors.settings import SettingInvalid
from n6studio.domain.model.input_size import FORMS, InputSize
from n6studio.domain.settings import RESIZES
from n6studio.stages.evaluate.stage import EVALUATE
from n6studio.stages.export.stage import EXPORT
from n6studio.stages.quantize.stage import QUANTIZE

if TYPE_CHECKING:
    from n6studio.domain.exploration import Candidate, Exploration

_SCHEMES = "default"
_SIZES = "192,256,320"
NO_FRONT = (
    "No AP, and so no choice of the best: the data has no labelled people. OKS says how near each is to its own float "
    "model; for AP, give labels with --data: a COCO keypoint JSON or an Ultralytics pose YAML."
)
_MEMORY = 3 << 30  # bytes that an export or a quantization may take, with TensorFlow and torch loaded


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("models", type=Path, metavar="MODEL", nargs="+", help=".pt checkpoint")
    parser.add_argument("--calibration", type=Path, metavar="FOLDER", required=True, help="calibration images")
    parser.add_argument(
        "--data", type=Path, required=True, help="COCO keypoint JSON, Ultralytics pose YAML, or folder of images"
    )
    parser.add_argument(
        "--sizes",
        default=_SIZES,
        help=f"input sizes, a side or width x height such as 320x192, with commas (default: {_SIZES})",
    )
    parser.add_argument(
        "--schemes",
        default=_SCHEMES,
        help=f"of default, thorough, tuned, per-tensor, int8-head, st; with commas (default: {_SCHEMES})",
    )
    parser.add_argument("--resize", default="stretch", help="resize mode for calibration and evaluation")
    parser.add_argument("--max-images", type=int, default=0, help="evaluate only the first images; 0 for all")
    parser.add_argument(
        "--workers", type=int, default=0, help="models and sizes to work on at once; 0 for what cores and memory allow"
    )
    add_folder(parser, "n6studio-out/exploration")


def _run(options: argparse.Namespace) -> int:
    from n6studio.cli.running import print_result
    from n6studio.domain.colours import LIGHT
    from n6studio.domain.encoding import encoded
    from n6studio.domain.exploration import SCHEMA, Exploration, chart_of, front_of
    from n6studio.report.exploration import page
    from n6studio.report.svg import drawing
    from n6studio.system.files import make_folder, replace_bytes, replace_text

    sizes, schemes = _sizes(options.sizes), _schemes(options.schemes)
    _check(options)
    folder = options.output or Path("n6studio-out") / "exploration"
    make_folder(folder)
    pieces = [
        (model, size, folder / f"{place}-{model.stem}-{size}")
        for place, model in enumerate(options.models, 1)
        for size in sizes
    ]
    found = _in_parallel(options, schemes, pieces)
    typed = shlex.join(["n6studio", *sys.argv[1:]])
    exploration = Exploration(schema=SCHEMA, command=typed, candidates=tuple(found), front=front_of(found))
    files = {"table": folder / "explore.json", "chart": folder / "explore.svg", "report": folder / "explore.html"}
    replace_bytes(files["table"], encoded(exploration))
    replace_text(files["chart"], drawing(chart_of(exploration), LIGHT))
    replace_text(files["report"], page(exploration))
    outputs = {role: str(path) for role, path in files.items()}
    written = "\n".join(f"  {path}" for path in outputs.values())
    data = {"folder": str(folder), "outputs": outputs, "exploration": exploration}
    return print_result(options, data, f"{text(exploration)}\n\nWritten:\n{written}")


def _in_parallel(
    options: argparse.Namespace, schemes: list[str], pieces: "list[tuple[Path, InputSize, Path]]"
) -> "list[Candidate]":
    """Return the candidates of all pieces (model, size, folder) in their order; several pieces are worked on at once.

    A piece's figures depend on nothing but its own files, so they are the same however many run.
    """
    from n6studio.cli.progress import Progress
    from n6studio.cli.running import cancelling

    workers = min(len(pieces), options.workers or _workers())
    progress = Progress(options.quiet)
    found: list[Candidate] = []
    with cancelling() as cancel, ThreadPoolExecutor(workers, thread_name_prefix="explore") as pool:

        def work(piece: "tuple[Path, InputSize, Path]") -> "list[Candidate]":
            model, size, folder = piece
            return _candidates(options, model, size, schemes, folder, cancel if workers > 1 else None)

        if workers == 1:
            return [one for piece in pieces for one in work(piece)]
        running = [pool.submit(work, piece) for piece in pieces]
        try:
            for done, (future, (model, size, _)) in enumerate(zip(running, pieces, strict=True), 1):
                found += future.result()
                progress.say(f"[{done}/{len(pieces)}] {model.stem} {size}: done")
        except BaseException:
            cancel.set()
            pool.shutdown(cancel_futures=True)
            raise
    return found


def _workers() -> int:
    """Return how many pieces this machine can work on at once, by its cores and by the memory that is free."""
    import psutil

    return max(1, min(os.cpu_count() or 1, int(psutil.virtual_memory().available // _MEMORY)))


def _check(options: argparse.Namespace) -> None:
    """Refuse at once what would otherwise be refused after the first model was exported and quantized."""
    from n6studio.domain.errors.foreign import reading

    if options.resize not in RESIZES:
        raise SettingInvalid(name="--resize", value=options.resize, allowed=RESIZES)
    for name, number in (("--max-images", options.max_images), ("--workers", options.workers)):
        if number < 0:
            raise SettingInvalid(name=name, value=number, allowed="an integer of at least 0")
    for path in (*options.models, options.calibration, options.data):
        with reading(path):
            path.expanduser().stat()
    for folder in (options.calibration, options.data):
        if folder.is_dir():
            _require_image(folder)


def _require_image(folder: Path) -> None:
    """Refuse a folder in which, and below which, no file is called an image, as the stages list them.

    Raises:
        NoImages.
    """
    from n6studio.domain.errors.datasets import NoImages
    from n6studio.domain.model.formats import IMAGE_SUFFIXES
    from n6studio.gates.folders import file_count, visible_files

    if not any(path.suffix.lower() in IMAGE_SUFFIXES for path in visible_files(folder)):
        raise NoImages(path=folder, seen=file_count(folder))


def _sizes(typed: str) -> list[InputSize]:
    try:
        return list(dict.fromkeys(InputSize.parse(one) for one in typed.split(",")))
    except ValueError:
        allowed = f"with commas, each {FORMS}, such as 192,256,320x192"
        raise SettingInvalid(name="--sizes", value=typed, allowed=allowed) from None


def _schemes(typed: str) -> list[str]:
    from n6studio.domain.exploration import SCHEMES

    names = list(dict.fromkeys(one.strip() for one in typed.split(",")))
    for name in names:
        if name not in SCHEMES:
            raise SettingInvalid(name="--schemes", value=name, allowed=", ".join(SCHEMES))
    return names


def _candidates(
    options: argparse.Namespace,
    model: Path,
    size: InputSize,
    schemes: list[str],
    folder: Path,
    cancel: threading.Event | None,
) -> "list[Candidate]":
    """Return one model at one size, quantized in every way; results that are up to date are used again."""
    from n6studio.cli.running import run_alone
    from n6studio.domain.exploration import SCHEMES, Candidate
    from n6studio.engine.project.evaluations import read_results

    exported = run_alone(EXPORT, {"imgsz": size}, {"model": [model]}, folder / "export", options, cancel=cancel)
    source = exported.request.inputs["model"][0].sha256
    found = []
    for scheme in schemes:
        quantized = run_alone(
            QUANTIZE,
            {**SCHEMES[scheme], "resize": options.resize},
            {"model": [exported.outputs["saved_model"]], "calibration": [options.calibration]},
            folder / scheme,
            options,
            ("calibration",),
            cancel=cancel,
        )
        path = quantized.outputs["tflite"]
        judged = run_alone(
            EVALUATE,
            {"resize": options.resize, "max_images": options.max_images, "worst": 0},
            {"models": [path, exported.outputs["tflite"]], "sources": [path, model], "data": [options.data]},
            folder / f"{scheme}-evaluation",
            options,
            ("data",),
            cancel=cancel,
        )
        results = read_results(judged.outputs["results"])
        first, other, compared = results.models[0], results.models[1], results.comparison[0]
        speed, ram = quantized.figures.speed, quantized.figures.ram
        found.append(
            Candidate(
                model=model.stem,
                size=size.plain,
                scheme=scheme,
                path=str(path),
                sha256=first.sha256,
                source_sha256=source,
                megabytes=round(quantized.figures.size_bytes / 1e6, 3),
                ms=None if speed is None else round(speed.total.likely, 1),
                ap=first.coco.ap if first.coco else None,
                float_ap=other.coco.ap if other.coco else None,
                difference=compared.ap_difference,
                interval=compared.ap_interval,
                agreement=compared.agreement.oks_mean,
                ram_bytes=None if ram is None else ram.bytes,
                ram_from="" if ram is None else ram.source,
            )
        )
    return found


def text(exploration: "Exploration") -> str:
    """Return the table, in percent, with the Pareto front marked."""
    lines = [f"{'':36} {'AP':>6} {'float':>6} {'less':>6} {'95 % CI':>16} {'OKS':>6} {'ms':>6} {'KiB':>7} {'MB':>6}"]
    for place, one in enumerate(exploration.candidates):
        limits = "-" if one.interval is None else f"{100 * one.interval[0]:+.1f} to {100 * one.interval[1]:+.1f}"
        figures = (_percent(value) for value in (one.ap, one.float_ap, one.difference))
        oks = "-" if one.agreement is None else f"{one.agreement:.3f}"
        ms = "-" if one.ms is None else f"{one.ms:.1f}"
        mark = "*" if place in exploration.front else " "
        cells = " ".join(figures)
        lines.append(
            f"{mark} {one.title[:34]:34} {cells} {limits:>16} {oks:>6} {ms:>6} {_ram(one):>7} {one.megabytes:6.2f}"
        )
    if exploration.candidates and not exploration.front:
        lines.append(NO_FRONT)
    else:
        lines.append("* none is as fast and better, or as good and faster.")
    lines.append("Times are estimated from the files.")
    lines.append("KiB: RAM of the activations; ~ between published figures, > the least by the graph, else published.")
    return "\n".join(lines)


def _ram(one: "Candidate") -> str:
    mark = {"interpolated": "~", "graph": ">"}.get(one.ram_from, "")
    return "-" if one.ram_bytes is None else f"{mark}{one.ram_bytes / 1024:.0f}"


def _percent(value: float | None) -> str:
    return f"{'-':>6}" if value is None else f"{100 * value:6.1f}"


COMMAND = Command("explore", "compare models, input sizes and quantization schemes in one table", _run, _options)
