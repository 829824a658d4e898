"""What every stage must have, told by name where it lacks: run this after adding one."""

import ast
import importlib
import importlib.util
import re
from pathlib import Path

import msgspec
import pytest

import n6studio
from n6studio.domain.settings import settings_of
from n6studio.domain.stage import Kind
from n6studio.stages.registry import FOLDERS, STAGES
from n6studio.ui.pages.listing import pages

NAMES = ("Ultralytics",)  # that begin a help text
PACKAGE = Path(n6studio.__path__[0])


def source(module: str) -> ast.Module | None:
    found = importlib.util.find_spec(module)  # its package is imported, the module is not
    return ast.parse(Path(found.origin).read_text(encoding="utf-8")) if found and found.origin else None


def defined(module: str) -> set[str]:
    """Return what a module defines, without importing it; "" is among it where there is no module."""
    tree = source(module)
    names = {""} if tree is None else set()
    for node in tree.body if tree else ():
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return names


def test_every_folder_with_a_descriptor_is_registered():
    found = {path.parent.name for path in PACKAGE.glob("stages/*/stage.py")}
    assert found == set(FOLDERS), "a folder of n6studio/stages has a stage.py and is not in FOLDERS of its registry.py"


@pytest.mark.parametrize("name", list(STAGES))
def test_run_module_has_steps_and_run(name):
    stage = STAGES[name]
    wanted = {"run", "state"} if stage.kind is Kind.ENGINE else {"run", "STEPS"}
    lacking = wanted - defined(stage.module)
    assert not lacking, f"run module {stage.module} of stage '{name}' lacks {', '.join(sorted(lacking))}"


@pytest.mark.parametrize("name", list(STAGES))
def test_figures_are_the_class_that_types_name_and_can_be_stored(name):
    stage, module = STAGES[name], f"n6studio.stages.{name}.figures"
    if not stage.found:
        assert msgspec.json.decode(b"{}", type=stage.figures) is not None, f"stage '{name}' names no class in `found`"
        assert "Figures" not in defined(module) or stage.kind is Kind.ENGINE, f"stage '{name}' lacks found='...'"
    if stage.found:
        assert stage.found in defined(module), f"stage '{name}': there is no {stage.found} in {module}"
        typed = vars(importlib.import_module(f"n6studio.stages.{name}.stage"))["__annotations__"][name.upper()]
        assert typed == f"Stage[{stage.settings.__name__}, {stage.found}]", f"{name.upper()} is typed {typed}"
    msgspec.json.Decoder(stage.figures)  # raises for a class that has no JSON


@pytest.mark.parametrize("key", list(pages()))
def test_page_has_its_widget_and_help(key):
    page = pages()[key]
    module, _, name = page.widget.partition(":")
    assert name in defined(module), f"page '{key}': there is no {name} in {module}"
    assert page.help() is not None, f"page '{key}' has no help: neither its entry nor {page.package}.help has one"


def test_texts_of_settings_are_in_one_style():
    for stage in STAGES.values():
        for one in settings_of(stage.settings):
            told = f"setting '{one.name}' of '{stage.name}'"
            assert one.label[:1].isupper(), f"{told}: its label '{one.label}' does not begin with a capital letter"
            assert not re.search(r"[.:;]$", one.label + one.help), f"{told} ends like a sentence"
            first = one.help.split()[0]
            assert not first[0].isupper() or first.isupper() or first in NAMES, (
                f"{told}: its help begins with a capital letter"
            )
