"""The text of a network_generate_report.txt of releases 2.0 to 4.0, with either way of counting epochs."""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from n6studio.domain.errors.compiler import ReportUnreadable
from n6studio.domain.errors.foreign import reason_of
from n6studio.domain.model.compiled import Epochs
from n6studio.gates.files import read_text

# Numbers of bounded length: what is longer is none, and Python refuses to read thousands of digits.
_HEX, _AMOUNT = r"[0-9A-Fa-f]{1,16}", r"\d{1,12}(?:\.\d{1,6})?"
UNIT = {"B": 1, "kB": 1024, "MB": 1024 * 1024}
_POOL = re.compile(
    rf"^[ \t]*(\S{{1,200}})[ \t]+\[0x({_HEX}) - 0x({_HEX})\]:[ \t]+({_AMOUNT})[ \t]+(B|kB|MB)[ \t]+/[ \t]+"
    rf"{_AMOUNT}[ \t]+(?:B|kB|MB)[ \t]+\([ \t]*{_AMOUNT} % used\) -- weights:[ \t]+({_AMOUNT})[ \t]+(B|kB|MB)\s"
    rf".*activations:[ \t]+({_AMOUNT})[ \t]+(B|kB|MB)",
    re.MULTILINE,
)
_RANGE = re.compile(
    rf"^[ \t]*(\S{{1,200}})[ \t]+\[0x{_HEX} - 0x{_HEX}\]:[ \t]+0x({_HEX})-0x({_HEX})[ \t]*$", re.MULTILINE
)
VERSION = re.compile(r"ST Edge AI Core v?(\d+\.\d+\.\d+\S*)(?:\s+([0-9a-f]{6,}))?")
_MACC = re.compile(r"^model:.*?macc=(\d[\d,]{0,24})", re.MULTILINE)
ATONN = re.compile(r"^\s*Compiler version:\s*(\S+)", re.MULTILINE)
_EPOCHS_OLD = re.compile(r"Total number of epochs:\s*(\d{1,6}) of which \d+ implemented in software")
_EPOCHS_NEW = re.compile(r"^Total number of epochs\s+(\d{1,6})\b", re.MULTILINE)
_PART = re.compile(
    r"^>> (pure software|hybrid|pure hardware)[^\n]*?\s(\d{1,6})\b(?:\s+\(implemented in (\d{1,9}) epoch)?", re.M
)
_EPOCH_ROW = re.compile(r"^epoch\s+\d+\s+(EC|HW|-SW-|\?\?)", re.MULTILINE)


@dataclass(frozen=True)
class PoolUse:
    """How much of one memory the model uses; bytes.

    Attributes:
        name: the pool's name.
        start, end: its addresses, end excluded.
        used: bytes in use.
        weights, activations: what they are used for, as far as the report tells.
        first, last: addresses really in use, last excluded; None where nothing is.
    """

    name: str
    start: int
    end: int
    used: int
    weights: int
    activations: int
    first: int | None = None
    last: int | None = None


@contextlib.contextmanager
def reading_report(path: Path) -> Iterator[None]:
    """Translate what goes wrong while a file that ST Edge AI Core wrote is read.

    Raises:
        ReportUnreadable: the operating system's reason.
    """
    try:
        yield
    except OSError as error:
        raise ReportUnreadable(path=path, reason=reason_of(error)) from error


def text_of(path: Path) -> str:
    """Return the text of a report.

    Raises:
        ReportUnreadable: it cannot be read, or is none.
    """
    with reading_report(path):
        text = read_text(path, errors="replace")
    if not VERSION.search(text):
        raise ReportUnreadable(path=path, reason="it does not start like a report of ST Edge AI Core")
    return text


def pools_in(path: Path, text: str) -> tuple[PoolUse, ...]:
    """Return every memory that the report lists.

    Raises:
        ReportUnreadable: the table is missing or cut off.
    """
    ranges = {name: (int(first, 16), int(last, 16)) for name, first, last in _RANGE.findall(text)}
    pools = []
    for found in _POOL.finditer(text):
        name, start, end, used, unit, weights, weights_unit, activations, activations_unit = found.groups()
        first, last = ranges.get(name, (None, None))
        pools.append(
            PoolUse(
                name=name,
                start=int(start, 16),
                end=int(end, 16),
                used=_bytes(used, unit),
                weights=_bytes(weights, weights_unit),
                activations=_bytes(activations, activations_unit),
                first=first,
                last=last,
            )
        )
    if not pools or len(pools) < text.count("-- weights:") or not re.search(r"^Used memory ranges", text, re.MULTILINE):
        raise ReportUnreadable(path=path, reason="the table of memories is missing or cut off")
    return tuple(pools)


def _bytes(value: str, unit: str) -> int:
    return round(float(value) * UNIT[unit])


def macc_in(text: str) -> int | None:
    """Return the multiply-accumulates, None where they are not told."""
    found = _MACC.search(text)
    return int(found[1].replace(",", "")) if found else None


def epochs_in(path: Path, text: str) -> Epochs:
    """Return how the network is computed.

    Raises:
        ReportUnreadable: the table is missing or cut off.
    """
    if old := _EPOCHS_OLD.search(text):
        kinds = _EPOCH_ROW.findall(text)
        total = int(old[1])
        # Rows that are missing at the end of a cut-off table would count as hardware.
        if len(kinds) != total:
            raise ReportUnreadable(path=path, reason=f"it announces {total} epochs but lists {len(kinds)}")
        software, hybrid = kinds.count("-SW-"), kinds.count("??")
        return Epochs(total, total - software - hybrid, software, hybrid)
    new = _EPOCHS_NEW.search(text)
    parts = {name: (int(count), blobs) for name, count, blobs in _PART.findall(text)}
    if new is None or len(parts) != 3:
        raise ReportUnreadable(path=path, reason="the count of epochs is missing")
    blobs = parts["pure hardware"][1]
    return Epochs(
        int(new[1]),
        parts["pure hardware"][0],
        parts["pure software"][0],
        parts["hybrid"][0],
        int(blobs) if blobs else None,
    )
