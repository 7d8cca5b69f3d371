"""How far rounding reaches, for somebody who answers every question and rounds each answer as is asked.

An optimizer divides by the root of a state (Adam, RMSProp, AdaGrad). A state that is typed as 0.0000 says nothing, and
whatever is worked from it may be anything: no answer there can be told from a wrong one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from checker.model import Kind
from checker.readings.ball import Balls, run
from checker.readings.numeric import FLOATS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from checker.readings.numeric import Value
    from checker.readings.program import Program, Step

MOST_MOVED = 0.5  # of a step of an optimizer: where rounding moves it further, it carries nothing


def rounded(
    program: Program, values: Sequence[Value], units: Mapping[int, Value], asked: Collection[int], lanes: Any = FLOATS
) -> tuple[Balls, dict[int, Value]]:
    """Every slot as a ball once its answer is rounded, and by slot how far the rounding of earlier ones has moved it.

    Args:
        program: the steps, in order.
        values: the true value of every slot.
        units: by slot, the unit that an answer is rounded to.
        asked: the slots that are asked; a step left out is rounded besides what reaches it.
        lanes: the arithmetic of the values.
    """
    balls = Balls(list(values), [0.0] * len(values), [0] * len(values))
    reach: dict[int, Value] = {}
    for step in program.steps:
        route = step.routes[0]
        run(route.code, program.formulas, balls, lanes)
        for slot, out in zip(range(step.slot, step.slot + step.size), route.out, strict=True):
            radius = reach[slot] = balls.radius[out]
            balls.value[slot] = values[slot]
            balls.radius[slot] = units[slot] if slot in asked else radius + units[slot]
    return balls, reach


def states_before(step: Step, program: Program) -> list[Step]:
    """The states of an optimizer that a step of it rests on, the nearest first; none where it is something else."""
    if step.kind not in (Kind.OPTIMIZER_STATE.value, Kind.UPDATE.value):
        return []
    states = {other.name: other for other in program.steps if other.kind == Kind.OPTIMIZER_STATE.value}
    found: dict[str, Step] = {}
    waiting = list(step.parents)
    for name in waiting:
        if name in states and name not in found:
            found[name] = states[name]
            waiting += states[name].parents
    return list(found.values())


def changes(step: Step, program: Program, values: Sequence[Value]) -> list[Value]:
    """By element, what rounding must not swallow: by how much an update changes its parameter; else the step's size."""
    own = [values[slot] for slot in range(step.slot, step.slot + step.size)]
    before = _before(step, program)
    if before is None:
        return [abs(value) for value in own]
    return [abs(value - values[before + i]) for i, value in enumerate(own)]


def _before(step: Step, program: Program) -> int | None:
    """The first slot of the parameter that a step updates; None of any other step."""
    if step.kind != Kind.UPDATE.value:
        return None
    name, _, iteration = step.name.partition("@")
    last = int(iteration or 1) - 1
    if not last:
        leaf = program.leaves.get(name.removesuffix("_new"))
        return None if leaf is None else leaf[0]
    earlier = name if last == 1 else f"{name}@{last}"
    return next((other.slot for other in program.steps if other.name == earlier), None)
