"""Ranges weighted by the answers on the carried model: the same numbers as LiteRT, agreement, and falling back."""

import io
from dataclasses import replace

import cv2
import numpy as np
import pytest

from n6studio.domain.requests import InputFile
from n6studio.stages.process.reporter import Reporter
from n6studio.stages.quantize import run as quantize
from n6studio.stages.quantize.by_answers import EFFORTS
from n6studio.stages.quantize.graph import Graph
from n6studio.stages.quantize.stage import QuantizeSettings

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run(carried, exported_people, tmp_path_factory):
    """Quantize the trained model at 128 x 128; returns the file's model, the figures and what was warned of."""

    def run(images=None, **settings):
        folder = tmp_path_factory.mktemp("quantized")
        inputs = {
            "model": (InputFile(str(exported_people / "n6demo-pose_128_saved_model"), "1" * 64),),
            "calibration": (InputFile(str(images or carried.calibration), ""),),
        }
        chosen = QuantizeSettings(**{"guard_images": 0, "max_images": 8, **settings})
        reporter = Reporter("quantize", io.StringIO())
        outcome = quantize.run(chosen, inputs, folder, reporter)
        content = (folder / outcome.outputs["tflite"]).read_bytes()[: outcome.figures.size_bytes]
        return content, outcome.figures, reporter.warnings

    return run


def kinds(content):
    """Return each operation's kind and the type of its output."""
    graph = Graph(content)
    return [(one.kind, graph.type_of(one.output)) for one in graph.operations]


@pytest.fixture(scope="module")
def weighted(run):
    """What is made where nothing is said."""
    return run()


def test_torch_computes_what_litert_computes(exported_people, carried):
    from ai_edge_litert.interpreter import Interpreter

    from n6studio.stages.quantize.torch_graph import TorchGraph

    content = (exported_people / "n6demo-pose_128_float32.tflite").read_bytes()
    interpreter = Interpreter(model_content=content, experimental_preserve_all_tensors=True)
    interpreter.allocate_tensors()
    image = cv2.imread(str(sorted(carried.calibration.glob("*.jpg"))[0]))
    tensor = cv2.resize(image, (128, 128))[None].astype(np.float32) / 255
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], tensor)
    interpreter.invoke()
    graph = Graph(content)
    found = TorchGraph(graph)(tensor)[graph.output].numpy()
    assert found == pytest.approx(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]), abs=1e-4)


def test_gradients_are_followed_from_convolutions_side_by_side(exported_people):
    import torch

    from n6studio.stages.quantize.torch_graph import TorchGraph

    graph = Graph((exported_people / "n6demo-pose_128_float32.tflite").read_bytes())
    last = [one.output for one in graph.operations if one.kind == "CONV_2D"][-6:]  # of the branches, none of them first
    image = np.zeros((1, 128, 128, 3), np.float32)
    tensors = TorchGraph(graph)(image, last)
    slopes = torch.autograd.grad(tensors[graph.output].sum(), [tensors[name] for name in last])
    assert all(bool(slope.abs().sum() > 0) for slope in slopes)
    assert not any(
        tensor.requires_grad for tensor in TorchGraph(graph)(np.zeros((1, 128, 128, 3), np.float32)).values()
    )


def test_weighted_ranges_are_the_default_change_only_numbers_and_repeat_to_the_byte(run, weighted):
    tuned, before, _ = run(ranges="tuned")
    content, figures, warnings = weighted
    assert (figures.ranges, before.ranges) == ("weighted", "tuned"), (warnings, figures.agreement)
    assert not warnings
    assert content != tuned
    assert abs(len(content) - len(tuned)) <= 0.001 * len(tuned)
    assert kinds(tuned) == kinds(content)
    assert figures.agreement.people >= 3
    assert figures.agreement.weighted >= figures.agreement.tuned - 0.02
    assert run()[0] == content
    assert run(seed=7)[0] != content, "other views, other signs"


def test_thorough_adds_one_addition_in_float_and_little_else(run, weighted, monkeypatch):
    monkeypatch.setitem(EFFORTS, "thorough", replace(EFFORTS["thorough"], views=16))  # as long as the default
    plain, before, _ = weighted
    content, figures, warnings = run(effort="thorough")
    assert figures.doubled is None
    assert (figures.ranges, warnings) == ("weighted", [])
    assert figures.agreement.weighted >= before.agreement.weighted - 0.02
    assert sorted([*kinds(plain), ("ADD", "float")]) == sorted(kinds(content))
    assert len(content) < 1.002 * len(plain)


def test_convolutions_computed_twice_are_as_many_operations_within_the_budget_and_repeat_to_the_byte(run, weighted):
    plain, before, _ = weighted
    content, figures, warnings = run(doubled=20, onnx=True)
    found = figures.doubled
    assert (warnings, before.doubled, found.budget, found.of) == ([], None, 20, 73)
    assert kinds(content) == kinds(plain)
    assert len(found.convolutions) >= 3
    assert 1.05 < found.macs / found.macs_before <= 1.2
    more = found.macs - found.macs_before
    assert figures.macs - before.macs == pytest.approx(more, rel=0.05)  # SiLUs count there, too
    assert found.added_bytes == pytest.approx(len(content) - len(plain), abs=1024)
    assert found.twice >= found.once - 0.02
    once, doubled = Graph(plain), Graph(content)
    convolutions = [one.output for one in once.operations if one.kind == "CONV_2D"]
    for number, name in enumerate(convolutions, 1):
        times = 2 if number in found.convolutions else 1
        assert doubled.by_output[name].shape[-1] == times * once.by_output[name].shape[-1]
    assert run(doubled=20)[0] == content


def test_without_people_tuned_ranges_are_used_and_said(run, tmp_path):
    plain = tmp_path / "plain"
    plain.mkdir()
    for shade in (40, 120, 200):
        cv2.imwrite(str(plain / f"{shade}.jpg"), np.full((96, 128, 3), shade, np.uint8))
    content, figures, warnings = run(plain)
    assert figures.ranges == "tuned"
    assert figures.agreement is None
    assert any("fewer than 3 people" in text for text in warnings)
    assert content == run(plain, ranges="tuned")[0]


def test_noise_has_no_answers(run):
    assert run(fake=True)[1].ranges == "tuned"
    assert run(fake=True, ranges="weighted")[1].ranges == "tuned"


def test_dark_calibration_images_leave_the_camera_its_whole_range(run, carried, tmp_path):
    dark = tmp_path / "dark"
    dark.mkdir()
    for path in sorted(carried.calibration.glob("*.jpg"))[:4]:
        cv2.imwrite(str(dark / f"{path.stem}.png"), cv2.imread(str(path)) // 3)
    _, figures, _ = run(images=dark, ranges="tuned")
    assert figures.input.scale == pytest.approx(1 / 255, rel=0.01)
    assert figures.input.zero_point == 0
