"""What STM32_Programmer_CLI prints, and what it means.

Exports: `parse_version`, `parse_probes`, `parse_connection`, `parse_fuses`, `Symptom`, `symptom`, `first_error`,
`percent`, `clean`, `last_words`.

The exit code alone is not to be trusted, and neither is a line that claims success: some versions print an error and go
on to say that all was well.
"""

import enum
import re
from collections.abc import Iterable, Sequence

from n6studio.board.programmer import Connection, ConnectMode, Probe
from n6studio.board.registry import board_of_probe

DOWNLOAD_COMPLETE = "File download complete"
INTERNAL_FLASH = re.compile(r"0x0?8000000\b", re.IGNORECASE)
_ERROR = re.compile(r"^\s*Error\b", re.IGNORECASE)
_BLOCK, _BAR_BLOCKS = "\u2588", 50  # a whole bar has 50 of them
_PERCENT = re.compile(r"(\d{1,3})\s*%")
_VERSION = re.compile(r"STM32CubeProgrammer\s+(?:version\s*:?\s*)?v?(\d{1,6}(?:\.\d{1,6}){1,4})", re.IGNORECASE)
_PAIR = re.compile(r"^\s*(?P<key>[A-Za-z][A-Za-z \-]*?)\s*:\s*(?P<value>.*?)\s*$")
_PROBE = re.compile(r"^\s*ST-?Link Probe\s+\d+\s*:", re.IGNORECASE)
_SERIAL = re.compile(r"ST-?LINK SN\s*:", re.IGNORECASE)
_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def parse_fuses(lines: Iterable[str], word: int) -> tuple[int, int] | None:
    """Return value and status of an OTP word in the output of -otp displ, None where it is not there.

    A line reads 'HCONF1 | Data124: 0x00018000 | Status124: 0x00000000'.
    """
    text = "\n".join(clean(line) for line in lines)
    value = re.search(rf"\bData\s*{word}\s*:\s*(0x[0-9A-Fa-f]{{1,8}})\b", text)
    status = re.search(rf"\bStatus\s*{word}\s*:\s*(0x[0-9A-Fa-f]{{1,8}})\b", text)
    return (int(value[1], 16), int(status[1], 16) if status else 0) if value else None


class Symptom(enum.Enum):
    """What is wrong, as far as the printed text tells; each has a regular expression."""

    PERMISSION = r"errno\s*[=:]?\s*13\b|LIBUSB_ERROR_ACCESS|requires write access to USB device nodes"
    OLD_FIRMWARE = r"Old ST-?LINK firmware|ST-?LINK firmware upgrade required"
    NO_PROBE = r"No debug probe detected|No ST-?LINK detected"
    HELD = r"DEV_TARGET_HELD"
    NO_CHIP = r"DEV_NO_DEVICE"
    PROBE_BUSY = r"DEV_CONNECT_ERR|DEV_USB_COMM_ERR"
    TARGET_32 = r"Target unknown error 32|Error in initializing ST-LINK device"
    CLOSED = r"Unable to get core ID|No STM32 target found"
    LOADER = r"flash loader cannot be loaded"
    ERASE = r"failed to erase memory|Sector erase operation has failed|Mass erase operation failed"
    MISMATCH = r"Data mismatch found|Download verification failed"
    LOST = r"Connection to device \S+ is lost"
    DOWNLOAD = r"failed to download (?:Segment|Sector|the File)"
    READ = r"Data read failed|failed to read memory"
    USAGE = r"(?:Wrong|Unknown|Invalid) (?:parameter|command|option|argument)"


def clean(line: str) -> str:
    """Return a line without terminal colours and surrounding blanks."""
    return _COLOURS.sub("", line).strip()


def symptom(lines: Sequence[str]) -> tuple[Symptom, str] | None:
    """Return the most telling symptom in an output and the line that shows it, None when there is none.

    Most telling is what comes first in `Symptom`: a cause before what follows from it.
    """
    reached = any(_SERIAL.search(line) for line in lines)
    for candidate in Symptom:
        if candidate is Symptom.PERMISSION and reached:
            continue  # libusb tells of other devices, too
        for line in lines:
            if re.search(candidate.value, line, re.IGNORECASE):
                return candidate, clean(line)
    return None


def last_words(lines: Sequence[str]) -> str:
    """Return the last line, 'nothing' when there is none."""
    return clean(lines[-1]) if lines else "nothing"


def first_error(lines: Iterable[str]) -> str:
    """Return the first line that begins with 'Error', '' when there is none."""
    return next((clean(line) for line in lines if _ERROR.search(_COLOURS.sub("", line))), "")


def percent(line: str) -> float | None:
    """Return how far a bar of progress is as a fraction, by its last percentage or its blocks; None for other lines."""
    if found := _PERCENT.findall(line):
        return min(int(found[-1]), 100) / 100
    blocks = line.strip()
    return min(len(blocks), _BAR_BLOCKS) / _BAR_BLOCKS if blocks and set(blocks) == {_BLOCK} else None


def parse_version(lines: Iterable[str]) -> str:
    """Return the version in the banner, '' when there is none."""
    for line in lines:
        if found := _VERSION.search(line):
            return found.group(1)
    return ""


def parse_probes(lines: Iterable[str]) -> tuple[Probe, ...]:
    """Return the probes in the output of -l, in its order."""
    tables: list[dict[str, str]] = []
    inside = False
    for line in map(clean, lines):
        if _PROBE.search(line):
            tables.append({})
            inside = True
        elif line.startswith(("=====", "-----")):
            inside = False  # the next interface's table begins
        elif inside and (pair := _PAIR.match(line)):
            tables[-1].setdefault(_key(pair), pair["value"])
    serials = ((table, table.get("st-link sn", "")) for table in tables)
    return tuple(
        _probe(table) for table, serial in serials if serial and not re.search(Symptom.OLD_FIRMWARE.value, serial, re.I)
    )


def _key(pair: re.Match[str]) -> str:
    """Return the name of a line's value as 2.18 to 2.23 write it."""
    return pair["key"].casefold().replace("stlink", "st-link")


def _probe(table: dict[str, str]) -> Probe:
    name = table.get("board name") or table.get("board") or ""
    name = "" if name.strip("- ") == "" else name
    known = board_of_probe(name)
    return Probe(table["st-link sn"], name, table.get("st-link fw", ""), known.key if known else "")


def parse_connection(lines: Iterable[str], mode: ConnectMode) -> Connection | None:
    """Return what the tool said on connecting, None when it did not get as far as the chip."""
    table: dict[str, str] = {}
    for line in lines:
        if pair := _PAIR.match(clean(line)):
            table.setdefault(_key(pair), pair["value"])
    if "st-link sn" not in table or "device id" not in table:
        return None
    return Connection(
        probe=_probe(table),
        device_id=_number(table["device id"]),
        revision=table.get("revision id", "").removeprefix("Rev").strip(),
        voltage=_decimal(table.get("voltage", "")),
        frequency=_number(table.get("swd freq", "")),
        mode=mode,
    )


def _number(text: str) -> int | None:
    found = re.match(r"0x[0-9A-Fa-f]{1,16}|\d{1,15}", text)
    return int(found.group(), 16 if found.group().startswith("0x") else 10) if found else None


def _decimal(text: str) -> float | None:
    found = re.match(r"\d{1,9}(?:\.\d{1,9})?", text)
    return float(found.group()) if found else None
