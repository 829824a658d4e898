"""The summary line and the Notes tab: what was measured, on which data, and by which rules."""

from n6studio.domain.metrics.rules import RULES
from n6studio.domain.settings import settings_of
from n6studio.domain.texts import counted
from n6studio.ui.pages.evaluate.data import ShownEvaluation


def summary(evaluation: ShownEvaluation) -> str:
    """Return the data, the number of people, the resize mode and whether keypoints were averaged in one line."""
    data = evaluation.results.data
    labelled = counted(data.people, "labelled person", "labelled people")
    people = labelled if evaluation.labelled else "no labels: agreement only"
    left_out = 0 if data.account is None else data.account.images - data.account.images_used
    images = counted(data.images_read, "image") + (f" ({left_out:,} left out)" if left_out else "")
    averaged = ", keypoints averaged" if evaluation.settings.average else ""
    return f"{data.name}: {images}, {people}, {evaluation.settings.resize}{averaged}"


def notes(evaluation: ShownEvaluation) -> str:
    """Return warnings, files that could not be read, and how it was measured."""
    results, data = evaluation.results, evaluation.results.data
    parts = [f"⚠ {text}" for text in results.warnings]
    parts += data.account.sentences if data.account is not None else ()
    parts += [f"Unreadable: {one.path}: {one.reason}" for one in data.unreadable[:20]]
    if len(data.unreadable) > 20:
        parts.append(f"… and {len(data.unreadable) - 20} more; images.csv lists all of them.")
    parts += [f"{model.role}: {model.name}" for model in evaluation.models]
    parts.append(f"Data: {data.path}")
    speed = results.speed
    settings = evaluation.settings
    text = "; ".join(f"{one.label}: {one.shown(getattr(settings, one.name))}" for one in settings_of(type(settings)))
    parts.append(f"Settings: {text}")
    models, workers = counted(len(evaluation.models), "model"), counted(speed.workers, "worker")
    parts.append(f"Speed: {speed.images_per_second} images/s through {models}, {workers} on {speed.cores} cores")
    if data.area_source:
        parts.append(f"Person area: {data.area_source}")
    sigmas = zip(evaluation.skeleton.names, data.sigmas, strict=True)
    parts.append("OKS sigmas: " + ", ".join(f"{name} {sigma:.3g}" for name, sigma in sigmas))
    parts += [f"{name}: {text}" for name, text in RULES]
    return "\n\n".join(parts)
