"""Sentences of the Evaluate page: what was measured, on what, and by which rules."""

from n6studio.domain.metrics.rules import RULES
from n6studio.domain.texts import counted
from n6studio.ui.pages.evaluate.data import Evaluation


def summary(evaluation: Evaluation) -> str:
    """Return in one line what was looked at."""
    people = f"{evaluation.people} labelled people" if evaluation.labelled else "nobody labelled: agreement only"
    return (
        f"{evaluation.name}: {counted(evaluation.images, 'image')}, {people}, {evaluation.settings.get('resize', '')}"
    )


def notes(evaluation: Evaluation) -> str:
    """Return warnings, files that could not be read, and how it was measured."""
    parts = [f"⚠ {text}" for text in evaluation.warnings]
    parts += [f"Not read: {path}: {reason}" for path, reason in evaluation.unreadable[:20]]
    if len(evaluation.unreadable) > 20:
        parts.append(f"... and {len(evaluation.unreadable) - 20} more, all in images.csv.")
    parts += [f"{model.role}: {model.name}" for model in evaluation.models]
    parts.append(f"Data: {evaluation.path}")
    settings, speed = evaluation.settings, evaluation.speed
    told = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in settings.items())
    parts.append(f"Settings: {told}")
    models, workers = counted(len(evaluation.models), "model"), counted(int(speed.get("workers", 1)), "worker")
    parts.append(
        f"Speed: {speed.get('images_per_second')} images/s through {models}, {workers} on {speed.get('cores')} cores"
    )
    if evaluation.area_source:
        parts.append(f"A person's area is taken from: {evaluation.area_source}")
    sigmas = zip(evaluation.skeleton.names, evaluation.sigmas, strict=True)
    parts.append("Sigmas of OKS: " + ", ".join(f"{name} {sigma:.3g}" for name, sigma in sigmas))
    parts += [f"{name}: {text}" for name, text in RULES]
    return "\n\n".join(parts)
