"""Roundings, one at a time: how far those at steps that were left out can have moved an answer.

The ball of marking bounds each step by itself and so forgets that two numbers come of one (Adam's `m` and `v` of one
gradient): no right work lies outside, but many a mistake lies inside. So what is right by the ball alone is looked at
again: each rounding on the way is followed to the answer by itself, and what they do is added up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from checker.mark import doubtful
from checker.readings.numeric import Picked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from checker.diagnose.hidden import LeftOut
    from checker.diagnose.way import Way
    from checker.mark import Marks
    from checker.readings.numeric import Value

ROOM = 1.5  # of what the roundings do one by one, for what they do together
POLE = 8.0  # times as far as from half of a number: there its 0 is a pole, and nobody divides by what is rounded to 0


class Roundings:
    """The answers of one group of students, and the roundings before them."""

    def __init__(self, region: LeftOut) -> None:
        self.region = region
        self.program, self.answers, self.lanes = region.program, region.answers, region.lanes
        self.number_of = region.step_of

    def too_far(self, marks: Marks) -> dict[int, Value]:
        """By slot: who has an answer that is right by its ball, but that no roundings on the way lead to."""
        lanes, count = self.lanes, self.lanes.count(answer[0] for answer in self.answers.values())
        found = {}
        with lanes.quiet():
            for slot in self.answers:
                if slot not in marks.verdict or not self.region.before(self.number_of[slot]):
                    continue
                _, strained = doubtful(marks, slot, self.answers[slot], self.region.reference[slot])
                who = lanes.those(strained)
                if who is not None and lanes.some(far := self._beyond(slot, marks, who)):
                    found[slot] = lanes.spread(far, who, count)
        return found

    def _beyond(self, slot: int, marks: Marks, who: Any) -> Value:
        """For which of these lanes the answer is beyond what roundings can do, by whatever route it was worked."""
        lanes = self.lanes
        submitted = lanes.pick(self.answers[slot][0], who)
        unit = lanes.larger(lanes.pick(marks.unit[slot], who), lanes.pick(marks.grain[slot], who))
        left: Value = True
        for way in self._ways(slot):
            values = Picked(marks.ways[0].value, who, lanes)
            middle = way.worked(values)
            away = abs(submitted - middle) - unit
            leeway: Value = 0.0
            for source in sorted(way.read - {slot}, reverse=True):
                if source in self.number_of:
                    leeway = leeway + ROOM * self._effect(way, source, middle, values, marks)
                    if not lanes.some(left & (away > leeway)):
                        return False
            left = left & (away > leeway)
        return left

    def _ways(self, slot: int) -> Iterator[Way]:
        """By the routes that are shown, and by every other one of one choice."""
        region, steps = self.region, self.program.steps
        seen: set[tuple[str, int]] = set()
        waiting: list[dict[str, int]] = [{}]
        for choices in waiting:
            yield region.way(slot, choices)
            for n in (*region.before(self.number_of[slot], choices), self.number_of[slot]):
                for k in range(1, len(steps[n].routes)):
                    if (steps[n].choice, k) not in seen:
                        seen.add((steps[n].choice, k))
                        waiting.append({steps[n].choice: k})

    def _effect(self, way: Way, source: int, middle: Value, values: Picked, marks: Marks) -> Value:
        """How far the rounding of one slot on the way moves the answer at most."""
        lanes, who = self.lanes, values.who
        where = lanes.where
        value, radius = values[source], lanes.pick(marks.ways[0].radius[source], who)
        own = where(radius == 0, 0.0, lanes.pick(marks.unit[source], who))
        if source in self.answers:
            own = where(lanes.pick(self.answers[source][2], who), radius, own)
        if not lanes.some(own > 0):
            return 0.0

        def moved(to: Value) -> Value:
            change = abs(way.with_value(source, to, values.copied()) - middle)
            return where(lanes.undefined(change), float("inf"), change)

        outwards = where(value < 0, -own, own)
        up = moved(value + outwards)
        # no rounding leads beyond 0
        down = moved(where(value == 0, -own, where(abs(value) < own, 0.0, value - outwards)))
        coarse = (2 * own > abs(value)) & (value != 0)
        if lanes.some(coarse):
            half = moved(value / 2)
            down = where(coarse & (down > POLE * half), half, down)
            if self.program.steps[self.number_of[source]].iteration > 1:
                # cut off in each iteration, and each time of what was left: no sum of single roundings bounds that
                down = where(coarse, float("inf"), down)
        return lanes.larger(up, down)
