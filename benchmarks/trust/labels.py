"""Labels: COCO with impossible values in every field, Ultralytics' lines and YAML, damage."""

import copy
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from trust.making import FIXTURES, Writer

EVALUATION = FIXTURES / "project-2026-11" / "pictures" / "evaluation"
_DEEP = "[" * 100_000 + "]" * 100_000
# As JSON texts: some of them no JSON writer would write.
VALUES = (
    "NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1e308", "-1", "0", "9" * 400, "9" * 5000, "1e-400", "true",
    "null", '"1"', '""', "[]",
    "{}", "[[]]", '"\\ud800"', '"\\u0000"', '"\\u001b]0;owned\\u0007"', '"../../../etc/passwd"', '"/dev/zero"',
    '"C:\\\\a"', "18446744073709551616",
    "1.5", '"1e5"', "[1]", '{"a": 1}', _DEEP,
)  # fmt: skip


def make(writer: Writer) -> None:
    if shared := os.environ.get("N6_SHARED"):
        for path in sorted(Path(shared, "cases", "hostile", "labels").glob("*.json")):
            writer.place(path.name).write_bytes(path.read_bytes())
    known = list(_coco())
    writer.files(".json", writer.chance.sample(known, min(len(known), max(writer.missing // 2, 1))))
    writer.files(".json", _whole_files())
    for name, files in _yolo():
        folder = writer.place(name)
        _yolo_folder(folder, files)
    for reader in ("yolo_labels", "yolo_yaml"):
        _damaged_yolo(writer, reader, writer.missing // 3)
    writer.mutated("coco_labels", ".json", [json.dumps(_sound()).encode()])


def _sound() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((EVALUATION / "annotations" / "person_keypoints.json").read_text())
    found["images"] = found["images"][:2]
    found["annotations"] = [note for note in found["annotations"] if note["image_id"] in (1, 2)][:4]
    return found


def _coco() -> Iterator[tuple[str, bytes]]:
    """Yield labels with one value in place of another, for every field that there is."""
    sound = _sound()
    places: list[tuple[str | int, ...]] = [(key,) for key in sound]
    for group in ("images", "annotations", "categories"):
        places += [(group, 0), *((group, 0, key) for key in sound[group][0])]
    places += [("annotations", 0, "bbox", number) for number in range(4)]
    places += [("annotations", 0, "keypoints", number) for number in range(4)]
    places += [("annotations", 0, "segmentation"), ("categories", 0, "skeleton"), ("categories", 0, "keypoints", 0)]
    for place in places:
        for number, value in enumerate(VALUES):
            changed = copy.deepcopy(sound)
            inner: Any = changed
            for key in place[:-1]:
                inner = inner[key]
            inner[place[-1]] = "@here@"
            name = "-".join(map(str, place))
            yield f"{name}-{number}", json.dumps(changed).replace('"@here@"', value).encode("utf-8", "surrogatepass")


def _whole_files() -> Iterator[tuple[str, bytes]]:
    sound = _sound()
    text = json.dumps(sound)
    yield from (
        ("empty", b""), ("null", b"null"), ("list", b"[]"), ("deep", _DEEP.encode()),
        ("deep-object", b'{"a":' * 50_000),
        ("utf16", text.encode("utf-16")), ("marked", b"\xef\xbb\xbf" + text.encode()),
        ("latin", text.replace("demo", "d\xe9mo").encode("latin-1")),
        ("long-text", b'"' + b"a" * 30_000_000 + b'"'), ("long-number", b"9" * 1_000_000),
        ("two", (text + text).encode()), ("page", b"<html>"),
        ("repeated-key", text.replace('"images"', '"images": [], "images"').encode()),
    )  # fmt: skip
    for count in (1000, 100_000):
        many = {**sound, "annotations": [{**sound["annotations"][0], "id": number} for number in range(count)]}
        yield f"crowd-{count}", json.dumps(many).encode()
        many = {**sound, "images": [{**sound["images"][0], "id": number} for number in range(count)]}
        yield f"same-image-{count}", json.dumps(many).encode()
    nothing = [
        {**note, "segmentation": {"counts": [2**40] * 1000, "size": [2**20, 2**20]}} for note in sound["annotations"]
    ]
    yield "segmentation", json.dumps({**sound, "annotations": nothing}).encode()
    yield "many-points", json.dumps({
        **sound, "categories": [{**sound["categories"][0], "keypoints": [f"p{number}" for number in range(10_000)]}],
    }).encode()  # fmt: skip


def _yolo() -> Iterator[tuple[str, dict[str, bytes]]]:
    yaml = (
        "path: .\ntrain: images\nval: images\nnames:\n  0: person\nkpt_shape: [17, 3]\n"
        "flip_idx: [0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15]\n"
    )
    for number, word in enumerate(
        (
            "nan",
            "inf",
            "-1",
            "1e999",
            "0x10",
            "1_0",
            "",
            "a",
            "\x00",
            "9" * 500,
            "2.5",
            "\u0661",
            "-0.0",
            "1e-400",
            "1,5",
        )
    ):
        for place in (0, 1, 4, 5, 7):
            line = (EVALUATION / "labels" / "000000000005.txt").read_text().split()
            line[place] = word
            yield f"line-{place}-{number}", {"labels/1.txt": " ".join(line).encode(), "data.yaml": yaml.encode()}
    line = (EVALUATION / "labels" / "000000000005.txt").read_bytes()
    for name, data in (
        ("empty", b""), ("same", line * 20_000), ("short", line[:60]), ("binary", bytes(range(256)) * 100),
        ("one-long", b"0 " * 5_000_000),
        ("returns", line.replace(b"\n", b"\r")), ("utf16", line.decode().encode("utf-16")),
    ):  # fmt: skip
        yield f"file-{name}", {"labels/1.txt": data, "data.yaml": yaml.encode()}
    for name, old, new in (
        ("outside", "path: .", "path: ../../../../../../etc"), ("root", "path: .", "path: /"),
        ("home", "path: .", "path: ~"),
        ("device", "val: images", "val: /dev/zero"), ("process", "val: images", "val: /proc/self/fd"),
        ("list", "val: images", "val: [" + "images, " * 5000 + "]"),
        ("download", "path: .", "path: nowhere\ndownload: http://127.0.0.1:9/a.zip"),
        ("script", "path: .", "path: nowhere\ndownload: |\n  import os\n  os.system('touch /tmp/owned')"),
        ("shape", "[17, 3]", "[1000000000, 3]"), ("shape-text", "[17, 3]", "['17', '3']"),
        ("shape-nan", "[17, 3]", "[.nan, .inf]"),
        ("names", "  0: person", "  0: {a: [1]}"), ("names-huge", "  0: person", "  9999999999999: person"),
        ("flip", "flip_idx: [0", "flip_idx: [99"),
        ("val-number", "val: images", "val: 5"), ("val-map", "val: images", "val: {a: b}"),
        ("file-list", "val: images", "val: list.txt"),
    ):  # fmt: skip
        files = {"labels/1.txt": line, "list.txt": b"./images/1.jpg\n/etc/passwd\n/dev/zero\n\x00\n../../..\n" * 100}
        yield f"yaml-{name}", {**files, "data.yaml": yaml.replace(old, new).encode()}


def _yolo_folder(folder: Path, files: dict[str, bytes]) -> None:
    image = (EVALUATION / "images" / "000000000005.jpg").read_bytes()
    for name, data in {"images/1.jpg": image, **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def _damaged_yolo(writer: Writer, reader: str, count: int) -> None:
    from fuzz.mutators import mutated
    from fuzz.readers import READERS

    lines = [path.read_bytes() for path in sorted((EVALUATION / "labels").glob("*.txt"))[:3]]
    yaml = b"path: .\ntrain: images\nval: [images]\nkpt_shape: [17, 3]\nnames:\n  0: person\n"
    for _ in range(count):
        is_line = reader == "yolo_labels"
        damaged = mutated(lines if is_line else [yaml], READERS[reader].words, writer.chance)
        files = {"labels/1.txt": damaged if is_line else lines[0], "data.yaml": yaml if is_line else damaged}
        _yolo_folder(writer.place(f"damaged-{reader}"), files)
