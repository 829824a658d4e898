"""A checkpoint of quantization-aware training on its way to int8: its weights to the last code, its ranges, and lies.

The checkpoint has the form that Ultralytics saves with `quantize=8`: the plain model, and ModelOpt's ranges beside it.
"""

import io
from dataclasses import replace

import cv2
import numpy as np
import pytest
from builders import n6

from n6studio.domain.requests import InputFile
from n6studio.stages.process.reporter import Reporter
from n6studio.stages.quantize import run as quantize
from n6studio.stages.quantize.graph import Graph
from n6studio.stages.quantize.stage import QuantizeSettings

pytestmark = pytest.mark.slow

SIZE = 128


def convolutions(model):
    return {path: module for path, module in model.named_modules() if type(module).__name__ == "Conv2d"}


def in_float(path):
    return path.startswith("model.22.") and (not path.endswith(".conv") or ".dfl." in path)


@pytest.fixture(scope="module")
def trained(carried, tmp_path_factory):
    """The carried checkpoint with ranges as ModelOpt calibrates them; returns its path and (model, ranges)."""
    import torch

    content = torch.load(carried.checkpoint, map_location="cpu", weights_only=False)
    model = content["model"].float().eval()
    seen, hooks = {}, []
    for path, module in convolutions(model).items():

        def note(module, inputs, path=path):
            seen[path] = float(inputs[0].abs().max())

        hooks.append(module.register_forward_pre_hook(note))
    image = cv2.imread(str(sorted(carried.calibration.glob("*.jpg"))[0]))
    tensor = torch.from_numpy(cv2.resize(image, (SIZE, SIZE))[..., ::-1].transpose(2, 0, 1)[None].copy()).float() / 255
    with torch.no_grad():
        model(tensor)
    for hook in hooks:
        hook.remove()
    ranges = {}
    for number, (path, module) in enumerate(convolutions(model).items()):
        largest = module.weight.detach().abs().amax((1, 2, 3), keepdim=True)
        # Training goes on after calibration: some weights leave their range, others no longer reach its end.
        drift = torch.where(torch.arange(len(largest)) % 3 == number % 3, 1.25, 0.97).reshape(-1, 1, 1, 1)
        ranges[f"{path}.input_quantizer._amax"] = torch.tensor(max(seen[path], 0.01))
        ranges[f"{path}.weight_quantizer._amax"] = largest * drift
    ranges["model.9.m.input_quantizer._amax"] = torch.tensor(3.0)
    content["model"] = model.half()
    state = {"modelopt_state_dict": [("quantize", {"config": {"algorithm": "max"}, "metadata": {"names": set("ab")}})]}
    content["modelopt"] = {"modelopt": state, "ranges": ranges}
    path = tmp_path_factory.mktemp("trained") / "qat.pt"
    torch.save(content, path)
    return path, model.float(), ranges


@pytest.fixture(scope="module")
def exported(trained, tmp_path_factory):
    folder = tmp_path_factory.mktemp("exported")
    done = n6("export", trained[0], "--imgsz", SIZE, "-o", folder, "--json", cwd=folder)
    assert done.code == 0, done.err
    return folder / f"qat_{SIZE}_saved_model", done.data["figures"]


@pytest.fixture(scope="module")
def run(carried, exported, tmp_path_factory):
    def run(**settings):
        folder = tmp_path_factory.mktemp("quantized")
        inputs = {
            "model": (InputFile(str(exported[0]), "1" * 64),),
            "calibration": (InputFile(str(carried.calibration), ""),),
        }
        reporter = Reporter("quantize", io.StringIO())
        chosen = QuantizeSettings(**{"guard_images": 0, "max_images": 8, **settings})
        outcome = quantize.run(chosen, inputs, folder, reporter)
        return (folder / outcome.outputs["tflite"]).read_bytes(), outcome.figures, reporter.warnings

    return run


def wanted_kernels(trained):
    """Return (codes before rounding, steps, input's end) of each convolution with trained weights, by the file."""
    _, model, ranges = trained
    for path, module in convolutions(model).items():
        if in_float(path):
            continue
        largest = ranges[f"{path}.weight_quantizer._amax"].numpy().astype(np.float64).reshape(-1)
        weights = module.weight.detach().numpy().astype(np.float64)
        norm = model.get_submodule(path.rpartition(".")[0]).bn
        fold = norm.weight.detach().numpy() / np.sqrt(norm.running_var.numpy() + norm.eps)
        codes = np.clip(weights / (largest / 127).reshape(-1, 1, 1, 1), -127, 127)  # before rounding
        codes = (codes * np.sign(fold).reshape(-1, 1, 1, 1)).transpose(0, 2, 3, 1)
        yield codes, largest / 127 * np.abs(fold), float(ranges[f"{path}.input_quantizer._amax"])


def kernels_of(content):
    """Return (codes, steps, bias's steps, input's tensor) of each int8 convolution, as LiteRT reads them."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=content)
    details = {one["name"]: one for one in interpreter.get_tensor_details()}
    found = []
    for operation in Graph(content).operations:
        if operation.kind == "CONV_2D" and details[operation.inputs[1]]["dtype"] == np.int8:
            source, weights, bias = (details[name] for name in operation.inputs)
            steps = (one["quantization_parameters"]["scales"] for one in (weights, bias))
            found.append((interpreter.get_tensor(weights["index"]), *steps, source))
    return found


def test_inspection_tells_of_the_training(trained, tmp_path):
    from n6studio.stages.inspect.run import inspect

    facts = inspect(trained[0], "1" * 64)
    assert (facts.trained.read, facts.trained.weights, facts.trained.inputs) == (147, 63, 63)
    assert facts.trained.left_out == {
        "of the last convolutions, which were trained in float": 20,
        "of no convolution of this model": 1,
    }


def test_the_int8_model_has_the_trained_codes_steps_and_upper_ends(trained, exported, run):
    assert exported[1]["trained"]["weights"] == 63
    content, figures, warnings = run()
    assert warnings == []
    assert (figures.trained.weights, figures.trained.inputs, figures.ranges) == (63, 63, "weighted")
    assert figures.agreement.weighted > 0.9  # exact codes are worth nothing where biases or scales are wrong
    found = kernels_of(content)
    ends: dict[str, list[float]] = {}
    sources = {}
    finer = 0
    for codes, steps, upper in wanted_kernels(trained):
        alike = [one for one in found if one[0].shape == codes.shape]
        match = [one for one in alike if np.abs(one[0] - codes).max() < 0.5 + 1e-4]  # float32 may round ties either way
        assert len(match) == 1
        _, read, of_bias, source = match[0]
        assert read == pytest.approx(steps, rel=1e-5)
        assert of_bias == pytest.approx(read * source["quantization_parameters"]["scales"][0], rel=1e-6)
        finer += int((np.abs(codes).reshape(len(codes), -1).max(1) < 126.5).sum())
        ends.setdefault(source["name"], []).append(upper)
        sources[source["name"]] = source
    assert finer > 300  # which the converter would have given other steps
    for name, uppers in ends.items():
        quantization = sources[name]["quantization_parameters"]
        top = (127 - quantization["zero_points"][0]) * quantization["scales"][0]
        # One step of room for the zero point, a whole number; tied tensors may need more than their own.
        assert top >= max(uppers) - 1.01 * quantization["scales"][0] or name.startswith("serving_default")


def test_ignored_ranges_leave_the_converter_its_own_steps(trained, run):
    content, figures, warnings = run(trained="ignore", ranges="tuned")
    assert figures.trained is None
    assert warnings == []
    assert all(np.abs(one[0]).reshape(len(one[0]), -1).max(1).min() in (0, 127) for one in kernels_of(content))


@pytest.mark.parametrize("settings", [{"granularity": "per_tensor", "ranges": "tuned"}, {"head": "int8"}])
def test_settings_that_do_not_go_with_ranges_are_told(run, settings):
    _, figures, warnings = run(**settings)
    assert figures.trained is None
    assert len([one for one in warnings if "quantization-aware training are not used" in one]) == 1


def test_codes_that_litert_reads_otherwise_are_not_used(run, monkeypatch):
    from n6studio.stages.quantize import training

    def spoiled(content, graph, trained):
        name, kernel = next(iter(trained.kernels.items()))
        other = {**trained.kernels, name: replace(kernel, codes=-kernel.codes)}
        return real(content, graph, replace(trained, kernels=other))[0], trained.kernels

    real = training.with_trained_codes
    monkeypatch.setattr(training, "with_trained_codes", spoiled)
    _, figures, warnings = run(ranges="tuned")
    assert figures.trained.weights == 0
    assert figures.trained.left_out["of weights that the converted model does not have exactly"] == 63
    assert len([one for one in warnings if "could not be put into the converted model exactly" in one]) == 1


# --- hostile files ---------------------------------------------------------------------------------------------------


def changed(trained, folder, change):
    """Return the checkpoint with other ranges."""
    import torch

    content = torch.load(trained[0], map_location="cpu", weights_only=False)
    ranges = content["modelopt"]["ranges"]
    content["modelopt"]["ranges"] = change(ranges, torch)
    torch.save(content, folder / "changed.pt")
    return folder / "changed.pt"


def shifted(ranges, torch):
    names = [name for name in ranges if "weight" in name]
    return dict(zip(names, [ranges[name] for name in (*names[1:], names[0])], strict=True))


@pytest.mark.parametrize(
    "change",
    [
        lambda ranges, torch: {name: value[..., :0] if value.ndim else value for name, value in ranges.items()},
        lambda ranges, torch: {name: torch.cat([value.reshape(-1)] * 2) for name, value in ranges.items()},
        lambda ranges, torch: {name: -value for name, value in ranges.items()},
        lambda ranges, torch: {name: value * float("nan") for name, value in ranges.items()},
        lambda ranges, torch: {name: value * 1e-20 for name, value in ranges.items() if "weight" in name},
        lambda ranges, torch: {f"other.{name}": value for name, value in ranges.items()},
        lambda ranges, torch: dict.fromkeys(ranges, "text"),
        lambda ranges, torch: {name: value.to(torch.complex64) for name, value in ranges.items()},
        lambda ranges, torch: [1, 2, 3],
        lambda ranges, torch: torch.zeros(3),
    ],
)
def test_ranges_that_fit_nothing_leave_a_model_trained_in_float(trained, tmp_path, change):
    from n6studio.stages.checkpoint.load import load
    from n6studio.stages.export.trained import rounded_as_trained

    found = load(changed(trained, tmp_path, change))
    assert found.quantized.account.used == 0
    assert sum(found.quantized.account.left_out.values()) == found.quantized.account.read
    assert rounded_as_trained(found).convolutions == ()


def test_ranges_of_other_layers_are_left_out_or_change_no_weights_by_more_than_a_tenth(trained, tmp_path):
    from n6studio.stages.checkpoint.load import load
    from n6studio.stages.export.trained import rounded_as_trained

    found = load(changed(trained, tmp_path, shifted))
    account = found.quantized.account
    assert account.read == account.weights + sum(account.left_out.values()) == 73
    assert account.left_out["of another length than the convolution has channels"] > 10
    before = {path: module.weight.detach().clone() for path, module in convolutions(found.model).items()}
    rounded_as_trained(found)
    for path in found.quantized.weights:
        change = found.model.get_submodule(path).weight - before[path]
        assert float(change.square().mean()) <= 0.01 * float(before[path].square().mean())
