"""report.html: one file that needs no other, to read, to print and to send."""

from datetime import datetime
from html import escape
from typing import Any

from n6studio.domain.pose.skeleton import Skeleton
from n6studio.stages.evaluate.results import Judgement
from n6studio.stages.evaluate.stage import EvaluateSettings
from n6studio.stages.report.breakdown import parts_table
from n6studio.stages.report.charts import SERIES_COLOURS
from n6studio.stages.report.figures import all_charts
from n6studio.stages.report.gallery import gallery
from n6studio.stages.report.style import STYLE

Figures = dict[str, Any]

_RULES = {
    "COCO": "pycocotools' keypoint evaluation: OKS over the labelled area, scores decide who is matched first, AP is "
    "read at 101 recalls and averaged over OKS 0.50 to 0.95; at most 20 people a picture.",
    "Model zoo": "ST's model zoo services: OKS over 0.53 × the box in fractions of the network's input, mutual best "
    "matches, pictures without labelled people left out. Published figures for the N6 use an overlap limit of 0.1.",
    "Ultralytics": "its validation's rule, computed here: OKS over 0.53 × the box, one matching per threshold, area "
    "under the interpolated curve.",
    "Keypoints": "people whose score reaches the operating threshold, matched to the labels from OKS 0.1. Error: mean "
    "distance over the square root of the person's area. PCK: within a tenth of the longer side of the labelled "
    "box. Recall: the same over all points labelled visible, missed people included. Swaps: mirror pairs found the "
    "wrong way round.",
    "OKS lost": "best OKS among the reference's people minus best OKS among the judged network's, per labelled "
    "person; where nothing is labelled, 1 − OKS between the two.",
    "Intervals": "95 %, from 200 bootstrap resamples of the pictures.",
    "Turned pictures": "an EXIF orientation is applied before anything else, as Ultralytics does.",
}


def render(results: Figures, judgement: Judgement, skeleton: Skeleton, settings: EvaluateSettings) -> str:
    """Return the page.

    Args:
        results: contents of results.json.
        judgement: the pictures' records, for charts and gallery.
        skeleton: names, bones and colours.
        settings: how networks were judged.
    """
    names = [model["name"] for model in results["models"]]
    title = f"Pose evaluation: {names[0]}"
    charts = "".join(_card(one) for one in all_charts(results, judgement, skeleton))
    sections = [
        _head(title, results),
        "".join(f'<div class="warn">{escape(text)}</div>' for text in results["warnings"]),
        f"<h2>Figures</h2>{_table(results)}",
        f'<h2>Charts</h2><div class="charts">{charts}</div>',
        gallery(results, judgement, skeleton, settings),
        _keypoint_table(results),
        _parts(results),
        f"<h2>How it was measured</h2>{_how(results)}",
    ]
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><main>{''.join(sections)}</main></body></html>"
    )


def _head(title: str, results: Figures) -> str:
    data = results["data"]
    against = [escape(model["name"]) for model in results["models"][1:]]
    people = f"{data['people']} people" if data["people"] else "nobody labelled"
    when = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M")
    return (
        f"<h1>{escape(title)}</h1>"
        f'<p class="soft">{("against " + ", ".join(against) + " · ") if against else ""}'
        f"{escape(data['name'])}: {data['images_read']} pictures, {people} · {when}</p>"
        f'<p class="lead">{escape(headline(results))}</p>'
    )


def headline(results: Figures) -> str:
    """Return the result in one or two sentences."""
    models, comparison = results["models"], results["comparison"]
    if results["data"]["people"] == 0:
        return _headline_without_labels(results)
    ap = models[0]["coco"]["ap"]
    if not comparison:
        return f"COCO keypoint AP {_percent(ap)}; {_percent(models[0]['coco']['ap50'])} at OKS 0.50."
    first = comparison[0]
    difference, limits = first["ap_difference"], first["ap_interval"]
    text = f"COCO keypoint AP {_percent(ap)} against {_percent(models[1]['coco']['ap'])} of {models[1]['name']}"
    if difference is not None:
        text += f": {_signed(difference)} points"
    if limits is not None:
        text += f" (95 % interval {_signed(limits[0])} to {_signed(limits[1])})"
        if limits[0] <= 0 <= limits[1]:
            text += "; so few pictures do not tell which is better"
    if first["oks_lost_mean"] is not None:
        text += f". A labelled person loses {first['oks_lost_mean']:.3f} OKS on average"
    return f"{text}."


def _headline_without_labels(results: Figures) -> str:
    if not results["comparison"]:
        found = results["models"][0]["people"]["found"]
        return f"Nothing is labelled, so there is no accuracy to tell: {found} people were found."
    agreement = results["comparison"][0]["agreement"]
    other = results["models"][1]["name"]
    return (
        f"Nothing is labelled, so this tells only how far the networks agree: of {agreement['people']} people that "
        f"{other} finds, {agreement['kept']} are found alike, {agreement['lost']} are lost and "
        f"{agreement['invented']} are new."
    )


def _signed(fraction: float) -> str:
    return f"{100 * fraction:+.1f}".replace("-", "−")


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f} %"


# Row: label, path into a model's figures, kind, whether more is better. None: neither.
_ROWS: tuple[tuple[str, tuple[str, ...], str, bool | None], ...] = (
    ("COCO AP (OKS 0.50 to 0.95)", ("coco", "ap"), "percent", True),
    ("COCO AP at OKS 0.50", ("coco", "ap50"), "percent", True),
    ("COCO AP at OKS 0.75", ("coco", "ap75"), "percent", True),
    ("COCO AP, medium people", ("coco", "ap_medium"), "percent", True),
    ("COCO AP, large people", ("coco", "ap_large"), "percent", True),
    ("COCO average recall", ("coco", "ar"), "percent", True),
    ("Model zoo mAP", ("zoo", "map"), "percent", True),
    ("Model zoo mAP50", ("zoo", "map50"), "percent", True),
    ("Ultralytics' rule, mAP50-95", ("yolo", "map"), "percent", True),
    ("Ultralytics' own val, mAP50-95", ("ultralytics", "map"), "percent", True),
    ("Box AP at overlap 0.50", ("box", "ap50"), "percent", True),
    ("People right / labelled", ("people", "right"), "count", True),
    ("False people", ("people", "false"), "count", False),
    ("People found", ("people", "found"), "count", None),
    ("Inference, median ms", ("ms", "inference", "median"), "ms", False),
    ("Pictures a second, alone", ("images_per_second",), "ms", None),
)
_KEY_ROWS = 2


def _value(model: Figures, path: tuple[str, ...]) -> Any:
    value: Any = model
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _table(results: Figures) -> str:
    models = results["models"]
    header = "".join(f"<th>{_dot(index)}&nbsp;{escape(model['name'])}</th>" for index, model in enumerate(models))
    if len(models) > 1:
        header += "<th>Difference</th>"
    body = []
    for place, (label, path, kind, better) in enumerate(_ROWS):
        values = [_value(model, path) for model in models]
        if all(value is None for value in values):
            continue
        cells = "".join(
            f"<td>{_shown(value, kind, model, path)}</td>" for value, model in zip(values, models, strict=True)
        )
        if len(models) > 1:
            cells += _difference(values[0], values[1], kind, better)
        mark = ' class="key"' if place < _KEY_ROWS else ""
        body.append(f"<tr{mark}><td>{escape(label)}</td>{cells}</tr>")
    return _card(f"<table><thead><tr><th></th>{header}</tr></thead><tbody>{''.join(body)}</tbody></table>")


def _card(inner: str) -> str:
    return f'<div class="card">{inner}</div>'


def _dot(index: int) -> str:
    return f'<span class="c{index % SERIES_COLOURS}">●</span>'


def _shown(value: Any, kind: str, model: Figures, path: tuple[str, ...]) -> str:
    if value is None:
        return "–"
    if kind == "percent":
        return f"{100 * value:.1f} %"
    if kind == "count":
        return f"{value} / {model['people']['labelled']}" if path[-1] == "right" else f"{value}"
    return f"{value:.1f}"


def _difference(judged: Any, reference: Any, kind: str, better: bool | None) -> str:
    if judged is None or reference is None:
        return "<td>–</td>"
    change = judged - reference
    text = f"{change:+d}" if kind == "count" else f"{100 * change if kind == 'percent' else change:+.1f}"
    nothing = text.strip("+-0.") == ""
    style = "" if better is None or nothing else ' class="up"' if (change > 0) == better else ' class="down"'
    return f"<td{style}>{text.replace('-', '−')}</td>"


def _parts(results: Figures) -> str:
    table = parts_table(results, _dot)
    return f"<h2>Where accuracy is lost</h2>{_card(table)}" if table else ""


def _keypoint_table(results: Figures) -> str:
    models = [model for model in results["models"] if model["keypoints"]]
    if not models or results["data"]["people"] == 0:
        return ""
    measures = (("error", "Error"), ("pck", "PCK@0.1"), ("recall", "Recall"), ("swap_rate", "Swaps"))
    header = "".join(
        f'<th><span class="c{index % 5}">●</span> {title}</th>'
        for _, title in measures
        for index, _ in enumerate(models)
    )
    rows = []
    for place, name in enumerate(results["data"]["keypoints"]):
        cells = "".join(
            f"<td>{_small(model['keypoints'][place][measure], measure)}</td>"
            for measure, _ in measures
            for model in models
        )
        rows.append(f"<tr><td>{escape(name)}</td>{cells}</tr>")
    table = f"<table><thead><tr><th></th>{header}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    return f"<h2>Keypoints</h2>{_card(table)}"


def _small(value: float | None, measure: str) -> str:
    if value is None:
        return "–"
    return f"{value:.3f}" if measure == "error" else f"{100 * value:.0f} %"


def _how(results: Figures) -> str:
    data, settings, speed = results["data"], results["settings"], results["speed"]
    entries = [(model["name"], _about(model)) for model in results["models"]]
    entries += [
        ("Data", f'<span class="mono">{escape(data["path"])}</span>'),
        (
            "Settings",
            f"resize {escape(settings['resize'])}, scores above {settings['confidence']:g}, overlap limit "
            f"{settings['iou']:g}, at most {settings['most']} people, operating threshold "
            f"{settings['operating_confidence']:g}",
        ),
        (
            "Speed",
            f"{speed['images_per_second']} pictures a second through {len(results['models'])} network(s), "
            f"{speed['workers']} at once on {speed['cores']} cores",
        ),
    ]
    if data["area_source"]:
        entries.append(("Person area", f"COCO's rule takes it from: {escape(data['area_source'])}"))
        sigmas = zip(data["keypoints"], data["sigmas"], strict=True)
        entries.append(("Sigmas", ", ".join(f"{escape(name)} {sigma:.3g}" for name, sigma in sigmas)))
    entries += [(name, escape(text)) for name, text in _RULES.items()]
    versions = ", ".join(f"{name} {version}" for name, version in results["versions"].items())
    entries.append(("Versions", escape(versions)))
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{text}</dd>" for name, text in entries)
    return _card(f"<dl>{rows}</dl>")


def _about(model: Figures) -> str:
    made = f"made from {escape(model['source'])}<br>" if model["source"] else ""
    return (
        f"{model['format']}, {model['input_size'][0]} × {model['input_size'][1]}, {model['input_type']} in, "
        f"{model['output_type']} out<br>{made}"
        f'<span class="mono">{escape(model["path"])}<br>SHA-256 {escape(model["sha256"])}</span>'
    )
