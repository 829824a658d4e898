"""kill -9 at random moments: the old result or the new one is there afterwards, whole, and nothing is made again.

Three short jobs take turns: an evaluation, a deployment with its release, a recording. Each has a whole result before;
it is made once more and killed: the command, the process that it started, or both. Half of the kills come at a random
moment, half as soon as something is being published, or up to 20 ms later.
"""

import hashlib
import json
import os
import random
import signal
import subprocess
import tempfile
import time
import zipfile
from collections import Counter
from pathlib import Path

from trust.making import FIXTURES, SMALL_TFLITE
from trust.running import MARK, STUDIO, Ran, family, run

PICTURES = FIXTURES / "project-2026-11" / "pictures" / "evaluation"
PUBLISHING = ("gathered", ".whole", ".part", ".replaced")  # what names that exist only then end with


def measure_kills(count: int, seed: int) -> None:
    """Kill jobs and print how often, when, and what was lost."""
    chance, counts, lost = random.Random(seed), Counter[str](), list[str]()
    with tempfile.TemporaryDirectory(prefix="n6studio-kills-") as name:
        jobs: list[Job] = [Evaluation(Path(name)), Deployment(Path(name)), Take(Path(name))]
        for job in jobs:
            job.prepare()
        for number in range(count):
            job = jobs[number % 3]
            moment = job.killed(chance, aimed=number // 3 % 2 == 1)
            counts[f"{job.name}, {moment}"] += 1
            lost += [f"kill {number}, {job.name}, {moment}: {what}" for what in job.missing()]
            if number % 10 == 9 or number + 1 == count:
                print(f"{number + 1} kills, something lost: {len(lost)}")
                print("".join(f"  {name}: {number}\n" for name, number in sorted(counts.items())), end="")
    print("".join(f"  {line}\n" for line in lost), end="")


class Job:
    """A command that makes something in a folder, again and again."""

    name = ""
    words: tuple[str, ...] = ()
    again: tuple[str, ...] = ("--force",)

    def __init__(self, place: Path) -> None:
        self.folder = place / self.name
        self.folder.mkdir()
        self.seconds = 0.0
        self.before = ""

    def prepare(self) -> None:
        """Make it whole, twice: the first time takes longer."""
        self.seconds = min(self._whole(self.again).seconds for _ in range(2))

    def killed(self, chance: random.Random, aimed: bool) -> str:
        """Begin it again, kill it, and return when that was."""
        self.before = self.state()
        mark = f"{chance.random()}"
        command, environment = [*STUDIO, *self.words, *self.again], os.environ | {MARK: mark}
        process = subprocess.Popen(
            command, cwd=self.folder, env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        if aimed:
            self._wait_until_publishing(process)
            time.sleep(chance.choice((0.0, chance.uniform(0, 0.002), chance.uniform(0, 0.02))))
        else:
            time.sleep(chance.uniform(0.0, 1.1 * self.seconds))
        publishing, ended = self._publishing(), process.poll() is not None
        whom = chance.choice(("command", "child", "both"))
        for pid in family(mark):
            if (pid == process.pid) != (whom == "child") or whom == "both":
                os.kill(pid, signal.SIGKILL)
        process.wait()
        while family(mark):  # a stage whose command is gone has to notice by itself
            time.sleep(0.02)
        if ended:
            return "after its end"
        if publishing:
            return "while publishing"
        return "before publishing" if self.state() == self.before else "after publishing"

    def state(self) -> str:
        """Return what tells an old result from a new one."""
        return ""

    def missing(self) -> list[str]:
        """Return what is lost or damaged, after the program has looked at it again."""
        return []

    def _whole(self, more: tuple[str, ...] = ()) -> Ran:
        ran = run([*STUDIO, *self.words, *more], self.folder, 300)
        if ran.code:
            raise RuntimeError(ran.text[-2000:])
        return ran

    def _publishing(self) -> bool:
        return any(
            name.endswith(PUBLISHING) for _, folders, files in os.walk(self.folder) for name in (*folders, *files)
        )

    def _wait_until_publishing(self, process: "subprocess.Popen[bytes]") -> None:
        while process.poll() is None and not self._publishing():
            time.sleep(0.0005)


class Evaluation(Job):
    """A stage's result in a folder."""

    name = "evaluate"
    fresh = ('"fresh": true', 1)  # what the next run says where nothing was lost, and how often
    words = ("evaluate", str(SMALL_TFLITE), "--data", str(PICTURES / "annotations" / "person_keypoints.json"),
        "--images",
             str(PICTURES / "images"), "--max-images", "4", "-o", "out")  # fmt: skip

    def state(self) -> str:
        return "".join(sorted(str(path.stat().st_mtime_ns) for path in self.folder.rglob("*.result.json")))

    def missing(self) -> list[str]:
        found = []
        ran = run([*STUDIO, *self.words, "--json"], self.folder, 300)
        if ran.code:
            found.append(f"the next run ended with {ran.code}: {ran.text[-300:]}")
        for result in self.folder.rglob("*.result.json"):
            for output in json.loads(result.read_bytes())["outputs"].values():
                path = result.parent / output["path"]
                if not path.exists() or (path.is_file() and _digest(path) != output["sha256"]):
                    found.append(f"{path.name} of {result.name} is not whole")
        if ran.text.count(self.fresh[0]) < self.fresh[1]:
            found.append("something was made again")
        return found


class Deployment(Evaluation):
    """Several results one after the other, and a zip with them."""

    name = "deploy"
    fresh = ("up to date", 4)
    words = (
        "deploy",
        str(SMALL_TFLITE),
        "--board",
        "virtual",
        "--prepare-only",
        "--release",
        "release.zip",
        "-o",
        "out",
    )

    def missing(self) -> list[str]:
        found = []
        with zipfile.ZipFile(self.folder / "release.zip") as archive:
            manifest = json.loads(archive.read("manifest.json"))
            for name, digest in manifest["files"].items():
                if hashlib.sha256(archive.read(name)).hexdigest() != digest:
                    found.append(f"{name} in the release is not whole")
        return found + super().missing()


class Take(Job):
    """A recording: every frame that was written is there, and an earlier recording is what it was."""

    name = "record"
    words = ("live", "--source", f"images:{PICTURES / 'images'}", "--seconds", "1")
    again = ("--record", "take.mjpeg")

    def prepare(self) -> None:
        ran = run([*STUDIO, *self.words, "--record", "earlier.mjpeg"], self.folder, 300)
        self.seconds, self.earlier = ran.seconds, _digest(self.folder / "earlier.mjpeg")

    def state(self) -> str:
        return str((self.folder / "take.mjpeg").exists())

    def missing(self) -> list[str]:
        found = [] if _digest(self.folder / "earlier.mjpeg") == self.earlier else ["the earlier recording has changed"]
        films = [path for path in self.folder.glob("take.mjpeg*") if path.stat().st_size]
        for film in films:
            index = self.folder / "take.index.jsonl"
            written = max(len(index.read_text().splitlines()) - 1, 0) if index.exists() else 0
            ran = run([*STUDIO, "live", "--source", f"recording:{film}", "--lines", "lines.jsonl"], self.folder, 300)
            lines = self.folder / "lines.jsonl"
            told = len(lines.read_text().splitlines()) if lines.exists() else 0
            if film.suffix == ".part" and ran.code == 10:
                continue  # killed within its first frame
            if ran.code or told < written:
                found.append(f"{film.name}: {told} of {written} frames ({ran.text[-300:]})")
            lines.unlink(missing_ok=True)
        for path in self.folder.glob("take.*"):
            path.unlink()
        return found


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
