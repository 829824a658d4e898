"""Sentences of the Evaluate page: what was measured, on what, and by which rules."""

from n6studio.ui.pages.evaluate.data import Evaluation

WORK = {"inspect": "Inspection", "export": "Export", "quantize": "Quantization", "evaluate": "Evaluation"}

_RULES = (
    ("AP", "COCO's keypoint evaluation: OKS over the labelled area, averaged over OKS 0.50 to 0.95, at most 20 people "
     "a picture."),
    ("Zoo mAP50", "ST's model zoo services: OKS over 0.53 × the box in fractions of the network's input, pictures "
     "without labelled people left out. Figures published by ST for the N6 use an overlap limit of 0.1."),
    ("OKS lost", "best OKS among float's people minus best OKS among int8's, per labelled person; 0 for the missed."),
    ("Keypoints", "people at the operating score, matched to the labels from OKS 0.1. PCK: within a tenth of the "
     "longer side of the labelled box."),
    ("Intervals", "95 %, from 200 bootstrap resamples of the pictures. One that holds zero does not tell which network "
     "is better."),
)  # fmt: skip


def summary(evaluation: Evaluation) -> str:
    """Return in one line what was looked at."""
    people = f"{evaluation.people} labelled people" if evaluation.labelled else "nobody labelled: agreement only"
    return f"{evaluation.name}: {evaluation.images} pictures, {people}, {evaluation.settings.get('resize', '')}"


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
    parts.append(
        f"Speed: {speed.get('images_per_second')} pictures a second through {len(evaluation.models)} network(s), "
        f"{speed.get('workers')} at once on {speed.get('cores')} cores"
    )
    if evaluation.area_source:
        parts.append(f"A person's area is taken from: {evaluation.area_source}")
    sigmas = zip(evaluation.skeleton.names, evaluation.sigmas, strict=True)
    parts.append("Sigmas of OKS: " + ", ".join(f"{name} {sigma:.3g}" for name, sigma in sigmas))
    parts += [f"{name}: {text}" for name, text in _RULES]
    return "\n\n".join(parts)
