"""Mistakes on the way forward: activations, and what is summed before them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.expression.tree import Call
from checker.graph.differentiate import pull_back, times
from checker.graph.formula import operand
from checker.graph.mistakes.network import MOST_PATHS, Place
from checker.graph.node import Node, names, ordered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from checker.graph.mistakes.network import Network


def activations(net: Network) -> Iterator[Place]:
    """`activation`, an activation's value: z, and the activation's parameters."""
    for name, equation in net.equations.items():
        tree = equation.expression
        kind = net.activation(name)
        if kind and isinstance(tree, Call) and name != net.problem.loss:
            z = net.builder.build(tree.arguments[0], net.deriver.scope)
            yield Place("activation", net.steps[name], {"z": z}, frozenset({kind}))


def sums(net: Network) -> Iterator[Place]:
    """`sum`, for each quantity added in a sum: right (the right rule), b (the quantity, with its sign).

    `sum_term`, for each other term of it: right, term, others (all but this one, if any).

    `forward_swap`, for each weight in it: swapped (another weight in its place, or a square matrix transposed).
    """
    for name, rule in net.deriver.rules.items():
        if name == net.problem.loss or net.activation(name):
            continue
        slopes = pull_back(net.nodes, rule, net.nodes.constant(1)) if rule.shape == () else None
        for leaf in net.deriver.operands[name]:
            if leaf not in net.quantities or len(net.deriver.operands[name]) < 3:
                continue
            node = net.name(leaf)
            if slopes is not None:
                slope = slopes.get(leaf)
                sign = slope.data if slope is not None and slope.op == "constant" else None
            else:
                sign = _added(net, rule, leaf)
            if sign in (1, -1):
                b = node if sign == 1 else times(net.nodes, net.nodes.constant(-1), node)
                shape = rule.shape
                if len(b.shape) == 1 and len(shape) == 2:
                    b = net.nodes.reshape(b, (b.shape[0], 1))
                yield Place("sum", net.steps[name], {"right": rule, "b": b})
        yield from _terms(net, name, rule)
        weights = [leaf for leaf in net.deriver.operands[name] if leaf in net.weights]
        for leaf in weights:
            for other in net.alike(leaf, (w for w in net.problem.trained if w not in weights)):
                swapped = net.nodes.rename(rule, {leaf: net.name(other)}, {})
                yield Place("forward_swap", net.steps[name], {"swapped": swapped})
        yield from _transposed_forward(net, name, rule)


def _added(net: Network, rule: Node, leaf: str) -> int | None:
    """1 or -1 where the leaf is added or subtracted as it stands, by every element."""
    share = pull_back(net.nodes, rule, net.nodes.name("adjoint", rule.shape)).get(leaf)
    if share is None:
        return None
    if names(share) == ["adjoint"]:
        formulas = [n for n in ordered(share) if n.op == "elementwise"]
        if not formulas:
            return 1
        return -1 if all(n.data.expr == -operand(0) for n in formulas) else None
    return None


def _terms(net: Network, name: str, rule: Node) -> Iterator[Place]:
    """Each term of a sum but what is added as it stands: that is a bias."""
    if rule.op != "elementwise" or not rule.data.expr.is_Add:
        return
    args = list(rule.args)
    bare = {sign * operand(n) for n, arg in enumerate(args) if arg.op == "name" for sign in (1, -1)}
    terms = [part for part in rule.data.expr.args if part not in bare][:MOST_PATHS]
    for term in terms:
        scope = {"right": rule, "term": net.builder.arithmetic(term, args)}
        if len(terms) > 1:
            scope["others"] = net.builder.arithmetic(rule.data.expr - term, args)
        yield Place("sum_term", net.steps[name], scope)


def _transposed_forward(net: Network, name: str, rule: Node) -> Iterator[Place]:
    for node in ordered(rule):
        if node.op == "contraction" and len(node.args) == 2 and node.args[0].op == "name":
            (left, right), output = node.data
            matrix = node.args[0]
            if len(left) == 2 and matrix.shape[0] == matrix.shape[1] and left[1] in right:
                turned = net.nodes.contraction([left[::-1], right], output, node.args)
                swapped = _replaced(net, rule, node, turned)
                yield Place("forward_swap", net.steps[name], {"swapped": swapped})


def _replaced(net: Network, root: Node, old: Node, new: Node) -> Node:
    return net.nodes.rename(root, {}, {old.id: new})
