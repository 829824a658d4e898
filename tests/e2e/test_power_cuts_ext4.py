"""Power cuts on a real ext4: the disk as it is at some moment, copied while a program publishes, and mounted again.

N6_POWER_CUTS says how many (12 without). Needs root, mkfs.ext4 and loop devices.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from builders import ROOT

from n6studio.engine.jobs.run import load_result
from n6studio.system.files import replace_bytes

sys.path.insert(0, str(ROOT / "tests" / "engine"))
from test_power_cuts import Made, content  # the same results as on the file system that forgets

pytestmark = pytest.mark.slow

CUTS = int(os.environ.get("N6_POWER_CUTS", "12"))
MEBIBYTES = 24
PUBLISHING = """
import sys
from pathlib import Path
from test_power_cuts import make
for number in range(1_000_000):
    make(Path(sys.argv[1]), f"{number:06}")
    Path(sys.argv[2]).write_text(str(number))
"""


@contextmanager
def mounted(image: Path, place: Path, options: str = "loop"):
    """Mount a disk's image; skip where that is not allowed."""
    place.mkdir(exist_ok=True)
    done = subprocess.run(["mount", "-o", options, image, place], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no loop device can be mounted here: {done.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


@pytest.fixture
def disk(tmp_path):
    if sys.platform != "linux" or os.geteuid() or not shutil.which("mkfs.ext4"):
        pytest.skip("needs Linux, root and mkfs.ext4")
    image = tmp_path / "disk"
    image.write_bytes(bytes(MEBIBYTES << 20))
    subprocess.run(["mkfs.ext4", "-q", image], check=True)
    return image


def test_after_every_cut_the_old_or_the_new_result_is_whole(disk, tmp_path):
    copies, told = [], []
    said = tmp_path / "said"
    said.write_text("-1")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "tests", ROOT / "tests/engine")))}
    moments = random.Random(5)
    with mounted(disk, tmp_path / "live") as place:
        words = [sys.executable, "-c", PUBLISHING, place / "run", said]
        with subprocess.Popen(words, env=environment) as program:
            try:
                deadline = time.monotonic() + 60
                while said.read_text() in ("", "-1") and time.monotonic() < deadline:
                    time.sleep(0.05)
                for cut in range(CUTS):
                    time.sleep(moments.uniform(0.01, 0.2))
                    program.send_signal(signal.SIGSTOP)
                    told.append(int(said.read_text() or "0"))
                    copies.append(shutil.copyfile(disk, tmp_path / f"cut{cut}"))
                    program.send_signal(signal.SIGCONT)
            finally:
                program.kill()
    for copy, last in zip(copies, told, strict=True):
        with mounted(copy, tmp_path / "after") as place:
            result = load_result(Made(), place / "run")
            assert result is not None
            assert int(content(result)) >= last, "what was said to be written is there"
        copy.unlink()


def test_the_cut_finds_what_is_renamed_without_a_flush(disk, tmp_path):
    """What N6 Studio once did: written beside and renamed. ext4 keeps the new name seconds before the contents."""
    with mounted(disk, tmp_path / "live", "loop,commit=1") as place:
        replace_bytes(place / "careful.tflite", b"result" * 1000)
        (place / ".part").write_bytes(b"result" * 1000)
        (place / ".part").rename(place / "careless.tflite")
        time.sleep(3)
        copy = shutil.copyfile(disk, tmp_path / "cut")
    with mounted(copy, tmp_path / "after") as place:
        assert (place / "careful.tflite").read_bytes() == b"result" * 1000
        assert (place / "careless.tflite").read_bytes() == b""
