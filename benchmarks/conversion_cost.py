"""What our export and quantize cost beside the bare tools doing the same work: whole processes, in turns.

    python benchmarks/conversion_cost.py MODEL.pt --calibration FOLDER [--imgsz 256] [--rounds 3]

Bare export is Ultralytics' own (format=saved_model); bare quantization is ST's recipe in TensorFlow's converter. Ours
include their checks: the export's comparison with the checkpoint, and the collapse guard.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BARE_EXPORT = """
import sys, numpy as np
np.save("calibration_image_sample_data_20x128x128x3_float32.npy", np.zeros((20, 128, 128, 3), np.float32))
from ultralytics import YOLO
YOLO(sys.argv[1]).export(format="saved_model", imgsz=int(sys.argv[2]), device="cpu")
"""
BARE_QUANTIZE = """
import sys, pathlib, cv2, numpy as np, tensorflow as tf
size = int(sys.argv[3])
def images():
    for path in sorted(pathlib.Path(sys.argv[2]).glob("*.jpg")):
        image = cv2.resize(cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB), (size, size))
        yield [(image / 255.0).astype(np.float32)[None]]
converter = tf.lite.TFLiteConverter.from_saved_model(sys.argv[1])
converter.optimizations = [tf.lite.Optimize.DEFAULT]
converter.representative_dataset = images
converter.inference_input_type = tf.uint8
pathlib.Path("bare.tflite").write_bytes(converter.convert())
"""


def seconds(command: list[object], folder: Path) -> float:
    environment = {**os.environ, "YOLO_AUTOINSTALL": "False", "YOLO_OFFLINE": "true", "YOLO_CONFIG_DIR": str(folder)}
    began = time.perf_counter()
    done = subprocess.run(
        [str(word) for word in command], cwd=folder, env=environment, capture_output=True, check=False
    )
    if done.returncode:
        sys.exit(done.stderr.decode(errors="replace")[-2000:])
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--calibration", type=Path, required=True)
    parser.add_argument("--imgsz", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    python, studio = sys.executable, [sys.executable, "-m", "n6studio.cli"]
    times: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = folder / options.model.name
        shutil.copy(options.model, model)
        calibration = options.calibration.absolute()
        exported = folder / "export" / f"{model.stem}_{options.imgsz}_saved_model"
        jobs = {
            "bare export": [python, "-c", BARE_EXPORT, model, options.imgsz],
            "our export": [*studio, "export", model, "--imgsz", options.imgsz, "-o", folder / "export", "--force"],
            "bare quantize": [python, "-c", BARE_QUANTIZE, exported, calibration, options.imgsz],
            "our quantize": [*studio, "quantize", exported, "--calibration", calibration, "--force"],
            "our quantize, int8 head": [
                *studio, "quantize", exported, "--calibration", calibration, "--head-precision", "int8", "--force",
                "-o", folder / "int8",
            ],
        }  # fmt: skip
        for _ in range(options.rounds):
            for job, command in jobs.items():
                times.setdefault(job, []).append(seconds(command, folder))
    for job, measured in times.items():
        bare = times["bare export" if "export" in job else "bare quantize"]
        ratios = [ours / theirs for ours, theirs in zip(measured, bare, strict=True)]
        print(f"{job:24} {statistics.median(measured):6.1f} s   {statistics.median(ratios):.2f} of bare")


if __name__ == "__main__":
    main()
