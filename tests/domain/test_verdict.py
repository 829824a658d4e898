import msgspec
import pytest

from n6studio.domain.evaluation.results import Agreement, Comparison
from n6studio.domain.evaluation.verdict import verdict

AGREEMENT = Agreement(people=1, kept=1, lost=0, invented=0, oks_mean=1.0, oks_mean_kept=1.0, pixels_mean=0.0)
COMPARED = Comparison(
    judged="int8", reference="float", basis="labels", people=1, oks_lost_mean=None, oks_lost_interval=None,
    agreement=AGREEMENT, ap_difference=None, ap_interval=None,
)  # fmt: skip


@pytest.mark.parametrize(
    ("difference", "limits", "wanted"),
    [
        (-0.003, (-0.008, 0.002), "0.3 points of AP lost, within noise of 0.5 (95 % CI -0.8 to +0.2)."),
        (-0.015, (-0.017, -0.011), "1.5 points of AP lost, more than noise of 0.3 (95 % CI -1.7 to -1.1)."),
        (0.004, (0.001, 0.007), "0.4 points of AP gained, more than noise of 0.3 (95 % CI +0.1 to +0.7)."),
        (-0.01, None, "1.0 points of AP lost; too few images to tell whether that is chance."),
        (None, None, ""),
    ],
)
def test_the_verdict_says_what_is_lost_and_whether_that_is_chance(difference, limits, wanted):
    said = verdict(msgspec.structs.replace(COMPARED, ap_difference=difference, ap_interval=limits))
    assert said.replace("−", "-") == wanted
