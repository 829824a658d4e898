"""Whether a model can be deployed with an application on a board; each reason against it is an error of its own.

Works on the facts that inspection found; no file is opened here.
"""

from pathlib import Path

from n6studio.board.compiler.fit import Demand, Fit, candidates_of, fit
from n6studio.board.compiler.pairs import Pair, unsupported
from n6studio.board.description import Board
from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.fit import (
    ClassesUnsupported,
    InputLargerThanSensor,
    ModelInputNotUint8,
    ModelLayoutUnsupported,
    ModelNotQuantized,
    ModelNumbersUnsupported,
    ModelOutputNotFloat,
    ModelScaleTooCoarse,
    QdqOnDevice,
    SkeletonUnsupported,
    SplitHeadUnread,
)
from n6studio.domain.errors.models import LayoutUnknown, PixelOutputs
from n6studio.domain.model.facts import ModelFacts
from n6studio.domain.model.published import estimate
from n6studio.domain.model.readiness_npu import NARROW_FROM, input_range, narrow_weights, widths
from n6studio.domain.states import Fitness

# A score takes steps of the output's scale; with less than 128 steps from 0 to 1 thresholds lose their meaning.
COARSEST_SCALE = 1 / 64
# Largest images of the sensors that ST's camera middleware knows; the scaler cannot enlarge.
SENSORS = {"IMX335": (2592, 1944), "VD66GY": (1120, 1364), "VD55G1": (804, 704)}
DRAWN_KEYPOINTS = 17  # what releases before 2.1 draw


def demand_of(facts: ModelFacts) -> Demand | None:
    """Return what a model asks of the application; None where it cannot be a pose model.

    Its activations are ST's published ones for a model of the same build, where there are any.
    """
    if facts.input_size is None or facts.keypoints is None or facts.strips is None:
        return None
    published = estimate(facts.parameters, facts.macs, facts.input_size)
    return Demand(
        size=facts.input_size,
        candidates=facts.strips.candidates or candidates_of(facts.input_size),
        keypoints=facts.keypoints,
        weights=facts.weights_bytes,
        activations=None if published is None else round(published.ram_kib * 1024),
    )


def refusals(
    facts: ModelFacts,
    path: Path,
    pair: Pair,
    board: Board,
    enlarged: bool = False,
    sensor: str = "IMX335",
    compiled: bool = True,
) -> tuple[StudioError, ...]:
    """Return every reason why the model cannot be deployed so, what must be mended first at the front.

    Args:
        facts: what inspection found out.
        path: the model's file, for messages.
        pair: the application's release.
        board: the board.
        enlarged: with the application's memory region enlarged.
        sensor: the camera, one of `SENSORS`.
        compiled: whether ST's compiler reads the model; on the virtual board it runs as it is.
    """
    found = [
        *_format(facts, path),
        *(_weights(facts, path, pair) if compiled else ()),
        *_split(facts, path, pair),
        *_output(facts, path, pair),
    ]
    if other := unsupported(pair, board):
        return (*found, other)
    found += _image(facts, path, sensor)
    demand = demand_of(facts)
    if demand is not None:
        refusal = fit(pair, board, demand, enlarged).refusal
        found += [refusal] if refusal is not None else []
    return tuple(found)


def check_model(
    facts: ModelFacts, path: Path, pair: Pair, board: Board, enlarged: bool = False, sensor: str = "IMX335"
) -> Fit:
    """Return how the model fits.

    Raises:
        StudioError: the first of `refusals`.
    """
    against = refusals(facts, path, pair, board, enlarged, sensor)
    if against:
        raise against[0]
    demand = demand_of(facts)
    if demand is None:
        raise ModelLayoutUnsupported(path=path, found="unknown", wanted=_wanted(facts))
    return fit(pair, board, demand, enlarged)


def _format(facts: ModelFacts, path: Path) -> list[StudioError]:
    found: list[StudioError] = []
    if not facts.quantized:
        found.append(ModelNotQuantized(path=path))
    for check in (widths(facts), input_range(facts)):
        if check.state is Fitness.FAIL:
            found.append(ModelNumbersUnsupported(path=path, found=check.reason, wanted=check.remedy))
    if facts.format == "onnx" and facts.quantized:
        return [QdqOnDevice(path=path), *found]
    if facts.input is None or facts.input.type != "uint8":
        found.append(ModelInputNotUint8(path=path, found=facts.input.type if facts.input else "unknown type"))
    if facts.split is None and (facts.output is None or facts.output.type != "float"):
        found.append(ModelOutputNotFloat(path=path, found=facts.output.type if facts.output else "unknown type"))
    return found


def _weights(facts: ModelFacts, path: Path, pair: Pair) -> list[StudioError]:
    """Refuse weights of 4 bits where the compiler that goes with the application has none."""
    if not narrow_weights(facts) or pair.compiler.release >= NARROW_FROM:
        return []
    found = (
        f"Some weights have 4 bits. ST Edge AI Core {pair.compiler.name}, which belongs to {pair.title}, takes 8 bits; "
        f"4 bits come with release {'.'.join(map(str, NARROW_FROM))}."
    )
    wanted = "Quantize it with 8-bit weights (--weights int8), or take an application for a later ST Edge AI Core."
    return [ModelNumbersUnsupported(path=path, found=found, wanted=wanted)]


def _split(facts: ModelFacts, path: Path, pair: Pair) -> list[StudioError]:
    """Refuse a split head where other post-processing than ours runs, or does not get all outputs."""
    if facts.split is None:
        return []
    reason = "" if pair.live else "the live stream is switched off"
    if pair.family == "multi-pose":
        reason = "this application hands over one output"
    return [SplitHeadUnread(path=path, application=pair.title, reason=reason)] if reason else []


def _output(facts: ModelFacts, path: Path, pair: Pair) -> list[StudioError]:
    strips, keypoints = facts.strips, facts.keypoints
    if facts.ambiguous:
        named = tuple(one.text for one in facts.readings[:6])
        code = next((one.code for one in facts.readings if one.keypoints), "")
        return [LayoutUnknown(path=path, readings=named, code_to_type=code)]
    if strips is None or keypoints is None:
        return [ModelLayoutUnsupported(path=path, found="not that of a pose model", wanted=_wanted(facts))]
    if strips.end_to_end:
        made = "final detections (end-to-end), without candidates"
        return [ModelLayoutUnsupported(path=path, found=made, wanted=_wanted(facts))]
    if not strips.channels_first:
        made = "[1, N, channels] (candidates first)"
        return [ModelLayoutUnsupported(path=path, found=made, wanted=_wanted(facts))]
    if facts.keypoint_dims == 2:
        made = "keypoints without a confidence"
        return [ModelLayoutUnsupported(path=path, found=made, wanted=_wanted(facts))]
    found: list[StudioError] = []
    if facts.normalised is False:
        size = max(facts.input_size or (0, 0))
        found.append(PixelOutputs(path=path, largest=size))
    if facts.output_scale is not None and facts.output_scale > COARSEST_SCALE:
        found.append(ModelScaleTooCoarse(path=path, scale=round(facts.output_scale, 4), limit=COARSEST_SCALE))
    classes = strips.scores[1] - strips.scores[0]
    if classes > 1 and not pair.classes:
        found.append(ClassesUnsupported(path=path, classes=classes, application=pair.title))
    if keypoints != DRAWN_KEYPOINTS and pair.skeleton == "fixed":
        found.append(
            SkeletonUnsupported(
                path=path, keypoints=keypoints, application=pair.title, supported=f"{DRAWN_KEYPOINTS} (COCO)"
            )
        )
    return found


def _wanted(facts: ModelFacts) -> str:
    channels = f"5 + 3 x {facts.keypoints}" if facts.keypoints else "5 + 3 x keypoints"
    return f"[1, {channels}, N] (channels first): box, confidence, and keypoints with confidence, normalised to 0..1"


def _image(facts: ModelFacts, path: Path, sensor: str) -> list[StudioError]:
    width, height = SENSORS[sensor]
    if facts.input_size is None or (facts.input_size[0] <= width and facts.input_size[1] <= height):
        return []
    size = f"{facts.input_size[0]}x{facts.input_size[1]}"
    return [InputLargerThanSensor(path=path, size=size, sensor=sensor, sensor_size=f"{width}x{height}")]
