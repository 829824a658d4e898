"""What the walls around a stage's process cost: the same commands with them and without, in turns."""

import argparse
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from trust.running import STUDIO, Ran, run

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


def measure_walls(options: argparse.Namespace) -> None:
    """Print the time that commands take with walls and without, in turns: by the clock, and of the processors."""
    times: dict[tuple[str, bool], list[Ran]] = {}
    with tempfile.TemporaryDirectory(prefix="n6studio-walls-") as name:
        place = Path(name)
        for number in range(options.rounds):
            for walls in (True, False) if number % 2 == 0 else (False, True):
                studio = STUDIO if walls else [sys.executable, "-c", OPEN_STUDIO, OPEN_STAGE]
                for job, words in _jobs(options):
                    if job == "export" and number:
                        continue  # once each: it is what quantize needs
                    shutil.rmtree(place / "out" / job, ignore_errors=True)
                    ready = [str(next(place.rglob(word[1:]))) if word[0] == "@" else word for word in words]
                    ran = run([*studio, *ready], place, 600)
                    if ran.code:
                        sys.exit(ran.text[-2000:])
                    times.setdefault((job, walls), []).append(ran)
    for job in dict.fromkeys(job for job, _ in times):
        for what in ("seconds", "processor_seconds"):
            held, free = ([getattr(ran, what) for ran in times[job, walls]] for walls in (True, False))
            middle = statistics.median(held), statistics.median(free)
            least = min(held), min(free)
            print(
                f"{job:<10} {what:<18} with walls {middle[0]:7.2f}, without {middle[1]:7.2f}, "
                f"ratio {middle[0] / middle[1]:.3f}; the quickest of each {least[0]:7.2f}, {least[1]:7.2f}, "
                f"ratio {least[0] / least[1]:.3f}"
            )


def _jobs(options: argparse.Namespace) -> list[tuple[str, list[str]]]:
    """Return job -> words; one that begins with @ is a pattern for what an earlier job made."""
    calibration, data = str(options.calibration), str(options.data or options.calibration)
    return [
        ("inspect", ["inspect", str(options.model)]),
        ("export", ["export", str(options.model), "-o", "out/export"]),
        ("quantize", ["quantize", "@*_saved_model", "--calibration", calibration, "-o", "out/quantize"]),
        ("evaluate", ["evaluate", "@*_quant_*.tflite", "--data", data, "-o", "out/evaluate"]),
    ]
