"""Reverse-mode differentiation of a node: one rule for each of the three operations, and a sweep that names none.

A rule takes a node, the operand's position and the adjoint of the node, and gives that operand's share of the adjoint,
again in the three operations. The adjoint may carry one leading axis more than the node (`lanes`), which makes the
sweep give a whole Jacobian at once.
"""

from __future__ import annotations

from collections.abc import Callable

from checker.graph.node import Node, Nodes, ordered, transposed
from checker.model import Shape

Rule = Callable[[Nodes, Node, int, Node, Shape], "Node | None"]


def times(nodes: Nodes, left: Node, right: Node) -> Node:
    """The elementwise product."""
    return nodes.elementwise(nodes.formulas.product(2), (left, right))


def add(nodes: Nodes, terms: list[Node]) -> Node:
    """The elementwise sum of nodes of one shape."""
    total = terms[0]
    plus = nodes.formulas.sum(2)
    for term in terms[1:]:
        total = nodes.elementwise(plus, (total, term))
    return total


def elementwise_vjp(nodes: Nodes, node: Node, slot: int, adjoint: Node, lanes: Shape) -> Node | None:
    """The adjoint times the formula's derivative, summed over what the operand was stretched to."""
    found = nodes.formulas.derivative(node.data, slot)
    if found is None:
        return None
    formula, used = found
    slope = nodes.elementwise(formula, [node.args[i] for i in used])
    if lanes and slope.shape:
        slope = nodes.reshape(slope, (1, *slope.shape))
    share = nodes.expand(times(nodes, adjoint, slope), (*lanes, *node.shape))
    shape = node.args[slot].shape
    folded = nodes.fold(share, (*lanes, *(shape or (1,) * len(node.shape))))
    return nodes.reshape(folded, (*lanes, *shape))


def contraction_vjp(nodes: Nodes, node: Node, slot: int, adjoint: Node, lanes: Shape) -> Node | None:
    """Another contraction: of the adjoint and the other operands, down to this operand's subscripts."""
    inputs, output = node.data
    adjoint = nodes.expand(adjoint, (*lanes, *node.shape))
    lane = (-1,) if lanes else ()
    others = [(s, a) for i, (s, a) in enumerate(zip(inputs, node.args, strict=True)) if i != slot]
    there = {*output, *(i for s, _ in others for i in s)}
    wanted = inputs[slot]
    kept = tuple(i for i in wanted if i in there)
    inner = nodes.contraction(
        [(*lane, *output), *(s for s, _ in others)], (*lane, *kept), [adjoint, *(a for _, a in others)]
    )
    if kept == wanted:
        return inner
    # a summed index that nothing else has: the adjoint is the same all along it
    shape = node.args[slot].shape
    small = tuple(n if i in there else 1 for i, n in zip(wanted, shape, strict=True))
    return nodes.expand(nodes.reshape(inner, (*lanes, *small)), (*lanes, *shape))


def selection_vjp(nodes: Nodes, node: Node, slot: int, adjoint: Node, lanes: Shape) -> Node | None:
    """The transposed index map."""
    arg = node.args[0]
    adjoint = nodes.expand(adjoint, (*lanes, *node.shape))
    back = transposed(node.data, arg.size)
    if not lanes:
        return nodes.selection(back, adjoint, arg.shape)
    many = tuple(tuple(lane * node.size + to for to in b) for lane in range(lanes[0]) for b in back)
    return nodes.selection(many, adjoint, (*lanes, *arg.shape))


RULES: dict[str, Rule] = {
    "elementwise": elementwise_vjp,
    "contraction": contraction_vjp,
    "selection": selection_vjp,
}


def pull_back(nodes: Nodes, root: Node, adjoint: Node, lanes: Shape = ()) -> dict[str, Node]:
    """The share of `adjoint` that reaches each name `root` uses; names it reaches with 0 are left out.

    Shapes: `adjoint` has the shape of `root`, after `lanes`; each result has the shape of its name, after `lanes`.
    """
    waiting: dict[int, list[Node]] = {root.id: [adjoint]}
    reached: dict[str, Node] = {}
    for node in reversed(ordered(root)):
        terms = waiting.pop(node.id, None)
        if not terms:
            continue
        total = add(nodes, terms)
        if node.op == "name":
            reached[node.data] = total
        elif node.op in RULES:
            for slot, arg in enumerate(node.args):
                if arg.op != "constant":
                    share = RULES[node.op](nodes, node, slot, total, lanes)
                    if share is not None:
                        waiting.setdefault(arg.id, []).append(share)
    return reached


def jacobian(nodes: Nodes, root: Node, name: str) -> Node | None:
    """The derivative of a vector by a named vector: outputs by inputs; None where it is 0 everywhere."""
    size = root.size
    identity = nodes.selection(
        tuple((0,) if i == j else () for i in range(size) for j in range(size)), nodes.constant(1), (size, size)
    )
    return pull_back(nodes, root, identity, (size,)).get(name)


def is_elementwise(root: Node, name: str) -> bool:
    """Whether each element of `root` depends on `name` by formulas alone: on its own element, or a single number."""
    on_the_way: dict[int, bool] = {}
    for node in ordered(root):
        if node.op == "name":
            on_the_way[node.id] = node.data == name
            continue
        via = [arg for arg in node.args if on_the_way[arg.id]]
        on_the_way[node.id] = bool(via)
        if via and (node.op != "elementwise" or any(arg.shape not in (root.shape, ()) for arg in via)):
            return False
    return on_the_way[root.id]
