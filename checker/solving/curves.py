"""The loss over repeated updates, with the problem's own learning rate and with others, and what it does, in words."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from typing import TYPE_CHECKING

from checker.errors import AuthorError, Finding, Place
from checker.model import LossCurve
from checker.numbertext import NumberError, read_fraction, read_number
from checker.readings.loop import loss_curve

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from fractions import Fraction

    from checker.model import Problem

MOST_ITERATIONS = 10_000
STEADY = 1e-9  # a relative change of the loss below this is none


def curve(problem: Problem, iterations: int | None) -> tuple[tuple[float, ...], str]:
    """The loss before the first update and after each, and what it does; as many updates as the problem has where None.

    Raises:
        AuthorError: the problem has no update to repeat, or it is repeated too often.
    """
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
    losses = loss_curve(problem, count)
    return tuple(losses), describe(problem, losses)


def compared(problem: Problem, rates: Sequence[Fraction | float | str], updates: int) -> Iterator[LossCurve]:
    """The loss curves with other learning rates, each once, over as many updates."""
    if not rates:
        return
    if problem.update is None:
        what = "the problem has no update, so no learning rate"
        mend = "add `update: {optimizer: sgd, learning_rate: 0.1}`"
        raise AuthorError(Finding(what, Place(problem.source), mend))
    seen = {problem.update.settings["learning_rate"]}
    for given in rates:
        rate = _rate(str(given))
        if rate in seen:
            continue
        seen.add(rate)
        settings = {**problem.update.settings, "learning_rate": rate}
        other = replace(problem, update=replace(problem.update, settings=settings))
        losses = tuple(loss_curve(other, updates))
        yield LossCurve(str(given), losses, describe(other, losses))


def _rate(text: str) -> Fraction:
    try:
        read = read_number(text) or read_fraction(text)
    except NumberError:
        read = None
    rate = read.fraction() if read is not None else None
    if rate is None or rate <= 0:
        raise AuthorError(Finding(f"{text!r} is no learning rate", None, "give a positive number, as 0.1 or 1/3"))
    return rate


def describe(problem: Problem, curve: Sequence[float]) -> str:
    """What a loss curve does, in words: converges, oscillates, diverges or stands still, and whether the learning
    rate is the likely cause, which is tried out with a tenth of it.
    """
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
        cause = f"The learning rate {float(rate):g} is the likely cause: with {float(rate / 10):g} the loss {verb}."
        return f"{sentence} {cause}"
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
    changes = [b - a for a, b in itertools.pairwise(curve)]
    moves = [change for change in changes if abs(change) > STEADY * scale]
    if not moves:
        return "still"
    if all(change < 0 for change in moves):
        return "converged" if len(changes) > 2 and abs(changes[-1]) <= 1e-6 * scale else "falling"
    if all(change > 0 for change in moves):
        return "rising"
    turns = sum((a < 0) != (b < 0) for a, b in itertools.pairwise(moves))
    half = len(moves) // 2
    early, late = max(map(abs, moves[: half or 1])), max(map(abs, moves[half:]))
    if turns >= max(1, len(moves) // 3):
        if late > 2 * early and curve[-1] > curve[0]:
            return "diverging"
        return "settling" if late < early / 2 and curve[-1] < curve[0] else "oscillating"
    return "uneven" if curve[-1] < curve[0] else "diverging"
