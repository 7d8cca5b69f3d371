"""Mistakes where a quantity reaches the loss by several paths, or through a row of weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.graph.differentiate import add, times
from checker.graph.mistakes.network import MOST_PATHS, Place
from checker.graph.node import Node, names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from checker.graph.mistakes.network import Network
    from checker.graph.steps import Step


def paths(net: Network) -> Iterator[Place]:
    """`path`, the gradient by a step that reaches the loss on several paths: term (one path's part).

    `path_recurrent`, where weights are used again and again: the same. `paths`: bare (the gradients that arrive, added
    up without the weights), product (the parts multiplied).
    """
    recurrent = _recurrent(net)
    for name, gradient in net.gradients.items():
        if name not in net.equations:
            continue
        terms = [share for _, share in gradient.terms]
        bare: list[Node] = []
        if len(terms) == 1:
            terms, bare = _rows(net, terms[0])
        else:
            for consumer, _ in gradient.terms:
                if consumer != net.problem.loss:
                    bare.append(net.delta(consumer))
        if not 2 <= len(terms) <= MOST_PATHS:
            if len(terms) == 1 and bare:
                yield Place("paths", gradient, {"bare": net.nodes.expand(bare[0], gradient.shape)})
            continue
        for term in terms:
            yield Place("path", gradient, {"term": term})
            if recurrent:
                yield Place("path_recurrent", gradient, {"term": term})
        scope = {"product": _product(net, terms)}
        if len(bare) == len(terms) and all(node.shape in ((), gradient.shape) for node in bare):
            scope["bare"] = net.nodes.expand(add(net.nodes, bare), gradient.shape)
        yield Place("paths", gradient, scope)


def _recurrent(net: Network) -> bool:
    """Whether a weight is used by several equations, as in a network unrolled over time."""
    return any(len(net.gradients[name].terms) > 1 for name in net.problem.trained if name in net.weights)


def _rows(net: Network, share: Node) -> tuple[list[Node], list[Node]]:
    """What each unit of the next layer sends back through its row of the weights, and the bare deltas."""
    if share.op != "contraction" or len(share.args) != 2:
        if share.op == "elementwise" and len(share.args) == 2 and all(a.op == "name" for a in share.args):
            delta = [a for a in share.args if a.data in net.steps and a.data not in net.deriver.scope]
            return [share], delta if len(delta) == 1 else []
        return [share], []
    matrix, vector = sorted(share.args, key=lambda arg: -len(arg.shape))
    if len(matrix.shape) != 2 or len(vector.shape) != 1 or matrix.shape[0] != vector.shape[0]:
        return [share], []
    if matrix.data not in net.quantities:  # a Jacobian's rows are no paths through weights
        return [share], []
    terms: list[Node] = []
    bare: list[Node] = []
    size = matrix.shape[1]
    for k in range(vector.shape[0]):
        row = net.nodes.selection(tuple((k * size + j,) for j in range(size)), matrix, (size,))
        one = net.nodes.selection(((k,),), vector, ())
        terms.append(times(net.nodes, row, one))
        bare.append(one)
    return terms, bare


def _product(net: Network, terms: list[Node]) -> Node:
    result = terms[0]
    for term in terms[1:]:
        result = times(net.nodes, result, term)
    return result


def matrices(net: Network) -> Iterator[Place]:
    """`matrix`, the gradient that passes back through a matrix of weights: W, d (the right rule is W^T @ d).

    `row`, the same in single numbers: row (the row of the weights where the column belongs).
    """
    for name, gradient in net.gradients.items():
        if name not in net.equations:
            continue
        if len(gradient.terms) == 1 and gradient.terms[0][1].op == "contraction":
            share = gradient.terms[0][1]
            if len(share.args) == 2 and all(arg.op == "name" for arg in share.args):
                for left, right in (share.args, share.args[::-1]):
                    if left.data in net.quantities:
                        yield Place("matrix", gradient, {"W": left, "d": right})
        yield from _row(net, name, gradient)


def _row(net: Network, name: str, gradient: Step) -> Iterator[Place]:
    """Units written one by one: the weights of the row of this unit's number, instead of its column."""
    consumers = tuple(consumer for consumer, _ in gradient.terms)
    siblings = net.siblings[consumers]
    if len(consumers) < 2 or gradient.shape or len(siblings) != len(consumers):
        return
    order = consumers[::-1]  # as the equations are written
    unit = order[siblings.index(name)]
    weights = []
    for sibling in siblings:
        share = dict(net.gradients[sibling].terms)[unit]
        leaves = [leaf for leaf in names(share) if leaf in net.quantities]
        if len(leaves) != 1:
            return
        weights.append(net.name(leaves[0]))
    terms = [times(net.nodes, weight, net.delta(consumer)) for weight, consumer in zip(weights, order, strict=True)]
    yield Place("row", gradient, {"row": add(net.nodes, terms)})
