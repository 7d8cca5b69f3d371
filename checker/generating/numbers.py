"""The numbers that are drawn: exact, on a grid, and as short in print as a person can type them."""

from __future__ import annotations

from bisect import bisect_right
from decimal import Decimal, localcontext
from functools import lru_cache
from math import floor, isqrt
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from checker.generating.stream import Stream

MOST_VALUES = 100_000  # on one grid
MOST_DECIMALS = 6  # of a number that a person is to type
WEIGHT = 1 << 64
WIDEST = 4  # standard deviations: beyond it a normal distribution is cut off


class Number(NamedTuple):
    """A drawn number: as it is printed, exactly, as a float, and how many digits have to be carried."""

    text: str
    exact: Fraction
    number: float
    digits: int


def typed(text: str, exact: Fraction) -> Number:
    """The number that was typed as this text."""
    return Number(text, exact, float(exact), significant_digits(text))


def number(exact: Fraction) -> Number:
    """The number with its shortest decimal, or as a fraction where it has none of so many decimals.

    >>> from fractions import Fraction
    >>> number(Fraction(-1, 20)).text, number(Fraction(1, 3)).text, number(Fraction(30)).text
    ('-0.05', '1/3', '30')
    """
    return typed(decimal_text(exact) or f"{exact.numerator}/{exact.denominator}", exact)


def decimal_text(exact: Fraction, most: int = MOST_DECIMALS) -> str:
    """The decimal that a number is, '' where it has none of at most so many decimals."""
    for decimals in range(most + 1):
        scaled = exact * 10**decimals
        if scaled.denominator == 1:
            digits = f"{abs(scaled.numerator):0{decimals + 1}d}"
            sign = "-" if exact < 0 else ""
            return (
                f"{sign}{digits[: len(digits) - decimals]}{'.' if decimals else ''}{digits[len(digits) - decimals :]}"
            )
    return ""


class EmptyPoolError(Exception):
    """There is nothing to draw from; the text says why."""


class Pool:
    """Numbers to draw from: equally likely, or by whole-number weights."""

    __slots__ = ("_total", "_weights", "numbers")

    def __init__(self, numbers: Sequence[Number], weights: Sequence[int] = ()) -> None:
        self.numbers = tuple(numbers)
        self._weights: list[int] = []
        self._total = 0
        for weight in weights:
            self._total += weight
            self._weights.append(self._total)

    def __len__(self) -> int:
        return len(self.numbers)

    def one(self, stream: Stream) -> Number:
        """One of the numbers."""
        if self._weights:
            return self.numbers[bisect_right(self._weights, stream.below(self._total))]
        return self.numbers[stream.below(len(self.numbers))]

    def some(self, stream: Stream, count: int, distinct: bool) -> tuple[Number, ...]:
        """So many of the numbers, all different where `distinct`.

        Raises:
            EmptyPoolError: there are not so many (of weighted ones: not twice as many).
        """
        if not distinct:
            return tuple(self.one(stream) for _ in range(count))
        if count > len(self.numbers) or (self._weights and 2 * count > len(self.numbers)):
            raise EmptyPoolError(f"{count} different numbers of only {len(self.numbers)}")
        if not self._weights:
            return tuple(self.numbers[i] for i in stream.order(len(self.numbers), count))
        found: dict[Number, None] = {}
        while len(found) < count:
            found.setdefault(self.one(stream))
        return tuple(found)


@lru_cache(maxsize=512)
def grid(low: Fraction, high: Fraction, step: Fraction, excluded: frozenset[Fraction] = frozenset()) -> Pool:
    """Every number from low to high in steps, low included.

    Raises:
        EmptyPoolError: there are none, or too many.
    """
    if high < low:
        raise EmptyPoolError(f"nothing lies from {number(low).text} to {number(high).text}")
    count = floor((high - low) / step) + 1
    if count > MOST_VALUES:
        raise EmptyPoolError(f"a grid of {count:,} numbers, more than {MOST_VALUES:,}")
    found = [number(exact) for k in range(count) if (exact := low + k * step) not in excluded]
    if not found:
        raise EmptyPoolError("every number of the grid is excluded")
    return Pool(found)


@lru_cache(maxsize=512)
def normal(mean: Fraction, variance: Fraction, step: Fraction, excluded: frozenset[Fraction] = frozenset()) -> Pool:
    """The multiples of the step around the mean, weighted by the normal density; cut at 4 standard deviations.

    The weights are whole numbers made of correctly rounded decimals, so they are the same on every machine.

    Raises:
        EmptyPoolError: as for `grid`.
    """
    reach = WIDEST**2 * variance
    first, last = -root_floor(reach, step), root_floor(reach, step)
    if last - first + 1 > MOST_VALUES:
        raise EmptyPoolError(f"a grid of {last - first + 1:,} numbers, more than {MOST_VALUES:,}")
    found, weights = [], []
    with localcontext() as context:
        context.prec = 40
        for k in range(first, last + 1):
            exact = mean + k * step
            exponent = -((k * step) ** 2) / (2 * variance)
            density = (Decimal(exponent.numerator) / Decimal(exponent.denominator)).exp()
            if exact not in excluded:
                found.append(number(exact))
                weights.append(max(1, int(density * WEIGHT)))
    if not found:
        raise EmptyPoolError("every number of the grid is excluded")
    return Pool(found, weights)


def root_floor(square: Fraction, step: Fraction) -> int:
    """How many whole steps fit under the root of a number, exactly.

    >>> from fractions import Fraction
    >>> root_floor(Fraction(6, 4), Fraction(1, 100))
    122
    """
    return isqrt(floor(square / step**2))


def significant_digits(text: str) -> int:
    """How many digits of a number have to be carried: those from its first to its last that is not 0.

    >>> [significant_digits(text) for text in ("0.05", "-1.20", "100", "0", "1/3")]
    [1, 2, 1, 0, 2]
    """
    return sum(len(part.replace(".", "").strip("-+0")) for part in text.split("/"))
