"""The exact reading: every step's value from the exact rationals of the file, as a closed form or to any digits.

Values are put into each local rule, step after step, by the same straight-line code that works on floats. A closed form
grows with every layer, so beyond a size it is given to as many digits as are asked for instead, worked in mpmath from
the exact rationals with guard digits. Comparisons are decided by the digits: no formula is ever proved positive.
"""

from __future__ import annotations

from fractions import Fraction
from functools import reduce
from typing import TYPE_CHECKING, Any, NamedTuple

import mpmath
import sympy

from checker.graph.formula import rational
from checker.graph.node import Node, ordered
from checker.readings.elements import broadcast, terms
from checker.readings.loop import left_behind
from checker.readings.lower import straight_line
from checker.readings.numeric import OPERATIONS, Formula

if TYPE_CHECKING:
    from collections.abc import Callable

    from checker.graph.formula import Formula as GraphFormula
    from checker.graph.steps import Derivation

MOST_OPERATIONS = 40  # of a closed form that a person would still read
MOST_BITS = 2_000  # of a rational number
MOST_EXPONENT = 1_000_000  # of e; beyond it a value is 0 or infinite
GUARD = 15


class Value(NamedTuple):
    """A number twice: its closed form with the operations in it (None where that is too long), and its digits."""

    closed: Any | None
    operations: int
    digits: Any


class Exact:
    """The exact values of a derivation's steps, worked once each."""

    def __init__(self, derivation: Derivation, digits: int = 30) -> None:
        self.digits = digits
        self._formulas: dict[int, Formula] = {}
        with mpmath.workdps(digits + GUARD):
            self._known: dict[str, list[Value]] = {
                quantity.name: [_number(rational(Fraction(v))) for v in quantity.values]
                for quantity in derivation.problem.quantities
            }
            for name, _, floats in left_behind(derivation):  # which is all that is known of them
                self._known[name] = [Value(None, 0, mpmath.mpf(number)) for number in floats]
            for step in derivation.steps:
                self._known[step.name] = self._work(step.rule)

    def closed(self, name: str) -> list[Any | None]:
        """Each element's closed form; None where it is longer than a person would read."""
        return [value.closed for value in self._known[name]]

    def latex(self, name: str) -> list[str | None]:
        """Each element's closed form as LaTeX."""
        from sympy.printing.latex import LatexPrinter

        printer = LatexPrinter({"ln_notation": True})
        return [None if closed is None else str(printer.doprint(closed)) for closed in self.closed(name)]

    def decimals(self, name: str) -> list[str]:
        """Each element as a decimal of so many digits."""
        with mpmath.workdps(self.digits + GUARD):
            return [mpmath.nstr(value.digits, self.digits) for value in self._known[name]]

    def texts(self, name: str, closed_forms: bool = True) -> list[str]:
        """Each element exactly where that is short (and wanted), else to so many digits followed by an ellipsis."""
        if not closed_forms:
            return [f"{text}…" if len(text.strip("-0.")) >= self.digits else text for text in self.decimals(name)]
        return [
            (f"{decimal}…" if decimal[-1].isdigit() else decimal)
            if closed is None
            else str(closed).replace("**", "^").replace("log(", "ln(")
            for closed, decimal in zip(self.closed(name), self.decimals(name), strict=True)
        ]

    def _work(self, node: Node) -> list[Value]:
        at: dict[int, list[Value]] = {}
        for current in ordered(node):
            args = [at[arg.id] for arg in current.args]
            if current.op == "name":
                at[current.id] = self._known[current.data]
            elif current.op == "constant":
                at[current.id] = [_number(rational(current.data))]
            elif current.op == "elementwise":
                at[current.id] = self._elementwise(current, args)
            elif current.op == "selection":
                at[current.id] = [_total([args[0][i] for i in from_]) for from_ in current.data]
            else:
                at[current.id] = _contraction(current, args)
        return at[node.id]

    def _elementwise(self, node: Node, args: list[list[Value]]) -> list[Value]:
        formula = self._formula(node.data)
        places = broadcast(node)
        return [
            formula(_TABLE, [arg[place[element]] for arg, place in zip(args, places, strict=True)])
            for element in range(node.size)
        ]

    def _formula(self, formula: GraphFormula) -> Formula:
        if formula.id not in self._formulas:
            self._formulas[formula.id] = straight_line(formula, _number)
        return self._formulas[formula.id]


def _contraction(node: Node, args: list[list[Value]]) -> list[Value]:
    def product(term: tuple[int, ...]) -> Value:
        return reduce(_multiply, (arg[i] for arg, i in zip(args, term, strict=True)))

    return [_total([product(term) for term in element]) for element in terms(node)]


# ---------------------------------------------------------------- arithmetic


def _number(value: Any) -> Value:
    """An exact sympy number, with its digits."""
    if value.is_Rational:
        return Value(value, 1, mpmath.mpf(int(value.p)) / mpmath.mpf(int(value.q)))
    return Value(value, 1, mpmath.mpf(str(sympy.N(value, mpmath.mp.dps + GUARD))))


def _made(closed: Any, operations: int, digits: Any) -> Value:
    """A result; its closed form is given up where it has become too long."""
    if closed is None or not mpmath.isfinite(digits):
        return Value(None, operations, digits)
    if closed.is_Rational:
        short = max(int(closed.p).bit_length(), int(closed.q).bit_length()) <= MOST_BITS
        return Value(closed if short else None, 1, digits)
    usable = operations <= MOST_OPERATIONS and closed.is_finite is not False and closed is not sympy.nan
    return Value(closed if usable else None, operations, digits)


def _both(make: Callable[[Any, Any], Any], digits: Callable[[Any, Any], Any]) -> Callable[[Value, Value], Value]:
    def work(x: Value, y: Value) -> Value:
        closed = None if x.closed is None or y.closed is None else make(x.closed, y.closed)
        return _made(closed, x.operations + y.operations + 1, _safely(digits, x.digits, y.digits))

    return work


def _one(make: Callable[[Any], Any], digits: Callable[[Any], Any]) -> Callable[[Value, Value], Value]:
    def work(x: Value, _: Value) -> Value:
        closed = None if x.closed is None else make(x.closed)
        return _made(closed, x.operations + 1, _safely(lambda v, _: digits(v), x.digits, x.digits))

    return work


def _safely(work: Callable[[Any, Any], Any], x: Any, y: Any) -> Any:
    try:
        result = work(x, y)
    except (ZeroDivisionError, OverflowError, ValueError):
        return mpmath.nan
    return mpmath.nan if isinstance(result, mpmath.mpc) else result


def _power(x: Value, y: Value) -> Value:
    closed = None
    if x.closed is not None and y.closed is not None:
        small = not (x.closed.is_Rational and y.closed.is_Rational) or abs(y.closed) <= 64
        closed = x.closed**y.closed if small else None
    return _made(closed, x.operations + y.operations + 1, _safely(lambda a, b: a**b, x.digits, y.digits))


def _exp(x: Any) -> Any:
    return mpmath.exp(x) if abs(x) <= MOST_EXPONENT else mpmath.mpf("inf") if x > 0 else mpmath.mpf(0)


def _chosen(first: Callable[[Any, Any], bool]) -> Callable[[Value, Value], Value]:
    return lambda x, y: x if first(x.digits, y.digits) else y


def _step(x: Value, at_zero: Value) -> Value:
    return at_zero if x.digits == 0 else _number(sympy.Integer(1 if x.digits > 0 else 0))


_add = _both(lambda x, y: x + y, lambda x, y: x + y)
_multiply = _both(lambda x, y: x * y, lambda x, y: x * y)


def _total(values: list[Value]) -> Value:
    total = values[0] if values else _number(sympy.Integer(0))
    for value in values[1:]:
        total = _add(total, value)
    return total


_WORK: dict[str, Callable[[Value, Value], Value]] = {
    "add": _add,
    "subtract": _both(lambda x, y: x - y, lambda x, y: x - y),
    "multiply": _multiply,
    "divide": _both(lambda x, y: x / y, lambda x, y: x / y),
    "negative": _one(lambda x: -x, lambda x: -x),
    "power": _power,
    "exp": _one(sympy.exp, _exp),
    "log": _one(sympy.log, lambda x: mpmath.log(x) if x > 0 else mpmath.nan),
    "tanh": _one(sympy.tanh, mpmath.tanh),
    "sqrt": _one(sympy.sqrt, lambda x: mpmath.sqrt(x) if x >= 0 else mpmath.nan),
    "erf": _one(sympy.erf, mpmath.erf),
    "abs": lambda x, y: x if x.digits >= 0 else _one(lambda v: -v, lambda v: -v)(x, y),
    "sign": lambda x, y: _number(sympy.Integer((x.digits > 0) - (x.digits < 0))),
    "maximum": _chosen(lambda x, y: bool(x >= y)),
    "minimum": _chosen(lambda x, y: bool(x <= y)),
    "step": _step,
    "square": _one(lambda x: x**2, lambda x: x * x),
    "tan": _one(sympy.tan, mpmath.tan),
    "arctan": _one(sympy.atan, mpmath.atan),
}
_TABLE = [_WORK[name] for name, _ in OPERATIONS]
