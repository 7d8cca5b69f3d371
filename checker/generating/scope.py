"""What is known while a template's numbers are drawn: what was drawn before, and what rests on it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING, NamedTuple

from checker.errors import AuthorError, Finding, Place
from checker.expression.tree import Expression, ExpressionError
from checker.generating.exactly import Values, work

if TYPE_CHECKING:
    from collections.abc import Mapping

    from checker.generating.numbers import Number
    from checker.model import Shape

MOST_ELEMENTS = 10_000


class Drawn(NamedTuple):
    """Numbers that were drawn, row by row; an empty shape is a single number."""

    shape: Shape
    numbers: tuple[Number, ...]


class Word(NamedTuple):
    """A text that was drawn: the name of an activation or a loss with its parameters as typed, or any other choice."""

    text: str
    parameters: tuple[tuple[str, str], ...] = ()


Value = Drawn | Word


class Scope:
    """What was drawn so far, and the numbers that the template does not vary."""

    def __init__(self, fixed: Mapping[str, Values]) -> None:
        self.drawn: dict[str, Value] = {}
        self.exact: dict[str, Values] = dict(fixed)

    def put(self, name: str, value: Value) -> None:
        """Keep what was drawn."""
        self.drawn[name] = value

    def lookup(self, names: tuple[str, ...]) -> Mapping[str, Values]:
        """Exact values for an expression that uses these names."""
        for name in names:
            value = self.drawn.get(name)
            if isinstance(value, Drawn):
                self.exact[name] = Values(value.shape, tuple(each.exact for each in value.numbers))
        return self.exact


class Formula(NamedTuple):
    """An expression of earlier draws, with its place."""

    tree: Expression
    text: str
    names: tuple[str, ...]
    where: Place

    def value(self, scope: Scope) -> Values:
        """What it is, with what was drawn.

        Raises:
            AuthorError: it is no exact arithmetic of what was drawn before.
        """
        try:
            return work(self.tree, scope.lookup(self.names))
        except ExpressionError as error:
            place = self.where._replace(column=self.where.column + error.at)
            raise AuthorError(Finding(error.what, place, error.mend)) from None


Bound = Fraction | Formula


def one(bound: Bound, scope: Scope) -> Fraction:
    """A bound as a number.

    Raises:
        AuthorError: it is an expression that is no single number.
    """
    if isinstance(bound, Fraction):
        return bound
    value = bound.value(scope)
    if value.shape:
        raise AuthorError(Finding(f"{bound.text} is no single number", bound.where, "name an element, as in x[1]"))
    return value.flat[0]


@dataclass(frozen=True)
class Size:
    """A shape whose lengths are numbers or names of whole numbers drawn before."""

    lengths: tuple[int | str, ...]
    where: Place

    def shape(self, scope: Scope) -> Shape:
        """The shape this time.

        Raises:
            AuthorError: a length is no whole number of at least 1, or there are too many elements.
        """
        found = []
        for length in self.lengths:
            if isinstance(length, str):
                value = scope.drawn.get(length)
                whole = value.numbers[0].exact if isinstance(value, Drawn) and not value.shape else Fraction(0)
                if whole.denominator != 1 or whole < 1:
                    what = f"the length {length!r} is no whole number of at least 1"
                    raise AuthorError(Finding(what, self.where, "draw it with `integers`"))
                found.append(int(whole))
            else:
                found.append(length)
        if prod(found) > MOST_ELEMENTS:
            what = f"{prod(found):,} numbers to draw, more than {MOST_ELEMENTS:,}"
            raise AuthorError(Finding(what, self.where, "use a smaller shape"))
        return tuple(found)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of drawn lengths."""
        return tuple(length for length in self.lengths if isinstance(length, str))
