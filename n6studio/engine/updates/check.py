"""Looks whether there is a newer program: reads one small signed file at the place that the build names."""

import contextlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import msgspec

import n6studio
from n6studio.domain.errors.updates import UpdateNotGenuine, UpdateOlder, UpdatesNotNamed, UpdateUnreachable
from n6studio.domain.printable import printable
from n6studio.engine.updates.signed import public_key, verified
from n6studio.first_start.current import running
from n6studio.gates.files import read_text
from n6studio.gates.json_texts import parsed_json
from n6studio.layers.index import NETWORK_ERRORS, open_address
from n6studio.layers.places import known_places
from n6studio.system.files import replace_text

LARGEST = 64 << 10  # bytes of the signed file
LARGEST_KIT = 200 << 20  # bytes of what it offers
MOST_CHANGES = 200
FORMAT = 1
_SEEN = "updates-seen.json"


@dataclass(frozen=True)
class Place:
    """Where a build looks for updates.

    Attributes:
        address: of the signed file.
        key: of whose signature counts, as minisign writes it.
    """

    address: str
    key: str


@dataclass(frozen=True)
class Update:
    """A newer program.

    Attributes:
        version: of it.
        date: when it was published, as YYYY-MM-DD.
        changes: what changed, a sentence each.
        address: of its kit, a zip.
        name: of the kit.
        sha256: of the kit, in hexadecimal.
        size: of the kit in bytes.
    """

    version: str
    date: str
    changes: tuple[str, ...]
    address: str
    name: str
    sha256: str
    size: int


class _Kit(msgspec.Struct):
    name: str
    sha256: str
    size: int


class _Announcement(msgspec.Struct):
    format: int
    serial: int
    version: str
    date: str
    changes: list[str]
    kit: _Kit


def named_place() -> Place | None:
    """Return where this build looks for updates, None where it names no place."""
    try:
        found = parsed_json(read_text(Path(__file__).with_name("place.json")))
        return Place(str(found["address"]), str(found["key"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def check(place: Place | None = None, home: Path | None = None, version: str = n6studio.__version__) -> Update | None:
    """Return the newer program that is offered, None where this one is the newest. Takes the network and seconds.

    Args:
        place: where to look; None for what the build names.
        home: the user's folder for environments, where it is remembered what was read; None for that of this program.
        version: of this program.

    Raises:
        UpdatesNotNamed, UpdateUnreachable, UpdateNotGenuine, UpdateOlder.
    """
    place = place or named_place()
    if place is None:
        raise UpdatesNotNamed
    here = running()
    home = home or (here.folder.parent.parent if here is not None else None)
    announced = _read(place)
    if home is not None:
        _remember(home, announced)
    if _numbers(announced.version) <= _numbers(version):
        return None
    kit = announced.kit
    changes = tuple(printable(line) for line in announced.changes[:MOST_CHANGES])
    address = urljoin(place.address, kit.name)
    return Update(announced.version, announced.date, changes, address, kit.name, kit.sha256, kit.size)


def _read(place: Place) -> _Announcement:
    try:
        key = public_key(place.key)
    except ValueError as error:
        raise UpdateNotGenuine(reason="this build carries no key that could be read") from error
    try:
        announced = msgspec.convert(parsed_json(verified(_fetched(place.address), key)), _Announcement)
    except (ValueError, RecursionError) as error:  # what its owner signed and we do not understand
        raise UpdateNotGenuine(reason=f"it is signed but cannot be read ({error})") from error
    kit = announced.kit
    sound = (
        announced.format == FORMAT
        and re.fullmatch(r"\d{1,6}(\.\d{1,6}){0,3}", announced.version)
        and re.fullmatch(r"\d{4}-\d\d-\d\d", announced.date)
        and re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\.zip", kit.name)
        and re.fullmatch(r"[0-9a-f]{64}", kit.sha256)
        and 0 < kit.size <= LARGEST_KIT
    )
    if not sound:
        raise UpdateNotGenuine(reason="it is signed but made for another N6 Studio")
    return announced


def _fetched(address: str) -> bytes:
    try:
        certificates = known_places().certificates if address.startswith("https:") else ""
        with open_address(address, certificates) as answer:
            data: bytes = answer.read(LARGEST + 1)
            expected = int(answer.headers.get("Content-Length") or len(data))
    except (*NETWORK_ERRORS, ValueError) as error:
        raise UpdateUnreachable(place=address, reason=str(error) or type(error).__name__) from error
    if len(data) > LARGEST:
        raise UpdateNotGenuine(reason=f"it is larger than {LARGEST >> 10} KiB")
    if len(data) < expected:
        raise UpdateUnreachable(place=address, reason="the connection ended early")
    return data


def _remember(home: Path, announced: _Announcement) -> None:
    """Keep the newest file that was read in mind, so that nobody can hold back what is new by showing an old one."""
    known: dict[str, Any] = {}
    with contextlib.suppress(OSError, ValueError, TypeError):
        known = dict(parsed_json(read_text(home / _SEEN)))
    seen = known.get("serial")
    if isinstance(seen, int) and announced.serial < seen:
        raise UpdateOlder(date=announced.date, seen=printable(str(known.get("date", "?"))))
    if announced.serial != seen:
        replace_text(home / _SEEN, json.dumps({"serial": announced.serial, "date": announced.date}))


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))
