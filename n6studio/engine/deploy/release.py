"""A release: images and their flash plan in one zip, to be programmed where nothing but a programmer is installed.

The zip holds manifest.json (what it is, what made it, every file's digest), plan.json, images/*.bin, NOTICE.txt and
README.txt; no source of anybody's.
"""

import dataclasses
import datetime
import hashlib
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from n6studio import __version__
from n6studio.board.description import hex_address
from n6studio.board.images.flash_plan import FlashPlan, plan_from_json
from n6studio.board.registry import board
from n6studio.domain.errors.deploy import ReleaseDamaged, ReleaseUnreadable
from n6studio.domain.errors.foreign import Unparsable, reading
from n6studio.domain.errors.images import PlanUnreadable
from n6studio.domain.licence_notice import as_text
from n6studio.gates.archives import Archive
from n6studio.gates.contents import what_instead
from n6studio.gates.files import opened
from n6studio.gates.inside import inside
from n6studio.gates.json_texts import parsed_json
from n6studio.system.files import replace_bytes, replacing

FORMAT = 1
MANIFEST, PLAN = "manifest.json", "plan.json"
LARGEST_MANIFEST = 1 << 20  # bytes
LARGEST = 256 << 20  # bytes unpacked: no board here has more flash
_STAMP = (1980, 1, 1, 0, 0, 0)  # the same images make the same zip


@dataclass(frozen=True)
class Release:
    """What a zip holds, unpacked: the plan over images that lie in `folder`, and what its maker says of it."""

    plan: FlashPlan
    folder: Path
    manifest: dict[str, Any]


def write_release(plan: FlashPlan, path: Path, facts: dict[str, Any]) -> None:
    """Write a release zip; an existing file is replaced only when all is written.

    Args:
        plan: what is to be programmed; its images are read and checked.
        path: where to.
        facts: what made it: model, tools, versions. Must survive JSON.

    Raises:
        ImageChanged, FileMissing, FileUnreadable: an image is not what the plan says.
        DiskFull, NotWritable.
    """
    parts: dict[str, bytes] = {}
    images = []
    for image in plan.images:
        name = f"images/{image.role.value}.bin"
        parts[name] = image.read()
        images.append(dataclasses.replace(image, path=PurePosixPath(name)))  # type: ignore[arg-type]
    packed = dataclasses.replace(plan, images=tuple(images))
    parts[PLAN] = _json(packed.to_json())
    parts["NOTICE.txt"] = (as_text() + "\n").encode()
    parts["README.txt"] = _readme(plan).encode()
    manifest = {
        "format": FORMAT,
        "n6studio": __version__,
        "made": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
        "board": plan.board,
        "facts": facts,
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in parts.items()},
    }
    with replacing(path) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {MANIFEST: _json(manifest), **parts}.items():
            archive.writestr(zipfile.ZipInfo(name, _STAMP), content, zipfile.ZIP_DEFLATED)


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=1) + "\n").encode()


def _readme(plan: FlashPlan) -> str:
    """Return what lies beside the images for people: the layout, and all that programming it cannot undo."""
    target = board(plan.board)
    rows = [f"  {hex_address(image.address)}  {image.role.noun} ({image.size} bytes)" for image in plan.images]
    return "\n".join(
        [
            f"Release for the {target.name}, made by N6 Studio {__version__}.",
            "",
            "To program it:  n6studio flash THIS.zip",
            "",
            "Flash layout:",
            *rows,
            "",
            *(f"Confirm with --confirm {risk.key}: {risk.title}. {risk.message}\n" for risk in plan.risks),
            "Read NOTICE.txt before you redistribute it.",
            "",
        ]
    )


def open_release(path: Path, folder: Path) -> Release:
    """Unpack a release into `folder`, every file checked against its digest.

    Raises:
        FileMissing, FileUnreadable, NotAFile, LinkBroken: there is no file, or it may not be read.
        ReleaseUnreadable, ReleaseDamaged, PlanUnreadable, DiskFull, NotWritable.
    """
    with reading(path):
        stream = opened(path)
    try:
        with Archive(stream, LARGEST + LARGEST_MANIFEST) as archive:
            manifest = _manifest(path, archive)
            contents = {name: _checked(path, archive, name, digest) for name, digest in manifest["files"].items()}
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        found = what_instead(path) or f"it cannot be opened as a zip ({error})"
        raise ReleaseUnreadable(path=path, reason=found[0].upper() + found[1:]) from error
    for name, content in contents.items():
        replace_bytes(inside(folder, name, path), content)
    try:
        plan = parsed_json(contents[PLAN], unique=True)
    except Unparsable as error:
        raise PlanUnreadable(path=path, reason=error.reason) from error
    release = Release(plan_from_json(plan, folder.absolute(), path), folder, manifest)
    if manifest.get("board", release.plan.board) != release.plan.board:
        raise ReleaseUnreadable(path=path, reason="Its manifest and its flash plan name different boards")
    unpacked = {inside(folder.absolute(), name, path) for name in contents}
    for image in release.plan.images:
        if image.path not in unpacked:
            name = image.path.relative_to(folder.absolute()).as_posix()
            raise ReleaseUnreadable(path=path, reason=f"Its flash plan names {name!r}, which it does not hold")
    return release


def _manifest(path: Path, archive: Archive) -> dict[str, Any]:
    try:
        manifest = parsed_json(archive.unpacked(MANIFEST, LARGEST_MANIFEST), unique=True)
        files = manifest["files"]
        if manifest["format"] != FORMAT:
            reason = f"It has format {manifest['format']}, this release reads {FORMAT}"
            raise ReleaseUnreadable(path=path, reason=reason)
        sound = isinstance(manifest.get("made", ""), str) and isinstance(manifest.get("facts", {}), dict)
        sound = (
            sound
            and PLAN in files
            and all(isinstance(digest, str) and _harmless(name) for name, digest in files.items())
        )
        sound = sound and len({str(PurePosixPath(name)).casefold() for name in files}) == len(files)
        size = sum(archive.entry(name).file_size for name in files)
    except (KeyError, TypeError, ValueError, AttributeError, zipfile.BadZipFile) as error:
        raise ReleaseUnreadable(path=path, reason="It has no manifest written by N6 Studio") from error
    if not sound or size > LARGEST:
        raise ReleaseUnreadable(path=path, reason="Its manifest was not written by N6 Studio")
    return dict(manifest)


def _harmless(name: str) -> bool:
    """Whether a name stays below the folder it is unpacked into, on every system."""
    parts = PurePosixPath(name).parts
    plain = bool(parts) and not name.startswith("/") and ".." not in parts and not set(name) & set(':\\*?"<>|')
    return plain and not any(PureWindowsPath(part).is_reserved() for part in parts)


def _checked(path: Path, archive: Archive, name: str, wanted: str) -> bytes:
    try:
        content = archive.unpacked(name, LARGEST)
    except zipfile.BadZipFile:
        raise ReleaseDamaged(path=path, name=name, wanted=wanted[:12], found="unreadable") from None
    found = hashlib.sha256(content).hexdigest()
    if found != wanted:
        raise ReleaseDamaged(path=path, name=name, wanted=wanted[:12], found=found[:12])
    return content
