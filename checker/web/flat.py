"""Units that learn nothing: dead or saturated where the updates begin, said in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.expression.tree import Call, Name
from checker.knowledge.activations import ACTIVATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from checker.model import Problem
    from checker.web.written import Known

FLAT = 1e-4  # a slope below this lets nothing through
MOST_NAMED = 3


def flat_units(problem: Problem, values: Mapping[str, Known]) -> str:
    """Which activations are flat at the numbers of the problem, '' where none is.

    A slope of 0 is a dead unit (ReLU at a negative sum), a tiny one a saturated unit.
    """
    found = []
    for equation in problem.equations:
        call = equation.expression
        if not (isinstance(call, Call) and call.function in ACTIVATIONS and call.function != "softmax"):
            continue
        operand = call.arguments[0]
        slopes = values.get(f"d{equation.name}_d{operand.name}") if isinstance(operand, Name) else None
        if slopes is None or not isinstance(operand, Name):
            continue
        at = values[operand.name].numbers
        dead = [n for n, slope in enumerate(slopes.numbers) if slope == 0.0]
        tiny = [n for n, slope in enumerate(slopes.numbers) if 0.0 < abs(slope) < FLAT]
        for which, word in ((dead, "dead"), (tiny, "saturated")):
            if which:
                count = len(slopes.numbers)
                verb = "is" if len(which) == 1 else "are"
                who = (
                    f"{equation.name} is" if count == 1 else f"{len(which)} of {count} units of {equation.name} {verb}"
                )
                slope = "0" if word == "dead" else f"{slopes.numbers[which[0]]:.1g}"
                where = (
                    f"at {operand.name} = {at[which[0]]:.4g} the slope of {call.function.replace('_', ' ')} is {slope}"
                )
                found.append(f"{who} {word}: {where}")
    more = f" and {len(found) - MOST_NAMED} more layers like that" if len(found) > MOST_NAMED else ""
    return f"{'; '.join(found[:MOST_NAMED])}{more}." if found else ""
