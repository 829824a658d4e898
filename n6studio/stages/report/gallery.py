"""The report's pictures: where the judged network fails most, beside the labels and its rival."""

from html import escape
from typing import Any

import numpy as np

from n6studio.domain.pose.people import FloatArray, People
from n6studio.domain.pose.skeleton import Skeleton
from n6studio.stages.datasets.images import PictureUnreadable, read_picture
from n6studio.stages.evaluate.one_image import PictureRecord
from n6studio.stages.evaluate.results import Judgement, best_oks, worst_of_picture
from n6studio.stages.evaluate.stage import EvaluateSettings
from n6studio.stages.report.images import crop_of, drawn

Figures = dict[str, Any]

_WORTH_SHOWING = 0.01  # OKS; below this nobody sees a difference


def gallery(results: Figures, judgement: Judgement, skeleton: Skeleton, settings: EvaluateSettings) -> str:
    """Return the section of the worst pictures, "" where none is asked for."""
    if settings.worst == 0:
        return ""
    compared = bool(judgement.pairs)
    if not compared and results["data"]["people"] == 0:
        return ""
    what = "OKS lost" if compared else "lowest OKS"
    places = worst_places(judgement, skeleton, settings.worst)
    title = f"<h2>Worst pictures, by {what}</h2>"
    if not places:
        return f'{title}<p class="soft">On no picture does anybody lose OKS.</p>'
    note = (
        '<p class="soft">Orange is the person\'s left, blue the right. The white frame marks the person who loses '
        f"most. Shown are people with a score of at least {settings.operating_confidence:g}.</p>"
    )
    return title + note + "".join(_entry(results, judgement, place, skeleton) for place in places)


def worst_places(judgement: Judgement, skeleton: Skeleton, most: int) -> list[int]:
    """Return the places of at most `most` pictures in `judgement.records`, the worst first."""
    losses = [worst_of_picture(judgement, place, skeleton) for place in range(len(judgement.records))]
    ranked = sorted(range(len(losses)), key=lambda place: -losses[place])
    return [place for place in ranked if losses[place] > _WORTH_SHOWING][:most]


def _entry(results: Figures, judgement: Judgement, place: int, skeleton: Skeleton) -> str:
    record = judgement.records[place]
    try:
        image = read_picture(record.item.path)
    except PictureUnreadable:  # it was readable a moment ago, and its figures count; only its picture is lost
        return ""
    marked, caption = _worst_person(judgement, record, place, skeleton)
    views: list[tuple[str, People]] = []
    if record.truth is not None:
        views.append(("labels", record.truth.people[record.truth.counts()]))
    if judgement.pairs:
        views.append((results["models"][1]["name"], record.seen[1].counting))
    views.append((results["models"][0]["name"], record.seen[0].counting))
    crop = crop_of(record.size, [people for _, people in views])
    figures = "".join(
        f'<figure><img alt="" src="{drawn(image, crop, people, skeleton, marked)}">'
        f"<figcaption>{escape(name)}: {_count(people)}</figcaption></figure>"
        for name, people in views
    )
    heading = f"{escape(record.item.path.name)} <small>{escape(caption)}</small>"
    return f'<div class="card worst"><h3>{heading}</h3><div class="trio">{figures}</div></div>'


def _count(people: People) -> str:
    return "1 person" if len(people) == 1 else f"{len(people) or 'no'} people"


def _worst_person(
    judgement: Judgement, record: PictureRecord, place: int, skeleton: Skeleton
) -> tuple[FloatArray | None, str]:
    """Return the box of the person who loses most, and by how much in words."""
    truth = record.truth.people[record.truth.counts()] if record.truth is not None else None
    if not judgement.pairs:
        oks = best_oks(record, 0, skeleton)
        worst = int(np.argmin(oks))
        return (truth.boxes[worst] if truth is not None else None), f"OKS {oks[worst]:.2f}"
    pair = judgement.pairs[0][place]
    worst = int(np.argmax(pair.oks_lost()))
    if truth is not None:
        before, after = pair.reference_oks[worst], pair.judged_oks[worst]
        return truth.boxes[worst], f"OKS {before:.2f} → {after:.2f}"
    agreement = pair.agreement[worst]
    words = "lost" if agreement == 0 else f"OKS {agreement:.2f} to the reference"
    return record.seen[1].counting.boxes[worst], words
