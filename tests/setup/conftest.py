import importlib.util
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def bootstrap():
    """bootstrap.py as a module: it is a program at the top of the tree, not part of the package."""
    spec = importlib.util.spec_from_file_location("bootstrap_under_test", ROOT / "bootstrap.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def tree(tmp_path):
    """A small copy of the program, in a folder whose name has a blank and letters beyond ASCII."""
    root = tmp_path / "N6 Studio für Ärzte"
    (root / "packaging").mkdir(parents=True)
    (root / "n6studio").mkdir()
    lists = [f"packaging/{name}.txt" for name in ("base", "conversion", "media", "develop")]
    for name in ("bootstrap.py", "pyproject.toml", *lists):
        (root / name).write_bytes((ROOT / name).read_bytes())
    (root / "n6studio" / "__init__.py").write_text("")
    (root / "n6studio" / "cli.py").write_text(
        "import os, sys\n\ndef main():\n    print(os.getcwd(), sys.argv, file=sys.stderr)\n    return 7\n"
    )
    return root
