"""Real files, inspected as the engine does it: in a child process."""

import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest
from builders_onnx import write_pose_onnx
from carried import Carried
from standins.small_tflite import write_running_tflite

from n6studio.domain.errors.models import ModelDamaged, NotAPoseModel, WrongTask
from n6studio.engine.jobs.hashing import HashCache, input_of
from n6studio.engine.jobs.run import make_request, run_stage
from n6studio.stages.inspect.figures import InspectFigures
from n6studio.stages.inspect.run import inspect
from n6studio.stages.inspect.stage import INSPECT, InspectSettings


def figures(path: Path, folder: Path) -> InspectFigures:
    request = make_request(INSPECT, InspectSettings(), {"model": (input_of(path, HashCache()),)})
    return run_stage(INSPECT, request, folder, lambda message: None, threading.Event()).figures


@pytest.mark.parametrize(
    ("name", "size", "macs", "granularity", "model"),
    [
        # The files for 192 and 320 are named "pc", but hold one scale per tensor.
        ("yolov8n_192_quant_pc_uf_pose_coco-st.tflite", 192, 417_257_352, "per_tensor", "YOLOv8n-pose"),
        ("yolov8n_256_quant_pc_uf_pose_coco-st.tflite", 256, 741_790_848, "per_channel", "YOLOv8n-pose"),
        ("yolov8n_256_quant_pt_uf_pose_coco-st.tflite", 256, 741_790_848, "per_tensor", "YOLOv8n-pose"),
        ("yolov8n_320_quant_pc_uf_pose_coco-st.tflite", 320, 1_159_048_200, "per_tensor", "YOLOv8n-pose"),
        ("yolo11n_256_quant_pc_uf_pose_coco-st.tflite", 256, 601_912_448, "per_channel", "YOLO11n-pose"),
    ],
)
def test_st_models(shared: Path, tmp_path: Path, name: str, size: int, macs: int, granularity: str, model: str):
    found = figures(shared / "models" / "st" / name, tmp_path)
    assert (found.task, found.keypoints, found.keypoint_dims) == ("pose", 17, 3)
    assert found.input_size == (size, size)
    assert found.macs == macs
    assert found.granularity == granularity
    assert found.published.model == model
    assert found.published.exact
    assert found.input.type == "uint8"
    assert found.output.type == "float"
    assert found.normalised is True
    assert found.output_channels == 56
    assert found.float_operations == ()
    assert found.float_convolutions == 0
    assert 0.005 < found.output_scale < 0.0078
    assert found.verdict.state == "ready"


def test_carried_models(carried: Carried, tmp_path: Path) -> None:
    fine, coarse = figures(carried.fine, tmp_path / "fine"), figures(carried.coarse, tmp_path / "coarse")
    assert (fine.granularity, coarse.granularity) == ("per_channel", "per_tensor")
    assert (fine.input_size, coarse.input_size) == ((256, 256), (192, 192))
    for found in (fine, coarse):
        assert (found.task, found.keypoints, found.keypoint_dims, found.output_channels) == ("pose", 17, 3, 56)
        assert (found.input.type, found.output.type) == ("uint8", "float")
        assert found.normalised is True
        assert found.published is None
        assert found.float_convolutions == 0
    assert fine.float_operations == ()
    assert coarse.float_operations, "its head is computed in float"
    # As many multiplications for each pixel, whatever the size.
    assert fine.macs / coarse.macs == pytest.approx((256 / 192) ** 2, rel=1e-3)


def test_qdq_onnx(shared: Path, tmp_path: Path) -> None:
    found = figures(shared / "models" / "st" / "yolo26_pose_256_qdq_int8.onnx", tmp_path)
    assert found.format == "onnx"
    assert found.family == "Ultralytics YOLO26n-pose model"
    assert found.classes == {0: "person"}
    assert found.keypoint_names[0] == "nose"
    assert found.granularity == "per_channel"
    assert (found.integer_convolutions, found.float_convolutions) == (111, 0)
    assert found.input.type == "float"
    assert found.normalised is True
    assert found.published is None
    assert found.verdict.state == "ready"


@pytest.mark.slow
def test_checkpoint(shared: Path, tmp_path: Path) -> None:
    found = figures(shared / "models" / "yolov8n-pose.pt", tmp_path)
    assert found.format == "pt"
    assert found.parameters == 3_289_964
    assert found.input_size == (640, 640)
    assert found.macs == pytest.approx(741_790_848 * 6.25, rel=0.001)
    assert found.product_macs == 734_218_368 * 6.25
    assert found.classes == {0: "person"}
    assert found.published_sizes["256x256"].milliseconds["4.0.0"] == 31.31
    assert found.verdict.state == "not_yet"


@pytest.mark.slow
def test_carried_checkpoint(carried: Carried, tmp_path: Path) -> None:
    found = figures(carried.checkpoint, tmp_path)
    assert (found.format, found.keypoints, found.keypoint_dims) == ("pt", 17, 3)
    assert found.parameters == pytest.approx(1.09e6, rel=0.01)
    assert found.classes == {0: "person"}
    assert found.verdict.state == "not_yet"


@pytest.mark.slow
def test_loaded_checkpoint_is_as_ultralytics_loads_it(carried: Carried) -> None:
    import torch
    from ultralytics.nn.tasks import load_checkpoint

    from n6studio.stages.checkpoint.load import load

    path = carried.checkpoint
    ours, (theirs, _) = load(path), load_checkpoint(str(path))
    image = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(ours.model(image)[0], theirs(image)[0])
    assert not ours.model.training
    assert ours.model.args == theirs.args
    assert ours.model.task == "pose"
    assert ours.keypoint_shape == (17, 3)


SAVE = """
import sys, torch
from ultralytics.nn.tasks import DetectionModel, PoseModel
kind, path = sys.argv[1:]
if kind == "detect":
    torch.save({"model": DetectionModel("yolov8n.yaml", verbose=False).half(), "train_args": {"task": "detect"}}, path)
elif kind == "hand":
    net = PoseModel("yolov8n-pose.yaml", data_kpt_shape=[21, 2], verbose=False)
    net.names, net.task = {0: "hand"}, "pose"
    net.kpt_names = {0: [f"p{i}" for i in range(21)]}
    torch.save({"model": None, "ema": net.half(), "train_args": {"imgsz": 256}, "version": "8.3.1", "epoch": 4}, path)
else:
    torch.save(DetectionModel("yolov8n.yaml", verbose=False).state_dict(), path)
"""


def saved(kind: str, path: Path) -> Path:
    subprocess.run([sys.executable, "-c", SAVE, kind, str(path)], check=True, capture_output=True)
    return path


@pytest.mark.slow
def test_detection_checkpoint_is_the_wrong_task(tmp_path: Path) -> None:
    path = saved("detect", tmp_path / "best.pt")
    with pytest.raises(WrongTask) as caught:
        figures(path, tmp_path / "run")
    assert caught.value.values["task"] == "detect"


@pytest.mark.slow
def test_weights_alone_are_no_checkpoint(tmp_path: Path) -> None:
    from n6studio.domain.errors.models import WeightsOnly

    with pytest.raises(WeightsOnly) as caught:
        figures(saved("weights", tmp_path / "it's mine.pt"), tmp_path / "run")
    assert caught.value.values["count"] > 300


@pytest.mark.slow
def test_another_skeleton(tmp_path: Path) -> None:
    found = figures(saved("hand", tmp_path / "it's mine.pt"), tmp_path / "run")
    assert (found.keypoints, found.keypoint_dims) == (21, 2)
    assert found.classes == {0: "hand"}
    assert found.keypoint_names[20] == "p20"
    assert found.input_size == (256, 256)
    assert (found.metadata["version"], found.metadata["epoch"]) == ("8.3.1", 4)
    assert found.verdict.state == "not_suitable"


@pytest.mark.parametrize("part", [0.3, 0.9])
def test_cut_tflite(carried: Carried, tmp_path: Path, part: float) -> None:
    whole = carried.fine.read_bytes()
    path = tmp_path / "cut.tflite"
    path.write_bytes(whole[: int(len(whole) * part)])
    with pytest.raises((ModelDamaged, NotAPoseModel)):
        inspect(path, "")


def test_embedded_metadata(tmp_path: Path) -> None:
    path = write_running_tflite(tmp_path / "named.tflite")
    facts = inspect(path, "")
    assert facts.metadata_embedded
    assert facts.classes == {0: "person"}
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["metadata.json"]


def test_garbage_with_the_right_beginning(tmp_path: Path) -> None:
    path = tmp_path / "x.tflite"
    path.write_bytes(b"\x1c\0\0\0TFL3" + bytes(range(256)) * 8)
    with pytest.raises((ModelDamaged, NotAPoseModel)):
        inspect(path, "")


def test_cut_onnx(tmp_path: Path) -> None:
    whole = write_pose_onnx(tmp_path / "whole.onnx", weights=10_000).read_bytes()
    path = tmp_path / "cut.onnx"
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelDamaged):
        inspect(path, "")


SAVED_MODEL = """
import sys, tensorflow as tf
class Net(tf.Module):
    def __init__(self):
        self.kernel = tf.Variable(tf.random.normal([8, 8, 3, 20]) * 0.01)
    @tf.function(input_signature=[tf.TensorSpec([1, 64, 64, 3], tf.float32, name="images")])
    def serve(self, images):
        parts = [tf.reshape(tf.nn.conv2d(images, self.kernel, s, "SAME"), [1, -1, 20]) for s in (8, 16, 32)]
        return {"output_0": tf.sigmoid(tf.transpose(tf.concat(parts, 1), [0, 2, 1]))}
net = Net()
tf.saved_model.save(net, sys.argv[1], signatures=net.serve)
"""


@pytest.mark.slow
def test_saved_model(tmp_path: Path) -> None:
    folder = tmp_path / "net"
    subprocess.run([sys.executable, "-c", SAVED_MODEL, str(folder)], check=True, capture_output=True)
    (folder / "metadata.yaml").write_text("names: {0: a}\nkpt_shape: [5, 3]\n")
    found = figures(folder, tmp_path / "run")
    assert found.format == "saved_model"
    assert found.input_size == (64, 64)
    assert (found.keypoints, found.output_candidates) == (5, 84)
    assert found.parameters == 8 * 8 * 3 * 20
    assert found.product_macs == 84 * 20 * 8 * 8 * 3
    assert found.macs == found.product_macs + 84 * 20
    assert found.normalised is True
    assert found.verdict.state == "not_yet"
