"""Mistakes that take one value for another: before or after an activation, an update, an iteration, or at random."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.graph.mistakes.network import Place
from checker.graph.node import names
from checker.graph.steps import BEFORE
from checker.model import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from checker.graph.mistakes.network import Network

MOST_STEPS = 6  # whose value may have been taken for another's
MOST_EXCHANGED = 200  # steps: in a network written out unit by unit, anything equals something


def renamed(net: Network) -> Iterator[Place]:
    """`raw`, a gradient on the way back, and `raw_parameter`: raw (with the error that has not crossed the activation).

    `updated`, the same: updated (with the weights after the update).
    """
    before = {
        net.delta(slope.about).data: net.delta(slope.via)
        for slope in net.slopes
        if slope.about in net.gradients and net.name(slope.via).shape == net.name(slope.about).shape
    }
    after = {name: net.name(f"{name}_new") for name in net.problem.trained if f"{name}_new" in net.steps}
    for name, gradient in net.gradients.items():
        used = names(gradient.rule)
        if (
            name in net.equations
            and any(leaf in before for leaf in used)
            and any(leaf in net.quantities for leaf in used)
        ):
            yield Place("raw", gradient, {"raw": net.nodes.rename(gradient.rule, before, {})})
        elif name in net.problem.trained and any(leaf in before for leaf in used):
            yield Place("raw_parameter", gradient, {"raw": net.nodes.rename(gradient.rule, before, {})})
        if name in net.equations and any(leaf in after for leaf in used):
            yield Place("updated", gradient, {"updated": net.nodes.rename(gradient.rule, after, {})})


def stale(net: Network) -> Iterator[Place]:
    """`stale`, any step from the second iteration on but updates: whole (its value in the iteration before).

    Of a gradient also forward (worked from the forward values before).
    """
    if not net.again:
        return
    before = {name: net.nodes.name(name + BEFORE, item.shape) for name, item in net.steps.items()}
    forward = {name: before[name] for name, item in net.steps.items() if item.kind is Kind.FORWARD}
    for name, item in net.steps.items():
        if item.kind in (Kind.OPTIMIZER_STATE, Kind.UPDATE):
            continue
        scope = {"whole": before[name]}
        if item.kind is Kind.GRADIENT and not forward.keys().isdisjoint(names(item.rule)):
            scope["forward"] = net.nodes.rename(item.rule, forward, {})
        yield Place("stale", item, scope)


def operands(net: Network) -> Iterator[Place]:
    """`operand`, any step: swapped (one given, parameter or step exchanged for another).

    Not for that of a step that comes of this one: from a wrong answer that always follows.
    """
    if len(net.steps) > MOST_EXCHANGED:
        return
    comes_of: dict[str, set[str]] = {}
    for name, item in net.steps.items():
        comes_of[name] = {name}.union(*(comes_of.get(leaf, ()) for leaf in names(item.rule)))
    for item in net.steps.values():
        for leaf in names(item.rule):
            if leaf in net.quantities:
                for other in net.alike(leaf, net.quantities):
                    swapped = net.nodes.rename(item.rule, {leaf: net.name(other)}, {})
                    yield Place("operand", item, {"swapped": swapped})
            elif leaf in net.steps:
                kind = net.steps[leaf].kind
                others = (
                    name for name, other in net.steps.items() if other.kind is kind and item.name not in comes_of[name]
                )
                for other in net.alike(leaf, others, MOST_STEPS):
                    swapped = net.nodes.rename(item.rule, {leaf: net.name(other)}, {})
                    yield Place("operand", item, {"swapped": swapped})
