"""A student's formula as a node: each operation apart, in any of the ways that a product of arrays may be meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.expression.tree import Binary, Call, Name
from checker.graph.build import Builder, BuildError
from checker.graph.functions import FUNCTIONS
from checker.graph.node import Node, Nodes
from checker.knowledge.activations import ACTIVATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from checker.graph.formula import Formula


class Apart(Nodes):
    """Nodes whose formulas are never fused or simplified."""

    def elementwise(self, formula: Formula, args: Sequence[Node], fuse: bool = True) -> Node:
        """The formula of these operands, as it stands."""
        return super().elementwise(formula, args, fuse=False)


class AnswerBuilder(Builder):
    """Builds students' expressions: also derivatives of functions (`σ'(z)`), nothing larger than its bounds."""

    # 0: what stands side by side is multiplied element by element; 1: arrays of different shapes are a matrix product,
    # `W2^T dL_dz2`; 2: and vectors a dot product, `w x + b`
    products = 0
    text = ""
    most_elements = 20_000
    most_windows = 60_000

    def _binary(self, tree: Binary, scope: Mapping[str, Node]) -> Node:
        if tree.operator not in ("*", "@", "+", "-"):
            return super()._binary(tree, scope)
        left, right = self._build(tree.left, scope), self._build(tree.right, scope)
        names: dict[str, Node] = {"left": left, "right": right}
        if tree.operator in ("+", "-") and self.products:
            for side, other in (("left", right), ("right", left)):
                node = names[side]
                if len(node.shape) == 1 and other.shape == (1, *node.shape):  # x^T @ W^T + b, all of it as rows
                    names[side] = self.nodes.reshape(node, other.shape)
        operator = tree.operator
        ranks = len(left.shape), len(right.shape)
        typed = self.text[tree.at : tree.at + 1]
        if operator == "*" and min(ranks) >= 1 and left.shape[-1] == right.shape[0] and typed not in "⊙∘":
            if max(ranks) == 2:
                as_matrices = self.products >= 1 and (left.shape != right.shape or typed not in "*·×⋅∙•∗")
            else:
                as_matrices = self.products == 2
            operator = "@" if as_matrices else "*"
        if operator == "@" and ranks == (1, 2) and right.shape[0] == 1 != left.shape[0]:
            names["left"] = self.nodes.reshape(left, (left.shape[0], 1))  # a vector is a column: u @ v^T
        return super()._binary(Binary(operator, Name("left", tree.at), Name("right", tree.at), tree.at), names)

    def _call(self, tree: Call, scope: Mapping[str, Node]) -> Node:
        if tree.function.endswith("'"):
            return self._slope(tree, scope)
        # each argument is built once, and stands under a name of its own in what follows
        args = {f"argument {n}": self._build(argument, scope) for n, argument in enumerate(tree.arguments)}
        places = (Name(name, argument.at) for name, argument in zip(args, tree.arguments, strict=True))
        return super()._call(Call(tree.function, tuple(places), tree.at), args)

    def _slope(self, tree: Call, scope: Mapping[str, Node]) -> Node:
        """`f'(z)`: the derivative of an elementwise function by its first argument, at that argument."""
        name = tree.function.removesuffix("'")
        function = FUNCTIONS.get(name)
        if name in ACTIVATIONS:
            entry = ACTIVATIONS[name]
            (z,), settings = self._arguments(Call(name, tree.arguments, tree.at), scope, 1, entry.parameters)
            if name == "softmax":
                raise BuildError(
                    "softmax mixes its inputs and has no slope of its own", tree.at, "write diag(a) - outer(a, a)"
                )
            numbers = {key: node for key, node in settings.items() if node.op == "constant"}
            free = tuple(key for key in settings if key not in numbers)
            formula = self._entry_formula(entry, numbers, free, "")
            operands = [z, *(settings[key] for key in free)]
        elif function is not None and function.most == 1 and name not in ("sum", "mean", "column_sum", "transpose"):
            if len(tree.arguments) != 1:
                raise BuildError(f"{name}' takes 1 argument, not {len(tree.arguments)}", tree.at, f"write {name}'(z)")
            node = function.make(self, [self.nodes.name("x", ())])
            if node.op != "elementwise":
                raise BuildError(f"{name}' is not read here", tree.at, "write the derivative itself")
            formula, operands = node.data, [self._build(tree.arguments[0], scope)]
        else:
            raise BuildError(f"{name}' is not read here", tree.at, "write the derivative itself")
        found = self.nodes.formulas.derivative(formula, 0)
        if found is None:
            zero = self.nodes.constant(0)
            return zero if operands[0].shape == () else self.nodes.expand(zero, operands[0].shape)
        slope, used = found
        node = self.nodes.elementwise(slope, [operands[i] for i in used])
        return node if node.shape or not operands[0].shape else self.nodes.expand(node, operands[0].shape)
