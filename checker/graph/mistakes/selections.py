"""Mistakes at convolutions and maxima, whose gradients go back by index maps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.expression.tree import Binary, Call, Expression, Index, Name, Negative
from checker.graph.build import BuildError
from checker.graph.differentiate import add, pull_back, times
from checker.graph.mistakes.network import Place
from checker.graph.node import Node, names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from checker.graph.mistakes.network import Network


def convolutions(net: Network) -> Iterator[Place]:
    """`flip`, a gradient through a convolution: flipped (in reverse order, or worked with the kernel turned round)."""
    for equation in net.equations.values():
        for call in _calls(equation.expression, ("conv1d", "conv2d")):
            leaves = [argument.name for argument in call.arguments[:2] if isinstance(argument, Name)]
            for name in leaves:
                gradient = net.gradients.get(name)
                if gradient is None or not gradient.shape:
                    continue
                yield Place("flip", gradient, {"flipped": _turned(net, gradient.rule)})
                for other in leaves:
                    if other != name and other in names(gradient.rule):
                        turned = _turned(net, net.name(other))
                        yield Place("flip", gradient, {"flipped": net.nodes.rename(gradient.rule, {other: turned}, {})})


def _turned(net: Network, node: Node) -> Node:
    """All axes in reverse order."""
    return net.nodes.selection(tuple((i,) for i in reversed(range(node.size))), node, node.shape)


def winners(net: Network) -> Iterator[Place]:
    """`winner`, the gradient by what a maximum is taken of: all (every operand gets it), loser (only the others do)."""
    for equation in net.equations.values():
        tree = equation.expression
        if not isinstance(tree, Call) or tree.function not in ("max", "min", "max_pool"):
            continue
        try:
            everyone = net.builder.build(_summed(tree), net.deriver.scope)
        except BuildError:
            continue
        if everyone.shape != net.deriver.rules[equation.name].shape:
            continue
        adjoint = net.delta(equation.name)
        shares = pull_back(net.nodes, everyone, adjoint)
        for name, share in shares.items():
            gradient = net.gradients.get(name)
            if gradient is None or [consumer for consumer, _ in gradient.terms] != [equation.name]:
                continue
            minus = times(net.nodes, net.nodes.constant(-1), gradient.rule)
            yield Place("winner", gradient, {"all": share, "loser": add(net.nodes, [share, minus])})


def _summed(tree: Call) -> Expression:
    """The same call with every operand added up instead of the largest taken."""
    if tree.function == "max_pool":
        return Call("sum_pool", tree.arguments, tree.at)
    if len(tree.arguments) == 1:
        return Call("sum", tree.arguments, tree.at)
    total: Expression = tree.arguments[0]
    for argument in tree.arguments[1:]:
        total = Binary("+", total, argument, tree.at)
    return total


def _calls(tree: Expression, functions: tuple[str, ...]) -> Iterator[Call]:
    stack: list[Expression] = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, Call):
            if node.function in functions:
                yield node
            stack.extend(node.arguments)
        elif isinstance(node, Binary):
            stack.extend((node.left, node.right))
        elif isinstance(node, Negative):
            stack.append(node.operand)
        elif isinstance(node, Index):
            stack.append(node.base)
