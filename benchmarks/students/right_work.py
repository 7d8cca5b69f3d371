"""What right work may come to, whatever was rounded on the way, and what each line is worked from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.students.sheet import Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.students.hand import Hand
    from benchmarks.students.sheet import Line, Rule, Sheet


class RightWork:
    """What right work may come to, given what was written before: numbers are rounded or cut off on the way.

    What stands on the sheet may be off by a unit from what was carried on, and so may every line that was left out.
    """

    def __init__(self, sheet: Sheet, hand: Hand) -> None:
        self.sheet, self.hand = sheet, hand
        self.lines = {line.name: line for line in sheet.lines}
        self.reads = {line.name: [name for name in read_by(sheet, line) if name in self.lines] for line in sheet.lines}

    def range(self, name: str, typed: Mapping[str, Value]) -> tuple[Value, Value]:
        """The value of a line by the right rules on the lines typed before it, and how far off right work may be."""
        left_out, sources = self._before(name, typed)
        middle = self._worked(name, left_out, typed, {})
        leeway: Value = 0.0
        for source in sources:
            at = typed[source] if source in typed else self.sheet.right[source]
            unit = np.vectorize(self.hand.unit, otypes=[float])(np.asarray(self.sheet.right[source]))
            for k in range(np.size(at)):
                shift = np.zeros(np.shape(at))
                shift.flat[k] = unit.flat[k] if np.ndim(unit) else unit
                moved = self._worked(name, left_out, typed, {source: shift})
                leeway = leeway + np.nan_to_num(np.abs(np.asarray(moved) - np.asarray(middle)))
        return middle, leeway

    def _before(self, name: str, typed: Mapping[str, Value]) -> tuple[set[str], list[str]]:
        """The lines left out that this one rests on, and those with the typed ones that it is worked from."""
        left_out: set[str] = set()
        sources: dict[str, None] = {}
        waiting = list(self.reads[name])
        while waiting:
            source = waiting.pop()
            if source in sources:
                continue
            sources[source] = None
            if source not in typed:
                left_out.add(source)
                waiting.extend(self.reads[source])
        return left_out, list(sources)

    def _worked(self, name: str, left_out: set[str], typed: Mapping[str, Value], shifts: Mapping[str, Value]) -> Value:
        v: dict[str, Value] = {**self.sheet.given, **self.sheet.parameters, **typed}
        for source, shift in shifts.items():
            if source in typed:
                v[source] = typed[source] + shift
        with np.errstate(all="ignore"):
            for line in self.sheet.lines:
                if line.name == name:
                    return line.rule(v)
                if line.name in left_out:
                    v[line.name] = line.rule(v) + shifts.get(line.name, 0.0)
        raise KeyError(name)


def operands(sheet: Sheet, line: Line) -> list[str]:
    """The givens and parameters that a line's rule reads."""
    return [name for name in read_by(sheet, line) if name in sheet.given or name in sheet.parameters]


def read_by(sheet: Sheet, line: Line) -> list[str]:
    """All that a line's rule reads, by name."""
    seen: list[str] = []

    class Reader(dict[str, Value]):
        def __getitem__(self, name: str) -> Value:
            seen.append(name)
            return super().__getitem__(name)

    with np.errstate(all="ignore"):
        line.rule(Reader({**sheet.given, **sheet.parameters, **sheet.right}))
    return list(dict.fromkeys(seen))


def miscopied(rule: Rule, name: str, other: str) -> Rule:
    """The rule with another quantity read where `name` stands."""
    return lambda v: rule({**v, name: v[other]})
