"""A student's formulas beside each other and beside their numbers: what follows from what, and which mistake is made.

A formula is judged by itself first. One that is not the step's is then tried as what follows from the student's own
earlier formulas, as a named mistake, and as the right formula but for a factor. What it comes to with the student's own
earlier answers is what later answers may rest on, and what a number beside it is compared with.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from checker.compare import asked_unit, within
from checker.formula_answer.arithmetic import as_float
from checker.formula_answer.identity import DIGITS, Comparer, Pair
from checker.formula_answer.naming import SIGN_TURNED, Named, WrongRules, factor_note
from checker.formula_answer.points import Point
from checker.graph.formula import operand
from checker.graph.node import Node, names
from checker.knowledge.misconceptions import MISCONCEPTIONS
from checker.outcome import Diagnosis
from checker.sheet import DIFFERENT, DISAGREES, FOLLOWS, IDENTITY, MISTAKEN, NUMBERS_ONLY, SLIPPED, Worked, flat

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from checker.graph.steps import Step
    from checker.sheet import FormulaAnswer, NumberAnswer
    from checker.stepname import Target

MOST_SHIFTED = 12  # earlier numbers whose rounding is allowed for in a value beside a formula
NUMBERS_ONLY_NOTE = "the formula is right for these numbers only, not in general"


class Judged(NamedTuple):
    """A formula by itself: what it comes to, the reading of it that is nearest to the step's rule, where it stands."""

    worked: Worked
    node: Node
    step: Step
    slots: list[int]


class Together:
    """One student's formulas, each judged among all their answers; taken in graph order."""

    def __init__(self, comparer: Comparer, wrong_rules: WrongRules, numbers: Sequence[NumberAnswer]) -> None:
        self.comparer, self.wrong_rules = comparer, wrong_rules
        ground = comparer.ground
        self.order = ground.order
        self.numbers: dict[str, dict[int, NumberAnswer]] = {}
        for number in numbers:
            if number.step in ground.order:
                true = as_float(comparer.point().of(number.step)[number.element])
                unit = min(number.unit, asked_unit(number.tolerance, true))
                self.numbers.setdefault(number.step, {})[number.element] = number._replace(unit=unit)
        self.waiting = sorted(self.numbers, key=ground.order.__getitem__)  # numbers not yet put in the own point
        self.changed: dict[str, dict[int | None, list[Any]]] = {}  # where the student's answers are not the true ones
        self.own = self._point(self.changed)
        self.differs = False  # whether any answer so far moves the own point away from the true one
        self.formulas: dict[str, dict[int | None, Node]] = {}  # the student's own, that are not the step's
        self.answered: set[str] = set(self.numbers)
        self.charged: dict[str, Node] = {}  # wrong rules at steps left out that have cost a step already

    def _point(self, changed: Mapping[str, Mapping[int | None, list[Any]]]) -> Point:
        comparer = self.comparer
        ground, true = comparer.ground, comparer.point()
        leaves = {name: true.known[name] for name in ground.leaves}
        return Point(ground.rules, ground.order, leaves, true.numbers, comparer.codes, changed)

    def run(self, asked: Sequence[tuple[FormulaAnswer, Judged]]) -> list[Worked]:
        """What each formula comes to; in the order that they are given in."""
        self.answered.update(judged.step.name for _, judged in asked)
        found: dict[int, Worked] = {}
        for number in sorted(range(len(asked)), key=lambda n: self.order[asked[n][1].step.name]):
            answer, judged = asked[number]
            self._reach(judged.step.name)
            found[number] = self._one(answer, judged)
        return [found[number] for number in range(len(asked))]

    # ------------------------------------------------------------ one formula

    def _one(self, answer: FormulaAnswer, judged: Judged) -> Worked:
        worked, target = judged.worked, answer.target
        holds = list(worked.holds)
        if not set(holds) <= {IDENTITY, None}:
            worked = worked if self._told(worked) else self._explained(worked, judged, target)
            element = None if target.element is None else flat(target.element, judged.step.shape)
            if set(holds) != {NUMBERS_ONLY}:
                self.formulas.setdefault(judged.step.name, {})[element] = self._turned(judged.node, target)
        own = self._worked(judged, target, self.own) if self.differs else worked.values
        if any(math.isnan(value) for value in own):
            own = worked.values
        if not answer.numbers:
            self._put(judged, own)
            return worked._replace(values=own)
        accept = self._accepted(answer, judged)
        values = [value for value, _ in answer.numbers]
        agree = self._agree(values, accept, judged, target, worked.values, own)
        held = [h if h is None or a else h + DISAGREES for h, a in zip(worked.holds, agree, strict=True)]
        return worked._replace(holds=held)

    @staticmethod
    def _told(worked: Worked) -> bool:
        """Whether it has been said already why the formula is not the step's."""
        return bool(worked.note) and worked.note != NUMBERS_ONLY_NOTE

    def _accepted(self, answer: FormulaAnswer, judged: Judged) -> list[float]:
        """How far each number beside a formula may be from what the formula gives."""
        true = self.comparer.point().of(judged.step.name)
        asked = [asked_unit(t, as_float(true[slot])) for t, slot in zip(answer.tolerances, judged.slots, strict=True)]
        typed = [0.0 if math.isinf(unit) else unit / 2 for _, unit in answer.numbers]
        return [max(a, t) for a, t in zip(asked, typed, strict=True)]

    def _turned(self, node: Node, target: Target) -> Node:
        """The node in the sign of the step."""
        if not target.negative:
            return node
        formula = self.wrong_rules.derivation.nodes.formulas.intern(-operand(0), 1)
        return Node(-1, "elementwise", formula, (node,), node.shape)

    def _explained(self, worked: Worked, judged: Judged, target: Target) -> Worked:
        """The same, with why it is not the step's formula."""
        step, comparer = judged.step, self.comparer
        pair = Pair(judged.node, step.rule, judged.slots, target.negative)
        if set(worked.holds) <= {IDENTITY, NUMBERS_ONLY}:
            lacks = factor_note(pair, step, comparer)
            return worked._replace(note=f"{NUMBERS_ONLY_NOTE}: {lacks}" if lacks else NUMBERS_ONLY_NOTE)
        changed = {name: by for name, by in self.formulas.items() if self.order[name] < self.order[step.name]}
        rules = {name: rule for name, rule in self.charged.items() if self.order[name] < self.order[step.name]}
        for rule in dict.fromkeys(route.node for route in step.routes):
            for own in ({"changed": changed}, {"rules": rules}, {"changed": changed, "rules": rules}):
                if all(own.values()) and comparer.same(pair._replace(rule=rule, **own)):
                    place = min(rules, key=self.order.__getitem__) if "rules" in own else ""
                    note = f"this follows from the same mistake at {place}, which is counted once" if place else ""
                    return self._held(worked, FOLLOWS)._replace(note=note)
        found = self.wrong_rules.explain(pair, step, comparer)
        if not found and changed:
            found = self.wrong_rules.explain(pair._replace(changed=changed), step, comparer)
        if found and found[0].rules:
            if self._charged_before(found[0]):
                return self._held(worked, FOLLOWS)
            self.charged.update({name: rule for name, rule in found[0].rules.items() if name not in self.answered})
        note = factor_note(pair, step, comparer)
        if not found and note == SIGN_TURNED:
            found = [Named("sign_slip", 3, True, {})]
        if not found:
            return worked._replace(note=f"right but for one thing: {note}" if note else worked.note)
        shown = tuple(
            Diagnosis(each.code, "clear", MISCONCEPTIONS[each.code].hint, self._made_at(each)) for each in found
        )
        told = f"compared with the right formula, {note}" if note else ""
        return self._held(worked, SLIPPED if found[0].slip else MISTAKEN)._replace(found=shown, note=told)

    @staticmethod
    def _held(worked: Worked, kind: int) -> Worked:
        return worked._replace(holds=[kind if h in (DIFFERENT, NUMBERS_ONLY) else h for h in worked.holds])

    def _made_at(self, named: Named) -> str:
        left_out = [name for name in named.rules if name not in self.answered]
        return min(left_out, key=self.order.__getitem__) if left_out else ""

    def _charged_before(self, named: Named) -> bool:
        """Whether each step where the mistake is made has the number that it gives: it has cost that step already."""
        comparer = self.comparer
        point = comparer.changed_point(comparer.point(), {}, named.rules)
        for name in named.rules:
            values = [as_float(value) for value in point.of(name)]
            mine = self.numbers.get(name, {})
            if len(mine) < len(values) or any(
                not abs(values[element] - answer.value) <= answer.unit for element, answer in mine.items()
            ):
                return False
        return True

    # ------------------------------------------------------------ the student's own numbers

    def _reach(self, step: str) -> None:
        """Put the numbers that stand before a step into the own point."""
        while self.waiting and self.order[self.waiting[0]] < self.order[step]:
            name = self.waiting.pop(0)
            true = self.comparer.point().of(name)
            for element, answer in self.numbers[name].items():
                self._set(name, element, answer.value, as_float(true[element]))

    def _set(self, name: str, element: int, value: float, true: float) -> None:
        if value == true or not math.isfinite(value):
            return
        self.differs = True
        elements = {**self.changed.get(name, {}), element: [self._number(value)]}
        self.changed[name] = elements

    def _number(self, value: float) -> Any:
        return self.comparer.arithmetic[DIGITS].rational(Fraction(value))

    def _put(self, judged: Judged, values: list[float]) -> None:
        """A formula's own values, for what comes after it."""
        if set(judged.worked.holds) <= {IDENTITY} and not self.differs:
            return
        true = self.comparer.point().of(judged.step.name)
        for slot, value in zip(judged.slots, values, strict=True):
            self._set(judged.step.name, slot, value, as_float(true[slot]))

    def _worked(self, judged: Judged, target: Target, point: Point) -> list[float]:
        """What the formula comes to at a point, in the sign of the step."""
        return [as_float(-value if target.negative else value) for value in point.work(judged.node)]

    def _agree(
        self,
        values: list[float],
        accept: list[float],
        judged: Judged,
        target: Target,
        true: list[float],
        own: list[float],
    ) -> list[bool]:
        """Which numbers beside a formula are what it gives, with the true quantities or with the student's own.

        Where they carried more digits than they wrote, it may be off by what one unit of each earlier number moves it.
        """
        near = list(zip(values, accept, true, own, strict=True))
        agree = [within(v, t, a) or within(v, o, a) for v, a, t, o in near]
        if all(agree):
            return agree
        spread = [0.0] * len(values)
        for name in _rests_on(judged.node, self.comparer.ground.rules, self.numbers)[:MOST_SHIFTED]:
            shifted: dict[int | None, list[Any]] = {
                element: [self._number(answer.value + answer.unit)] for element, answer in self.numbers[name].items()
            }
            point = self._point({**self.changed, name: {**self.changed.get(name, {}), **shifted}})
            moved = self._worked(judged, target, point)
            spread = [s + abs(m - o) for s, m, o in zip(spread, moved, own, strict=True)]
        return [a or within(v, o, by + s) for a, (v, by, _, o), s in zip(agree, near, spread, strict=True)]


def _rests_on(node: Node, rules: Mapping[str, Node], numbers: Mapping[str, object]) -> list[str]:
    """The steps with a number of the student's that a formula rests on, the nearest first."""
    found: dict[str, None] = {}
    waiting = names(node)
    seen: set[str] = set()
    for name in waiting:
        if name in seen:
            continue
        seen.add(name)
        if name in numbers:
            found[name] = None
        elif name in rules:
            waiting.extend(names(rules[name]))
    return list(found)
