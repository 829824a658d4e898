"""How long the commands take that must answer at once: whole processes, the median of several.

    python benchmarks/start_times.py MODEL.tflite [ROUNDS]

Ratios are to the start of a Python that does nothing, in the same run.
"""

import statistics
import subprocess
import sys
import time


def seconds(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - began


def main() -> None:
    model, rounds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 7
    studio = [sys.executable, "-m", "n6studio.cli"]
    jobs = {
        "python, nothing": [sys.executable, "-c", ""],
        "n6studio --help": [*studio, "--help"],
        "n6studio inspect .tflite": [*studio, "inspect", model, "--quiet"],
    }
    times: dict[str, list[float]] = {job: [] for job in jobs}
    for _ in range(rounds):
        for job, command in jobs.items():
            times[job].append(seconds(command))
    nothing = statistics.median(times["python, nothing"])
    for job, measured in times.items():
        print(
            f"{job:26} {statistics.median(measured):6.3f} s  {statistics.median(measured) / nothing:5.1f} times nothing"
        )


if __name__ == "__main__":
    main()
