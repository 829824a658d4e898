"""Whose keypoints count: the model's as the project names them, and labels brought into their order."""

import dataclasses
from pathlib import Path

from n6studio.domain.errors.datasets import KeypointCountMismatch
from n6studio.domain.pose.skeleton import COCO, Skeleton, for_keypoints
from n6studio.domain.pose.skeleton_file import skeleton_from_values
from n6studio.domain.requests import InputFile
from n6studio.gates.json_texts import json_file
from n6studio.stages.datasets.model import Dataset, with_keypoints
from n6studio.stages.process.reporter import Reporter


def given_skeleton(inputs: dict[str, tuple[InputFile, ...]]) -> Skeleton | None:
    """Return the skeleton of the role "skeleton", a file that the engine wrote, or None where there is none."""
    files = inputs.get("skeleton", ())
    return skeleton_from_values(json_file(Path(files[0].path))) if files else None


def agree(
    dataset: Dataset, given: Skeleton | None, model: str, count: int, reporter: Reporter
) -> tuple[Dataset, Skeleton]:
    """Return the data set with its labels in the order of the model's keypoints, and the skeleton to judge by.

    Labels of other keypoints, or in another order, are matched by name where the model's names are known: from
    `given`, or COCO's where it has 17. Sigmas and skeleton edges that only the labels know are taken from them.

    Args:
        dataset: what to evaluate on.
        given: the model's skeleton as the user or the checkpoint tells it, or None.
        model: its name, for the error.
        count: its keypoints.
        reporter: is told when labels were matched by name.

    Raises:
        KeypointCountMismatch: they cannot be brought together.
    """
    if given is not None and len(given) != count:
        raise KeypointCountMismatch(data="The skeleton", data_keypoints=len(given), model=model, model_keypoints=count)
    labels = dataset.skeleton
    if labels is None:
        return dataset, given or for_keypoints(count)
    named = given or (COCO if count == len(COCO) else None)
    if named is not None and _lower(named) != _lower(labels):
        matched = with_keypoints(dataset, named.names)
        if matched is not None and matched.skeleton is not None:
            reporter.warn(
                f"The labels have {len(labels)} keypoints; the model's {count} were matched by name."
                if len(labels) != count
                else "The labels have the keypoints in a different order; they were matched by name."
            )
            dataset, labels, given = matched, matched.skeleton, named
    if len(labels) != count:
        raise KeypointCountMismatch(data=dataset.path, data_keypoints=len(labels), model=model, model_keypoints=count)
    if given is None:
        return dataset, labels
    if labels.edges and not given.edges:
        given = dataclasses.replace(given, edges=labels.edges)
    if labels.sigmas_known and not given.sigmas_known:
        given = dataclasses.replace(given, sigmas=labels.sigmas, sigmas_known=True)
    return dataset, given


def _lower(skeleton: Skeleton) -> list[str]:
    return [name.lower() for name in skeleton.names]
