"""What a model's output means, channel by channel, with code that decodes it and numbers to try that on."""

from collections.abc import Sequence

from n6studio.domain.model.facts import ModelFacts

_PYTHON = """\
def person(channel, n):  # channel(c, n): value of channel c of candidate n
    scores = [channel({score} + k, n) for k in range({classes})]
    confidence, unit_x, unit_y = max(scores), {unit_x}, {unit_y}
    x, y = channel(0, n) * unit_x, channel(1, n) * unit_y  # centre, in pixels of the {width} x {height} input
    w, h = channel(2, n) * unit_x, channel(3, n) * unit_y
    points = [
        (channel({point} + {values} * k, n) * unit_x, channel({point} + {values} * k + 1, n) * unit_y{seen_python})
        for k in range({keypoints})
    ]
    return confidence, (x - w / 2, y - h / 2, x + w / 2, y + h / 2), points
"""

_C = """\
#define AT(c, n) output[{index}]  /* channel c of candidate n, {candidates} candidates */
float best = 0.0f;
for (int k = 0; k < {classes}; k++)
    if (AT({score} + k, n) > best) best = AT({score} + k, n);
float x = AT(0, n) * {unit_x}f, y = AT(1, n) * {unit_y}f, w = AT(2, n) * {unit_x}f, h = AT(3, n) * {unit_y}f;
for (int k = 0; k < {keypoints}; k++) {{
    px[k] = AT({point} + {values} * k, n) * {unit_x}f;
    py[k] = AT({point} + {values} * k + 1, n) * {unit_y}f;{seen_c}
}}
"""


def python_decoder(facts: ModelFacts) -> str:
    """Return a Python function `person(channel, n)` that decodes a candidate; "" where the layout is not known."""
    return _filled(_PYTHON, facts)


def explanation(facts: ModelFacts) -> Sequence[str]:
    """Return lines: the channel map, how to decode it in Python and C, and one example with expected numbers."""
    strips, size = facts.strips, facts.input_size
    if facts.split is not None:
        return (
            "Its outputs are those of the last convolutions, int8, three for each stride.",
            "The firmware of N6 Studio has the C that turns them into people: n6_split.c.",
        )
    if strips is None or size is None or facts.keypoints is None or facts.keypoint_dims is None or strips.end_to_end:
        return ("Its output cannot be explained: how it is to be read is not known, or it gives finished detections.",)
    first, end = strips.scores
    unit = "fractions of the input's width and height" if facts.normalised else "pixels of the input"
    values = "x, y, visibility" if facts.keypoint_dims == 3 else "x, y"
    order = "1 x channels x candidates" if strips.channels_first else "1 x candidates x channels"
    lines = [
        f"Output {order}; {strips.candidates} candidates, levels with strides {', '.join(map(str, facts.strides))}.",
        f"  channels 0 to 3    centre x, centre y, width, height of the box, in {unit}",
        f"  channels {first} to {end - 1}    confidence of each class, 0 to 1",
        f"  channels {end} to {strips.keypoints[1] - 1}   {facts.keypoints} keypoints, {values} of each",
        "",
        "In Python:",
        *_filled(_PYTHON, facts).splitlines(),
        "",
        "In C:",
        *_filled(_C, facts).splitlines(),
        "",
    ]
    scale = (1.0, 1.0) if not facts.normalised else (float(size[0]), float(size[1]))
    given = (0.5 * size[0] / scale[0], 0.5 * size[1] / scale[1], 0.25 * size[0] / scale[0], 0.5 * size[1] / scale[1])
    box = (0.375 * size[0], 0.25 * size[1], 0.625 * size[0], 0.75 * size[1])
    numbers = ", ".join(f"{value:g}" for value in given)
    corners = ", ".join(f"{value:g}" for value in box)
    return (
        *lines,
        f"Example: channels 0 to 3 of {numbers} are the box {corners} (left, top, right, bottom) in pixels.",
    )


def _filled(template: str, facts: ModelFacts) -> str:
    strips, size = facts.strips, facts.input_size
    if strips is None or size is None or facts.keypoints is None:
        return ""
    first, end = strips.scores
    units = (float(size[0]), float(size[1])) if facts.normalised else (1.0, 1.0)
    channels, seen = strips.keypoints[1], facts.keypoint_dims == 3
    return template.format(
        score=first,
        classes=end - first,
        unit_x=units[0],
        unit_y=units[1],
        width=size[0],
        height=size[1],
        point=end,
        values=facts.keypoint_dims,
        keypoints=facts.keypoints,
        candidates=strips.candidates,
        index=f"(c) * {strips.candidates} + (n)" if strips.channels_first else f"(n) * {channels} + (c)",
        seen_python=f", channel({end} + 3 * k + 2, n)" if seen else "",
        seen_c=f"\n    seen[k] = AT({end} + 3 * k + 2, n);" if seen else "",
    )
