"""``n6studio explore``: models, input sizes and ways to quantize, all evaluated on the same images, in one chart."""

import argparse
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from n6studio.cli.command import Command, add_folder
from n6studio.domain.errors.settings import SettingInvalid
from n6studio.domain.model.input_size import FORMS, InputSize
from n6studio.stages.evaluate.stage import EVALUATE
from n6studio.stages.export.stage import EXPORT
from n6studio.stages.quantize.stage import QUANTIZE

if TYPE_CHECKING:
    from n6studio.domain.exploration import Candidate, Exploration

_SCHEMES = "default"
_SIZES = "192,256,320"


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
        help=f"of default, tuned, per-tensor, int8-head, st; with commas (default: {_SCHEMES})",
    )
    parser.add_argument("--resize", default="stretch", help="resize mode for calibration and evaluation")
    parser.add_argument("--max-images", type=int, default=0, help="evaluate only the first images; 0 for all")
    add_folder(parser, "n6studio-out/exploration")


def _run(options: argparse.Namespace) -> int:
    from n6studio.cli.running import print_result
    from n6studio.domain.colours import LIGHT
    from n6studio.domain.encoding import encoded
    from n6studio.domain.exploration import SCHEMA, Exploration, chart_of, front_of
    from n6studio.report.svg import drawing
    from n6studio.system.files import make_folder, replace_bytes, replace_text

    sizes, schemes = _sizes(options.sizes), _schemes(options.schemes)
    folder = options.output or Path("n6studio-out") / "exploration"
    make_folder(folder)
    found: list[Candidate] = []
    for place, model in enumerate(options.models, 1):
        for size in sizes:
            found += _candidates(options, model, size, schemes, folder / f"{place}-{model.stem}-{size}")
    typed = shlex.join(["n6studio", *sys.argv[1:]])
    exploration = Exploration(schema=SCHEMA, command=typed, candidates=tuple(found), front=front_of(found))
    target, chart = folder / "explore.json", folder / "explore.svg"
    replace_bytes(target, encoded(exploration))
    replace_text(chart, drawing(chart_of(exploration), LIGHT))
    data = {"folder": str(folder), "outputs": {"table": str(target), "chart": str(chart)}, "exploration": exploration}
    return print_result(options, data, f"{text(exploration)}\n\nWritten:\n  {target}\n  {chart}")


def _sizes(typed: str) -> list[InputSize]:
    try:
        return [InputSize.parse(one) for one in typed.split(",")]
    except ValueError:
        allowed = f"with commas, each {FORMS}, such as 192,256,320x192"
        raise SettingInvalid(name="sizes", value=typed, allowed=allowed) from None


def _schemes(typed: str) -> list[str]:
    from n6studio.domain.exploration import SCHEMES

    names = typed.split(",")
    for name in names:
        if name not in SCHEMES:
            raise SettingInvalid(name="schemes", value=name, allowed=", ".join(SCHEMES))
    return names


def _candidates(
    options: argparse.Namespace, model: Path, size: InputSize, schemes: list[str], folder: Path
) -> "list[Candidate]":
    """Return one model at one size, quantized in every way; results that are up to date are used again."""
    from n6studio.cli.running import run_alone
    from n6studio.domain.exploration import SCHEMES, Candidate
    from n6studio.engine.project.evaluations import read_results

    exported = run_alone(EXPORT, {"imgsz": size}, {"model": [model]}, folder / "export", options)
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
        )
        path = quantized.outputs["tflite"]
        judged = run_alone(
            EVALUATE,
            {"resize": options.resize, "max_images": options.max_images, "worst": 0},
            {"models": [path, exported.outputs["tflite"]], "sources": [path, model], "data": [options.data]},
            folder / f"{scheme}-evaluation",
            options,
            ("data",),
        )
        results = read_results(judged.outputs["results"])
        first, other, compared = results.models[0], results.models[1], results.comparison[0]
        speed = quantized.figures.speed
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
            )
        )
    return found


def text(exploration: "Exploration") -> str:
    """Return the table, in percent, with the Pareto front marked."""
    lines = [f"{'':36} {'AP':>6} {'float':>6} {'less':>6} {'95 % CI':>16} {'OKS':>6} {'ms':>6} {'MB':>6}"]
    for place, one in enumerate(exploration.candidates):
        limits = "-" if one.interval is None else f"{100 * one.interval[0]:+.1f} to {100 * one.interval[1]:+.1f}"
        figures = (_percent(value) for value in (one.ap, one.float_ap, one.difference))
        oks = "-" if one.agreement is None else f"{one.agreement:.3f}"
        ms = "-" if one.ms is None else f"{one.ms:.1f}"
        mark = "*" if place in exploration.front else " "
        cells = " ".join(figures)
        lines.append(f"{mark} {one.title[:34]:34} {cells} {limits:>16} {oks:>6} {ms:>6} {one.megabytes:6.2f}")
    lines.append("* none is as fast and better, or as good and faster. Times are estimated from the files.")
    return "\n".join(lines)


def _percent(value: float | None) -> str:
    return f"{'-':>6}" if value is None else f"{100 * value:6.1f}"


COMMAND = Command("explore", "compare models, input sizes and quantization schemes in one table", _run, _options)
