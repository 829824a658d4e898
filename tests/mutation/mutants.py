"""Small mistakes in a source text, one at a time: what a slip of the hand or a wrong thought would have written.

A mutant replaces one expression or statement and leaves all else as it is, so that line numbers stay true. What only
repeats another mutant is left out: where a test can tell `a and b` from `a` and from `b`, it can tell it from `a or b`.
Texts, type annotations, decorators and what is said to a log are never changed.
"""

import ast
import copy
import difflib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_COMPARE = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_ARITHMETIC = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult, ast.Mod: ast.FloorDiv, ast.Pow: ast.Mult,
    ast.LShift: ast.RShift, ast.RShift: ast.LShift, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.BitXor: ast.BitOr,
}  # fmt: skip
_NAMES = {
    "min": "max", "any": "all", "minimum": "maximum", "argmin": "argmax", "zeros": "ones", "zeros_like": "ones_like",
    "floor": "ceil", "startswith": "endswith", "rfind": "find",
}  # fmt: skip
_NAMES |= {other: name for name, other in _NAMES.items()}
_SIDES = {"left": "right", "right": "left"}
# Calls that could be forgotten: `x.clip(0, 1)` becomes `x`, `abs(x)` becomes `x`.
_FORGOTTEN_METHODS = {"clip", "copy", "strip", "lower", "absolute", "expanduser"}
_FORGOTTEN_FUNCTIONS = {"abs", "round", "sorted"}
_QUIET_KEYWORDS = {"strict", "indent", "parents", "exist_ok", "ensure_ascii", "cause"}


@dataclass(frozen=True)
class Mutant:
    """One mistake.

    Attributes:
        line: where it begins, from 1.
        last_line: where what it replaces ends.
        was: what is replaced, as Python writes it.
        becomes: what it is replaced by.
        start, end: place in the source's UTF-8 bytes.
        everywhere: whether the place belongs to no function, so that it counts when the module is imported.
    """

    line: int
    last_line: int
    was: str
    becomes: str
    start: int
    end: int
    everywhere: bool

    @property
    def words(self) -> str:
        """What changes, in one line."""
        return f"{' '.join(self.was.split())}  ->  {' '.join(self.becomes.split())}"

    def applied(self, source: str) -> str:
        """Return the source with the mistake."""
        data = source.encode()
        return (data[: self.start] + self.becomes.encode() + data[self.end :]).decode()

    def diff(self, source: str, name: str) -> str:
        """Return the mistake as a difference."""
        lines = difflib.unified_diff(
            source.splitlines(), self.applied(source).splitlines(), name, name, lineterm="", n=0
        )
        return "\n".join(list(lines)[2:])


def mutants_of(source: str) -> list[Mutant]:
    """Return all mutants of a module, in the order of their places; those that are no Python are left out."""
    found = sorted(_Finder(source).all(), key=lambda one: (one.start, one.end, one.becomes))
    unique = {(one.start, one.end, one.becomes): one for one in found}
    return [one for one in unique.values() if _parses(one.applied(source))]


def _parses(source: str) -> bool:
    try:
        ast.parse(source)
    except SyntaxError:
        return False
    return True


class _Finder:
    def __init__(self, source: str) -> None:
        self._tree = ast.parse(source)
        self._data = source.encode()
        self._starts = [0]
        for line in self._data.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))
        self._functions = 0

    def all(self) -> Iterator[Mutant]:
        yield from self._below(self._tree)

    def _below(self, node: ast.AST) -> Iterator[Mutant]:
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns", "decorator_list", "type_params"):
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from self._visit(child)

    def _visit(self, node: ast.AST) -> Iterator[Mutant]:
        if isinstance(node, ast.JoinedStr | ast.Assert) or (isinstance(node, ast.Expr) and _is_quiet(node)):
            return
        if isinstance(node, ast.UnaryOp) and isinstance(node.operand, ast.Constant):
            yield from (self._mutant(place, text) for place, text in _sign(node))  # -1 to 1 says more than -1 to -2
            return
        if isinstance(node, ast.keyword) and node.arg in _QUIET_KEYWORDS:
            return
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for default in [*node.args.defaults, *node.args.kw_defaults]:
                if default is not None:
                    yield from self._visit(default)
            self._functions += 1
            for statement in node.body:
                yield from self._visit(statement)
            self._functions -= 1
            return
        for change in _CHANGES:
            for place, text in change(node):
                yield self._mutant(place, text)
        yield from self._below(node)

    def _mutant(self, node: ast.expr | ast.stmt, becomes: str) -> Mutant:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        start = self._starts[node.lineno - 1] + node.col_offset
        end = self._starts[node.end_lineno - 1] + node.end_col_offset
        return Mutant(
            node.lineno, node.end_lineno, ast.unparse(node), becomes, start, end, everywhere=self._functions == 0
        )


def _is_quiet(node: ast.Expr) -> bool:
    """Whether a statement is a text, or says something to a log."""
    if isinstance(node.value, ast.Constant):
        return True
    return "logging." in ast.unparse(node) or ast.unparse(node).startswith("super().__init__(")


# --- one kind of mistake each: (what is replaced, what by) for a node -------------------------------------------------

Changes = Iterator[tuple[ast.expr | ast.stmt, str]]


def _with(node: ast.AST, **changes: object) -> str:
    """Return a changed copy of an expression as text, in brackets so that it fits where the first one stood."""
    changed = copy.copy(node)
    for name, value in changes.items():
        setattr(changed, name, value)
    return f"({ast.unparse(changed)})"


def _compare(node: ast.AST) -> Changes:
    if isinstance(node, ast.Compare):
        for place, operator in enumerate(node.ops):
            if type(operator) in _COMPARE:
                other = [*node.ops[:place], _COMPARE[type(operator)](), *node.ops[place + 1 :]]
                yield node, _with(node, ops=other)


def _arithmetic(node: ast.AST) -> Changes:
    if isinstance(node, ast.BinOp) and not _is_text(node.left) and not _is_text(node.right):
        if isinstance(node.op, ast.FloorDiv):
            yield node, f"(-(-{ast.unparse(_bracketed(node.left))} // {ast.unparse(_bracketed(node.right))}))"
        elif type(node.op) in _ARITHMETIC:
            yield node, _with(node, op=_ARITHMETIC[type(node.op)]())
    if isinstance(node, ast.AugAssign) and type(node.op) in _ARITHMETIC and not _is_text(node.value):
        yield node, _with(node, op=_ARITHMETIC[type(node.op)]())[1:-1]


def _bracketed(node: ast.expr) -> ast.expr:
    """Return a tuple-free expression that unparses in brackets where it needs any."""
    return node if isinstance(node, ast.Name | ast.Constant | ast.Attribute | ast.Call) else ast.Name(_with(node))


def _is_text(node: ast.expr) -> bool:
    if isinstance(node, ast.BinOp):
        return _is_text(node.left) or _is_text(node.right)
    return isinstance(node, ast.JoinedStr | ast.List | ast.Tuple) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)
    )


def _sign(node: ast.AST) -> Changes:
    if isinstance(node, ast.UnaryOp):
        yield node, f"({ast.unparse(node.operand)})"


def _condition(node: ast.AST) -> Changes:
    if isinstance(node, ast.BoolOp):
        for place in range(len(node.values)):
            rest = [*node.values[:place], *node.values[place + 1 :]]
            yield node, f"({ast.unparse(rest[0])})" if len(rest) == 1 else _with(node, values=rest)
    tests = []
    if isinstance(node, ast.If | ast.While | ast.IfExp):
        tests = [node.test]
    elif isinstance(node, ast.comprehension):
        tests = node.ifs
    for test in tests:
        # Turning a comparison or a `not` round is a mistake of its own already.
        if not isinstance(test, ast.Compare | ast.UnaryOp) and not isinstance(test, ast.Constant):
            yield test, f"(not ({ast.unparse(test)}))"


def _constant(node: ast.AST) -> Changes:
    if not isinstance(node, ast.Constant):
        return
    value = node.value
    if isinstance(value, bool):
        yield node, str(not value)
    elif isinstance(value, int):
        yield node, f"({value + 1})"
    elif isinstance(value, float):
        yield node, f"({value * 1.5 or 1.0})"
    elif isinstance(value, bytes) and value:
        yield node, repr(bytes([value[0] ^ 1]) + value[1:])


def _statement(node: ast.AST) -> Changes:
    if isinstance(node, ast.Return) and node.value is not None and not _is_nothing(node.value):
        yield node, "return None"
    elif isinstance(node, ast.Raise) or (isinstance(node, ast.Expr) and not isinstance(node.value, ast.Constant)):
        yield node, "pass"
    elif isinstance(node, ast.Break):
        yield node, "continue"
    elif isinstance(node, ast.Continue):
        yield node, "break"
    elif isinstance(node, ast.Assign) and all(_can_be_forgotten(one, node.value) for one in node.targets):
        yield node, "pass"


def _can_be_forgotten(target: ast.expr, value: ast.expr) -> bool:
    """Whether an assignment changes what was there before: an element, or a name that its own new value mentions."""
    if isinstance(target, ast.Name):
        return any(isinstance(one, ast.Name) and one.id == target.id for one in ast.walk(value))
    return isinstance(target, ast.Subscript)


def _is_nothing(node: ast.expr) -> bool:
    """Whether it is None, or False, for which None does as well."""
    return isinstance(node, ast.Constant) and (node.value is None or node.value is False)


def _methods_state(node: ast.AST) -> Changes:
    """Attributes that a method forgets to set; those of a constructor are missed at once by anybody."""
    if isinstance(node, ast.FunctionDef) and node.name != "__init__":
        return
    if isinstance(node, ast.ClassDef):
        for method in node.body:
            if isinstance(method, ast.FunctionDef) and method.name != "__init__":
                for one in ast.walk(method):
                    if isinstance(one, ast.Assign) and all(isinstance(to, ast.Attribute) for to in one.targets):
                        yield one, "pass"


def _one_more(node: ast.AST) -> Changes:
    if isinstance(node, ast.Slice):
        for bound in (node.lower, node.upper):
            if bound is not None and not isinstance(bound, ast.Constant | ast.UnaryOp):
                yield bound, f"{ast.unparse(bound)} + 1"
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range":
        stop = node.args[0] if len(node.args) == 1 else node.args[1]
        if not isinstance(stop, ast.Constant | ast.UnaryOp):
            yield stop, f"{ast.unparse(stop)} + 1"


def _call(node: ast.AST) -> Changes:
    if not isinstance(node, ast.Call):
        return
    if isinstance(node.func, ast.Attribute):
        name = node.func.attr
        if name in _NAMES and not _makes_nothing(node):
            yield node, _with(node, func=_named(node.func, _NAMES[name]))
        if name in _FORGOTTEN_METHODS:
            yield node, f"({ast.unparse(node.func.value)})"
    elif isinstance(node.func, ast.Name):
        name = node.func.id
        if name in _NAMES:
            yield node, _with(node, func=ast.Name(_NAMES[name]))
        if name in _FORGOTTEN_FUNCTIONS and node.args:
            text = ast.unparse(node.args[0])
            yield node, f"list({text})" if name == "sorted" else f"({text})"
    for keyword in node.keywords:
        value = keyword.value
        if keyword.arg == "side" and isinstance(value, ast.Constant) and value.value in _SIDES:
            yield value, repr(_SIDES[value.value])


def _makes_nothing(node: ast.Call) -> bool:
    """Whether it is `np.zeros(0)` or `np.zeros((0, n))`, which has no element that could be a one."""
    size = node.args[0] if node.args else None
    first = size.elts[0] if isinstance(size, ast.Tuple) and size.elts else size
    return isinstance(first, ast.Constant) and first.value == 0 and not isinstance(first.value, bool)


def _named(node: ast.Attribute, name: str) -> ast.Attribute:
    return ast.Attribute(node.value, name, node.ctx)


_CHANGES: tuple[Callable[[ast.AST], Changes], ...] = (
    _compare, _arithmetic, _sign, _condition, _constant, _statement, _methods_state, _one_more, _call,
)  # fmt: skip
