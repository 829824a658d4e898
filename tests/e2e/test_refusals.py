"""The table of refusals of data, models and ST's files: input, exit code, cause, and the advised step, which is run."""

import json
import os
import re
import shutil
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnx
import pytest
import yaml
from builders import ROOT, image_folder, n6
from builders_onnx import write_pose_onnx
from standins.small_tflite import write_running_tflite

pytestmark = pytest.mark.slow
CASES = Path(os.environ.get("N6_SHARED", ROOT.parent / "shared")) / "cases" / "files"
LINE = "0 0.5 0.5 0.4 0.4" + " 0.5 0.5 2" * 17


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        words: the command; '{}' is the folder that `make` fills.
        exit_code, code: how it ends, and the error's code.
        cause: what its message must say.
        steps: what its steps must say.
        then: the advised command, where it is one of ours, and how it must end; () where the step is not a command.
    """

    make: str
    words: tuple[str, ...]
    exit_code: int
    code: str
    cause: str
    steps: str
    then: tuple[str, ...] = field(default=())
    ends: int = 0


EVALUATE = ("evaluate", "{}/net.onnx", "--data")
TABLE = {
    "annotations of images that are not listed": Row(
        "strays", (*EVALUATE, "{}/labels.json"), 3, "N6S-D11", "none of its 1 annotations .* belongs to an image",
        "give their folder in place of the labels", (*EVALUATE, "{}/images"),
    ),
    "a keypoint that is no number": Row(
        "nan", (*EVALUATE, "{}/labels.json"), 3, "N6S-D08", r"annotation 1 of image 1", "Mend what is named above",
    ),
    "label files that are all faulty": Row(
        "faulty", (*EVALUATE, "{}/data.yaml"), 3, "N6S-D16", "line 1 has 3 values where 56 are needed",
        "Correct the lines, or kpt_shape",
    ),
    "images that moved": Row(
        "moved", (*EVALUATE, "{}/labels.json"), 3, "N6S-D04", "4 of 4 were not found", "--images FOLDER",
        (*EVALUATE, "{}/labels.json", "--images", "{}/elsewhere"),
    ),
    "images of a YAML that moved": Row(
        "yaml_moved", (*EVALUATE, "{}/data.yaml"), 3, "N6S-D04", "not found", "--images FOLDER",
        (*EVALUATE, "{}/data.yaml", "--images", "{}/elsewhere"),
    ),
    "a folder without images": Row(
        "nothing", (*EVALUATE, "{}/empty"), 3, "N6S-D01", "Files checked: 1.", "Choose a folder with images",
    ),
    "XML that declares entities": Row(
        "entities", (*EVALUATE, "{}/a.xml"), 3, "N6S-D02", "DOCTYPE is not allowed", "CVAT's annotations.xml",
    ),
    "a factor where the script divides": Row(
        "inverted", ("quantize", "--config", "{}/user_config.yaml"), 3, "N6S-C03", "you probably mean 255", "Correct",
    ),
    "a file of the zoo for deployment": Row(
        "deployment", ("quantize", "--config", "{}/user_config.yaml"), 3, "N6S-C04", "operation_mode 'deployment'",
        "n6studio deploy --config FILE", ("deploy", "--config", "{}/user_config.yaml"), 3,
    ),
    "a file of the zoo without a model": Row(
        "no_model", ("quantize", "--config", "{}/user_config.yaml"), 3, "N6S-C02", "general.model_path", "Add general",
    ),
    "a check of labels that are none": Row(
        "nan", ("data", "{}/labels.json"), 3, "N6S-D08", "annotation 1 of image 1", "Mend what is named above",
    ),
}  # fmt: skip


def coco(folder, image_id=1, x=10.0, names=("000.jpg",)):
    person = {"id": 1, "name": "person", "keypoints": [f"p{index}" for index in range(17)]}
    row = {"id": 1, "image_id": image_id, "category_id": 1, "bbox": [1, 1, 20, 20], "keypoints": [x, 10, 2] * 17}
    images = [{"id": number, "file_name": name} for number, name in enumerate(names, 1)]
    content = {"images": images, "annotations": [row], "categories": [person]}
    (folder / "labels.json").write_text(json.dumps(content))


def ultralytics(folder, line):
    (folder / "labels").mkdir()
    for number in range(4):
        (folder / f"labels/{number:03}.txt").write_text(line)
    described = {"path": ".", "val": "images", "kpt_shape": [17, 3], "names": ["person"]}
    (folder / "data.yaml").write_text(yaml.safe_dump(described))


def st_file(folder, **sections):
    (folder / "user_config.yaml").write_text(yaml.safe_dump(sections))


def make(kind, folder):
    write_pose_onnx(folder / "net.onnx")
    images = image_folder(folder / "images")
    if kind == "strays":
        coco(folder, image_id=99)
    elif kind == "nan":
        coco(folder, x=float("nan"))
    elif kind == "faulty":
        ultralytics(folder, "0 0.5 0.5")
    elif kind == "moved":
        coco(folder, names=tuple(f"{number:03}.jpg" for number in range(4)))
        images.rename(folder / "elsewhere")
    elif kind == "yaml_moved":
        ultralytics(folder, LINE)
        images.rename(folder / "elsewhere")
    elif kind == "nothing":
        (folder / "empty").mkdir()
        (folder / "empty" / "notes.txt").write_text("x")
    elif kind == "entities":
        (folder / "a.xml").write_text('<!DOCTYPE a [<!ENTITY b "c">]><annotations/>')
    elif kind == "inverted":
        model = {"name": "n", "uc": "pose", "model_path": "net_saved_model", "input_shape": [64, 64, 3]}
        how = {"quantization_type": "per_channel", "calib_dataset_path": "images"}
        st_file(folder, model=model, quantization=how, pre_processing={"rescaling": {"scale": 1 / 255, "offset": 0}})
    else:
        general = {} if kind == "no_model" else {"model_path": "net.tflite"}
        mode = "quantization" if kind == "no_model" else "deployment"
        rescaling = {"rescaling": {"scale": "1/255", "offset": 0}}
        st_file(folder, general={"model_type": "yolo_mpe", **general}, operation_mode=mode, preprocessing=rescaling)


def run(words, folder):
    return n6(*(word.replace("{}", str(folder)) for word in words), cwd=folder)


def assert_row(row, folder):
    """Run a row's command, hold its message against the row, and take the step that it advises."""
    done = run(row.words, folder)
    assert done.code == row.exit_code, done.err
    assert f"[{row.code}]" in done.err
    assert re.search(row.cause, done.err), done.err
    numbered = "\n".join(line for line in done.err.splitlines() if re.match(r"  \d\. ", line))
    assert row.steps in numbered, done.err
    if row.then:
        again = run(row.then, folder)
        assert again.code == row.ends, again.err
        assert f"[{row.code}]" not in again.err
        assert "N6S-X" not in again.err


@pytest.mark.parametrize("name", list(TABLE))
def test_cause_and_steps_are_true(tmp_path, name):
    row = TABLE[name]
    make(row.make, tmp_path)
    assert_row(row, tmp_path)


MODELS = {
    "a QDQ .onnx for the board": Row(
        "qdq", ("deploy", "{}/qdq.onnx", "--board", "virtual"), 3, "N6S-T90", "it is a QDQ .onnx", "n6studio evaluate",
        ("evaluate", "{}/qdq.onnx", "--data", "{}/images"),
    ),
    "a QDQ .onnx that the virtual board shall run": Row(
        "qdq", ("virtual-board", "--model", "{}/qdq.onnx", "--frames", "1"), 3, "N6S-T90", "it is a QDQ .onnx",
        "The .tflite that comes of it is the one to deploy",
    ),
    "a QDQ .onnx that shall be quantized": Row(
        "qdq", ("quantize", "{}/qdq.onnx", "--fake"), 3, "N6S-M25", "computes in integers", "n6studio inspect",
        ("inspect", "{}/qdq.onnx"),
    ),
    "a float .onnx for the board": Row(
        "onnx", ("deploy", "{}/net.onnx", "--board", "virtual"), 3, "N6S-T13", "floating point", "n6studio quantize",
    ),
    "two files of which one is no .tflite": Row(
        "onnx", ("diff", "{}/net.onnx", "{}/net.onnx"), 3, "N6S-M26", "this is an .onnx file", "n6studio evaluate",
        ("evaluate", "{}/net.onnx", "--against", "{}/net.onnx", "--data", "{}/images"),
    ),
    "an output that nothing proves": Row(
        "unknown", ("evaluate", "{}/net.onnx", "--data", "{}/images"), 3, "N6S-M17", "1 class, 17 keypoints x 3",
        "--save-copy FILE", ("inspect", "{}/net.onnx", "--layout", "1x17x3", "--save-copy", "{}/said.onnx"),
    ),
    "a Keras file with code in it": Row(
        "lambda", ("inspect", "{}/net.keras"), 3, "N6S-M30", "names the class Lambda", "model.export('FOLDER')",
    ),
    "a model for four images at a time": Row(
        "batch", ("evaluate", "{}/net.onnx", "--data", "{}/images"), 3, "N6S-M37", "takes 4 images at a time",
        "export with batch=1",
    ),
    "finished detections, to be quantized": Row(
        "end_to_end", ("quantize", "{}/net.onnx", "--fake"), 3, "N6S-M38", "finished detections", "end2end=False",
        ("evaluate", "{}/net.onnx", "--data", "{}/images"),
    ),
    "another size than is expected": Row(
        "onnx", ("quantize", "{}/net.onnx", "--fake", "--expect-width", "96"), 3, "N6S-M09",
        "takes 64x64, where 96x64 is expected", "correct what is expected",
    ),
    "a Keras file that is cut off": Row(
        "cut_keras", ("inspect", "{}/net.keras"), 3, "N6S-M10", "cannot be read as Keras file", "Copy it again",
    ),
    "a Keras file that is cut off, to be quantized": Row(
        "cut_keras", ("quantize", "{}/net.keras", "--fake"), 3, "N6S-M10", "cannot be read as Keras file",
        "Copy it again",
    ),
    "a text that is to be compared": Row(
        "text", ("diff", "{}/net.tflite", "{}/net.tflite"), 3, "N6S-M34", "Found: a text file",
        "Choose a quantized .tflite",
    ),
    "what is no layout, for a comparison": Row(
        "tflite", ("diff", "{}/net.tflite", "{}/net.tflite", "--layout", "foo"), 2, "N6S-I04", "for --layout: foo",
        "Use one of the allowed values", ("diff", "{}/net.tflite", "{}/net.tflite", "--layout", "1x17x3"),
    ),
    "a split head as ONNX": Row(
        "onnx", ("quantize", "{}/net.onnx", "--fake", "--onnx", "--head", "split"), 2, "N6S-M35",
        "written as .tflite only", "leave out the ONNX copy",
    ),
    "an .onnx that is called .tflite": Row(
        "onnx_as_tflite", ("deploy", "{}/net.tflite", "--board", "virtual"), 3, "N6S-T13", "floating point",
        "n6studio quantize",
    ),
    "a place that takes no files": Row(
        "onnx", ("evaluate", "{}/net.onnx", "--data", "{}/images", "-o", "/proc/somewhere"), 7, "N6S-S06",
        "such as /proc", "in your home folder", ("evaluate", "{}/net.onnx", "--data", "{}/images", "-o", "{}/out"),
    ),
    "four detection levels, at a size for three": Row(
        "p6-checkpoint", ("export", "{}/case/p6.pt", "--imgsz", "96", "-o", "{}/out"), 2, "N6S-M08", "multiples of 64",
        "Use 64 or 128", ("inspect", "{}/case/p6.pt", "--imgsz", "128"),
    ),
    "a .tflite that is cut off": Row(
        "cut", ("inspect", "{}/net.tflite"), 3, "N6S-M10", "cannot be read as .tflite", "Copy it again",
    ),
    "a .tflite that shall be quantized": Row(
        "tflite", ("quantize", "{}/net.tflite", "--fake"), 3, "N6S-M11", "this is a .tflite file",
        "use it as it is",
        ("evaluate", "{}/net.tflite", "--data", "{}/images"),
    ),
    "a text where a checkpoint should be": Row(
        "text", ("inspect", "{}/best.pt"), 3, "N6S-M01", "it is a text file", "use last.pt from the same training run",
    ),
    "an .onnx whose weights are missing": Row(
        "onnx-external-data-missing", ("inspect", "{}/case/net.onnx"), 3, "N6S-M20", "net.onnx.data", "Copy",
    ),
    "a wrapper for several GPUs": Row(
        "data-parallel-wrapped", ("inspect", "{}/case/dp.pt"), 3, "N6S-M21", "DataParallel", "model.module",
    ),
    "candidates first, for the board": Row(
        "candidates-first", ("deploy", "{}/case/net.onnx", "--board", "virtual"), 3, "N6S-T13", "floating point",
        "n6studio run MODEL.pt",
    ),
    "16-bit activations, for the board": Row(
        "int16-activations-called-ready", ("deploy", "{}/case/net_int16x8.tflite", "--board", "virtual"), 3, "N6S-T87",
        "int16", "n6studio inspect", ("inspect", "{}/case/net_int16x8.tflite"),
    ),
}  # fmt: skip


def make_model(kind, folder):
    image_folder(folder / "images")
    if kind == "qdq":
        source = CASES.parents[1] / "models" / "st" / "yolo26_pose_256_qdq_int8.onnx"
        if not source.is_file():
            pytest.skip("ST's models are not here")
        shutil.copyfile(source, folder / "qdq.onnx")
    elif kind in ("onnx", "unknown"):
        write_pose_onnx(folder / "net.onnx")
        if kind == "unknown":
            model = onnx.load(folder / "net.onnx")
            del model.metadata_props[:]
            onnx.save(model, folder / "net.onnx")
    elif kind in ("batch", "end_to_end"):
        model = onnx.load(write_pose_onnx(folder / "net.onnx"))
        if kind == "batch":
            model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 4
        else:
            rows = onnx.numpy_helper.from_array(np.zeros((1, 300, 57), np.float32), "table")
            model.graph.initializer[0].CopyFrom(rows)
            for side, size in zip(model.graph.output[0].type.tensor_type.shape.dim, rows.dims, strict=True):
                side.dim_value = size
        onnx.save(model, folder / "net.onnx")
    elif kind == "onnx_as_tflite":
        write_pose_onnx(folder / "net.onnx").rename(folder / "net.tflite")
    elif kind == "cut_keras":
        with zipfile.ZipFile(folder / "net.keras", "w") as archive:
            archive.writestr("config.json", "{}")
            archive.writestr("model.weights.h5", bytes(5000))
        whole = (folder / "net.keras").read_bytes()
        (folder / "net.keras").write_bytes(whole[: len(whole) // 2])
    elif kind in ("tflite", "cut"):
        whole = write_running_tflite(folder / "net.tflite").read_bytes()
        if kind == "cut":
            (folder / "net.tflite").write_bytes(whole[: len(whole) // 2])
    elif kind == "lambda":
        layer = {"module": "keras.layers", "class_name": "Lambda", "config": {}, "registered_name": None}
        described = {"module": "keras", "class_name": "Sequential", "config": {"layers": [layer]}}
        with zipfile.ZipFile(folder / "net.keras", "w") as archive:
            archive.writestr("config.json", json.dumps(described))
            archive.writestr("model.weights.h5", b"")
    elif kind == "text":
        (folder / "best.pt").write_text("not a checkpoint, but words")
        (folder / "net.tflite").write_text("no model, but words")
    else:
        if not (CASES / kind).is_dir():
            pytest.skip("the shared cases are not here")
        shutil.copytree(CASES / kind, folder / "case", copy_function=shutil.copyfile)


@pytest.mark.parametrize("name", list(MODELS))
def test_models_are_refused_with_cause_and_steps(tmp_path, name):
    row = MODELS[name]
    make_model(row.make, tmp_path)
    assert_row(row, tmp_path)


# What lies in the shared cases about data and ST's files: how the command ends, and what it says.
SHARED = {
    "annotations-point-nowhere": (("--data", "labels.json"), 3, "none of its 2 annotations"),
    "category-id-as-text": (("--data", "labels.json"), 0, "Labels: read 2, used all"),
    "class-ignored": (("--data", "data.yaml", "--resize", "letterbox"), 0, "The labels have 3 classes"),
    "duplicate-rows": (("--data", "data.yaml", "--resize", "letterbox"), 0, "Labels: read 4, used 2, left out 2"),
    "nan-keypoint": (("--data", "labels.json"), 3, "annotation 1 of image 1"),
    "origin-points-marked-labelled": (("--data", "labels.json"), 0, "4 of 8 labelled keypoints lie exactly at 0, 0"),
    "skipped-suffix": (("--data", "data.yaml"), 0, "Images: read 4, used all"),
    "string-ids": (("--data", "labels.json"), 0, "Labels: read 2, used all"),
    "model-zoo-quantization-config": ((), 0, "Images: read 4, used all"),
    "rescaling-scale-inverted": ((), 3, "you probably mean 255"),
}


@pytest.mark.parametrize("name", list(SHARED))
def test_shared_cases(tmp_path, name):
    if not (CASES / name).is_dir():
        pytest.skip("the shared cases are not here")
    words, exit_code, told = SHARED[name]
    for one in CASES.iterdir():  # some name what lies in another
        shutil.copytree(one, tmp_path / one.name, copy_function=shutil.copyfile)
    for place in [tmp_path, *tmp_path.rglob("*")]:
        place.chmod(0o755 if place.is_dir() else 0o644)
    command = ("evaluate", "net.onnx", *words) if words else ("quantize", "--config", "user_config.yaml")
    done = n6(*command, cwd=tmp_path / name)
    assert done.code == exit_code, done.err
    assert told in done.out + done.err
