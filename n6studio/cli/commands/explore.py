"""``n6studio explore``: models, input sizes and ways to quantize, all evaluated on the same images, in one chart."""

import argparse
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from n6studio.cli.command import Command, add_cluster, add_folder
from n6studio.domain.errors.settings import SettingInvalid
from n6studio.domain.exploration import AVERAGED, SCHEMES, UNTRAINED
from n6studio.domain.model.architectures import ARCHITECTURES
from n6studio.domain.model.input_size import FORMS, InputSize
from n6studio.domain.settings import RESIZES

if TYPE_CHECKING:
    from n6studio.domain.exploration import Candidate, Exploration

MODELS = (
    ".pt checkpoint, or the name of one of Ultralytics' pose models, such as yolov8s-pose: that is built with random "
    "weights to learn its time, memory and operations; its AP is unknown"
)
_SCHEMES = "default"
_SIZES = "192,256,320"
NO_FRONT = (
    "No AP, and so no choice of the best: the data has no labelled people. OKS says how near each is to its own float "
    "model; for AP, give labels with --data: a COCO keypoint JSON or an Ultralytics pose YAML."
)


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("models", type=Path, metavar="MODEL", nargs="+", help=MODELS)
    parser.add_argument("--calibration", type=Path, metavar="FOLDER", required=True, help="calibration images")
    parser.add_argument(
        "--data",
        type=Path,
        help="COCO keypoint JSON, Ultralytics pose YAML, or folder of images; not needed where all models are named",
    )
    parser.add_argument(
        "--sizes",
        default=_SIZES,
        help=f"input sizes, a side or width x height such as 320x192, with commas (default: {_SIZES})",
    )
    parser.add_argument(
        "--schemes",
        default=_SCHEMES,
        help=f"of {', '.join(SCHEMES)}; with commas (default: {_SCHEMES})",
    )
    parser.add_argument("--resize", default="stretch", help="resize mode for calibration and evaluation")
    parser.add_argument(
        "--average",
        action="store_true",
        help="evaluate with averaged keypoints, which N6 Studio's firmware can do and ST's post-processing cannot",
    )
    parser.add_argument("--max-images", type=int, default=0, help="evaluate only the first images; 0 for all")
    parser.add_argument(
        "--workers", type=int, default=0, help="models and sizes to work on at once; 0 for what cores and memory allow"
    )
    add_cluster(parser)
    add_folder(parser, "n6studio-out/exploration")


def _run(options: argparse.Namespace) -> int:
    from n6studio.cli.running import print_result
    from n6studio.cli.work.cluster import stages_run
    from n6studio.cli.work.exploration import Batch, explore, local_workers
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
    batch = Batch(tuple(options.models), tuple(sizes), tuple(schemes), folder, options)
    with stages_run(options) as (runs, elsewhere):
        found = explore(batch, options.workers or elsewhere or local_workers(), runs)
    typed = shlex.join(["n6studio", *sys.argv[1:]])
    exploration = Exploration(
        schema=SCHEMA, command=typed, candidates=tuple(found), front=front_of(found), average=options.average
    )
    files = {"table": folder / "explore.json", "chart": folder / "explore.svg", "report": folder / "explore.html"}
    replace_bytes(files["table"], encoded(exploration))
    replace_text(files["chart"], drawing(chart_of(exploration), LIGHT))
    replace_text(files["report"], page(exploration))
    outputs = {role: str(path) for role, path in files.items()}
    written = "\n".join(f"  {path}" for path in outputs.values())
    data = {"folder": str(folder), "outputs": outputs, "exploration": exploration}
    return print_result(options, data, f"{text(exploration)}\n\nWritten:\n{written}")


def _check(options: argparse.Namespace) -> None:
    """Refuse at once what would otherwise be refused after the first model was exported and quantized."""
    from n6studio.domain.errors.foreign import reading

    if options.resize not in RESIZES:
        raise SettingInvalid(name="--resize", value=options.resize, allowed=RESIZES)
    for name, number in (("--max-images", options.max_images), ("--workers", options.workers)):
        if number < 0:
            raise SettingInvalid(name=name, value=number, allowed="an integer of at least 0")
    trained = [model for model in options.models if str(model) not in ARCHITECTURES]
    if trained and options.data is None:
        raise SettingInvalid(name="--data", value="empty", allowed="labels or a folder of images")
    given = [options.calibration] if options.data is None else [options.calibration, options.data]
    for path in (*trained, *given):
        with reading(path):
            path.expanduser().stat()
    for folder in given:
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
    names = list(dict.fromkeys(one.strip() for one in typed.split(",")))
    for name in names:
        if name not in SCHEMES:
            raise SettingInvalid(name="--schemes", value=name, allowed=", ".join(SCHEMES))
    return names


def text(exploration: "Exploration") -> str:
    """Return the table, in percent, with the Pareto front marked."""
    lines = [
        f"{'':36} {'AP':>6} {'float':>6} {'less':>6} {'95 % CI':>16} {'OKS':>6} {'ms':>6} {'KiB':>7} "
        f"{'MB':>6} {'GMAC':>6}"
    ]
    for place, one in enumerate(exploration.candidates):
        mark = "*" if place in exploration.front else " "
        ms = "-" if one.ms is None else f"{one.ms:.1f}"
        gmac = "-" if one.macs is None else f"{one.macs / 1e9:.2f}"
        costs = f"{ms:>6} {_ram(one):>7} {one.megabytes:6.2f} {gmac:>6}"
        lines.append(f"{mark} {one.title[:34]:34} {_accuracy(one)} {costs}")
    trained = [one for one in exploration.candidates if not one.untrained]
    if trained and not exploration.front:
        lines.append(NO_FRONT)
    elif trained:
        lines.append("* none is as fast and better, or as good and faster.")
    if exploration.average:
        lines.append(AVERAGED)
    lines.append("Times are estimated from the files.")
    lines.append("KiB: RAM of the activations; ~ between published figures, > the least by the graph, else published.")
    if len(trained) < len(exploration.candidates):
        lines.append("Untrained: random weights. Time, memory and operations do not depend on weights; AP is unknown.")
    return "\n".join(lines)


def _accuracy(one: "Candidate") -> str:
    """Return AP, that of the float model, the difference, its interval and the agreement, in columns."""
    if one.untrained:
        return f"{UNTRAINED:>20} {'-':>16} {'-':>6}"
    limits = "-" if one.interval is None else f"{100 * one.interval[0]:+.1f} to {100 * one.interval[1]:+.1f}"
    oks = "-" if one.agreement is None else f"{one.agreement:.3f}"
    figures = " ".join(_percent(value) for value in (one.ap, one.float_ap, one.difference))
    return f"{figures} {limits:>16} {oks:>6}"


def _ram(one: "Candidate") -> str:
    mark = {"interpolated": "~", "graph": ">"}.get(one.ram_from, "")
    return "-" if one.ram_bytes is None else f"{mark}{one.ram_bytes / 1024:.0f}"


def _percent(value: float | None) -> str:
    return f"{'-':>6}" if value is None else f"{100 * value:6.1f}"


COMMAND = Command("explore", "compare models, input sizes and quantization schemes in one table", _run, _options)
