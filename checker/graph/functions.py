"""The functions of the language: how many arguments each takes, and the graph operations that it is.

Each function is one entry of `FUNCTIONS`; activations and losses come from their tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import prod
from typing import TYPE_CHECKING

import sympy

from checker.graph.differentiate import add
from checker.graph.formula import maximum, minimum, operand, step
from checker.graph.node import Node, ShapeError, shown, strides

if TYPE_CHECKING:
    from collections.abc import Callable

    from checker.graph.build import Builder
    from checker.model import Shape


@dataclass(frozen=True)
class Function:
    """A function of the language: how many arguments it takes, how many of the last are plain numbers, its node."""

    least: int
    most: int
    make: Callable[[Builder, list[Node]], Node]
    numbers: int = 0


def elementwise(expr: sympy.Expr) -> Function:
    """A function of one operand, element by element."""
    return Function(1, 1, lambda builder, args: builder.arithmetic(expr, args))


def extremum(kind: type[maximum]) -> Function:
    """A maximum or minimum: of several operands element by element, or of all elements of one."""

    def make(builder: Builder, args: list[Node]) -> Node:
        if len(args) == 1:
            args = elements(builder, args[0])
        result = args[0]
        for arg in args[1:]:
            corner = builder.corner(result, arg, kind)
            result = builder.arithmetic(kind(operand(0), operand(1), corner), [result, arg])
        return result

    return Function(1, 64, make)


def elements(builder: Builder, node: Node) -> list[Node]:
    """Each element as a single number."""
    if node.shape == ():
        return [node]
    return [builder.nodes.selection(((i,),), node, ()) for i in range(node.size)]


def step_function(builder: Builder, args: list[Node]) -> Node:
    """1 where positive, the convention's value at 0."""
    return builder.arithmetic(step(operand(0), builder.kink), args)


def mean(builder: Builder, args: list[Node]) -> Node:
    """The sum of all elements, divided by their number."""
    return builder.arithmetic(operand(0) / args[0].size, [builder.total(args[0])])


def column_sum(builder: Builder, args: list[Node]) -> Node:
    """The sum of a vector, or of each column of a matrix as a row."""
    (node,) = args
    if len(node.shape) < 2:
        return builder.total(node)
    return builder.nodes.reshape(builder.nodes.contraction([(0, 1)], (1,), [node]), (1, node.shape[1]))


def transpose(builder: Builder, args: list[Node]) -> Node:
    """Rows to columns; a vector, which is a column, becomes a row."""
    (node,) = args
    if len(node.shape) == 1:
        return builder.nodes.reshape(node, (1, node.shape[0]))
    if len(node.shape) == 2:
        return builder.nodes.contraction([(0, 1)], (1, 0), [node])
    if node.shape == ():
        return node
    raise ShapeError(f"transpose of {shown(node.shape)}")


def matmul(builder: Builder, args: list[Node]) -> Node:
    """The matrix product: rows of the first with columns of the second; of two vectors, their dot product."""
    left, right = args
    if len(left.shape) not in (1, 2) or len(right.shape) not in (1, 2):
        raise ShapeError(f"@ of {shown(left.shape)} and {shown(right.shape)}: it takes vectors and matrices")
    if left.shape[-1] != right.shape[0]:
        raise ShapeError(f"@ of {shown(left.shape)} and {shown(right.shape)} does not go: the inner sizes differ")
    a = (0, 1) if len(left.shape) == 2 else (1,)
    b = (1, 2) if len(right.shape) == 2 else (1,)
    return builder.nodes.contraction([a, b], tuple(i for i in (*a, *b) if i != 1), [left, right])


def outer(builder: Builder, args: list[Node]) -> Node:
    """Each element of the first times each of the second: a matrix."""
    if any(len(arg.shape) != 1 for arg in args):
        raise ShapeError(f"outer takes two vectors, not {shown(args[0].shape)} and {shown(args[1].shape)}")
    return builder.nodes.contraction([(0,), (1,)], (0, 1), args)


def dot(builder: Builder, args: list[Node]) -> Node:
    """The sum of the products of two vectors' elements."""
    if any(len(arg.shape) != 1 for arg in args) or args[0].shape != args[1].shape:
        raise ShapeError(f"dot takes two vectors of one size, not {shown(args[0].shape)} and {shown(args[1].shape)}")
    return builder.nodes.contraction([(0,), (0,)], (), args)


def diagonal(builder: Builder, args: list[Node]) -> Node:
    """The matrix with a vector on its diagonal and 0 elsewhere."""
    (node,) = args
    if len(node.shape) != 1:
        raise ShapeError(f"diag takes a vector, not {shown(node.shape)}")
    n = node.shape[0]
    return builder.nodes.selection(tuple((i,) if i == j else () for i in range(n) for j in range(n)), node, (n, n))


def flip(builder: Builder, args: list[Node]) -> Node:
    """All axes in reverse order: the kernel that is convolved with on the way back."""
    (node,) = args
    return builder.nodes.selection(tuple((i,) for i in reversed(range(node.size))), node, node.shape)


def concat(builder: Builder, args: list[Node]) -> Node:
    """Vectors end to end (a single number counts as one element), or matrices below each other."""
    parts = [builder.nodes.reshape(arg, (1,)) if arg.shape == () else arg for arg in args]
    rest = parts[0].shape[1:]
    if any(part.shape[1:] != rest for part in parts):
        raise ShapeError(f"concat of {shown(parts[0].shape)} and {shown(parts[-1].shape)}")
    shape: Shape = (sum(part.shape[0] for part in parts), *rest)
    placed = []
    before = 0
    for part in parts:
        index = tuple((i - before,) if before <= i < before + part.size else () for i in range(prod(shape)))
        placed.append(builder.nodes.selection(index, part, shape))
        before += part.size
    return add(builder.nodes, placed)


def whole_number(node: Node, what: str) -> int:
    """A plain whole number given as an argument."""
    if node.op != "constant" or node.data.denominator != 1 or node.data < 0:
        raise ShapeError(f"{what} is a whole number")
    return int(node.data)


def windows(builder: Builder, node: Node, size: Shape, stride: int, padding: int = 0) -> tuple[Node, Shape]:
    """The windows of a vector or matrix: positions first, then places within the window; and how many positions."""
    if stride < 1:
        raise ShapeError("the stride is at least 1")
    counts = tuple((n + 2 * padding - k) // stride + 1 for n, k in zip(node.shape, size, strict=True))
    if any(k < 1 or c < 1 for k, c in zip(size, counts, strict=True)):
        raise ShapeError(f"windows of {'x'.join(map(str, size))} do not fit into {shown(node.shape)}")
    apart = strides(node.shape)
    index: list[tuple[int, ...]] = []
    for position in product(*(range(c) for c in counts)):
        for place in product(*(range(k) for k in size)):
            at = [p * stride + q - padding for p, q in zip(position, place, strict=True)]
            inside = all(0 <= i < n for i, n in zip(at, node.shape, strict=True))
            index.append((sum(i * s for i, s in zip(at, apart, strict=True)),) if inside else ())
    return builder.nodes.selection(tuple(index), node, (*counts, *size)), counts


def convolution(rank: int) -> Function:
    """conv1d or conv2d(input, kernel, stride, padding): cross-correlation, as networks have it; nothing is flipped."""

    def make(builder: Builder, args: list[Node]) -> Node:
        image, kernel = args[:2]
        if len(image.shape) != rank or len(kernel.shape) != rank:
            raise ShapeError(f"conv{rank}d of {shown(image.shape)} with {shown(kernel.shape)}: both have {rank} axes")
        stride = whole_number(args[2], "the stride") if len(args) > 2 else 1
        padding = whole_number(args[3], "the padding") if len(args) > 3 else 0
        seen, _ = windows(builder, image, kernel.shape, stride, padding)
        positions, places = tuple(range(rank)), tuple(range(rank, 2 * rank))
        return builder.nodes.contraction([(*positions, *places), places], positions, [seen, kernel])

    return Function(2, 4, make, numbers=2)


def pooled(builder: Builder, args: list[Node]) -> tuple[list[Node], Shape]:
    """The places of each pooling window, one node a place, and the shape of the positions."""
    node = args[0]
    if len(node.shape) not in (1, 2):
        raise ShapeError(f"pooling takes a vector or a matrix, not {shown(node.shape)}")
    size = whole_number(args[1], "the window")
    stride = whole_number(args[2], "the stride") if len(args) > 2 else size
    seen, counts = windows(builder, node, (size,) * len(node.shape), stride)
    places = seen.size // prod(counts)
    return [
        builder.nodes.selection(tuple((p * places + q,) for p in range(prod(counts))), seen, counts)
        for q in range(places)
    ], counts


def max_pool(builder: Builder, args: list[Node]) -> Node:
    """The largest of each window: a chain of maxima of two, since sympy mangles a maximum of a maximum."""
    places, _ = pooled(builder, args)
    result = places[0]
    for place in places[1:]:
        corner = builder.corner(result, place, maximum)
        result = builder.arithmetic(maximum(operand(0), operand(1), corner), [result, place])
    return result


def avg_pool(builder: Builder, args: list[Node]) -> Node:
    """The mean of each window."""
    places, _ = pooled(builder, args)
    return builder.arithmetic(operand(0) / len(places), [add(builder.nodes, places)])


def sum_pool(builder: Builder, args: list[Node]) -> Node:
    """The sum of each window."""
    places, _ = pooled(builder, args)
    return add(builder.nodes, places)


def reshape(builder: Builder, args: list[Node]) -> Node:
    """The same elements, row by row, in the shape of the sizes given."""
    shape = tuple(whole_number(arg, "a size") for arg in args[1:])
    if prod(shape) != args[0].size:
        raise ShapeError(f"{shown(args[0].shape)} does not have the elements of {shown(shape)}")
    return builder.nodes.reshape(args[0], shape)


x0 = operand(0)
FUNCTIONS: dict[str, Function] = {
    "exp": elementwise(sympy.exp(x0)),
    "ln": elementwise(sympy.log(x0)),
    "log": elementwise(sympy.log(x0)),
    "sqrt": elementwise(sympy.sqrt(x0)),
    "abs": elementwise(sympy.Abs(x0)),
    "erf": elementwise(sympy.erf(x0)),
    "tanh": elementwise(sympy.tanh(x0)),
    "step": Function(1, 1, step_function),
    "max": extremum(maximum),
    "min": extremum(minimum),
    "sum": Function(1, 1, lambda builder, args: builder.total(args[0])),
    "mean": Function(1, 1, mean),
    "column_sum": Function(1, 1, column_sum),
    "transpose": Function(1, 1, transpose),
    "outer": Function(2, 2, outer),
    "dot": Function(2, 2, dot),
    "diag": Function(1, 1, diagonal),
    "flip": Function(1, 1, flip),
    "concat": Function(1, 64, concat),
    "conv1d": convolution(1),
    "conv2d": convolution(2),
    "max_pool": Function(2, 3, max_pool, numbers=2),
    "avg_pool": Function(2, 3, avg_pool, numbers=2),
    "reshape": Function(2, 5, reshape, numbers=4),
}
# what only the tables' formulas may use: authors' texts that call them are refused before they get here
ENTRY_FUNCTIONS: dict[str, Function] = {
    "tan": elementwise(sympy.tan(x0)),
    "arctan": elementwise(sympy.atan(x0)),
    "sum_pool": Function(2, 3, sum_pool, numbers=2),
}
STRUCTURAL = frozenset({"sum", "mean", "column_sum", "transpose", "outer", "dot", "diag", "flip", "concat", "reshape"})
