# SPDX-License-Identifier: AGPL-3.0-only
"""Train the demo model from random weights on nothing but the demo scene.

    python resources/demo/train.py --minutes 60 --work build/demo

The learning rate follows the clock, so that a run ends when it should on any machine. `--resume` goes on with the
state in the work folder, over a new stretch of time. The result is `n6demo-pose.pt` in the work folder.
"""

import argparse
import csv
import datetime
import math
import os
import sys
import time
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

TRAIN_SEED = 11
CHECK_SEED, CHECK_IMAGES = 500_000, 150


def arguments() -> argparse.Namespace:
    """Return the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rate", type=float, default=2.5e-3)
    parser.add_argument("--least", type=float, default=2e-5, help="the learning rate at the end")
    parser.add_argument("--coarse", type=float, default=0.4, help="share of the time at 128 pixels, before 192")
    parser.add_argument("--fine", type=float, default=1.0, help="share of the time after which 192 gives way to 256")
    parser.add_argument("--seed", type=int, default=TRAIN_SEED)
    parser.add_argument("--precise", type=float, default=1.0, help="share of the time after which bfloat16 is left")
    parser.add_argument("--resume", action="store_true")
    return parser.parse_args()


def network() -> "torch.nn.Module":
    """Return a fresh model with the loss gains that Ultralytics uses, except more weight on keypoints."""
    import torch
    import yaml
    from ultralytics.cfg import get_cfg
    from ultralytics.nn.tasks import PoseModel

    from n6studio.domain.pose.skeleton import COCO

    torch.manual_seed(0)
    model = PoseModel(yaml.safe_load((HERE / "yolov8-pose-tiny.yaml").read_text()), ch=3, nc=1, verbose=False)
    model.args = get_cfg(overrides={"pose": 18.0, "task": "pose", "imgsz": 256, "batch": 32, "optimizer": "AdamW"})
    model.names = {0: "person"}
    model.kpt_names = {0: [name.replace(" ", "_") for name in COCO.names]}
    model.kpt_shape = [17, 3]
    model.flip_idx = list(COCO.mirror)
    model.task = "pose"
    return model


def optimizer_for(model: "torch.nn.Module", rate: float) -> "torch.optim.Optimizer":
    """Return AdamW; biases and normalisation go without weight decay."""
    import torch

    plain = [value for value in model.parameters() if value.requires_grad and value.ndim < 2]
    decayed = [value for value in model.parameters() if value.requires_grad and value.ndim >= 2]
    groups = [{"params": decayed, "weight_decay": 0.02}, {"params": plain, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.999))


def save_result(model: "torch.nn.Module", path: Path, note: dict[str, Any]) -> None:
    """Write a checkpoint as Ultralytics does after training: half precision, no optimizer, no criterion."""
    import torch
    from ultralytics import __version__
    from ultralytics.cfg import DEFAULT_CFG_DICT

    module = deepcopy(model).half().to(memory_format=torch.contiguous_format)
    module.criterion = None
    module.args = {**DEFAULT_CFG_DICT, **vars(model.args)} if not isinstance(model.args, dict) else dict(model.args)
    for value in module.parameters():
        value.requires_grad = False
    torch.save(
        {
            "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "version": __version__,
            "license": "AGPL-3.0-only",
            "epoch": -1,
            "model": module,
            "ema": None,
            "train_args": {key: module.args[key] for key in DEFAULT_CFG_DICT},
            "train_metrics": note,
        },
        path,
    )


class Run:
    """One stretch of training."""

    def __init__(self, wanted: argparse.Namespace) -> None:
        import torch
        from ultralytics.utils.torch_utils import ModelEMA

        self.wanted, self.torch = wanted, torch
        self.model = network()
        self.optimizer = optimizer_for(self.model, wanted.rate)
        self.ema = ModelEMA(self.model, decay=0.9995, tau=1500)
        self.images, self.spent = 0, 0.0
        self.state = wanted.work / "state.pt"
        if wanted.resume:
            state = torch.load(self.state, weights_only=True)
            self.model.load_state_dict(state["model"])
            self.ema.ema.load_state_dict(state["ema"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.ema.updates, self.images, self.spent = state["updates"], state["images"], state["spent"]

    def step(self, batch: dict[str, Any], bf16: bool) -> list[float]:
        """Learn from one batch; return the five losses of Ultralytics: box, pose, keypoint presence, class, dfl."""
        torch = self.torch
        tensors = {name: torch.from_numpy(value) for name, value in batch.items()}
        images = tensors.pop("img").float() / 255
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            outputs = self.model(images)
        outputs = {name: value.float() if torch.is_tensor(value) else value for name, value in outputs.items()}
        loss, parts = self.model.loss({"img": images, **tensors}, outputs)
        self.optimizer.zero_grad(set_to_none=True)
        (loss.sum() / len(images)).backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 10.0)
        self.optimizer.step()
        self.ema.update(self.model)
        self.images += len(images)
        return [float(value) for value in parts.values()]

    def check(self) -> dict[str, float]:
        """Return AP of the averaged weights on unseen images, letterboxed from 640x480 to 256."""
        from measure import coco_ap, torch_network

        from n6studio.demo.scene import still
        from n6studio.domain.pose.preprocess import Resize

        frames = (still(CHECK_SEED, index, (640, 480)) for index in range(CHECK_IMAGES))
        return coco_ap(torch_network(deepcopy(self.ema.ema).float().eval()), frames, 256, Resize.LETTERBOX)

    def save(self, figures: dict[str, float]) -> None:
        """Write the state to go on from, and the model as it is now."""
        state = {
            "model": self.model.state_dict(), "ema": self.ema.ema.state_dict(), "updates": self.ema.updates,
            "optimizer": self.optimizer.state_dict(), "images": self.images, "spent": self.spent,
        }  # fmt: skip
        part = self.state.with_suffix(".part")
        self.torch.save(state, part)
        part.replace(self.state)
        save_result(self.ema.ema, self.wanted.work / "n6demo-pose.pt", {"images": self.images, **figures})


def rate_at(share: float, steps: int, wanted: argparse.Namespace) -> float:
    """Return the learning rate: 300 steps of warm-up, then half a cosine over the time that is given."""
    warm = min(1.0, (steps + 1) / 300)
    return warm * (wanted.least + (wanted.rate - wanted.least) * 0.5 * (1 + math.cos(math.pi * min(1.0, share))))


def size_at(share: float, wanted: argparse.Namespace) -> int:
    """Return the side of the images to learn from, in pixels, after a share of the time."""
    return 128 if share < wanted.coarse else 192 if share < wanted.fine else 256


def main() -> None:
    """Train, log, save."""
    wanted = arguments()
    wanted.work.mkdir(parents=True, exist_ok=True)
    os.environ.update(YOLO_AUTOINSTALL="False", YOLO_OFFLINE="true", YOLO_CONFIG_DIR=str(wanted.work))
    import cv2
    import pictures
    import torch

    torch.set_num_threads(wanted.threads)
    cv2.setNumThreads(1)
    run = Run(wanted)
    seed = wanted.seed + run.images
    size = size_at(0.0, wanted)
    queue, process = pictures.start(seed, size, wanted.batch)
    begin = time.monotonic()
    before, steps, checked, sums, figures = run.spent, 0, begin, [0.0] * 5, {}
    with (wanted.work / "training_log.csv").open("a", newline="") as file:
        log = csv.writer(file)
        if not wanted.resume:
            log.writerow(["minutes", "images", "rate", "box", "pose", "kobj", "cls", "dfl", "AP", "AP50"])
        while (share := (time.monotonic() - begin) / (60 * wanted.minutes)) < 1:
            if size_at(share, wanted) != size:
                process.terminate()
                size = size_at(share, wanted)
                queue, process = pictures.start(seed + size, size, wanted.batch)
            rate = rate_at(share, steps, wanted)
            for group in run.optimizer.param_groups:
                group["lr"] = rate
            sums = [old + new for old, new in zip(sums, run.step(queue.get(), share < wanted.precise), strict=True)]
            steps += 1
            run.spent = before + time.monotonic() - begin
            if steps % 250 == 0:
                due = time.monotonic() - checked > 480
                if due:
                    figures, checked = run.check(), time.monotonic()
                    run.save(figures)
                mean = [round(value / 250, 4) for value in sums]
                shown = [figures["AP"], figures["AP50"]] if due else ["", ""]
                log.writerow([round(run.spent / 60, 2), run.images, f"{rate:.2e}", *mean, *shown])
                file.flush()
                sums = [0.0] * 5
        figures = run.check()
        log.writerow([round(run.spent / 60, 2), run.images, f"{rate:.2e}", *[""] * 5, figures["AP"], figures["AP50"]])
    process.terminate()
    run.save(figures)


if __name__ == "__main__":
    main()
