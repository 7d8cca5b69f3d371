"""A problem's steps in graph order, for each iteration that somebody is asked about, and what its names mean.

Every step is of the same kind, a name with its local rule, and holds every honest route to its value: a slope from the
activation or from its input, a gradient through the chain or by a shortcut. One iteration is the equations and the loss
(`deriver`), the way back (`backward`), and the optimizer.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from checker.errors import AuthorError, Finding, Place
from checker.graph.backward import Backward
from checker.graph.deriver import MOST_SCALAR_STEPS, Deriver, too_many
from checker.graph.node import Node, names
from checker.graph.optimizer import form_of, optimizer
from checker.graph.steps import BEFORE, Derivation, Mistake, Route, Step
from checker.model import Kind, Problem, Shape
from checker.stepname import StepNames, Target, UnknownStep

MOST_WHOLE_ITERATIONS = 10  # asked about in full where the author names no steps


MistakeFinder = Callable[["Deriver", "list[Step]", bool], "dict[str, list[Mistake]]"]


def derive(problem: Problem, find_mistakes: MistakeFinder | None = None) -> Derivation:
    """All steps of a problem that are asked or lead to one, in graph order.

    Args:
        problem: the problem.
        find_mistakes: gives what each named mistake makes of each step of one iteration, where that is wanted.

    Raises:
        AuthorError: an equation that cannot be worked, an unknown step in `ask`, `grading` or `aliases`, more than
            10,000 scalar steps.
    """
    deriver = Deriver(problem)
    forward = deriver.forward()
    iterations = problem.update.iterations if problem.update else 1
    backward = Backward(deriver, _wanted(problem, [text for text, _ in problem.ask or ()], deriver)).steps()
    once = forward + backward
    shapes = {step.name: step.shape for step in once}
    update = optimizer(deriver, {}, deriver.nodes.constant(1))
    shapes.update({step.name: step.shape for step in update})
    size = sum(_size(shape) for shape in shapes.values())
    if size > MOST_SCALAR_STEPS:
        raise too_many(size, problem)
    step_names = StepNames(_all_shapes(shapes, deriver), problem.aliases, problem.loss, iterations)
    ask = _ask(problem, step_names, once + update, iterations)
    needed = sorted({_iteration(target.step) for _, target, _ in ask} | {1})
    steps: list[Step] = []
    computed: dict[str, tuple[int, str]] = {}
    for k in needed:
        if k == 1:
            steps.extend(_with_mistakes(deriver, once + update, find_mistakes, False))
        else:
            steps.extend(_iterate(deriver, once, k, k - 1 in needed, computed, find_mistakes))
    return Derivation(problem, deriver.nodes, steps, step_names, ask, computed)


def loop(problem: Problem) -> Derivation:
    """One iteration with the optimizer's state (`v_w1@0`) and its time (`t@0`) as leaves, to be run many times."""
    deriver = Deriver(problem)
    steps = deriver.forward() + Backward(deriver, set()).steps()
    steps += optimizer(deriver, _states(deriver), deriver.nodes.name("t@0", ()))
    step_names = StepNames({step.name: step.shape for step in steps}, {}, problem.loss)
    return Derivation(problem, deriver.nodes, steps, step_names, [])


def _states(deriver: Deriver) -> dict[str, Node]:
    """The optimizer's state before an iteration, as leaves `v_w1@0`."""
    update = deriver.problem.update
    if update is None:
        return {}
    return {
        f"{state}_{name}": deriver.nodes.name(f"{state}_{name}@0", deriver.scope[name].shape)
        for name in deriver.problem.trained
        for state, _ in form_of(deriver.problem).state
    }


def _iterate(
    deriver: Deriver,
    once: list[Step],
    k: int,
    follows: bool,
    computed: dict[str, tuple[int, str]],
    find_mistakes: MistakeFinder | None,
) -> list[Step]:
    """The steps of iteration k > 1: the same rules, on the parameters and the state that the one before left.

    Where that one `follows` from no step (nobody is asked about it), they are leaves, noted in `computed`.
    """
    nodes = deriver.nodes
    states = _states(deriver)
    steps = _with_mistakes(deriver, once + optimizer(deriver, states, nodes.constant(k)), find_mistakes, follows)
    used = {name for step in steps for route in step.routes for name in names(route.node)}
    renamed = {step.name: nodes.name(f"{step.name}@{k}", step.shape) for step in steps}
    handed = {name: f"{name}_new" for name in deriver.problem.trained}
    handed.update({str(leaf.data): name for name, leaf in states.items() if leaf.data in used})
    for leaf, name in handed.items():
        left = f"{name}@{k - 1}" if k > 2 else name
        renamed[leaf] = nodes.name(left, deriver.scope[leaf].shape if leaf in deriver.scope else states[name].shape)
        if not follows:
            computed[left] = (k - 1, name)
    for step in once:
        before = f"{step.name}@{k - 1}" if k > 2 else step.name
        renamed[step.name + BEFORE] = nodes.name(before, step.shape)
    done: dict[int, Node] = {}
    return [
        replace(
            step,
            name=f"{step.name}@{k}",
            routes=[Route(nodes.rename(route.node, renamed, done), route.proven) for route in step.routes],
            mistakes=[wrong._replace(node=nodes.rename(wrong.node, renamed, done)) for wrong in step.mistakes],
            scope={key: nodes.rename(node, renamed, done) for key, node in step.scope.items()},
            text=re.sub(
                r"[A-Za-zΑ-ω_][\wΑ-ω]*(?:@0)?",
                lambda m: str(renamed[m[0]].data) if m[0] in renamed else m[0],
                step.text,
            ),
        )
        for step in steps
    ]


def _with_mistakes(deriver: Deriver, steps: list[Step], find: MistakeFinder | None, again: bool) -> list[Step]:
    if find is None:
        return steps
    found = find(deriver, steps, again)
    return [replace(step, mistakes=found.get(step.name, [])) for step in steps]


def _size(shape: Shape) -> int:
    size = 1
    for n in shape:
        size *= n
    return size


def _iteration(step: str) -> int:
    _, _, iteration = step.partition("@")
    return int(iteration or 1)


def _wanted(problem: Problem, asked: list[str], deriver: Deriver) -> set[str]:
    """The derived names that `ask`, `aliases` and `grading` mention: local derivatives and gradients of givens."""
    possible: dict[str, tuple[int, ...]] = {}
    for equation in problem.equations:
        for name in deriver.operands[equation.name]:
            possible[f"d{equation.name}_d{name}"] = ()
    for name in deriver.scope:
        possible[deriver.gradient_name(name)] = ()
        possible[name] = ()
    lookup = StepNames(possible, problem.aliases, problem.loss)
    wanted = set()
    for text in asked:
        base = text.partition("[")[0].partition("@")[0]
        try:
            wanted.add(lookup.find(base).step)
        except UnknownStep:
            continue
    return wanted


def _all_shapes(shapes: dict[str, Shape], deriver: Deriver) -> dict[str, Shape]:
    """The shape of everything that can be named."""
    every = dict(shapes)
    own = set(deriver.scope)
    for equation in deriver.problem.equations:
        for name in deriver.operands[equation.name]:
            local = f"d{equation.name}_d{name}"
            if local not in every and local not in own and equation.name != deriver.problem.loss:
                shape = deriver.local_shape(equation.name, name)
                if shape is not None:
                    every[local] = shape
    for name, node in deriver.scope.items():
        every.setdefault(deriver.gradient_name(name), node.shape)
    return every


def _ask(
    problem: Problem, step_names: StepNames, steps: list[Step], iterations: int
) -> list[tuple[str, Target, Place | None]]:
    """What is asked, as named, with what each name means."""
    findings = []
    for alias, text in problem.aliases.items():
        try:
            StepNames(step_names.shapes, {}, problem.loss, iterations).find(text)
        except UnknownStep as error:
            findings.append(Finding(f"alias {alias}: {error.what}", problem.places.get(f"aliases.{alias}"), error.mend))
    ask: list[tuple[str, Target, Place | None]] = []
    if problem.ask is None:
        ask = [(name, Target(name), None) for name in _default_ask(problem, steps, iterations)]
    else:
        seen: dict[tuple[str, tuple[int, ...] | None], str] = {}
        for text, place in problem.ask:
            try:
                target = step_names.find(text)
            except UnknownStep as error:
                findings.append(Finding(f"ask: {error.what}", place, error.mend))
                continue
            key = (target.step, target.element)
            if key in seen:
                findings.append(Finding(f"ask: {text!r} is asked twice (as {seen[key]!r})", place, "leave one out"))
            seen[key] = text
            ask.append((text, target, place))
    if findings:
        raise AuthorError(*findings)
    return ask


def _default_ask(problem: Problem, steps: list[Step], iterations: int) -> list[str]:
    """Every equation, the loss, every activation's slope, the gradients on the way to the loss, every update."""
    zero = {step.name for step in steps if step.kind is Kind.GRADIENT and not names(step.rule) and _is_zero(step.rule)}
    base = [step.name for step in steps if step.kind is not Kind.OPTIMIZER_STATE and step.name not in zero]
    if iterations > MOST_WHOLE_ITERATIONS:
        return base
    return [f"{name}@{k}" if k > 1 else name for k in range(1, iterations + 1) for name in base]


def _is_zero(node: Node) -> bool:
    return (node.op == "constant" and node.data == 0) or (node.op == "selection" and _is_zero(node.args[0]))
