"""How many frames of the demo scene one core draws in a second.

python benchmarks/scene_speed.py [seconds per size]
"""

import sys
import time

import cv2

from n6studio.demo.scene import Scene, still

SIZES = ((192, 192), (256, 256), (640, 480), (800, 480))
SCENES = 12


def frames_per_second(size: tuple[int, int], seconds: float) -> float:
    """Return how fast moving scenes are drawn, their backgrounds not counted."""
    scenes = [Scene(seed, size) for seed in range(SCENES)]
    drawn, begin = 0, time.process_time()
    while (spent := time.process_time() - begin) < seconds:
        for scene in scenes:
            scene.frame(drawn / 25)
        drawn += SCENES
    return drawn / spent


def stills_per_second(size: tuple[int, int], seconds: float) -> float:
    """Return how fast independent images are drawn, each with a background of its own."""
    drawn, begin = 0, time.process_time()
    while (spent := time.process_time() - begin) < seconds:
        still(1, drawn, size)
        drawn += 1
    return drawn / spent


def main() -> None:
    cv2.setNumThreads(1)
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 3.0
    for size in SIZES:
        moving, single = frames_per_second(size, seconds), stills_per_second(size, seconds)
        print(f"{size[0]}x{size[1]}: {moving:.0f} frames/s, {single:.0f} stills/s")


if __name__ == "__main__":
    main()
