"""What tests are made of: the program as a user starts it, checkpoints, small SavedModels, images of every kind."""

import json
import os
import struct
import subprocess
import sys
import time
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import psutil

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = (sys.executable, "-m", "n6studio.cli")


# --- the program -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Done:
    """What a command left: exit code, standard output and error, and the JSON object where --json was given."""

    code: int
    out: str
    err: str
    data: dict[str, Any] = field(default_factory=dict)


def program_environment(**changes: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), **changes}


def n6(*words: object, cwd: Path, timeout: float = 240, **environment: str) -> Done:
    """Run a command to its end, as a user would."""
    arguments = [str(word) for word in words]
    done = subprocess.run(
        [*PROGRAM, *arguments],
        cwd=cwd,
        env=program_environment(**environment),
        capture_output=True,
        text=True,
        errors="replace",
        timeout=timeout,
        check=False,
    )
    data = json.loads(done.stdout) if "--json" in arguments and done.stdout else {}
    return Done(done.returncode, done.stdout, done.stderr, data)


def explored(carried: Any, folder: Path, sizes: str, workers: int, *more: object) -> dict[str, Any]:
    """Return what `n6studio explore` says of sizes of the carried checkpoint, whose files are in `folder`."""
    words = ["explore", carried.checkpoint, "--calibration", carried.calibration, "--data", carried.labels]
    words += ["--sizes", sizes, "--schemes", "st", "--max-images", 5, "--workers", workers, "-o", folder, *more]
    done = n6(*words, "--json", "--quiet", cwd=folder.parent)
    assert done.code == 0, done.err
    return dict(done.data["exploration"])


def assert_told(done: Done, code: str, exit_code: int) -> dict[str, Any]:
    """The failure came out right: exit code, advice in words, JSON object, no traceback. Return the error's fields."""
    assert done.code == exit_code, done.err
    assert f"[{code}]" in done.err, done.err
    assert "\n  1. " in done.err, "no numbered step"
    assert "Traceback" not in done.err + done.out
    if not done.data:
        return {}
    assert done.data["ok"] is False
    error = done.data["error"]
    assert error["code"] == code
    assert error["title"] in done.err
    assert error["why"]
    assert error["steps"]
    return dict(error["fields"])


def assert_tidy(folder: Path) -> None:
    """Nothing half-written is left below `folder`."""
    left = [path for path in folder.rglob("*") if path.name.endswith((".partial", ".part", ".replaced"))]
    left += list(folder.rglob(".n6studio-*"))
    assert left == []


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file's bytes, logs and locks left out: what a failure must not change."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix not in (".log", ".lock") and path.name != ".hashes.json"
    }


class Running:
    """A command that is still running."""

    def __init__(self, *words: object, cwd: Path, **environment: str) -> None:
        self.process = subprocess.Popen(
            [*PROGRAM, *map(str, words)],
            cwd=cwd,
            env=program_environment(**environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        self.seen = ""

    def until(self, words: str) -> None:
        """Wait for a line of progress that contains `words`."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.seen += line
            if words in line:
                return
        raise AssertionError(f"ended before '{words}': {self.seen}")

    def child(self) -> psutil.Process:
        """Return the stage's process."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            found = psutil.Process(self.process.pid).children()
            if found:
                return found[0]
            time.sleep(0.02)
        raise AssertionError("no stage was started")

    def end(self, timeout: float = 60) -> Done:
        """Wait for the end."""
        out, err = self.process.communicate(timeout=timeout)
        data = json.loads(out) if out.startswith("{") else {}
        return Done(self.process.returncode, out, self.seen + err, data)


# --- checkpoints -----------------------------------------------------------------------------------------------------

_CHECKPOINTS = """
import sys
from pathlib import Path
import torch, ultralytics, yaml
from ultralytics import YOLO
folder = Path(sys.argv[1])
torch.manual_seed(0)
wanted = {"pose": "yolov8n-pose.yaml", "eleven": "yolo11n-pose.yaml", "detect": "yolov8n.yaml",
          "segment": "yolov8n-seg.yaml"}
v8 = yaml.safe_load((Path(ultralytics.__file__).parent / "cfg/models/v8/yolov8-pose.yaml").read_text())
for dims in (2, 3):
    wanted[f"five{dims}"] = str(folder / f"yolov8n-five{dims}.yaml")
    Path(wanted[f"five{dims}"]).write_text(yaml.safe_dump({**v8, "kpt_shape": [5, dims]}))
for name, description in wanted.items():
    YOLO(description).save(folder / f"{name}.pt")
"""


def build_checkpoints(folder: Path) -> Path:
    """Save models with random weights as Ultralytics saves them: pose, eleven, detect, segment, five2, five3."""
    environment = program_environment(YOLO_OFFLINE="true", YOLO_AUTOINSTALL="False", YOLO_CONFIG_DIR=str(folder))
    subprocess.run(
        [sys.executable, "-c", _CHECKPOINTS, str(folder)],
        cwd=folder, env=environment, check=True, capture_output=True, timeout=240,
    )  # fmt: skip
    return folder


def torch_zip(path: Path, content: bytes) -> Path:
    """Write a file of torch's format around a pickle."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("best/data.pkl", content)
        archive.writestr("best/byteorder", "little")
        archive.writestr("best/version", "3\n")
    return path


def naming(module: str, name: str, version: str) -> bytes:
    """A pickle of {'version': ..., 'model': <module.name>()}, without that class existing."""
    texts = b"".join(b"X" + struct.pack("<I", len(text)) + text.encode() for text in ("version", version))
    return b"\x80\x02}(" + texts + b"X\x05\x00\x00\x00model" + f"c{module}\n{name}\n".encode() + b")\x81u."


# --- SavedModels -----------------------------------------------------------------------------------------------------


def build_saved_model(path: Path, kind: str, size: int = 64) -> Path:
    """Save a function in place of a model: (1, S, S, 3) -> (1, 56, N).

    Three people stand side by side in every image, whatever it shows.

    Args:
        path: folder to make.
        kind: 'sound'; 'pixels', with coordinates in pixels; 'collapsing', whose keypoints reach so far beyond the
            image that one int8 scale has no room for scores; 'nameless', without a serving_default signature.
        size: S.
    """
    import tensorflow as tf

    table = people_table(size)
    if kind == "pixels":
        table[:, :4] *= size
        table[:, 5:].reshape(1, 17, 3, -1)[:, :, :2] *= size
    if kind == "collapsing":
        table[:, 5, 10:] = 900.0  # a keypoint of candidates that are nobody
    constant = tf.constant(table)

    class Module(tf.Module):  # type: ignore[misc]
        @tf.function(input_signature=[tf.TensorSpec((1, size, size, 3), tf.float32, name="images")])
        def __call__(self, images: Any) -> Any:
            level = tf.reduce_mean(images, axis=[1, 2, 3], keepdims=True)[:, :, :, 0]
            return constant * (1.0 + 0.001 * level)

    module = Module()
    signatures: Any = {} if kind == "nameless" else module.__call__.get_concrete_function()
    tf.saved_model.save(module, str(path), signatures=signatures)
    return path


def people_table(size: int) -> "np.ndarray[Any, np.dtype[np.float32]]":
    cells = [(x, y, stride) for stride in (8, 16, 32) for y in range(size // stride) for x in range(size // stride)]
    table = np.zeros((1, 56, len(cells)), np.float32)
    for index, (x, y, stride) in enumerate(cells):
        centre = ((x + 0.5) * stride / size, (y + 0.5) * stride / size)
        table[0, :5, index] = (*centre, 0.1, 0.2, 0.001)
        table[0, 5:, index] = np.tile([*centre, 0.9], 17)
    for person in range(3):
        left = 0.2 + 0.3 * person
        table[0, :5, person] = (left, 0.5, 0.2, 0.6, 0.9)
        points = [(left + 0.01 * (k % 5), 0.3 + 0.02 * k, 0.9) for k in range(17)]
        table[0, 5:, person] = np.ravel(points)
    return table


# --- images --------------------------------------------------------------------------------------------------------


def photograph(width: int = 96, height: int = 64, seed: int = 0) -> "np.ndarray[Any, np.dtype[np.uint8]]":
    """Return something smooth with edges, (height, width, 3) uint8 BGR."""
    noise = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def write_image(path: Path, image: Any) -> Path:
    """Write through memory: OpenCV's own writing knows no unusual paths on some systems."""
    done, data = cv2.imencode(path.suffix, image)
    assert done
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.tobytes())
    return path


def image_folder(folder: Path, count: int = 4) -> Path:
    """Make a folder of sound images."""
    for number in range(count):
        write_image(folder / f"{number:03}.jpg", photograph(seed=number))
    return folder


def odd_images(folder: Path) -> list[str]:
    """Fill a folder with usable images of unusual kinds, and damaged ones; return the names of the damaged ones."""
    from PIL import Image

    folder.mkdir(parents=True, exist_ok=True)
    colour = Image.fromarray(photograph())
    colour.convert("L").save(folder / "grey.jpg")
    colour.convert("CMYK").save(folder / "cmyk.jpg")
    turned = Image.Exif()
    turned[0x0112] = 6
    colour.save(folder / "turned.jpg", exif=turned)
    colour.convert("RGBA").save(folder / "clear.png")
    Image.new("RGB", (1, 1), (200, 10, 10)).save(folder / "point.png")
    Image.new("RGB", (9000, 6000), (10, 100, 200)).save(folder / "huge.jpg", quality=30)
    whole = (folder / "grey.jpg").read_bytes()
    (folder / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    (folder / "empty.png").write_bytes(b"")
    (folder / "words.jpg").write_text("not an image")
    enormous = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + struct.pack(">II", 100_000, 100_000)
    (folder / "bomb.png").write_bytes(enormous + bytes(40) + b"IEND")
    (folder / "notes.txt").write_text("left out without a word")
    return ["bomb.png", "cut.jpg", "empty.png", "words.jpg"]


def state_layout(path: Path, keypoints: int = 17, values: int = 3, classes: int = 1) -> Path:
    """Append to a .tflite what Ultralytics writes of a pose model: nothing else in a small file says how it is read."""
    stated = {
        "task": "pose",
        "names": {str(number): "person" for number in range(classes)},
        "kpt_shape": [keypoints, values],
    }
    entry = zipfile.ZipInfo("metadata.json", date_time=(1980, 1, 1, 0, 0, 0))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(entry, json.dumps(stated))
    return path
