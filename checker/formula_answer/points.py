"""Points at which formulas are worked: exact rationals for every leaf, values to many digits, bounded effort.

Nothing here is symbolic: a formula is worked operation by operation in binary floating point of a fixed precision
(mpmath), so no expression, however it is written, can grow. What leaves the numbers (1/0, a logarithm or root of a
negative number, a power beyond all bounds) is nan, and a point where a value is nan is outside the domain.
"""

from __future__ import annotations

import hashlib
import math
import random
from fractions import Fraction
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

import mpmath
import sympy

from checker.graph.formula import maximum, minimum, operand, step
from checker.graph.node import Node, names, ordered, strides

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from checker.graph.formula import Formula
    from checker.model import Problem

GRID = 10**12  # a leaf is drawn from some 10^12 rationals
BEYOND = 2**28  # exponents of two beyond this are not worked with
Code = list[tuple[str, tuple[int, ...], Any]]


class Arithmetic:
    """The operations that formulas are made of, on numbers of one kind; what leaves the numbers is nan."""

    nan: Any
    inf: Any
    zero: Any
    one: Any
    lost: Callable[[Any], bool]
    operations: Mapping[str, Callable[..., Any]]

    def rational(self, value: Fraction) -> Any:
        """The number, rounded to what there is room for."""
        raise NotImplementedError

    def constant(self, name: str) -> Any:
        """The number e, or pi."""
        raise NotImplementedError

    def multiply(self, x: Any, y: Any) -> Any:
        """The product, where 0*ln 0 is 0, as every text on cross-entropy has it."""
        product = x * y
        return self.zero if self.lost(product) and (x == 0 or y == 0) else product


class Numbers(Arithmetic):
    """Arithmetic to a fixed number of digits, in a context of its own: mpmath's global precision is never touched."""

    def __init__(self, digits: int) -> None:
        self.digits = digits
        context = mpmath.MPContext()
        context.dps = digits
        self.context = context
        self.lost = context.isnan
        self.nan, self.inf = context.nan, context.inf
        self.zero, self.one = context.mpf(0), context.mpf(1)
        self.operations = {
            "add": lambda x, y: x + y,
            "multiply": self.multiply,
            "power": self.power,
            "exp": self.exp,
            "log": self.log,
            "tanh": self.context.tanh,
            "erf": self.context.erf,
            "tan": self.context.tan,
            "atan": self.context.atan,
            **_comparisons(self.zero, self.one),
        }

    def rational(self, value: Fraction) -> Any:
        """The number, rounded to the digits."""
        return self.context.mpf(value.numerator) / value.denominator

    def constant(self, name: str) -> Any:
        """The number e, or pi."""
        return +self.context.e if name == "e" else +self.context.pi

    def taken(self, value: Any) -> Any:
        """A number of another precision."""
        return self.context.mpf(value)

    def exp(self, x: Any) -> Any:
        """The exponential; nan where it is beyond all bounds."""
        return self.context.exp(x) if abs(x) < BEYOND else self.zero if x == -self.inf else self.nan

    def log(self, x: Any) -> Any:
        """The natural logarithm of a positive number."""
        return self.context.log(x) if 0 < x < self.inf else -self.inf if x == 0 else self.nan

    def power(self, x: Any, y: Any) -> Any:
        """The power, real or nan."""
        if not (abs(x) < self.inf and abs(y) < self.inf):
            return self.nan if self.lost(x) or self.lost(y) or y >= 0 else self.zero
        if y == 0:
            return self.one
        if x == 0:
            return self.zero if y > 0 else self.inf
        if y == -1:
            return 1 / x
        whole = y == self.context.floor(y)
        if x < 0 and not whole:
            return self.nan
        if abs(self.context.mag(x) * y) > BEYOND:
            return self.nan
        if whole and abs(y) < 1024:
            return x ** int(y)
        if y == 0.5:
            return self.context.sqrt(x)
        value = self.context.exp(y * self.context.log(abs(x)))
        return -value if x < 0 and whole and int(y) % 2 else value


class Doubles(Arithmetic):
    """Floats: they decide nothing, but show at once that two formulas differ. What leaves their range is nan."""

    nan, inf = math.nan, math.inf
    zero, one = 0.0, 1.0

    def __init__(self) -> None:
        self.lost = math.isnan
        self.operations = {
            "add": lambda x, y: x + y,
            "multiply": self.multiply,
            "power": _guarded(lambda x, y: x**y),
            "exp": _guarded(math.exp),
            "log": _guarded(math.log),
            "tanh": math.tanh,
            "erf": math.erf,
            "tan": math.tan,
            "atan": math.atan,
            **_comparisons(self.zero, self.one),
        }

    def rational(self, value: Fraction) -> float:
        """The nearest float."""
        try:
            return value.numerator / value.denominator
        except OverflowError:
            return math.nan

    def constant(self, name: str) -> float:
        """The number e, or pi."""
        return math.e if name == "e" else math.pi


def _comparisons(zero: Any, one: Any) -> dict[str, Callable[..., Any]]:
    return {
        "Abs": abs,
        "sign": lambda x: one * ((x > 0) - (x < 0)),
        "maximum": max,
        "minimum": min,
        "step": lambda x, at_zero: one if x > 0 else at_zero if x == 0 else zero,
    }


def _guarded(operation: Callable[..., Any]) -> Callable[..., Any]:
    def worked(*operands: Any) -> Any:
        try:
            value = operation(*operands)
        except (OverflowError, ValueError, ZeroDivisionError):
            return math.nan
        return value if isinstance(value, float) else math.nan  # a root of a negative number is complex

    return worked


def code_of(formula: Formula, known: dict[Formula, Code]) -> Code:
    """The formula as a list of operations on what stands before: operands first, equal parts once."""
    found = known.get(formula)
    if found is not None:
        return found
    code: Code = [("operand", (), i) for i in range(formula.arity)]
    at: dict[Any, int] = {operand(i): i for i in range(formula.arity)}

    def emit(operation: str, arguments: Sequence[int], data: Any = None) -> int:
        code.append((operation, tuple(arguments), data))
        return len(code) - 1

    expr: Any
    for expr in sympy.postorder_traversal(formula.expr):
        if expr in at:
            continue
        if expr.is_Rational:
            at[expr] = emit("number", (), Fraction(int(expr.p), int(expr.q)))
        elif expr.is_Float:
            at[expr] = emit("number", (), Fraction(str(expr)))
        elif expr is sympy.E or expr is sympy.pi:
            at[expr] = emit("constant", (), "e" if expr is sympy.E else "pi")
        elif expr.is_Add or expr.is_Mul:
            kind = "add" if expr.is_Add else "multiply"
            total = at[expr.args[0]]
            for part in expr.args[1:]:
                total = emit(kind, (total, at[part]))
            at[expr] = total
        elif expr.is_Pow:
            at[expr] = emit("power", (at[expr.args[0]], at[expr.args[1]]))
        elif isinstance(expr, maximum):
            kind = "minimum" if isinstance(expr, minimum) else "maximum"
            at[expr] = emit(kind, (at[expr.args[0]], at[expr.args[1]]))
        elif isinstance(expr, step):
            at[expr] = emit("step", (at[expr.args[0]], at[expr.args[1]]))
        else:
            at[expr] = emit(expr.func.__name__, [at[part] for part in expr.args])
    known[formula] = code
    return code


def worked(code: Code, operands: Sequence[Any], numbers: Arithmetic) -> Any:
    """The value of a formula's code."""
    registers: list[Any] = []
    operations = numbers.operations
    for operation, arguments, data in code:
        if operation == "operand":
            value = operands[data]
        elif operation == "number":
            value = numbers.rational(data)
        elif operation == "constant":
            value = numbers.constant(data)
        else:
            parts = [registers[i] for i in arguments]
            if any(map(numbers.lost, parts)) and operation != "multiply":
                value = numbers.nan
            else:
                value = operations[operation](*parts)
        registers.append(value)
    return registers[-1]


CORNERS = frozenset(("maximum", "minimum", "step", "Abs", "sign"))


def has_corners(code: Code) -> bool:
    """Whether a formula has a kink: a maximum, a magnitude, a step."""
    return any(operation in CORNERS for operation, _, _ in code)


class Point:
    """One set of numbers for the leaves; each named step is worked from its rule when it is first needed, and kept.

    `changed` are steps that have another rule here: for the elements it names, else for the whole step (None).
    """

    def __init__(
        self,
        rules: Mapping[str, Node],
        order: Mapping[str, int],
        leaves: Mapping[str, Sequence[Fraction]],
        numbers: Arithmetic,
        codes: dict[Formula, Code],
        changed: Mapping[str, Mapping[int | None, list[Any]]] | None = None,
    ) -> None:
        self.rules, self.order, self.numbers, self.codes = rules, order, numbers, codes
        self.leaves = leaves
        self.changed = {} if changed is None else changed
        self.known: dict[str, list[Any]] = {
            name: [numbers.rational(v) for v in values] for name, values in leaves.items()
        }

    def work(self, node: Node) -> list[Any]:
        """The elements of a node of named steps and leaves, row by row."""
        for name in self._missing(names(node)):
            self._take(name)
        return self._work(node)

    def of(self, name: str) -> list[Any]:
        """The elements of a leaf or step."""
        if name not in self.known:
            for missing in self._missing([name]):
                self._take(missing)
        return self.known[name]

    def _take(self, name: str) -> None:
        changed = self.changed.get(name, {})
        values = list(changed[None]) if None in changed else self._work(self.rules[name])
        for element, replaced in changed.items():
            if element is not None:
                values[element] = replaced[0]
        self.known[name] = values

    def _missing(self, wanted: Iterable[str]) -> list[str]:
        found: set[str] = set()
        waiting = [name for name in wanted if name not in self.known]
        while waiting:
            name = waiting.pop()
            if name in found:
                continue
            found.add(name)
            waiting.extend(n for n in names(self.rules[name]) if n not in self.known and n not in found)
        return sorted(found, key=self.order.__getitem__)

    def _work(self, node: Node) -> list[Any]:
        at: dict[int, list[Any]] = {}
        for current in ordered(node):
            if current.op == "name":
                at[current.id] = self.known[current.data]
            elif current.op == "constant":
                at[current.id] = [self.numbers.rational(Fraction(current.data))]
            else:
                args = [at[arg.id] for arg in current.args]
                at[current.id] = getattr(self, f"_{current.op}")(current, args)
        return at[node.id]

    def _elementwise(self, node: Node, args: list[list[Any]]) -> list[Any]:
        code = code_of(node.data, self.codes)
        steps = [_stretch(arg.shape, node.shape) for arg in node.args]
        out = []
        for element in range(node.size):
            operands = [
                arg[0] if len(arg) == 1 else arg[element] if len(arg) == node.size else arg[stretch[element]]
                for arg, stretch in zip(args, steps, strict=True)
            ]
            out.append(worked(code, operands, self.numbers))
        return out

    def _selection(self, node: Node, args: list[list[Any]]) -> list[Any]:
        (arg,) = args
        return [
            arg[from_[0]] if len(from_) == 1 else sum((arg[i] for i in from_), self.numbers.zero) for from_ in node.data
        ]

    def _contraction(self, node: Node, args: list[list[Any]]) -> list[Any]:
        inputs, output = node.data
        sizes: dict[int, int] = {}
        for subscripts, arg in zip(inputs, node.args, strict=True):
            sizes.update(zip(subscripts, arg.shape, strict=True))
        summed = [i for i in sizes if i not in output]
        apart = [strides(arg.shape) for arg in node.args]
        multiply = self.numbers.multiply
        out = []
        for position in product(*(range(sizes[i]) for i in output)):
            place = dict(zip(output, position, strict=True))
            total = self.numbers.zero
            for inside in product(*(range(sizes[i]) for i in summed)):
                place.update(zip(summed, inside, strict=True))
                term = None
                for subscripts, moves, values in zip(inputs, apart, args, strict=True):
                    factor = values[sum(place[i] * s for i, s in zip(subscripts, moves, strict=True))]
                    term = factor if term is None else multiply(term, factor)
                total = total + term
            out.append(total)
        return out


def _stretch(small: tuple[int, ...], large: tuple[int, ...]) -> list[int]:
    """Which element of an operand goes into each element of the result; empty where that is plain."""
    if small == large or prod(small) == 1:
        return []
    apart = strides(small)
    return [
        sum(i * s for i, s, n in zip(at, apart, small, strict=True) if n != 1)
        for at in product(*(range(n) for n in large))
    ]


def cost(nodes: Iterable[Node], codes: dict[Formula, Code]) -> int:
    """How many operations these nodes take, all in all; each node once."""
    total = 0
    for root in nodes:
        for node in ordered(root):
            if node.op == "elementwise":
                total += node.size * (len(code_of(node.data, codes)) + 2)
            elif node.op == "contraction":
                sizes: dict[int, int] = {}
                for subscripts, arg in zip(node.data[0], node.args, strict=True):
                    sizes.update(zip(subscripts, arg.shape, strict=True))
                total += prod(sizes.values()) * len(node.args)
            else:
                total += node.size
    return total


# ---------------------------------------------------------------- drawing


class Draws:
    """Numbers for the leaves, the same for the same problem always: no two runs judge differently.

    A third of the points lies near the problem's own numbers, a third has their signs, a third any signs. Where `sums`
    says so, targets that add up to 1 still do.
    """

    def __init__(self, problem: Problem, leaves: Mapping[str, Sequence[Fraction]], groups: Sequence[Group]) -> None:
        self.leaves = leaves
        self.groups = groups
        self.seed = hashlib.sha256(f"{problem.id}\n{problem.text}".encode()).digest()

    def draw(self, number: int, sums: bool) -> dict[str, list[Fraction]]:
        """The leaves of one point."""
        source = random.Random(self.seed + number.to_bytes(4, "big"))  # noqa: S311  # no secret: only fixed and uneven
        found = {
            name: [self._number(value, number % 3, source) for value in values] for name, values in self.leaves.items()
        }
        if sums:
            for group in self.groups:
                parts = [abs(found[name][i]) + Fraction(1, 100) for name, i in group]
                total = sum(parts)
                for (name, i), part in zip(group, parts, strict=True):
                    found[name][i] = part / total
        return found

    def _number(self, value: Fraction, kind: int, source: random.Random) -> Fraction:
        share = Fraction(source.randrange(1, GRID), GRID)
        if kind == 0 and value and abs(value) < 100:
            return Fraction(value) * (Fraction(1, 2) + share)
        size = share * (2 if kind == 1 else Fraction(5, 2)) + Fraction(1, 20)
        negative = source.random() < 0.5 if kind == 2 else value < 0
        return -size if negative else size


Group = list[tuple[str, int]]  # elements of leaves, by name and position, that add up to 1


def finite(value: Any) -> bool:
    """Whether the value is a number."""
    return bool(value - value == 0)


def as_float(value: Any) -> float:
    """The value as a float; what is beyond floats is nan."""
    try:
        found = float(value)
    except OverflowError:
        return math.nan
    return found if math.isfinite(found) else math.nan
