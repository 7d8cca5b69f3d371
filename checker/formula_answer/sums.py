"""Sums of products with exact rational numbers: polynomials in numbered generators."""

from __future__ import annotations

from fractions import Fraction
from functools import reduce
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_PARTS = 12  # of a square root or quotient

Monomial = tuple[tuple[int, int], ...]  # generators by number, each with its power
Poly = dict[Monomial, Fraction]
Factor = frozenset[tuple[Monomial, Fraction]]  # a sum as a key
ONE: Poly = {(): Fraction(1)}


def added(left: Poly, right: Poly) -> Poly:
    """The sum of two sums."""
    found = dict(left)
    for monomial, coefficient in right.items():
        total = found.get(monomial, 0) + coefficient
        if total:
            found[monomial] = total
        else:
            found.pop(monomial, None)
    return found


def negated(sum_: Poly) -> Poly:
    """Minus the sum."""
    return {m: -c for m, c in sum_.items()}


def single(generator: int) -> Factor:
    """A generator alone, as a key."""
    return frozenset({(((generator, 1),), Fraction(1))})


def common_part(sum_: Iterable[Monomial]) -> Monomial:
    """The generators that every product of a sum has, with the least power."""

    def least(m: dict[int, int], n: Monomial) -> dict[int, int]:
        other = dict(n)
        return {g: min(p, other[g]) for g, p in m.items() if g in other}

    monomials = iter(sum_)
    return tuple(sorted(reduce(least, monomials, dict(next(monomials))).items()))


def leading_part(sum_: Iterable[Monomial]) -> Monomial:
    """The first product of a sum, in an order that multiplication keeps."""
    return max(sum_, key=lambda monomial: [(-g, p) for g, p in monomial])


def factored(sum_: Poly) -> tuple[Monomial, Poly, Fraction]:
    """A sum as a product: of generators, of a sum whose first coefficient is 1, and of a number."""
    common = common_part(sum_)
    dropped = dict(common)
    rest = {without(m, dropped): c for m, c in sum_.items()} if common else sum_
    leading = rest[leading_part(rest)]
    return common, {m: c / leading for m, c in rest.items()}, leading


def quotient_of(sum_: Poly, by: Poly) -> Poly | None:
    """The sum divided by another; None where that leaves a rest."""
    rest = dict(sum_)
    first = leading_part(by)
    found: Poly = {}
    while rest:
        if len(found) > MOST_PARTS:
            return None
        last = leading_part(rest)
        term = divided(last, first)
        if term is None:
            return None
        found[term] = rest[last] / by[first]
        rest = added(rest, {multiplied(m, term): -c * found[term] for m, c in by.items()})
    return found


def multiplied(m: Monomial, n: Monomial) -> Monomial:
    """The product of two products."""
    powers = dict(m)
    for g, p in n:
        powers[g] = powers.get(g, 0) + p
    return tuple(sorted(powers.items()))


def divided(m: Monomial, by: Monomial) -> Monomial | None:
    """A product divided by another; None where that is no product."""
    powers = dict(m)
    for g, p in by:
        powers[g] = powers.get(g, 0) - p
    if any(p < 0 for p in powers.values()):
        return None
    return tuple(sorted((g, p) for g, p in powers.items() if p))


def square_root(sum_: Poly) -> Poly | None:
    """The sum whose square this is, as it stands; None where it is no square."""
    rest = dict(sum_)
    first = leading_part(rest)
    if len(sum_) > MOST_PARTS or rest[first] != 1 or any(p % 2 for _, p in first):
        return None
    half = tuple((g, p // 2) for g, p in first)
    found: Poly = {half: Fraction(1)}
    del rest[first]
    while rest:
        last = leading_part(rest)
        term = divided(last, half)
        if term is None or len(found) > MOST_PARTS:
            return None
        coefficient = rest[last] / 2
        for m, c in [*found.items(), (term, coefficient / 2)]:
            rest = added(rest, {multiplied(m, term): -2 * c * coefficient})
        if term in found:
            return None
        found[term] = coefficient
    return found


def without(monomial: Monomial, dropped: dict[int, int]) -> Monomial:
    """A product divided by powers of generators that are in it."""
    return tuple((g, p - dropped.get(g, 0)) for g, p in monomial if p != dropped.get(g, 0))


def bits(value: Fraction) -> int:
    """How many binary digits the number has above or below the fraction line."""
    return max(value.numerator.bit_length(), value.denominator.bit_length())


def primes(value: Fraction) -> list[tuple[int, int]]:
    """The small prime factors of a number, each with its power; what is left of it counts as one."""
    found: list[tuple[int, int]] = []
    for number, sign in ((value.numerator, 1), (value.denominator, -1)):
        rest = number
        for prime in (2, 3, 5, 7, 11, 13):
            power = 0
            while rest % prime == 0:
                rest //= prime
                power += 1
            if power:
                found.append((prime, sign * power))
        if rest != 1:
            found.append((rest, sign))
    return found
