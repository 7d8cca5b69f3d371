"""The part of a program that works one number through steps that were left out: cut out of it, without balls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from checker.readings.numeric import Picked, Value, run
from checker.readings.program import operands_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from checker.readings.program import Program, Route

    Piece = tuple[int, list[Any], list[tuple[int, int]]]  # a step, its instructions, and (slot, where its value stands)


class Way:
    """Works one slot through the steps left out before it, each by one route.

    Args:
        program: the problem.
        answers: as marking takes them: what somebody answered is not worked for them.
        lanes: the arithmetic.
        slot: what is worked.
        routes: by number, the steps through which it is worked, its own among them, and the route that each takes.
    """

    def __init__(
        self,
        program: Program,
        answers: Mapping[int, tuple[Value, ...]],
        lanes: Any,
        slot: int,
        routes: Mapping[int, Route],
    ) -> None:
        self.program, self.answers, self.lanes, self.slot = program, answers, lanes, slot
        self.read: set[int] = {slot}
        self._pieces: list[tuple[Piece, set[int]]] = []
        for n in sorted(routes, reverse=True):
            step, taken = program.steps[n], routes[n]
            pairs = [
                (s, out)
                for s, out in zip(range(step.slot, step.slot + step.size), taken.out, strict=True)
                if s in self.read
            ]
            code, reads = _cut(taken.code, {out for _, out in pairs})
            self.read |= reads
            self._pieces.append(((n, code, pairs), reads))
        self._pieces.reverse()
        self._after: dict[tuple[int, ...], list[Piece]] = {}

    def worked(self, values: Picked) -> Value:
        """What the slot comes to; everything on the way to it is put into `values`."""
        for (_, code, pairs), _ in self._pieces:
            self._work(code, pairs, values)
        return values[self.slot]

    def with_rules(self, rules: Mapping[int, Route], values: Picked) -> Value:
        """What the slot comes to with wrong rules at some of the steps; `values` is used up."""
        key = tuple(rules)
        if key not in self._after:
            spoilt = {s for n in key for s in self._slots(n)}
            self._after[key] = self._reached(spoilt, set(key))
        for n, code, pairs in self._after[key]:
            rule = rules.get(n)
            if rule is None:
                self._work(code, pairs, values)
            else:
                self._work(rule.code, zip(self._slots(n), rule.out, strict=True), values)
        return values[self.slot]

    def with_value(self, source: int, value: Value, values: Picked) -> Value:
        """What the slot comes to where another holds this value, whatever it is worked from; `values` is used up."""
        key = (-1, source)
        if key not in self._after:
            self._after[key] = self._reached({source}, set())
        values[source] = value
        for _, code, pairs in self._after[key]:
            self._work(code, pairs, values)
        return values[self.slot]

    def _work(self, code: Sequence[Any], pairs: Iterable[tuple[int, int]], values: Picked) -> None:
        run(code, self.program.formulas, values, self.lanes)
        for slot, out in pairs:
            value = values[out]
            if slot in self.answers and slot != self.slot:
                given = self.lanes.pick(self.answers[slot][2], values.who)
                value = self.lanes.where(given, values[slot], value)
            values[slot] = value

    def _slots(self, number: int) -> range:
        step = self.program.steps[number]
        return range(step.slot, step.slot + step.size)

    def _reached(self, touched: set[int], always: set[int]) -> list[Piece]:
        """The pieces that these slots go into, directly or not, and those of the steps `always`."""
        found = []
        touched = set(touched)
        for piece, reads in self._pieces:
            if piece[0] in always or not touched.isdisjoint(reads):
                touched.update(slot for slot, _ in piece[2])
                found.append(piece)
        return found


def _cut(code: Sequence[Any], wanted: set[int]) -> tuple[list[Any], set[int]]:
    """The instructions that make the wanted slots, and the slots that they read from before."""
    kept = []
    needed = set(wanted)
    for instruction in reversed(code):
        if instruction[0] in needed:
            needed.discard(instruction[0])
            needed.update(operands_of(instruction))
            kept.append(instruction)
    return kept[::-1], needed
