"""Candidates for a class: a row of numbers for each wrong rule, one lane a student. `one` says what is what."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np

from checker.readings.together import Shapes, shapes_of, work_together

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from checker.readings.numeric import Slots, Value
    from checker.readings.program import Mistakes, Program

    Table = NDArray[np.float64]
    Hits = NDArray[np.bool_]

_SHAPES: WeakKeyDictionary[Mistakes, dict[int, Shapes]] = WeakKeyDictionary()  # by step, found once a problem


def worked(
    program: Program, number: int, values: Slots, radii: Slots, count: int
) -> tuple[Sequence[Table], Sequence[Table]]:
    """What every mistake of a step gives on these balls: by element of the step: tables of values, and of radii."""
    mistakes = program.mistakes.at(number)
    shapes = _SHAPES.setdefault(program.mistakes, {})
    if number not in shapes:
        shapes[number] = shapes_of([mistake.route for mistake in mistakes], frozenset(program.exact))
    size = program.steps[number].size, len(mistakes), count
    return work_together(shapes[number], program.formulas, values, radii, size)  # type: ignore[return-value]


def table(rows: Sequence[Value], count: int) -> Table:
    """The candidates' values (or radii): a row each, `count` lanes; one where they are the same for everybody."""
    if all(isinstance(value, float) for value in rows):
        return np.array(rows, dtype=float).reshape(-1, 1)
    found = np.empty((len(rows), count))
    for row, value in zip(found, rows, strict=True):
        row[:] = value
    return found


def picked(table: Table, who: NDArray[np.intp]) -> Table:
    """The table of those students alone."""
    return table[:, who]


def nothing_unless(radii: Table, mask: Any) -> Table:
    """The radii where the mask holds, 0 elsewhere."""
    return radii if np.all(mask) else np.where(mask, radii, 0.0)


def near(values: Table, radii: Table, submitted: Value, half: Value) -> Hits:
    """Which candidates lie within half a typed unit and their radius of the answer."""
    room = half + 4e-15 * np.abs(submitted)
    return np.asarray(np.abs(values - submitted) <= room + radii)


def narrow(radii: Table, most: Value) -> Hits:
    """Which candidates have at most this radius."""
    return np.asarray(radii <= most)


def both(one: Hits, other: Hits) -> Hits:
    """Which are in both."""
    return one & other


def either(one: Hits, other: Hits) -> Hits:
    """Which are in one of two."""
    return one | other


def unlike(one: Hits, other: Hits) -> Hits:
    """Which are in the first and not in the second."""
    return one & ~other


def unless(hits: Hits, mask: Any) -> Hits:
    """The hits, and everything where the mask does not hold."""
    return hits if np.all(mask) else np.asarray(hits | ~mask)


def where(hits: Hits, mask: Any) -> Hits:
    """The hits of those for whom the mask holds."""
    return hits if np.all(mask) else np.asarray(hits & mask)


def hit(hits: Hits) -> list[tuple[int, Any]]:
    """The candidates that somebody hit, each with who did."""
    return [(row, hits[row]) for row in np.flatnonzero(hits.any(axis=1)).tolist()]


def anybody(hits: Hits) -> Any:
    """Who hit some candidate."""
    return hits.any(axis=0)


def covered(
    values: Table, radii: Table, rows: Sequence[int], submitted: Value, half: Value, size: Value, enough: float
) -> NDArray[np.float64]:
    """The share of the values within `size` of the answer that these candidates' windows cover together.

    Where it is at most `enough`, what windows have in common may count twice.
    """
    whole = len(rows) == len(values)
    chosen, reach = (values, radii) if whole else (values[rows], radii[rows])
    reach = reach + half
    low, high = submitted - size, submitted + size
    start, end = chosen - reach, chosen + reach
    lost = None if np.isfinite(end.sum()) else ~np.isfinite(end)
    np.maximum(start, low, out=start)
    np.minimum(end, high, out=end)
    width = end - start
    np.maximum(width, 0.0, out=width)
    if lost is not None:  # what has left the numbers covers nothing
        width[lost] = 0.0
    total = width.sum(axis=0) / (2 * size)
    crowded = np.flatnonzero(total > enough)
    if crowded.size:
        start, end, low = start[:, crowded], end[:, crowded], np.broadcast_to(low, total.shape)[crowded]
        empty = width[:, crowded] == 0
        start, end = np.where(empty, low, start), np.where(empty, low, end)
        order = np.argsort(start, axis=0, kind="stable")
        start, end = np.take_along_axis(start, order, 0), np.take_along_axis(end, order, 0)
        last = np.maximum.accumulate(np.vstack([low, end[:-1]]), axis=0)
        alone = np.maximum(end - np.maximum(start, last), 0.0).sum(axis=0)
        total[crowded] = alone / (2 * np.broadcast_to(size, total.shape)[crowded])
    return np.asarray(total)


def pairs(values: Table, radii: Table, rows: Sequence[int], right: Value) -> tuple[Table, Table]:
    """What two candidates make together, for every two: each changes the right value by a factor, or by a summand."""
    both_ = list(combinations(rows, 2))
    one, other = values[[i for i, _ in both_]], values[[j for _, j in both_]]
    spread_one, spread_other = radii[[i for i, _ in both_]], radii[[j for _, j in both_]]
    divisor = np.where(right == 0, np.nan, right)
    found, reach = np.empty((2 * len(both_), values.shape[1])), np.empty((2 * len(both_), values.shape[1]))
    found[::2], found[1::2] = one * other / divisor, one + other - right
    reach[::2] = (np.abs(other) * spread_one + np.abs(one) * spread_other) / np.abs(divisor)
    reach[1::2] = spread_one + spread_other
    return found, reach
