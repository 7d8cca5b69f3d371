"""The optimizer: its state and the updated parameters as steps."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from checker.graph.differentiate import add, times
from checker.graph.formula import decimal
from checker.graph.steps import Route, Step
from checker.knowledge.optimizers import OPTIMIZERS
from checker.model import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from fractions import Fraction

    from checker.graph.deriver import Deriver
    from checker.graph.node import Node
    from checker.knowledge.entries import Form
    from checker.model import Problem


def form_of(problem: Problem) -> Form:
    """The form of the optimizer that the problem uses."""
    update = problem.update
    assert update is not None
    forms = OPTIMIZERS[update.optimizer].forms
    return next((form for form in forms if form.name == update.form), forms[0])


def optimizer(deriver: Deriver, states: Mapping[str, Node], time: Node) -> list[Step]:
    """The optimizer's state and the updated parameters, parameters as listed.

    `states` are the nodes of the state before this iteration (`v_w1`); what is missing is zero.
    """
    update = deriver.problem.update
    if update is None:
        return []
    entry, form = OPTIMIZERS[update.optimizer], form_of(deriver.problem)
    settings = {name: deriver.nodes.constant(value) for name, value in update.settings.items()}
    steps: list[Step] = []
    clipped = _clipped(deriver, update.settings)
    for name in deriver.problem.trained:
        parameter = deriver.scope[name]
        gradient = clipped(deriver.nodes.name(deriver.gradient_name(name), parameter.shape))
        if "weight_decay" in update.settings and not entry.decoupled_decay:
            gradient = add(deriver.nodes, [gradient, times(deriver.nodes, settings["weight_decay"], parameter)])
        if gradient.op != "name":  # the gradient that the optimizer sees is a step that can be rounded
            raw = deriver.nodes.name(deriver.gradient_name(name), parameter.shape)
            steps.append(
                Step(
                    f"g_{name}",
                    Kind.OPTIMIZER_STATE,
                    parameter.shape,
                    [Route(gradient)],
                    about=name,
                    scope={"raw": raw, "g": gradient},
                )
            )
            gradient = deriver.nodes.name(f"g_{name}", parameter.shape)
        scope = {**settings, "w": parameter, "g": gradient, "t": time}
        for state, _ in form.state:
            scope[f"{state}_prev"] = states.get(f"{state}_{name}", deriver.nodes.constant(0))
        for state, text in form.state:
            node = deriver.nodes.expand(deriver.builder.entry(text, scope), parameter.shape)
            steps.append(
                Step(
                    f"{state}_{name}",
                    Kind.OPTIMIZER_STATE,
                    parameter.shape,
                    [Route(node)],
                    text=written(text, scope),
                    about=name,
                    scope=dict(scope),
                )
            )
            scope[state] = deriver.nodes.name(f"{state}_{name}", parameter.shape)
        node = deriver.nodes.expand(deriver.builder.entry(form.update, scope), parameter.shape)
        steps.append(
            Step(
                f"{name}_new",
                Kind.UPDATE,
                parameter.shape,
                [Route(node)],
                text=written(form.update, scope),
                about=name,
                scope=scope,
            )
        )
    return steps


def _clipped(deriver: Deriver, settings: Mapping[str, Fraction]) -> Callable[[Node], Node]:
    """What clipping does to each parameter's gradient, by value and then by the norm of all of them together."""
    nodes, builder = deriver.nodes, deriver.builder

    def by_value(gradient: Node) -> Node:
        if "clip_value" not in settings:
            return gradient
        bound = nodes.constant(settings["clip_value"])
        return builder.entry("max(min(g, bound), -bound)", {"g": gradient, "bound": bound})

    if "clip_norm" not in settings:
        return by_value
    squares = [
        builder.entry("sum(g^2)", {"g": by_value(nodes.name(deriver.gradient_name(p), deriver.scope[p].shape))})
        for p in deriver.problem.trained
    ]
    norm = builder.entry("sqrt(total)", {"total": add(nodes, squares)})
    bound = nodes.constant(settings["clip_norm"])
    return lambda gradient: builder.entry(
        "g*min(1, bound/norm)", {"g": by_value(gradient), "norm": norm, "bound": bound}
    )


def written(text: str, scope: Mapping[str, Node]) -> str:
    """A table entry's formula with this problem's names and numbers in the place of its own."""

    def put(match: re.Match[str]) -> str:
        node = scope.get(match[0])
        if node is None:
            return match[0]
        return str(node.data) if node.op == "name" else decimal(node.data)

    return re.sub(r"[A-Za-z_]\w*", put, text)
