"""A split head on the carried model: all in int8, the same people, its own description, and who is refused."""

import io

import cv2
import numpy as np
import pytest
from builders import n6

from n6studio.domain.errors.models import HeadNotSplit
from n6studio.domain.metrics.oks import object_areas, oks_matrix
from n6studio.domain.pose.decode import decode
from n6studio.domain.pose.skeleton import for_keypoints
from n6studio.domain.requests import InputFile
from n6studio.gates.images import read_image
from n6studio.stages.inspect.run import figures_of, inspect
from n6studio.stages.model.runner import open_model
from n6studio.stages.model.split import keypoint_factors
from n6studio.stages.process.reporter import Reporter
from n6studio.stages.quantize import run as quantize
from n6studio.stages.quantize import split
from n6studio.stages.quantize.graph import Graph
from n6studio.stages.quantize.stage import QuantizeSettings

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def made(carried, exported_people, tmp_path_factory):
    """The same model at 128 x 128 with its head split, and with its head in float: (file, figures) each."""
    found = []
    for head in ("split", "float"):
        folder = tmp_path_factory.mktemp(head)
        inputs = {
            "model": (InputFile(str(exported_people / "n6demo-pose_128_saved_model"), "1" * 64),),
            "calibration": (InputFile(str(carried.calibration), ""),),
        }
        settings = QuantizeSettings(head=head, max_images=24)
        outcome = quantize.run(settings, inputs, folder, Reporter("quantize", io.StringIO()))
        found.append((folder / outcome.outputs["tflite"], outcome.figures))
    return found


def images(carried):
    for path in sorted(carried.images.glob("*.jpg"))[:20]:
        yield cv2.resize(read_image(path), (128, 128))


def test_nothing_is_left_in_float_and_each_output_has_its_scale(made):
    (path, figures), _ = made
    assert path.name == "n6demo-pose_128_quant_pc_ui_pose.tflite"
    graph = Graph(path.read_bytes()[: figures.size_bytes])
    assert {graph.type_of(one.output) for one in graph.operations} == {"int8"}
    assert not {one.kind for one in graph.operations} & {"SOFTMAX", "DEQUANTIZE"}
    assert (figures.operations.in_float, figures.head.precision, figures.ranges) == (0, "split", "weighted")
    info = open_model(path).info
    assert info.split is not None
    assert [level.stride for level in info.split.levels] == [8, 16, 32]
    assert len({one.scale for level in info.split.levels for one in (level.box, level.score, level.keypoints)}) > 4
    assert info.split.factors == keypoint_factors(path)
    assert len(info.split.factors) == 34
    assert not np.allclose(info.split.factors, 2)


def test_it_finds_whom_the_float_head_finds(made, carried):
    ours, theirs = (open_model(path) for path, _ in made)
    sigmas, best, people = for_keypoints(17).sigmas, [], 0
    for image in images(carried):
        wanted, got = (
            decode(one.run(image), one.info.layout, one.info.size, limit)
            for one, limit in ((theirs, 0.3), (ours, 0.15))
        )
        people += len(wanted)
        if len(wanted) and len(got):
            areas = np.maximum(object_areas(wanted.boxes), 1.0)
            best += oks_matrix(wanted.keypoints, got.keypoints, areas, sigmas).max(axis=1).tolist()
    assert people >= 20
    assert len(best) == people
    assert np.mean(best) > 0.93
    assert min(best) > 0.5


def test_inspection_says_what_it_is(made):
    (path, _), _ = made
    facts = inspect(path, "")
    assert facts.split == open_model(path).info.split
    assert (facts.keypoints, facts.keypoint_dims, facts.strides) == (17, 3, (8, 16, 32))
    assert (facts.normalised, facts.output_scale) == (None, None)
    figures = figures_of(facts)
    assert figures.verdict.state == "ready", figures.verdict
    assert "Split head" in next(one.reason for one in figures.checks if one.name == "layout")


def test_evaluation_and_the_command_line_take_it(made, carried, tmp_path):
    (path, _), (whole, _) = made
    done = n6("inspect", path, cwd=tmp_path)
    assert "split head, int8" in done.out
    words = ("--against", whole, "--data", carried.labels, "--images", carried.images, "--max-images", 20, "--json")
    done = n6("evaluate", path, *words, "-o", tmp_path / "e", cwd=tmp_path)
    assert done.code == 0, done.err
    split_ap, whole_ap = (model["coco"]["ap"] for model in done.data["models"])
    assert split_ap == pytest.approx(whole_ap, abs=0.02)
    assert whole_ap > 0.15  # at 128 x 128


def test_a_head_that_computes_something_else_is_refused(carried, exported_people, tmp_path, monkeypatch):
    monkeypatch.setattr(split, "PLAIN_FACTOR", 1.0)  # YOLO26's keypoints are not doubled
    inputs = {
        "model": (InputFile(str(exported_people / "n6demo-pose_128_saved_model"), "1" * 64),),
        "calibration": (InputFile(str(carried.calibration), ""),),
    }
    with pytest.raises(HeadNotSplit) as caught:
        quantize.run(
            QuantizeSettings(head="split", max_images=2), inputs, tmp_path, Reporter("quantize", io.StringIO())
        )
    assert "something else" in caught.value.reason
