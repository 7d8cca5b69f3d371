"""Points at which formulas are worked: numbers for every leaf, and each named step worked from its rule when needed."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

from checker.formula_answer.code import code_of, worked
from checker.graph.node import Node, names, ordered, strides

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from checker.formula_answer.arithmetic import Arithmetic
    from checker.formula_answer.code import Code
    from checker.graph.formula import Formula


class Point:
    """Values for the leaves; each named step is worked from its rule when it is first needed, and kept in `known`.

    `changed` are steps that have another rule here: for the elements it names, else for the whole step (None).
    """

    def __init__(
        self,
        rules: Mapping[str, Node],
        order: Mapping[str, int],
        leaves: Mapping[str, list[Any]],
        numbers: Arithmetic,
        codes: dict[Formula, Code],
        changed: Mapping[str, Mapping[int | None, list[Any]]] | None = None,
    ) -> None:
        self.rules, self.order, self.numbers, self.codes = rules, order, numbers, codes
        self.changed = {} if changed is None else changed
        self.known = dict(leaves)

    def work(self, node: Node) -> list[Any]:
        """The elements of a node of named steps and leaves, row by row."""
        for name in self._missing(names(node)):
            self._take(name)
        return self._work(node)

    def of(self, name: str) -> list[Any]:
        """The elements of a leaf or step."""
        if name not in self.known:
            for missing in self._missing([name]):
                self._take(missing)
        return self.known[name]

    def _take(self, name: str) -> None:
        changed = self.changed.get(name, {})
        values = list(changed[None]) if None in changed else self._work(self.rules[name])
        for element, replaced in changed.items():
            if element is not None:
                values[element] = replaced[0]
        self.known[name] = values

    def _missing(self, wanted: Iterable[str]) -> list[str]:
        found: set[str] = set()
        waiting = [name for name in wanted if name not in self.known]
        while waiting:
            name = waiting.pop()
            if name in found:
                continue
            found.add(name)
            waiting.extend(n for n in names(self.rules[name]) if n not in self.known and n not in found)
        return sorted(found, key=self.order.__getitem__)

    def _work(self, node: Node) -> list[Any]:
        at: dict[int, list[Any]] = {}
        for current in ordered(node):
            if current.op == "name":
                at[current.id] = self.known[current.data]
            elif current.op == "constant":
                at[current.id] = [self.numbers.rational(Fraction(current.data))]
            else:
                args = [at[arg.id] for arg in current.args]
                at[current.id] = getattr(self, f"_{current.op}")(current, args)
        return at[node.id]

    def _elementwise(self, node: Node, args: list[list[Any]]) -> list[Any]:
        code = code_of(node.data, self.codes)
        steps = [_stretch(arg.shape, node.shape) for arg in node.args]
        out = []
        for element in range(node.size):
            operands = [
                arg[0] if len(arg) == 1 else arg[element] if len(arg) == node.size else arg[stretch[element]]
                for arg, stretch in zip(args, steps, strict=True)
            ]
            out.append(worked(code, operands, self.numbers))
        return out

    def _selection(self, node: Node, args: list[list[Any]]) -> list[Any]:
        (arg,) = args
        return [
            arg[from_[0]] if len(from_) == 1 else sum((arg[i] for i in from_), self.numbers.zero) for from_ in node.data
        ]

    def _contraction(self, node: Node, args: list[list[Any]]) -> list[Any]:
        inputs, output = node.data
        sizes: dict[int, int] = {}
        for subscripts, arg in zip(inputs, node.args, strict=True):
            sizes.update(zip(subscripts, arg.shape, strict=True))
        summed = [i for i in sizes if i not in output]
        apart = [strides(arg.shape) for arg in node.args]
        multiply = self.numbers.multiply
        out = []
        for position in product(*(range(sizes[i]) for i in output)):
            place = dict(zip(output, position, strict=True))
            total = self.numbers.zero
            for inside in product(*(range(sizes[i]) for i in summed)):
                place.update(zip(summed, inside, strict=True))
                term = None
                for subscripts, moves, values in zip(inputs, apart, args, strict=True):
                    factor = values[sum(place[i] * s for i, s in zip(subscripts, moves, strict=True))]
                    term = factor if term is None else multiply(term, factor)
                total = total + term
            out.append(total)
        return out


def _stretch(small: tuple[int, ...], large: tuple[int, ...]) -> list[int]:
    """Which element of an operand goes into each element of the result; empty where that is plain."""
    if small == large or prod(small) == 1:
        return []
    apart = strides(small)
    return [
        sum(i * s for i, s, n in zip(at, apart, small, strict=True) if n != 1)
        for at in product(*(range(n) for n in large))
    ]


def cost(nodes: Iterable[Node], codes: dict[Formula, Code]) -> int:
    """How many operations these nodes take, all in all; each node once."""
    total = 0
    for root in nodes:
        for node in ordered(root):
            if node.op == "elementwise":
                total += node.size * (len(code_of(node.data, codes)) + 2)
            elif node.op == "contraction":
                sizes: dict[int, int] = {}
                for subscripts, arg in zip(node.data[0], node.args, strict=True):
                    sizes.update(zip(subscripts, arg.shape, strict=True))
                total += prod(sizes.values()) * len(node.args)
            else:
                total += node.size
    return total
