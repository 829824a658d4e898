# SPDX-License-Identifier: AGPL-3.0-only
"""Measure a pose checkpoint on images of the demo scene: COCO keypoint AP (OKS 0.50:0.95) on unseen seeds.

python resources/demo/measure.py resources/demo/n6demo-pose.pt --seed 900001 --images 500 --size 256
"""

import argparse
import contextlib
import io
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from n6studio.demo.scene import SceneFrame, still
from n6studio.domain.pose.decode import OutputLayout, decode
from n6studio.domain.pose.frames import input_to_image
from n6studio.domain.pose.preprocess import Resize, lay_in, place

Network = Callable[[np.ndarray], np.ndarray]  # (S, S, 3) uint8 RGB -> (56, N) with pixels of the input


def coco_ap(
    network: Network, frames: Iterator[SceneFrame], size: int, mode: Resize, sure: float = 0.01
) -> dict[str, float]:
    """Return COCO's figures for keypoints, in percent, with the areas and flags of the scene's truth."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    images, labels, found = [], [], []
    for number, frame in enumerate(frames, 1):
        height, width = frame.image.shape[:2]
        images.append({"id": number, "width": width, "height": height})
        for box, points, area in zip(frame.truth.boxes, frame.truth.keypoints, frame.areas, strict=True):
            labels.append({
                "id": len(labels) + 1, "image_id": number, "category_id": 1, "iscrowd": 0, "area": float(area),
                "bbox": [*box[:2].tolist(), *(box[2:] - box[:2]).tolist()], "keypoints": points.ravel().tolist(),
                "num_keypoints": int((points[:, 2] > 0).sum()),
            })  # fmt: skip
        placement = place((width, height), (size, size), mode)
        output = network(lay_in(frame.image, placement))
        people = input_to_image(
            decode(output, OutputLayout(1, 17, normalised=False), (size, size), sure, 0.65, 20), placement
        )
        found += [
            {"image_id": number, "category_id": 1, "score": float(score), "keypoints": points.ravel().tolist()}
            for score, points in zip(people.confidences, people.keypoints, strict=True)
        ]
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = {"images": images, "annotations": labels, "categories": [{"id": 1, "name": "person"}]}
        truth.createIndex()
        if not found:
            return {"AP": 0.0, "AP50": 0.0, "AP75": 0.0, "AR": 0.0}
        judge = COCOeval(truth, truth.loadRes(found), "keypoints")
        judge.evaluate()
        judge.accumulate()
        judge.summarize()
    names = {"AP": 0, "AP50": 1, "AP75": 2, "AR": 5}
    return {name: round(100 * float(judge.stats[index]), 2) for name, index in names.items()}


def torch_network(model: "object") -> Network:
    """Return a `Model` that runs an Ultralytics pose module in evaluation mode."""
    import torch

    def run(image: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            batch = torch.from_numpy(image.transpose(2, 0, 1)[None].astype(np.float32) / 255)
            return model(batch)[0][0].numpy()  # type: ignore[operator]

    return run


def main() -> None:
    """Print the figures of one checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--seed", type=int, default=900001)
    parser.add_argument("--images", type=int, default=500)
    parser.add_argument("--size", type=int, nargs="+", default=[192, 256])
    parser.add_argument("--frame", type=int, nargs=2, default=[640, 480], metavar=("WIDTH", "HEIGHT"))
    parser.add_argument("--mode", nargs="+", default=["letterbox"], choices=[mode.value for mode in Resize])
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(YOLO_AUTOINSTALL="False", YOLO_OFFLINE="true", YOLO_CONFIG_DIR=folder)
        import torch
        from ultralytics.nn.tasks import load_checkpoint

        torch.set_num_threads(1)
        cv2.setNumThreads(1)
        model, _ = load_checkpoint(wanted.checkpoint)
        for mode in wanted.mode:
            for size in wanted.size:
                frames = (still(wanted.seed, index, tuple(wanted.frame)) for index in range(wanted.images))
                figures = coco_ap(torch_network(model.eval()), frames, size, Resize(mode))
                print(f"{mode} {size}: {figures}")  # noqa: T201


if __name__ == "__main__":
    main()
