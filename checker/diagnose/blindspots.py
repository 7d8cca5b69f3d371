"""What a problem cannot show: mistakes that no answer tells from right work, or from each other, and what would help.

Each wrong rule is made once, carried through everything after it, and held against the right values, and against the
other mistakes, wherever something is asked.
"""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING, NamedTuple

from checker.compare import asked_unit
from checker.errors import Finding, Place
from checker.outcome import Tolerance
from checker.readings.compile import compile_problem
from checker.readings.numeric import FLOATS, run
from checker.readings.program import reference
from checker.sheet import asked_slots

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from checker.model import Problem
    from checker.readings.program import Asked, Mistake, Program

MOST_TIER = 2  # slips and coincidences are left out of what an author is told
NOTHING = 1e-12  # a change that no number of digits shows
MOST_DIGITS = 12
MOST_SAID = 6  # mistakes or steps that one sentence lists
DRAWS = 3  # of other numbers, by which it is seen whether any part two mistakes
MOVED = 0.1  # how far these are from the problem's own, so that they stay where its formulas have values


class Made(NamedTuple):
    """A mistake made once: its code, the wrong rule, and every value that comes of it."""

    code: str
    mistake: Mistake
    values: list[float]

    @property
    def step(self) -> int:
        """The step's number at which it is made."""
        return self.mistake.step


def blind_spots(problem: Problem) -> tuple[Finding, ...]:
    """Step by step, which mistakes the problem cannot show at the precision asked, or cannot tell apart.

    Raises:
        AuthorError: the problem cannot be derived.
    """
    return tuple(Spots(problem, compile_problem(problem, mistakes=True)).all())


class Spots:
    """The mistakes of a problem, held against what is asked."""

    def __init__(self, problem: Problem, program: Program) -> None:
        self.problem, self.program = problem, program
        self.items: dict[int, list[Asked]] = {}
        for item in sorted(program.ask, key=lambda item: item.step):
            self.items.setdefault(item.step, []).append(item)
        self.units = {
            slot: asked_unit(item.tolerance, program.values[slot])
            for items in self.items.values()
            for item in items
            for slot in asked_slots(item, program)
        }
        self.slots = {
            step: list(dict.fromkeys(slot for item in items for slot in asked_slots(item, program)))
            for step, items in self.items.items()
        }
        self._others: list[list[float]] | None = None

    def all(self) -> Iterable[Finding]:
        """What is to be said, by asked step in graph order."""
        hidden: dict[int, list[Made]] = {}
        shown: dict[int, list[Made]] = {}
        for mistake in self.program.mistakes:
            codes = [name.code for name in mistake.names if name.tier <= MOST_TIER]
            if not codes:
                continue
            made = Made(codes[0], mistake, self._carried_through(mistake, self.program.values))
            seen = next((step for step in self.slots if self._differs(step, made.values)), None)
            if seen is not None:
                # two names for one wrong rule are twins in every problem: no news to an author
                shown.setdefault(seen, []).append(made)
                continue
            for code in codes:
                for step in self._reached(made) or [mistake.step]:
                    hidden.setdefault(step, []).append(made._replace(code=code))
        for step in sorted({*hidden, *shown}):
            yield from self._not_seen(step, hidden.get(step, []))
            yield from self._not_told_apart(step, shown.get(step, []))

    # ---------------------------------------------------------------- what a mistake does

    def _differs(self, step: int, values: Sequence[float]) -> bool:
        right = self.program.values
        return any(not abs(values[slot] - right[slot]) <= self.units[slot] for slot in self.slots[step])

    def _change(self, step: int, values: Sequence[float]) -> float:
        """How far it moves a step's numbers at most."""
        item, right = self.program.steps[step], self.program.values
        return max(abs(values[slot] - right[slot]) for slot in range(item.slot, item.slot + item.size))

    def _reached(self, made: Made) -> list[int]:
        """The asked steps nearest after a mistake that it moves at all, itself among them."""
        changed = [step for step in self.items if step >= made.step and self._change(step, made.values) > NOTHING]
        names = {self.program.steps[step].name: step for step in range(len(self.program.steps))}
        found = []
        for step in changed:
            waiting, between = [step], set()
            while waiting:  # whether another asked step that it moves stands between
                for parent in self.program.steps[waiting.pop()].parents:
                    number = names.get(parent)
                    if number is not None and number >= made.step and number not in between:
                        between.add(number)
                        if number != made.step:
                            waiting.append(number)
            if between.isdisjoint(changed):
                found.append(step)
        return found

    def _carried_through(self, mistake: Mistake, right: Sequence[float]) -> list[float]:
        """Every slot's value for a student who makes this mistake and no other, where these values are right."""
        program = self.program
        values = list(right)
        run(mistake.route.code, program.formulas, values)
        made = program.steps[mistake.step]
        touched = {made.name}
        for slot, out in zip(range(made.slot, made.slot + made.size), mistake.route.out, strict=True):
            values[slot] = values[out]
        for other in program.steps[mistake.step + 1 :]:
            if touched.isdisjoint(other.parents):
                continue
            touched.add(other.name)
            route = other.routes[0]
            run(route.code, program.formulas, values)
            for slot, out in zip(range(other.slot, other.slot + other.size), route.out, strict=True):
                values[slot] = values[out]
        return values

    # ---------------------------------------------------------------- what is said

    def _not_seen(self, step: int, hidden: Sequence[Made]) -> Iterable[Finding]:
        never = [made for made in hidden if self._change(step, made.values) <= NOTHING]
        some = [made for made in hidden if self._change(step, made.values) > NOTHING]
        if never:
            yield self._finding(
                step, f"{self._listed(step, never)} would change nothing", "choose other numbers, if it matters"
            )
        if some:
            what = f"right work gives {self._number(step)}, and so {_does(some)} {self._listed(step, some)}"
            # each by whichever of the steps after it needs the fewest digits
            pairs = [(self._digits(step, made.values), made) for made in some]
            digits = [count for count, _ in pairs if count is not None]
            helps = []
            if digits:
                helps.append(f"{self._as_digits(step, max(digits))} there")
            own = self._unasked(some)
            if own:
                helps.append(f"{_enumerated([self.program.steps[n].name for n in own])} too")
            mend = f"ask for {', or for '.join(helps)}" if helps else "choose other numbers, if it matters"
            yield self._finding(step, what, mend)

    def _not_told_apart(self, step: int, shown: Sequence[Made]) -> Iterable[Finding]:
        groups: list[list[Made]] = []
        for made in shown:
            for group in groups:
                if self._alike(group[0].values, made.values):
                    group.append(made)
                    break
            else:
                groups.append([made])
        for group in groups:
            if len({made.code for made in group}) < 2 or self._twins(group):
                continue
            own = self._unasked([made for made in group if any(made.step != other.step for other in group)])
            parting = self._parting(step, group)
            helps = [f"{self._as_digits(step, parting)} there"] if parting is not None else []
            if own:
                helps.append(f"{_enumerated([self.program.steps[n].name for n in own])} too")
            mend = f"ask for {', or for '.join(helps)}" if helps else "all are reported; other numbers may part them"
            yield self._finding(step, f"the same number comes of {self._listed(step, group)}", mend)

    def _alike(self, one: Sequence[float], other: Sequence[float]) -> bool:
        """Whether two mistakes agree within what is asked, in every answer."""
        return all(abs(one[slot] - other[slot]) <= unit for slot, unit in self.units.items())

    def _twins(self, group: Sequence[Made]) -> bool:
        """Whether these give the same answers with any other numbers too: then no author can part them."""
        for right in self._other_numbers():
            first, *rest = ([values[slot] for slot in self.units] for values in self._worked(group, right))
            if any(
                not math.isclose(x, y, rel_tol=1e-9, abs_tol=NOTHING)
                for each in rest
                for x, y in zip(first, each, strict=True)
            ):
                return False
        return bool(self._other_numbers())

    def _worked(self, group: Sequence[Made], right: Sequence[float]) -> Iterable[list[float]]:
        return (self._carried_through(made.mistake, right) for made in group)

    def _other_numbers(self) -> list[list[float]]:
        """Every slot's value for some other givens and parameters; none where some were computed from the problem's."""
        if self._others is None:
            self._others = []
            dice = random.Random(0)  # noqa: S311  # the same numbers every time
            for _ in range(0 if self.program.fixed else DRAWS):
                values = list(self.program.values)
                for slot, shape in self.program.leaves.values():
                    for element in range(slot, slot + math.prod(shape)):
                        values[element] += dice.uniform(-MOVED, MOVED) * (abs(values[element]) or 1.0)
                reference(self.program, values, FLOATS)
                self._others.append(values)
        return self._others

    def _unasked(self, made: Iterable[Made]) -> list[int]:
        """Steps where mistakes were made that are not asked, and show the mistake by the problem's own tolerance."""
        found = []
        for each in made:
            item = self.program.steps[each.step]
            right = self.program.values
            if each.step not in self.items and any(
                abs(each.values[slot] - right[slot]) > asked_unit(self.program.tolerance, right[slot])
                for slot in range(item.slot, item.slot + item.size)
            ):
                found.append(each.step)
        return sorted(set(found))

    def _digits(self, step: int, values: Sequence[float]) -> int | None:
        """How many digits, of the kind that is asked for, show a difference from the right values; None: no number."""
        return self._fewest(step, [(self.program.values[slot], values[slot]) for slot in self.slots[step]])

    def _parting(self, step: int, group: Sequence[Made]) -> int | None:
        """How many digits tell every two of these apart; None where some are the same whatever the precision."""
        needed = []
        for n, one in enumerate(group):
            for other in group[n + 1 :]:
                if one.code != other.code:
                    pairs = [(one.values[slot], other.values[slot]) for slot in self.slots[step]]
                    needed.append(self._fewest(step, pairs))
        return None if None in needed else max((count for count in needed if count is not None), default=None)

    def _fewest(self, step: int, pairs: Sequence[tuple[float, float]]) -> int | None:
        significant = self._significant(step)
        for count in range(1, MOST_DIGITS + 1):
            asked = Tolerance(significant=count) if significant else Tolerance(decimals=count)
            if any(abs(one - other) > asked_unit(asked, one) for one, other in pairs):
                return count
        return None

    def _significant(self, step: int) -> bool:
        tolerance = self.items[step][0].tolerance if step in self.items else self.program.tolerance
        return tolerance.significant is not None and tolerance.decimals is None

    def _as_digits(self, step: int, count: int) -> str:
        return f"{count} {'significant digits' if self._significant(step) else 'decimals'}"

    def _number(self, step: int) -> str:
        """The right number as it is asked, where there is one."""
        if len(self.slots.get(step, ())) != 1:
            return "these numbers"
        (slot,) = self.slots[step]
        unit, value = self.units[slot], self.program.values[slot]
        decimals = max(0, math.ceil(-math.log10(unit) - NOTHING))
        return f"{value + 0.0:.{decimals}f}"

    def _listed(self, step: int, made: Sequence[Made]) -> str:
        """The mistakes, those made at the same steps together, with these steps where they are others."""
        steps: dict[str, list[int]] = {}
        for each in sorted(made, key=lambda each: each.step):
            if each.step not in steps.setdefault(each.code, []):
                steps[each.code].append(each.step)
        together: dict[tuple[int, ...], list[str]] = {}
        for code, numbers in steps.items():
            together.setdefault(tuple(numbers), []).append(code)
        parts = []
        for numbers_, codes in sorted(together.items()):
            where = _enumerated([self.program.steps[number].name for number in numbers_])
            parts.append(_enumerated(codes) + (f" at {where}" if numbers_ != (step,) else ""))
        return "; ".join(parts)

    def _finding(self, step: int, what: str, mend: str) -> Finding:
        name = self.program.steps[step].name
        return Finding(f"{name}: {what}", self._place(name, step), mend)

    def _place(self, name: str, step: int) -> Place:
        """Where the step is asked, else where the equation or quantity stands that it is or is about."""
        labels = {name, *(item.label for item in self.items.get(step, ()))}
        for text, place in self.problem.ask or ():
            if text in labels:
                return place
        places = {each.name: each.where for each in self.problem.quantities}
        places |= {each.name: each.where for each in self.problem.equations}
        about = name.partition("@")[0].removesuffix("_new").rpartition("_d")[2]  # dL_dw and w_new are about w
        return places.get(name) or places.get(about, Place(self.problem.source))


def _does(made: Sequence[Made]) -> str:
    return "does" if len({each.code for each in made}) == 1 else "do"


def _enumerated(names: Sequence[str]) -> str:
    shown, more = list(names[:MOST_SAID]), len(names) - MOST_SAID
    if more > 0:
        shown[MOST_SAID - 1 :] = [f"{more + 1} more"]
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
