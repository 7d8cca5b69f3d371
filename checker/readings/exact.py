"""The exact reading: every step's value from the exact rationals of the file, as a closed form or to any digits.

Values are put into each local rule, step after step. A closed form grows with every layer, so beyond a size it is
given to as many digits as are asked for instead, worked in mpmath from the exact rationals with guard digits.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

import sympy

from checker.graph.formula import operand, rational
from checker.graph.node import Node, ordered, strides

if TYPE_CHECKING:
    from checker.graph.steps import Derivation

MOST_OPERATIONS = 60  # of a closed form that a person would still read
GUARD = 15


class Exact:
    """The exact values of a derivation's steps, worked once each."""

    def __init__(self, derivation: Derivation, digits: int = 30) -> None:
        self.digits = digits
        self._closed: dict[str, list[Any]] = {}
        self._long: dict[str, list[Any]] = {}
        for quantity in derivation.problem.quantities:
            values = [rational(Fraction(v)) for v in quantity.values]
            self._closed[quantity.name] = values
            self._long[quantity.name] = [sympy.Float(v, digits + GUARD) for v in values]
        for name, values in self._computed(derivation).items():
            self._closed[name] = self._long[name] = values
        for step in derivation.steps:
            node = step.rule
            self._long[step.name] = self._work(node, self._long, numeric=True)
            self._closed[step.name] = self._work(node, self._closed, numeric=False)

    def _computed(self, derivation: Derivation) -> dict[str, list[Any]]:
        if not derivation.computed:
            return {}
        from checker.readings.loop import Loop

        found = {}
        work = Loop(derivation.problem)
        last = max(k for k, _ in derivation.computed.values())
        for k in range(1, last + 1):
            work.iterate()
            for name, (at, base) in derivation.computed.items():
                if at == k:
                    start, size = work.slots[base], prod(work.shapes[base])
                    found[name] = [sympy.Float(v, 15) for v in work.values[start : start + size]]
            work.hand_over()
        return found

    def closed(self, name: str) -> list[Any | None]:
        """Each element's closed form; None where it is longer than a person would read."""
        return self._closed[name]

    def digits_of(self, name: str) -> list[Any]:
        """Each element as a decimal of so many digits."""
        return [sympy.Float(v, self.digits) if v.is_number else v for v in self._long[name]]

    def texts(self, name: str) -> list[str]:
        """Each element exactly where that is short, else to so many digits followed by an ellipsis."""
        shown = []
        for closed, long in zip(self._closed[name], self._long[name], strict=True):
            if closed is not None and not closed.has(sympy.Float):
                shown.append(str(closed).replace("**", "^").replace("log(", "ln("))
            else:
                shown.append(f"{sympy.Float(long, self.digits)}…")
        return shown

    def _work(self, node: Node, known: dict[str, list[Any]], numeric: bool) -> list[Any]:
        at: dict[int, list[Any]] = {}
        for current in ordered(node):
            if current.op == "name":
                at[current.id] = known[current.data]
            elif current.op == "constant":
                value = rational(current.data)
                at[current.id] = [sympy.Float(value, self.digits + GUARD) if numeric else value]
            else:
                args = [at[arg.id] for arg in current.args]
                at[current.id] = [self._kept(v, numeric) for v in _values(current, args)]
        return at[node.id]

    def _kept(self, value: Any, numeric: bool) -> Any:
        if value is None:
            return None
        if numeric:
            return sympy.N(value, self.digits + GUARD)
        return value if value.count_ops() <= MOST_OPERATIONS else None


def _values(node: Node, args: list[list[Any]]) -> list[Any]:
    """The elements of one operation; None where an operand is not known in closed form."""
    out: list[Any] = []
    if node.op == "elementwise":
        for element in range(node.size):
            operands = [
                arg[0] if len(arg) == 1 else arg[_position(element, node.shape, node.args[n].shape)]
                for n, arg in enumerate(args)
            ]
            if any(value is None for value in operands):
                out.append(None)
            else:
                out.append(node.data.expr.xreplace({operand(i): value for i, value in enumerate(operands)}))
        return out
    if node.op == "selection":
        return [_sum([args[0][i] for i in from_]) for from_ in node.data]
    inputs, output = node.data
    sizes: dict[int, int] = {}
    for subscripts, arg in zip(inputs, node.args, strict=True):
        sizes.update(zip(subscripts, arg.shape, strict=True))
    summed = [i for i in sizes if i not in output]
    for position in product(*(range(sizes[i]) for i in output)):
        terms = []
        for place in product(*(range(sizes[i]) for i in summed)):
            at = {**dict(zip(output, position, strict=True)), **dict(zip(summed, place, strict=True))}
            factors = []
            for subscripts, arg, values in zip(inputs, node.args, args, strict=True):
                flat = sum(at[i] * s for i, s in zip(subscripts, strides(arg.shape), strict=True))
                factors.append(values[flat])
            terms.append(None if any(f is None for f in factors) else sympy.Mul(*factors))
        out.append(_sum(terms))
    return out


def _sum(terms: list[Any]) -> Any:
    return None if any(term is None for term in terms) else sympy.Add(*terms)


def _position(element: int, large: tuple[int, ...], small: tuple[int, ...]) -> int:
    return sum(
        (element // s % n) * t
        for s, n, t, m in zip(strides(large), large, strides(small), small, strict=True)
        if m != 1
    )
