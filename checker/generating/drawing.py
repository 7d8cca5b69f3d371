"""How one quantity of a template is drawn: a class a way, each of which says how many values there are to draw from."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING, Protocol

from checker.errors import AuthorError, Finding, Place
from checker.generating.numbers import EmptyPoolError, Number, Pool, grid, normal, number, root_floor
from checker.generating.scope import Bound, Drawn, Formula, Scope, Size, Value, Word, one

if TYPE_CHECKING:
    from collections.abc import Callable

    from checker.generating.stream import Stream
    from checker.model import Shape


class Drawing(Protocol):
    """Draws one variable of a template."""

    def draw(self, stream: Stream, scope: Scope) -> Value:
        """What it is this time.

        Raises:
            AuthorError: nothing can be drawn with what was drawn before.
        """

    def count(self) -> int | None:
        """How many different values there are, an upper bound; None where that depends on what was drawn before."""


def _drawn(pool: Callable[[], Pool], stream: Stream, shape: Shape, distinct: bool, where: Place) -> Drawn:
    try:
        return Drawn(shape, pool().some(stream, prod(shape), distinct))
    except EmptyPoolError as error:
        raise AuthorError(Finding(f"nothing can be drawn: {error}", where, "widen the bounds")) from None


def _ways(pool: Pool, size: Size) -> int | None:
    """How many values an array has whose elements come from a pool each; None where its shape is drawn too."""
    return None if size.names else int(len(pool) ** prod(size.shape(Scope({}))))


@dataclass(frozen=True)
class OnGrid:
    """Each number of a grid equally likely."""

    low: Bound
    high: Bound
    step: Fraction
    size: Size
    where: Place
    excluded: frozenset[Fraction] = frozenset()
    distinct: bool = False

    def draw(self, stream: Stream, scope: Scope) -> Drawn:
        """Numbers from low to high."""
        low, high = one(self.low, scope), one(self.high, scope)
        shape = self.size.shape(scope)
        return _drawn(lambda: grid(low, high, self.step, self.excluded), stream, shape, self.distinct, self.where)

    def count(self) -> int | None:
        """The grid's numbers, for every element."""
        if not (isinstance(self.low, Fraction) and isinstance(self.high, Fraction)):
            return None
        return _ways(grid(self.low, self.high, self.step, self.excluded), self.size)


@dataclass(frozen=True)
class Around:
    """Each number of a grid around what was drawn before equally likely, element by element."""

    centre: Formula
    within: Fraction
    step: Fraction
    where: Place
    excluded: frozenset[Fraction] = frozenset()

    def draw(self, stream: Stream, scope: Scope) -> Drawn:
        """Numbers near those of the expression, on multiples of the step."""
        centre = self.centre.value(scope)
        numbers: list[Number] = []
        for exact in centre.flat:
            first = -((self.within - exact) // self.step) * self.step  # the lowest multiple not below the range
            numbers += _drawn(
                lambda low=first, high=exact + self.within: grid(low, high, self.step, self.excluded),  # type: ignore[misc]
                stream,
                (),
                False,
                self.where,
            ).numbers
        return Drawn(centre.shape, tuple(numbers))

    def count(self) -> int | None:
        """It depends on what was drawn before."""
        return None


@dataclass(frozen=True)
class Computed:
    """What an expression of earlier draws gives, on a grid where there is one."""

    formula: Formula
    step: Fraction | None
    where: Place

    def draw(self, stream: Stream, scope: Scope) -> Drawn:
        """The expression's numbers; nothing is drawn."""
        value = self.formula.value(scope)
        flat = value.flat if self.step is None else tuple(round(x / self.step) * self.step for x in value.flat)
        made = tuple(number(exact) for exact in flat)
        if any("/" in each.text and len(each.text) > 12 for each in made):
            long = next(each.text for each in made if len(each.text) > 12)
            what = f"{self.formula.text} is {long[:40]}, no number that a person would type"
            raise AuthorError(Finding(what, self.where, "round it with `step`"))
        return Drawn(value.shape, made)

    def count(self) -> int | None:
        """It depends on what was drawn before."""
        return None


@dataclass(frozen=True)
class Chosen:
    """One of several values, whole arrays among them; single numbers are chosen for each element."""

    items: tuple[Value, ...]
    size: Size
    where: Place
    distinct: bool = False

    def draw(self, stream: Stream, scope: Scope) -> Value:
        """One of them, or one for each element."""
        first = self.items[0]
        if isinstance(first, Word) or first.shape:
            return self.items[stream.below(len(self.items))]
        return _drawn(self._pool, stream, self.size.shape(scope), self.distinct, self.where)

    def count(self) -> int | None:
        """The items, for every element."""
        first = self.items[0]
        return len(self.items) if isinstance(first, Word) or first.shape else _ways(self._pool(), self.size)

    def _pool(self) -> Pool:
        return Pool([item.numbers[0] for item in self.items if isinstance(item, Drawn)])


@dataclass(frozen=True)
class Signs:
    """Numbers whose size is given and whose signs are drawn."""

    sizes: Drawn
    where: Place

    def draw(self, stream: Stream, scope: Scope) -> Drawn:
        """The numbers, each with a sign of its own."""
        return Drawn(
            self.sizes.shape, tuple(number(each.exact * (1 - 2 * stream.below(2))) for each in self.sizes.numbers)
        )

    def count(self) -> int | None:
        """Two for every number."""
        return int(2 ** len(self.sizes.numbers))


@dataclass(frozen=True)
class Shuffled:
    """Given numbers in a random order, as many as there are elements."""

    numbers: tuple[Number, ...]
    size: Size
    where: Place

    def draw(self, stream: Stream, scope: Scope) -> Drawn:
        """The first of a random order."""
        shape = self.size.shape(scope)
        if prod(shape) > len(self.numbers):
            what = f"{prod(shape)} numbers are wanted and {len(self.numbers)} given"
            raise AuthorError(Finding(what, self.where, "give at least as many as there are elements"))
        return Drawn(shape, tuple(self.numbers[i] for i in stream.order(len(self.numbers), prod(shape))))

    def count(self) -> int | None:
        """The orders there are."""
        if self.size.names:
            return None
        return prod(range(len(self.numbers) - prod(self.size.shape(Scope({}))) + 1, len(self.numbers) + 1))


@dataclass(frozen=True)
class Normal:
    """A normal distribution on a grid."""

    mean: Fraction
    variance: Fraction
    step: Fraction
    size: Size
    where: Place
    excluded: frozenset[Fraction] = frozenset()

    def draw(self, stream: Stream, scope: Scope) -> Drawn:
        """Numbers around the mean."""
        pool = lambda: normal(self.mean, self.variance, self.step, self.excluded)
        return _drawn(pool, stream, self.size.shape(scope), False, self.where)

    def count(self) -> int | None:
        """The grid's numbers, for every element."""
        return _ways(normal(self.mean, self.variance, self.step, self.excluded), self.size)


@dataclass(frozen=True)
class Initialiser:
    """Weights as a network is initialised: their variance from how many values go into a unit, and come out of it.

    `gain` over the number that `fan` names is the variance: 2 over in + out (Xavier), 2 over in (He), 1 over in
    (LeCun); a uniform distribution of this variance reaches to the root of three times it.
    """

    gain: int
    fan: str  # "both" | "in"
    uniform: bool
    step: Fraction
    size: Size
    where: Place
    excluded: frozenset[Fraction] = frozenset()
    fans: tuple[int | str | None, int | str | None] = field(default=(None, None))

    def draw(self, stream: Stream, scope: Scope) -> Drawn:
        """Weights on the grid."""
        shape = self.size.shape(scope)
        variance = self.variance(shape, scope)
        if self.uniform:
            reach = root_floor(3 * variance, self.step) * self.step
            pool = lambda: grid(-reach, reach, self.step, self.excluded)
        else:
            pool = lambda: normal(Fraction(0), variance, self.step, self.excluded)
        return _drawn(pool, stream, shape, False, self.where)

    def variance(self, shape: Shape, scope: Scope) -> Fraction:
        """The variance for weights of this shape."""
        own = fans_of(shape)
        found = []
        for given, inferred, key in zip(self.fans, own, ("fan_in", "fan_out"), strict=True):
            if given is not None:
                found.append(Size((given,), self.where).shape(scope)[0])
            elif inferred:
                found.append(inferred)
            elif self.fan == "both" or key == "fan_in":
                what = f"the shape does not tell how many values go {'into' if key == 'fan_in' else 'out of'} a unit"
                raise AuthorError(Finding(what, self.where, f"add `{key}`"))
            else:
                found.append(0)
        return Fraction(self.gain, found[0] + found[1] if self.fan == "both" else found[0])

    def count(self) -> int | None:
        """It depends on the shape."""
        return None


def fans_of(shape: Shape) -> tuple[int, int]:
    """How many values go into a unit and come out of it, for weights that are outputs by inputs; 0 where unknown.

    >>> fans_of((3, 2)), fans_of((4,)), fans_of((8, 3, 5, 5)), fans_of(())
    ((2, 3), (4, 1), (75, 200), (0, 0))
    """
    if len(shape) < 2:
        return (shape[0], 1) if shape else (0, 0)
    window = prod(shape[2:])
    return shape[1] * window, shape[0] * window
