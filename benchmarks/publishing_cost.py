"""What waiting for the disk costs: seconds of fsync in each process of a whole quantize and evaluate, and their share.

    python benchmarks/publishing_cost.py SAVEDMODEL --calibration FOLDER --data LABELS [--images FOLDER]
        [--folder FOLDER] [--rounds 3]

The results are written below --folder, which should lie on the disk to be measured (default: the working folder).
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# Runs in every Python process that is started with its folder on PYTHONPATH.
WATCH = """
import atexit, os, time
flush, spent = os.fsync, []
def timed(descriptor):
    began = time.perf_counter()
    flush(descriptor)
    spent.append(time.perf_counter() - began)
os.fsync = timed
def tell():
    with open(os.environ["FSYNC_TIMES"], "a") as file:
        file.write("".join(f"{one}\\n" for one in spent))
atexit.register(tell)
"""


def measured(words: list[object], folder: Path) -> tuple[float, int, float]:
    """Run a command; return its seconds, how often it waited for the disk, and how long in all."""
    times = folder / "times"
    times.write_text("")
    path = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": path, "FSYNC_TIMES": str(times)}
    began = time.perf_counter()
    command = [sys.executable, "-m", "n6studio.cli", *map(str, words)]
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    seconds = time.perf_counter() - began
    if done.returncode:
        sys.exit(done.stderr.decode(errors="replace")[-2000:])
    waits = [float(line) for line in times.read_text().split()]
    return seconds, len(waits), sum(waits)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--calibration", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--images", type=Path)
    parser.add_argument("--folder", type=Path, default=Path())
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    images = ["--images", options.images] if options.images else []
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name).resolve()
        (folder / "sitecustomize.py").write_text(WATCH)
        quantize = ["quantize", options.model, "--calibration", options.calibration, "-o", folder / "int8", "--force"]
        found: dict[str, list[tuple[float, int, float]]] = {"quantize": [], "evaluate": []}
        for _ in range(options.rounds):
            found["quantize"].append(measured(quantize, folder))
            (model,) = (folder / "int8").glob("*.tflite")
            evaluate = ["evaluate", model, "--data", options.data, *images, "-o", folder / "measured", "--force"]
            found["evaluate"].append(measured(evaluate, folder))
    for command, rounds in found.items():
        seconds, count, waited = (statistics.median(column) for column in zip(*rounds, strict=True))
        share = statistics.median(wait / whole for whole, _, wait in rounds)
        print(f"{command}: {seconds:.2f} s, of which {waited * 1e3:.1f} ms in {count} waits for the disk: {share:.2%}")


if __name__ == "__main__":
    main()
