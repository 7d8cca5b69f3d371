"""Arrays taken apart: which elements of a node's operands, by their flat positions, make each element of the node."""

from __future__ import annotations

from itertools import product
from math import prod
from typing import TYPE_CHECKING

from checker.graph.node import expansion, strides

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from checker.graph.node import Node


def broadcast(node: Node) -> list[Sequence[int]]:
    """Of an elementwise node: for each operand, by element of the result, which of its elements goes into it."""
    found: list[Sequence[int]] = []
    for arg in node.args:
        if arg.size == node.size:
            found.append(range(node.size))
        else:
            found.append([position for (position,) in expansion(arg.shape, node.shape)])
    return found


def products(node: Node) -> int:
    """Of a contraction: how many products it adds up, all elements together."""
    return prod(_sizes(node).values())


def terms(node: Node) -> Iterator[list[tuple[int, ...]]]:
    """Of a contraction: for each element of the result its terms, each an element of every operand to be multiplied."""
    inputs, output = node.data
    sizes = _sizes(node)
    summed = [index for index in sizes if index not in output]
    # how far one step along an index moves in each operand
    moves = [
        {index: sum(s for i, s in zip(subscripts, strides(arg.shape), strict=True) if i == index) for index in sizes}
        for subscripts, arg in zip(inputs, node.args, strict=True)
    ]

    def offsets(indices: Sequence[int]) -> list[list[int]]:
        places = list(product(*(range(sizes[index]) for index in indices)))
        return [[sum(p * move[i] for p, i in zip(place, indices, strict=True)) for place in places] for move in moves]

    inside = list(zip(*offsets(summed), strict=True))
    for start in zip(*offsets(output), strict=True):
        yield [tuple(map(int.__add__, start, offset)) for offset in inside]


def _sizes(node: Node) -> dict[int, int]:
    """The size of each index, in the order in which the operands have them."""
    sizes: dict[int, int] = {}
    for subscripts, arg in zip(node.data[0], node.args, strict=True):
        sizes.update(zip(subscripts, arg.shape, strict=True))
    return sizes
