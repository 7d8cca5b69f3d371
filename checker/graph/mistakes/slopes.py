"""Mistakes at activations on the way back: their slopes, and what passes through them."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from checker.expression.tree import Call, Number
from checker.graph.formula import operand, rational, step
from checker.graph.mistakes.network import MOST_PATHS, Place
from checker.knowledge.activations import ACTIVATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from checker.graph.mistakes.network import Network


def slope_places(net: Network) -> Iterator[Place]:
    """`slope`, the local derivative of an activation: a, z, s (the right slope).

    `slope_parameter`, where the activation has parameters: these by name as well. `corner`: zero, half, one (the slope
    of ReLU with that value at 0).
    """
    for item in net.slopes:
        tree = net.equations[item.via].expression
        assert isinstance(tree, Call)
        about = frozenset({net.activation(item.via)})
        a, z = net.name(item.via), net.name(item.about)
        scope = {"a": a, "z": z, "s": item.rule}
        yield Place("slope", item, scope, about)
        corners = {
            word: net.builder.arithmetic(step(operand(0), rational(Fraction(value))), [z])
            for word, value in (("zero", "0"), ("half", "1/2"), ("one", "1"))
        }
        yield Place("corner", item, corners, about)
        parameters = ACTIVATIONS[tree.function].parameters
        if parameters:
            values = [
                argument.value if (argument := _number(tree, n + 1)) is not None else Fraction(default)
                for n, (_, default) in enumerate(parameters)
            ]
            numbers = {key: net.nodes.constant(value) for (key, _), value in zip(parameters, values, strict=True)}
            yield Place("slope_parameter", item, {**scope, **numbers}, about)


def through(net: Network) -> Iterator[Place]:
    """`through`, the gradient by what an activation is applied to: g (that which arrives at a), a, z, s (the slope).

    `through_other`: g, other (another activation's slope). `output`, the same where the loss compares a: y (the target)
    as well. `onehot`: a, other (the target with its classes moved on).
    """
    for slope in net.slopes:
        gradient = net.gradients.get(slope.about)
        if gradient is None or [consumer for consumer, _ in gradient.terms] != [slope.via]:
            continue
        about = frozenset({net.activation(slope.via)})
        a, z = net.name(slope.via), net.name(slope.about)
        g = net.delta(slope.via)
        s = net.nodes.name(slope.name, slope.shape)
        scope = {"a": a, "z": z, "g": g, "s": s}
        yield Place("through", gradient, scope, about)
        for other in net.other_slopes(slope) if slope.shape == g.shape else ():
            yield Place("through_other", gradient, {"g": g, "other": net.name(other.name)})
        if slope.via not in net.loss_operands:
            continue
        for target in net.targets(slope.via):
            y = net.name(target)
            if "softmax" in about:  # its slope is a matrix; what people multiply with is the sigmoid's
                slope_like = net.builder.entry("a*(1 - a)", {"a": a})
                yield Place("output", gradient, {**scope, "s": slope_like, "y": y}, net.family)
            else:
                yield Place("output", gradient, {**scope, "y": y}, net.family)
            if len(y.shape) == 1 and y.shape[0] <= MOST_PATHS:
                for shift in range(1, y.shape[0]):
                    turned = tuple(((i + shift) % y.shape[0],) for i in range(y.shape[0]))
                    other_class = net.nodes.selection(turned, y, y.shape)
                    yield Place("onehot", gradient, {"a": a, "other": other_class}, net.family)


def _number(tree: Call, position: int) -> Number | None:
    argument = tree.arguments[position] if position < len(tree.arguments) else None
    return argument if isinstance(argument, Number) else None
