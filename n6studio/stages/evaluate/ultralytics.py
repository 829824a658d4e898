"""Ultralytics' own validation on the same images and labels, for comparison with figures published elsewhere.

It letterboxes whatever the settings say, and accepts float and int8 inputs only.
"""

import contextlib
import importlib
import math
import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import yaml

from n6studio.domain.evaluation.model import ModelResults, UltralyticsAccuracy
from n6studio.domain.pose.decode import suppress
from n6studio.domain.pose.frames import fractions_of_image
from n6studio.stages.datasets.model import Truth
from n6studio.stages.evaluate.one_image import ImageRecord, Judging
from n6studio.stages.evaluate.results import Judgement
from n6studio.stages.evaluate.stage import EvaluateSettings
from n6studio.stages.model.runner import Model, ModelInfo
from n6studio.stages.model.tflite_metadata import embed_metadata, pose_metadata
from n6studio.stages.process.reporter import Reporter


def with_own_validation(
    models: Sequence[ModelResults],
    judgement: Judgement,
    runners: list[Model],
    judging: Judging,
    settings: EvaluateSettings,
    folder: Path,
    reporter: Reporter,
) -> tuple[ModelResults, ...]:
    """Return the models with `ultralytics` filled in where its validation can run; warn where it cannot.

    Args:
        models: one for each of `models`.
        judgement: the images that could be read, with their labels.
        runners: the models, opened.
        judging: the labels' keypoints and classes.
        settings: thresholds, passed on.
        folder: the stage's; working files go into its `scratch`.
        reporter: for warnings and progress.
    """
    if not any(record.truth is not None and record.truth.counts().any() for record in judgement.records):
        reporter.warn("Ultralytics validation skipped: it needs labelled people.")
        return tuple(models)
    place = folder / "scratch" / "ultralytics"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    data = write_data(place, judgement.records, judging)
    validated = []
    for index, (model, runner) in enumerate(zip(models, runners, strict=True)):
        problem = refusal(runner.info)
        if problem:
            reporter.warn(f"Ultralytics validation skipped for {model.name}: {problem}.")
        else:
            try:
                found = validate(with_metadata(runner.info, place), runner.info, data, settings)
                model = msgspec.structs.replace(model, ultralytics=found)
            except Exception as error:  # its failures have no common base, and ours are worth more than its figures
                reporter.warn(f"Ultralytics validation failed on {model.name}: {type(error).__name__}: {error}")
        validated.append(model)
        reporter.progress(index + 1, len(models), "models")
    shutil.rmtree(place, ignore_errors=True)
    return tuple(validated)


def refusal(info: ModelInfo) -> str:
    """Return why Ultralytics could not validate a model, or ""."""
    if info.format not in ("tflite", "onnx"):
        return f"it is a {info.format}"
    if info.input_type not in ("float", "int8"):
        return f"its input is {info.input_type}; only float and int8 are supported"
    if info.format == "tflite" and not info.layout.normalised:
        return "its coordinates are in pixels; a .tflite must have normalised ones"
    if info.format == "onnx" and info.layout.normalised:
        return "its coordinates are normalised; an .onnx must have them in pixels"
    return ""


def write_data(place: Path, records: list[ImageRecord], judging: Judging) -> Path:
    """Write a data set in Ultralytics' form below `place` and return its YAML; images are linked where possible."""
    images, labels = place / "images" / "val", place / "labels" / "val"
    images.mkdir(parents=True)
    labels.mkdir(parents=True)
    for number, record in enumerate(records, 1):
        _link(record.item.path, images / f"{number:06d}{record.item.path.suffix.lower()}")
        lines = _label_lines(record.truth, record.size, bool(judging.classes)) if record.truth is not None else []
        (labels / f"{number:06d}.txt").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    data: dict[str, Any] = {
        "path": str(place.absolute()),
        "train": "images/val",
        "val": "images/val",
        "kpt_shape": [len(judging.skeleton), 3],
        "flip_idx": list(judging.skeleton.mirror),
        "names": dict(enumerate(judging.classes or ("person",))),
        "kpt_oks_sigmas": list(judging.sigmas),
    }
    path = place / "data.yaml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    return path


def _link(source: Path, target: Path) -> None:
    for way in (os.symlink, os.link):  # links need rights on Windows, hard links the same disk
        with contextlib.suppress(OSError):
            way(source.absolute(), target)
            return
    shutil.copyfile(source, target)


def _label_lines(truth: Truth, size: tuple[int, int], by_class: bool) -> list[str]:
    chosen = fractions_of_image(truth.people[~truth.crowd if truth.bare_count else truth.counts()], size)
    lines = []
    for box, points, number in zip(chosen.boxes, chosen.keypoints, chosen.class_numbers, strict=True):
        corners = box.reshape(2, 2)
        fields = [*corners.mean(axis=0), *(corners[1] - corners[0]), *points.reshape(-1)]
        lines.append(" ".join([str(number if by_class else 0), *(f"{value:.8f}" for value in fields)]))
    return lines


def with_metadata(info: ModelInfo, place: Path) -> Path:
    """Return the model's file, or a copy with metadata if it has none: without, Ultralytics assumes 999 classes."""
    if info.metadata.get("kpt_shape"):
        return info.path
    if info.format != "tflite":
        return info.path
    copy = place / f"{info.path.stem}.tflite"
    shutil.copyfile(info.path, copy)
    embed_metadata(copy, pose_metadata(info.size, info.layout))
    return copy


def allow_torchvision() -> None:
    """Make torchvision importable where its compiled part does not load.

    Some CPU builds of torch come with a torchvision whose operators want CUDA; importing it then fails for want of
    `torchvision::nms` and `torchvision::qnms`. The validation needs no more of the package than the first, so both
    are declared, and `torchvision.ops.nms` is replaced by ours, which finds the same boxes.
    """
    try:
        importlib.import_module("torchvision")
    except (RuntimeError, OSError):
        import torch

        def nms(boxes: Any, scores: Any, limit: float) -> Any:
            order = scores.argsort(descending=True, stable=True)
            kept = suppress(boxes[order].cpu().numpy().astype(np.float32), limit, len(scores))
            return order[torch.from_numpy(kept)]

        for name in ("nms", "qnms"):
            torch.library.define(f"torchvision::{name}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        importlib.import_module("torchvision").ops.nms = nms


def validate(
    model: Path, info: ModelInfo, data: Path, settings: EvaluateSettings, as_typed: bool = False
) -> UltralyticsAccuracy:
    """Return what its validation finds, and how long its loop takes.

    Args:
        model: a .tflite with metadata.
        info: what is known of it.
        data: Ultralytics' YAML.
        settings: thresholds.
        as_typed: leave everything but data and size as ``yolo pose val`` has it by default, for a fair race; False for
            the fastest way on few cores, with our thresholds.
    """
    allow_torchvision()
    from ultralytics import YOLO

    times: list[float] = []
    yolo = YOLO(str(model), task="pose")
    for event in ("on_val_start", "on_val_end"):
        yolo.add_callback(event, lambda _: times.append(time.perf_counter()))
    images = sum(1 for _ in (data.parent / "images" / "val").iterdir())
    chosen = {
        "conf": settings.confidence,
        "iou": settings.iou,
        "max_det": settings.max_detections,
        "batch": 1,
        "rect": False,
        "workers": 0,
        "plots": False,
        "verbose": False,
    }
    found = yolo.val(
        data=str(data),
        imgsz=info.size[0] if info.size[0] == info.size[1] else [info.size[1], info.size[0]],
        device="cpu",
        project=str(data.parent),
        name="val",
        exist_ok=True,
        **({} if as_typed else chosen),
    )
    seconds = times[-1] - times[0] if len(times) >= 2 else float("nan")
    return UltralyticsAccuracy(
        map=round(float(found.pose.map), 6),
        map50=round(float(found.pose.map50), 6),
        box_map=round(float(found.box.map), 6),
        box_map50=round(float(found.box.map50), 6),
        seconds=round(seconds, 3) if math.isfinite(seconds) else None,
        images_per_second=round(images / seconds, 2) if seconds > 0 else None,
    )
