"""Models that a command does not start from, by their format or by what they give. Codes N6S-M, from 26."""

from pathlib import Path

from n6studio.domain.errors.base import ExitCode, InputError
from n6studio.domain.errors.models import LayoutUnknown
from n6studio.domain.errors.remedy import Remedy


class NotComparable(InputError):
    """Another format where two .tflite files are to be compared layer by layer."""

    code = "N6S-M26"
    path: Path | str
    found: str
    remedy = Remedy(
        "{path} cannot be compared layer by layer",
        "This comparison follows the numbers of two .tflite files; this is {found}.",
        (
            "Compare what any two models find: n6studio evaluate {path} --against OTHER --data FOLDER.",
            "Or quantize it first, and compare the .tflite that comes of it.",
        ),
    )


class CheckpointNotRun(InputError):
    """A checkpoint where a model is to be run: it has to be exported first."""

    code = "N6S-M36"
    path: Path | str
    remedy = Remedy(
        "{path} is a checkpoint, which has to be exported first",
        "Models are run as a board or a runtime would: .tflite, .onnx and .keras files and SavedModel folders.",
        (
            "Export it, and take the float .tflite or the .onnx that comes of it: n6studio export {path}.",
            "Or do all of it, up to the evaluation of the quantized model: n6studio run {path} --calibration FOLDER "
            "--data LABELS.",
        ),
    )


class BatchFixed(InputError):
    """A model that takes several images at a time."""

    code = "N6S-M37"
    path: Path | str
    count: int
    remedy = Remedy(
        "{path} takes {count} images at a time",
        "It was exported for a batch of {count}. A board, and N6 Studio, give a model one image at a time.",
        (
            "Export the checkpoint again for one image: n6studio export MODEL.pt.",
            "Or where the file was made: export with batch=1.",
        ),
    )


class EndToEnd(InputError):
    """A model that gives finished detections, where candidates are to be quantized."""

    code = "N6S-M38"
    path: Path | str
    remedy = Remedy(
        "{path} suppresses overlaps itself",
        "It gives finished detections (end to end, or with NMS inside). On one int8 scale, corners, confidences and "
        "class numbers do not fit together, and ST's applications read the candidates before that.",
        (
            "Export the checkpoint with N6 Studio, which leaves that part out: n6studio export MODEL.pt.",
            "Or where the file was made: export with nms=False, and end2end=False.",
        ),
    )


class NoModelInside(InputError):
    """A file of torch's in which there is no model."""

    code = "N6S-M39"
    path: Path | str
    remedy = Remedy(
        "{path} holds no model",
        "It is an intact file of torch's, and neither it nor its entry 'model' or 'ema' is a network or a state_dict: "
        "it may be an optimizer's state, a tensor or a data set.",
        ("Choose the best.pt or last.pt that training wrote, usually in runs/pose/train/weights.",),
    )


class OnnxNotKnown(InputError):
    """A sound ONNX file of a version, or with operations, that ONNX Runtime does not compute."""

    code = "N6S-M42"
    path: Path | str
    reason: str
    remedy = Remedy(
        "{path} needs another version of ONNX Runtime",
        "The file is intact, and {reason}.",
        (
            "Where it was made, export it again for operator set 17, in float32: opset=17 for Ultralytics, "
            "opset_version=17 for torch.",
            "Or export the checkpoint with N6 Studio: n6studio export MODEL.pt.",
        ),
    )


class NotNumbers(InputError):
    """A model whose weights or results are NaN or infinite."""

    code = "N6S-M43"
    path: Path | str
    found: str
    remedy = Remedy(
        "{path} is broken: it has NaN or infinity in place of numbers",
        "The file is intact, and {found}. Such a model detects nobody, or anything.",
        (
            "Mostly training diverged: take an earlier checkpoint, or train again with a lower learning rate (lr0) or "
            "without mixed precision (amp=False).",
            "If the checkpoint is sound, export it again in float32: half precision overflows earlier.",
        ),
    )


class NotATflite(InputError):
    """No model at all where two .tflite files are to be compared."""

    code = "N6S-M34"
    path: Path | str
    found: str
    remedy = Remedy(
        "{path} is not a .tflite file",
        "This comparison follows the numbers of two .tflite files. Found: {found}.",
        ("Choose a quantized .tflite, such as n6studio quantize writes, and compare it with another one.",),
    )


class SplitHeadWithoutOnnx(InputError):
    """An ONNX copy is wanted of a model whose head is to be split."""

    code = "N6S-M35"
    exit_status = ExitCode.USAGE
    remedy = Remedy(
        "There is no ONNX copy of a split head",
        "A model with a split head ends at its last convolutions, as N6 Studio's own post-processing reads it, and is "
        "written as .tflite only. An ONNX copy has the whole head.",
        (
            "For the split head, leave out the ONNX copy (--onnx).",
            "For the ONNX copy, keep the head whole: --head float.",
        ),
    )


class KerasForeign(InputError):
    """A Keras file that names more than Keras' own layers."""

    code = "N6S-M30"
    path: Path | str
    names: tuple[str, ...]
    remedy = Remedy(
        "{path} contains parts that N6 Studio does not build",
        "A Keras file is a list of Python classes, which are built and called. Besides Keras' own layers this one "
        "names {names}. Nothing of it was built.",
        (
            "Where the model was made, save it as a SavedModel: model.export('FOLDER') in Python. A SavedModel holds "
            "operations, and no classes.",
            "Then start from that folder: n6studio inspect FOLDER.",
        ),
    )


class KerasNotBuilt(InputError):
    """A Keras file of Keras' own layers that the installed release cannot build."""

    code = "N6S-M32"
    path: Path | str
    reason: str
    remedy = Remedy(
        "The installed Keras cannot build {path}",
        "It holds Keras' own layers only, but this release does not take them as they stand there: {reason}.",
        (
            "It was probably written by another release, such as Keras 2. With that one, save a SavedModel: "
            "tf.saved_model.save(model, 'FOLDER') in Python.",
            "Then start from that folder: n6studio inspect FOLDER.",
        ),
    )


class KerasWeightsOnly(InputError):
    """An .h5 with weights and without the layers that they belong to."""

    code = "N6S-M31"
    path: Path | str
    remedy = Remedy(
        "{path} contains only weights",
        "It is what Keras' save_weights writes: numbers by name, without the layers that they belong to.",
        (
            "In the program that built the model, load them and save all of it: model.load_weights(...), then "
            "model.save('model.keras').",
            "Or save a SavedModel there, which suits any model: model.export('FOLDER').",
        ),
    )


class LayoutNotStorable(InputError):
    """The same of a SavedModel or Keras file, of which no copy can say it."""

    code = "N6S-M29"
    path: Path | str
    readings: tuple[str, ...]
    code_to_type: str
    remedy = Remedy(
        LayoutUnknown.remedy.title,
        LayoutUnknown.remedy.why,
        (
            "Say it with every command, as CLASSESxKEYPOINTSxVALUES: --layout {code_to_type}. The .tflite that "
            "quantize writes then says it itself. In the window, choose it on the Import page.",
            "Or export the checkpoint again with N6 Studio, which writes it into the file: n6studio export MODEL.pt.",
        ),
    )
