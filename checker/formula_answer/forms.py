"""Values in an exact normal form: two values whose difference is 0 in it are equal wherever both have a value.

A value is a fraction of sums of products (with exact rational numbers) of generators: symbols, and functions of such
fractions (`symbols`). A step is a generator that is its own square, and a function of a value with a step in it is
worked for each of its sides. What is not 0 in this form may be equal all the same: the form knows no more than that.
The work is bounded by counting products, not by a clock, so that the same formula is always judged alike.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from checker.formula_answer.arithmetic import Arithmetic
from checker.formula_answer.sums import (
    ONE,
    added,
    bits,
    common_part,
    factored,
    negated,
    quotient_of,
    single,
    without,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from checker.formula_answer.sums import Factor, Monomial, Poly

MOST_TERMS = 3_000  # of one sum
MOST_BITS = 4_000  # of a coefficient


class BeyondForm(Exception):
    """The value takes more work than is given to it, or leaves what the form knows."""


class Form:
    """A value in normal form: `above` over the product of the sums in `below`, each to its power."""

    __slots__ = ("above", "below", "field")

    def __init__(self, field: Forms, above: Poly, below: dict[Factor, int]) -> None:
        self.field, self.above, self.below = field, above, below

    def __add__(self, other: Form) -> Form:
        field = self.field
        if not self.above:
            return other
        if not other.above:
            return self
        if self.below == other.below:
            return field.fraction(added(self.above, other.above), dict(self.below))
        below = dict(self.below)
        for factor, power in other.below.items():
            below[factor] = max(power, below.get(factor, 0))
        left = field.scaled(self.above, below, self.below)
        right = field.scaled(other.above, below, other.below)
        return field.fraction(added(left, right), below)

    def __neg__(self) -> Form:
        return Form(self.field, {m: -c for m, c in self.above.items()}, self.below)

    def __sub__(self, other: Form) -> Form:
        return self + -other

    def __mul__(self, other: Form) -> Form:
        below = dict(self.below)
        for factor, power in other.below.items():
            below[factor] = below.get(factor, 0) + power
        return self.field.fraction(self.field.product(self.above, other.above), below)

    @property
    def key(self) -> tuple[Factor, frozenset[tuple[Factor, int]]]:
        """What makes two equal forms equal."""
        return frozenset(self.above.items()), frozenset(self.below.items())


class Forms(Arithmetic):
    """Sums, products and quotients of normal forms: the generators that one proof has met, and the work it has left."""

    zero: Form
    one: Form

    def __init__(self, effort: int) -> None:
        self.left = effort
        self._numbers: dict[Any, int] = {}
        self.sure: set[Factor] = set()  # sums that are positive, since they have a logarithm
        self.steps: dict[int, Factor] = {}  # generators that are 1 where a sum is positive, else 0
        self.roots: dict[int, tuple[int, Poly]] = {}  # generators whose power is a known sum
        self.exponents: dict[int, tuple[Monomial, int]] = {}  # generators that are exp(product/number)
        self.lost = lambda _: False
        self.zero, self.one = self.rational(Fraction(0)), self.rational(Fraction(1))

    # ------------------------------------------------------------ numbers and names

    def rational(self, value: Fraction) -> Form:
        """A number."""
        return Form(self, {(): Fraction(value)} if value else {}, {})

    def generator(self, key: Any) -> Form:
        """What the form knows nothing about but that it is itself."""
        return self.power_of(self.number(key), 1)

    def number(self, key: Any) -> int:
        """The generator of a key."""
        return self._numbers.setdefault(key, len(self._numbers))

    def power_of(self, number: int, power: int) -> Form:
        """A power of a generator."""
        if power < 0:
            return Form(self, dict(ONE), {single(number): -power})
        return Form(self, {((number, power),) if power else (): Fraction(1)}, {})

    # ------------------------------------------------------------ sums of products

    def product(self, left: Poly, right: Poly) -> Poly:
        """The product of two sums.

        Raises:
            BeyondForm: it takes more work than is left.
        """
        if right == ONE:
            return left
        if left == ONE:
            return right
        self.left -= len(left) * len(right)
        if self.left < 0:
            raise BeyondForm
        found: Poly = {}
        rooted: list[tuple[Monomial, Fraction]] = []
        for m, c in left.items():
            for n, d in right.items():
                both = self._times(m, n)
                if self.roots and any(g in self.roots and p >= self.roots[g][0] for g, p in both):
                    rooted.append((both, c * d))
                    continue
                total = found.get(both, 0) + c * d
                if total:
                    found[both] = total
                else:
                    found.pop(both, None)
        for monomial, c in rooted:
            found = added(found, self._unrooted(monomial, c))
        if len(found) > MOST_TERMS or any(bits(c) > MOST_BITS for c in found.values()):
            raise BeyondForm
        return found

    def _times(self, m: Monomial, n: Monomial) -> Monomial:
        if not m or not n:
            return m or n
        powers = dict(m)
        for generator, power in n:
            powers[generator] = powers.get(generator, 0) + power
        steps = [generator for generator in powers if generator in self.steps] if self.steps else ()
        for generator in steps:
            powers[generator] = 1
        if len(steps) > 1:
            self._implied(powers, steps)
        return tuple(sorted(powers.items()))

    def _implied(self, powers: dict[int, int], steps: Sequence[int]) -> None:
        """Leave out of a product the steps that another one implies: where x > 1, x > -1."""
        least: dict[Factor, tuple[int, Fraction]] = {}
        for generator in steps:
            number = next((c for m, c in self.steps[generator] if not m), Fraction(0))
            sum_ = self.steps[generator] - {((), number)}
            other = least.setdefault(sum_, (generator, number))
            if other[0] != generator:
                implied = other[0] if number < other[1] else generator
                least[sum_] = (generator, number) if implied == other[0] else other
                del powers[implied]

    def _unrooted(self, monomial: Monomial, coefficient: Fraction) -> Poly:
        """A product in which a root stands to its own power or more."""
        rest: list[tuple[int, int]] = []
        under: Poly = {(): coefficient}
        for generator, power in monomial:
            if generator in self.roots and power >= self.roots[generator][0]:
                degree, sum_ = self.roots[generator]
                for _ in range(power // degree):
                    under = self.product(under, sum_)
                if power % degree:
                    rest.append((generator, power % degree))
            else:
                rest.append((generator, power))
        return self.product(under, {tuple(rest): Fraction(1)})

    def scaled(self, above: Poly, wanted: dict[Factor, int], have: dict[Factor, int]) -> Poly:
        """A sum times what the wanted denominator has more than its own."""
        for factor, power in wanted.items():
            for _ in range(power - have.get(factor, 0)):
                above = self.product(above, dict(factor))
        return above

    def fraction(self, above: Poly, below: dict[Factor, int]) -> Form:
        """The form of a fraction, with single generators cancelled that stand above and below."""
        if not above:
            return self.zero
        common = common_part(above) if below else ()
        dropped: dict[int, int] = {}
        for generator, power in common:
            factor = single(generator)
            shared = min(power, below.get(factor, 0))
            if shared and generator not in self.steps:
                below[factor] -= shared
                dropped[generator] = shared
        if dropped:
            above = {without(m, dropped): c for m, c in above.items()}
        return Form(self, above, {factor: power for factor, power in below.items() if power})

    def inverse(self, x: Form) -> Form:
        """One over it.

        Raises:
            BeyondForm: it is 0, everywhere or on one side of a step.
        """
        return self.by_cases(x, self._inverse)

    def _inverse(self, x: Form) -> Form:
        common, rest, leading = factored(x.above)
        below: dict[Factor, int] = {}
        above: Poly = {(): 1 / leading}
        found = self.one
        for generator, power in common:
            if generator in self.roots:  # 1/√x is √x/x
                degree, under = self.roots[generator]
                found = found * self.power_of(generator, degree - power) * self._inverse(Form(self, under, {}))
            else:
                below[single(generator)] = power
        if rest != ONE:
            below[frozenset(rest.items())] = 1
        for factor, power in x.below.items():
            for _ in range(power):
                above = self.product(above, dict(factor))
        return self.fraction(above, below) * found

    def positive(self, sum_: Poly) -> bool:
        """Whether a sum is positive whatever its symbols are: of exponentials, say; or that of which a logarithm is."""
        if frozenset(sum_.items()) in self.sure:
            return True
        return self.not_negative(sum_) and any(all(self.sign_of_generator(g) for g, _ in m) for m in sum_)

    def sign_of(self, sum_: Poly) -> int:
        """1 or -1 where a sum is positive or negative for certain; else 0."""
        return 1 if self.positive(sum_) else -1 if self.positive(negated(sum_)) else 0

    def not_negative(self, sum_: Poly) -> bool:
        """Whether a sum is 0 or more, whatever its symbols are."""
        for monomial, coefficient in sum_.items():
            sign = 1 if coefficient > 0 else -1
            for generator, power in monomial:
                if power % 2:
                    sign *= self.sign_of_generator(generator) or (generator in self.roots)
            if sign <= 0:
                return False
        return True

    def sign_of_generator(self, generator: int) -> int:
        """1 or -1 where a generator is positive or negative for certain; else 0."""
        if generator in self.exponents or single(generator) in self.sure:
            return 1
        return -1 if frozenset({(((generator, 1),), Fraction(-1))}) in self.sure else 0

    def by_cases(self, x: Form, function: Callable[[Form], Form], of_zero: Form | None = None) -> Form:
        """The function of a value; where steps stand in it, put together from what it is on either side.

        Raises:
            BeyondForm: the value is 0 on one side, and the function has no value there.
        """
        if not x.above:
            if of_zero is None:
                raise BeyondForm
            return of_zero
        step = next((g for m in x.above for g, _ in m if g in self.steps), None) if self.steps else None
        if step is None:
            return function(x)
        self.left -= len(x.above)
        if self.left < 0:
            raise BeyondForm
        without: Poly = {m: c for m, c in x.above.items() if all(g != step for g, _ in m)}
        whole: Poly = {}
        for m, c in x.above.items():
            whole = added(whole, {tuple((g, p) for g, p in m if g != step): c})
        threshold = self.steps[step]
        off = self._side(self._reduced(without, x.below), function, of_zero, frozenset((m, -c) for m, c in threshold))
        on = self._side(self._reduced(whole, x.below), function, of_zero, threshold)
        return off + self.power_of(step, 1) * (on - off)

    def _reduced(self, above: Poly, below: dict[Factor, int]) -> Form:
        """A fraction without the sums that it can be divided by."""
        left: dict[Factor, int] = {}
        for factor, power in below.items():
            left[factor] = power
            while left[factor] and above and (quotient := quotient_of(above, dict(factor))) is not None:
                above = quotient
                left[factor] -= 1
        return self.fraction(above, left)

    def _side(self, x: Form, function: Callable[[Form], Form], of_zero: Form | None, positive: Factor) -> Form:
        """The same on one side of a step, where a sum is positive."""
        known = positive in self.sure
        self.sure.add(positive)
        try:
            return self.by_cases(x, function, of_zero)
        finally:
            if not known:
                self.sure.discard(positive)
