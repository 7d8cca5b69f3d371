"""Mistakes at steps that were left out: what a wrong rule there makes of the answers that came of it.

A trial puts wrong rules in the place of right ones at steps left out, one of them or the same at all of its kind, and
works on to the nearest answers, each with its ball. Most trials are told wrong by a single number: so the way to one
element of one answer is cut out of the program first, without balls, and only what comes near it is worked in full.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from checker.compare import within
from checker.diagnose.habits import OF, habits_of, layers
from checker.diagnose.local import Explanation
from checker.diagnose.way import Way
from checker.mark import CORRECT, FOLLOW_THROUGH, Marks, doubtful
from checker.readings.ball import work
from checker.readings.numeric import Picked
from checker.readings.program import slots_read

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from checker.diagnose.local import Item, Local
    from checker.readings.numeric import Value
    from checker.readings.program import Mistake, Route, Step

LARGEST_TIER = 3  # coincidences are not looked for where nothing was written
HIDDEN_CHANCE = 0.06  # how likely chance may be where a mistake at a step left out is clear
FIRST_ROUTES: Mapping[str, int] = MappingProxyType({})  # every step by the route that is shown
SLACK = 4.0  # how far off, in radii of the right rule, a trial is worked in full


class Trial(NamedTuple):
    """Wrong rules by the number of their step, and the names that they have together."""

    rules: tuple[tuple[int, Route], ...]
    names: tuple[tuple[str, int, bool], ...]  # code, tier, slip


class Outcome(NamedTuple):
    """What a trial gives at an answered step: of each element the value and the radius."""

    values: list[Value]
    radii: list[Value]


class LeftOut:
    """The steps left out before the answers of one group of students, and what mistakes there would do."""

    def __init__(self, local: Local) -> None:
        program = local.program
        self.program, self.answers, self.lanes = program, local.answers, local.lanes
        self.rows, self.reference = local.rows, local.reference
        self.step_of: dict[int, int] = {}
        for number, step in enumerate(program.steps):
            self.step_of.update(dict.fromkeys(range(step.slot, step.slot + step.size), number))
        self.left_out = {number for number, step in enumerate(program.steps) if self._is_left_out(step)}
        self._layers: dict[str, dict[int, bool]] | None = None
        self._reads: dict[tuple[int, int], set[int]] = {}
        self._parents: dict[tuple[int, int], set[int]] = {}

    @property
    def layers(self) -> dict[str, dict[int, bool]]:
        """Where the mistakes can be made that habits are of; found when it is first asked for."""
        if self._layers is None:
            self._layers = layers(self.program)
        return self._layers

    def _is_left_out(self, step: Step) -> bool:
        """Whether somebody left out some of it."""
        return any(
            slot not in self.answers or self.lanes.some(self.lanes.negated(self.answers[slot][2]))
            for slot in range(step.slot, step.slot + step.size)
        )

    def before(self, number: int, way: Mapping[str, int] = FIRST_ROUTES) -> list[int]:
        """The steps left out that this one is worked from, up to the nearest answers, by the routes of a way."""
        waiting, found = [number], set()
        while waiting:
            for n in self.parents(waiting.pop(), way):
                if n in self.left_out and n not in found:
                    found.add(n)
                    waiting.append(n)
        return sorted(found)

    def route(self, number: int, way: Mapping[str, int] = FIRST_ROUTES) -> int:
        """Which of its routes a step takes on a way: the one for its choice, else the first."""
        step = self.program.steps[number]
        return way.get(step.choice, 0) % len(step.routes)

    def parents(self, number: int, way: Mapping[str, int] = FIRST_ROUTES) -> set[int]:
        """The steps whose values this one's rule reads."""
        key = number, self.route(number, way)
        if key not in self._parents:
            self._parents[key] = {self.step_of[slot] for slot in self.reads(*key) if slot in self.step_of}
        return self._parents[key]

    def way(self, slot: int, choices: Mapping[str, int] = FIRST_ROUTES) -> Way:
        """The way to a slot through what was left out before it."""
        number = self.step_of[slot]
        steps = [*self.before(number, choices), number]
        routes = {n: self.program.steps[n].routes[self.route(n, choices)] for n in steps}
        return Way(self.program, self.answers, self.lanes, slot, routes)

    def reads(self, number: int, route: int) -> set[int]:
        """The slots that a step's route reads."""
        key = number, route
        if key not in self._reads:
            self._reads[key] = slots_read(self.program.steps[number].routes[route])
        return self._reads[key]

    def trials(self, before: Sequence[int]) -> list[Trial]:
        """One wrong rule at one of these steps, or the same one at all of its kind, of a layer or of all of them."""
        found: list[Trial] = []
        habits: dict[tuple[str, str, int], list[tuple[int, Mistake]]] = {}
        for number in before:
            count: dict[tuple[str, str], int] = {}
            for mistake in self.program.mistakes.at(number):
                names = tuple((n.code, n.tier, n.slip) for n in mistake.names if n.tier <= LARGEST_TIER)
                if not names:
                    continue
                found.append(Trial(((number, mistake.route),), names))
                for name in mistake.names:
                    if name.tier <= LARGEST_TIER:
                        key = name.code, name.variant
                        nth = count[key] = count.get(key, -1) + 1
                        habits.setdefault((*key, nth), []).append((number, mistake))
        together: dict[tuple[int, ...], Trial] = {}
        for (code, _, _), made in habits.items():
            for members in self._habits(made):
                named = next(n for n in members[0][1].names if n.code == code)
                rules = tuple((number, mistake.route) for number, mistake in members)
                same = tuple(id(mistake) for _, mistake in members)
                names = (*(together[same].names if same in together else ()), (code, named.tier, named.slip))
                together[same] = Trial(rules, tuple(dict.fromkeys(names)))
        return [self._with_habits(trial) for trial in (*found, *together.values())]

    def _with_habits(self, trial: Trial) -> Trial:
        """The trial with the names that it has for being made in these layers alone."""
        steps = [number for number, _ in trial.rules]
        more = [h for code, _, _ in trial.names if code in OF for h in habits_of(code, steps, self.layers)]
        return trial._replace(names=(*trial.names, *((h.code, h.tier, False) for h in more))) if more else trial

    def _habits(self, made: list[tuple[int, Mistake]]) -> Iterable[list[tuple[int, Mistake]]]:
        """Everywhere; in one layer; in all layers but the last: each where that is more than one step."""
        layers = sorted({mistake.layer for _, mistake in made})
        groups = [made]
        if len(layers) > 1:
            groups += [[m for m in made if m[1].layer == layer] for layer in layers]
            groups.append([m for m in made if m[1].layer != layers[0]])
        seen: set[tuple[int, ...]] = set()
        for group in groups:
            key = tuple(number for number, _ in group)
            if len(group) > 1 and key not in seen:
                seen.add(key)
                yield group

    # ------------------------------------------------------------ what explains an answer

    def explanations(self, item: Item, marks: Marks) -> list[Explanation]:
        """Mistakes at steps left out before this one that give what is to be explained."""
        before = self.before(item.number)
        if not before:
            return []
        lanes = self.lanes
        tried = self._near(item, marks, before)
        explained = []
        for trial, near, chance in tried:
            made = self.consequences(trial, marks, item.who)
            who = near & self._fits(item, made.get(item.number, ()))
            if not lanes.some(who):
                continue
            gain = self.agreement(item.number, made, marks, item.who)
            sure = (gain >= 0) & (chance ** (1 + lanes.larger(gain, 0)) <= HIDDEN_CHANCE)
            explained += [
                Explanation(code, tier, slip, who, who & sure, trial.rules[0][0], gain, trial.rules)
                for code, tier, slip in trial.names
            ]
        return explained

    def _near(self, item: Item, marks: Marks, before: Sequence[int]) -> list[tuple[Trial, Value, Value]]:
        """The trials that come near the first number to be explained: for whom, and how much all trials cover there.

        Which number that is, is asked of each lane by itself: nobody's mistake may be named by what others got wrong.
        """
        lanes = self.lanes
        trials = self.trials(before)
        near: list[Value] = [False] * len(trials)
        chance: Value = 1.0
        left = item.everyone
        for n, mask in enumerate(item.mask):
            mine, left = left & mask, left & lanes.negated(mask)
            if not lanes.some(mine):
                continue
            here, covered = self._near_slot(item, marks, n, trials)
            near = [each | (mine & close) for each, close in zip(near, here, strict=True)]
            chance = lanes.where(mine, covered, chance)
        return [(trial, each, chance) for trial, each in zip(trials, near, strict=True) if lanes.some(each)]

    def _near_slot(self, item: Item, marks: Marks, n: int, trials: Sequence[Trial]) -> tuple[list[Value], Value]:
        """For each trial, whether it comes near the item's number `n`; and how much all of them cover."""
        lanes, rows, slot = self.lanes, self.rows, item.slots[n]
        way = self.way(slot)
        base = marks.ways[0].value
        values = [way.with_rules(dict(trial.rules), Picked(base, item.who, lanes)) for trial in trials]
        reach = lanes.pick(marks.reach[slot], item.who)
        carried = lanes.pick(marks.carried[slot], item.who)
        unit = lanes.pick(marks.unit[slot], item.who)
        radii, near = [], []
        for value in values:
            # rounding moves a wrong value about as much, for its size, as the right one
            growth = lanes.larger(1.0, lanes.smaller(10.0, abs(value) / lanes.larger(abs(carried), 1e-300)))
            radii.append(lanes.where(item.bad[n], reach * growth, 0.0))
            near.append(abs(value - item.submitted[n]) <= item.half[n] + SLACK * (reach + unit) * growth)
        chance = rows.covered(
            rows.table(values, item.students),
            rows.table(radii, item.students),
            range(len(trials)),
            item.submitted[n],
            item.half[n],
            item.size[n],
            HIDDEN_CHANCE,
        )
        return near, lanes.smaller(chance, 1.0)

    def _fits(self, item: Item, outcomes: Sequence[Outcome]) -> Value:
        """Where what a trial gives, by some route, is what stands in all of the item's step.

        What is right by the allowance for rounding is held against the number itself, not its ball.
        """
        lanes = self.lanes
        who: Value = False
        for outcome in outcomes:
            each: Value = item.everyone
            sharp: Value = False
            for k, at in enumerate(item.slots):
                place = at - item.step.slot
                radius = lanes.where(item.bad[k], outcome.radii[place], 0.0)
                close = within(item.submitted[k], outcome.values[place], item.half[k] + radius, lanes)
                each = each & (close | lanes.negated(item.mask[k]))
                sharp = sharp | (item.mask[k] & (radius <= item.most[k]))
            for at, submitted, half, given in item.rest:
                place = at - item.step.slot
                close = within(submitted, outcome.values[place], half + outcome.radii[place], lanes)
                each = each & (close | lanes.negated(given))
            who = who | (each & sharp)
        return who

    # ------------------------------------------------------------ in full

    def consequences(self, trial: Trial, marks: Marks, who: Any) -> dict[int, list[Outcome]]:
        """What the trial gives at each answered step that it reaches, by every route that it reaches.

        Only as far as the nearest answers: what comes after those is worked from them.
        """
        lanes, program = self.lanes, self.program
        values = Picked(marks.ways[0].value, who, lanes)
        radii = Picked(marks.ways[0].radius, who, lanes)
        rules = dict(trial.rules)
        touched: set[int] = set()
        found: dict[int, list[Outcome]] = {}
        for number in range(min(rules), len(program.steps)):
            step = program.steps[number]
            if number in rules:
                routes = [rules[number]]
            else:
                routes = [r for k, r in enumerate(step.routes) if not touched.isdisjoint(self.reads(number, k))]
                if not routes:
                    continue
            outcomes = []
            for route in routes:
                work(route.code, program.formulas, values, radii, lanes)
                outcomes.append(Outcome([values[out] for out in route.out], [radii[out] for out in route.out]))
            slots = range(step.slot, step.slot + step.size)
            if any(slot in self.answers for slot in slots) and number not in rules:
                found[number] = outcomes
            if number not in self.left_out:
                continue
            first = outcomes[0]
            touched.update(slots)
            for slot, value, radius in zip(slots, first.values, first.radii, strict=True):
                loose = radius + lanes.pick(marks.unit[slot], who)
                given = lanes.pick(self.answers[slot][2], who) if slot in self.answers else False
                values[slot] = lanes.where(given, values[slot], value)
                radii[slot] = lanes.where(given, radii[slot], loose)
        return found

    def agreement(self, number: int, outcomes: Mapping[int, Sequence[Outcome]], marks: Marks, who: Any) -> Value:
        """How many other answers the trial accounts for: wrong ones that it gives, less right ones that it does not."""
        lanes = self.lanes
        total: Value = 0
        for other, made in outcomes.items():
            if other == number:
                continue
            step = self.program.steps[other]
            agrees: Value = False
            tight: Value = False
            for outcome in made:
                each: Value = True
                exact: Value = True
                for element, slot in enumerate(range(step.slot, step.slot + step.size)):
                    if slot not in self.answers:
                        continue
                    submitted, typed, given, _ = (lanes.pick(part, who) for part in self.answers[slot])
                    half = lanes.smaller(typed, lanes.pick(marks.grain[slot], who)) / 2
                    value = outcome.values[element]
                    each = each & (
                        within(submitted, value, half + outcome.radii[element], lanes) | lanes.negated(given)
                    )
                    exact = exact & (within(submitted, value, half, lanes) | lanes.negated(given))
                agrees, tight = agrees | each, tight | exact
            wrong: Value = False
            strained: Value = False
            fine: Value = True
            for slot in range(step.slot, step.slot + step.size):
                if slot in self.answers and slot in marks.verdict:
                    bad, unsure = doubtful(marks, slot, self.answers[slot], self.reference[slot])
                    verdict = lanes.pick(marks.verdict[slot], who)
                    wrong, strained = wrong | lanes.pick(bad, who), strained | lanes.pick(unsure, who)
                    fine = fine & ((verdict == CORRECT) | (verdict == FOLLOW_THROUGH))
            accounted = (wrong & agrees) | (strained & tight & lanes.negated(wrong))
            total = total + lanes.where(accounted, 1, 0) - lanes.where(fine & lanes.negated(agrees), 1, 0)
        return total
