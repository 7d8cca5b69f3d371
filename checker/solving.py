"""A problem worked out: each step's rule, the numbers put in, the exact value, and the loss over repeated updates."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from math import prod
from typing import Any

from checker.errors import AuthorError, Finding, Place
from checker.graph.derive import derive
from checker.model import Kind, Problem, Solution, SolvedStep
from checker.readings.compile import compile_derivation, loss_curve
from checker.readings.exact import Exact
from checker.readings.program import with_numbers
from checker.readings.text import latex, latex_name
from checker.stepname import UnknownStep

DIGITS = 30
MOST_ITERATIONS = 10_000
STEADY = 1e-9  # a relative change of the loss below this is none


def solve_problem(
    problem: Problem, iterations: int | None = None, digits: int | None = None, steps: Sequence[str] = ()
) -> Solution:
    """The problem's steps worked exactly and in floats; `iterations` repeats the update for the loss curve.

    Args:
        digits: how many digits a value is given to where its closed form is too long to read (default 30).
        steps: the steps to work, by any of their names; all of them where none is named.

    Raises:
        AuthorError: a problem that cannot be derived, an unknown step, iterations of a problem without an update.
    """
    everything = replace(problem, ask=None, rubric=replace(problem.rubric, steps={}))
    if steps:
        everything = replace(everything, ask=tuple((name, Place(problem.source)) for name in steps))
    derivation = derive(everything)
    program = compile_derivation(derivation, everything=True)
    exact = Exact(derivation, digits or DIGITS)
    rules = {step.name: step.rule for step in derivation.steps}
    wanted = {target.step for _, target, _ in derivation.ask}
    solved = []
    for step in program.steps:
        if step.name not in wanted and (steps or step.kind != Kind.OPTIMIZER_STATE.value):
            continue
        texts = exact.texts(step.name)
        values = program.values[step.slot : step.slot + step.size]
        solved.append(
            SolvedStep(
                step.name,
                Kind(step.kind),
                step.formula,
                with_numbers(program, step),
                f"{latex_name(step.name)} = {latex(rules[step.name])}",
                _nested(texts, step.shape),
                _nested(values, step.shape),
                step.shape,
            )
        )
    curve, remark = _curve(problem, iterations)
    return Solution(problem.id, problem.title, tuple(solved), curve, problem.loss, remark)


def _nested(items: Sequence[Any], shape: tuple[int, ...]) -> Any:
    if not shape:
        return items[0]
    size = prod(shape[1:])
    return [_nested(items[i * size : (i + 1) * size], shape[1:]) for i in range(shape[0])]


def _curve(problem: Problem, iterations: int | None) -> tuple[tuple[float, ...], str]:
    count = iterations if iterations is not None else problem.update.iterations if problem.update else 0
    if iterations is not None and problem.update is None:
        raise AuthorError(
            Finding(
                "the problem has no update to repeat",
                Place(problem.source),
                "add `update: {optimizer: sgd, learning_rate: 0.1}`",
            )
        )
    if count > MOST_ITERATIONS:
        raise AuthorError(
            Finding(f"{count} iterations, more than {MOST_ITERATIONS}", Place(problem.source), "ask for fewer")
        )
    if not count:
        return (), ""
    curve = loss_curve(problem, count)
    return tuple(curve), describe(problem, curve)


def describe(problem: Problem, curve: Sequence[float]) -> str:
    """What a loss curve does, in words: converges, oscillates, diverges or stands still, and whether the learning
    rate is the likely cause, which is tried out with a tenth of it."""
    trend = trend_of(curve)
    assert problem.update is not None
    rate = problem.update.settings["learning_rate"]
    updates = len(curve) - 1
    span = f"The loss goes from {curve[0]:.6g} to {curve[-1]:.6g} in {updates} update{'s' if updates != 1 else ''}"
    words = {
        "converged": "it has converged: further updates change nothing",
        "falling": "it falls at every update and has not settled yet",
        "oscillating": "it oscillates, up and down from update to update",
        "settling": "it oscillates, but less and less: it is converging",
        "diverging": "it diverges",
        "rising": "it rises at every update",
        "still": "it stands still: the gradient is zero (a saturated or dead unit, or a minimum)",
        "uneven": "it falls, with rises on the way",
    }
    sentence = f"{span}; {words[trend]}."
    if trend not in ("oscillating", "diverging", "rising", "uneven"):
        return sentence
    smaller = replace(
        problem,
        update=replace(problem.update, settings={**problem.update.settings, "learning_rate": rate / 10}),
    )
    calmer = trend_of(loss_curve(smaller, updates))
    if calmer in ("falling", "converged", "settling"):
        verb = {"falling": "falls at every update", "converged": "converges", "settling": "settles"}[calmer]
        return f"{sentence} The learning rate {float(rate):g} is the likely cause: with {float(rate / 10):g} the loss {verb}."
    return f"{sentence} A tenth of the learning rate does not help, so the cause lies elsewhere."


def trend_of(curve: Sequence[float]) -> str:
    """What a loss curve does, as one word.

    >>> trend_of([4.0, 2.0, 1.0, 0.5])
    'falling'
    >>> trend_of([1.0, 3.0, 9.0, 27.0])
    'rising'
    >>> trend_of([1.0, 0.5, 1.0, 0.5, 1.0])
    'oscillating'
    """
    if any(not math.isfinite(value) for value in curve) or abs(curve[-1]) > 1e6 * (abs(curve[0]) + 1):
        return "diverging"
    scale = max(abs(value) for value in curve) or 1.0
    changes = [b - a for a, b in zip(curve, curve[1:], strict=False)]
    moves = [change for change in changes if abs(change) > STEADY * scale]
    if not moves:
        return "still"
    if all(change < 0 for change in moves):
        return "converged" if len(changes) > 2 and abs(changes[-1]) <= 1e-6 * scale else "falling"
    if all(change > 0 for change in moves):
        return "rising"
    turns = sum((a < 0) != (b < 0) for a, b in zip(moves, moves[1:], strict=False))
    half = len(moves) // 2
    early, late = max(map(abs, moves[: half or 1])), max(map(abs, moves[half:]))
    if turns >= max(1, len(moves) // 3):
        if late > 2 * early and curve[-1] > curve[0]:
            return "diverging"
        return "settling" if late < early / 2 and curve[-1] < curve[0] else "oscillating"
    return "uneven" if curve[-1] < curve[0] else "diverging"

