"""Ultralytics' rule is Ultralytics' rule: on each layout of data the same figures as its own `val`, to 1e-4."""

import io
import json
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
import yaml
from onnx import TensorProto, helper, numpy_helper

from n6studio.domain.pose.frames import fractions_of_image, input_to_image
from n6studio.domain.pose.preprocess import lay_in, letterbox_of_validation
from n6studio.domain.requests import InputFile
from n6studio.gates.images import read_image
from n6studio.stages.evaluate import run as evaluate
from n6studio.stages.evaluate.one_image import people_in
from n6studio.stages.evaluate.stage import EvaluateSettings
from n6studio.stages.evaluate.ultralytics import allow_torchvision
from n6studio.stages.model.runner import open_model
from n6studio.stages.process.reporter import Reporter

pytestmark = pytest.mark.slow

SIZE = (64, 64)  # width, height
NAMES = ("adult", "child", "dog")
SETTINGS = {"resize": "letterbox", "worst": 0, "confidence": 0.01, "iou": 0.5}
SHAPES = ((96, 64), (64, 96), (97, 61), (640, 427), (50, 50), (31, 64))  # width, height


def write_model(path: Path, size: tuple[int, int], classes: int, count: int, dims: int, seed: int) -> Path:
    """Write a model that finds a handful of people, whose places and classes depend on what it is shown."""
    random = np.random.default_rng(seed)
    width, height = size
    cells = 3 * (width // 8) * (height // 8)
    candidates = sum((width // stride) * (height // stride) for stride in (8, 16, 32))
    channels = 4 + classes + count * dims
    base, swing = np.zeros((channels, candidates)), np.zeros((channels, candidates))
    centres = random.uniform(0.35, 0.65, (2, candidates)) * np.array([[width], [height]])
    base[:2], swing[:2] = centres, 2
    base[2:4], swing[2:4] = random.uniform(12, 30, (2, candidates)), 3
    for point in range(count):
        row = 4 + classes + point * dims
        base[row : row + 2], swing[row : row + 2] = centres + random.uniform(-10, 10, (2, candidates)), 2
        if dims == 3:
            base[row + 2] = 0.9
    base[4 : 4 + classes], swing[4 : 4 + classes] = -3, 3  # logits
    constants = {
        "base": base[None].astype(np.float32),
        "mix": (random.standard_normal((cells, channels * candidates)) / 3 * swing.reshape(-1)).astype(np.float32),
        "half": np.float32([0.5]),
        "flat": np.int64([1, cells]),
        "shape": np.int64([1, channels, candidates]),
        "parts": np.int64([4, classes, channels - 4 - classes]),
    }
    nodes = [
        helper.make_node("AveragePool", ["images"], ["small"], kernel_shape=[8, 8], strides=[8, 8]),
        helper.make_node("Sub", ["small", "half"], ["level"]),
        helper.make_node("Reshape", ["level", "flat"], ["row"]),
        helper.make_node("MatMul", ["row", "mix"], ["swing"]),
        helper.make_node("Reshape", ["swing", "shape"], ["moved"]),
        helper.make_node("Add", ["base", "moved"], ["raw"]),
        helper.make_node("Split", ["raw", "parts"], ["boxes", "logits", "points"], axis=1),
        helper.make_node("Sigmoid", ["logits"], ["scores"]),
        helper.make_node("Concat", ["boxes", "scores", "points"], ["output0"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "people",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, (1, 3, height, width))],
        [helper.make_tensor_value_info("output0", TensorProto.FLOAT, (1, channels, candidates))],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    names = NAMES[:classes] if classes > 1 else ("person",)
    told = {"task": "pose", "stride": 32, "batch": 1, "channels": 3, "imgsz": [height, width], "end2end": False}
    told |= {"kpt_shape": [count, dims], "names": dict(enumerate(names))}
    helper.set_model_props(model, {key: str(value) for key, value in told.items()})
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())
    return path


class Layout:
    """A data set below a folder: images of several shapes, labels near what the model finds, and a YAML."""

    def __init__(
        self, folder: Path, size=SIZE, classes: int = 1, count: int = 17, dims: int = 3, seed: int = 0
    ) -> None:
        self.folder, self.size, self.count, self.dims, self.classes = folder, size, count, dims, classes
        self.random = np.random.default_rng(seed)
        folder.mkdir(parents=True)
        self.model = write_model(folder / "model.onnx", size, classes, count, dims, seed)
        self.opened = open_model(self.model)
        self.yaml = {"path": str(folder), "train": "images/val", "val": "images/val", "kpt_shape": [count, dims]}
        self.yaml["names"] = dict(enumerate(NAMES[:classes] if classes > 1 else ("person",)))

    def image(self, name: str, size: tuple[int, int], more: list[str] = (), labels: bool = True) -> Path:
        """Write an image, and labels near the people that the model finds in it, and further lines."""
        path = self.folder / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        noise = self.random.integers(0, 256, (6, 8, 3), dtype=np.uint8)
        image = cv2.resize(noise, size, interpolation=cv2.INTER_CUBIC)
        kind = ".jpg" if path.suffix in (".mpo", ".jfif") else path.suffix
        path.write_bytes(cv2.imencode(kind, image)[1].tobytes())
        if labels:
            text = self.folder / "labels" / Path(name).with_suffix(".txt")
            text.parent.mkdir(parents=True, exist_ok=True)
            text.write_text("\n".join([*self.lines(path), *more]) + "\n")
        return path

    def lines(self, path: Path) -> list[str]:
        image = read_image(path)
        size = (image.shape[1], image.shape[0])
        placement = letterbox_of_validation(size, self.size)
        output = self.opened.run(lay_in(image, placement))
        found = people_in(output, self.opened.info, EvaluateSettings(confidence=0.3, iou=0.5))[:6]
        people = fractions_of_image(input_to_image(found, placement), size)
        lines = []
        for box, points, number in zip(people.boxes, people.keypoints, people.class_numbers, strict=True):
            if self.random.random() < 0.15:
                number = self.random.integers(0, self.classes)
            corners = box.reshape(2, 2).clip(0, 1)
            values = [*corners.mean(axis=0), *(corners[1] - corners[0]).clip(0.01)]
            for x, y, _ in points:
                place = np.clip(np.array([x, y]) + self.random.normal(0, 0.008, 2), 0, 1)
                seen = int(self.random.choice([0, 1, 2, 2]))
                values += [*place, seen] if self.dims == 3 else [*place] if seen else [-0.005, -0.005]
            lines.append(" ".join([str(number), *(f"{value:.6f}" for value in values)]))
        return lines

    def many(self, folder: str = "val", suffix: str = ".jpg", first: int = 0) -> list[Path]:
        return [self.image(f"{folder}/{first + n:03}{suffix}", size) for n, size in enumerate(SHAPES * 2)]

    def row(self, number: int = 0, **changes: float) -> str:
        """Return a sound line of somebody in the middle, with changes by place: c5=1.2."""
        values = [number, 0.5, 0.5, 0.3, 0.4, *([0.5, 0.5, 2][: self.dims] * self.count)]
        for place, value in changes.items():
            values[int(place[1:])] = value
        return " ".join(str(value) for value in values)


def folder_of_images(layout):
    layout.many()


def several_folders(layout):
    layout.many("a")
    layout.many("b", ".png")
    layout.yaml["val"] = ["images/b", "images/a"]


def list_of_images(layout):
    paths = layout.many("val")[2:] + layout.many("other", first=50)[:3]
    layout.yaml["val"] = "val.txt"
    lines = [f"./{path.relative_to(layout.folder).as_posix()}" for path in paths]
    (layout.folder / "val.txt").write_text("\n".join(lines) + "\n")


def repeated_rows(layout):
    layout.many()
    for number in range(4):
        path = layout.image(f"val/r{number}.jpg", (80, 60))
        text = layout.folder / "labels" / "val" / f"{path.stem}.txt"
        lines = text.read_text().splitlines()
        text.write_text("\n".join(lines + lines[:2] + lines[::-1]))


def labels_out_of_range(layout):
    layout.many()
    layout.image("val/beyond.jpg", (80, 60), [layout.row(c5=1.2)])
    layout.image("val/unseen_beyond.jpg", (80, 60), [layout.row(c5=40, c7=0)])
    layout.image("val/negative.jpg", (80, 60), [layout.row(c6=-0.3)])
    layout.image("val/class.jpg", (80, 60), [layout.row(1)])
    layout.image("val/short.jpg", (80, 60), ["0 0.5 0.5"])
    layout.image("val/nan.jpg", (80, 60), [layout.row(c1=float("nan"))])
    layout.image("val/wide.jpg", (80, 60), [layout.row(c3=1.2)])
    layout.image("val/edge.jpg", (80, 60), [layout.row(c5=1.01, c6=-0.01)])


def other_names(layout):
    layout.many()
    layout.yaml["kpt_names"] = {0: [f"corner_{index}" for index in range(17)]}


def own_sigmas(layout):
    layout.many()
    layout.yaml["kpt_oks_sigmas"] = [round(0.03 + 0.01 * index, 3) for index in range(layout.count)]


def three_classes(layout):
    layout.many()
    layout.many(first=100)


def a_class_nobody_has(layout):
    layout.many()
    for text in (layout.folder / "labels").rglob("*.txt"):
        text.write_text("".join(line for line in text.read_text().splitlines(True) if line[0] != "2"))


def odd_images(layout):
    layout.many()
    layout.image("val/small.png", (9, 40), [layout.row()], labels=True)
    layout.image("val/unlabelled.jpg", (70, 50), labels=False)
    layout.image("val/several.mpo", (70, 50))
    layout.image("val/other.jfif", (70, 50))
    endless = layout.image("val/endless.jpg", (70, 50))
    endless.write_bytes(endless.read_bytes()[:-2])
    cut = layout.image("val/cut.jpg", (70, 50))
    cut.write_bytes(cut.read_bytes()[:-300])
    (layout.folder / "images/val/page.jpg").write_text("<!DOCTYPE html>")
    unseen = layout.image("val/unseen.jpg", (70, 50), labels=False)
    row = layout.row(**{f"c{7 + 3 * point}": 0 for point in range(layout.count)})
    (layout.folder / "labels/val" / f"{unseen.stem}.txt").write_text(f"{row}\n")


LAYOUTS = (
    (folder_of_images, {}),
    (several_folders, {"count": 5}),
    (list_of_images, {}),
    (repeated_rows, {}),
    (labels_out_of_range, {}),
    (other_names, {}),
    (own_sigmas, {"count": 6}),
    (three_classes, {"classes": 3, "count": 4}),
    (a_class_nobody_has, {"classes": 3}),
    (odd_images, {"count": 8}),
    (folder_of_images, {"dims": 2}),
    (folder_of_images, {"dims": 2, "count": 4, "classes": 2}),
    (folder_of_images, {"size": (160, 96)}),
    (folder_of_images, {"size": (64, 128), "count": 5}),
    (labels_out_of_range, {"size": (128, 96)}),
    (three_classes, {"size": (96, 64), "classes": 3, "count": 4}),
)


@pytest.fixture(scope="module")
def ultralytics(tmp_path_factory):
    """Ultralytics, with a settings folder of its own, and nothing asked of the network."""
    patch = pytest.MonkeyPatch()
    folder = str(tmp_path_factory.mktemp("config"))
    for name, value in (("YOLO_OFFLINE", "true"), ("YOLO_AUTOINSTALL", "False"), ("YOLO_CONFIG_DIR", folder)):
        patch.setenv(name, value)
    module = pytest.importorskip("ultralytics")
    allow_torchvision()
    yield module
    patch.undo()


def ours(layout, path):
    folder = layout.folder / "out"
    folder.mkdir()
    inputs = {"models": (InputFile(str(layout.model), "0" * 64),), "data": (InputFile(str(path), ""),)}
    evaluate.run(EvaluateSettings(**SETTINGS), inputs, folder, Reporter("evaluate", io.StringIO()))
    return json.loads((folder / "results.json").read_text(encoding="utf-8"))["models"][0]


@pytest.mark.parametrize("place", range(len(LAYOUTS)))
def test_the_same_figures_as_its_own_val(ultralytics, tmp_path, place):
    make, options = LAYOUTS[place]
    layout = Layout(tmp_path / "data", seed=place, **options)
    make(layout)
    path = layout.folder / "data.yaml"
    path.write_text(yaml.safe_dump(layout.yaml))
    found = ours(layout, path)
    theirs = ultralytics.YOLO(str(layout.model), task="pose").val(
        data=str(path), imgsz=max(layout.size), conf=SETTINGS["confidence"], iou=SETTINGS["iou"], batch=1, rect=False,
        workers=0, plots=False, verbose=False, device="cpu", project=str(tmp_path), name="val",
    )  # fmt: skip
    assert theirs.pose.map > 0.05
    assert found["yolo"]["map"] == pytest.approx(theirs.pose.map, abs=1e-4)
    assert found["yolo"]["map50"] == pytest.approx(theirs.pose.map50, abs=1e-4)
    if layout.classes > 1:
        own = [one["yolo_map"] for one in found["classes"] if one["yolo_map"] is not None]
        assert own == pytest.approx([float(value) for value in theirs.pose.ap], abs=1e-4)
