"""The promises of the house: which room may see which, what starts light, and that every error has its remedy."""

import ast
import importlib
import json
import pickle
import pkgutil
import re
import string
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

import n6studio
from n6studio.domain import errors
from n6studio.domain.errors.advice import advice
from n6studio.domain.errors.base import ExitCode, StudioError
from n6studio.domain.errors.registry import RETIRED, error_classes, from_message
from n6studio.domain.errors.remedy import PerSystem
from n6studio.domain.errors.stages import StageBug
from n6studio.domain.states import CheckState, FindingState, Fitness, Grade, VerdictState
from n6studio.stages.registry import FOLDERS

ROOT = Path(__file__).resolve().parent.parent
SYSTEMS = ("windows", "macos", "linux")
HEAVY = {
    "torch",
    "torchvision",
    "tensorflow",
    "tf_keras",
    "ultralytics",
    "onnx",
    "onnxruntime",
    "onnx2tf",
    "PySide6",
    "av",
}
MAY_BE_HEAVY = ("n6studio.stages", "n6studio.ui", "n6studio.app", "n6studio.__main__")


def child(code, *arguments):
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def light_modules():
    names = [module.name for module in pkgutil.walk_packages(n6studio.__path__, "n6studio.")]
    return [
        name
        for name in names
        if FACES.fullmatch(name) or (not name.startswith(MAY_BE_HEAVY) and not name.endswith("__main__"))
    ]


# --- rooms -----------------------------------------------------------------------------------------------------------


def test_states_are_no_bare_words():
    """Only enums say how things are; the stream's protocol has words of its own."""
    words = {*CheckState, *FindingState, *Fitness, *VerdictState, *Grade, "empty", "running", "done", "stale", "failed"}
    quoted, found = re.compile(rf"""["']({"|".join(map(re.escape, words))})["']"""), []
    for path in (ROOT / "n6studio").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if "link" in path.parts or not quoted.search(text):  # most files: parsing all of them takes seconds
            continue
        for node in ast.walk(ast.parse(text)):
            compared = [node.left, *node.comparators] if isinstance(node, ast.Compare) else []
            inside = [one for part in compared for one in (part.elts if isinstance(part, ast.Tuple) else [part])]
            bare = [one.value for one in inside if isinstance(one, ast.Constant) and one.value in words]
            found += [f"{path.relative_to(ROOT)}:{node.lineno}: {word}" for word in bare]
    assert not found


def test_arrows_between_the_rooms():
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


FACES = re.compile(rf"n6studio\.stages\.(registry|({'|'.join(FOLDERS)})\.(stage|figures))")


def module_name(file):
    return ".".join(file.relative_to(ROOT).with_suffix("").parts)


def imported(file):
    """Yield every module below `n6studio.stages` that a file imports, whole."""
    text = file.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(text)) if "stages" in text else ():
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            below = base in ("n6studio", "n6studio.stages") or len(base.split(".")) == 3
            deeper = [f"{base}.{alias.name}" for alias in node.names]
            names = deeper if below and not FACES.fullmatch(base) else [base]
        else:
            continue
        yield from (name for name in names if name.startswith("n6studio.stages"))


def test_of_the_stages_others_import_descriptors_figures_and_registry_only():
    package = ROOT / "n6studio"
    files = [file for file in package.rglob("*.py") if file.parts[len(package.parts)] not in ("stages", "virtual")]
    faces = [file for file in package.glob("stages/**/*.py") if FACES.fullmatch(module_name(file))]
    found = [(file, name) for file in (*files, *faces) for name in imported(file)]
    assert "n6studio.stages.registry" in {name for _, name in found}
    assert len(faces) > len(FOLDERS)
    assert not [f"{file}: {name}" for file, name in found if not FACES.fullmatch(name)]


def test_everything_but_the_work_of_stages_and_the_window_imports_light():
    code = (
        "import importlib, json, sys\n"
        "heavy, found = set(json.loads(sys.argv[1])), {}\n"
        "for name in sys.argv[2:]:\n"
        "    importlib.import_module(name)\n"
        "    if heavy & set(sys.modules):\n"
        "        sys.exit(f'{name} imports {heavy & set(sys.modules)}')\n"
    )
    child(code, json.dumps(sorted(HEAVY)), *light_modules())


@pytest.mark.parametrize("arguments", [["--help"], ["export", "--help"], ["doctor", "--help"]])
def test_help_appears_without_numpy(arguments):
    if not any((ROOT / "n6studio" / name).exists() for name in ("cli.py", "cli/__init__.py")):
        pytest.skip("there are no commands yet")
    code = (
        "import sys\n"
        "from n6studio.cli import main\n"
        "sys.argv = ['n6studio', *sys.argv[1:]]\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "loaded = {'numpy', 'cv2', 'torch', 'tensorflow', 'PySide6'} & set(sys.modules)\n"
        "sys.exit(f'imports {loaded}' if loaded else 0)\n"
    )
    assert "n6studio" in child(code, *arguments)


# --- errors and their remedies ---------------------------------------------------------------------------------------


def templates(remedy):
    """Yield every template of a remedy."""
    yield remedy.title
    yield remedy.why
    for step in remedy.steps:
        yield from (step.windows, step.macos, step.linux) if isinstance(step, PerSystem) else (step,)


def an_error(code):
    cls = error_classes()[code]
    return cls(**{field.name: f"<{field.name}>" for field in fields(cls)})


CODES = sorted(error_classes())


def concrete_errors():
    """Return every class below StudioError in the package that nothing is derived from, found without the registry."""
    for module in pkgutil.iter_modules(errors.__path__, f"{errors.__name__}."):
        importlib.import_module(module.name)
    found, waiting = [], StudioError.__subclasses__()
    while waiting:
        cls = waiting.pop()
        waiting += cls.__subclasses__()
        if cls.__module__.startswith(errors.__name__) and not cls.__subclasses__():
            found.append(cls)
    return found


def test_every_error_has_a_code_of_its_own_that_the_registry_knows():
    assert sorted(cls.code for cls in concrete_errors()) == CODES, (
        "a code is given twice, or a family is not registered"
    )
    for cls in concrete_errors():
        assert re.fullmatch(r"N6S-[A-Z]\d\d", cls.code)
    assert not RETIRED & set(CODES), "codes are never reused"


def test_every_error_has_a_name_of_its_own():
    names = [cls.__name__ for cls in concrete_errors()]
    assert sorted(names) == sorted(set(names))


# Errors are looked at in loops: as 1500 tests of microseconds they took ten times as long as all of what they do.


def test_every_error_crosses_a_cluster_as_it_was():
    for code in CODES:
        error = an_error(code)
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), again.values) == (type(error), error.values), code


def test_error_says_how_the_program_ends():
    for code, cls in error_classes().items():
        status = cls.exit_status
        assert (status == ExitCode.BUG) == (cls is StageBug), f"{code}: an expected failure is no bug of ours"
        assert status != ExitCode.OK, code


def test_remedy_is_whole():
    for code, cls in error_classes().items():
        remedy, known = vars(cls)["remedy"], {field.name for field in fields(cls)}
        for template in templates(remedy):
            named = {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}
            assert named <= known, f"{code}: {template}"
            assert template.strip(), code
        assert remedy.steps, code
        assert not remedy.title.endswith("."), code


@pytest.mark.parametrize("system", SYSTEMS)
def test_advice_fills_in_on_every_system(system):
    for code in CODES:
        given = advice(an_error(code), system)
        text = given.as_text()
        assert code in text
        assert "{" not in text, text
        assert "}" not in text, text
        assert all(step.strip() for step in given.steps), text


def test_error_survives_the_process_border():
    for code in CODES:
        error = an_error(code)
        back = from_message(json.loads(json.dumps(error.to_message())))
        assert type(back) is type(error)
        assert back.values == error.values, code


# --- dictionaries without a class ------------------------------------------------------------------------------------

# Places where a mapping has no class, by room: foreign files and libraries (YAML, COCO and Ultralytics' data, ST's
# JSON, metadata in model files, **options), --json output, and what is not converted yet: deployments' figures,
# a live command's report, messages of the virtual board. A room may go below its number, never above it.
UNTYPED = {
    "board": 13, "cli": 28, "demo": 5, "domain": 11, "engine": 38, "gates": 0, "link": 8, "report": 0, "stages": 36,
    "system": 1, "ui": 14, "virtual": 5,
}  # fmt: skip


@pytest.mark.parametrize("room", UNTYPED)
def test_mappings_without_a_class_do_not_come_back(room):
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in sorted((ROOT / "n6studio" / room).rglob("*.py"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if "dict[str, Any]" in line
    ]
    assert len(found) <= UNTYPED[room], f"a mapping with known names is a class; {found}"


# --- one way to publish ----------------------------------------------------------------------------------------------

CALLS = {
    "write_text", "write_bytes", "rename", "renames", "touch", "link", "symlink", "symlink_to", "hardlink_to",
    "copy2", "copyfile", "copyfileobj", "copytree", "imwrite", "VideoWriter", "tofile", "NamedTemporaryFile",
}  # fmt: skip
OPENING = {"open", "ZipFile", "fdopen"}


def called(node):
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def writes(node):
    """Return whether a call gives a file its contents or its name."""
    name, owner = called(node), getattr(getattr(node.func, "value", None), "id", "")
    if name in ("copy", "move"):
        return owner == "shutil"
    if name == "replace":  # a path's takes one argument, a text's two, os.replace two paths
        return owner == "os" or (len(node.args) == 1 and not node.keywords and owner not in ("dataclasses", "structs"))
    if name == "save":  # an image's, to a path
        return bool(node.args) and isinstance(node.args[0], ast.Call) and called(node.args[0]) == "str"
    if name in OPENING:
        given = [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg == "mode")]
        modes = [one.value for one in given if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        onto_a_pipe = name == "fdopen" and isinstance(node.args[0], ast.Call) and called(node.args[0]) == "dup"
        return not onto_a_pipe and any(re.fullmatch(r"[rwxab+]*[wxa+][rwxab+]*", mode) for mode in modes)
    return name in CALLS


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("part.replace(path)", True), ("os.replace(a, b)", True), ("name.replace('a', 'b')", False),
        ("dataclasses.replace(a, x=1)", False), ("path.open('w', newline='')", True), ("open(path, mode='r+b')", True),
        ("path.open('rb')", False), ("path.open(encoding='utf-8')", False), ("zipfile.ZipFile(path, 'w')", True),
        ("zipfile.ZipFile(path)", False), ("image.save(str(path))", True), ("image.save(buffer, 'PNG')", False),
        ("shutil.copy(a, b)", True), ("values.copy()", False), ("os.fdopen(os.dup(1), 'wb')", False),
    ],
)  # fmt: skip
def test_writing_is_recognized(line, expected):
    assert writes(ast.parse(line).body[0].value) is expected


# What writes by itself, by file, and why that is no way around system/files.py.
OWN_WRITING = {
    "n6studio/link/recording/recorder.py": "a recording grows; it is flushed as it does",
    "n6studio/link/recording/export.py": "lines of JSON, into the place that `replacing` gives",
    "n6studio/link/recording/mp4_times.py": "into the place that `replacing` gives",
    "n6studio/link/recording/mcap.py": "records, into the place that `replacing` gives",
    "n6studio/link/recording/rerun.py": "a file for a process to write, in the place that `replacing` gives",
    "n6studio/link/recording/values.py": "rows of a table, into the place that `replacing` gives",
    "n6studio/link/processes/child.py": "a log",
    "n6studio/link/evaluation/collecting.py": "answers are added as they come, each with a checksum of its own",
    "n6studio/engine/jobs/child.py": "a log",
    "n6studio/engine/deploy/making.py": "a log",
    "n6studio/board/vendor/process.py": "a log",
    "n6studio/board/virtual/programmer.py": "a log",
    "n6studio/engine/project/calibration_set.py": "a copy, into the place that `replacing` gives",
    "n6studio/engine/deploy/virtual.py": "a part of a result, which is published whole",
    "n6studio/demo/dataset.py": "what the sample flushes before it says that it is whole",
    "n6studio/board/application/copy.py": "a working copy that is compiled and thrown away",
    "n6studio/board/vendor/folders.py": "the same",
    "n6studio/board/compiler/mpool.py": "a part of a result, which is published whole",
    "n6studio/virtual/flashed.py": "a temporary file",
    "n6studio/engine/doctor/self_test.py": "a temporary file",
    "n6studio/engine/deploy/release.py": "a zip file, into the place that `replacing` gives",
    "n6studio/engine/project/timeline.py": "a zip file, into the place that `replacing` gives",
    "n6studio/ui/frame/diagnostics.py": "a zip file, into the place that `replacing` gives",
    "n6studio/engine/jobs/run.py": "gathers inside the folder that it then publishes",
    "n6studio/ui/screens.py": "images for whoever changes the window",
    "n6studio/engine/updates/bring.py": "a kit out of its zip, into a folder that is renamed when it is whole",
    "n6studio/first_start/beside.py": "an environment that counts when its mark is written last",
    "n6studio/first_start/environment.py": "marks, written last and renamed, and a log; it uses nothing but Python",
    "n6studio/layers/download.py": "wheels, which count by their digest alone; the room uses nothing but Python",
    "n6studio/layers/get.py": "a lock, and a program that is used once",
    "n6studio/engine/cluster/cluster.py": "outputs of a worker, into the folder of a stage that is published whole",
    "n6studio/engine/cluster/worker.py": "files in the folder that Dask gives a worker for as long as it runs",
    "n6studio/layers/install.py": "marks and paths, each written beside and renamed",
    "n6studio/virtual/ports.py": "a link to a pseudo-terminal",
}  # fmt: skip


def test_only_the_one_way_publishes():
    """Stages write into a folder that is published whole; nobody else puts a file where it stays."""
    found = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "n6studio").rglob("*.py")
        if path.relative_to(ROOT).parts[1] != "stages"
        and path != ROOT / "n6studio" / "system" / "files.py"
        and any(isinstance(node, ast.Call) and writes(node) for node in ast.walk(ast.parse(path.read_bytes())))
    }
    assert found == set(OWN_WRITING), "write by n6studio.system.files, or say here why not"
