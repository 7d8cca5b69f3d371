"""Expressions to nodes, with the shapes checked: functions, activations and losses as their tables have them."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from itertools import product
from math import prod
from typing import TYPE_CHECKING

import sympy

from checker.expression.parser import parse
from checker.expression.tree import Binary, Call, Expression, Index, Name, Negative, Number, Slice
from checker.graph.formula import Formula, decimal, maximum, operand, rational
from checker.graph.functions import ENTRY_FUNCTIONS, FUNCTIONS, STRUCTURAL, Function, matmul, transpose
from checker.graph.node import Node, Nodes, ShapeError, shown, strides
from checker.knowledge.activations import ACTIVATIONS
from checker.knowledge.losses import LOSSES
from checker.table import suggest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from checker.knowledge.entries import Activation, Loss


LARGEST_SETTING = 1_000  # a stride, a padding, a size


class BuildError(Exception):
    """An expression that cannot be worked: what is wrong, the offset into its text, and how to mend it."""

    def __init__(self, what: str, at: int, mend: str = "") -> None:
        super().__init__(what, at, mend)
        self.what, self.at, self.mend = what, at, mend


class Builder:
    """Turns expressions into nodes under a problem's conventions; nothing huge is made before its size is looked at."""

    most_elements = 100_000  # of one part: as many numbers as a problem may have
    most_windows = 1_000_000  # elements that the windows of a convolution have together

    def __init__(self, nodes: Nodes, conventions: Mapping[str, str]) -> None:
        self.nodes = nodes
        self.conventions = conventions
        self._entries: dict[tuple[object, ...], Formula] = {}
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
            mend = "elements count from 1, one index for each axis: W1[2,1]" if isinstance(tree, Index) else ""
            raise BuildError(str(error), tree.at, mend) from None

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
            raise BuildError("division by zero", tree.at, "divide by another number")
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

    def _activation(self, tree: Call, scope: Mapping[str, Node], whole: bool) -> Node:
        entry = ACTIVATIONS[tree.function]
        (z,), settings = self._arguments(tree, scope, 1, entry.parameters)
        if is_structural(_parsed(entry.formula)):
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
        if is_structural(_parsed(entry.slope)) and len(output.shape) != 1:
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
        return self._build(_parsed(text), scope)

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


@cache
def _parsed(text: str) -> Expression:
    """A table entry's formula, read once in a process: there are only so many."""
    return parse(text, {*FUNCTIONS, *ENTRY_FUNCTIONS, *ACTIVATIONS})


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
