"""Files that others wrote come in through `n6studio/gates` only; what reads past them is listed, with why."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GATES = "n6studio/gates/"
METHODS = {
    "read_bytes",
    "read_text",
    "imread",
    "imdecode",
    "fromfile",
    "file_digest",
    "safe_load",
    "VideoCapture",
    "imreadmulti",
    "imdecodemulti",
    "fromData",
    "loadFromData",
}
CALLS = {
    "json.load", "json.loads", "yaml.load", "np.load", "np.fromfile", "Image.open", "tomllib.load", "tomllib.loads",
    "zipfile.ZipFile", "ZipFile", "QImageReader",
}  # fmt: skip

OWN = "a file that this program or the system wrote, or that is carried with it"
TOOLS = "what ST's tools and sources on this computer wrote; the user chose them as programs"
MESSAGE = "a message of a process of ours, no file"
CHECKED = "opened after the gate's look at it, or has bounds of its own"
LEFT = {
    "n6studio/board/tools/surroundings.py": OWN,
    "n6studio/board/application/build.py": TOOLS,
    "n6studio/board/cube/programmer.py": TOOLS,
    "n6studio/board/cube/signing_tool.py": TOOLS,
    "n6studio/board/reading.py": OWN,
    "n6studio/board/vendor/folders.py": TOOLS,
    "n6studio/board/vendor/programs.py": TOOLS,
    "n6studio/board/virtual/board.py": OWN,
    "n6studio/domain/carried.py": OWN,
    "n6studio/domain/encoding.py": MESSAGE,
    "n6studio/engine/deploy/making.py": OWN,
    "n6studio/engine/deploy/release.py": CHECKED,
    "n6studio/engine/deploy/virtual.py": OWN,
    "n6studio/engine/doctor/walls.py": MESSAGE,
    "n6studio/engine/jobs/ends.py": OWN,
    "n6studio/engine/project/sample.py": OWN,
    "n6studio/engine/project/skeletons.py": OWN,
    "n6studio/engine/about.py": OWN,
    "n6studio/engine/doctor/packages.py": OWN,
    "n6studio/engine/layers.py": MESSAGE,
    "n6studio/engine/project/timeline.py": OWN,  # a zip that is written
    "n6studio/first_start/beside.py": OWN,
    "n6studio/first_start/current.py": OWN,
    "n6studio/first_start/environment.py": OWN,
    "n6studio/layers/download.py": OWN,  # what was fetched, held against its digest
    "n6studio/layers/get.py": OWN,
    "n6studio/layers/index.py": CHECKED,
    "n6studio/layers/install.py": OWN,
    "n6studio/layers/layer.py": OWN,
    "n6studio/layers/lock.py": OWN,
    "n6studio/link/processes/child.py": MESSAGE,
    "n6studio/link/recording/export.py": OWN,
    "n6studio/link/recording/recording.py": CHECKED,
    "n6studio/link/sources/camera.py": OWN,
    "n6studio/stages/checkpoint/names.py": OWN,
    "n6studio/stages/checkpoint/scan.py": CHECKED,
    "n6studio/stages/export/run.py": OWN,
    "n6studio/stages/model/runner.py": CHECKED,
    "n6studio/stages/model/tflite_metadata.py": OWN,
    "n6studio/stages/process/probe.py": OWN,
    "n6studio/stages/process/reach.py": CHECKED,
    "n6studio/stages/process/sandbox.py": OWN,
    "n6studio/ui/frame/diagnostics.py": OWN,
    "n6studio/ui/widgets/thumbnails.py": CHECKED,  # gets its bytes from the gate for images
    "n6studio/virtual/__main__.py": MESSAGE,
    "n6studio/virtual/cameras.py": OWN,  # this computer's camera
    "n6studio/virtual/channel.py": MESSAGE,
    "n6studio/virtual/netcam.py": CHECKED,  # no file: an address, in a process that reads none of the user's
}


NAMES = {"open", *METHODS, *(name.rpartition(".")[2] for name in CALLS)}
NAMED = re.compile(rf"\b({'|'.join(NAMES)})\b")


def bare_readers(source):
    """Return the lines of a module that read, parse or unpack something themselves."""
    if not NAMED.search(source):  # parsing all files takes seconds
        return []
    return [node.lineno for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call) and reads(node)]


def reads(call):
    last = getattr(call.func, "attr", getattr(call.func, "id", ""))
    if last not in NAMES:
        return False
    name = ast.unparse(call.func)
    given = [*call.args, *(word.value for word in call.keywords if word.arg == "mode")]
    modes = [one.value for one in given if isinstance(one, ast.Constant) and one.value in ("r", "rb", "rt")]
    method = isinstance(call.func, ast.Attribute) and last in METHODS
    return method or name in CALLS or (last == "open" and bool(modes)) or (name == "open" and len(call.args) == 1)


def test_what_counts_as_reading():
    for line in (
        "path.read_bytes()", "json.loads(x)", "yaml.safe_load(x)", "cv2.imread(x)", "open(x)", "open(x, 'rb')",
        "path.open('rb')", "path.open(mode='r')", "zipfile.ZipFile(path)", "hashlib.file_digest(f, 'md5')",
    ):  # fmt: skip
        assert bare_readers(line) == [1], line
    for line in (
        "read_bytes(path)",
        "path.open('wb')",
        "open(x, 'w')",
        "source.open()",
        "parsed_json(x)",
        "json.dumps(x)",
    ):
        assert bare_readers(line) == [], line


def test_nothing_reads_past_the_gates():
    files = {path.relative_to(ROOT).as_posix(): path for path in (ROOT / "n6studio").rglob("*.py")}
    found = {
        name: lines
        for name, path in files.items()
        if not name.startswith(GATES) and (lines := bare_readers(path.read_text(encoding="utf-8")))
    }
    new = {name: lines for name, lines in found.items() if name not in LEFT}
    assert not new, f"read through n6studio/gates, or say in LEFT why not: {new}"
    assert not set(LEFT) - set(found), "these read through the gates now; take them off the list"
