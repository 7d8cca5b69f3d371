"""Expressions to nodes: every function of the language as graph operations, with the shapes checked.

Each function is one entry of `FUNCTIONS`; activations and losses come from their tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import prod
from typing import TYPE_CHECKING

import sympy

from checker.expression.parser import parse
from checker.expression.tree import Binary, Call, Expression, Index, Name, Negative, Number, Slice
from checker.graph.differentiate import add
from checker.graph.formula import Formula, maximum, minimum, operand, rational, step
from checker.graph.node import Node, Nodes, ShapeError, shown, strides
from checker.knowledge.activations import ACTIVATIONS
from checker.knowledge.losses import LOSSES
from checker.table import suggest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from checker.knowledge.entries import Activation, Loss
    from checker.model import Shape


LARGEST_SETTING = 1_000  # a stride, a padding, a size


class BuildError(Exception):
    """An expression that cannot be worked: what is wrong, the offset into its text, and how to mend it."""

    def __init__(self, what: str, at: int, mend: str = "") -> None:
        super().__init__(what, at, mend)
        self.what, self.at, self.mend = what, at, mend


@dataclass(frozen=True)
class Function:
    """A function of the language: how many arguments it takes, how many of the last are plain numbers, its node."""

    least: int
    most: int
    make: Callable[[Builder, list[Node]], Node]
    numbers: int = 0


class Builder:
    """Turns expressions into nodes under a problem's conventions; nothing huge is made before its size is looked at."""

    most_elements = 100_000  # of one part: as many numbers as a problem may have
    most_windows = 1_000_000  # elements that the windows of a convolution have together

    def __init__(self, nodes: Nodes, conventions: Mapping[str, str]) -> None:
        self.nodes = nodes
        self.conventions = conventions
        self._entries: dict[tuple[object, ...], Formula] = {}
        self._parsed: dict[str, Expression] = {}
        self.kink = rational(Fraction(conventions["relu_at_zero"]))

    # ------------------------------------------------------------ expressions

    def build(self, tree: Expression, scope: Mapping[str, Node]) -> Node:
        """The node of an expression whose names are in `scope`.

        Raises:
            BuildError: an unknown name or function, shapes that do not go together, a wrong number of arguments.
        """
        if isinstance(tree, Call) and tree.function in ACTIVATIONS:
            return self._activation(tree, scope, whole=True)
        return self._build(tree, scope)

    def _build(self, tree: Expression, scope: Mapping[str, Node]) -> Node:
        node = self._part(tree, scope)
        if node.size > self.most_elements:
            raise BuildError(f"a part of {node.size:,} elements", tree.at, f"use at most {self.most_elements:,}")
        return node

    def _part(self, tree: Expression, scope: Mapping[str, Node]) -> Node:
        if isinstance(tree, Number):
            return self.nodes.constant(tree.value)
        if isinstance(tree, Name):
            return self._name(tree, scope)
        try:
            if isinstance(tree, Negative):
                return self.arithmetic(-operand(0), [self._build(tree.operand, scope)])
            if isinstance(tree, Binary):
                return self._binary(tree, scope)
            if isinstance(tree, Index):
                return self._index(self._build(tree.base, scope), tree.items)
            return self._call(tree, scope)
        except ShapeError as error:
            raise BuildError(str(error), tree.at) from None

    def _name(self, tree: Name, scope: Mapping[str, Node]) -> Node:
        if tree.name in scope:
            return scope[tree.name]
        if tree.name in ("e", "pi"):
            return self.arithmetic(sympy.E if tree.name == "e" else sympy.pi, [])
        raise BuildError(f"unknown name {tree.name!r}", tree.at, suggest(tree.name, scope))

    def _binary(self, tree: Binary, scope: Mapping[str, Node]) -> Node:
        if tree.operator == "^" and isinstance(tree.right, Name) and tree.right.name == "T" and "T" not in scope:
            return transpose(self, [self._build(tree.left, scope)])
        left, right = self._build(tree.left, scope), self._build(tree.right, scope)
        if tree.operator == "@":
            return matmul(self, [left, right])
        x, y = operand(0), operand(1)
        formula = {"+": x + y, "-": x - y, "*": x * y, "/": x / y, "^": x**y}[tree.operator]
        if tree.operator == "/" and right.op == "constant" and right.data == 0:
            raise BuildError("division by zero", tree.at)
        return self.arithmetic(formula, [left, right])

    def arithmetic(self, expr: sympy.Expr, args: Sequence[Node]) -> Node:
        """The elementwise formula of operands, where a vector beside a matrix is a column."""
        rank = max((len(arg.shape) for arg in args), default=0)
        aligned = [
            self.nodes.reshape(arg, (arg.shape[0], 1)) if len(arg.shape) == 1 and rank == 2 else arg for arg in args
        ]
        return self.nodes.elementwise(self.nodes.formulas.intern(expr, len(args)), aligned)

    def _index(self, base: Node, items: Sequence[int | Slice]) -> Node:
        if len(items) != len(base.shape):
            raise ShapeError(f"{len(items)} {'index' if len(items) == 1 else 'indices'} for {shown(base.shape)}")
        axes: list[range] = []
        shape: list[int] = []
        for item, size in zip(items, base.shape, strict=True):
            if isinstance(item, Slice):
                axis = range((item.start or 1) - 1, item.stop or size)
                shape.append(len(axis))
            else:
                axis = range(item - 1, item)
            if not axis or axis[0] < 0 or axis[-1] >= size:
                raise ShapeError(f"an element beyond {shown(base.shape)}")
            axes.append(axis)
        apart = strides(base.shape)
        chosen = tuple((sum(i * s for i, s in zip(at, apart, strict=True)),) for at in product(*axes))
        return self.nodes.selection(chosen, base, tuple(shape))

    # ------------------------------------------------------------ functions

    def _call(self, tree: Call, scope: Mapping[str, Node]) -> Node:
        function = FUNCTIONS.get(tree.function) or ENTRY_FUNCTIONS.get(tree.function)
        if function is None:
            if tree.function in ACTIVATIONS:
                return self._activation(tree, scope, whole=False)
            if tree.function in LOSSES:
                return self._loss(tree, scope)
            known = [*FUNCTIONS, *ACTIVATIONS, *LOSSES]
            raise BuildError(f"unknown function {tree.function!r}", tree.at, suggest(tree.function, known))
        count = len(tree.arguments)
        if not function.least <= count <= function.most:
            raise BuildError(f"{tree.function} takes {counted(function.least, function.most)}, not {count}", tree.at)
        args = [self._build(argument, scope) for argument in tree.arguments]
        self._bounded(tree, function, args)
        return function.make(self, args)

    def _bounded(self, tree: Call, function: Function, args: Sequence[Node]) -> None:
        """Nothing, where the function may be worked.

        Raises:
            BuildError: it would make something huge before its size could be looked at.
        """
        settings = args[function.most - function.numbers :] if function.numbers else ()
        if any(arg.op == "constant" and arg.data > LARGEST_SETTING for arg in settings):
            raise BuildError(f"{tree.function} with a setting beyond {LARGEST_SETTING}", tree.at, "write a smaller one")
        made = args[0].size
        if tree.function in ("conv1d", "conv2d"):
            padding = int(args[3].data) if len(args) > 3 and args[3].op == "constant" else 0
            made = prod(n + 2 * padding for n in args[0].shape) * args[1].size
        elif tree.function == "diag":
            made **= 2
        if made > self.most_windows:
            raise BuildError(f"{tree.function} of too many elements", tree.at, "use smaller arrays")

    def _arguments(
        self, tree: Call, scope: Mapping[str, Node], needed: int, parameters: Sequence[tuple[str, str]]
    ) -> tuple[list[Node], dict[str, Node]]:
        count = len(tree.arguments)
        if not needed <= count <= needed + len(parameters):
            raise BuildError(f"{tree.function} takes {counted(needed, needed + len(parameters))}, not {count}", tree.at)
        built = [self._build(argument, scope) for argument in tree.arguments]
        settings = {name: self.nodes.constant(Fraction(default)) for name, default in parameters if default}
        settings.update({name: node for (name, _), node in zip(parameters, built[needed:], strict=False)})
        return built[:needed], settings

    def parsed(self, text: str) -> Expression:
        """A table entry's formula, read once."""
        if text not in self._parsed:
            self._parsed[text] = parse(text, {*FUNCTIONS, *ENTRY_FUNCTIONS, *ACTIVATIONS})
        return self._parsed[text]

    def _activation(self, tree: Call, scope: Mapping[str, Node], whole: bool) -> Node:
        entry = ACTIVATIONS[tree.function]
        (z,), settings = self._arguments(tree, scope, 1, entry.parameters)
        if is_structural(self.parsed(entry.formula)):
            return self.entry(entry.formula, {"z": z, **settings})
        numbers = {name: node for name, node in settings.items() if node.op == "constant"}
        free = [name for name in settings if name not in numbers]
        label = ""
        if whole:
            slots = {name: f"{{{i + 1}}}" for i, name in enumerate(free)}
            typed = [
                slots.get(name) or decimal(numbers[name].data)
                for name, _ in entry.parameters[: len(tree.arguments) - 1]
            ]
            label = f"{tree.function}({', '.join(['{0}', *typed])})"
        formula = self._entry_formula(entry, numbers, tuple(free), label)
        return self.nodes.elementwise(formula, [z, *(settings[name] for name in free)])

    def _entry_formula(
        self, entry: Activation, numbers: Mapping[str, Node], free: tuple[str, ...], label: str
    ) -> Formula:
        key = (entry.name, tuple(sorted((name, node.data) for name, node in numbers.items())), free, label)
        if key not in self._entries:
            arguments = ("z", *free)
            scope = {name: self.nodes.name(name, ()) for name in arguments}
            node = self.entry(entry.formula, {**scope, **numbers})
            self._entries[key] = self.nodes.formulas.intern(expression_of(node, arguments), len(arguments), label)
        return self._entries[key]

    def slope_from_output(self, tree: Call, output: Node, scope: Mapping[str, Node]) -> Node | None:
        """The slope of the activation that `tree` calls, worked from its output; None where that is no route."""
        entry = ACTIVATIONS[tree.function]
        if entry.slope is None:
            return None
        _, settings = self._arguments(tree, scope, 1, entry.parameters)
        if not self._holds(entry.slope_holds, settings):
            return None
        if is_structural(self.parsed(entry.slope)) and len(output.shape) != 1:
            return None
        slope = self.entry(entry.slope, {"a": output, **settings})
        return self.nodes.expand(slope, output.shape) if slope.shape == () else slope

    def _holds(self, condition: str, settings: Mapping[str, Node]) -> bool:
        """Whether `name = number` or `name > number` is so for this call and these conventions; '' always is."""
        if not condition:
            return True
        name, relation, number = condition.split()
        if name in settings:
            if settings[name].op != "constant":
                return False
            value = settings[name].data
        else:
            value = Fraction(self.conventions[name])
        return bool(value == Fraction(number) if relation == "=" else value > Fraction(number))

    def pull_back_from_output(self, tree: Call, output: Node, adjoint: Node) -> Node | None:
        """The adjoint of what the activation was called with, worked from its output; None where that is no route."""
        entry = ACTIVATIONS[tree.function]
        return None if entry.backward is None else self.entry(entry.backward, {"a": output, "g": adjoint})

    def entry(self, text: str, scope: Mapping[str, Node]) -> Node:
        """A table entry's formula with these nodes for its names; corners have the slope that the problem declares."""
        return self._build(self.parsed(text), scope)

    def _loss(self, tree: Call, scope: Mapping[str, Node]) -> Node:
        entry: Loss = LOSSES[tree.function]
        pair, settings = self._arguments(tree, scope, 2, entry.parameters)
        if pair[0].shape != pair[1].shape:
            raise BuildError(
                f"{tree.function} compares {shown(pair[0].shape)} with {shown(pair[1].shape)}",
                tree.at,
                "give the prediction and the target the same shape",
            )
        element = self.entry(entry.element, {**dict(zip(entry.arguments, pair, strict=True)), **settings})
        return self.reduced(element, entry.outputs)

    def reduced(self, element: Node, outputs: str) -> Node:
        """One number: over the outputs by sum or mean, over the examples (columns) as the problem declares."""
        declared = self.conventions["output_reduction"]
        outputs = outputs if declared == "as_defined" else declared
        divisor = 1
        if len(element.shape) >= 1 and outputs == "mean":
            divisor *= element.shape[0]
        if len(element.shape) == 2 and self.conventions["batch_reduction"] == "mean":
            divisor *= element.shape[1]
        total = self.total(element)
        return total if divisor == 1 else self.arithmetic(operand(0) / divisor, [total])

    def total(self, node: Node) -> Node:
        """The sum of all elements."""
        axes = tuple(range(len(node.shape)))
        return self.nodes.contraction([axes], (), [node]) if axes else node

    def corner(self, first: Node, second: Node, kind: type[maximum]) -> sympy.Expr:
        """The share of the slope that the first operand has where both are equal.

        Beside a constant the corner is that of ReLU: `max(z, 0)` has the declared slope there, `min(z, 0)` the rest.
        """
        if first.op == "constant" or second.op == "constant":
            share = self.kink if kind.larger else 1 - self.kink
            return share if second.op == "constant" else 1 - share
        return sympy.Integer(1) if self.conventions["max_at_tie"] == "first" else sympy.Rational(1, 2)


# ---------------------------------------------------------------- the functions, one entry each


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
STRUCTURAL = frozenset({"sum", "mean", "column_sum", "transpose", "outer", "dot", "diag", "concat", "reshape"})


def is_structural(tree: Expression) -> bool:
    """Whether an entry's formula is more than elementwise: it mixes elements."""
    if isinstance(tree, Call):
        return tree.function in STRUCTURAL or any(map(is_structural, tree.arguments))
    if isinstance(tree, Binary):
        return is_structural(tree.left) or is_structural(tree.right)
    return isinstance(tree, Negative) and is_structural(tree.operand)


def expression_of(node: Node, arguments: Sequence[str]) -> sympy.Expr:
    """The formula of a node made of single numbers, in the placeholders of `arguments`."""
    if node.op == "name":
        return operand(arguments.index(node.data))
    if node.op == "constant":
        return rational(node.data)
    inner = {operand(i): expression_of(arg, arguments) for i, arg in enumerate(node.args)}
    return node.data.expr.xreplace(inner)


def counted(least: int, most: int) -> str:
    """'2 arguments', '2 to 4 arguments'."""
    if least == most:
        return f"{least} argument{'s' if least != 1 else ''}"
    return f"{least} to {most} arguments"


def decimal(value: Fraction) -> str:
    """The number as a short decimal where it has one, else as a fraction."""
    rest = value.denominator
    while rest % 2 == 0:
        rest //= 2
    while rest % 5 == 0:
        rest //= 5
    return f"{float(value):.15g}" if rest == 1 else str(value)
