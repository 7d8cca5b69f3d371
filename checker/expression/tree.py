"""What an expression is once it is read: a small tree that carries the place of each part; its parts and its names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Number:
    """A literal number, exactly as typed."""

    value: Fraction
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Name:
    """A quantity, a step, or one of the constants `e` and `pi`."""

    name: str
    at: int


@dataclass(frozen=True, slots=True)
class Negative:
    """Minus the operand."""

    operand: Expression
    at: int


@dataclass(frozen=True, slots=True)
class Binary:
    """`left operator right`, where operator is one of + - * / ^ @."""

    operator: str
    left: Expression
    right: Expression
    at: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function of the language applied to arguments."""

    function: str
    arguments: tuple[Expression, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Slice:
    """Elements `start` to `stop`, counted from 1, both included; None is the end on that side."""

    start: int | None
    stop: int | None


@dataclass(frozen=True, slots=True)
class Index:
    """Elements of `base`: an int (counted from 1) drops its axis, a Slice keeps it."""

    base: Expression
    items: tuple[int | Slice, ...]
    at: int


Expression = Number | Name | Negative | Binary | Call | Index


def walk(tree: Expression) -> Iterator[Expression]:
    """Every part of an expression, in the order it is written; each before its own parts."""
    waiting = [tree]
    while waiting:
        part = waiting.pop()
        yield part
        if isinstance(part, Binary):
            waiting += (part.right, part.left)
        elif isinstance(part, Negative):
            waiting.append(part.operand)
        elif isinstance(part, Call):
            waiting += reversed(part.arguments)
        elif isinstance(part, Index):
            waiting.append(part.base)


def names(tree: Expression) -> list[tuple[str, int]]:
    """Every name in the tree once, with the place where it stands first, in the order of the text.

    >>> from checker.expression.parser import parse
    >>> names(parse("w*x + w", ()))
    [('w', 0), ('x', 2)]
    """
    found: dict[str, int] = {}
    for part in walk(tree):
        if isinstance(part, Name):
            found.setdefault(part.name, part.at)
    return list(found.items())


class ExpressionError(Exception):
    """Text that is not an expression: what is wrong, the offset into the text (from 0), and how to mend it."""

    def __init__(self, what: str, at: int, mend: str = "") -> None:
        super().__init__(what, at, mend)
        self.what, self.at, self.mend = what, at, mend

    def __str__(self) -> str:
        return f"{self.what}{'; ' + self.mend if self.mend else ''}"
