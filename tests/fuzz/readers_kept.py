"""Readers of what lies about for long or comes from outside: what the user chose, recordings, images, videos, lists."""

import contextlib
import json
import struct
import zlib
from pathlib import Path

from fuzz.reader import Reader, placed
from n6studio.domain.errors.datasets import PartUnreadable

TESTS = Path(__file__).resolve().parent.parent
FIXTURES = TESTS / "fixtures"


# --- what this user chose, and what a project remembers --------------------------------------------------------------


def _kept(_folder: Path) -> list[bytes]:
    device = {"serial": "A", "0x70000000": "0" * 64}
    return [
        json.dumps(one).encode()
        for one in (
            {"look": "dark", "recent": ["/a", "/b"], "log_open": True, "text_percent": 115, "keys": {"run": "Ctrl+R"}},
            {"stedgeai": "/opt/stedgeai", "programmer": "C:/ST", "application": "/home/a"},
            {"licence_notice": {"version": 1, "confirmed": "2026-11-26"}, "tools": [{"setting": "a", "path": "/b"}]},
            {"/a|1|2|3": "0" * 64},
            {"a.jpg": ["dark", "blurred"], "/b.jpg": []},
            {"export/0123456789ab": {"name": "first", "text": "", "pinned": True}},
            {"format": "n6studio-marks", "version": 1, "marks": [{"frame": 3, "text": "here"}]},
            {"0669FF": device},
            {"format": 1, "board": "virtual", "serial": "A", "switches": {}},
        )
    ]


def _read_kept(data: bytes, folder: Path) -> None:
    """Give a file to whatever reads a file of ours: each takes what it understands, and nothing else matters."""
    from n6studio.board.program import WrittenRecords
    from n6studio.board.tools.choices import read_choices
    from n6studio.domain.project import Project
    from n6studio.domain.requests import InputFile
    from n6studio.engine.deploy.confirmations import notice_confirmed, tools_allowed
    from n6studio.engine.jobs.hashing import HashCache, input_of
    from n6studio.engine.project.tags import read_tags
    from n6studio.engine.project.timeline import read_notes
    from n6studio.link.recording.marks import read_marks
    from n6studio.ui.frame.preferences import as_json, load_preferences

    for name in ("runs.json", "tags.json", "video.mjpeg.marks.json"):
        file = placed(folder, name, data)
    as_json(load_preferences(file))
    read_choices(file)
    notice_confirmed(file)
    sorted(tools_allowed(file))
    cache = HashCache(file)
    assert isinstance(input_of(placed(folder, "hashed", b""), cache), InputFile)
    read_tags(folder)
    read_notes(Project(folder, folder / "best.pt"))
    read_marks(folder / "video.mjpeg")
    WrittenRecords(file).forget("0669FF")


def _state(folder: Path) -> list[bytes]:
    from n6studio.board.virtual.board import VirtualBoard

    VirtualBoard(folder / "virtual")
    return [(folder / "virtual/board.json").read_bytes()]


def _read_state(data: bytes, folder: Path) -> None:
    from n6studio.board.virtual.board import VirtualBoard

    placed(folder, "virtual/board.json", data)
    _ = VirtualBoard(folder / "virtual").state


def _manifests(_folder: Path) -> list[bytes]:
    from n6studio.board.images.virtual import Manifest, virtual_application
    from n6studio.board.registry import board

    made = Manifest(0x70380000, 100, "0" * 64, "0" * 64, "pose", {"aspect": "crop"})
    return [b"W" + virtual_application(made, board("virtual").chip), b"T" + json.dumps(vars(made)).encode()]


def _read_manifest(data: bytes, _folder: Path) -> None:
    """Read an image for the virtual board: as it is, or a text of which the checksum is right."""
    from n6studio.board.images.virtual import find_manifest

    text = data[1:]
    packed = b"N6-STUDIO-VIRTUAL" + struct.pack("<II", len(text), zlib.crc32(text)) + text
    find_manifest(packed if data[:1] == b"T" else text)


def _pages(_folder: Path) -> list[bytes]:
    below = FIXTURES / "project-2026-11/runs"
    names = ("calibration_health", "range_convergence", "layer_errors")
    return [path.read_bytes() for name in names for path in sorted(below.glob(f"{name}/*/*.json"))]


def _read_page(data: bytes, folder: Path) -> None:
    import msgspec

    from n6studio.domain.charts.calibration import range_convergence
    from n6studio.domain.colours import LIGHT
    from n6studio.report.svg import drawing
    from n6studio.ui import image_files
    from n6studio.ui.pages.calibration import convergence
    from n6studio.ui.pages.quantize import layers

    path = placed(folder, "facts.json", data)
    for read in (image_files.read_facts, layers.read_layers):
        with contextlib.suppress(msgspec.MsgspecError):
            read(path)
    with contextlib.suppress(msgspec.MsgspecError):
        drawing(range_convergence(convergence.read_convergence(path)), LIGHT)


def _filters(_folder: Path) -> list[bytes]:
    return [b'people>2 lost>0.1 tag:dark off:"left wrist" -b.jpg fp=1 width>=640']


def _read_filter(data: bytes, _folder: Path) -> None:
    from n6studio.ui.pages.evaluate.filtering import vocabulary
    from n6studio.ui.widgets.image_filter import NoFilter, parsed

    try:
        parsed(data.decode("utf-8", "replace"), vocabulary(("nose", "left wrist"), ()))
    except NoFilter:
        return


# --- messages of processes -------------------------------------------------------------------------------------------


def _messages(_folder: Path) -> list[bytes]:
    from n6studio.domain.errors.models import ModelDamaged

    error = json.dumps(ModelDamaged(path="a", format="b", reason="c").to_message()).encode()
    return [
        b'{"type":"step","name":"reading"}\n{"type":"progress","done":1,"total":2}\n',
        b'{"type":"warning","text":"mind"}\n' + error + b"\n",
    ]


def _read_messages(data: bytes, _folder: Path) -> None:
    import msgspec

    from n6studio.domain.encoding import decoded
    from n6studio.domain.errors.registry import from_message
    from n6studio.domain.messages import Failed, StageMessage

    for line in data.split(b"\n"):
        with contextlib.suppress(msgspec.MsgspecError):
            found = decoded(line, StageMessage)
            if isinstance(found, Failed):
                error = from_message({"code": found.code, "fields": found.fields})
                _ = str(error), error.remedy, error.to_message()


# --- images, videos, answers of servers ------------------------------------------------------------------------------


def _images(_folder: Path) -> list[bytes]:
    import cv2
    import numpy as np

    image = np.random.default_rng(3).integers(0, 256, (24, 32, 3)).astype(np.uint8)
    kinds = (".jpg", ".png", ".bmp", ".tiff", ".webp")
    return [cv2.imencode(kind, image)[1].tobytes() for kind in kinds]


def _read_image(data: bytes, folder: Path) -> None:
    from n6studio.gates.images import image_bytes, read_image_and_end
    from n6studio.link.wire.jpeg import read_header

    read_header(data)
    path = placed(folder, "a.jpg", data)
    image_bytes(path)
    read_image_and_end(path)


def _unreadable_image() -> type[Exception]:
    from n6studio.gates.images import ImageUnreadable

    return ImageUnreadable


def _films(folder: Path) -> list[bytes]:
    """Return a small video of each container that OpenCV writes."""
    import cv2
    import numpy as np

    found = []
    for name, code in (("a.avi", "MJPG"), ("a.mp4", "mp4v"), ("a.mkv", "MJPG")):
        path = folder / name
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*code), 10, (48, 32))
        for shade in range(6):
            writer.write(np.full((32, 48, 3), 40 * shade, np.uint8))
        writer.release()
        found.append(path.read_bytes())
    return found


def _read_film(data: bytes, folder: Path) -> None:
    """Play a video as the process does that decodes one."""
    from n6studio.virtual.film import Film

    film = Film(placed(folder, "film.avi", data), lambda: None)
    for number in (0, 1, 2, len(film.times) - 1, 1):
        film.jpeg(number)
    film.close()


def _read_times(data: bytes, folder: Path) -> None:
    from n6studio.link.recording.mp4_times import NotAsExpected, set_times

    with contextlib.suppress(NotAsExpected):
        set_times(placed(folder, "film.mp4", data), [number / 10 for number in range(6)], 0.1)


def _lists(_folder: Path) -> list[bytes]:
    digest = "0" * 64
    rows = [{"filename": "a-1.0-py3-none-any.whl", "url": "../a.whl", "hashes": {"sha256": digest}, "size": 12}]
    page = f'<!DOCTYPE html><a href="../a-1.0-py3-none-any.whl#sha256={digest}">a</a>'
    head = b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=x\r\n\r\n"
    return [
        json.dumps({"files": rows}).encode(),
        page.encode(),
        head,
        b"#: linux x86_64 123\na==1.0 --hash=sha256:" + digest.encode(),
    ]


def _read_list(data: bytes, folder: Path) -> None:
    """Read what an index of packages, a server of images or a list of pins says."""
    from n6studio.layers.index import best, from_html, from_json
    from n6studio.layers.lock import Pin, download_size, read_lock
    from n6studio.link.sources.http import _problem

    pin, base = Pin("a", "1.0", "", ("0" * 64,)), "https://example.org/simple/a/"
    tags = {"py3-none-any": 0}
    best(pin, from_html(data.decode("utf-8", "replace"), base), tags)
    _problem(data)
    text = placed(folder, "base.txt", data.decode("utf-8", "replace").encode())
    download_size(text)
    with contextlib.suppress(ValueError):
        read_lock(text)
    with contextlib.suppress(ValueError):
        best(pin, from_json(data, base), tags)


# --- what workers of a cluster answer --------------------------------------------------------------------------------


def _parts(_folder: Path) -> list[bytes]:
    import numpy as np

    from n6studio.domain.pose.people import People
    from n6studio.domain.pose.skeleton import COCO
    from n6studio.stages.datasets.model import Item, Truth
    from n6studio.stages.evaluate.one_image import ImageRecord, Judging
    from n6studio.stages.evaluate.packed import Part, Records, packed

    people = People(np.zeros((2, 4), np.float32), np.ones(2, np.float32), np.zeros((2, 17, 3), np.float32))
    item = Item(Path("000000.jpg"), 1, Truth(people, np.ones(2), np.zeros(2, bool)), (640, 480))
    part = Part(Judging(COCO, COCO.sigmas), 17, (item,))
    return [packed(part), packed(Records((ImageRecord(item, problem="it is cut short"),), 1.5, 2))]


def _read_part(data: bytes, folder: Path) -> None:
    from n6studio.stages.evaluate.packed import Part, Records, unpacked

    path = placed(folder, "part.bin", data)
    with contextlib.suppress(PartUnreadable):
        unpacked(path, Part)
    unpacked(path, Records)


KEPT_READERS: dict[str, Reader] = {
    "kept": Reader(_read_kept, _kept, words=(b'"recent":', b'"tools":', b'"marks":', b'{"a": 1}')),
    "board_state": Reader(_read_state, _state, words=(b'"switches":', b'"trouble":', b'"format": 1')),
    "virtual_manifest": Reader(_read_manifest, _manifests, words=(b"N6-STUDIO-VIRTUAL", b'"settings":')),
    "fact_pages": Reader(_read_page, _pages, words=(b'"layers":', b"NaN", b'"ranges":')),
    "filter": Reader(_read_filter, _filters, words=(b"people>", b"1.2.3", b"off:", b"tag:")),
    "messages": Reader(_read_messages, _messages, words=(b'"code":', b'"fields":', b'"type":"error"')),
    "image": Reader(_read_image, _images, refusals=(_unreadable_image(),), words=(b"\xff\xc0", b"IHDR", b"RIFF")),
    "video": Reader(_read_film, _films, words=(b"moov", b"stts", b"RIFF", b"idx1", b"\x1a\x45\xdf\xa3")),
    "mp4_times": Reader(_read_times, lambda folder: _films(folder)[1:2], words=(b"moov", b"stts", b"edts")),
    "evaluation_part": Reader(_read_part, _parts, words=(b"array", b"tuple", b"Part", b"Records", b"<f4", b"|b1")),
    "lists": Reader(_read_list, _lists, words=(b'"files":', b"sha256=", b"Content-Type: ", b"[::1")),
}
