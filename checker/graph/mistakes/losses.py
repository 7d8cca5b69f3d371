"""Mistakes at the loss and at its gradient by what it compares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.graph.formula import operand
from checker.graph.mistakes.network import MOST_PATHS, Place
from checker.graph.node import Node, names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from checker.graph.mistakes.network import Network


def loss_places(net: Network) -> Iterator[Place]:
    """`loss`, its value: L (the right rule), a (the prediction), y (the target).

    `loss_part`, for each output of several: part (that of the loss).

    `loss_outputs`: L, K (how many outputs); `loss_batch`: L, m (how many examples); `loss_logit`: y, z (what the
    prediction's activation is applied to).
    """
    item = net.steps[net.problem.loss]
    scope: dict[str, Node] = {"L": item.rule}
    predictions = net.predictions()
    if len(predictions) == 1:
        scope["a"] = net.name(predictions[0])
        targets = net.targets(predictions[0])
        if targets:
            scope["y"] = net.name(targets[0])
    yield Place("loss", item, scope, net.family)
    for prediction in predictions[:MOST_PATHS]:
        part = _part_of_loss(net, prediction)
        if part is not None:
            yield Place("loss_part", item, {"part": part})
    outputs, examples = net.counts()
    if outputs > 1:
        yield Place("loss_outputs", item, {"L": item.rule, "K": net.nodes.constant(outputs)})
    if examples > 1:
        yield Place("loss_batch", item, {"L": item.rule, "m": net.nodes.constant(examples)})
    if "y" in scope and net.activation(predictions[0]):
        argument = net.deriver.activation_argument(net.equations[predictions[0]])
        if argument:
            about = frozenset({net.activation(predictions[0])}) if "log" in net.family else frozenset()
            yield Place("loss_logit", item, {"y": scope["y"], "z": net.name(argument)}, about)


def loss_gradients(net: Network) -> Iterator[Place]:
    """`loss_gradient`, the gradient by a prediction: g (the right rule), a, y, L.

    `loss_gradient_signs`, of arrays: the same; `loss_gradient_outputs`: g, K (how many outputs). Of a single number a
    wrong sign is all that the error without its sign can be.
    """
    outputs, _ = net.counts()
    for prediction in net.predictions():
        gradient = net.gradients.get(prediction)
        if gradient is None or [consumer for consumer, _ in gradient.terms] != [net.problem.loss]:
            continue
        scope = {"g": gradient.rule, "a": net.name(prediction), "L": net.name(net.problem.loss)}
        for target in net.targets(prediction) or [""]:
            more = {"y": net.name(target)} if target else {}
            yield Place("loss_gradient", gradient, {**scope, **more}, net.family)
            part = _part_of_loss(net, prediction)
            if part is not None:
                yield Place("loss_gradient", gradient, {**scope, **more, "L": part}, net.family)
            if gradient.shape and target:
                yield Place("loss_gradient_signs", gradient, {**scope, **more}, net.family)
        if outputs > 1:
            yield Place("loss_gradient_outputs", gradient, {"g": gradient.rule, "K": net.nodes.constant(outputs)})


def _part_of_loss(net: Network, prediction: str) -> Node | None:
    """Of a loss written as a sum, one output's part; None where there is but one."""
    rule = net.steps[net.problem.loss].rule
    if rule.op != "elementwise" or not rule.data.expr.is_Add:
        return None
    own = {operand(n) for n, arg in enumerate(rule.args) if prediction in names(arg)}
    parts = [part for part in rule.data.expr.args if not own.isdisjoint(part.free_symbols)]
    if len(parts) == len(rule.data.expr.args):
        return None
    return net.builder.arithmetic(rule.data.expr.func(*parts), list(rule.args))
