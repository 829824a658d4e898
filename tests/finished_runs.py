"""What finished stages leave in a project, as far as tests look at it."""

import hashlib
import json

import msgspec
from figures import evaluated, exported, quantized

FIGURES = {"quantize": quantized(), "export": exported(), "evaluate": evaluated()}


def finish(project, stage, run, finished, settings=None, made_from=None):
    """Leave what a finished stage leaves; return its file."""
    folder = project.folder / "runs" / stage / run
    folder.mkdir(parents=True)
    path = folder / "network.tflite"
    path.write_bytes(run.encode())
    inputs = {"model": [{"path": str(made_from), "sha256": "0"}]} if made_from else {}
    result = {
        "request": {"stage": stage, "settings": settings or {}, "inputs": inputs, "tools": {}}, "finished": finished,
        "outputs": {"tflite": {"path": path.name, "sha256": hashlib.sha256(run.encode()).hexdigest()}},
        "figures": msgspec.to_builtins(FIGURES[stage]), "warnings": [], "versions": {},
    }  # fmt: skip
    (folder / f"{stage}.result.json").write_text(json.dumps(result))
    return path
