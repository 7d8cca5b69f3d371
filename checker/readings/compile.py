"""A derivation made into a program: steps, routes, mistakes and rubric as plain data, ready to grade."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from checker.errors import AuthorError, Finding
from checker.graph.derive import derive
from checker.graph.mistakes import find_mistakes
from checker.graph.node import names, strides
from checker.knowledge.misconceptions import MISCONCEPTIONS
from checker.model import Problem, StepRubric, Tolerance
from checker.readings import program as kept
from checker.readings.loop import left_behind
from checker.readings.lower import Lowering
from checker.readings.numeric import FLOATS
from checker.readings.renumber import hold, with_holding
from checker.readings.text import text
from checker.stepname import UnknownStep

if TYPE_CHECKING:
    from checker.graph.steps import Derivation, Mistake, Step


def compile_problem(problem: Problem, everything: bool = False, mistakes: bool = False) -> kept.Program:
    """The problem as a program.

    Args:
        problem: the problem.
        everything: whether all steps stand in it, asked or not.
        mistakes: whether what each named mistake gives stands in it too.

    Raises:
        AuthorError: as `derive` does.
    """
    return compile_derivation(derive(problem, find_mistakes if mistakes else None), everything)


def compile_derivation(derivation: Derivation, everything: bool = False) -> kept.Program:
    """The derivation as a program.

    Raises:
        AuthorError: more operations than a problem may have.
    """
    problem = derivation.problem
    lowering = Lowering(derivation)
    for name, shape, left in left_behind(derivation):
        lowering.leaf(name, shape, left)
    needed, beyond = (derivation.steps, []) if everything else _needed(derivation)
    # what only mistakes use comes last, so that steps have the same numbers with mistakes and without
    steps = needed + beyond
    lowered: list[kept.Step] = []
    candidates: list[kept.Candidate] = []
    for number, item in enumerate(steps):
        size = prod(item.shape)
        # scratch first, then the step's own slots: a step's routes never see each other's
        routes = [lowering.route(route.node) for route in item.routes]
        candidates.extend(
            kept.Candidate(number, k, routes[k]) for k, route in enumerate(item.routes) if not route.proven
        )
        start = lowering.step(item.name, size)
        shown = item.text or text(item.rule)
        lowered.append(
            kept.Step(item.name, item.kind.value, item.shape, start, size, item.choice, routes, shown, _parents(item))
        )
    mistakes = _mistakes(needed, lowering)
    result = kept.Program(
        problem.id, problem.title, problem.loss, lowered, _asked(derivation, lowered), lowering.formulas,
        lowering.values, lowering.exact, lowering.leaves, problem.rubric.tolerance,
        dict(problem.rubric.shares), problem.rubric.numbers_only, dict(derivation.names.shapes),
        derivation.names.iterations, dict(problem.aliases), [],
        mistakes, candidates, _targets(derivation), bool(derivation.computed),
    )  # fmt: skip
    kept.reference(result, result.values, FLOATS)
    return with_holding(result, hold(result, result.values))


def _needed(derivation: Derivation) -> tuple[list[Step], list[Step]]:
    """The steps that are asked or that an asked one rests on by any route; and those that only their mistakes use."""
    by_name = {item.name: item for item in derivation.steps}

    def with_ancestors(waiting: list[str], found: set[str]) -> set[str]:
        while waiting:
            name = waiting.pop()
            if name in by_name and name not in found:
                found.add(name)
                waiting.extend(parent for route in by_name[name].routes for parent in names(route.node))
        return found

    needed = with_ancestors([target.step for _, target, _ in derivation.ask], set())
    steps = [item for item in derivation.steps if item.name in needed]
    used = [name for item in steps for mistake in item.mistakes for name in names(mistake.node)]
    beyond = with_ancestors(used, set(needed)) - needed
    return steps, [item for item in derivation.steps if item.name in beyond]


def _mistakes(steps: list[Step], lowering: Lowering) -> kept.Mistakes:
    """What each mistake gives at each step, as code that runs once every step has its value; equal rules are one."""
    lowered = []
    for number, item in enumerate(steps):
        names: dict[int, list[kept.Name]] = {}
        first: dict[int, Mistake] = {}
        for mistake in item.mistakes:
            entry = MISCONCEPTIONS[mistake.code]
            first.setdefault(mistake.node.id, mistake)
            called = names.setdefault(mistake.node.id, [])
            if all(name.code != mistake.code for name in called):
                called.append(kept.Name(mistake.code, entry.tier, entry.slip, mistake.variant))
        for node, mistake in first.items():
            lowered.append(kept.Mistake(number, mistake.layer, names[node], lowering.route(mistake.node)))
    return kept.Mistakes.made(lowered)


def _parents(item: Step) -> list[str]:
    return list(dict.fromkeys(names(item.rule)))


def _asked(derivation: Derivation, steps: list[kept.Step]) -> list[kept.Asked]:
    """What is asked, with its rubric.

    Raises:
        AuthorError: `grading.steps` names what is not asked.
    """
    problem = derivation.problem
    number = {item.name: n for n, item in enumerate(steps)}
    rubric: dict[tuple[str, tuple[int, ...] | None], StepRubric] = {}
    findings = []
    for label, marks in problem.rubric.steps.items():
        place = problem.places.get(f"grading.steps.{label}")
        try:
            target = derivation.names.find(label)
        except UnknownStep as error:
            findings.append(Finding(f"grading.steps: {error.what}", place, error.mend))
            continue
        if not any(other.step == target.step for _, other, _ in derivation.ask):
            findings.append(Finding(f"grading.steps: {label!r} is not asked", place, "add it to ask, or leave it out"))
        rubric[target.step, target.element] = marks
    if findings:
        raise AuthorError(*findings)
    asked = []
    links = _links([(label, target.step) for label, target, _ in derivation.ask], steps)
    for label, target, _ in derivation.ask:
        item = steps[number[target.step]]
        marks = rubric.get((target.step, target.element)) or rubric.get((target.step, None)) or StepRubric()
        element = None
        if target.element is not None:
            element = sum((i - 1) * s for i, s in zip(target.element, strides(item.shape), strict=True))
        tolerance: Tolerance = marks.tolerance or problem.rubric.tolerance
        # the slope of a sum is a number, and that is all the formula it has
        expect = (marks.expect or problem.rubric.expect) if item.parents else "any"
        asked.append(
            kept.Asked(
                label,
                number[target.step],
                element,
                target.negative,
                marks.points,
                marks.carry,
                expect,
                links.get(target.step, []),
                tolerance,
            )
        )
    return asked


def _links(asked: list[tuple[str, str]], steps: list[kept.Step]) -> dict[str, list[str]]:
    """What of the asked each step is worked from, by labels, directly or through steps that nobody is asked about."""
    if len(asked) > kept.MOST_LINKED:
        return {}
    labels: dict[str, list[str]] = {}
    for label, step in asked:
        labels.setdefault(step, []).append(label)
    links: dict[str, list[str]] = {}
    for item in steps:  # in graph order: parents first
        found = (labels.get(name) or links.get(name, []) for name in item.parents)
        links[item.name] = list(dict.fromkeys(label for each in found for label in each))
    return links


def _targets(derivation: Derivation) -> list[str]:
    """The leaves that only the loss reads."""
    users: dict[str, set[str]] = {}
    for item in derivation.steps:
        if item.kind.value in ("forward", "loss"):
            for name in names(item.rule):
                users.setdefault(name, set()).add(item.name.partition("@")[0])
    return [q.name for q in derivation.problem.quantities if users.get(q.name) == {derivation.problem.loss}]
