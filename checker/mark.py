"""Marking: verdicts slot by slot, for one student or for a class at once.

Follow-through needs no wiring: each step's rule is worked on the student's own earlier answers, and on what follows
from them where a step was left out. Every way of working carries its ball, so that no rounding is held against anyone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from checker.compare import asked_unit, within
from checker.readings.ball import Balls
from checker.readings.ball import run as run_balls
from checker.readings.numeric import FLOATS, Picked, Value, run
from checker.readings.program import slots_read
from checker.sheet import BESIDE, DISAGREES, FOLLOWS, IDENTITY, MISTAKEN, NUMBERS_ONLY, SLIPPED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from checker.outcome import Tolerance
    from checker.readings.program import Program, Route, Step

    Answer = tuple[Value, Value, Value, Value]  # as `mark` takes them
    Ball = tuple[Value, Value, Value]  # value, radius and taint
    Overrides = Mapping[int, Sequence[tuple[Value, Route]]]

MISSING, CORRECT, FOLLOW_THROUGH, IMPRECISE, WRONG, SLIP = range(6)
DIAGNOSED_SLIP, MISCONCEPTION = SLIP, 6  # what only diagnosis can say
MOST_WAYS = 6  # combinations of routes through steps that were left out

TAINTED, WRONG_ZERO = 1, 2  # what an answer in error hands on; a wrong 0 makes free zeros of products


class Way(Balls):
    """One consistent way of working: what each slot holds, and by which routes steps that were left out are worked."""

    __slots__ = ("choices",)

    def __init__(self, value: Any, radius: Any, tainted: Any, choices: dict[str, int]) -> None:
        super().__init__(value, radius, tainted)
        self.choices = choices

    def with_choice(self, choice: str, route: int) -> Way:
        """Another that shares nothing, in which this choice is made."""
        return Way(self.value[:], self.radius[:], self.tainted[:], {**self.choices, choice: route})

    def route(self, step: Step) -> int:
        """Which of a step's routes this way takes."""
        return self.choices.get(step.choice, 0) % len(step.routes)


class _Late(dict[int, "Value"]):
    """Values by slot, each worked when it is first looked for."""

    def __init__(self) -> None:
        super().__init__()
        self._make: dict[int, Callable[[], Value]] = {}

    def put(self, slot: int, make: Callable[[], Value]) -> None:
        """What works this value."""
        self._make[slot] = make

    def __missing__(self, slot: int) -> Value:
        value = self[slot] = self._make[slot]()
        return value


class Marks:
    """What marking found, by slot of the asked steps.

    `verdict` is one of the codes above; `carried` the value that follows from the student's own answers, and
    `degenerate` where a carried 0 is 0 only for a wrong 0 before it. That is all that a grade is made of. For what
    looks for mistakes, `reach` is how far rounding can have moved the carried value (where the answer is not plainly
    right); `unit` the asked unit, and `grain` that of a number of the size of the student's (where digits are asked,
    the two may differ).
    """

    __slots__ = ("carried", "degenerate", "grain", "reach", "unit", "verdict", "ways")

    def __init__(self, verdict: dict[int, Value], carried: dict[int, Value], degenerate: dict[int, Value]) -> None:
        self.verdict, self.carried, self.degenerate = verdict, carried, degenerate
        self.reach: dict[int, Value] = {}
        self.unit: dict[int, Value] = {}
        self.grain: dict[int, Value] = {}
        self.ways: list[Way] = []


def doubtful(marks: Marks, slot: int, answer: Answer, reference: Value) -> tuple[Value, Value]:
    """Where a mistake is to be looked for: in what is wrong, and in what is right by the allowance for rounding alone.

    The second lies more than one asked unit both from the true value and from what follows from the student's own.
    """
    submitted, _, _, holds = answer
    verdict, unit = marks.verdict[slot], marks.unit[slot]
    far = (abs(submitted - reference) > unit) & (abs(submitted - marks.carried[slot]) > unit)
    right = (verdict == CORRECT) | (verdict == FOLLOW_THROUGH)
    plain = holds == -1  # formulas are judged as such
    return (verdict == WRONG) & plain, right & far & plain


def mark(
    program: Program,
    reference: Sequence[Value],
    answers: Mapping[int, Answer],
    lanes: Any = FLOATS,
    overrides: Overrides | None = None,
) -> Marks:
    """Judge answers against the program.

    Args:
        program: the problem, ready to grade.
        reference: every slot's true value.
        answers: by slot: the value, the typed unit (infinite where it has no decimals of its own), whether there is an
            answer, and what was found of its formula (the codes of `sheet`; -1 where there is none).
        lanes: the arithmetic: floats for one student, arrays for many.
        overrides: by the number of a step that was left out: the wrong rules by which it was worked instead of its
            own, each with the students who did so.
    """
    marks = Marks({}, {}, {})
    marks.ways = [Way(list(reference), [0.0] * len(reference), [0] * len(reference), {})]
    with lanes.quiet():
        marking = _Marking(program, reference, answers, lanes, marks)
        marking.run(range(len(program.steps)), overrides or {})
    marks.grain = marking.grains
    return marks


def extended(marks: Marks, before: Program, program: Program, reference: Sequence[Value], lanes: Any = FLOATS) -> Marks:
    """The same marks, ready for what looks for mistakes.

    `program` is the one that was marked with, `before`, followed by what only mistakes use: steps that nobody is asked
    about, and the mistakes' own slots.
    """
    more = reference[len(before.values) :]
    for way in marks.ways:
        way.value += more
        way.radius += [0.0] * len(more)
        way.tainted += [0] * len(more)
    with lanes.quiet():
        _Marking(program, reference, {}, lanes, marks).run(range(len(before.steps), len(program.steps)), {})
    return marks


def picked(marks: Marks, who: Any, lanes: Any) -> Marks:
    """The marks of some of the students alone, those in the lanes `who`."""

    def of(values: dict[int, Value]) -> dict[int, Value]:
        return {slot: lanes.pick(value, who) for slot, value in values.items()}

    found = Marks(of(marks.verdict), of(marks.carried), of(marks.degenerate))
    found.reach, found.unit = of(marks.reach), of(marks.unit)
    found.grain = Picked(marks.grain, who, lanes)
    found.ways = _of(marks.ways, who, lanes)
    return found


class _Asks(NamedTuple):
    """How one element of a step is judged, whether or not it is asked."""

    tolerance: Tolerance
    carry: bool
    expect: str

    @property
    def share(self) -> float:
        """Of the asked unit, how far off an answer may be."""
        return 0.5 if self.tolerance.strict else 1.0

    @property
    def by_size(self) -> bool:
        """Whether digits are asked, so that the unit depends on the number."""
        return self.tolerance.decimals is None and self.tolerance.absolute is None

    def grain(self, unit: Value, submitted: Value, lanes: Any) -> Value:
        """The asked unit of a number of the size of an answer, at least that of the right one."""
        return lanes.larger(unit, asked_unit(self.tolerance, submitted, lanes)) if self.by_size else unit


class _Judged(NamedTuple):
    """What became of one answer: its verdict, what it is a carried value of, and the ball that it hands on."""

    verdict: Value
    carried: Value
    degenerate: Value
    reach: Value
    radius: Value
    tainted: Value


class _Marking:
    """One pass over the steps, in graph order."""

    def __init__(
        self, program: Program, reference: Sequence[Value], answers: Mapping[int, Answer], lanes: Any, marks: Marks
    ) -> None:
        self.program, self.reference, self.answers, self.lanes, self.marks = program, reference, answers, lanes, marks
        self.count = lanes.count(answer[0] for answer in answers.values())
        self.grains = _Late()
        self.asked: dict[int, dict[int | None, _Asks]] = {}
        for item in program.ask:
            self.asked.setdefault(item.step, {})[item.element] = _Asks(item.tolerance, item.carry, item.expect)
        self.others = _Asks(program.tolerance, True, "any")

    def run(self, numbers: range, overrides: Overrides) -> None:
        """Mark these steps."""
        for number in numbers:
            self._step(number, overrides.get(number, ()))

    def _step(self, number: int, overrides: Sequence[tuple[Value, Route]]) -> None:
        lanes, marks, step = self.lanes, self.marks, self.program.steps[number]
        slots = range(step.slot, step.slot + step.size)
        asked = self.asked.get(number, {})
        asks = [asked.get(element) or asked.get(None) or self.others for element in range(step.size)]
        units = [
            asked_unit(each.tolerance, self.reference[slot], lanes) for each, slot in zip(asks, slots, strict=True)
        ]
        left_out = any(slot not in self.answers or lanes.some(lanes.negated(self.answers[slot][2])) for slot in slots)
        if left_out and len(step.routes) > 1 and step.choice not in marks.ways[0].choices:
            marks.ways = _forked(marks.ways, step.choice, len(step.routes))
        if lanes.many and not left_out and not overrides and self._mostly_right(step, asks, units):
            return
        found = [_candidates(self.program, step, way, lanes) for way in marks.ways]
        for who, route in overrides:
            for way, candidates in zip(marks.ways, found, strict=True):
                _override(self.program, step, route, who, way, candidates, lanes)
        for element, slot in enumerate(slots):
            chosen = [candidates[element][way.route(step)] for way, candidates in zip(marks.ways, found, strict=True)]
            marks.unit[slot] = unit = units[element]
            if slot not in self.answers:
                if asked:
                    marks.verdict[slot], marks.degenerate[slot] = MISSING, False
                    marks.carried[slot], marks.reach[slot], _ = chosen[0]
                self._hand_on(slot, unit, chosen)
                continue
            answer = self.answers[slot]
            every = [ball for candidates in found for ball in candidates[element]]
            judged = self._judged(asks[element], unit, self.reference[slot], answer, every, chosen[0])
            self._keep(slot, asks[element], unit, judged)
            self._hand_on(slot, unit, chosen, answer, judged)

    def _hand_on(
        self,
        slot: int,
        unit: Value,
        chosen: Sequence[Ball],
        answer: Answer | None = None,
        judged: _Judged | None = None,
    ) -> None:
        """What later steps are worked from: the answer, or where there is none what each way makes of the step."""
        where = self.lanes.where
        for way, (value, radius, tainted) in zip(self.marks.ways, chosen, strict=True):
            loose = where((value == 0) & (radius == 0), 0.0, radius + unit)
            if answer is None or judged is None:
                way.value[slot], way.radius[slot], way.tainted[slot] = value, loose, tainted
                continue
            submitted, _, given, _ = answer
            way.value[slot] = where(given, submitted, value)
            way.radius[slot] = where(given, judged.radius, loose)
            way.tainted[slot] = where(given, judged.tainted, tainted)

    def _keep(self, slot: int, asks: _Asks, unit: Value, judged: _Judged) -> None:
        marks = self.marks
        marks.unit[slot], marks.verdict[slot], marks.carried[slot] = unit, judged.verdict, judged.carried
        marks.degenerate[slot], marks.reach[slot] = judged.degenerate, judged.reach
        submitted, lanes = self.answers[slot][0], self.lanes
        self.grains.put(slot, lambda: asks.grain(unit, submitted, lanes))

    def _judged(
        self, asks: _Asks, unit: Value, reference: Value, answer: Answer, candidates: Sequence[Ball], chosen: Ball
    ) -> _Judged:
        """The verdict of one answer: `candidates` is what every route of every way gives, `chosen` the shown one's."""
        lanes = self.lanes
        where, negated = lanes.where, lanes.negated
        submitted, typed, given, holds = answer
        accept = unit * asks.share
        right = within(submitted, reference, accept, lanes)
        carried, degenerate = chosen[0], False
        follows: Value = False
        void: Value = False
        for value, radius, tainted in candidates:
            hit = within(submitted, value, accept + radius, lanes)
            clean = tainted == 0
            right = right | (hit & clean)
            if not lanes.some(negated(clean)):
                continue
            # right within the tolerance, but also the 0 that a wrong 0 leads to: nothing may rest on it
            nothing = (value == 0) & (tainted >= WRONG_ZERO) & (reference != 0)
            void = void | (hit & nothing)
            if not asks.carry:
                continue
            # an error that leads out of the numbers earns nothing: no answer follows from it
            if asks.by_size:  # what follows from an error may be of another size, and so is its last digit
                reach = lanes.larger(accept, asked_unit(asks.tolerance, value, lanes) * asks.share) + radius
                hit = hit | within(submitted, value, reach, lanes)
            late = hit & negated(clean) & (radius < float("inf"))
            first = late & negated(follows)
            carried = where(first, value, carried)
            degenerate = where(first, nothing, degenerate)  # a 0 that follows from a wrong 0 took no work
            follows = follows | late
        coarse = (typed > unit) & (typed < float("inf")) & (submitted != 0)
        imprecise = coarse & within(submitted, reference, typed / 2, lanes) if lanes.some(coarse) else False
        verdict = where(right, CORRECT, where(follows, FOLLOW_THROUGH, where(imprecise, IMPRECISE, WRONG)))
        if asks.expect != "any" or lanes.some(holds >= 0):
            own = _formula_verdict(holds, asks.carry, self.program.numbers_only, lanes)
            verdict = _both(verdict, own, holds, asks.expect, lanes)
        verdict = where(given, verdict, MISSING)
        tainted = where(right & negated(void), 0, where(submitted == 0, TAINTED | WRONG_ZERO, TAINTED))
        grain = asks.grain(unit, submitted, lanes) if lanes.some(tainted != 0) else unit
        # a 0 that comes of exact numbers alone is 0 however it is rounded: the side of a corner is no accident
        whole = (submitted == 0) & (chosen[0] == 0) & (chosen[1] == 0)
        radius = where(whole, 0.0, lanes.smaller(typed, where(tainted == 0, unit, grain)))
        degenerate = (verdict == FOLLOW_THROUGH) & degenerate & (holds == -1)
        return _Judged(verdict, carried, degenerate, chosen[1], radius, tainted)

    # ------------------------------------------------------------ a class, of which most are plainly right

    def _mostly_right(self, step: Step, asks: Sequence[_Asks], units: Sequence[Value]) -> bool:
        """Mark a step that everybody answered, those alone in full who are not plainly right.

        Plainly right is what is the true value to what is asked, a number, and rests on nothing that is in error: no
        ball is needed to tell. Where that is less than half of the class nothing is done.
        """
        lanes, marks = self.lanes, self.marks
        slots = range(step.slot, step.slot + step.size)
        if any(each.expect != "any" for each in asks):
            return False
        plain = self._sound(step)
        for each, unit, slot in zip(asks, units, slots, strict=True):
            submitted, _, _, holds = self.answers[slot]
            close = abs(submitted - self.reference[slot]) <= unit * each.share
            plain = plain & close & (submitted != 0) & (holds == -1)
        if 2 * lanes.total(plain) < self.count:
            return False
        who = lanes.those(lanes.negated(plain))
        found = []
        if who is not None:
            found = [_candidates(self.program, step, way, lanes) for way in _of(marks.ways, who, lanes)]
        shown = marks.ways[0].route(step)
        out = step.routes[shown].out
        for element, slot in enumerate(slots):
            unit, answer = units[element], self.answers[slot]
            carried = marks.ways[0].value[out[element]]
            judged = _Judged(CORRECT, carried, False, 0.0, lanes.smaller(answer[1], unit), 0)
            if who is not None:
                right, asked, *parts = (lanes.pick(part, who) for part in (self.reference[slot], unit, *answer))
                every = [ball for candidates in found for ball in candidates[element]]
                own = self._judged(asks[element], asked, right, tuple(parts), every, found[0][element][shown])
                judged = _Judged(
                    *(lanes.placed(part, who, mine, self.count) for part, mine in zip(judged, own, strict=True))
                )
            self._keep(slot, asks[element], unit, judged)
            for way in marks.ways:
                way.value[slot], way.radius[slot], way.tainted[slot] = answer[0], judged.radius, judged.tainted
        return True

    def _sound(self, step: Step) -> Value:
        """Works the step by the route that is shown: where it gives a number and rests on nothing that is in error."""
        ways = self.marks.ways
        route = step.routes[ways[0].route(step)]
        run(route.code, self.program.formulas, ways[0].value, self.lanes)
        total: Value = 0.0
        for instruction in route.code:
            total = total + ways[0].value[instruction[0]]
        tainted: Value = 0
        for slot in {slot for each in step.routes for slot in slots_read(each)}:
            for way in ways:
                if not isinstance(way.tainted[slot], int):
                    tainted = tainted | way.tainted[slot]
        return (total - total == 0) & (tainted == 0)


def _of(ways: Sequence[Way], who: Any, lanes: Any) -> list[Way]:
    """The ways of these students alone."""
    return [
        Way(Picked(way.value, who, lanes), Picked(way.radius, who, lanes), Picked(way.tainted, who, lanes), way.choices)
        for way in ways
    ]


def _candidates(program: Program, step: Step, way: Way, lanes: Any) -> list[list[Ball]]:
    """For each element, what each route gives: value, radius and taint."""
    per_route = []
    for route in step.routes:
        run_balls(route.code, program.formulas, way, lanes, step.iteration)
        per_route.append([(way.value[out], way.radius[out], way.tainted[out]) for out in route.out])
    return [list(routes) for routes in zip(*per_route, strict=True)]


def _override(
    program: Program, step: Step, route: Route, who: Value, way: Way, candidates: list[list[Ball]], lanes: Any
) -> None:
    """Put what a wrong rule gives in the place of every route, for those who used it."""
    run_balls(route.code, program.formulas, way, lanes, step.iteration)
    for element, out in enumerate(route.out):
        candidates[element][:] = [
            (
                lanes.where(who, way.value[out], value),
                lanes.where(who, way.radius[out], radius),
                lanes.where(who, TAINTED, tainted),
            )
            for value, radius, tainted in candidates[element]
        ]


def _forked(ways: list[Way], choice: str, count: int) -> list[Way]:
    """Every way, once for each route of a step that was left out; not more than are worth trying."""
    count = min(count, MOST_WAYS // len(ways))
    if count < 2:
        for way in ways:
            way.choices[choice] = 0
        return ways
    return [way.with_choice(choice, k) for k in range(count) for way in ways]


# ---------------------------------------------------------------- formulas

_ORDER = (CORRECT, FOLLOW_THROUGH, IMPRECISE, SLIP, MISCONCEPTION, WRONG)  # the worse the later
_PLACE = {verdict: place for place, verdict in enumerate(_ORDER)}


def _formula_verdict(holds: Value, carry: bool, numbers_only: str, lanes: Any) -> Value:
    """The verdict of a formula by itself."""
    where = lanes.where
    kind = holds & (DISAGREES - 1)
    special = {"correct": CORRECT, "imprecise": IMPRECISE, "wrong": WRONG}[numbers_only]
    verdict = where(kind == IDENTITY, CORRECT, WRONG)
    verdict = where(kind == FOLLOWS, FOLLOW_THROUGH if carry else WRONG, verdict)
    verdict = where(kind == NUMBERS_ONLY, special, verdict)
    return where(kind == MISTAKEN, MISCONCEPTION, where(kind == SLIPPED, SLIP, verdict))


def _both(value: Value, formula: Value, holds: Value, expect: str, lanes: Any) -> Value:
    """The verdict of an answer whose number and whose formula have these, where there is one and it is asked for.

    The worse of the two stands. Where the number is not what the formula gives and one of the two is right, it is a
    slip: in working the formula, or in writing it. A part that is asked for and is not there is missing.
    """
    where, negated = lanes.where, lanes.negated
    has_formula = holds >= 0
    has_value = negated(has_formula) | (holds >= BESIDE)
    value, formula = _place(value, lanes), _place(formula, lanes)
    apart, wrong, slip = has_formula & (holds & DISAGREES > 0), _PLACE[WRONG], _PLACE[SLIP]
    # a wrong number is a slip where it is not what the formula gives, and where it is, no worse than the formula
    worked = where(apart | (formula == 0), slip, formula)
    worse = lanes.larger(where(value == wrong, worked, value), formula)
    worse = where(apart & (formula == wrong) & (value <= _PLACE[FOLLOW_THROUGH]), slip, worse)
    if expect in ("value", "formula"):
        asked, there = (value, has_value) if expect == "value" else (formula, has_formula)
        return where(there, _verdict(asked, lanes), MISSING)
    if expect == "both":
        return where(has_formula & has_value, _verdict(worse, lanes), MISSING)
    return _verdict(where(has_formula, where(has_value, worse, formula), value), lanes)


def _place(verdict: Value, lanes: Any) -> Value:
    """How bad a verdict is, from 0."""
    place: Value = 0
    for code, each in _PLACE.items():
        place = lanes.where(verdict == code, each, place)
    return place


def _verdict(place: Value, lanes: Any) -> Value:
    """The verdict that is so bad."""
    verdict: Value = CORRECT
    for each, code in enumerate(_ORDER):
        verdict = lanes.where(place == each, code, verdict)
    return verdict
