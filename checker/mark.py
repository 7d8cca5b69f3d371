"""Marking: verdicts slot by slot, for one student or for a class at once.

Follow-through needs no wiring: each step's rule is worked on the student's own earlier answers, and on what follows
from them where a step was left out. Every way of working carries its ball, so that no rounding is held against anyone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from checker.compare import asked_unit, within
from checker.readings.ball import Balls
from checker.readings.ball import run as run_balls
from checker.readings.numeric import FLOATS, Value
from checker.sheet import BESIDE, DISAGREES, FOLLOWS, IDENTITY, MISTAKEN, NUMBERS_ONLY, SLIPPED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from checker.outcome import Tolerance
    from checker.readings.program import Program, Route

MISSING, CORRECT, FOLLOW_THROUGH, IMPRECISE, WRONG, SLIP = range(6)
DIAGNOSED_SLIP, MISCONCEPTION = SLIP, 6  # what only diagnosis can say
MOST_WAYS = 6  # combinations of routes through steps that were left out

TAINTED, WRONG_ZERO = 1, 2  # what an answer in error hands on; a wrong 0 makes free zeros of products


class Marks(NamedTuple):
    """What marking found, by slot of the asked steps.

    `verdict` is one of the codes above; `carried` the value that follows from the student's own answers and `reach` how
    far rounding can have moved it; `unit` the asked unit, and `grain` that of a number of the size of the student's
    (where digits are asked, the two may differ); `degenerate` where a carried 0 is 0 only for a wrong 0 before
    it; `tainted` where an error reaches it.
    """

    verdict: dict[int, Value]
    carried: dict[int, Value]
    reach: dict[int, Value]
    unit: dict[int, Value]
    grain: dict[int, Value]
    degenerate: dict[int, Value]
    tainted: dict[int, Value]
    ways: list[Balls]


def doubtful(
    marks: Marks, slot: int, answer: tuple[Value, Value, Value, Value], reference: Value
) -> tuple[Value, Value]:
    """Where a mistake is to be looked for: in what is wrong, and in what is right by the allowance for rounding alone.

    The second lies more than one asked unit both from the true value and from what follows from the student's own.
    """
    submitted, _, _, holds = answer
    verdict, unit = marks.verdict[slot], marks.unit[slot]
    far = (abs(submitted - reference) > unit) & (abs(submitted - marks.carried[slot]) > unit)
    right = (verdict == CORRECT) | (verdict == FOLLOW_THROUGH)
    plain = holds == -1  # formulas are judged as such
    return (verdict == WRONG) & plain, right & far & plain


class Way:
    """One consistent way of working the steps that were left out."""

    __slots__ = ("balls", "choices")

    def __init__(self, balls: Balls, choices: dict[str, int]) -> None:
        self.balls, self.choices = balls, choices

    def route(self, choice: str, count: int) -> int:
        """Which of `count` routes this way takes."""
        return self.choices.get(choice, 0) % count


def mark(
    program: Program,
    reference: list[Value],
    answers: dict[int, tuple[Value, Value, Value, Value]],
    lanes: Any = FLOATS,
    overrides: Mapping[int, Sequence[tuple[Value, Route]]] | None = None,
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
    with lanes.quiet():
        return _mark(program, reference, answers, lanes, overrides or {})


def _mark(
    program: Program,
    reference: list[Value],
    answers: dict[int, tuple[Value, Value, Value, Value]],
    lanes: Any,
    overrides: Mapping[int, Sequence[tuple[Value, Route]]],
) -> Marks:
    where, negated = lanes.where, lanes.negated
    size = len(reference)
    marks = Marks({}, {}, {}, {}, {}, {}, {}, [])
    exact = Balls(list(reference), [0.0] * size, [0] * size)
    ways = [Way(exact, {})]
    tolerances = _tolerances(program)
    for number, step in enumerate(program.steps):
        slots = range(step.slot, step.slot + step.size)
        asked = tolerances.get(number, {})
        hidden = any(slot not in answers or lanes.some(negated(answers[slot][2])) for slot in slots)
        if hidden and len(step.routes) > 1 and step.choice not in ways[0].choices:
            ways = _forked(ways, step.choice, len(step.routes))
        found = [_candidates(program, step, way, lanes) for way in ways]
        for who, route in overrides.get(number, ()):
            for way, candidates in zip(ways, found, strict=True):
                _override(program, route, who, way, candidates, lanes)
        for element, slot in enumerate(slots):
            tolerance, carry, expect = asked.get(element) or asked.get(None) or (program.tolerance, True, "any")
            unit = asked_unit(tolerance, reference[slot], lanes)
            chosen = [
                (way, candidates[element][way.route(step.choice, len(step.routes))])
                for way, candidates in zip(ways, found, strict=True)
            ]
            if slot not in answers:
                for way, (value, radius, tainted) in chosen:
                    way.balls.value[slot] = value
                    way.balls.radius[slot] = where((value == 0) & (radius == 0), 0.0, radius + unit)
                    way.balls.tainted[slot] = tainted
                marks.unit[slot] = unit
                if asked:
                    marks.verdict[slot] = MISSING
                    marks.carried[slot], marks.reach[slot] = chosen[0][1][0], chosen[0][1][1]
                    marks.degenerate[slot], marks.tainted[slot] = False, chosen[0][1][2]
                continue
            submitted, typed, given, holds = answers[slot]
            half = 0.5 if tolerance.strict else 1.0
            accept = unit * half
            by_size = tolerance.decimals is None and tolerance.absolute is None
            right = within(submitted, reference[slot], accept, lanes)
            follows: Value = False
            carried, spoiled = chosen[0][1][0], False
            void: Value = False
            for candidates in found:
                for value, radius, tainted in candidates[element]:
                    hit = within(submitted, value, accept + radius, lanes)
                    clean = tainted == 0
                    right = right | (hit & clean)
                    # right within the tolerance, but also the 0 that a wrong 0 leads to: nothing may rest on it
                    void = void | (hit & (value == 0) & (tainted >= WRONG_ZERO) & (reference[slot] != 0))
                    # an error that leads out of the numbers earns nothing: no answer follows from it
                    if by_size:  # what follows from an error may be of another size, and so is its last digit
                        reach = lanes.larger(accept, asked_unit(tolerance, value, lanes) * half) + radius
                        hit = hit | within(submitted, value, reach, lanes)
                    late = hit & negated(clean) & (radius < float("inf"))
                    if not carry:
                        late = late & False
                    first = late & negated(follows)
                    carried = where(first, value, carried)
                    # a 0 that follows from a wrong 0 took no work
                    spoiled = where(first, (value == 0) & (tainted >= WRONG_ZERO) & (reference[slot] != 0), spoiled)
                    follows = follows | late
            coarse = (typed > unit) & (typed < float("inf")) & (submitted != 0)
            imprecise = coarse & within(submitted, reference[slot], typed / 2, lanes)
            verdict = where(right, CORRECT, where(follows, FOLLOW_THROUGH, where(imprecise, IMPRECISE, WRONG)))
            if expect != "any" or lanes.some(holds >= 0):
                own = _formula_verdict(holds, carry, program.numbers_only, lanes)
                verdict = _both(verdict, own, holds, expect, lanes)
            verdict = where(given, verdict, MISSING)
            marks.verdict[slot], marks.carried[slot], marks.unit[slot] = verdict, carried, unit
            marks.degenerate[slot] = (verdict == FOLLOW_THROUGH) & spoiled & (holds == -1)
            marks.reach[slot] = chosen[0][1][1]
            own_taint = where(right & negated(void), 0, where(submitted == 0, TAINTED | WRONG_ZERO, TAINTED))
            cap = lanes.larger(unit, asked_unit(tolerance, submitted, lanes)) if by_size else unit
            marks.grain[slot] = cap
            own_radius = lanes.smaller(typed, where(own_taint == 0, unit, cap))
            # a 0 that comes of exact numbers alone is 0 however it is rounded: the side of a corner is no accident
            whole = (submitted == 0) & (chosen[0][1][0] == 0) & (chosen[0][1][1] == 0)
            own_radius = where(whole, 0.0, own_radius)
            marks.tainted[slot] = where(given, own_taint, chosen[0][1][2])
            for way, (value, radius, tainted) in chosen:
                way.balls.value[slot] = where(given, submitted, value)
                left_out = where((value == 0) & (radius == 0), 0.0, radius + unit)
                way.balls.radius[slot] = where(given, own_radius, left_out)
                way.balls.tainted[slot] = where(given, own_taint, tainted)
    marks.ways.extend(way.balls for way in ways)
    return marks


def _candidates(program: Program, step: Any, way: Way, lanes: Any) -> list[list[tuple[Value, Value, Value]]]:
    """For each element, what each route gives: value, radius and taint."""
    per_route = []
    for route in step.routes:
        run_balls(route.code, program.formulas, way.balls, lanes)
        balls = way.balls
        per_route.append([(balls.value[out], balls.radius[out], balls.tainted[out]) for out in route.out])
    return [list(routes) for routes in zip(*per_route, strict=True)]


def _override(
    program: Program, route: Route, who: Value, way: Way, candidates: list[list[tuple[Value, Value, Value]]], lanes: Any
) -> None:
    """Put what a wrong rule gives in the place of every route, for those who used it."""
    balls = way.balls
    run_balls(route.code, program.formulas, balls, lanes)
    for element, out in enumerate(route.out):
        candidates[element][:] = [
            (
                lanes.where(who, balls.value[out], value),
                lanes.where(who, balls.radius[out], radius),
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
    return [Way(way.balls.copy(), {**way.choices, choice: k}) for k in range(count) for way in ways]


def _tolerances(program: Program) -> dict[int, dict[int | None, tuple[Tolerance, bool, str]]]:
    """What is asked of each step, by element (None: of all)."""
    found: dict[int, dict[int | None, tuple[Tolerance, bool, str]]] = {}
    for item in program.ask:
        found.setdefault(item.step, {})[item.element] = (item.tolerance, item.carry, item.expect)
    return found


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
