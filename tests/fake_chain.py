"""Stages of the whole chain that do no work: each behaves as the file that N6_FAKE_CHAIN names says.

The file holds a JSON object, stage -> 'finish', 'wait' (until cancelled), 'stubborn' (does not listen) or 'spin' (takes
its time, then finishes). A stage that is not named finishes.
"""

import json
import os
import sys
import threading
import time
from pathlib import Path

from fake_stage import say

OUTPUTS = {
    "inspect": {},
    "export": {"onnx": "net.onnx", "saved_model": "net_saved_model", "tflite": "net.tflite"},
    "quantize": {"tflite": "net_int8.tflite"},
    "evaluate": {"results": "results.json"},
    "calibration_health": {"facts": "facts.json"},
    "layer_errors": {"layers": "layers.json"},
    "range_convergence": {"convergence": "convergence.json"},
    "video_frames": {"frames": "frames"},
}
FIGURES = {
    "inspect": {
        "format": "pt", "size_bytes": 2_380_089, "sha256": "a9891a3e", "task": "pose", "family": "", "keypoints": 17,
        "keypoint_dims": 3, "keypoint_names": [], "classes": {"0": "person"}, "input_size": [256, 256],
        "parameters": 1_091_244, "macs": 287_057_776, "metadata": {}, "published": None, "weights_bytes": 4_364_976,
        "checks": [{"name": "task", "state": "ok", "reason": "A pose model with 17 keypoints.", "remedy": ""}],
        "verdict": {"state": "not_yet", "sentence": "Export and quantize it first."},
    },
    "evaluate": {"images": 3, "people": 0, "models": []},
    "video_frames": {"frames": 3},
    "calibration_health": {"pictures": 3, "findings": []},
    "layer_errors": {"pictures": 3, "layers": 1},
    "range_convergence": {"pictures": 3, "tensors": 1},
    "export": {
        "imgsz": 256, "step_seconds": {"load": 1.0}, "metadata": {},
        "self_check": {
            "images": 1, "compared": "people", "people": 1, "oks_min": 1.0, "pixels_max": 0.0, "files": ["bus.jpg"],
        },
    },
    "quantize": {
        "size_bytes": 1_291_064, "input_size": [256, 256], "ranges": "tuned",
        "calibration": {"images": 3, "skipped": [], "digest": "6c7fffd80d57"},
        "head": {"precision": "float", "float_operations": 11},
        "input": {"type": "uint8", "scale": 0.0039, "zero_point": 0},
        "output": {"type": "float", "scale": 0.0, "zero_point": 0},
        "operations": {"total": 299, "float": 18, "float_kinds": ["ADD"]},
        "guard": {"images": 3, "float_people": 6, "int8_people": 6, "oks_mean": 0.98}, "step_seconds": {"read": 1.0},
    },
}  # fmt: skip


def finish(stage: str, folder: Path) -> None:
    """Leave outputs that nobody can read, and say that all is well."""
    for name in OUTPUTS[stage].values():
        if "." in name:
            (folder / name).write_text("no network")
        else:
            (folder / name).mkdir()
            (folder / name / "content.jpg").write_text("nothing to look at")
    say(type="result", outputs=OUTPUTS[stage], figures=FIGURES.get(stage, {}), warnings=[], versions={})


def main() -> None:
    """Do as one is told."""
    request, folder = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), Path(sys.argv[2])
    stage = request["stage"]
    word = json.loads(Path(os.environ["N6_FAKE_CHAIN"]).read_text(encoding="utf-8")).get(stage, "finish")
    cancelled = threading.Event()

    def listen() -> None:
        for line in sys.stdin:
            if line.strip() == "cancel" and word != "stubborn":
                cancelled.set()
        os._exit(1)  # the window is gone

    threading.Thread(target=listen, daemon=True).start()
    sys.stderr.write(f"fake {stage} begins\n")
    say(type="hello", version=1, stage=stage, pid=os.getpid())
    say(type="step", name="pretend", index=1, count=2)
    (folder / "half.bin").write_bytes(b"half")
    if word in ("wait", "stubborn"):  # before it tells of its progress: tests kill it as soon as it does
        sys.stderr.write("RuntimeError: this line tells the cause\nand this one does not\n")
        sys.stderr.flush()
    say(type="progress", done=1, total=4, unit="images")
    if word in ("wait", "stubborn"):
        while not cancelled.wait(0.05):
            pass
        say(type="error", code="N6S-X01", fields={"stage": stage})
        os._exit(0)
    if word == "spin":
        time.sleep(0.5)
    finish(stage, folder)
    os._exit(0)


if __name__ == "__main__":
    main()
