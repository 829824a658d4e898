"""Models that are named and not given: built with random weights, the same bytes each time, nothing downloaded."""

import hashlib
import threading

import pytest

from n6studio.domain.model.architectures import ARCHITECTURES, family_and_scale
from n6studio.domain.settings import from_mapping
from n6studio.engine.jobs.run import make_request, run_stage
from n6studio.stages.untrained.stage import UNTRAINED, UntrainedSettings


def build(folder, **settings):
    request = make_request(UNTRAINED, from_mapping(UntrainedSettings, settings), {})
    return run_stage(UNTRAINED, request, folder, lambda message: None, threading.Event())


def test_names_lead_to_a_description_and_a_size():
    assert len(set(ARCHITECTURES)) == len(ARCHITECTURES) == 20
    assert family_and_scale("yolov8s-pose") == ("yolov8-pose", "s")
    assert family_and_scale("yolo26n-pose") == ("yolo26-pose", "n")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "millions"),  # as Ultralytics publishes them; YOLO26's are told without the head that only trains
    [("yolov8n-pose", 3.3), ("yolov8s-pose", 11.6), ("yolo11n-pose", 2.9)],
)
def test_it_has_the_published_size(tmp_path, name, millions):
    made = build(tmp_path, architecture=name)
    assert round(made.figures.parameters / 1e6, 1) == millions
    assert made.figures.keypoints == 17
    assert made.outputs["model"].name == f"{name}.pt"


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes_wherever_it_is_built(tmp_path):
    def digest(folder, **settings):
        made = build(tmp_path / folder, architecture="yolo26n-pose", **settings)
        return hashlib.sha256(made.outputs["model"].read_bytes()).hexdigest()

    first = digest("one")
    assert digest("another") == first
    assert digest("third", seed=1) != first
