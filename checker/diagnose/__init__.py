"""Naming mistakes: which wrong rule, on which numbers, gives what a student wrote.

Every wrong answer is tried against every mistake that its step knows, on the student's own earlier answers and on the
true ones; against slips of the pen; against two mistakes at once; and, where steps before it were left out, against
mistakes there. What gives the same number is all reported, the most plausible first: what accounts for more of the
other answers, then by the tiers of the table. A match is *clear* where chance is unlikely to have made it, and
*possible* where the values that mistakes give lie so dense that a random number would hit one.

An answer that is right only by the allowance for rounding is looked at too: where a mistake gives just this number, the
answer stays right, and the report says that it cannot be told from that mistake.

Like marking, this works on one student's floats or on a class's arrays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from checker.diagnose.habits import OF, habits_of
from checker.diagnose.hidden import LeftOut
from checker.diagnose.local import SLIP_FROM, Candidates, Explanation, Item, Local
from checker.diagnose.roundings import Roundings
from checker.mark import CORRECT, DIAGNOSED_SLIP, FOLLOW_THROUGH, MISCONCEPTION, WRONG, Marks, mark
from checker.readings.numeric import FLOATS, Value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checker.diagnose.habits import Habit
    from checker.readings.program import Program, Route

    Answers = dict[int, tuple[Value, Value, Value, Value]]

__all__ = ["Diagnosis", "Explanation", "Found", "diagnose", "rank_of"]

COINCIDENCE = 4  # the tier of what makes many numbers of one: only possible, it is no news beside another reason
DOMINATED = 2  # how many answers more another explanation accounts for where one is not worth telling


class Found(NamedTuple):
    """What explains the answers of an item, for its lanes."""

    item: Item
    explanations: list[Explanation]


class Diagnosis(NamedTuple):
    """The marks with mistakes named, and for each step (by number) what explains it."""

    marks: Marks
    found: dict[int, Found]


def diagnose(
    program: Program, reference: list[Value], answers: Answers, marks: Marks, lanes: Any = FLOATS
) -> Diagnosis:
    """Name the mistakes in what `marks` calls wrong. `program` has the mistakes compiled in."""
    with lanes.quiet():
        return _Search(program, reference, answers, marks, lanes).run()


def rank_of(explanation: Explanation) -> Value:
    """How far down the list an explanation stands: what accounts for most answers first, then by tier."""
    place = 0.5 if explanation.hidden is not None else 0.0
    return explanation.tier + place + (2.0 if explanation.partial else 0.0) - 10 * explanation.gain


class Case(NamedTuple):
    """An item, what the mistakes of its step give, and what explains it."""

    item: Item
    candidates: Candidates | None
    explanations: list[Explanation]


class _Search:
    def __init__(self, program: Program, reference: list[Value], answers: Answers, marks: Marks, lanes: Any) -> None:
        self.program, self.reference, self.answers, self.marks, self.lanes = program, reference, answers, marks, lanes
        self.local = Local(program, reference, answers, lanes)
        self.region = LeftOut(self.local)
        self.refused = Roundings(self.region).too_far(marks)
        self.overrides: dict[int, list[tuple[Value, Route]]] = {}
        self.found: dict[int, Found] = {}
        self.count = lanes.count(part for answer in answers.values() for part in answer[:1])

    def run(self) -> Diagnosis:
        """Every step by itself; then, in graph order, hidden mistakes, each carried on before the next step."""
        lanes, local = self.lanes, self.local
        self._refuse(self.marks)
        items = [item for number in range(len(self.program.steps)) if (item := local.item(number, self.marks))]
        seen = self._counted(self._examined(items))
        for first in seen:
            case = first
            if self.overrides:  # what was found so far may explain this step, or the numbers that it rests on
                fresh = local.item(first.item.number, self.marks)
                if fresh is None:
                    continue
                (case,) = self._examined([fresh])
            explanations = list(case.explanations)
            explanations += self.region.explanations(case.item, self.marks)
            unexplained: Value = case.item.everyone & case.item.wrong
            for e in explanations:
                unexplained = unexplained & lanes.negated(e.who)
            explanations += local.pairs(case.item, case.candidates, self.marks, unexplained)
            self._settle(case.item, explanations)
        self._habits()
        self._name()
        return Diagnosis(self.marks, self.found)

    def _refuse(self, marks: Marks) -> None:
        """Turn what is right by its ball alone, and no roundings lead to."""
        for slot, who in self.refused.items():
            marks.verdict[slot] = self.lanes.where(who, WRONG, marks.verdict[slot])

    # ------------------------------------------------------------ the step itself

    def _examined(self, items: Sequence[Item]) -> list[Case]:
        """For each item what its mistakes give, and which of them explain it: those of method, then slips."""
        lanes, local = self.lanes, self.local
        candidates = [local.candidates(item, self.marks) for item in items]
        method = [local.explanations(item, found) for item, found in zip(items, candidates, strict=True)]
        unsure = []
        for item, explanations in zip(items, method, strict=True):
            who: Value = item.everyone & item.wrong
            for e in explanations:
                if e.tier < SLIP_FROM:
                    who = who & lanes.negated(e.clear)
            unsure.append((item, who))
        slips = local.slips(unsure, self.marks)
        cases = []
        for n, (item, who) in enumerate(unsure):
            left = who
            for e in slips[n]:
                left = left & lanes.negated(e.who)
            rounded = local.early_rounding(item, self.marks, left)
            cases.append(Case(item, candidates[n], [*method[n], *slips[n], *rounded]))
        return cases

    def _counted(self, cases: Sequence[Case]) -> list[Case]:
        """The same, each explanation of method with how many other steps the same mistake explains."""
        lanes = self.lanes
        times: dict[str, Value] = {}
        for item, _, explanations in cases:
            for e in explanations:
                if e.tier >= SLIP_FROM:
                    continue
                one = lanes.spread(e.who & item.wrong, item.who, self.count)
                times[e.code] = times[e.code] + one if e.code in times else one + 0
        return [
            case._replace(
                explanations=[
                    e._replace(gain=lanes.larger(lanes.pick(times[e.code], case.item.who) - 1, 0))
                    if e.code in times
                    else e
                    for e in case.explanations
                ]
            )
            for case in cases
        ]

    # ------------------------------------------------------------ mistakes in some layers only

    def _habits(self) -> None:
        """Give mistakes that are made in some layers only their own names, too, and take those from others."""
        if not any(e.code in OF for _, explanations in self.found.values() for e in explanations):
            return
        for code, steps in self.region.layers.items():
            made = {number: self._made(code, number) for number in steps}
            for habit in habits_of(code, [n for n in steps if steps[n]], self.region.layers) + habits_of(
                code, [n for n in steps if not steps[n]], self.region.layers
            ):
                self._habit(habit, steps, made)

    def _made(self, code: str, number: int) -> tuple[Value, Value]:
        """Who made this mistake at a step, and who answered the step, over all lanes."""
        lanes, step = self.lanes, self.program.steps[number]
        answered: Value = False
        for slot in range(step.slot, step.slot + step.size):
            if slot in self.answers:
                answered = answered | self.answers[slot][2]
        who: Value = False
        found = self.found.get(number)
        for e in found.explanations if found is not None else ():
            if found is not None and e.code == code and e.hidden is None:
                who = who | lanes.spread(e.who & found.item.wrong, found.item.who, self.count)
        return who, answered

    def _habit(self, habit: Habit, steps: dict[int, bool], made: dict[int, tuple[Value, Value]]) -> None:
        lanes = self.lanes
        there: Value = True  # made at every step of these layers that was answered
        elsewhere: Value = False  # made in the other layers
        for number, (who, answered) in made.items():
            if steps[number] == habit.output:
                there = there & (who | lanes.negated(answered))
            else:
                elsewhere = elsewhere | who
        for number, (item, explanations) in list(self.found.items()):
            other = lanes.pick(elsewhere, item.who)
            kept = []
            for e in explanations:
                if e.code != habit.code:
                    kept.append(e)
                    continue
                who = e.who & lanes.negated(other)
                if lanes.some(who):
                    kept.append(e._replace(who=who, clear=e.clear & who))
            if steps.get(number) == habit.output:
                for e in explanations:
                    who = e.who & item.wrong & lanes.pick(there, item.who) & lanes.negated(other)
                    if e.code == habit.of and e.hidden is None and lanes.some(who):
                        kept.append(e._replace(code=habit.code, tier=habit.tier, who=who, clear=e.clear & who))
            self.found[number] = Found(item, kept)

    # ------------------------------------------------------------ the verdict

    def _settle(self, item: Item, explanations: list[Explanation]) -> None:
        """Keep what explains the step.

        A mistake made where answers were left out, at steps before or in other elements of this one, is charged here
        and carried on to what comes after.
        """
        if not explanations:
            return
        lanes = self.lanes
        best: Value = float("-inf")
        whole: Value = False
        reason: Value = float("-inf")  # the gain of the best that is no coincidence
        for e in explanations:
            gain = lanes.where(e.who, e.gain, float("-inf"))
            best = lanes.larger(best, gain)
            if e.tier < COINCIDENCE:
                reason = lanes.larger(reason, gain)
            if not e.partial and e.tier < SLIP_FROM:
                whole = whole | e.who
        kept: dict[tuple[str, int | None], Explanation] = {}
        for e in explanations:
            who = e.who & (e.gain > best - DOMINATED)
            if e.partial:
                who = who & lanes.negated(whole)
            if e.tier >= COINCIDENCE:
                who = who & (e.clear | (e.gain > reason))
            if not lanes.some(who):
                continue
            key = e.code, e.hidden
            old = kept.get(key)
            if old is None:
                kept[key] = e._replace(who=who, clear=e.clear & who)
            else:
                better = who & (e.gain > lanes.where(old.who, old.gain, float("-inf")))
                gain = lanes.where(better, e.gain, old.gain)
                kept[key] = old._replace(who=old.who | who, clear=old.clear | (e.clear & who), gain=gain)
        ranked = sorted(kept.values(), key=lambda e: (e.hidden is not None, e.tier))
        self.found[item.number] = Found(item, ranked)
        best_rank: Value = float("inf")
        hidden: Value = False
        for e in ranked:
            better = e.who & (rank_of(e) < best_rank)
            best_rank = lanes.where(better, rank_of(e), best_rank)
            hidden = lanes.where(better, e.hidden is not None, hidden)
        carried: list[tuple[int, Value, Route]] = []
        for e in explanations:
            if not e.rules:
                continue
            at_this_place = hidden if e.hidden is not None else lanes.negated(hidden)
            chosen = e.who & item.wrong & at_this_place & (rank_of(e) == best_rank)
            if lanes.some(chosen):
                full = lanes.spread(chosen, item.who, self.count)
                carried += [(step, full, route) for step, route in e.rules]
                best_rank = lanes.where(chosen, float("inf"), best_rank)  # one is carried on
        if carried:
            self._carry_on(carried)

    def _carry_on(self, rules: list[tuple[int, Value, Route]]) -> None:
        """Mark again with these rules at what was left out; nobody loses a point by it."""
        lanes, before = self.lanes, self.marks
        after = self._marked_with(rules)
        spoilt: Value = False
        for slot, verdict in before.verdict.items():
            right = (verdict == CORRECT) | (verdict == FOLLOW_THROUGH)
            spoilt = spoilt | (right & (after.verdict[slot] == WRONG))
        if lanes.some(spoilt):  # what was left out was worked rightly after all
            rules = [(step, who & lanes.negated(spoilt), route) for step, who, route in rules]
            after = self._marked_with(rules)
        for step, who, route in rules:
            self.overrides.setdefault(step, []).append((who, route))
        self.marks = after

    def _marked_with(self, more: Sequence[tuple[int, Value, Route]]) -> Marks:
        """The marks where, besides what was found before, these rules were used at steps that were left out."""
        overrides = {step: list(rules) for step, rules in self.overrides.items()}
        for step, who, route in more:
            overrides.setdefault(step, []).append((who, route))
        marks = mark(self.program, self.reference, self.answers, self.lanes, overrides)
        self._refuse(marks)
        return marks

    def _name(self) -> None:
        """Turn the verdict of every wrong answer that something explains."""
        lanes = self.lanes
        for item, explanations in self.found.values():
            best_rank: Value = float("inf")
            slip: Value = False
            someone: Value = False
            for e in explanations:
                better = e.who & (rank_of(e) < best_rank)
                best_rank = lanes.where(better, rank_of(e), best_rank)
                slip = lanes.where(better, e.slip, slip)
                someone = someone | e.who
            verdict = lanes.where(slip, DIAGNOSED_SLIP, MISCONCEPTION)
            for slot, bad in zip(item.slots, item.bad, strict=True):
                # a hidden mistake that is carried on explains the answer that it is charged at: that stays named
                old = self.marks.verdict[slot]
                turned = lanes.where(someone & bad, verdict, lanes.pick(old, item.who))
                self.marks.verdict[slot] = lanes.placed(old, item.who, turned, self.count)
