"""What became of everything that a data set holds: read N, used M, left out K because. Nothing goes silently."""

from collections.abc import Iterable

import msgspec


class LeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """Images or labels that are not used, all for one reason.

    Attributes:
        count: how many.
        reason: what is said of them behind their number, such as "in .heic files, which are not read".
        example: the first of them; "" for none to name.
    """

    count: int
    reason: str
    example: str = ""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """What was read, and what of it was used.

    Attributes:
        images, images_used: how many; the others are in `images_left_out`.
        labels, labels_used: people labelled, and those that count; the others are in `labels_left_out`.
        images_left_out, labels_left_out: why not, in the order in which it was found.
    """

    images: int
    images_used: int
    labels: int = 0
    labels_used: int = 0
    images_left_out: tuple[LeftOut, ...] = ()
    labels_left_out: tuple[LeftOut, ...] = ()

    @property
    def sentences(self) -> tuple[str, ...]:
        """One sentence on the images and one on the labels, where there are any."""
        found = [_sentence("Images", self.images, self.images_used, self.images_left_out)]
        if self.labels:
            found.append(_sentence("Labels", self.labels, self.labels_used, self.labels_left_out))
        return tuple(found)


def _sentence(noun: str, read: int, used: int, left_out: Iterable[LeftOut]) -> str:
    reasons = [_reason(one) for one in left_out]
    if not reasons:
        return f"{noun}: read {read:,}, used {'all' if read == used else f'{used:,}'}."
    return f"{noun}: read {read:,}, used {used:,}, left out {read - used:,}: {'; '.join(reasons)}."


def _reason(one: LeftOut) -> str:
    example = f" ({'' if one.count == 1 else 'first '}{one.example})" if one.example else ""
    return f"{one.count:,} {one.reason}{example}"
