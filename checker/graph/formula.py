"""Elementwise formulas: sympy expressions in numbered placeholders, each distinct one built and differentiated once.

A formula knows nothing of names or shapes. `x0`, `x1`, … stand for its operands, so the sums of products of two
thousand steps are one formula, and sympy works once for all of them.
"""

from __future__ import annotations

from functools import cache
from math import prod
from typing import TYPE_CHECKING, Any

import sympy
from sympy import Expr, Function, Rational, Symbol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from fractions import Fraction

MOST_OPERATIONS = 200  # in a fused formula
MOST_NESTED = 4  # functions within functions: a derivative has a factor for each, and each holds the rest
MOST_OPERANDS = 64  # a longer sum is a chain of nodes: fused formulas must stay small enough to differentiate at once


@cache
def operand(index: int) -> Symbol:
    """The placeholder of the operand `index`, counted from 0."""
    return Symbol(f"x{index}", real=True)


def rational(value: Fraction | int) -> Expr:
    """The number as sympy's exact rational."""
    return Rational(value.numerator, value.denominator)


def decimal(value: Fraction) -> str:
    """The number as a short decimal where it has one, else as a fraction."""
    rest = value.denominator
    while rest % 2 == 0:
        rest //= 2
    while rest % 5 == 0:
        rest //= 5
    return f"{float(value):.15g}" if rest == 1 else str(value)


class step(Function):  # type: ignore[misc]  # sympy has no types; the name is what people read
    """1 where `x` is positive, 0 where it is negative, and `at_zero` at the corner, as the problem declares it."""

    nargs = 2

    @classmethod
    def eval(cls, x: Expr, at_zero: Expr) -> Expr | None:
        if x.is_number:
            return at_zero if x.is_zero else sympy.Integer(1 if x.is_positive else 0)
        return None

    def fdiff(self, argindex: int = 1) -> Expr:
        return sympy.Integer(0)

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        power = f"^{{{exp}}}" if exp else ""
        return rf"\mathbf{{1}}\left[{printer._print(self.args[0])} > 0\right]{power}"

    def _sympystr(self, printer: Any) -> str:
        return f"step({printer._print(self.args[0])})"


class maximum(Function):  # type: ignore[misc]
    """The larger of `x` and `y`; where they tie, `x` has the share `at_tie` of the slope.

    sympy's own Max is not used: its derivative at the corner depends on how a formula is written, and a Max of a Max
    turns into nested conditions.
    """

    nargs = 3
    larger = True

    @classmethod
    def eval(cls, x: Expr, y: Expr, at_tie: Expr) -> Expr | None:
        if x.is_number and y.is_number:
            return x if bool(x >= y) == cls.larger else y
        return None

    def fdiff(self, argindex: int = 1) -> Expr:
        x, y, at_tie = self.args
        if argindex == 3:
            return sympy.Integer(0)
        first = step(x - y, at_tie) if self.larger else 1 - step(x - y, 1 - at_tie)
        return first if argindex == 1 else 1 - first

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        name = r"\max" if self.larger else r"\min"
        inner = ", ".join(printer._print(a) for a in self.args[:2])
        return rf"{name}\left({inner}\right){'^{' + exp + '}' if exp else ''}"

    def _sympystr(self, printer: Any) -> str:
        return f"{'max' if self.larger else 'min'}({', '.join(printer._print(a) for a in self.args[:2])})"


class minimum(maximum):
    """The smaller of `x` and `y`; where they tie, `x` has the share `at_tie` of the slope."""

    larger = False


class Formula:
    """One distinct formula. Equal formulas are one object, so identity is equality."""

    __slots__ = ("arity", "depth", "expr", "id", "label", "operations")

    def __init__(self, id: int, expr: Expr, arity: int, label: str) -> None:
        self.id, self.expr, self.arity, self.label = id, expr, arity, label
        self.operations = int(expr.count_ops())
        self.depth = _depth(expr)

    def fits(self, other: Formula) -> bool:
        """Whether `other` may be put into this formula: what is fused must stay small enough to differentiate."""
        return self.operations + other.operations <= MOST_OPERATIONS and self.depth + other.depth <= MOST_NESTED

    @property
    def opaque(self) -> bool:
        """Whether this is a call of a named function, which is kept whole: `sigmoid({0})`."""
        return bool(self.label)

    def __repr__(self) -> str:
        return f"Formula({self.expr})"


def _depth(expr: Expr) -> int:
    """How many functions stand within each other."""
    inner = max((_depth(argument) for argument in expr.args), default=0)
    return inner + (1 if isinstance(expr, Function) else 0)


class Formulas:
    """All formulas of one derivation, interned, with what has been worked out about each.

    One is made for each derivation: nothing is shared between problems, and nothing outlives them.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[Any, int, str], Formula] = {}
        self._derivatives: dict[tuple[int, int], tuple[Formula, tuple[int, ...]] | None] = {}
        self._fused: dict[Any, tuple[Formula, tuple[int, ...]]] = {}
        self._cancelled: dict[int, tuple[Formula, tuple[int, ...]] | None] = {}

    def intern(self, expr: Expr, arity: int, label: str = "") -> Formula:
        """The formula with this expression in `x0 … x(arity-1)`."""
        key = (expr, arity, label)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = Formula(len(self._known), expr, arity, label)
        return found

    def product(self, factors: int) -> Formula:
        """`x0*x1*…`, so many factors."""
        return self._common("*", factors, lambda: prod(operand(i) for i in range(factors)))

    def sum(self, terms: int) -> Formula:
        """`x0 + x1 + …`, so many terms."""
        return self._common("+", terms, lambda: sympy.Add(*(operand(i) for i in range(terms))))

    def _common(self, kind: str, arity: int, make: Callable[[], Expr]) -> Formula:
        key = (kind, arity, "")
        if key not in self._known:
            self._known[key] = self.intern(make(), arity)
        return self._known[key]

    def reduced(self, expr: Expr) -> tuple[Formula, tuple[int, ...]]:
        """The formula without the operands it does not use, and which ones it does use."""
        used = tuple(sorted(int(symbol.name[1:]) for symbol in expr.free_symbols))
        if used != tuple(range(len(used))):
            expr = expr.xreplace({operand(old): operand(new) for new, old in enumerate(used)})
        return self.intern(expr, len(used)), used

    def derivative(self, formula: Formula, slot: int) -> tuple[Formula, tuple[int, ...]] | None:
        """The derivative by operand `slot` and the operands it uses; None where it is 0 everywhere."""
        key = (formula.id, slot)
        if key not in self._derivatives:
            expr = sympy.diff(formula.expr, operand(slot))
            self._derivatives[key] = None if expr == 0 else self.reduced(expr)
        return self._derivatives[key]

    def fuse(
        self, outer: Formula, inner: Sequence[Formula | None], wiring: tuple[tuple[int, ...], ...]
    ) -> tuple[Formula, tuple[int, ...]]:
        """`outer` with formulas put in for some operands; `wiring[i]` are the new numbers of what operand i uses.

        Returns the new formula and which of the new operands it uses (a product with 0 drops some).
        """
        key = (outer.id, tuple(-1 if f is None else f.id for f in inner), wiring)
        found = self._fused.get(key)
        if found is None:
            replaced = {}
            for slot, (part, numbers) in enumerate(zip(inner, wiring, strict=True)):
                if part is None:
                    expr = operand(numbers[0])
                elif numbers == tuple(range(len(numbers))):
                    expr = part.expr
                else:
                    expr = part.expr.xreplace({operand(old): operand(new) for old, new in enumerate(numbers)})
                if expr != operand(slot):
                    replaced[operand(slot)] = expr
            found = self._fused[key] = self.reduced(outer.expr.xreplace(replaced) if replaced else outer.expr)
        return found

    def cancelled(self, formula: Formula) -> tuple[Formula, tuple[int, ...]] | None:
        """The formula with common factors cancelled, where that makes it simpler; None where it does not.

        This finds the shortcuts that people learn by heart: cross-entropy's slope times the sigmoid's is `a - y`.
        """
        if formula.id not in self._cancelled:
            simpler = None
            if formula.arity <= 6 and not formula.expr.atoms(Function):
                expr = sympy.cancel(formula.expr)
                # fewer operations and fewer factors: an expanded product is no shortcut
                if expr.count_ops() < formula.expr.count_ops() * 0.7:
                    simpler = self.reduced(expr)
            self._cancelled[formula.id] = simpler
        return self._cancelled[formula.id]
