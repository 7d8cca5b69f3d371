"""The tree of an expression, put together rule by rule as the grammar reads it, and bounded as it grows."""

# ruff: noqa: D102 - a method a rule of the grammar, by the rule's name
from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from checker.expression import constant
from checker.expression.normalise import fold_name, lowered
from checker.expression.tree import (
    Binary,
    Call,
    Expression,
    ExpressionError,
    Index,
    Name,
    Negative,
    Number,
    Slice,
)

if TYPE_CHECKING:
    from lark import Token

# A tree leans to the left by one level an operator, and what is done to it is recursive: under Python's default limit
# a tree compares and pickles up to a height of 330 (measured), and a walk with three frames a level gets no further.
MAX_CHAIN = 200  # operators in a row
MAX_HEIGHT = 250

CONSTANTS = {"e": "e", "pi": "pi", "π": "pi"}


class Value(NamedTuple):
    """A part that has been read, and what bounds it."""

    node: Expression
    height: int = 1
    chain: int = 0  # operators of the unbracketed sum or product it is
    size: constant.Size = None
    degree: int = 1  # a bound on the powers of any quantity in it


class Build:
    """What each rule of the grammar becomes; lark calls these with the values of the rule's parts."""

    def start(self, parts: list[Any]) -> Value:
        value: Value = parts[0]
        return value

    def binary(self, parts: list[Any]) -> Value:
        left: Value = parts[0]
        token: Token = parts[1]
        right: Value = parts[2]
        operator = str(token) or "*"
        at = token.start_pos or 0
        sum_like = operator in "+-"
        chain = 1
        if left.chain and isinstance(left.node, Binary) and (left.node.operator in "+-") == sum_like:
            chain += left.chain
            if chain > MAX_CHAIN:
                raise ExpressionError(
                    f"more than {MAX_CHAIN} {'terms' if sum_like else 'factors'} in a row", at,
                    "split it into several equations, or use vectors",
                )  # fmt: skip
        size = (
            None if left.size is None or right.size is None else constant.combined(operator, left.size, right.size, at)
        )
        degree = max(left.degree, right.degree) if sum_like else left.degree + right.degree
        node = Binary(operator, left.node, right.node, at)
        return Value(node, _height(at, left.height, right.height), chain, size, degree)

    def negative(self, parts: list[Any]) -> Value:
        token, value = parts
        at = token.start_pos
        return Value(
            Negative(value.node, at), _height(at, value.height), 0, constant.negative(value.size), value.degree
        )

    def positive(self, parts: list[Any]) -> Value:
        value: Value = parts[1]
        return value

    def power(self, parts: list[Any]) -> Value:
        base, token, exponent = parts
        return _power(base, exponent, token.start_pos)

    def superscript(self, parts: list[Any]) -> Value:
        base, token = parts
        at = token.start_pos
        written = lowered(str(token))
        digits = written.lstrip("+-")
        if len(digits) > constant.MAX_DIGITS:
            raise ExpressionError(f"a number of {len(digits):,} digits", at, f"use at most {constant.MAX_DIGITS}")
        value = _exact(digits)
        exponent = Value(Number(value, digits, at + len(written) - len(digits)), size=value)
        return _power(base, self.negative([token, exponent]) if written[0] == "-" else exponent, at)

    def transpose(self, parts: list[Any]) -> Value:
        base, token = parts
        return _call("transpose", [base], token.start_pos)

    def iteration(self, parts: list[Any]) -> Value:
        base: Value = parts[0]
        token: Token = parts[1]
        node = base.node
        name = node.base if isinstance(node, Index) else node
        if not isinstance(name, Name) or base.size is not None or "@" in name.name:
            raise ExpressionError(
                f"only a step has iterations, as in a{token}",
                token.start_pos or 0,
                "for a product write @ between spaces",
            )
        name = Name(f"{name.name}{token}", name.at)
        return Value(Index(name, node.items, node.at) if isinstance(node, Index) else name, base.height)

    def index(self, parts: list[Any]) -> Value:
        base, token, items, _ = parts
        at = token.start_pos
        return Value(Index(base.node, items, at), _height(at, base.height), 0, None, base.degree)

    def root(self, parts: list[Any]) -> Value:
        token, value = parts
        return _call("sqrt", [value], token.start_pos)

    def roots(self, parts: list[Any]) -> Value:
        return self.root([parts[0], self.root(parts[1:])])

    def number(self, parts: list[Any]) -> Value:
        token = parts[0]
        written = str(token)
        value = _exact(written)
        return Value(Number(value, written, token.start_pos), size=value)

    def name(self, parts: list[Any]) -> Value:
        token = parts[0]
        written = fold_name(str(token))
        if written[0] == "∂":
            loss, _, quantity = "".join(written.split())[1:].partition("/∂")
            written = f"d{loss}_d{quantity}"
        return Value(Name(written, token.start_pos))

    def constant(self, parts: list[Any]) -> Value:
        token = parts[0]
        written = CONSTANTS[str(token)]
        return Value(Name(written, token.start_pos), size=2.718281828459045 if written == "e" else 3.141592653589793)

    def bracket(self, parts: list[Any]) -> Value:
        value: Value = parts[1]
        return value._replace(chain=0) if value.chain else value

    def call(self, parts: list[Any]) -> Value:
        function = str(parts[0])
        return _call(function, parts[2], parts[0].start_pos)

    def slope(self, parts: list[Any]) -> Value:
        return _call(f"{parts[0]}'", parts[3], parts[0].start_pos)

    def arguments(self, parts: list[Any]) -> list[Any]:
        return parts[::2]

    def items(self, parts: list[Any]) -> tuple[int | Slice, ...]:
        return tuple(parts[::2])

    def element(self, parts: list[Any]) -> int:
        return int(parts[0])

    def between(self, parts: list[Any]) -> Slice:
        start, stop = int(parts[0]), int(parts[2])
        if stop < start:
            raise ExpressionError(
                f"the slice {start}:{stop} has no elements", parts[0].start_pos, f"write {stop}:{start}"
            )
        return Slice(start, stop)

    def onward(self, parts: list[Any]) -> Slice:
        return Slice(int(parts[0]), None)

    def upto(self, parts: list[Any]) -> Slice:
        return Slice(None, int(parts[1]))

    def whole(self, _parts: list[Any]) -> Slice:
        return Slice(None, None)


def _height(at: int, *heights: int) -> int:
    height = max(heights) + 1
    if height > MAX_HEIGHT:
        raise ExpressionError("the expression is nested too deeply", at, "give its inner parts names of their own")
    return height


def _power(base: Value, exponent: Value, at: int) -> Value:
    degree = base.degree
    size = None
    if exponent.size is not None:
        natural = isinstance(base.node, Name) and base.node.name == "e" and base.size is not None
        size = constant.power(base.size, exponent.size, degree, at, natural)
        if base.size is None:
            degree *= constant.steps(exponent.size)
    return Value(Binary("^", base.node, exponent.node, at), _height(at, base.height, exponent.height), 0, size, degree)


def _call(function: str, arguments: list[Value], at: int) -> Value:
    sizes = [argument.size for argument in arguments]
    return Value(
        Call(function, tuple(argument.node for argument in arguments), at),
        _height(at, *(argument.height for argument in arguments)),
        0,
        constant.called(function, sizes, at),
        max(argument.degree for argument in arguments),
    )


_exact = lru_cache(maxsize=1024)(Fraction)
"""The number that digits are, with a point and a power of ten or without."""
