"""What a check of data finds: what each consumer of images and labels makes of them, and what two sets share."""

from collections.abc import Sequence

import msgspec

from n6studio.domain.evaluation.account import Account
from n6studio.domain.states import Grade

SCHEMA = 1
# Who reads images and labels, and what they are called.
CONSUMERS = {"ultralytics": "Ultralytics training", "coco": "COCO evaluation", "zoo": "ST's model zoo"}


class FileVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """What one consumer makes of one file, where it does not simply use it.

    Attributes:
        set: which of the sets it lies in.
        file: its name; the first one's where several are counted.
        consumer: a key of `CONSUMERS`.
        action: 'drops', 'merges', 'misreads', 'passes over' or 'rewrites'.
        why: the end of "it drops a.jpg: ...".
        count: how many files, or labels.
    """

    set: str
    file: str
    consumer: str
    action: str
    why: str
    count: int = 1


class SetFacts(msgspec.Struct, frozen=True, kw_only=True):
    """One set of images: a part of the data, or the calibration images.

    Attributes:
        name: 'val', 'train', 'calibration'...
        path: where it was read from.
        account: how much was read, and what became of it.
        notes: sentences.
    """

    name: str
    path: str
    account: Account
    notes: tuple[str, ...] = ()


class Leak(msgspec.Struct, frozen=True, kw_only=True):
    """Images that two sets share.

    Attributes:
        first, second: names of the sets.
        same: images of the first that are in the second byte for byte.
        alike: others that look nearly the same.
        examples: some of their names.
    """

    first: str
    second: str
    same: int
    alike: int
    examples: tuple[str, ...] = ()


class DataCheck(msgspec.Struct, frozen=True, kw_only=True):
    """The contents of data_check.json.

    Attributes:
        schema: version of this form.
        sets: the sets that were read.
        verdicts: every file that some consumer does not simply use.
        leaks: one entry for each two sets that were compared.
    """

    schema: int
    sets: tuple[SetFacts, ...]
    verdicts: tuple[FileVerdict, ...]
    leaks: tuple[Leak, ...]


class DataFinding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing worth knowing.

    Attributes:
        key: short name that stays the same.
        title: what was looked at.
        state: a `Grade`.
        reason: one sentence or several.
    """

    key: str
    title: str
    state: str
    reason: str


def findings(check: DataCheck) -> tuple[DataFinding, ...]:
    """Return what there is to say, leaks first: they make every figure too good."""
    found = [_leak(one) for one in check.leaks]
    for one in check.sets:
        lost = one.account.images != one.account.images_used or one.account.labels != one.account.labels_used
        state = Grade.BAD if not one.account.images_used else Grade.WARN if lost else Grade.OK
        reason = " ".join(one.account.sentences)
        found.append(DataFinding(key=f"set_{one.name}", title=f"Set '{one.name}'", state=state, reason=reason))
    for consumer, name in CONSUMERS.items():
        own = [one for one in check.verdicts if one.consumer == consumer]
        reason = _reasons(own) if own else "Uses every file as it is."
        state = Grade.WARN if own else Grade.OK
        found.append(DataFinding(key=consumer, title=name, state=state, reason=reason))
    return tuple(found)


def _leak(leak: Leak) -> DataFinding:
    title = f"'{leak.first}' apart from '{leak.second}'"
    key = f"leak_{leak.first}_{leak.second}"
    if not leak.same and not leak.alike:
        return DataFinding(key=key, title=title, state=Grade.OK, reason="No image is in both.")
    parts = [f"{leak.same:,} images are in both"] * bool(leak.same)
    parts += [f"{leak.alike:,} look nearly the same"] * bool(leak.alike)
    first = f" (first {leak.examples[0]})" if leak.examples else ""
    reason = f"{', '.join(parts)}{first}: accuracy figures would be too good."
    return DataFinding(key=key, title=title, state=Grade.BAD if leak.same else Grade.WARN, reason=reason)


def _reasons(verdicts: Sequence[FileVerdict]) -> str:
    kinds: dict[tuple[str, str], list[FileVerdict]] = {}
    for one in verdicts:
        kinds.setdefault((one.action, one.why), []).append(one)
    parts = [
        f"{action} {sum(one.count for one in found):,}: {why} (first {found[0].file})"
        for (action, why), found in kinds.items()
    ]
    return f"{'; '.join(parts)}."
