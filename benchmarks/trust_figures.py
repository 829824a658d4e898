"""What hostile and damaged files do to the program, what kills leave behind, and what the sandbox costs.

    python benchmarks/trust_figures.py --model MODEL.pt --calibration FOLDER [--inputs KIND=FOLDER ...]
        [--most 100] [--flips MODEL.tflite] [--kills 300] [--rounds 3] [--data DATA] [--seed 0]

Every file goes through the command that a user types, in a process of its own. KIND is one of checkpoints, onnx,
savedmodels, tflite, labels, projects, releases. With N6_SHARED set, the generators and files below
N6_SHARED/cases are used too; they are read from there and make their files in a temporary folder.
"""

import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

HUNG, LARGE, GIVEN_UP = 10.0, 1e9, 120.0  # seconds of processor time, bytes, seconds
STUDIO = [sys.executable, "-m", "n6studio.cli"]
COUNTED = ("files", "ran code", "over 10 s", "over 1 GB", "internal error", "refused", "accepted")

# A stage's process without walls, in place of the real one; there is no such switch in the program.
OPEN_STAGE = """
import sys
import n6studio.stages.__main__ as entry
entry.put_up_walls = lambda *given, **more: entry.Walls()
entry.close_reading = lambda walls, readable: walls
entry.readable_by = lambda inputs: []
sys.exit(entry.main(sys.argv[1:]))
"""
OPEN_STUDIO = """
import sys
from n6studio.engine.jobs import child
stage, *words = sys.argv[1:]
child.worker_command = lambda: [sys.executable, "-c", stage]
sys.argv = ["n6studio", *words]
from n6studio.cli import main
sys.exit(main(words))
"""


WRITE_PICKLES = """
import pathlib, random, sys
sys.path.insert(0, sys.argv[1])
from pickles import all_cases
cases, (most, seed) = list(all_cases()), map(int, sys.argv[3:5])
for number, (_, data, suffix) in enumerate(random.Random(seed).sample(cases, min(most, len(cases)))):
    (pathlib.Path(sys.argv[2]) / f"{number:05d}.{suffix}").write_bytes(data)
"""


@dataclass
class Figures:
    """What a kind of input did; `remarkable` names the files that did something they should not."""

    counts: Counter[str] = field(default_factory=Counter)
    remarkable: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Ran:
    """One command.

    Attributes:
        code: exit code, None where it was given up.
        text: what it printed.
        seconds: from start to end.
        processor_seconds: of it and all that it started; other work on the machine does not count.
        memory: bytes, of its largest process.
    """

    code: int | None
    text: str
    seconds: float
    processor_seconds: float
    memory: int


def run(command: list[str], folder: Path, limit: float = GIVEN_UP) -> Ran:
    """Run a command to its end, and its whole family's."""
    began = time.monotonic()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
        status, used = None, None
        while status is None:
            pid, found, used = os.wait4(process.pid, os.WNOHANG)
            if pid:
                status = os.waitstatus_to_exitcode(found)
            elif time.monotonic() - began > limit:
                os.killpg(process.pid, signal.SIGKILL)
                _, _, used = os.wait4(process.pid, 0)
                break
            else:
                time.sleep(0.01)
        process.returncode = status if status is not None else -9
        output.seek(0)
        text = output.read().decode(errors="replace")
    assert used is not None
    return Ran(status, text, time.monotonic() - began, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)


# --- files -----------------------------------------------------------------------------------------------------------


def commands(kind: str, file: Path, options: argparse.Namespace) -> list[str]:
    """Return what a user types with such a file."""
    judged = Path(__file__).resolve().parents[1] / "tests" / "data" / "n6demo_192_per_tensor.tflite"
    return {
        "labels": [*STUDIO, "evaluate", str(judged), "--data", str(file), "--skip-missing", "-o", "out"],
        "projects": [*STUDIO, "run", str(file)],
        "releases": [*STUDIO, "flash", str(file), "--virtual-folder", "board"],
    }.get(kind, [*STUDIO, "inspect", str(file)])


def judge(kind: str, file: Path, options: argparse.Namespace, canaries: Path, figures: Figures) -> None:
    """Run one file through its command and count what it did."""
    before = set(canaries.iterdir())
    with tempfile.TemporaryDirectory() as folder:
        ran = run(commands(kind, file, options), Path(folder))
    internal = ran.code in (1, 5) or "[N6S-X03]" in ran.text or "Traceback" in ran.text
    found = {
        "files": True,
        "ran code": set(canaries.iterdir()) != before,
        "over 10 s": ran.code is None or ran.processor_seconds > HUNG,
        "over 1 GB": ran.memory > LARGE,
        "internal error": internal,
        "refused": ran.code not in (0, 1, 5, None),
        "accepted": ran.code == 0,
    }
    figures.counts.update(name for name, true in found.items() if true)
    bad = [name for name in COUNTED[1:5] if found[name]]
    if bad:
        used = f"{ran.seconds:.1f} s, {ran.processor_seconds:.1f} s of processor time, {ran.memory / 1e6:.0f} MB"
        where = f"{kind} {file.parent.name}/{file.name}"
        figures.remarkable.append(f"{where}: {', '.join(bad)} ({used}, exit {ran.code})")


def files_of(folder: Path, kind: str) -> list[Path]:
    """Return the inputs of a kind in a folder: files, and folders where the kind is one of folders."""
    if kind == "savedmodels":
        return sorted({path.parent for path in folder.rglob("saved_model.pb")})
    if kind == "projects":
        return sorted({path.parent for path in folder.rglob("project.n6.yaml")})
    return sorted(path for path in folder.rglob("*") if path.is_file())


def shared_files(shared: Path, place: Path, options: argparse.Namespace) -> Iterator[tuple[str, list[Path]]]:
    """Yield the kinds below N6_SHARED/cases; generators make theirs in `place`."""
    hostile = shared / "cases" / "hostile"
    (place / "cases").mkdir()
    os.environ.update(HOSTILE=str(place), MODELS=str(shared / "models"))
    made = place / "cases" / "checkpoints"
    made.mkdir()
    # In a process of its own: what is large here would count as the memory of every command that is started.
    words = [str(hostile), str(made), str(options.most), str(options.seed)]
    subprocess.run([sys.executable, "-W", "ignore", "-c", WRITE_PICKLES, *words], check=True)
    for name, given in (
        ("mkonnx.py", []), ("saved_models.py", []),
        ("gadget_pt.py", [shared / "models" / "yolov8n-pose.pt", made / "gadget.pt", place / "can" / "gadget"]),
    ):  # fmt: skip
        done = subprocess.run([sys.executable, hostile / name, *given], capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"{name} made nothing: {done.stderr.strip().splitlines()[-1:]}")
    yield "checkpoints", files_of(made, "checkpoints")
    yield "onnx", sorted((place / "cases" / "onnx").glob("*.onnx"))[: options.most]
    yield "savedmodels", files_of(place / "cases", "savedmodels")
    yield "labels", files_of(hostile / "labels", "labels")
    yield "projects", files_of(hostile / "yaml", "projects")
    yield "releases", files_of(shared / "cases" / "releases", "releases")


def flipped(model: Path, place: Path, options: argparse.Namespace) -> list[Path]:
    """Return copies of a model with one byte changed in each, anywhere."""
    chance, data = random.Random(options.seed), model.read_bytes()
    place.mkdir(exist_ok=True)
    made = []
    for number in range(options.most):
        changed = bytearray(data)
        changed[chance.randrange(len(data))] ^= chance.randrange(1, 256)
        made.append(place / f"{model.stem}_{number:05d}.tflite")
        made[-1].write_bytes(changed)
    return made


def measure_files(options: argparse.Namespace) -> None:
    """Print the table of all kinds."""
    table: dict[str, Figures] = {}
    with tempfile.TemporaryDirectory(prefix="n6studio-trust-") as name:
        place, canaries = Path(name), Path(name) / "can"
        canaries.mkdir()
        kinds: list[tuple[str, list[Path]]] = []
        if shared := os.environ.get("N6_SHARED"):
            kinds += shared_files(Path(shared), place, options)
        kinds += [
            (kind, files_of(Path(folder), kind)) for kind, _, folder in (one.partition("=") for one in options.inputs)
        ]
        kinds += [("tflite", flipped(model, place / "flips", options)) for model in options.flips]
        for kind, files in kinds:
            figures = table.setdefault(kind, Figures())
            for file in files:
                judge(kind, file, options, canaries, figures)
    print(f"{'kind':<14}" + "".join(f"{name:>16}" for name in COUNTED))
    for kind, figures in table.items():
        print(f"{kind:<14}" + "".join(f"{figures.counts[name]:>16}" for name in COUNTED))
    for line in (line for figures in table.values() for line in figures.remarkable):
        print(f"  {line}")


# --- kills -----------------------------------------------------------------------------------------------------------


def broken(project: Path) -> list[str]:
    """Return what is not whole in a project: results whose files are missing or have other contents."""
    found = []
    for result in project.glob("runs/*/*/*.result.json"):
        try:
            outputs = json.loads(result.read_bytes())["outputs"].values()
        except (ValueError, KeyError) as error:
            found.append(f"{result}: {error}")
            continue
        for output in outputs:
            path = result.parent / output["path"]
            if not path.exists() or (path.is_file() and _digest(path) != output["sha256"]):
                found.append(str(path))
    return found


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def measure_kills(options: argparse.Namespace) -> None:
    """Kill `run` at random moments; print how often something was lost or the next run failed."""
    if not options.kills:
        return
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="n6studio-kills-") as name:
        place = Path(name)
        project = place / "model.n6"
        command = [
            *STUDIO, "run", str(options.model), "--project", str(project), "--calibration", str(options.calibration),
            "--imgsz", "128", "--set", "quantize.max_images=4", "--set", "evaluate.max_images=4",
        ]  # fmt: skip
        whole = run(command, place, 600)
        if whole.code:
            sys.exit(whole.text[-2000:])
        results = len(list(project.glob("runs/*/*/*.result.json")))
        chance = random.Random(options.seed)
        for number in range(options.kills):
            process = subprocess.Popen(
                [*command, "--force"], cwd=place, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
            time.sleep(chance.uniform(0.0, whole.seconds))
            counts["ended before" if process.poll() is not None else "killed"] += 1
            process.kill()  # only the command: its stage's process has to notice by itself
            process.wait()
            lost = broken(project)
            counts["something lost"] += bool(lost) or len(list(project.glob("runs/*/*/*.result.json"))) < results
            if (number + 1) % options.check_every == 0 or number + 1 == options.kills:
                counts["next runs"] += 1
                counts["next runs that failed"] += run(command, place, 600).code != 0
    print(", ".join(f"{name}: {count}" for name, count in counts.items()))


# --- the cost of walls -----------------------------------------------------------------------------------------------


def measure_walls(options: argparse.Namespace) -> None:
    """Print the time that commands take with walls and without, in turns: by the clock, and of the processors."""
    if not options.rounds:
        return
    times: dict[tuple[str, bool], list[Ran]] = {}
    with tempfile.TemporaryDirectory(prefix="n6studio-walls-") as name:
        place = Path(name)
        for number in range(options.rounds):
            for walls in (True, False) if number % 2 == 0 else (False, True):
                shutil.rmtree(place / "out", ignore_errors=True)
                studio = STUDIO if walls else [sys.executable, "-c", OPEN_STUDIO, OPEN_STAGE]
                for job, words in _jobs(options):
                    ready = [str(next(place.rglob(word[1:]))) if word[0] == "@" else word for word in words]
                    ran = run([*studio, *ready], place, 600)
                    if ran.code:
                        sys.exit(ran.text[-2000:])
                    times.setdefault((job, walls), []).append(ran)
    for job in dict.fromkeys(job for job, _ in times):
        for what in ("seconds", "processor_seconds"):
            held, free = (statistics.median(getattr(ran, what) for ran in times[job, walls]) for walls in (True, False))
            print(f"{job:<10} {what:<18} with walls {held:7.2f}, without {free:7.2f}, ratio {held / free:.3f}")


def _jobs(options: argparse.Namespace) -> list[tuple[str, list[str]]]:
    """Return job -> words; one that begins with @ is a pattern for what an earlier job made."""
    calibration, data = str(options.calibration), str(options.data or options.calibration)
    return [
        ("inspect", ["inspect", str(options.model)]),
        ("export", ["export", str(options.model), "-o", "out/export"]),
        ("quantize", ["quantize", "@*_saved_model", "--calibration", calibration, "-o", "out/quantize"]),
        ("evaluate", ["evaluate", "@*_quant_*.tflite", "--data", data, "-o", "out/evaluate"]),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, required=True, help="a checkpoint")
    parser.add_argument("--calibration", type=Path, required=True, help="folder of images")
    parser.add_argument("--data", type=Path, help="labelled data")
    parser.add_argument("--inputs", action="append", default=[], metavar="KIND=FOLDER")
    parser.add_argument("--flips", type=Path, action="append", default=[], metavar="MODEL.tflite")
    parser.add_argument("--most", type=int, default=100, help="files of each kind")
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--check-every", type=int, default=10, help="kills between two whole runs")
    parser.add_argument("--rounds", type=int, default=3, help="of the timing with and without walls")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    sys.stdout.reconfigure(line_buffering=True)  # long runs are watched
    for name in ("model", "calibration", "data"):
        if (path := getattr(options, name)) is not None:
            setattr(options, name, path.resolve())
    options.flips = [path.resolve() for path in options.flips]
    if options.most:
        measure_files(options)
    measure_kills(options)
    measure_walls(options)


if __name__ == "__main__":
    main()
