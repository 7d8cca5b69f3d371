"""Exact rational numbers drawn for the leaves of a problem, always the same for the same problem."""

from __future__ import annotations

import hashlib
import random
from fractions import Fraction
from typing import TYPE_CHECKING

from checker.expression.tree import Call, names, walk

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from checker.model import Problem

FEW = 6  # points, before a proof is tried
MANY = 200  # draws up to which signs are any
GRID = 10**12  # a leaf is drawn from some 10^12 rationals
SIZES = (Fraction(1, 100), Fraction(1, 10), Fraction(1), Fraction(5), Fraction(20))
Group = list[tuple[str, int]]  # elements of leaves, by name and position, that add up to 1


class Draws:
    """Numbers for the leaves, the same for the same problem always: no two runs judge differently.

    Of the first few points a third lies near the problem's own numbers, a third has their signs, a third any. Then all
    have any signs, and every second of them any sizes; where these are mostly outside the domain, the last have the
    problem's signs again. Where `sums` says so, targets that add up to 1 still do.
    """

    def __init__(self, problem: Problem, leaves: Mapping[str, Sequence[Fraction]], groups: Sequence[Group]) -> None:
        self.leaves = leaves
        self.groups = groups
        self.seed = hashlib.sha256(f"{problem.id}\n{problem.text}".encode()).digest()

    def draw(self, number: int, sums: bool) -> dict[str, list[Fraction]]:
        """The leaves of one point."""
        source = random.Random(self.seed + number.to_bytes(4, "big"))  # noqa: S311  # no secret: only fixed and uneven
        kind = number % 3 if number < FEW else 2 + number % 2 if number < MANY else number % 2
        found = {name: [self._number(value, kind, source) for value in values] for name, values in self.leaves.items()}
        if sums:
            for group in self.groups:
                parts = [abs(found[name][i]) + Fraction(1, 100) for name, i in group]
                total = sum(parts)
                for (name, i), part in zip(group, parts, strict=True):
                    found[name][i] = part / total
        return found

    def _number(self, value: Fraction, kind: int, source: random.Random) -> Fraction:
        share = Fraction(source.randrange(1, GRID), GRID)
        if kind == 0 and value and abs(value) < 100:
            return Fraction(value) * (Fraction(1, 2) + share)
        size = share * (2 if kind == 1 else Fraction(5, 2)) + Fraction(1, 20)
        if kind == 3:
            size *= SIZES[source.randrange(len(SIZES))]
        negative = source.random() < 0.5 if kind >= 2 else value < 0
        return -size if negative else size


def targets_that_add_up(problem: Problem) -> list[Group]:
    """Targets that add up to 1 in a problem with softmax: what is right for them is right.

    That the cross-entropy's gradient is `a - y` rests on it.
    """
    loss = next((e for e in problem.equations if e.name == problem.loss), problem.equations[-1])
    called = {
        part.function for equation in problem.equations for part in walk(equation.expression) if isinstance(part, Call)
    }
    if not any("softmax" in f or "categorical" in f or f == "exp" for f in called):
        return []
    used: dict[str, set[str]] = {}
    for equation in problem.equations:
        for name, _ in names(equation.expression):
            used.setdefault(name, set()).add(equation.name)
    targets = [q for q in problem.quantities if q.role == "given" and used.get(q.name) == {loss.name}]
    groups: list[Group] = []
    single: Group = []
    for quantity in targets:
        values = [Fraction(v) for v in quantity.values]
        if any(v < 0 for v in values):
            continue
        if quantity.shape == ():
            single.append((quantity.name, 0))
        columns = quantity.shape[1] if len(quantity.shape) == 2 else 1
        for column in range(columns if quantity.shape else 0):
            places = range(column, len(values), columns)
            if len(places) > 1 and sum(values[i] for i in places) == 1:
                groups.append([(quantity.name, i) for i in places])
    by_name = {q.name: Fraction(q.values[0]) for q in targets if q.shape == ()}
    if len(single) > 1 and sum(by_name[name] for name, _ in single) == 1:
        groups.append(single)
    return groups
