"""What the mutation run keeps, and how a process that has collected tests comes by changed code."""

import importlib.util
import sys
from types import FunctionType

import pytest

from mutation.mutants import mutants_of
from mutation.outcomes import Outcome, Row, Target
from mutation.workers import patch


def functions_of(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found = [one for one in vars(module).values() if isinstance(one, FunctionType)]
    return module, [*found, *(one for one in vars(getattr(module, "A", object)).values() if type(one) is FunctionType)]


def test_functions_get_the_code_that_stands_in_the_file_now(tmp_path):
    path = tmp_path / "code.py"
    source = "def f(a):\n    return [b + 1 for b in a]\nclass A:\n    def f(self):\n        return 5\n"
    path.write_text(source)
    module, functions = functions_of(path)
    held = module.f  # as `from code import f` holds it
    path.write_text(source.replace("+ 1", "- 1").replace("5", "6"))
    assert patch(functions, path)
    assert (held([1, 2]), module.A().f()) == ([0, 1], 6)


@pytest.mark.parametrize("changed", ["def g():\n    return 1\n", "\ndef f():\n    return 1\n"])
def test_a_function_that_is_not_there_any_more_is_told(tmp_path, changed):
    path = tmp_path / "code.py"
    path.write_text("def f():\n    return 1\n")
    functions = functions_of(path)[1]
    path.write_text(changed)
    assert not patch(functions, path)


def test_two_functions_that_cannot_be_told_apart(tmp_path):
    path = tmp_path / "code.py"
    path.write_text("f, g = (lambda: 1), (lambda: 2)\n")
    assert not patch(functions_of(path)[1], path)


def test_what_came_of_mutants_is_kept_while_file_and_tests_stay(tmp_path, monkeypatch):
    monkeypatch.setattr(sys.modules["mutation.outcomes"], "ROOT", tmp_path)
    (tmp_path / "test_a.py").write_text("1")
    target, source = Target("n6studio/a.py", ("test_a.py",)), "a = 1 < 2\n"
    mutants = mutants_of(source)
    first = Outcome.load(tmp_path / "kept", target, source, keep_killed=False)
    assert not any(first.knows(one) for one in mutants)
    first.note(mutants[0], "failed")
    first.note(mutants[1], "survived")
    first.save()

    def known(text, keep_killed=False):
        return Outcome.load(tmp_path / "kept", target, text, keep_killed).row(mutants, 0)

    assert known(source) == Row("n6studio/a.py", 1, 1, 0, 0, 0, len(mutants) - 2)
    assert known(source, keep_killed=True) == Row("n6studio/a.py", 1, 0, 0, 0, 0, len(mutants) - 1)
    assert known(source + "\n").unmeasured == len(mutants)
    (tmp_path / "test_a.py").write_text("2")
    assert known(source).unmeasured == len(mutants)
    assert known(source, keep_killed=True).killed == 1


def test_rows_are_summed():
    whole = Row.whole([Row("a", 1, 2, 3, 4, 5, 6), Row("b", 10, 20, 30, 40, 50, 60)])
    assert whole == Row("all", 11, 22, 33, 44, 55, 66)
    assert str(whole).split() == ["33.3%", "11", "33", "33", "44", "55", "66", "all"]
