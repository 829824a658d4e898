"""Everything that reads foreign files, with small sound files to start from. Heavy imports stay inside the readers."""

import io
import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

from fuzz.reader import Reader, placed
from fuzz.readers_board import BOARD_READERS
from fuzz.readers_kept import KEPT_READERS
from fuzz.readers_link import LINK_READERS
from fuzz.readers_media import MEDIA_READERS

TESTS = Path(__file__).resolve().parent.parent
FIXTURES = TESTS / "fixtures"
DEMO = TESTS.parent / "resources" / "demo" / "n6demo-pose.pt"


# --- models ----------------------------------------------------------------------------------------------------------


def _description(_folder: Path) -> list[bytes]:
    with zipfile.ZipFile(DEMO) as archive:
        return [archive.read(next(name for name in archive.namelist() if name.endswith("data.pkl")))]


def _read_pickle(data: bytes, _folder: Path) -> None:
    from n6studio.stages.checkpoint.architecture import describe_checkpoint
    from n6studio.stages.checkpoint.pickle import read_pickles
    from n6studio.stages.checkpoint.plain_pickle import UnreadablePickle, read_plain
    from n6studio.stages.checkpoint.plain_values import Undescribed

    read_pickles(data)
    try:
        describe_checkpoint(read_plain(data))
    except (UnreadablePickle, Undescribed):
        return


def _checkpoints(_folder: Path) -> list[bytes]:
    described = pickle.dumps({"epoch": 3, "version": "8.3.40", "train_args": {"imgsz": 640}, "date": "2026-11-26"}, 2)
    found = []
    for compression in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", compression) as archive:
            for name, content in (("data.pkl", described), ("version", b"3\n"), ("data/0", bytes(64))):
                archive.writestr(f"best/{name}", content)
        found.append(packed.getvalue())
    return [*found, described]


def _read_checkpoint(data: bytes, folder: Path) -> None:
    from n6studio.stages.checkpoint.scan import scan

    scan(placed(folder, "best.pt", data))


def _keras_files(_folder: Path) -> list[bytes]:
    import h5py

    layer = {"module": "keras.layers", "class_name": "Dense", "config": {"units": 2}, "registered_name": None}
    described = json.dumps({"module": "keras", "class_name": "Sequential", "config": {"layers": [layer]}})
    weights = io.BytesIO()
    with h5py.File(weights, "w") as file:
        file.create_dataset("layers/dense/vars/0", data=[[0.5, 0.25]])
        file.attrs["model_config"] = described
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("config.json", described)
        archive.writestr("model.weights.h5", weights.getvalue())
    return [packed.getvalue()]


def _read_keras(data: bytes, folder: Path) -> None:
    from n6studio.stages.model.keras_gate import admit_keras

    admit_keras(placed(folder, "a.keras", data))


def _tflites(folder: Path) -> list[bytes]:
    from builders_tflite import build_tflite
    from standins.small_tflite import write_pose_tflite, write_running_tflite

    path = folder / "seed.tflite"
    return [make(path, size=32).read_bytes() for make in (build_tflite, write_pose_tflite, write_running_tflite)]


def _read_tflite(data: bytes, folder: Path) -> None:
    from n6studio.stages.inspect.tflite import read_tflite
    from n6studio.stages.model.runner import read_metadata

    path = placed(folder, "model.tflite", data)
    read_metadata(path)
    read_tflite(path)


def _with_metadata(folder: Path) -> list[bytes]:
    from n6studio.stages.model.tflite_metadata import embed_metadata

    path = placed(folder, "seed.tflite", bytes(40))
    embed_metadata(path, {"task": "pose", "imgsz": [64, 64], "names": {"0": "person"}, "kpt_shape": [17, 3]})
    return [path.read_bytes()]


def _read_metadata(data: bytes, folder: Path) -> None:
    from n6studio.stages.model.layout import find_layout
    from n6studio.stages.model.runner import read_metadata

    path = placed(folder, "model.tflite", data)
    find_layout(path, (1, 56, 84), (64, 64), read_metadata(path))


def _onnxes(folder: Path) -> list[bytes]:
    from builders_onnx import write_pose_onnx

    return [write_pose_onnx(folder / "seed.onnx", size=32).read_bytes()]


def _read_onnx(data: bytes, folder: Path) -> None:
    from n6studio.stages.model.onnx_gate import admit_onnx

    admit_onnx(placed(folder, "model.onnx", data))


def _saved_models(_folder: Path) -> list[bytes]:
    from tensorflow.core.protobuf import saved_model_pb2

    model = saved_model_pb2.SavedModel(saved_model_schema_version=1)
    graph = model.meta_graphs.add()
    shape = graph.graph_def.node.add(name="dims", op="Const")
    shape.attr["value"].tensor.tensor_shape.dim.add(size=2)
    shape.attr["value"].tensor.int_val.extend((200, 200))
    graph.graph_def.node.add(name="fill", op="Fill").input.extend(("dims", "value"))
    for name in ("__inference_a", "__inference_b"):
        function = graph.graph_def.library.function.add()
        function.signature.name = name
        function.signature.input_arg.add(name="images")
        function.node_def.add(name="again", op="Relu").input.append("images")
    call = graph.graph_def.node.add(name="call", op="PartitionedCall")
    call.attr["f"].func.name = "__inference_a"
    return [model.SerializeToString()]


def _read_saved_model(data: bytes, folder: Path) -> None:
    from n6studio.stages.model.saved_model_gate import admit_saved_model

    admit_saved_model(placed(folder, "net_saved_model/saved_model.pb", data).parent)


# --- texts -----------------------------------------------------------------------------------------------------------


def _project_files(_folder: Path) -> list[bytes]:
    return [(FIXTURES / "project-2026-11" / "project.n6.yaml").read_bytes(), b"schema: 1\nmodel: a.pt\n"]


def _read_project(data: bytes, folder: Path) -> None:
    from n6studio.engine.project.project import load_project

    load_project(placed(folder, "project.n6.yaml", data).parent)


ST_QUANTIZE = b"""model:
  name: yolov8n_256
  uc: pose_coco
  model_path: ./yolov8n-pose_saved_model
  input_shape: [256, 256, 3]
quantization:
  fake: False
  quantization_type: per_channel
  quantization_input_type: uint8
  quantization_output_type: float
  calib_dataset_path: ./calibration
  export_path: ./quantized_models
pre_processing:
  rescaling: {scale : 255, offset : 0}
"""
ST_DEPLOY = b"""general:
   model_path: ./pose.tflite
   model_type: yolo_mpe
operation_mode: deployment
preprocessing:
   resizing: {aspect_ratio: crop, interpolation: nearest}
postprocessing:
   kpts_conf_thresh: 0.15
   confidence_thresh: 0.6
   max_detection_boxes: 7
   NMS_thresh: 0.4
tools:
   stedgeai: {version: 10.2.0, optimization: balanced, on_cloud: False, path_to_stedgeai: C:/ST/<x.y>/stedgeai.exe}
deployment:
   c_project_path: ../application_code/
   IDE: GCC
   hardware_setup:
      serie: STM32N6
      board: STM32N6570-DK
"""


def _read_st_quantize(data: bytes, folder: Path) -> None:
    from n6studio.engine.st_files.quantize_yaml import read_st_config

    read_st_config(placed(folder, "user_config.yaml", data))


def _read_st_deploy(data: bytes, folder: Path) -> None:
    from n6studio.engine.st_files.deploy_yaml import read_st_deployment

    read_st_deployment(placed(folder, "user_config.yaml", data))


def _skeletons(_folder: Path) -> list[bytes]:
    whole = (FIXTURES / "project-2026-11" / "project.n6.yaml").read_bytes()
    names = json.dumps({"names": {"0": "person"}, "kpt_shape": [3, 3], "kpt_names": {"0": ["a", "left b", "right b"]}})
    return [whole[whole.index(b"skeleton:") :], names.encode()]


def _read_skeleton(data: bytes, folder: Path) -> None:
    from n6studio.engine.project.skeletons import read_skeleton

    read_skeleton(placed(folder, "skeleton.yaml", data))


def _results(_folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(FIXTURES.glob("project-2026-11/runs/evaluate/*/results.json"))]


def _read_results(data: bytes, folder: Path) -> None:
    from n6studio.engine.project.evaluations import read_results

    read_results(placed(folder, "results.json", data))


def _trained(_folder: Path) -> list[bytes]:
    convolution = {"name": "model.0.conv", "steps": [0.01, 0.002], "codes": "0" * 64, "input": 3.5}
    account = {"read": 3, "weights": 1, "inputs": 1, "left_out": {"not readable": 1}}
    return [json.dumps({"account": account, "convolutions": [convolution] * 2}).encode()]


def _read_trained(data: bytes, folder: Path) -> None:
    from n6studio.stages.model.trained_ranges import UnusableRanges, read_trained

    try:
        read_trained(placed(folder, "trained_ranges.json", data).parent)
    except UnusableRanges:
        return


def _stored(_folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(FIXTURES.glob("project-2026-11/runs/*/*/*.result.json"))]


def _read_stored(data: bytes, folder: Path) -> None:
    from n6studio.engine.chain.states import states_of
    from n6studio.engine.jobs.hashing import HashCache
    from n6studio.engine.project.history import evaluated_runs
    from n6studio.engine.project.project import load_project
    from n6studio.stages.registry import STAGES

    placed(folder, "project.n6.yaml", b"schema: 2\nmodel: model.pt\n")
    placed(folder, "model.pt", b"")
    for stage in STAGES:
        placed(folder, f"runs/{stage}/000000000000/{stage}.result.json", data)
    project = load_project(folder)
    states_of(project, HashCache())
    evaluated_runs(project)


def _read_shown(data: bytes, folder: Path) -> None:
    """Read what the Evaluate page reads and draw its charts."""
    import inspect

    from n6studio.domain.charts.evaluation import breakdown, keypoints, overview
    from n6studio.domain.colours import LIGHT
    from n6studio.report.svg import drawing
    from n6studio.ui.pages.evaluate.data import load_evaluation

    known = next(iter(sorted(FIXTURES.glob("project-2026-11/runs/evaluate/*"))))
    people = data.startswith(b'{"schema"')
    outputs = {
        "results": known / "results.json" if people else placed(folder, "results.json", data),
        "people": placed(folder, "people.jsonl", data) if people else known / "people.jsonl",
    }
    charted = load_evaluation(outputs).charted()
    for part in (breakdown, keypoints, overview):
        for name, chart in inspect.getmembers(part, inspect.isfunction):
            if not name.startswith("_") and chart.__module__ == part.__name__:
                drawn = chart(charted)
                if drawn is not None:
                    drawing(drawn, LIGHT)


def _shown(folder: Path) -> list[bytes]:
    lines = [path.read_bytes() for path in sorted(FIXTURES.glob("project-2026-11/runs/evaluate/*/people.jsonl"))]
    return [*_results(folder), *lines]


def _unusable() -> type[Exception]:
    from n6studio.ui.pages.evaluate.data import ResultsUnusable

    return ResultsUnusable


def _malformed() -> type[Exception]:
    import msgspec

    return msgspec.MsgspecError


def _labels(folder: Path) -> list[bytes]:
    found = json.loads(
        (FIXTURES / "project-2026-11/pictures/calibration/annotations/person_keypoints.json").read_text()
    )
    found["annotations"], found["images"] = found["annotations"][:3], found["images"][:2]
    for image in found["images"]:
        placed(folder, image["file_name"], b"")
    return [json.dumps(found).encode()]


def _read_labels(data: bytes, folder: Path) -> None:
    from n6studio.stages.datasets.load import open_dataset

    open_dataset(placed(folder, "labels.json", data), skip_missing=True)


def _foreign_labels(name: str) -> Callable[[bytes, Path], None]:
    """Return a reader of labels of another tool, whose form is told by the file's name."""

    def read(data: bytes, folder: Path) -> None:
        from n6studio.stages.datasets.load import open_dataset

        placed(folder, "images/a.jpg", b"x")
        open_dataset(placed(folder, name, data), skip_missing=True)

    return read


CVAT = b"""<annotations><meta><job><labels><label><name>person</name></label><label><name>nose</name>
<parent>person</parent></label></labels></job></meta><image id="0" name="a.jpg" width="40" height="20">
<box label="person" xtl="1" ytl="2" xbr="11" ybr="14" group_id="1"/><skeleton label="person" group_id="1">
<points label="nose" occluded="1" outside="0" points="6.0,4.0"/></skeleton></image></annotations>"""
LABEL_STUDIO = json.dumps(
    [
        {
            "data": {"img": "/data/upload/1/0a1b2c3d-a.jpg"},
            "annotations": [
                {
                    "result": [
                        {
                            "id": "r1", "value": {"x": 1, "y": 2, "width": 3, "height": 4, "rectanglelabels": ["dog"]},
                            "original_width": 40, "original_height": 20,
                        },
                        {"id": "k1", "parentID": "r1", "value": {"x": 20.5, "y": 30, "keypointlabels": ["nose"]}},
                    ]
                }
            ],
        }
    ]
).encode()  # fmt: skip
NDJSON = b"""{"type": "dataset", "task": "pose", "kpt_shape": [1, 3], "class_names": {"0": "person"}}
{"type": "image", "file": "a.jpg", "width": 40, "height": 20, "annotations": {"pose": [[0, 0.5, 0.5, 1, 1, 0.5, 1, 2]]}}
"""


def _yolo(_folder: Path) -> list[bytes]:
    places = sorted((FIXTURES / "project-2026-11/pictures/calibration/labels").glob("*.txt"))
    return [path.read_bytes() for path in places[:3]]


def _read_yolo(data: bytes, folder: Path) -> None:
    from n6studio.stages.datasets.load import open_dataset

    placed(folder, "images/1.png", b"")
    placed(folder, "labels/1.txt", data)
    yaml = placed(folder, "data.yaml", b"path: .\nval: images\nkpt_shape: [17, 3]\nnames: {0: person}\n")
    open_dataset(yaml)


def _yolo_yaml(_folder: Path) -> list[bytes]:
    return [b"path: .\ntrain: images\nval: [images]\nkpt_shape: [2, 3]\nflip_idx: [1, 0]\nnames:\n  0: person\n"]


def _read_yolo_yaml(data: bytes, folder: Path) -> None:
    from n6studio.stages.datasets.load import open_dataset

    placed(folder, "images/1.png", b"")
    placed(folder, "labels/1.txt", b"0 0.5 0.5 0.1 0.1 0.4 0.4 2 0.6 0.6 1\n")
    open_dataset(placed(folder, "data.yaml", data), skip_missing=True)


READERS: dict[str, Reader] = {
    "pickle": Reader(_read_pickle, _description),
    "checkpoint": Reader(_read_checkpoint, _checkpoints, words=(b"PK\x01\x02", b"PK\x05\x06", b"data.pkl")),
    "tflite": Reader(_read_tflite, _tflites, words=(b"TFL3",)),
    "tflite_metadata": Reader(_read_metadata, _with_metadata, words=(b"PK\x01\x02", b"kpt_shape", b"[1, 2, 3]")),
    "onnx": Reader(_read_onnx, _onnxes, words=(b"Loop", b"ConstantOfShape", b"location")),
    "keras": Reader(_read_keras, _keras_files, words=(b"Lambda", b"class_name", b"\x89HDF")),
    "saved_model": Reader(_read_saved_model, _saved_models, words=(b"WriteFile", b"__inference_b"), slow=True),
    "project": Reader(_read_project, _project_files, words=(b"settings:", b"skeleton:", b"imgsz: ", b"mirror: ")),
    "st_quantize": Reader(_read_st_quantize, lambda _: [ST_QUANTIZE], words=(b"model_path", b"[1, 2]", b"uint8")),
    "st_deploy": Reader(_read_st_deploy, lambda _: [ST_DEPLOY], words=(b"keypoints: ", b"stlink_serial_number: ")),
    "skeleton": Reader(_read_skeleton, _skeletons, words=(b"sigma: ", b"bones:", b"kpt_names", b"flip_idx")),
    "results": Reader(_read_results, _results, refusals=(_malformed(),), words=(b"\"models\"",)),
    "trained_ranges": Reader(_read_trained, _trained, words=(b"\"steps\":", b"\"input\":", b"NaN", b"1e-400")),
    "stored_result": Reader(_read_stored, _stored, words=(b"\"outputs\":", b"\"figures\":", b"\"inputs\":")),
    "evaluation_page": Reader(_read_shown, _shown, refusals=(_unusable(),), words=(b"\"ap\":", b"\"oks\":", b"NaN")),
    "coco_labels": Reader(_read_labels, _labels, words=(b"\"keypoints\":", b"\"image_id\":", b"\"bbox\":")),
    "cvat": Reader(_foreign_labels("a.xml"), lambda _: [CVAT], words=(b"<points", b"group_id=", b"<!ENTITY")),
    "label_studio": Reader(
        _foreign_labels("a.json"), lambda _: [LABEL_STUDIO], words=(b"\"value\":", b"\"parentID\":", b"\"result\":")
    ),
    "ndjson": Reader(_foreign_labels("a.ndjson"), lambda _: [NDJSON], words=(b"\"pose\":", b"\"kpt_shape\":")),
    "yolo_labels": Reader(_read_yolo, _yolo, words=(b"0 0.5 0.5 0.1 0.1", b"-0.0", b"1e-400")),
    "yolo_yaml": Reader(_read_yolo_yaml, _yolo_yaml, words=(b"kpt_shape: ", b"path: ", b"val: ", b"images.txt")),
    **BOARD_READERS,
    **KEPT_READERS,
    **LINK_READERS,
    **MEDIA_READERS,
}  # fmt: skip
