"""report.html of an evaluation: one file that needs no other, to read, to print and to send."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from n6studio.domain.charts.chart import Chart
from n6studio.domain.charts.evaluation.data import Evaluated
from n6studio.domain.charts.evaluation.groups import GROUPS
from n6studio.domain.evaluation.model import ModelResults
from n6studio.domain.evaluation.results import Evaluation
from n6studio.domain.evaluation.verdict import verdict
from n6studio.domain.metrics.rules import RULES
from n6studio.domain.privacy import shown, without_identity
from n6studio.domain.texts import counted, decimals, percent
from n6studio.report.html import render
from n6studio.report.tables import Fact
from n6studio.stages.report.board import board_facts, ladder_table
from n6studio.stages.report.gallery import Gallery
from n6studio.stages.report.tables import breakdown_table, class_table, confusion_table, figures_table, keypoint_table


class Judging(Protocol):
    """How models were judged; the settings of the stage that this page is the report of."""

    @property
    def resize(self) -> str:
        """How images were fitted to the input size."""

    @property
    def confidence(self) -> float:
        """Below which detections were left out."""

    @property
    def iou(self) -> float:
        """NMS IoU threshold."""

    @property
    def average(self) -> bool:
        """Whether each person's keypoints were averaged over all candidates of that person."""

    @property
    def max_detections(self) -> int:
        """Max detections per image."""

    @property
    def operating_confidence(self) -> float:
        """From which a detection counts in the keypoint figures."""


@dataclass(frozen=True)
class DrawnGroup:
    """The charts of a group that say something about this evaluation."""

    title: str
    charts: tuple[Chart, ...]
    note: str


def report(
    results: Evaluation,
    settings: Judging,
    evaluated: Evaluated,
    gallery: Gallery | None,
    project: Path | None = None,
) -> str:
    """Return the page. It is made to be passed on, so it names no path outside the project.

    Args:
        results: contents of results.json.
        settings: how models were judged.
        evaluated: the same for charts, with what is known of single images.
        gallery: the worst images, None where none are asked for.
        project: folder from which on paths are told; None for names of files only.
    """
    models = evaluated.models
    return render(
        "evaluation.html",
        title=f"Pose evaluation: {models[0].name}",
        subtitle=_subtitle(results, settings),
        lead=headline(results),
        warnings=[without_identity(text, project) for text in results.warnings],
        figures=figures_table(models),
        groups=drawn_groups(evaluated),
        gallery=gallery,
        classes=class_table(models),
        confusion=confusion_table(models),
        board=board_facts(results.board) if results.board is not None else (),
        ladder=ladder_table(results.board) if results.board is not None else None,
        keypoints=keypoint_table(results, models),
        breakdown=breakdown_table(results, models),
        how=_how(results, settings, project),
    )


def drawn_groups(evaluated: Evaluated) -> list[DrawnGroup]:
    """Return all charts that say something; ones without data say why."""
    found = []
    for group in GROUPS:
        charts = tuple(chart for describe in group.charts if (chart := describe(evaluated)) is not None)
        if charts:
            found.append(DrawnGroup(group.title, charts, group.note))
    return found


def _subtitle(results: Evaluation, settings: Judging) -> str:
    data = results.data
    against = ", ".join(model.name for model in results.models[1:])
    people = counted(data.people, "labelled person", "labelled people") if data.people else "no labels"
    when = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M")
    left_out = 0 if data.account is None else data.account.images - data.account.images_used
    images = counted(data.images_read, "image") + (f" ({left_out:,} left out)" if left_out else "")
    looked = f"{data.name}: {images}, {people}"
    averaged = "keypoints averaged" if settings.average else ""
    return " · ".join(part for part in (f"against {against}" if against else "", looked, averaged, when) if part)


def headline(results: Evaluation) -> str:
    """Return the result in one or two sentences."""
    models, comparison = results.models, results.comparison
    if not results.labelled:
        return _headline_without_labels(results)
    judged = models[0].coco
    ap, ap50 = (judged.ap, judged.ap50) if judged else (None, None)
    if not comparison:
        return f"COCO keypoint AP {percent(ap)}; {percent(ap50)} at OKS 0.50."
    other = models[1].coco
    first = comparison[0]
    text = f"COCO keypoint AP {percent(ap)} against {percent(other.ap if other else None)} of {models[1].name}"
    said = verdict(first)
    text += f": {said}" if said else "."
    if first.oks_lost_mean is not None:
        text += f" Mean OKS lost per labelled person: {decimals(first.oks_lost_mean)}."
    return text


def _headline_without_labels(results: Evaluation) -> str:
    if not results.comparison:
        found = results.models[0].people.found
        return f"No labels, so accuracy cannot be measured. {counted(found, 'person', 'people')} found."
    agreement = results.comparison[0].agreement
    other = results.models[1].name
    return (
        f"No labels, so only the agreement is measured: of {counted(agreement.people, 'person', 'people')} found by "
        f"{other}, {agreement.kept} are kept and {agreement.lost} lost; "
        f"{agreement.invented} are new."
    )


def _how(results: Evaluation, settings: Judging, project: Path | None) -> list[Fact]:
    data, speed = results.data, results.speed
    facts = [_about(model, project) for model in results.models]
    facts.append(Fact("Data", (), (shown(data.path, project),)))
    facts.append(
        Fact(
            "Settings",
            (
                f"resize mode {settings.resize}, min confidence {settings.confidence:g}, NMS IoU threshold "
                f"{settings.iou:g}, max detections {settings.max_detections}, operating confidence "
                f"{settings.operating_confidence:g}{', average keypoints on' if settings.average else ''}",
            ),
        )
    )
    models = counted(len(results.models), "model")
    workers = counted(speed.workers, "worker")
    facts.append(
        Fact("Speed", (f"{speed.images_per_second} images/s through {models}, {workers} on {speed.cores} cores",))
    )
    if data.area_source:
        facts.append(Fact("Person area", (f"for COCO's rule: {data.area_source}",)))
        sigmas = zip(data.keypoints, data.sigmas, strict=True)
        facts.append(Fact("Sigmas", (", ".join(f"{name} {sigma:.3g}" for name, sigma in sigmas),)))
    facts += [Fact(name, (text,)) for name, text in RULES]
    versions = ", ".join(f"{name} {version}" for name, version in results.versions.items())
    return [*facts, Fact("Versions", (versions,))]


def _about(model: ModelResults, project: Path | None) -> Fact:
    width, height = model.input_size
    lines = [f"{model.format}, {width} × {height}, {model.input_type} in, {model.output_type} out"]
    if model.people_by == "board":
        lines.append("its int8 output read by the rule of ST's post-processing on the board")
    if model.source:
        lines.append(f"made from {shown(model.source, project)}")
    return Fact(model.name, tuple(lines), (shown(model.path, project), f"SHA-256 {model.sha256}"))
