"""What an index or a folder offers of a package, and which file of it suits this Python."""

import contextlib
import hashlib
import html.parser
import http.client
import json
import re
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from n6studio.domain.errors.layers import LayerHasNoWheel, LayerUnreachable
from n6studio.layers.lock import Pin, canonical
from n6studio.layers.places import Places

SECONDS = 30.0  # without a byte, after which a server counts as silent
LARGEST_PAGE = 64 << 20  # bytes; the largest list of files has three million
_KINDS = "application/vnd.pypi.simple.v1+json, text/html;q=0.5"
_AT_ONCE = 8

NETWORK_ERRORS = (OSError, http.client.HTTPException)


@dataclass(frozen=True)
class Wheel:
    """A file that can be installed.

    Attributes:
        pin: the package that it is.
        name: of the file.
        address: where it lies; of a file here, file://.
        sha256: that it must have, in hexadecimal.
        size: bytes, 0 where the index does not say.
    """

    pin: Pin
    name: str
    address: str
    sha256: str
    size: int = 0


@dataclass(frozen=True)
class Offer:
    """A file in a list."""

    name: str
    address: str
    sha256: str
    size: int = 0


def open_address(address: str, certificates: str = "", first: int = 0, kinds: str = "*/*") -> Any:
    """Open an address for reading, from byte `first` on; user and password in it are sent as such.

    Raises:
        OSError, HTTPException: as `urllib` does.
    """
    parts = urllib.parse.urlsplit(address)
    headers = {"Accept": kinds, "User-Agent": "n6studio", "Accept-Encoding": "identity"}
    if first:
        headers["Range"] = f"bytes={first}-"
    if parts.username is not None:
        import base64

        who = f"{urllib.parse.unquote(parts.username)}:{urllib.parse.unquote(parts.password or '')}"
        headers["Authorization"] = "Basic " + base64.b64encode(who.encode()).decode()
        address = urllib.parse.urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    context = ssl.create_default_context(cafile=certificates or None) if parts.scheme == "https" else None
    return urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=SECONDS, context=context)


def offers(index: str, project: str, certificates: str = "") -> tuple[Offer, ...]:
    """Return what an index has of a project; nothing where it does not know it.

    Raises:
        OSError, HTTPException: it cannot be reached.
        ValueError: what it answers is no list.
    """
    address = f"{index}/{canonical(project)}/"
    if address.startswith("file:"):
        address += "index.html"
    try:
        with open_address(address, certificates, kinds=_KINDS) as answer:
            body: bytes = answer.read(LARGEST_PAGE)
            kind, base = str(answer.headers.get("Content-Type", "")), str(answer.url)
    except urllib.error.HTTPError as error:
        if error.code in (403, 404):  # some mirrors refuse what they do not have
            return ()
        raise
    except urllib.error.URLError:
        if address.startswith("file:"):
            return ()
        raise
    return from_json(body, base) if "json" in kind else from_html(body.decode("utf-8", "replace"), base)


def from_json(body: bytes, base: str) -> tuple[Offer, ...]:
    """Return the files of a list in JSON (PEP 691).

    Raises:
        ValueError: it is none.
    """
    try:
        rows = json.loads(body)["files"]
        return tuple(
            Offer(
                str(row["filename"]),
                urllib.parse.urljoin(base, row["url"]),
                str(row["hashes"].get("sha256", "")),
                int(row.get("size") or 0),
            )
            for row in rows
            if not row.get("yanked")
        )
    except (KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise ValueError(f"no list of files: {error}") from error


def from_html(text: str, base: str) -> tuple[Offer, ...]:
    """Return the files of a list in HTML (PEP 503); those without a SHA-256 are left out."""
    reader = _Links()
    with contextlib.suppress(AssertionError):  # a declaration that the parser does not know; what came before counts
        reader.feed(text)
    found = []
    for link in reader.links:
        address, _, mark = urllib.parse.urljoin(base, link).partition("#")
        digest = re.search(r"sha256=([0-9a-f]{64})", mark)
        if digest:
            name = urllib.parse.unquote(urllib.parse.urlsplit(address).path.rpartition("/")[2])
            found.append(Offer(name, address, digest[1]))
    return tuple(found)


class _Links(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value for name, value in attrs if tag == "a" and name == "href" and value]


def supported_tags() -> dict[str, int]:
    """Return the tags of wheels that this Python can install -> how well they suit, 0 being best."""
    try:
        from packaging import tags
    except ImportError:
        from pip._vendor.packaging import tags  # type: ignore[no-redef]
    return {str(tag): rank for rank, tag in enumerate(tags.sys_tags())}


def tags_of(name: str) -> tuple[str, ...]:
    """Return the tags in a wheel's name, each as python-abi-platform; none in a name that is no wheel's."""
    parts = name.removesuffix(".whl").split("-")[-3:]
    if len(parts) < 3:
        return ()
    pythons, abis, platforms = parts
    return tuple(f"{p}-{a}-{s}" for p in pythons.split(".") for a in abis.split(".") for s in platforms.split("."))


def best(pin: Pin, offered: Iterable[Offer], tags: Mapping[str, int]) -> Wheel | None:
    """Return the wheel of a pin that suits best, of those that its digests allow; None where there is none."""
    ranked = []
    for offer in offered:
        if offer.sha256 in pin.hashes and offer.name.endswith(".whl"):
            ranks = [tags[tag] for tag in tags_of(offer.name) if tag in tags]
            if ranks:
                ranked.append((min(ranks), offer.name, offer))
    if not ranked:
        return None
    offer = min(ranked, key=lambda row: row[:2])[2]
    return Wheel(pin, offer.name, offer.address, offer.sha256, offer.size)


def in_folder(pin: Pin, folder: Path, tags: Mapping[str, int]) -> Wheel | None:
    """Return the wheel of a pin that lies in a folder, by its name; its digest is checked like every other's."""
    found = []
    with_name = (path for path in folder.glob("*.whl") if canonical(path.name.split("-")[0]) == pin.key)
    for path in with_name:
        version = path.name.split("-")[1].partition("+")[0]
        if version == pin.version and any(tag in tags for tag in tags_of(path.name)):
            with path.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            found.append(Offer(path.name, path.absolute().as_uri(), digest, path.stat().st_size))
    return best(pin, found, tags)


def choose(pins: Iterable[Pin], places: Places, tags: Mapping[str, int]) -> tuple[Wheel, ...]:
    """Return the wheel of every pin.

    Raises:
        LayerUnreachable: an index does not answer.
        LayerHasNoWheel: no place has a wheel that suits this Python and has a digest of the pin.
    """

    def find(pin: Pin) -> Wheel:
        for folder in places.folders:
            if wheel := in_folder(pin, folder, tags):
                return wheel
        failed: Exception | None = None
        for index in places.indexes:
            try:
                if wheel := best(pin, offers(index, pin.name, places.certificates), tags):
                    return wheel
            except (*NETWORK_ERRORS, ValueError) as error:
                failed = error
        if failed is not None:
            raise LayerUnreachable(package=pin.name, reason=str(failed)) from failed
        raise LayerHasNoWheel(package=f"{pin.name} {pin.version}")

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return tuple(pool.map(find, pins))
