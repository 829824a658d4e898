"""Why frames are not shown, or not with results: whose fault it is, and how often."""

from dataclasses import dataclass

from n6studio.link.wire.counts import Counts
from n6studio.link.wire.frame import BLAMES, Blame, Refusal

NO_TRACE, DAMAGED, UNDECODABLE, OVERTAKEN = (
    "numbers missing without a trace",
    "checksum or length wrong",
    "the image cannot be decoded",
    "a newer frame came first",
)


@dataclass(frozen=True)
class Reason:
    """One reason, and how many frames it concerns."""

    blame: Blame
    text: str
    count: int


def reasons(counts: Counts, dropped: int, undecodable: int) -> tuple[Reason, ...]:
    """Return every reason that occurred, in the order of `Blame`.

    Args:
        counts: of the stream.
        dropped: frames that a newer one overtook on this computer.
        undecodable: frames that arrived whole, and that no decoder understood.
    """
    found = [
        Reason(Blame.DAMAGED, DAMAGED, counts.damaged),
        Reason(Blame.NOT_SENT, NO_TRACE, max(0, counts.lost - counts.damaged)),
        Reason(Blame.UNSUPPORTED, UNDECODABLE, undecodable),
        Reason(Blame.SLOW, OVERTAKEN, dropped),
    ]
    for refusal, count in (counts.undelivered + counts.refused).items():
        if refusal not in (
            Refusal.PLAIN,
            Refusal.CONTENT,
        ):  # the former is no fault, and of the latter the rule is told
            found.append(Reason(BLAMES[refusal], str(refusal), count))
    found += [Reason(Blame.SENDER, rule, count) for rule, count in counts.rules.items()]
    order = list(Blame)
    return tuple(sorted((one for one in found if one.count), key=lambda one: order.index(one.blame)))
