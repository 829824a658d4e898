"""What the report of an evaluation shows of single images: the OKS of each person, and where the model fails most."""

import numpy as np

from n6studio.domain.charts.evaluation.data import Evaluated, ImageOks, shown_models
from n6studio.domain.evaluation.results import Evaluation
from n6studio.domain.metrics.keypoints import people_figures
from n6studio.domain.pose.people import ImagePixels, People
from n6studio.domain.pose.skeleton import Skeleton
from n6studio.stages.evaluate.one_image import ImageRecord
from n6studio.stages.evaluate.results import Judgement, best_oks, worst_of_image
from n6studio.stages.evaluate.stage import EvaluateSettings
from n6studio.stages.report.gallery import Gallery, WorstImage, draw_gallery

_WORTH_SHOWING = 0.01  # OKS; below this nobody sees a difference


def evaluated(results: Evaluation, judgement: Judgement, skeleton: Skeleton, settings: EvaluateSettings) -> Evaluated:
    """Return what charts are drawn from."""
    models = range(len(results.models))
    labelled = results.labelled
    images = [
        ImageOks(
            record.item.path.name,
            tuple(tuple(best_oks(record, index, skeleton).tolist()) for index in models),
            () if labelled or not judgement.pairs else tuple(judgement.pairs[0][place].agreement.tolist()),
        )
        for place, record in enumerate(judgement.records)
    ]
    return Evaluated(
        models=shown_models(results.models),
        keypoints=skeleton.names,
        people=results.data.people,
        threshold=settings.operating_confidence,
        images=tuple(images),
        board=results.board,
    )


def gallery(
    results: Evaluation, judgement: Judgement, skeleton: Skeleton, settings: EvaluateSettings
) -> Gallery | None:
    """Return the worst images, None where none are asked for or nothing can be lost."""
    compared = bool(judgement.pairs)
    if settings.worst == 0 or (not compared and not results.labelled):
        return None
    names = [model.name for model in results.models]
    places = _worst_places(judgement, skeleton, settings.worst)
    worst = [_worst_image(judgement, place, names, skeleton) for place in places]
    return draw_gallery(worst, "OKS lost" if compared else "lowest OKS", settings.operating_confidence, skeleton)


def _worst_places(judgement: Judgement, skeleton: Skeleton, most: int) -> list[int]:
    """Return the places of at most `most` images in `judgement.records`, the worst first."""
    losses = [worst_of_image(judgement, place, skeleton) for place in range(len(judgement.records))]
    ranked = sorted(range(len(losses)), key=lambda place: -losses[place])
    return [place for place in ranked if losses[place] > _WORTH_SHOWING][:most]


def _worst_image(judgement: Judgement, place: int, names: list[str], skeleton: Skeleton) -> WorstImage:
    record = judgement.records[place]
    marked, caption = _worst_person(judgement, record, place, skeleton)
    views: list[tuple[str, People[ImagePixels]]] = []
    if record.truth is not None:
        views.append(("labels", record.truth.people[record.truth.counts()]))
    if judgement.pairs:
        views.append((names[1], record.seen[1].counting))
    views.append((names[0], record.seen[0].counting))
    return WorstImage(record.item.path, record.size, caption, marked, tuple(views), _kinds(record))


def _kinds(record: ImageRecord) -> tuple[str, ...]:
    """Return which kinds of images it is, by which the report shows some alone; see the gallery's `KINDS`."""
    matched = record.seen[0].matched
    if matched is None:
        return ()
    figures = people_figures(matched.tally)
    holds = {"missed": figures.missed, "false": figures.false, "several": (figures.labelled or 0) > 1}
    return tuple(key for key, holding in holds.items() if holding)


def _worst_person(
    judgement: Judgement, record: ImageRecord, place: int, skeleton: Skeleton
) -> tuple[People[ImagePixels] | None, str]:
    """Return the one person who loses most, and by how much in words."""
    truth = record.truth.people[record.truth.counts()] if record.truth is not None else None
    if not judgement.pairs:
        oks = best_oks(record, 0, skeleton)
        worst = int(np.argmin(oks))
        return (truth[[worst]] if truth is not None else None), f"OKS {oks[worst]:.2f}"
    pair = judgement.pairs[0][place]
    worst = int(np.argmax(pair.oks_lost()))
    if truth is not None:
        before, after = pair.reference_oks[worst], pair.judged_oks[worst]
        return truth[[worst]], f"OKS {before:.2f} → {after:.2f}"
    agreement = pair.agreement[worst]
    text = "lost" if agreement == 0 else f"OKS {agreement:.2f} to the reference"
    return record.seen[1].counting[[worst]], text
