"""Right after quantizing: the int8 model must still find the people that the float model finds."""

import numpy as np

from n6studio.domain.errors.stages import ConfidenceCollapse
from n6studio.domain.metrics.oks import object_areas, oks_matrix
from n6studio.domain.pose.decode import decode
from n6studio.domain.pose.skeleton import for_keypoints
from n6studio.domain.texts import counted
from n6studio.stages.model.calibration import CalibrationSet
from n6studio.stages.model.runner import Model
from n6studio.stages.process.reporter import Reporter
from n6studio.stages.quantize.figures import Guard

CONFIDENCE = 0.25
FEWEST_PEOPLE = 3  # with fewer, losing them proves nothing
SMALLEST_SHARE = 0.5  # of the people found in float; an int8 model that lost half is broken, not imprecise
SAME_PERSON = 0.5  # OKS from which two poses are one person's


def guard(
    reference: Model,
    quantized: Model,
    calibration: CalibrationSet,
    most: int,
    head: str,
    report: Reporter,
) -> Guard:
    """Compare the two models on up to `most` calibration images and return what was seen.

    Raises:
        ConfidenceCollapse: of at least 3 people, less than half are found again.
    """
    float_people = found_again = images = 0
    similarities: list[float] = []
    skeleton = for_keypoints(reference.info.layout.keypoints)
    total = min(most, len(calibration))
    for image in calibration.images():
        if images == total:
            break
        images += 1
        wanted = decode(reference.run(image), reference.info.layout, reference.info.size, CONFIDENCE)
        got = decode(quantized.run(image), quantized.info.layout, quantized.info.size, CONFIDENCE * 0.5)
        float_people += len(wanted)
        if len(wanted) and len(got):
            areas = np.maximum(object_areas(wanted.boxes), 1.0)
            best = oks_matrix(wanted.keypoints, got.keypoints, areas, skeleton.sigmas).max(axis=1)
            found_again += int((best > SAME_PERSON).sum())
            similarities += best[best > SAME_PERSON].tolist()
        report.progress(images, total)
    if float_people >= FEWEST_PEOPLE and found_again < SMALLEST_SHARE * float_people:
        raise ConfidenceCollapse(float_people=float_people, int8_people=found_again, images=images, head=head)
    if float_people < FEWEST_PEOPLE:
        people = f"only {counted(float_people, 'person', 'people')}" if float_people else "nobody"
        report.warn(
            f"The float model detects {people} in "
            f"{counted(images, 'calibration image')}, too few to judge whether int8 still detects people. Use "
            "calibration images that show people."
        )
    mean = round(float(np.mean(similarities)), 4) if similarities else None
    return Guard(images=images, float_people=float_people, int8_people=found_again, oks_mean=mean)
