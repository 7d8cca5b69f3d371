"""A problem worked out: each step's rule, the numbers put in, the exact value, and the loss over repeated updates."""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING, Any

from checker.errors import AuthorError, Finding, Place
from checker.graph.derive import derive
from checker.graph.node import Node, Nodes, names, ordered
from checker.model import ClosedForm, Kind, LossCurve, Problem, Solution, SolvedStep
from checker.numbertext import NumberError, read_fraction, read_number
from checker.readings.compile import compile_derivation
from checker.readings.exact import Exact
from checker.readings.loop import loss_curve
from checker.readings.notation import latex_array, latex_name, latex_number
from checker.readings.program import SHOWN_ELEMENTS, places, with_numbers
from checker.readings.text import latex, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from fractions import Fraction

    from checker.readings.program import Program, Step

DIGITS = 30
MOST_ITERATIONS = 10_000
STEADY = 1e-9  # a relative change of the loss below this is none
MOST_PARTS = 2_000  # names and numbers in a closed form
LONGEST_EXACT = 120  # characters of LaTeX in an exact value that is shown
MOST_UNROLLED = 20  # iterations put into each other


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
    curve, remark = _curve(problem, iterations)
    forms = tuple(closed_form(problem, step) for step in dict.fromkeys(closed_forms))
    compared = tuple(_compared(problem, learning_rates, len(curve) - 1))
    return Solution(problem.id, problem.title, tuple(solved), curve, problem.loss, remark, forms, compared, problem)


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


def closed_form(problem: Problem, step: str) -> ClosedForm:
    """The formula of a step with every earlier step put in, down to givens and parameters.

    Raises:
        AuthorError: a problem that cannot be derived, an unknown step, a closed form of more than 2,000 parts: with
            every layer it grows by a factor.
    """
    place = Place(problem.source)
    ask = [(step, place)]
    iteration = int(match[1]) if (match := re.search(r"@([0-9]{1,5})$", step.strip())) else 1
    if iteration > MOST_UNROLLED:
        what = f"the closed form of iteration {iteration}: no more than {MOST_UNROLLED} are put into each other"
        raise AuthorError(Finding(what, place, "ask for an earlier one"))
    ask += [(f"{problem.loss}@{k}" if k > 1 else problem.loss, place) for k in range(1, iteration)]
    derivation = derive(replace(problem, ask=tuple(dict.fromkeys(ask)), rubric=replace(problem.rubric, steps={})))
    (_, target, _) = derivation.ask[0]
    rules = {item.name: item.rule for item in derivation.steps}
    sizes: dict[str, int] = {}
    for item in derivation.steps:
        sizes[item.name] = _parts(item.rule, sizes)
        if item.name == target.step:
            break
    if sizes[target.step] > MOST_PARTS:
        raise AuthorError(
            Finding(
                f"the closed form of {target.step} has {sizes[target.step]:,} parts, more than {MOST_PARTS:,}",
                place,
                f"ask for a step nearer to the parameters, or read `{target.step} = {text(rules[target.step])}`",
            )
        )
    done: dict[str, Node] = {}
    waiting = [target.step]
    while waiting:
        name = waiting[-1]
        missing = [other for other in names(rules[name]) if other in rules and other not in done]
        if missing:
            waiting.extend(missing)
            continue
        done[name] = _expanded(derivation.nodes, rules[name], done)
        waiting.pop()
    node = done[target.step]
    if target.element is not None:
        node = _element(derivation.nodes, node, target.element)
    label = target.step if target.element is None else f"{target.step}[{','.join(map(str, target.element))}]"
    if target.negative:
        return ClosedForm(label, f"-({text(node)})", rf"-\left({latex(node)}\right)")
    return ClosedForm(label, text(node), latex(node))


def _parts(rule: Node, sizes: dict[str, int]) -> int:
    """How many names and numbers a rule has once every step is put in; no more is counted than matters."""
    at: dict[int, int] = {}
    for node in ordered(rule):
        if node.op == "name":
            at[node.id] = sizes.get(node.data, 1)
        elif node.op == "constant":
            at[node.id] = 1
        elif node.op == "elementwise":
            uses = [sum(1 for part in _leaves(node.data.expr) if part == f"x{i}") for i in range(len(node.args))]
            at[node.id] = sum(at[arg.id] * max(1, count) for arg, count in zip(node.args, uses, strict=True)) + 1
        else:
            at[node.id] = sum(at[arg.id] for arg in node.args)
        at[node.id] = min(at[node.id], 10**12)
    return at[rule.id]


def _leaves(expr: Any) -> list[str]:
    found, waiting = [], [expr]
    while waiting:
        part = waiting.pop()
        if part.is_Symbol:
            found.append(str(part.name))
        waiting.extend(part.args)
    return found


def _expanded(nodes: Nodes, rule: Node, steps: dict[str, Node]) -> Node:
    """The rule with nodes put in for steps; what is elementwise becomes one formula again."""
    done: dict[int, Node] = {}
    for node in ordered(rule):
        if node.op == "name":
            done[node.id] = steps.get(node.data, node)
        elif not node.args:
            done[node.id] = node
        else:
            args = [done[arg.id] for arg in node.args]
            if node.op == "elementwise":
                done[node.id] = nodes.elementwise(node.data, args)
            elif node.op == "contraction":
                inputs, output = node.data
                done[node.id] = nodes.contraction(inputs, output, args)
            else:
                done[node.id] = nodes.selection(node.data, args[0], node.shape)
    return done[rule.id]


def _element(nodes: Nodes, node: Node, element: tuple[int, ...]) -> Node:
    """One element of a node, with the selection taken into an elementwise formula: `a[1]*(1 - a[1])`."""
    position = 0
    for i, n in zip(element, node.shape, strict=True):
        position = position * n + i - 1
    if node.op == "elementwise" and all(arg.shape in (node.shape, ()) for arg in node.args):
        args = [arg if arg.shape == () else nodes.selection(((position,),), arg, ()) for arg in node.args]
        return nodes.elementwise(node.data, args)
    return nodes.selection(((position,),), node, ())


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


def _compared(problem: Problem, rates: Sequence[Fraction | float | str], updates: int) -> Iterator[LossCurve]:
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
