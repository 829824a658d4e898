"""How two files differ, in words: what it costs first, then where it begins and why."""

from collections import Counter
from collections.abc import Iterator

from n6studio.domain.metrics.keypoints import FOUND_OKS
from n6studio.domain.model.difference import (
    DEPARTED_DB,
    SAME_WEIGHTS_DB,
    Ends,
    LayerPair,
    LostPerson,
    ModelDifference,
    PeopleDifference,
    Side,
    Weights,
)
from n6studio.domain.texts import counted, listed, percent, plural

COARSE_DB = 30.0  # of weights: what int8 with a scale per channel keeps; 4 bits keep about 20
_CUT = 0.001  # share of values beyond a range from which that counts
_COARSER = 1.5  # ratio of two steps from which that counts
_NEAR_DB = 6.0  # half the amplitude: weights that lose no less than this explain what a layer loses
_SAME_DB = 100.0  # of what a layer reads: the same but for the order of additions
_PERSON = ("person", "people")
_SHOWN = 6


def verdict(found: ModelDifference) -> tuple[str, ...]:
    """Return the answer to "why did B lose people and A not", a sentence or two each; A is the first file."""
    if found.same_file:
        return ("Both are the same file.",)
    return tuple(_sentences(found))


def _sentences(found: ModelDifference) -> Iterator[str]:
    if found.trained_together is False:
        yield "A and B hold different weights: they do not come from the same training."
    elif found.unrelated:
        yield "A and B are different models: no layer with weights of one was found in the other."
    if found.people is not None:
        yield people_sentence(found.people, found.drawn)
        yield from _why_lost(found.people.lost)
    else:
        yield f"People are not compared: {found.not_judged}."
    if found.trained_together is not False and not found.unrelated:
        yield from _layers(found)
        yield from _overall(found)
    yield from _keypoints(found.people)
    yield graph_sentence(found)
    yield from (end_sentence(one) for one in found.graph.ends if _unlike(one))


def people_sentence(people: PeopleDifference, drawn: bool = False) -> str:
    """Return what the difference costs."""
    where = f"in {counted(people.images, 'image')}"
    if not people.first and not people.second:
        made = "these drawn images: choose photographs of people with --images" if drawn else "these images"
        return f"Neither finds anybody in {made}."
    lost = len(people.lost)
    kept = (
        "" if people.oks_mean is None else f" Mean OKS of the {people.matched} found with both: {people.oks_mean:.3f}."
    )
    more = f" It finds {people.invented} that A does not." if people.invented else ""
    those = counted(people.first, *_PERSON)
    if not lost:
        return f"A finds {those} {where}, and B loses none.{kept}{more}"
    return f"A finds {those} {where}, and B loses {lost} of them.{kept}{more}"


def _why_lost(lost: tuple[LostPerson, ...]) -> Iterator[str]:
    faint = [one for one in lost if one.oks >= FOUND_OKS]
    moved = [one for one in lost if one.second_confidence is not None and one.oks < FOUND_OKS]
    gone = len(lost) - len(faint) - len(moved)
    parts = []
    if faint:
        one = faint[0]
        example = f"{one.confidence:.2f} became {one.second_confidence or 0.0:.2f} in {one.image}"
        parts.append(f"{len(faint)} {plural(len(faint), 'is', 'are')} still there, below the threshold ({example})")
    if moved:
        one = moved[0]
        parts.append(f"{len(moved)} {plural(len(moved), 'has', 'have')} moved (OKS {one.oks:.2f} in {one.image})")
    if gone:
        parts.append(f"of {gone} there is no trace")
    if parts:
        yield f"Of the people that B loses, {listed(parts)}."


def _layers(found: ModelDifference) -> Iterator[str]:
    if found.not_measured:
        yield f"Layers are not compared on images: {found.not_measured}."
        return
    if found.first_different is None:
        yield f"All {counted(len(found.layers), 'matched layer')} have the same values."
        return
    if found.first_different.before_db is None or found.first_different is not found.departing:
        yield f"The first layer with other values: {named(found.first_different)}."
    if found.departing is not None:
        yield departure(found, found.departing)
    else:
        rated = [one for one in found.layers if one.db is not None and not one.squashed]
        low = min(rated, key=lambda one: one.db or 0.0, default=None)
        if low is not None:
            yield f"No layer departs: the lowest signal-to-noise ratio is {low.db:.1f} dB, in {named(low)}."
    if found.dropping is not None and found.dropping is not found.departing:
        one = found.dropping
        yield (
            f"Most is lost in {named(one)}: {one.before_db:.1f} dB become {one.db:.1f} dB, because {cause(found, one)}."
        )


def _overall(found: ModelDifference) -> Iterator[str]:
    """Yield in how many layers numbers differ that the file itself holds."""
    weights = [one.weights for one in found.layers if one.weights is not None and one.weights.db is not None]
    unlike = [one for one in weights if one.types[0] != one.types[1] or min(one.scales) == 1 < max(one.scales)]
    if unlike:
        typical = sorted(one.db or 0.0 for one in unlike)[len(unlike) // 2]
        yield (
            f"In {len(unlike)} of {counted(len(weights), 'layer')} with weights, B stores these otherwise: "
            f"{_precisions(unlike)}. Their median signal-to-noise ratio is {typical:.0f} dB."
        )
    layers = [one for one in found.layers if not one.squashed]
    cut = sum(one.cut is not None and one.cut >= _CUT for one in layers)
    steps = sum(one.first.scale > 0 and one.second.scale / one.first.scale >= _COARSER for one in layers)
    parts = [f"cut off values in {counted(cut, 'layer')}"] if cut else []
    parts += [f"have steps {_COARSER:g} times as large or more in {counted(steps, 'layer')}"] if steps else []
    if parts:
        yield f"The ranges of B {listed(parts)}."


def departure(found: ModelDifference, layer: LayerPair) -> str:
    """Return where the two files begin to compute something else, and why."""
    before = "" if layer.before_db is None else f", where what it reads still has {layer.before_db:.1f} dB"
    return (
        f"They depart first at {named(layer)}: {layer.db:.1f} dB, below {DEPARTED_DB:.0f}{before}. "
        f"The cause: {cause(found, layer)}."
    )


def cause(found: ModelDifference, layer: LayerPair) -> str:
    """Return why a layer's values differ, as part of a sentence."""
    behind = found.behind(layer)
    for one in behind:
        if reasons := _reasons(one):
            return _told(one, layer, reasons)
    for one in behind:
        if rounded := _rounded_most(one):
            return _told(one, layer, [rounded])
    steps = layer.first.scale, layer.second.scale
    if layer.before_db is not None and layer.before_db >= _SAME_DB and steps[0] != steps[1] and all(steps):
        return f"it rounds its results with a step of {steps[1]:.4g}, against {steps[0]:.4g} in A"
    return "what earlier layers lost adds up; no number of its own accounts for it"


def _told(one: LayerPair, layer: LayerPair, reasons: list[str]) -> str:
    return listed(reasons) if one is layer else f"in {named(one)}, {listed(reasons)}"


def _rounded_most(layer: LayerPair) -> str:
    """Return that a layer's weights lose more than what it reads had lost, and about as much as its result; or ""."""
    weights = layer.weights
    if weights is None or weights.db is None or layer.db is None or layer.before_db is None:
        return ""
    if weights.db >= layer.before_db or weights.db - layer.db > _NEAR_DB:
        return ""
    return f"its weights are rounded otherwise ({weights.db:.0f} dB; {_scales(weights.types, weights.scales)})"


def _reasons(layer: LayerPair) -> list[str]:
    weights = layer.weights
    if weights is not None and weights.db is not None and weights.db < SAME_WEIGHTS_DB:
        return ["it has other weights"]
    reasons = []
    if weights is not None and weights.db is not None and weights.db < COARSE_DB:
        reasons.append(f"its weights differ ({weights.db:.0f} dB; {_scales(weights.types, weights.scales)})")
    if weights is not None and weights.bias_db is not None and weights.bias_db < COARSE_DB:
        reasons.append(f"its biases differ ({weights.bias_db:.0f} dB)")
    if layer.cut is not None and layer.cut >= _CUT and not layer.squashed:
        reasons.append(
            f"the range of B, {layer.second.low:.4g} to {layer.second.high:.4g}, cuts off "
            f"{percent(layer.cut)} of the values of A"
        )
    if layer.first.scale > 0 and layer.second.scale / layer.first.scale >= _COARSER:
        reasons.append(f"a step of B is {layer.second.scale / layer.first.scale:.1f} times one of A")
    if not reasons and layer.first.type != layer.second.type:
        reasons.append(f"it is {layer.first.type} in A and {layer.second.type} in B")
    return reasons


def graph_sentence(found: ModelDifference) -> str:
    """Return how the graphs differ."""
    graph, layers = found.graph, found.layers
    ours, theirs = graph.operations
    if graph.same_order and not graph.kinds and not graph.only_first and not graph.only_second:
        return f"The graphs are the same: {counted(ours, 'operation')} in the same order."
    kinds = [f"{kind} {one} and {other}" for kind, (one, other) in graph.kinds.items()]
    shown = listed(kinds[:_SHOWN]) + (f" and {len(kinds) - _SHOWN} other kinds" if len(kinds) > _SHOWN else "")
    what = f": {shown}" if kinds else ", of the same kinds in another order" if not graph.same_order else ""
    return f"The graphs have {ours} and {theirs} operations{what}. {len(layers)} are the same layer in both."


def end_sentence(ends: Ends) -> str:
    """Return how the inputs or outputs differ."""
    shapes = "" if ends.shapes[0] == ends.shapes[1] else f", shapes {list(ends.shapes[0])} and {list(ends.shapes[1])}"
    return f"The {ends.which}s differ: {numbers(ends.first)} against {numbers(ends.second)}{shapes}."


def numbers(one: Side) -> str:
    """Return a tensor's type and steps."""
    if not one.scale:
        return one.type
    return f"{one.type} with a step of {one.scale:.4g} and zero point {one.zero_point}"


def named(layer: LayerPair) -> str:
    """Return a layer by name and operation."""
    return f"{layer.first.name} ({layer.kind}, operation {layer.place})"


def _scales(types: tuple[str, str], scales: tuple[int, int]) -> str:
    parts = [
        f"{kind}, {'no scale' if not count else 'one scale' if count == 1 else f'{count} scales'}"
        for kind, count in zip(types, scales, strict=True)
    ]
    return parts[0] if parts[0] == parts[1] else f"{parts[0]}, against {parts[1]}"


def _precisions(layers: list[Weights]) -> str:
    """Return how the weights of most of them are stored in both files, without counts of channels."""
    ways = Counter(
        tuple((kind, min(count, 2)) for kind, count in zip(one.types, one.scales, strict=True)) for one in layers
    )
    said = ("no scale", "one scale", "a scale for each channel")
    parts = [f"{kind}, {said[many]}" for kind, many in ways.most_common(1)[0][0]]
    return f"{parts[0]}, against {parts[1]}"


def _keypoints(people: PeopleDifference | None) -> Iterator[str]:
    if people is not None and people.keypoints and people.matched:
        worst = sorted(people.keypoints, key=lambda one: one.oks)[:3]
        parts = [f"{one.name} {one.oks:.3f} ({one.pixels:.1f} px)" for one in worst]
        yield f"Keypoints that moved most, as OKS: {listed(parts)}."


def _unlike(ends: Ends) -> bool:
    sides = [(one.type, one.scale, one.zero_point) for one in (ends.first, ends.second)]
    return sides[0] != sides[1] or ends.shapes[0] != ends.shapes[1]
