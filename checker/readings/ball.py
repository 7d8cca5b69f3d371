"""The ball reading: a value, a radius, and whether an answer in error reached it.

How far can the rounding of earlier answers have moved a step? A contraction moves by at most
`einsum(|x| + r) - einsum(|x|)`; a formula by the larger of its one-at-a-time deviations added up and its two monotone
corners. First order is not enough: it refuses right sheets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from checker.readings.numeric import FLOATS, Code, Formula, Slots, Value

if TYPE_CHECKING:
    from collections.abc import Sequence


FAR = 20  # times as far as what is left: there 0 is a pole


class Balls:
    """What each slot holds for one way of working: value, radius, and whether it rests on an answer in error."""

    __slots__ = ("radius", "tainted", "value")

    def __init__(self, value: list[Value], radius: list[Value], tainted: list[Value]) -> None:
        self.value, self.radius, self.tainted = value, radius, tainted

    def copy(self) -> Balls:
        """Another that shares nothing."""
        return Balls(self.value[:], self.radius[:], self.tainted[:])


def run(code: Code, formulas: Sequence[Formula], balls: Balls, lanes: Any = FLOATS, iteration: int = 1) -> None:
    """Work the code on balls: every instruction's value, radius and taint go into its slot.

    `iteration` is that of the step: so often can digits have been cut off from what its optimizer carries on.
    """
    values, radii, taints = balls.value, balls.radius, balls.tainted
    for instruction in code:
        slot = instruction[0]
        if len(instruction) == 3:
            arguments = instruction[2]
            formula = formulas[instruction[1]]
            values[slot], radii[slot] = _formula(
                formula, [values[i] for i in arguments], [radii[i] for i in arguments], lanes, iteration
            )
            tainted: Value = False
            for i in arguments:
                tainted = tainted | taints[i]
        else:
            total: Value = 0.0
            reach: Value = 0.0
            tainted = False
            for term in instruction[1]:
                i = term[0]
                part, size = values[i], abs(values[i])
                outer = size + radii[i]
                tainted = tainted | taints[i]
                for i in term[1:]:
                    value = values[i]
                    part, size = part * value, size * abs(value)
                    outer = outer * (abs(value) + radii[i])
                    tainted = tainted | taints[i]
                total = total + part
                reach = reach + (outer - size)
            values[slot], radii[slot] = total, reach
        taints[slot] = tainted
        value, radius = values[slot], radii[slot]
        if lanes.some(value - value + (radius - radius) != 0):
            _unbounded(values, radii, slot, lanes)


def _unbounded(values: list[Value], radii: list[Value], slot: int, lanes: Any) -> None:
    """Where rounding has led out of the numbers (ln 0 after an `a` typed as 1.0000), anything may have been meant."""
    value, radius = values[slot], radii[slot]
    lost = (value - value != 0) | (radius - radius != 0)
    moved = lost & (radius != 0)
    radii[slot] = lanes.where(moved, float("inf"), radius)
    values[slot] = lanes.where(moved & lanes.undefined(value), 0.0, value)


def _formula(
    formula: Formula, values: list[Value], radii: list[Value], lanes: Any, iteration: int = 1
) -> tuple[Value, Value]:
    operations, where = lanes.operations, lanes.where
    centre = formula(operations, values)
    # a radius that is the number 0 is exact in every lane (a given); arrays are never skipped
    moving = [i for i, radius in enumerate(radii) if not (isinstance(radius, float) and radius == 0.0)]
    if not moving:
        return centre, 0.0
    summed: Value = 0.0
    high, low = list(values), list(values)
    for i in moving:
        ends, apart = [], []
        for way in (radii[i], -radii[i]):
            moved = list(values)
            moved[i] = end = values[i] + way
            deviation = formula(operations, moved) - centre
            if lanes.some(lanes.undefined(deviation)):
                end, deviation = _last_end(formula, centre, moved, i, values[i], radii[i], lanes, iteration)
            ends.append(end)
            apart.append(deviation)
        (up, down), (above, below) = ends, apart
        summed = summed + lanes.larger(abs(above), abs(below))
        if len(moving) > 1:
            rising = above >= below
            high[i], low[i] = where(rising, up, down), where(rising, down, up)
    if len(moving) == 1:
        return centre, summed
    for corner in (high, low):
        deviation = abs(formula(operations, corner) - centre)
        summed = lanes.larger(summed, where(lanes.undefined(deviation), 0.0, deviation))
    return centre, summed


def _last_end(
    formula: Formula,
    centre: Value,
    moved: list[Value],
    i: int,
    value: Value,
    radius: Value,
    lanes: Any,
    iteration: int,
) -> tuple[Value, Value]:
    """An end of operand i's ball, and how far it takes the formula, where that leads out of its domain.

    Beyond 0 there is no root. Where the ball holds 0, its end is 0; but below a fraction line (a pole, were it not for
    an epsilon) a part of the value: nobody divides by what has been rounded to nothing, and a digit that is left is
    half of it, after two steps of which each has cut something off (Adam's second `v`) a third, and so on.
    What leaves the domain otherwise (ln of a negative number) tells nothing about rounding; what grows without bound
    does: after an `a` typed as 1.0000, ln(1 - a) can have been anything.
    """
    where, operations, undefined = lanes.where, lanes.operations, lanes.undefined
    end, last = moved[i], value / (iteration + 1)
    deviation = formula(operations, moved) - centre
    beyond = undefined(deviation) & (abs(value) < radius)
    if lanes.some(beyond):
        moved[i] = last
        near = formula(operations, moved) - centre
        moved[i] = value * 0
        far = formula(operations, moved) - centre
        tame = abs(far) <= FAR * abs(near)
        end = where(beyond, where(tame, 0.0, last), end)
        deviation = where(beyond, where(tame, far, near), deviation)
    return end, where(undefined(deviation), 0.0, deviation)


def work(code: Code, formulas: Sequence[Formula], values: Slots, radii: Slots, lanes: Any = FLOATS) -> None:
    """Work the code on values and radii alone, where nobody asks what an error reached.

    What leads out of the numbers is no number: it agrees with nothing.
    """
    for instruction in code:
        slot = instruction[0]
        if len(instruction) == 3:
            arguments = instruction[2]
            values[slot], radii[slot] = _formula(
                formulas[instruction[1]], [values[i] for i in arguments], [radii[i] for i in arguments], lanes
            )
            continue
        total: Value = 0.0
        reach: Value = 0.0
        for term in instruction[1]:
            if len(term) == 1:
                total = total + values[term[0]]
                reach = reach + radii[term[0]]
                continue
            part = values[term[0]]
            size = abs(part)
            outer = size + radii[term[0]]
            for i in term[1:]:
                value = values[i]
                here = abs(value)
                part, size, outer = part * value, size * here, outer * (here + radii[i])
            total = total + part
            reach = reach + (outer - size)
        values[slot], radii[slot] = total, reach
