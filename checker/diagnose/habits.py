"""Mistakes that a student makes in some layers only: a habit with a name of its own.

The table gives such a habit as another mistake and where it is made: `hidden: act_deriv_missing` is that mistake in the
hidden layers while the output is right, `output: act_deriv_missing` the other way about. A layer is known by how many
activations follow it before the loss: the output's is the first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from checker.knowledge.misconceptions import MISCONCEPTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from checker.readings.program import Program

OUTPUT = 1  # activations that follow the output's weighted sum


class Habit(NamedTuple):
    """A mistake made in some layers only: its own name, which mistake it is, and whether at the output or before."""

    code: str
    tier: int
    of: str
    output: bool


HABITS = tuple(
    Habit(code, MISCONCEPTIONS[code].tier, rule.formula.partition(": ")[2], rule.formula.startswith("output: "))
    for code in MISCONCEPTIONS
    for rule in MISCONCEPTIONS[code].rules
    if rule.place == "habit"
)
OF = frozenset(habit.of for habit in HABITS)


def layers(program: Program) -> dict[str, dict[int, bool]]:
    """For each mistake that a habit is of: the steps (by number) where it can be made, and whether at the output.

    Only where a problem has both kinds of layers is there anything to tell apart.
    """
    found: dict[str, dict[int, bool]] = {}
    for mistake in program.mistakes:
        for name in mistake.names:
            if name.code in OF and mistake.layer >= OUTPUT:
                found.setdefault(name.code, {})[mistake.step] = mistake.layer == OUTPUT
    return {code: steps for code, steps in found.items() if len(set(steps.values())) > 1}


def habits_of(code: str, steps: Iterable[int], where: dict[str, dict[int, bool]]) -> list[Habit]:
    """The habits that a mistake is where it is made at these steps alone."""
    kinds = {where.get(code, {}).get(step) for step in steps}
    return [habit for habit in HABITS if habit.of == code and kinds == {habit.output}]
