"""Sentences of the Evaluate page: what was measured, on what, and by which rules."""

from n6studio.domain.metrics.rules import RULES
from n6studio.domain.texts import counted
from n6studio.ui.pages.evaluate.data import ShownEvaluation


def summary(evaluation: ShownEvaluation) -> str:
    """Return in one line what was looked at."""
    data = evaluation.results.data
    people = f"{data.people} labelled people" if evaluation.labelled else "nobody labelled: agreement only"
    return f"{data.name}: {counted(data.images_read, 'image')}, {people}, {evaluation.settings.resize}"


def notes(evaluation: ShownEvaluation) -> str:
    """Return warnings, files that could not be read, and how it was measured."""
    results, data = evaluation.results, evaluation.results.data
    parts = [f"⚠ {text}" for text in results.warnings]
    parts += [f"Not read: {one.path}: {one.reason}" for one in data.unreadable[:20]]
    if len(data.unreadable) > 20:
        parts.append(f"... and {len(data.unreadable) - 20} more, all in images.csv.")
    parts += [f"{model.role}: {model.name}" for model in evaluation.models]
    parts.append(f"Data: {data.path}")
    speed = results.speed
    told = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in results.settings.items())
    parts.append(f"Settings: {told}")
    models, workers = counted(len(evaluation.models), "model"), counted(speed.workers, "worker")
    parts.append(f"Speed: {speed.images_per_second} images/s through {models}, {workers} on {speed.cores} cores")
    if data.area_source:
        parts.append(f"A person's area is taken from: {data.area_source}")
    sigmas = zip(evaluation.skeleton.names, data.sigmas, strict=True)
    parts.append("Sigmas of OKS: " + ", ".join(f"{name} {sigma:.3g}" for name, sigma in sigmas))
    parts += [f"{name}: {text}" for name, text in RULES]
    return "\n\n".join(parts)
