"""The table of real inputs that were once misjudged: input, verdict or error, and what the words must say."""

import pytest

from n6studio.domain.errors.advice import advice
from n6studio.domain.errors.models import CheckpointWrapped, WeightsMissing
from n6studio.stages.inspect.run import figures_of, inspect

VERDICTS = [
    ("candidates-first/net.onnx", "not_suitable", "candidates first"),
    ("detection-network-called-pose-ready/detector_19_classes.tflite", "unknown", "a detector with 19 classes"),
    ("int16-activations-called-ready/net_int16x8.tflite", "not_suitable", "int16"),
    ("no-metadata-misread/four_classes.onnx", "unknown", "4 classes, 4 keypoints x 3"),
    ("no-metadata-misread/four_classes.onnx", "unknown", "1 class, 5 keypoints x 3"),
    ("no-metadata-misread/no_visibility.onnx", "unknown", "1 class, 6 keypoints x 2"),
    ("no-metadata-misread/no_visibility.onnx", "unknown", "1 class, 4 keypoints x 3"),
    ("onnx-float16-input/net.onnx", "not_yet", "export and quantize"),
]
ERRORS = [
    ("onnx-external-data-missing/net.onnx", WeightsMissing, "net.onnx.data"),
    ("data-parallel-wrapped/dp.pt", CheckpointWrapped, "model.module"),
    ("data-parallel-wrapped/ddp.pt", CheckpointWrapped, "model.module"),
]


@pytest.fixture
def cases(shared):
    folder = shared / "cases" / "files"
    if not folder.is_dir():
        pytest.skip("no cases there")
    return folder


@pytest.mark.parametrize(("name", "state", "words"), VERDICTS)
def test_verdict(cases, name, state, words):
    verdict = figures_of(inspect(cases / name, "")).verdict
    assert verdict.state == state
    assert words in verdict.sentence


@pytest.mark.parametrize(("name", "kind", "words"), ERRORS)
def test_error(cases, name, kind, words):
    with pytest.raises(kind) as caught:
        inspect(cases / name, "")
    told = advice(caught.value)
    assert words in " ".join([told.title, told.why, *told.steps])
    assert caught.value.exit_status == 3
