"""What an expression is once it is read: a small tree that carries the place of each part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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


class ExpressionError(Exception):
    """Text that is not an expression: what is wrong, the offset into the text (from 0), and how to mend it."""

    def __init__(self, what: str, at: int, mend: str = "") -> None:
        super().__init__(what, at, mend)
        self.what, self.at, self.mend = what, at, mend

    def __str__(self) -> str:
        return f"{self.what}{'; ' + self.mend if self.mend else ''}"
