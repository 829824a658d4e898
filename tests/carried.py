"""What travels with the project for testing: a trained model, two quantized ones, and labelled drawn images."""

from dataclasses import dataclass
from pathlib import Path

from n6studio.demo.dataset import write_dataset

ROOT = Path(__file__).resolve().parent.parent
MODELS = ROOT / "tests" / "data"
SIZE = (320, 240)  # of the images: half of what users have, a quarter of the time
IMAGES, CALIBRATION_IMAGES = 40, 24
PEOPLE, IMAGES_WITH_PEOPLE = 85, 38  # of these images; tests/test_carried.py counts them


@dataclass(frozen=True)
class Carried:
    """Files to test with.

    Attributes:
        checkpoint: YOLOv8-pose of 1.09 million weights that finds the people of the demo scene.
        fine: the same quantized with a scale per channel, 256 x 256.
        coarse: the same quantized with a scale per tensor, 192 x 192.
        labels: COCO keypoint file of the labelled images.
        images: folder of the labelled images.
        yaml: the same labels as Ultralytics has them.
        calibration: folder of other images.
    """

    checkpoint: Path
    fine: Path
    coarse: Path
    labels: Path
    images: Path
    yaml: Path
    calibration: Path


def make_carried(folder: Path) -> Carried:
    """Draw the images into `folder` and return where everything is. Takes a second."""
    judged = write_dataset(folder / "judged", IMAGES, 7, SIZE)
    others = write_dataset(folder / "others", CALIBRATION_IMAGES, 21, SIZE)
    return Carried(
        ROOT / "resources" / "demo" / "n6demo-pose.pt",
        MODELS / "n6demo_256_per_channel.tflite",
        MODELS / "n6demo_192_per_tensor.tflite",
        judged.annotations,
        judged.images,
        judged.yaml,
        others.images,
    )
