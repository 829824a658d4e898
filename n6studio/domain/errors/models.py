"""Checkpoints and exported models. Codes N6S-M."""

from pathlib import Path

from n6studio.domain.errors.base import ExitCode, InputError
from n6studio.domain.errors.remedy import Remedy


class CheckpointDamaged(InputError):
    """A .pt that is cut off or not a checkpoint at all."""

    code = "N6S-M01"
    path: Path | str
    reason: str
    remedy = Remedy(
        "{path} is damaged or not a checkpoint",
        "It cannot be opened as an Ultralytics .pt: {reason}.",
        (
            "Compare its size with the original: an interrupted download or copy is truncated.",
            "Copy it again, or use last.pt from the same training run.",
        ),
    )


class NotACheckpoint(InputError):
    """A model in another format where a .pt is read."""

    code = "N6S-M33"
    path: Path | str
    kind: str
    remedy = Remedy(
        "{path} is {kind}, not a checkpoint",
        "A checkpoint is the .pt that training wrote; this file holds a model that was exported already.",
        (
            "Go on from it: quantize takes a SavedModel, a float .onnx and a .keras file; inspect, evaluate and deploy "
            "take a .tflite.",
            "Or choose the .pt that training wrote, usually runs/pose/train/weights/best.pt.",
        ),
    )


class CheckpointUnsafe(InputError):
    """A .pt whose pickle wants to call something that a model does not need."""

    code = "N6S-M02"
    path: Path | str
    names: tuple[str, ...]
    remedy = Remedy(
        "{path} was refused: it would run code",
        "Loading a .pt can execute code. This one calls {names}, which no model needs. Nothing was executed.",
        (
            "Do not open this file with other tools either, unless you trust its author.",
            "Get the checkpoint from the original training run or from its author, and compare checksums.",
        ),
    )


class CheckpointUnknownClass(InputError):
    """A .pt made of classes that the installed Ultralytics lacks."""

    code = "N6S-M03"
    path: Path | str
    names: tuple[str, ...]
    have: str
    need: str
    remedy = Remedy(
        "{path} needs a newer Ultralytics",
        "It contains {names}, which the installed Ultralytics {have} does not have. It was written by {need}.",
        (
            "Install a newer version of N6 Studio.",
            "Or export the model to ONNX where it was trained and evaluate that file here.",
        ),
    )


class CheckpointCustomClass(InputError):
    """A .pt that contains classes from outside Ultralytics and torch."""

    code = "N6S-M04"
    path: Path | str
    names: tuple[str, ...]
    remedy = Remedy(
        "{path} contains classes that N6 Studio does not know",
        "Besides Ultralytics' own classes it refers to {names}. Loading them would run third-party code, so the file "
        "was not loaded.",
        (
            "In the environment where it was trained, save a plain checkpoint: YOLO('best.pt').save('plain.pt').",
            "If the model has custom layers, export it to ONNX there and start from the ONNX file.",
        ),
    )


class CheckpointNotRebuilt(InputError):
    """A complete checkpoint whose description cannot be built, or builds another model than was trained."""

    code = "N6S-M12"
    path: Path | str
    reason: str
    remedy = Remedy(
        "{path} describes a model that N6 Studio cannot build",
        "Nothing in a checkpoint is executed: the model is rebuilt from its description. Here {reason}.",
        (
            "If the model was modified by hand or has custom layers, export it to ONNX where it was trained and "
            "evaluate that file here.",
            "Otherwise save it again with the Ultralytics release that trained it: YOLO('best.pt').save('plain.pt').",
        ),
    )


class CheckpointWrapped(InputError):
    """A .pt saved inside the wrapper for training on several GPUs, around something that is no YOLO model."""

    code = "N6S-M21"
    path: Path | str
    wrapper: str
    inner: str
    remedy = Remedy(
        "{path} was saved inside {wrapper}, the wrapper for several GPUs",
        "N6 Studio looks inside the wrapper. There it found a {inner}, which is no YOLO model of Ultralytics.",
        (
            "Where it was trained, save the model itself and not its wrapper: torch.save(dict(model=model.module), "
            "'plain.pt').",
            "If model.module is a YOLO object of Ultralytics, save its network: model.module.model.",
        ),
    )


class TorchScriptFile(InputError):
    """An export of torch without the description that a model is rebuilt from."""

    code = "N6S-M22"
    path: Path | str
    remedy = Remedy(
        "{path} is a TorchScript export, not a checkpoint",
        "It holds a program for torch's interpreter; the description of layers that N6 Studio rebuilds a model from "
        "is not in it.",
        (
            "Take the checkpoint that it was exported from: the best.pt of the training.",
            "Or export that one to ONNX where it was trained: yolo export model=best.pt format=onnx.",
        ),
    )


class CheckpointOldFormat(InputError):
    """A .pt in the format of torch before release 1.6."""

    code = "N6S-M23"
    path: Path | str
    remedy = Remedy(
        "{path} is in torch's format from before release 1.6",
        "The file is intact, but N6 Studio reads the zip format that torch has written since 2020.",
        (
            'If you trust its author, save it again where torch is installed: python -c "import torch; '
            "torch.save(torch.load('OLD.pt', weights_only=False), 'NEW.pt')\". That runs what the file contains.",
            "Or take the checkpoint from the original training run, saved with a current Ultralytics.",
        ),
    )


class WeightsOnly(InputError):
    """A .pt that holds a state_dict: numbers by name, without the model they belong to."""

    code = "N6S-M24"
    path: Path | str
    count: int
    remedy = Remedy(
        "{path} contains only weights",
        "It is a state_dict with {count} tensors, without the model that they belong to.",
        (
            "With the YAML that the model was built from, make a checkpoint of it: n6studio rescue {path} --yaml "
            "MODEL.yaml.",
            "Or take the best.pt of the training run, which holds both.",
        ),
    )


class WrongTask(InputError):
    """A model for another task than pose."""

    code = "N6S-M05"
    path: Path | str
    task: str
    remedy = Remedy(
        "{path} is not a pose model: its task is {task}",
        "N6 Studio works with people and their keypoints; a model for the task {task} gives no keypoints.",
        ("Choose a checkpoint trained with task=pose, for example one based on yolov8n-pose.pt.",),
    )


class NotAPoseModel(InputError):
    """A model whose output cannot be read as boxes, confidences and keypoints."""

    code = "N6S-M06"
    path: Path | str
    found: str
    remedy = Remedy(
        "{path} is not a YOLO pose model",
        "Its input and output have another layout: {found}. Expected: one image as input; 4 box values, the class "
        "confidences and K x 2 or K x 3 keypoint values as output.",
        (
            "If it was exported from a YOLO pose checkpoint, export that again: n6studio export MODEL.pt.",
            "Otherwise choose a checkpoint trained with task=pose, for example one based on yolov8n-pose.pt.",
        ),
    )


class LayoutUnknown(InputError):
    """A model whose output fits several readings, and that does not say which is right."""

    code = "N6S-M17"
    path: Path | str
    readings: tuple[str, ...]
    code_to_type: str
    remedy = Remedy(
        "{path} does not say how its output is to be read",
        "What fits its output: {readings}. Neither metadata nor the graph prove it, and a wrong reading yields wrong "
        "people.",
        (
            "Choose it once, as CLASSESxKEYPOINTSxVALUES, and keep it in a copy of the file: n6studio inspect {path} "
            "--layout {code_to_type} --save-copy FILE. In the window, choose it on the Import page.",
            "Or export the checkpoint again with N6 Studio, which writes it into the file: n6studio export MODEL.pt.",
        ),
    )


class OutputPerLevel(InputError):
    """A model whose head was cut off: one output for each detection level, not decoded."""

    code = "N6S-M18"
    path: Path | str
    outputs: str
    remedy = Remedy(
        "{path} gives raw values for each detection level",
        "Its outputs are {outputs}: the head that turns them into boxes and keypoints was cut off, as exports for "
        "other chips do. ST's pose applications read one output with all candidates; N6 Studio's own "
        "post-processing also reads int8 outputs of YOLOv8-pose's last convolutions, three for each level.",
        (
            "Export the whole checkpoint: n6studio export MODEL.pt.",
            "For a split head, quantize that with --head split.",
        ),
    )


class InputSizeOpen(InputError):
    """A model that leaves the size of its input open; the NPU computes at one size."""

    code = "N6S-M19"
    path: Path | str
    found: str
    remedy = Remedy(
        "{path} has no fixed input size",
        "Its input is {found}: width and height are open. The NPU is programmed for one size.",
        (
            "Export the checkpoint at a fixed size: n6studio export MODEL.pt --imgsz 256.",
            "Or where the file was made: export with dynamic=False and imgsz set.",
        ),
    )


class WeightsMissing(InputError):
    """An .onnx whose weights lie in a file of their own, which is not there."""

    code = "N6S-M20"
    path: Path | str
    beside: str
    remedy = Remedy(
        "The weights of {path} are missing",
        "The file is intact, but its weights lie in {beside}, counted from its folder, and nothing is there.",
        (
            "Copy {beside} to that place beside {path}, under that name.",
            "Or save all in one file where both are: onnx.save(onnx.load('MODEL.onnx'), 'whole.onnx').",
        ),
    )


class PixelOutputs(InputError):
    """A model whose coordinates are in pixels, so that int8 would destroy the confidences."""

    code = "N6S-M07"
    path: Path | str
    largest: int | str
    remedy = Remedy(
        "{path} outputs coordinates in pixels",
        "Its output values reach {largest}. Confidences end at 1; on the same int8 scale they all round to 0, and "
        "nobody would be detected on the board.",
        ("Export the checkpoint with N6 Studio, which normalises coordinates to 0..1: n6studio export MODEL.pt.",),
    )


class ImageSizeInvalid(InputError):
    """An input size that is not a multiple of the model's largest stride: 32, or 64 with four levels up to P6."""

    code = "N6S-M08"
    exit_status = ExitCode.USAGE
    size: int | str
    nearest: str
    stride: int
    remedy = Remedy(
        "Invalid input size {size}",
        "This model downsamples by {stride}, so width and height must be multiples of {stride}.",
        ("Use {nearest}.",),
    )


class InputSizeMismatch(InputError):
    """A configured input size that is not the model's."""

    code = "N6S-M09"
    path: Path | str
    wanted: str
    found: str
    remedy = Remedy(
        "{path} has a different input size",
        "It takes {found}, where {wanted} is expected.",
        (
            "If {found} is right, correct what is expected: --expect-width and --expect-height, or input_shape in ST's "
            "user_config.yaml; without them, any size is taken.",
            "Or export the checkpoint at the size you want: n6studio export MODEL.pt --imgsz WIDTHxHEIGHT.",
        ),
    )


class ModelDamaged(InputError):
    """A .tflite, .onnx or SavedModel that is cut off or inconsistent."""

    code = "N6S-M10"
    path: Path | str
    format: str
    reason: str
    remedy = Remedy(
        "{path} is damaged",
        "It cannot be read as {format}: {reason}.",
        (
            "Compare its size with the original: an interrupted download or copy is truncated.",
            "Copy it again, or export it again from the checkpoint.",
        ),
    )


class ModelRefused(InputError):
    """A model with operations that do more than compute, or that takes more than any pose model needs."""

    code = "N6S-M13"
    path: Path | str
    format: str
    found: tuple[str, ...]
    remedy = Remedy(
        "{path} was refused: it contains unsafe operations",
        "A {format} can contain operations that access files, call programs or never end. This one contains {found}, "
        "which no pose model needs. Nothing was executed.",
        (
            "Get the model from its author, or export the checkpoint again: n6studio export MODEL.pt.",
            "If you trust it and the operation only computes, report it, so that a later version accepts it.",
        ),
    )


class ReaderDied(InputError):
    """The process that read foreign files ended without a message, as libraries do on damaged files."""

    code = "N6S-M14"
    path: Path | str
    files: tuple[str, ...]
    how: str
    log: Path | str
    remedy = Remedy(
        "{path} is probably damaged: reading it failed",
        "This file made the reader fail: its process exited without a result ({how}). It was reading {files}. "
        "Nothing else is affected.",
        (
            "Compare its size with the original, copy it again, or export it again from the checkpoint.",
            "If the file is intact, report it with this log: {log}",
        ),
    )


class ReaderTooLarge(InputError):
    """Reading a foreign file takes more memory than any intact one does."""

    code = "N6S-M15"
    path: Path | str
    files: tuple[str, ...]
    limit: str
    log: Path | str
    remedy = Remedy(
        "{path} is probably damaged: reading it takes too much memory",
        "This file made the reader fail: its process reached the limit of {limit}, which no intact pose model "
        "needs. It was reading {files}. Nothing else is affected.",
        (
            "Compare its size with the original, copy it again, or export it again from the checkpoint.",
            "If the file is intact, report it with this log: {log}",
        ),
    )


class ReaderTooSlow(InputError):
    """Reading a foreign file takes longer than any intact one does."""

    code = "N6S-M16"
    path: Path | str
    files: tuple[str, ...]
    seconds: int
    log: Path | str
    remedy = Remedy(
        "{path} is probably damaged: reading it takes too long",
        "This file made the reader fail: its process reached the limit of {seconds} s, which no intact pose model "
        "needs. It was reading {files}. Nothing else is affected.",
        (
            "Compare its size with the original, copy it again, or export it again from the checkpoint.",
            "If the file lies on a slow network drive, copy it to this computer first.",
            "If the file is intact, report it with this log: {log}",
        ),
    )


class AlreadyQuantized(InputError):
    """An .onnx that computes in integers already, where a float model is to be quantized."""

    code = "N6S-M25"
    path: Path | str
    remedy = Remedy(
        "{path} is quantized already",
        "It computes in integers (QDQ). Quantizing it once more would only add error.",
        (
            "Use it as it is: n6studio inspect {path} says whether it suits the board.",
            "To quantize anew, start from the float .onnx, or from the checkpoint: n6studio run MODEL.pt.",
        ),
    )


class HeadNotSplit(InputError):
    """A model whose head cannot be split behind its last convolutions."""

    code = "N6S-M27"
    path: Path | str
    reason: str
    remedy = Remedy(
        "The head of {path} cannot be split",
        "A split head is decoded by N6 Studio as YOLOv8-pose's and YOLO11-pose's are: {reason}.",
        ("Keep the head whole, with its arithmetic in float: --head float.",),
    )


class WeightsNotNarrowed(InputError):
    """A model whose weights cannot be rounded to 4 bits here."""

    code = "N6S-M41"
    path: Path | str
    reason: str
    remedy = Remedy(
        "The weights of {path} cannot have 4 bits",
        "They are rounded by what they do to the answers of a pose model on calibration images: {reason}.",
        ("Keep the weights at 8 bits: --weights int8.",),
    )


class ArchitectureUnknown(InputError):
    """A model that is named and not given is none that the installed Ultralytics describes."""

    code = "N6S-M40"
    name: str
    version: str
    remedy = Remedy(
        "{name} cannot be built",
        "The installed Ultralytics {version} does not describe a model of this name.",
        (
            "Name another: yolov8, yolo11, yolo12 or yolo26 with n, s, m, l or x and -pose, such as yolov8s-pose.",
            "Or give a trained checkpoint (.pt).",
        ),
    )


class NotASavedModel(InputError):
    """Something else where quantization needs a float model."""

    code = "N6S-M11"
    path: Path | str
    found: str
    remedy = Remedy(
        "{path} cannot be quantized",
        "Quantization starts from a SavedModel folder, a float .onnx or a .keras file; this is {found}.",
        (
            "For a checkpoint, export it first: n6studio export MODEL.pt. Then choose the folder that ends in "
            "_saved_model, or do both with n6studio run MODEL.pt.",
            "A .tflite is final: use it as it is, or go back to the model that it was made from.",
        ),
    )
