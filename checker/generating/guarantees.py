"""What holds of every variant: a table of checks, each worked on a block of draws at once.

A check is made of parts (this gradient, this pair of answers, this mistake). A part measures by how many times more
than needed it holds: 1 is the bound itself, and what is not clearly above it is rejected.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from checker.generating.structure import MOST_TIER, codes_of
from checker.readings.lanes import LANES
from checker.readings.numeric import run
from checker.readings.rounding import MOST_MOVED, changes, states_before
from checker.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from checker.generating.evidence import Evidence, Wrong

HOLDS = 1 + 1e-6  # the bound itself is a matter of the last bits of a float, so it is no variant's
LEAST_SLOPE = 0.05  # of the largest slope that an activation can have
LEAST_UNITS = 10  # of the last digit asked: a number of one digit shows no mistake
LEAST_GRADIENT = 1e-4  # gradebooks (Canvas) take what is smaller for 0
CORNER_ROOM = 2  # how many times the reach of rounding a corner keeps away
ALIKE = 1e-9  # numbers as near as this in every draw are the same number by another name
GRADIENTS = ("gradient", "local_derivative")


class Part(NamedTuple):
    """A part of a check: the step it is about, what it says, and by how many times it holds in each lane.

    `code` is the mistake it is about, '' where it is about none.
    """

    step: str
    what: str
    margin: Any
    code: str = ""


class Known(NamedTuple):
    """What is so in every draw of a structure, and hence no accident: equal slots, zeros, mistakes without a trace.

    `equal` are pairs of slots, `zero` slots, `blind` numbers of mistakes that give the right value, `twins` pairs of
    numbers of mistakes that give the same.
    """

    equal: frozenset[tuple[int, int]] = frozenset()
    zero: frozenset[int] = frozenset()
    blind: frozenset[int] = frozenset()
    twins: frozenset[tuple[int, int]] = frozenset()


class Guarantee(NamedTuple):
    """A check that every variant passes, unless its template accepts it by this name."""

    name: str
    summary: str
    parts: Callable[[Evidence, Known], Iterator[Part]]
    aliases: tuple[str, ...] = ()


def _finite(evidence: Evidence, _: Known) -> Iterator[Part]:
    for step in evidence.program.steps:
        finite = np.ones(evidence.count, dtype=bool)
        for slot in range(step.slot, step.slot + step.size):
            finite &= np.isfinite(evidence.lanes(evidence.values[slot]))
        yield Part(step.name, f"{step.name} is no finite number", np.where(finite, np.inf, 0.0))


def _slopes(evidence: Evidence, wanted: Callable[[bool], bool]) -> Iterator[tuple[str, str, Any, float]]:
    """The slope of every unit in every lane, and the largest it can be, for units that are bent or not."""
    structure = evidence.structure
    units = [unit for unit in structure.units if wanted(unit.bent)]
    if not units:
        return
    values = list(evidence.values) + [0.0] * (structure.scratch - len(evidence.values))
    with LANES.quiet():
        for unit in units:
            run(unit.route.code, structure.conditions.formulas, values, LANES)
            for place, slot in enumerate(unit.route.out):
                shown = f"{unit.name}[{place + 1}]" if len(unit.route.out) > 1 else unit.name
                slope = np.abs(evidence.lanes(unit.slope(LANES.operations, [values[slot]])))
                yield unit.name, f"{shown} of {unit.function}", slope, unit.largest


def _saturated(evidence: Evidence, _: Known) -> Iterator[Part]:
    for step, shown, slope, largest in _slopes(evidence, lambda bent: bent):
        yield Part(step, f"{shown} is saturated", slope / (LEAST_SLOPE * largest))
    for name, first, size in evidence.structure.probabilities:
        for place in range(size):
            a = evidence.lanes(evidence.values[first + place])
            yield Part(name, f"{name}[{place + 1}] of softmax is saturated", a * (1 - a) / (LEAST_SLOPE * 0.25))


def _dead(evidence: Evidence, _: Known) -> Iterator[Part]:
    for step, shown, slope, _largest in _slopes(evidence, lambda _bent: True):
        yield Part(step, f"{shown} is dead", np.where(slope > ALIKE, np.inf, 0.0))


def _corners(evidence: Evidence, _: Known) -> Iterator[Part]:
    for name, gap, moved in evidence.corners():
        unit = evidence.lanes(evidence.units[next(s.slot for s in evidence.program.steps if s.name == name)])
        with LANES.quiet():
            margin = np.abs(gap) / (CORNER_ROOM * moved + unit)
        yield Part(name, f"rounding can move {name} across a corner", margin)


def _small_answers(evidence: Evidence, known: Known) -> Iterator[Part]:
    for answer in evidence.answers:
        value = np.abs(evidence.lanes(evidence.values[answer.slot]))
        margin = value / (LEAST_UNITS * evidence.units[answer.slot])
        yield Part(answer.label, f"{answer.label} is too small for the digits that are asked", margin)


def _small_gradients(evidence: Evidence, _: Known) -> Iterator[Part]:
    for answer in evidence.answers:
        if answer.kind in GRADIENTS:
            margin = np.abs(evidence.lanes(evidence.values[answer.slot])) / LEAST_GRADIENT
            yield Part(answer.label, f"{answer.label} is under {LEAST_GRADIENT:g}", margin)


def _coarse_states(evidence: Evidence, _: Known) -> Iterator[Part]:
    program = evidence.program
    for number in dict.fromkeys(answer.step for answer in evidence.answers):
        step = program.steps[number]
        if not states_before(step, program):
            continue
        sizes = changes(step, program, evidence.values)
        labels = {answer.slot: answer.label for answer in evidence.answers if answer.step == number}
        for slot, label in labels.items():
            size, reach = evidence.lanes(sizes[slot - step.slot]), evidence.reach[slot]
            with LANES.quiet():
                margin = np.where((size > ALIKE) & (reach > 0), MOST_MOVED * size / reach, np.inf)
            yield Part(step.name, f"{label} rests on a state that is rounded to nothing", margin)


def _zeros(evidence: Evidence, known: Known) -> Iterator[Part]:
    asked = {answer.step for answer in evidence.answers}
    for number, step in enumerate(evidence.program.steps):
        if number not in asked and step.kind != "forward":
            continue  # the 0 of a target that is 0 harms nobody who is not asked about it
        for slot in range(step.slot, step.slot + step.size):
            if slot not in known.zero:
                value = np.abs(evidence.lanes(evidence.values[slot]))
                yield Part(step.name, f"{step.name} has an exact 0", np.where(value > ALIKE, np.inf, 0.0))


def _equal_answers(evidence: Evidence, known: Known) -> Iterator[Part]:
    answers = evidence.answers
    leaves = [(name, slot + i) for name, (slot, shape) in evidence.program.leaves.items() for i in range(_size(shape))]
    labels = [(answer.label, answer.slot) for answer in answers] + leaves
    values = np.array([evidence.lanes(evidence.values[slot]) for _, slot in labels])
    units = np.array([evidence.units[a.slot] for a in answers] + [np.zeros(evidence.count) for _ in leaves])
    for i, answer in enumerate(answers):
        others = [j for j in range(i + 1, len(labels)) if (answer.slot, labels[j][1]) not in known.equal]
        if others:
            apart = np.abs(values[others] - values[i]) / np.maximum(units[others], units[i])
            yield Part(answer.label, f"{answer.label} equals another answer or a number given", apart.min(axis=0))


def _size(shape: tuple[int, ...]) -> int:
    return int(np.prod(shape))


def _mistakes(evidence: Evidence, known: Known) -> Iterator[Part]:
    at: dict[tuple[int, tuple[int, ...]], list[int]] = {}
    for number, wrong in enumerate(evidence.wrong):
        if number in known.blind or not wrong.slots:
            continue
        step = evidence.program.steps[wrong.mistake.step].name
        codes = codes_of(wrong.mistake)
        what = f"{codes[0]} cannot be told from the right value at {step}"
        yield Part(step, what, _from_right(evidence, wrong), " ".join(codes))
        at.setdefault((wrong.mistake.step, wrong.slots), []).append(number)
    for numbers in at.values():
        for n, i in enumerate(numbers):
            for j in numbers[n + 1 :]:
                one, other = evidence.wrong[i], evidence.wrong[j]
                codes, others = codes_of(one.mistake), codes_of(other.mistake)
                if (i, j) in known.twins or not set(codes).isdisjoint(others):
                    continue
                step = evidence.program.steps[one.mistake.step].name
                what = f"{codes[0]} and {others[0]} give the same at {step}"
                yield Part(step, what, _apart(evidence, one, other), " ".join((*codes, *others)))


def _from_right(evidence: Evidence, wrong: Wrong) -> Any:
    margin = np.zeros(evidence.count)
    with LANES.quiet():
        for slot, value in zip(wrong.slots, wrong.values, strict=True):
            bound = evidence.units[slot] + evidence.reach[slot]
            apart = np.abs(value - evidence.lanes(evidence.values[slot])) / bound
            margin = np.fmax(margin, np.where(np.isnan(value), np.inf, apart))
    return margin


def _apart(evidence: Evidence, one: Wrong, other: Wrong) -> Any:
    margin = np.zeros(evidence.count)
    with LANES.quiet():
        for slot, x, y in zip(one.slots, one.values, other.values, strict=True):
            apart = np.abs(x - y) / evidence.units[slot]
            margin = np.fmax(margin, np.where(np.isnan(x) != np.isnan(y), np.inf, apart))
    return margin


GUARANTEES: Table[Guarantee] = Table(
    "guarantee",
    (
        Guarantee("finite", "every step is a finite number", _finite),
        Guarantee(
            "saturated_units",
            f"the slope of every unit is at least {LEAST_SLOPE:.0%} of the largest that its activation has",
            _saturated,
        ),
        Guarantee("dead_units", "no unit has the slope 0", _dead),
        Guarantee(
            "corners",
            "no corner (of ReLU, of a maximum) lies within one unit and twice the reach of rounding",
            _corners,
        ),
        Guarantee(
            "small_answers",
            f"every answer is at least {LEAST_UNITS} times the unit that is asked of it",
            _small_answers,
        ),
        Guarantee(
            "small_gradients",
            f"every gradient and slope that is asked is at least {LEAST_GRADIENT:g}",
            _small_gradients,
        ),
        Guarantee(
            "coarse_states",
            f"the rounding of an optimizer's states moves no state and no update by {MOST_MOVED:.0%} of it",
            _coarse_states,
        ),
        Guarantee("zeros", "no answer and no forward step is exactly 0, unless it is in every draw", _zeros),
        Guarantee(
            "equal_answers",
            "no two answers, and no answer and number given, agree within the tolerance, unless they do in every draw",
            _equal_answers,
        ),
        Guarantee(
            "mistakes",
            f"every misconception of tier {MOST_TIER} or above is further from the right value than tolerance and "
            "rounding allow, and further from every other one at its step than the tolerance",
            _mistakes,
        ),
    ),
)


def known_from(evidence: Evidence) -> Known:
    """What is so in every lane, so that it is a matter of the structure and not of the numbers."""
    slots = [answer.slot for answer in evidence.answers]
    leaves = [slot + i for slot, shape in evidence.program.leaves.values() for i in range(_size(shape))]
    equal = set()
    values = {slot: evidence.lanes(evidence.values[slot]) for slot in (*slots, *leaves)}
    for place, slot in enumerate(slots):
        for another in (*slots[place + 1 :], *leaves):
            if _same(values[slot], values[another]):
                equal.add((slot, another))
    zero = {
        slot
        for step in evidence.program.steps
        for slot in range(step.slot, step.slot + step.size)
        if _same(evidence.lanes(evidence.values[slot]), np.zeros(evidence.count))
    }
    wrong = evidence.wrong
    blind = {
        number
        for number, each in enumerate(wrong)
        if all(map(_same, each.values, [evidence.lanes(evidence.values[slot]) for slot in each.slots]))
    }
    twins = {
        (i, j)
        for i, one in enumerate(wrong)
        for j, other in enumerate(wrong[i + 1 :], i + 1)
        if one.mistake.step == other.mistake.step
        and one.slots == other.slots
        and all(map(_same, one.values, other.values))
    }
    return Known(frozenset(equal), frozenset(zero), frozenset(blind), frozenset(twins))


def _same(x: Any, y: Any) -> bool:
    """Whether two values agree in every lane in which they are numbers at all."""
    with LANES.quiet():
        usable = np.isfinite(x) & np.isfinite(y)
        return bool(np.all((np.isfinite(x) == np.isfinite(y)) & (~usable | (np.abs(x - y) <= ALIKE * (1 + np.abs(x))))))
