"""The promises of the house: which room may see which, what starts light, and that every error has its remedy."""

import json
import pkgutil
import string
import subprocess
import sys
from pathlib import Path

import pytest

import n6studio
from n6studio.domain.errors.advice import REMEDIES, PerSystem, advice
from n6studio.domain.errors.base import error_classes, from_message

ROOT = Path(__file__).resolve().parent.parent
SYSTEMS = ("windows", "macos", "linux")
HEAVY = {"torch", "torchvision", "tensorflow", "tf_keras", "ultralytics", "onnx", "onnxruntime", "onnx2tf", "PySide6"}
MAY_BE_HEAVY = ("n6studio.stages", "n6studio.ui", "n6studio.app", "n6studio.__main__")


def child(code, *arguments):
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def light_modules():
    names = [module.name for module in pkgutil.walk_packages(n6studio.__path__, "n6studio.")]
    return [name for name in names if not name.startswith(MAY_BE_HEAVY) and not name.endswith("__main__")]


# --- rooms -----------------------------------------------------------------------------------------------------------


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


def test_everything_but_stages_and_window_imports_light():
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
    return cls(**{name: f"<{name}>" for name in cls.fields})


CODES = sorted(error_classes())


def test_every_error_has_a_remedy_and_the_other_way_round():
    assert set(REMEDIES) == set(CODES)


def test_codes_are_unique():
    classes, waiting = [], list(from_message.__globals__["StudioError"].__subclasses__())
    while waiting:
        cls = waiting.pop()
        waiting += cls.__subclasses__()
        if "code" in vars(cls):
            classes.append(cls)
    assert sorted(cls.code for cls in classes) == CODES
    for cls in classes:
        assert len(set(cls.fields)) == len(cls.fields)


@pytest.mark.parametrize("code", CODES)
def test_remedy_is_whole(code):
    remedy, fields = REMEDIES[code], set(error_classes()[code].fields)
    for template in templates(remedy):
        named = {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}
        assert named <= fields, template
        assert template.strip(), code
    assert remedy.steps
    assert not remedy.title.endswith(".")


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("code", CODES)
def test_advice_fills_in_on_every_system(code, system):
    given = advice(an_error(code), system)
    text = given.as_text()
    assert code in text
    assert "{" not in text
    assert "}" not in text
    assert all(step.strip() for step in given.steps)


@pytest.mark.parametrize("code", CODES)
def test_error_survives_the_process_border(code):
    error = an_error(code)
    back = from_message(json.loads(json.dumps(error.to_message())))
    assert type(back) is type(error)
    assert back.values == error.values
