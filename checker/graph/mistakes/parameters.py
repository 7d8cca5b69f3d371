"""Mistakes at the gradients of weights, biases and other quantities."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.graph.differentiate import add
from checker.graph.mistakes.network import MOST_PATHS, Place
from checker.graph.node import Node, names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from checker.graph.mistakes.network import Network


def weights(net: Network) -> Iterator[Place]:
    """`weight`, the gradient by a weight, of single numbers: g (the gradient that arrives), x (the input), w.

    `weight_matrix`: right (the right rule), G (of w's shape, each row filled with its g), w.

    `weight_other`: swapped (another input in the place of x).
    """
    network = [name for name in net.equations if name != net.problem.loss]
    read = {leaf for name in network for leaf in net.deriver.operands[name]}  # a target is no activation
    inside = [*network, *(q for q, found in net.quantities.items() if found.role == "given" and q in read)]
    for name, gradient in net.gradients.items():
        if name not in net.weights or len(gradient.terms) > MOST_PATHS:
            continue
        w = net.name(name)
        for consumer, share in gradient.terms:
            g, used = net.delta(consumer), names(share)
            inputs = [leaf for leaf in used if leaf != g.data and leaf in net.deriver.scope]
            if g.data not in used or len(inputs) != 1:
                continue
            x = net.name(inputs[0])
            rest = [other for other_consumer, other in gradient.terms if other_consumer != consumer]
            if g.shape == w.shape == x.shape == ():
                yield Place("weight", gradient, {"g": _plus(net, g, rest), "x": x, "w": w})
                if not rest:
                    yield Place("weight", gradient, {"g": g, "x": x, "w": w})
            elif len(w.shape) == 2 and len(g.shape) == 1 and not rest:
                rows = net.nodes.expand(net.nodes.reshape(g, (g.shape[0], 1)), w.shape)
                yield Place("weight_matrix", gradient, {"right": gradient.rule, "G": rows, "w": w})
            for other in net.alike(inputs[0], inside):
                swapped = _plus(net, net.nodes.rename(share, {inputs[0]: net.name(other)}, {}), rest)
                yield Place("weight_other", gradient, {"swapped": swapped})


def _plus(net: Network, node: Node, rest: list[Node]) -> Node:
    return add(net.nodes, [node, *rest]) if rest else node


def biases(net: Network) -> Iterator[Place]:
    """`bias`, the gradient by a bias: g (the right rule), b.

    `bias_input`: g, x (the unit's input); `bias_batch`: one (one example's part). `update_bias`, the updated bias: w.
    """
    for name, gradient in net.gradients.items():
        if name not in net.quantities or not gradient.terms:
            continue
        deltas = {net.delta(consumer).data for consumer, _ in gradient.terms}
        if not set(names(gradient.rule)) <= deltas:
            continue
        b = net.name(name)
        yield Place("bias", gradient, {"g": gradient.rule, "b": b})
        update = net.steps.get(f"{name}_new")
        if update is not None:
            yield Place("update_bias", update, {"w": b})
        consumer = gradient.terms[0][0]
        g = net.delta(consumer)
        for leaf in net.deriver.operands[consumer]:
            given = leaf in net.equations or net.quantities[leaf].role == "given"
            if given and net.name(leaf).shape == () == g.shape:
                yield Place("bias_input", gradient, {"g": g, "x": net.name(leaf)})
        if len(g.shape) == 2 and len(b.shape) == 1 and g.shape[1] <= MOST_PATHS:
            for k in range(g.shape[1]):
                column = tuple((i * g.shape[1] + k,) for i in range(g.shape[0]))
                yield Place("bias_batch", gradient, {"one": net.nodes.selection(column, g, b.shape)})


def shared(net: Network) -> Iterator[Place]:
    """`uses`, `uses_recurrent`, the gradient by a weight that is used more than once: last (one use's part).

    `shared`, the same by a quantity that is no weight: term (one use's part).
    """
    for name, gradient in net.gradients.items():
        if name not in net.quantities or not 2 <= len(gradient.terms) <= MOST_PATHS:
            continue
        for _, share in gradient.terms:
            if name in net.weights:
                yield Place("uses", gradient, {"last": share})
                yield Place("uses_recurrent", gradient, {"last": share})
            else:
                yield Place("shared", gradient, {"term": share})


def batch(net: Network) -> Iterator[Place]:
    """`parameter_batch`, the gradient by a parameter over a batch: g (the right rule), m (how many examples)."""
    _, examples = net.counts()
    if examples > 1:
        for name in net.problem.trained:
            if name in net.gradients:
                gradient = net.gradients[name]
                yield Place("parameter_batch", gradient, {"g": gradient.rule, "m": net.nodes.constant(examples)})
