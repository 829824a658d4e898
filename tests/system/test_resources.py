"""Files that the program carries along, in a checkout and declared for an installed package."""

import tomllib

import pytest

from n6studio.domain.errors.files import FileMissing
from n6studio.engine.project.carried import CHECKPOINT, INT8_MODEL
from n6studio.system.resources import resource


def test_an_installed_package_carries_the_demos_model():
    root = resource("demo").parent.parent
    declared = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["data-files"]
    assert {f"resources/{CHECKPOINT}", f"resources/{INT8_MODEL}"} <= set(declared["share/n6studio/demo"])
    assert all((root / name).is_file() for name in declared["share/n6studio/demo"])


def test_what_is_not_carried_is_told():
    with pytest.raises(FileMissing):
        resource("demo/no such model.pt")
