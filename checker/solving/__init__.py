"""A problem worked out: each step's rule, the numbers put in, the exact value, and the loss over repeated updates."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING, Any

from checker.errors import Place
from checker.graph.derive import derive
from checker.graph.node import Node, names
from checker.model import Kind, Problem, Solution, SolvedStep
from checker.readings.compile import compile_derivation
from checker.readings.exact import Exact
from checker.readings.notation import latex_array, latex_name, latex_number
from checker.readings.program import SHOWN_ELEMENTS, places, with_numbers
from checker.readings.text import latex
from checker.solving.closed import closed_form
from checker.solving.curves import compared, curve, describe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from fractions import Fraction

    from checker.readings.program import Program, Step

__all__ = ["closed_form", "describe", "solve_problem"]

DIGITS = 30
LONGEST_EXACT = 120  # characters of LaTeX in an exact value that is shown


def solve_problem(
    problem: Problem,
    iterations: int | None = None,
    digits: int | None = None,
    steps: Sequence[str] = (),
    closed_forms: Sequence[str] = (),
    mathematics: bool = False,
    learning_rates: Sequence[Fraction | float | str] = (),
) -> Solution:
    """The problem's steps worked exactly and in floats; `iterations` repeats the update for the loss curve.

    Args:
        problem: what to work out.
        iterations: how often the update is repeated; as often as the problem says where None.
        digits: how many digits a value is given to where its closed form is too long to read (default 30).
        steps: the steps to work, by any of their names; all of them where none is named.
        closed_forms: the steps whose closed forms are wanted too, by any of their names.
        mathematics: whether what follows from each rule is wanted as LaTeX too.
        learning_rates: others than the problem's own, for loss curves beside its own.

    Raises:
        AuthorError: a problem that cannot be derived, an unknown step, iterations of a problem without an update, a
            closed form that is too long, a learning rate that is none.
    """
    everything = replace(problem, ask=None, rubric=replace(problem.rubric, steps={}))
    if steps:
        everything = replace(everything, ask=tuple((name, Place(problem.source)) for name in steps))
    derivation = derive(everything)
    program = compile_derivation(derivation, everything=True)
    exact = Exact(derivation, digits or DIGITS)
    rules = {step.name: step.rule for step in derivation.steps}
    wanted = {target.step for _, target, _ in derivation.ask}
    known = places(program)
    solved = []
    for step in program.steps:
        if step.name not in wanted and (steps or step.kind != Kind.OPTIMIZER_STATE.value):
            continue
        texts = exact.texts(step.name, closed_forms=digits is None)
        values = program.values[step.slot : step.slot + step.size]
        solved.append(
            SolvedStep(
                step.name,
                Kind(step.kind),
                step.formula,
                with_numbers(program, step, known),
                f"{latex_name(step.name)} = {latex(rules[step.name])}",
                _nested(texts, step.shape),
                _nested(values, step.shape),
                step.shape,
                tuple(_latex_parts(program, step, rules[step.name], exact, known)) if mathematics else (),
                tuple(step.parents),
            )
        )
    losses, remark = curve(problem, iterations)
    forms = tuple(closed_form(problem, step) for step in dict.fromkeys(closed_forms))
    others = tuple(compared(problem, learning_rates, len(losses) - 1))
    return Solution(problem.id, problem.title, tuple(solved), losses, problem.loss, remark, forms, others, problem)


def _latex_parts(
    program: Program, step: Step, rule: Node, exact: Exact, known: Mapping[str, tuple[int, tuple[int, ...]]]
) -> Iterator[str]:
    """The rule with the numbers put in, where that says more than the value, then the exact value, as LaTeX."""

    def number(name: str) -> str:
        slot, shape = known[name]
        size = prod(shape)
        if size > SHOWN_ELEMENTS or len(shape) > 2:
            return latex_name(name)
        return latex_array([latex_number(v) for v in program.values[slot : slot + size]], shape)

    if rule.op != "name" and any(name in known for name in names(rule)):
        yield latex(rule, number)
    closed = exact.latex(step.name)
    if not step.shape and closed[0] is not None and len(closed[0]) <= LONGEST_EXACT:
        yield closed[0]


def _nested(items: Sequence[Any], shape: tuple[int, ...]) -> Any:
    if not shape:
        return items[0]
    size = prod(shape[1:])
    return [_nested(items[i * size : (i + 1) * size], shape[1:]) for i in range(shape[0])]
