"""Releases: zips whose plan, manifest or files lie, and damaged ones."""

import copy
import hashlib
import io
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from trust.making import SMALL_TFLITE, Writer
from trust.projects import VALUES

_MORE: tuple[Any, ...] = (
    "../x",
    "images/../../x",
    "C:\\x",
    "images/fsbl.bin\x00",
    "CON",
    "0x0",
    "0xffffffffffffffff",
    "-0x1",
    "virtual",
    1 << 64,
    0.5,
)


def make(writer: Writer) -> None:
    if shared := os.environ.get("N6_SHARED"):
        for path in sorted(Path(shared, "cases", "releases").glob("*.zip")):
            writer.place(path.name).write_bytes(path.read_bytes())
    sound = _sound()
    known = list(_lies(sound))
    writer.files(".zip", writer.chance.sample(known, min(len(known), writer.count * 2 // 3)))
    writer.files(".zip", _archives(sound))
    writer.files(".zip", _damaged(sound, writer))


def _sound() -> dict[str, bytes]:
    """Return the files of a release for the virtual board, as the program writes it."""
    with tempfile.TemporaryDirectory() as name:
        words = ["deploy", str(SMALL_TFLITE), "--board", "virtual", "--prepare-only", "--release", "R.zip", "-o", "out"]
        subprocess.run([sys.executable, "-m", "n6studio.cli", *words], cwd=name, check=True, capture_output=True)
        with zipfile.ZipFile(Path(name, "R.zip")) as archive:
            return {entry: archive.read(entry) for entry in archive.namelist()}


def _packed(files: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return packed.getvalue()


def _sealed(files: dict[str, bytes]) -> bytes:
    """Return a release whose manifest has the right digest of everything: the attacker can calculate, too."""
    manifest = json.loads(files["manifest.json"])
    manifest["files"] = {
        name: hashlib.sha256(data).hexdigest() for name, data in files.items() if name != "manifest.json"
    }
    return _packed({**files, "manifest.json": json.dumps(manifest).encode("utf-8", "surrogatepass")})


def _places(inner: Any, before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    for key, value in inner.items() if isinstance(inner, dict) else enumerate(inner) if isinstance(inner, list) else ():
        yield (*before, key)
        yield from _places(value, (*before, key))


def _lies(sound: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """Yield releases with one value of the plan or of the manifest in place of another."""
    for name in ("plan.json", "manifest.json"):
        content = json.loads(sound[name])
        for place in _places(content):
            for number, value in enumerate((*VALUES, *_MORE)):
                changed = copy.deepcopy(content)
                inner = changed
                for key in place[:-1]:
                    inner = inner[key]
                inner[place[-1]] = value
                data = json.dumps(changed).encode("utf-8", "surrogatepass")
                files = {**sound, name: data}
                yield (
                    f"{name}-{'-'.join(map(str, place))}-{number}",
                    _sealed(files) if name == "plan.json" else _packed(files),
                )
        for key in content:
            less = {other: value for other, value in content.items() if other != key}
            files = {**sound, name: json.dumps(less).encode()}
            yield f"{name}-without-{key}", _sealed(files) if name == "plan.json" else _packed(files)


def _archives(sound: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    for name in sound:
        yield f"without-{name}", _packed({other: data for other, data in sound.items() if other != name})
        yield f"changed-{name}", _packed({**sound, name: sound[name] + b"\n"})
        yield (
            f"empty-{name}",
            _sealed({**sound, name: b""}) if name != "manifest.json" else _packed({**sound, name: b""}),
        )
    for name in (
        "../evil",
        "/tmp/n6-evil",
        "images/../../evil",
        "C:\\evil",
        "a/" * 2000 + "b",
        "images",
        "\x1b[31mred",
        "plan.json/",
        "NUL",
        "a\x00b",
    ):
        yield "entry", _sealed({**sound, name: b"evil"})
    for name in ("plan.json", "manifest.json"):
        for number, data in enumerate(
            (
                b"[" * 200_000,
                b'{"a":' * 50_000,
                b"\xff\xfe",
                b"null",
                b"[]",
                b"5",
                b"{}",
                b"NaN",
                b'"' + b"a" * 20_000_000 + b'"',
            )
        ):
            files = {**sound, name: data}
            yield f"{name}-json-{number}", _sealed(files) if name == "plan.json" else _packed(files)
    yield "bomb", _packed({**sound, "images/weights.bin": bytes(600 << 20)}, zipfile.ZIP_DEFLATED)
    yield "bomb-plan", _packed({**sound, "plan.json": b" " * (400 << 20)}, zipfile.ZIP_DEFLATED)
    yield "bomb-manifest", _packed({**sound, "manifest.json": b" " * (400 << 20)}, zipfile.ZIP_DEFLATED)
    yield "bomb-beside", _packed({**sound, "more.bin": bytes(600 << 20)}, zipfile.ZIP_DEFLATED)
    yield "many", _packed({**sound, **{f"e{number}": b"" for number in range(66_000)}})
    yield "image-large", _sealed({**sound, "images/weights.bin": bytes(200 << 20)})
    for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        yield f"method-{method}", _packed(sound, method)
    whole = _packed(sound)
    twice = io.BytesIO(whole)
    with zipfile.ZipFile(twice, "a") as archive:
        archive.writestr("plan.json", sound["plan.json"].replace(b"0x70", b"0x00"))
    yield "twice", twice.getvalue()
    for share in (0.0, 0.01, 0.5, 0.99):
        yield f"cut-{share}", whole[: int(len(whole) * share)]
    linked = zipfile.ZipInfo("images/link")
    linked.external_attr = 0o120777 << 16
    packed = io.BytesIO(whole)
    with zipfile.ZipFile(packed, "a") as archive:
        archive.writestr(linked, "/etc/passwd")
    yield "link", packed.getvalue()
    yield (
        "encrypted",
        bytes(bytearray(whole).replace(b"PK\x01\x02\x14\x03\x14\x00\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01\x00")),
    )


def _damaged(sound: dict[str, bytes], writer: Writer) -> Iterator[tuple[str, bytes]]:
    """Yield damaged descriptions with right digests, and archives with wrong bytes."""
    from fuzz.mutators import mutated

    whole = _packed({**sound, "images/weights.bin": sound["images/weights.bin"][:2000]})
    for number in range(writer.missing):
        if number % 3 == 2:
            yield "damaged-zip", mutated([whole], (b"PK\x01\x02", b"PK\x05\x06", b"manifest.json"), writer.chance)
            continue
        name = ("plan.json", "manifest.json")[number % 3]
        changed = {
            **sound,
            name: mutated([sound[name]], (b'"address":', b'"role":', b'"path":', b'"files":'), writer.chance),
        }
        yield f"damaged-{name}", _sealed(changed) if name == "plan.json" else _packed(changed)
