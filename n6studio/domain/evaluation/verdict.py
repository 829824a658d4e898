"""What a comparison's paired interval says, in a sentence."""

from n6studio.domain.evaluation.results import Comparison
from n6studio.domain.texts import points


def verdict(comparison: Comparison) -> str:
    """Return how many points of AP are lost, and whether that is more than chance; "" where AP is not known.

    Both models are judged on the same images, so chance is that of their difference, not of each one's AP: half of the
    95 % interval over bootstrap resamples of the images.
    """
    difference, limits = comparison.ap_difference, comparison.ap_interval
    if difference is None:
        return ""
    what = f"{100 * abs(difference):.1f} points of AP {'lost' if difference <= 0 else 'gained'}"
    if limits is None:
        return f"{what}; too few images to tell whether that is chance."
    noise = 100 * (limits[1] - limits[0]) / 2
    known = f"95 % CI {points(limits[0])} to {points(limits[1])}"
    if limits[0] <= 0 <= limits[1]:
        return f"{what}, within noise of {noise:.1f} ({known})."
    return f"{what}, more than noise of {noise:.1f} ({known})."
