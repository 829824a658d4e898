"""The mutation run makes the mistakes that it says, and its lists fit the project."""

import pytest

from mutation.__main__ import WrongList, equivalents, targets, without_equivalents
from mutation.mutants import mutants_of


def changes(source):
    return [mutant.words for mutant in mutants_of(source)]


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("a < b", ["a < b  ->  (a <= b)"]),
        ("a == b", ["a == b  ->  (a != b)"]),
        ("a in b", ["a in b  ->  (a not in b)"]),
        ("a + b", ["a + b  ->  (a - b)"]),
        ("a // b", ["a // b  ->  (-(-a // b))"]),
        ("(a - b) // c", ["(a - b) // c  ->  (-(-(a - b) // c))", "a - b  ->  (a + b)"]),
        ("a << b", ["a << b  ->  (a >> b)"]),
        ("-a", ["-a  ->  (a)"]),
        ("not a", ["not a  ->  (a)"]),
        ("a and b and c", [
            "a and b and c  ->  (a and b)", "a and b and c  ->  (a and c)", "a and b and c  ->  (b and c)",
        ]),
        ("7", ["7  ->  (8)"]),
        ("-7", ["-7  ->  (7)"]),
        ("0.5", ["0.5  ->  (0.75)"]),
        ("0.0", ["0.0  ->  (1.0)"]),
        ("True", ["True  ->  False"]),
        ("b'AB'", ["b'AB'  ->  b'@B'"]),
        ("x[:n]", ["n  ->  n + 1"]),
        ("range(n)", ["n  ->  n + 1"]),
        ("range(m, n)", ["n  ->  n + 1"]),
        ("min(a, b)", ["min(a, b)  ->  (max(a, b))"]),
        ("np.zeros(a)", ["np.zeros(a)  ->  (np.ones(a))"]),
        ("np.zeros((0, a))", ["0  ->  (1)"]),
        ("np.maximum(a, b)", ["np.maximum(a, b)  ->  (np.minimum(a, b))"]),
        ("a.clip(b)", ["a.clip(b)  ->  (a)"]),
        ("abs(a)", ["abs(a)  ->  (a)"]),
        ("f(a, side='left')", ["'left'  ->  'right'"]),
        ("b if a else c", ["a  ->  (not (a))"]),
        # what is never changed
        ("f'{a + 1}'", []),
        ("'text' + a", []),
        ("zip(a, b, strict=True)", []),
        ("None", []),
    ],
)  # fmt: skip
def test_each_mistake_of_an_expression(source, wanted):
    assert sorted(changes(f"target = {source}")) == sorted(wanted)


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("def f():\n    return x", ["return x  ->  return None"]),
        ("def f():\n    return None", []),
        ("def f():\n    return False", ["False  ->  True"]),
        ("raise E", ["raise E  ->  pass"]),
        ("f(x)", ["f(x)  ->  pass"]),
        ("a[b] = c", ["a[b] = c  ->  pass"]),
        ("a = f(a)", ["a = f(a)  ->  pass"]),
        ("a = b", []),
        ("a += b", ["a += b  ->  a -= b"]),
        ("if a:\n    pass", ["a  ->  (not (a))"]),
        ("for a in b:\n    break", ["break  ->  continue"]),
        ("class A:\n    def f(self):\n        self.a = b", ["self.a = b  ->  pass"]),
        ("class A:\n    def __init__(self):\n        self.a = b", []),
        # what is never changed
        ("'''A text.'''", []),
        ("a: int | None", []),
        ("@f(1)\ndef g(a: int | None) -> 'int | None':\n    pass", []),
        ("logging.getLogger('a').info(b)", []),
        ("assert a == 1", []),
    ],
)
def test_each_mistake_of_a_statement(source, wanted):
    assert sorted(changes(source)) == sorted(wanted)


def test_a_mistake_leaves_all_else_as_it_was():
    source = 'é = "ü"  # a comment\nif (\n    a <\n    b\n):\n    c = 1\n'
    first, second = mutants_of(source)
    assert first.applied(source) == 'é = "ü"  # a comment\nif (\n    (a <= b)\n):\n    c = 1\n'
    assert (first.line, first.last_line) == (3, 4)
    assert second.applied(source) == source.replace("c = 1", "c = (2)")
    assert second.diff(source, "x.py") == "@@ -6 +6 @@\n-    c = 1\n+    c = (2)"


def test_what_counts_on_import_is_told_from_what_a_function_does():
    source = "LIMIT = 1\nclass A:\n    b: int = 2\ndef f(a=3):\n    return 4\n"
    assert {mutant.was: mutant.everywhere for mutant in mutants_of(source)} == {
        "1": True, "2": True, "3": True, "4": False, "return 4": False,
    }  # fmt: skip


def test_equivalents_are_left_out_and_must_be_there():
    source = "a = b < 1\n"
    mutants = mutants_of(source)
    assert len(mutants) == 2
    known = {("a = b < 1", "b < 1  ->  (b <= 1)")}
    counting, left_out = without_equivalents(mutants, source, known, "x.py")
    assert ([mutant.words for mutant in counting], left_out) == (["1  ->  (2)"], 1)
    with pytest.raises(WrongList, match=r"x\.py"):
        without_equivalents(mutants, source, {("a = c", "1  ->  (2)")}, "x.py")


def test_the_lists_fit_the_project():
    """Where a file moved or went, its line in targets.toml moves or goes with it."""
    listed = {target.path for target in targets()}
    assert set(equivalents()) <= listed
