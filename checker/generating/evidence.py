"""A block of draws, worked: true values, how far rounding reaches, what is asked, and what mistakes would give."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from checker.compare import asked_unit
from checker.generating.scope import Drawn
from checker.readings.lanes import LANES
from checker.readings.numeric import OPERATIONS, run
from checker.readings.rounding import rounded
from checker.sheet import asked_slots

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checker.generating.holes import Draw
    from checker.generating.structure import Structure
    from checker.readings.ball import Balls
    from checker.readings.numeric import Formula, Value
    from checker.readings.program import Mistake

Lanes = "NDArray[np.float64]"
_CORNERS = {
    number: name for number, (name, _) in enumerate(OPERATIONS) if name in ("maximum", "minimum", "step", "abs", "sign")
}


class Answer(NamedTuple):
    """One number that is asked: its label, its step's number and kind, and its slot."""

    label: str
    step: int
    kind: str
    slot: int


class Wrong(NamedTuple):
    """What a mistake gives where it shows: the asked slots it changes, and their values."""

    mistake: Mistake
    slots: tuple[int, ...]
    values: list[Any]


class Evidence:
    """A block of draws of one structure, one lane each; everything else is worked when it is asked for."""

    def __init__(self, structure: Structure, draws: Sequence[Draw]) -> None:
        self.structure, self.draws, self.count = structure, draws, len(draws)
        self.program = structure.program
        self.values = structure.values(draws)

    def lanes(self, value: Value) -> Any:
        """A value as an array of one number a lane."""
        return np.broadcast_to(np.asarray(value, dtype=float), (self.count,))

    @cached_property
    def answers(self) -> list[Answer]:
        """Every number that is asked, once."""
        found: dict[int, Answer] = {}
        for item in self.structure.asked:
            step = self.program.steps[item.step]
            for slot in asked_slots(item, self.program):
                found.setdefault(slot, Answer(_label(item.label, step, slot), item.step, step.kind, slot))
        return list(found.values())

    @cached_property
    def units(self) -> dict[int, Any]:
        """The asked unit of every asked slot; elsewhere it is that of the problem."""
        found = {}
        for item in self.structure.asked:
            for slot in asked_slots(item, self.program):
                found[slot] = self.lanes(asked_unit(item.tolerance, self.lanes(self.values[slot]), LANES))
        for step in self.program.steps:
            for slot in range(step.slot, step.slot + step.size):
                if slot not in found:
                    found[slot] = self.lanes(asked_unit(self.program.tolerance, self.lanes(self.values[slot]), LANES))
        return found

    @cached_property
    def balls(self) -> Balls:
        """Every value with how far it can lie from the true one for somebody who answers every question, rounded."""
        return self._rounded[0]

    @cached_property
    def reach(self) -> dict[int, Any]:
        """By slot: how far the rounding of earlier answers can have moved it."""
        return self._rounded[1]

    @cached_property
    def _rounded(self) -> tuple[Balls, dict[int, Any]]:
        asked = {answer.slot for answer in self.answers}
        with LANES.quiet():
            balls, reach = rounded(self.program, self.values, self.units, asked, LANES)
        return balls, {slot: self.lanes(radius) for slot, radius in reach.items()}

    # ------------------------------------------------------------ corners

    def corners(self) -> list[tuple[str, Any, Any]]:
        """Every corner in a forward step: its name, how far the lanes are from it, and how far rounding reaches."""
        found = []
        balls = self.balls
        for step in self.program.steps:
            if step.kind not in ("forward", "loss"):
                continue
            for instruction in step.routes[0].code:
                if len(instruction) != 3:
                    continue
                formula = self.program.formulas[instruction[1]]
                if not any(operation in _CORNERS for operation, _, _ in formula.code):
                    continue
                centre = [self.lanes(balls.value[i]) for i in instruction[2]]
                radii = [self.lanes(balls.radius[i]) for i in instruction[2]]
                found += [(step.name, gap, moved) for gap, moved in self._gaps(formula, centre, radii)]
        return found

    def _gaps(self, formula: Formula, centre: list[Any], radii: list[Any]) -> list[tuple[Any, Any]]:
        with LANES.quiet():
            gaps = _distances(formula, centre)
            moved = [np.zeros(self.count) for _ in gaps]
            for i, radius in enumerate(radii):
                both = []
                for sign in (1, -1):
                    operands = list(centre)
                    operands[i] = centre[i] + sign * radius
                    both.append(_distances(formula, operands))
                for k, (up, down) in enumerate(zip(*both, strict=True)):
                    moved[k] = moved[k] + np.fmax(np.abs(up - gaps[k]), np.abs(down - gaps[k]))
        return [(self.lanes(gap), self.lanes(by)) for gap, by in zip(gaps, moved, strict=True)]

    # ------------------------------------------------------------ mistakes

    @cached_property
    def wrong(self) -> list[Wrong]:
        """What every mistake gives: at its own step where that is asked, else carried on to what is."""
        asked: dict[int, list[int]] = {}
        for answer in self.answers:
            asked.setdefault(answer.step, []).append(answer.slot)
        found = []
        with LANES.quiet():
            for mistake in self.structure.mistakes:
                step = self.program.steps[mistake.step]
                run(mistake.route.code, self.program.formulas, self.values, LANES)
                out = [self.values[slot] for slot in mistake.route.out]
                if mistake.step in asked:
                    slots = asked[mistake.step]
                    found.append(Wrong(mistake, tuple(slots), [self.lanes(out[slot - step.slot]) for slot in slots]))
                else:
                    carried = self._carried(mistake.step, out)
                    slots = [answer.slot for answer in self.answers if answer.slot in carried]
                    found.append(Wrong(mistake, tuple(slots), [self.lanes(carried[slot]) for slot in slots]))
        return found

    def _carried(self, number: int, out: list[Value]) -> dict[int, Value]:
        """The values that follow from a wrong step, by slot."""
        steps = self.program.steps
        values = list(self.values)
        made = steps[number]
        changed: dict[int, Value] = {}
        values[made.slot : made.slot + made.size] = out
        touched = {made.name}
        for other in steps[number + 1 :]:
            if touched.isdisjoint(other.parents):
                continue
            touched.add(other.name)
            route = other.routes[0]
            run(route.code, self.program.formulas, values, LANES)
            for slot, at in zip(range(other.slot, other.slot + other.size), route.out, strict=True):
                values[slot] = changed[slot] = values[at]
        return changed

    # ------------------------------------------------------------ effort

    @cached_property
    def effort(self) -> tuple[Any, Any, Any]:
        """What a person has to carry: digits of the numbers given, negative numbers, and summands of gradients."""
        digits = np.array(
            [
                sum(each.digits for value in draw.values() if isinstance(value, Drawn) for each in value.numbers)
                for draw in self.draws
            ],
            dtype=float,
        )
        negative = np.zeros(self.count)
        for slot, shape in self.program.leaves.values():
            for i in range(int(np.prod(shape))):
                negative += self.lanes(self.values[slot + i]) < 0
        for answer in self.answers:
            negative += self.lanes(self.values[answer.slot]) < 0
        paths = np.zeros(self.count)
        for step in self.program.steps:
            if step.kind != "gradient":
                continue
            for instruction in step.routes[0].code:
                if len(instruction) == 3:
                    paths += self.lanes(self.values[instruction[0]]) != 0
                else:
                    for term in instruction[1]:
                        paths += np.all([self.lanes(self.values[i]) != 0 for i in term], axis=0)
        return digits, negative, paths


def _label(label: str, step: Any, slot: int) -> str:
    if not step.shape or "[" in label:
        return label
    place, index = slot - step.slot, []
    for size in reversed(step.shape):
        index.append(place % size + 1)
        place //= size
    return f"{label}[{','.join(map(str, reversed(index)))}]"


def _distances(formula: Formula, operands: list[Any]) -> list[Any]:
    """How far each of a formula's corners is, for these operands."""
    registers: list[Any] = [*operands, *formula.constants]
    found = []
    for operation, i, j in formula.code:
        kind = _CORNERS.get(operation)
        if kind is not None:
            found.append(registers[i] - registers[j] if kind in ("maximum", "minimum") else registers[i])
        registers.append(LANES.operations[operation](registers[i], registers[j]))
    return found
