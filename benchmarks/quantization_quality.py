"""What quantization costs in AP: ours against the float model and against ST's published model, size by size.

    python benchmarks/quantization_quality.py MODEL.pt --calibration FOLDER --data COCO.json [--st-models FOLDER]

Runs the program itself (export, quantize, evaluate), so that the figures are a user's. AP in percent; "kept" is the
share of the float model's AP in the same run. Calibration images are resized as those that are judged.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

SIZES = (192, 256, 320)
RESIZES = ("stretch", "letterbox", "crop")


def studio(*words: object) -> dict:
    command = [sys.executable, "-m", "n6studio.cli", *map(str, words), "--json", "--quiet"]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    answer = json.loads(done.stdout)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{answer['error']['title']}")
    return answer


def quantized(model: str, head: str, resize: str, options: argparse.Namespace, folder: Path) -> Path:
    place = folder / f"{head}-{resize}"
    made = studio(
        "quantize",
        model,
        "--calibration",
        options.calibration,
        "--head-precision",
        head,
        "--resize",
        resize,
        "-o",
        place,
    )
    return Path(made["outputs"]["tflite"])


def judge(files: list[Path], resize: str, options: argparse.Namespace, folder: Path) -> list[float]:
    words: list[object] = [files[0]]
    for other in files[1:]:
        words += ["--against", other]
    answer = studio("evaluate", *words, "--data", options.data, "--resize", resize, "-o", folder / f"judged-{resize}")
    return [100 * (model["coco"]["ap"] or 0.0) for model in answer["models"]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--calibration", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--st-models", type=Path, help="folder with ST's published .tflite files")
    options = parser.parse_args()
    print(f"{'size':>4} {'resize':>9} {'float':>6} {'default':>8} {'kept':>6} {'int8 head':>9} {'kept':>6} {'ST':>6}")
    for size in SIZES:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            exported = studio("export", options.model, "--imgsz", size, "-o", folder / "export")["outputs"]
            published = (
                sorted(options.st_models.glob(f"yolov8n_{size}_quant_pc_*pose*.tflite")) if options.st_models else []
            )
            kept, sizes = [], []
            for resize in RESIZES:
                made = [quantized(exported["saved_model"], head, resize, options, folder) for head in ("float", "int8")]
                sizes = [path.stat().st_size for path in made]
                ours, plain, exact, *st = judge([*made, Path(exported["tflite"]), *published], resize, options, folder)
                kept.append(ours / exact)
                print(
                    f"{size:4} {resize:>9} {exact:6.2f} {ours:8.2f} {ours / exact:6.3f} {plain:9.2f} "
                    f"{plain / exact:6.3f} {st[0] if st else float('nan'):6.2f}",
                    flush=True,
                )
            print(f"{size:4} {'mean':>9} {'':6} {'':8} {sum(kept) / 3:6.3f}   file {sizes[0] / sizes[1]:.4f} of int8's")


if __name__ == "__main__":
    main()
