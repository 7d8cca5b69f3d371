"""Expressions of numbers that were drawn before, worked exactly: what makes draws depend on one another.

Only arithmetic that leaves the rationals nowhere: a root or an exponential would not be a number that a person can
type, nor the same on every machine.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from checker.expression.tree import Binary, Call, Expression, ExpressionError, Index, Name, Negative
from checker.expression.tree import Number as Literal
from checker.graph.node import strides

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MOST_BITS = 4_000
LARGEST_POWER = 16
FUNCTIONS = ("abs", "max", "min", "sum", "mean", "dot")


class Values(NamedTuple):
    """An array of exact numbers, row by row; an empty shape is a single number."""

    shape: tuple[int, ...]
    flat: tuple[Fraction, ...]


def work(tree: Expression, scope: Mapping[str, Values]) -> Values:
    """The value of an expression whose names are in `scope`.

    Raises:
        ExpressionError: what it uses is not there, or is not exact arithmetic.
    """
    if isinstance(tree, Literal):
        return Values((), (tree.value,))
    if isinstance(tree, Name):
        if tree.name not in scope:
            raise ExpressionError(
                f"{tree.name!r} is not drawn before this", tree.at, f"use one of {', '.join(scope) or 'no names'}"
            )
        return scope[tree.name]
    if isinstance(tree, Negative):
        operand = work(tree.operand, scope)
        return Values(operand.shape, tuple(-x for x in operand.flat))
    if isinstance(tree, Binary):
        return _binary(tree, work(tree.left, scope), work(tree.right, scope))
    if isinstance(tree, Index):
        return _index(tree, work(tree.base, scope))
    return _call(tree, [work(argument, scope) for argument in tree.arguments])


def _each(at: int, x: Values, y: Values, operation: Callable[[Fraction, Fraction], Fraction]) -> Values:
    if x.shape == y.shape:
        pairs = zip(x.flat, y.flat, strict=True)
        shape = x.shape
    elif not x.shape:
        pairs, shape = zip(x.flat * len(y.flat), y.flat, strict=True), y.shape
    elif not y.shape:
        pairs, shape = zip(x.flat, y.flat * len(x.flat), strict=True), x.shape
    else:
        raise ExpressionError("arrays of different shapes", at, "use arrays of one shape, or single numbers")
    made = tuple(operation(a, b) for a, b in pairs)
    if any(part.bit_length() > MOST_BITS for each in made for part in (each.numerator, each.denominator)):
        raise ExpressionError("a number of too many digits", at, "write a simpler expression")
    return Values(shape, made)


def _binary(tree: Binary, x: Values, y: Values) -> Values:
    operator = tree.operator
    if operator == "/" and 0 in y.flat:
        raise ExpressionError("a division by zero can be drawn", tree.at, "keep 0 out with `not: [0]`")
    if operator == "^":
        if y.shape or y.flat[0].denominator != 1 or abs(y.flat[0]) > LARGEST_POWER:
            raise ExpressionError("a power that is not exact", tree.at, f"use whole exponents up to {LARGEST_POWER}")
        if y.flat[0] < 0 and 0 in x.flat:
            raise ExpressionError("a division by zero can be drawn", tree.at, "keep 0 out with `not: [0]`")
        return _each(tree.at, x, y, lambda a, b: a ** int(b))
    if operator == "@":
        return _dot(tree.at, x, y)
    operations: dict[str, Callable[[Fraction, Fraction], Fraction]] = {
        "+": lambda a, b: a + b,
        "-": lambda a, b: a - b,
        "*": lambda a, b: a * b,
        "/": lambda a, b: a / b,
    }
    return _each(tree.at, x, y, operations[operator])


def _dot(at: int, x: Values, y: Values) -> Values:
    if len(x.shape) != 1 or x.shape != y.shape:
        raise ExpressionError("a product of arrays that are not vectors of one length", at, "use dot(x, w) of vectors")
    return Values((), (sum((a * b for a, b in zip(x.flat, y.flat, strict=True)), Fraction(0)),))


def _index(tree: Index, base: Values) -> Values:
    if any(not isinstance(item, int) for item in tree.items):
        raise ExpressionError("a slice", tree.at, "name single elements")
    if len(tree.items) != len(base.shape) or any(
        isinstance(item, int) and not 1 <= item <= n for item, n in zip(tree.items, base.shape, strict=False)
    ):
        raise ExpressionError("an element beyond the shape", tree.at, "elements count from 1")
    place = sum(
        (item - 1) * apart for item, apart in zip(tree.items, strides(base.shape), strict=True) if isinstance(item, int)
    )
    return Values((), (base.flat[place],))


def _call(tree: Call, arguments: list[Values]) -> Values:
    name = tree.function
    if name not in FUNCTIONS:
        raise ExpressionError(f"{name} is not exact arithmetic", tree.at, f"use + - * / ^ and {', '.join(FUNCTIONS)}")
    if not arguments or (name in ("abs", "sum", "mean") and len(arguments) > 1):
        raise ExpressionError(f"{name} of {len(arguments)} arguments", tree.at, "give it one")
    first = arguments[0]
    if name == "abs":
        return Values(first.shape, tuple(abs(x) for x in first.flat))
    if name == "dot":
        if len(arguments) != 2:
            raise ExpressionError(f"dot of {len(arguments)} arguments", tree.at, "give it two vectors")
        return _dot(tree.at, *arguments)
    if name in ("sum", "mean"):
        total = sum(first.flat, Fraction(0))
        return Values((), (total / len(first.flat) if name == "mean" else total,))
    choose = max if name == "max" else min
    if len(arguments) == 1:
        return Values((), (choose(first.flat),))
    result = first
    for other in arguments[1:]:
        result = _each(tree.at, result, other, choose)
    return result
