"""Candidates for one student: a value and a radius for each wrong rule, in plain lists.

`many` has the same functions for a class, where a candidate is a row with one lane a student. The two give the same.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from checker.readings.ball import work

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checker.readings.numeric import Slots, Value
    from checker.readings.program import Program

Table = list[float]
Hits = list[bool]


def worked(
    program: Program, number: int, values: Slots, radii: Slots, count: int
) -> tuple[Sequence[Table], Sequence[Table]]:
    """What every mistake of a step gives on these balls: by element of the step: tables of values, and of radii."""
    mistakes = program.mistakes.at(number)
    for mistake in mistakes:
        work(mistake.route.code, program.formulas, values, radii)
    found, reach = (
        [[part[mistake.route.out[element]] for mistake in mistakes] for element in range(program.steps[number].size)]
        for part in (values, radii)
    )
    return found, reach


def table(rows: Sequence[Value], count: int) -> Table:
    """The candidates' values (or radii) as a table for `count` students, who are one."""
    return list(rows)


def picked(table: Table, who: bool) -> Table:
    """The table of those students alone."""
    return table


def nothing_unless(radii: Table, mask: bool) -> Table:
    """The radii where the mask holds, 0 elsewhere."""
    return radii if mask else [0.0] * len(radii)


def near(values: Table, radii: Table, submitted: float, half: float) -> Hits:
    """Which candidates lie within half a typed unit and their radius of the answer."""
    room = half + 4e-15 * abs(submitted)
    return [abs(value - submitted) <= room + radius for value, radius in zip(values, radii, strict=True)]


def narrow(radii: Table, most: float) -> Hits:
    """Which candidates have at most this radius."""
    return [radius <= most for radius in radii]


def both(one: Hits, other: Hits) -> Hits:
    """Which are in both."""
    return [a and b for a, b in zip(one, other, strict=True)]


def either(one: Hits, other: Hits) -> Hits:
    """Which are in one of two."""
    return [a or b for a, b in zip(one, other, strict=True)]


def unlike(one: Hits, other: Hits) -> Hits:
    """Which are in the first and not in the second."""
    return [a and not b for a, b in zip(one, other, strict=True)]


def unless(hits: Hits, mask: bool) -> Hits:
    """The hits, and everything where the mask does not hold."""
    return hits if mask else [True] * len(hits)


def where(hits: Hits, mask: bool) -> Hits:
    """The hits of those for whom the mask holds."""
    return hits if mask else [False] * len(hits)


def hit(hits: Hits) -> list[tuple[int, bool]]:
    """The candidates that somebody hit, each with who did."""
    return [(row, True) for row, found in enumerate(hits) if found]


def anybody(hits: Hits) -> bool:
    """Who hit some candidate."""
    return any(hits)


def covered(
    values: Table, radii: Table, rows: Sequence[int], submitted: float, half: float, size: float, enough: float
) -> float:
    """The share of the values within `size` of the answer that these candidates' windows cover together.

    Where it is at most `enough`, what windows have in common may count twice.
    """
    low, high = submitted - size, submitted + size
    windows = []
    for row in rows:
        value, reach = values[row], half + radii[row]
        if value - value == reach - reach == 0:  # what has left the numbers covers nothing
            start, end = max(value - reach, low), min(value + reach, high)
            if end > start:
                windows.append((start, end))
    total, last = 0.0, low
    for start, end in sorted(windows):
        if end > last:
            total += end - max(start, last)
            last = end
    return total / (2 * size)


def pairs(values: Table, radii: Table, rows: Sequence[int], right: float) -> tuple[Table, Table]:
    """What two candidates make together, for every two: each changes the right value by a factor, or by a summand."""
    found, reach = [], []
    for i, j in combinations(rows, 2):
        one, other, spread = values[i], values[j], radii[i] + radii[j]
        if right:
            found.append(one * other / right)
            reach.append((abs(other) * radii[i] + abs(one) * radii[j]) / abs(right))
        else:
            found.append(float("nan"))
            reach.append(0.0)
        found.append(one + other - right)
        reach.append(spread)
    return found, reach
