"""The units of a network, read off the equations of a problem: sums of weighted signals, and the activations of them.

Equations of another form (a convolution) are no network's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from checker.expression.tree import Binary, Call, Name, Negative, Number
from checker.knowledge.activations import ACTIVATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from checker.expression.tree import Expression
    from checker.model import Problem, Shape

MOST_UNITS = 40  # of a picture in which somebody finds one


@dataclass
class Unit:
    """A unit: what it is called, what goes into it with which weight, and what is added.

    `links` are the numbers of the units that go into it, each with its weight's name. Units of one `column` stand above
    each other; `given` ones are inputs.
    """

    label: str
    links: list[tuple[int, str]] = field(default_factory=list)
    bias: str = ""
    column: int = 0
    given: bool = False


class _Other(Exception):
    """An equation that is no unit's."""


class _Term(NamedTuple):
    weight: str
    signal: str
    matrix: bool


def units_of(problem: Problem, shapes: Mapping[str, Shape]) -> list[Unit] | None:
    """The units of a network, those first that others are worked from; None where the equations are no network's.

    `shapes` are those of its equations.
    """
    try:
        units = _Units(problem, shapes).units
    except _Other:
        return None
    return units if 0 < len(units) <= MOST_UNITS and not all(unit.given for unit in units) else None


class _Units:
    """The units of a problem, in the order in which they are worked."""

    def __init__(self, problem: Problem, shapes: Mapping[str, Shape]) -> None:
        self.shapes = shapes
        self.parameters = {quantity.name for quantity in problem.quantities if quantity.role == "parameter"}
        self.quantities = {quantity.name: quantity for quantity in problem.quantities}
        self.units: list[Unit] = []
        self.at: dict[str, list[int]] = {}
        for equation in problem.equations:
            if equation.name == problem.loss:
                break
            self._equation(equation.name, equation.expression)
        self._place()

    def _equation(self, name: str, tree: Expression) -> None:
        if isinstance(tree, Call) and tree.function in ACTIVATIONS:
            (argument, *_) = tree.arguments
            if not isinstance(argument, Name):
                raise _Other
            units = self._signal(argument.name)
            for place, number in enumerate(units):
                self.units[number].label = _element(name, place, len(units))
            self.at[name] = units
            return
        terms, biases = _terms(tree, self._is_weight)
        if not terms:
            raise _Other
        shape = self.shapes.get(name, ())
        if len(shape) > 1:
            raise _Other
        size = shape[0] if shape else 1
        made = [
            Unit(_element(name, place, size), bias=_element(bias, place, self._size(bias)) if (bias := biases) else "")
            for place in range(size)
        ]
        for term in terms:
            signals = self._signal(term.signal)
            if term.matrix != (size > 1 or len(signals) > 1):
                raise _Other
            for place, unit in enumerate(made):
                for k, signal in enumerate(signals):
                    weight = f"{term.weight}[{place + 1},{k + 1}]" if term.matrix else term.weight
                    unit.links.append((signal, weight))
        first = len(self.units)
        self.units += made
        self.at[name] = list(range(first, first + size))

    def _size(self, name: str) -> int:
        shape = self.quantities[name].shape if name in self.quantities else ()
        return shape[0] if shape else 1

    def _is_weight(self, name: str) -> bool:
        return name in self.parameters or (name in self.quantities and name not in self.at and name.startswith("b"))

    def _signal(self, name: str) -> list[int]:
        if name not in self.at:
            quantity = self.quantities.get(name)
            if quantity is None or len(quantity.shape) > 1:
                raise _Other
            size = quantity.shape[0] if quantity.shape else 1
            first = len(self.units)
            self.units += [Unit(_element(name, place, size), given=True) for place in range(size)]
            self.at[name] = list(range(first, first + size))
        return self.at[name]

    def _place(self) -> None:
        """A column for each unit: one more than what goes into it; inputs stand just before what they go into."""
        for unit in self.units:  # worked before what uses it
            if not unit.given:
                unit.column = 1 + max((self.units[k].column for k, _ in unit.links), default=0)
        for number, unit in enumerate(self.units):
            if unit.given:
                uses = [each.column for each in self.units if any(k == number for k, _ in each.links)]
                unit.column = max(0, min(uses, default=1) - 1)


def _element(name: str, place: int, size: int) -> str:
    return f"{name}[{place + 1}]" if size > 1 else name


def _terms(tree: Expression, is_weight: object) -> tuple[list[_Term], str]:
    """The weighted signals of a sum, and what is added to them."""
    assert callable(is_weight)
    terms: list[_Term] = []
    bias = ""
    for part in _summands(tree):
        if isinstance(part, Name) and is_weight(part.name) and not bias:
            bias = part.name
        elif isinstance(part, Binary) and part.operator in ("*", "@"):
            left, right = part.left, part.right
            if not (isinstance(left, Name) and isinstance(right, Name)):
                raise _Other
            if is_weight(right.name) and not is_weight(left.name) and part.operator == "*":
                left, right = right, left
            if not is_weight(left.name) or is_weight(right.name):
                raise _Other
            terms.append(_Term(left.name, right.name, part.operator == "@"))
        else:
            raise _Other
    return terms, bias


def _summands(tree: Expression) -> Iterator[Expression]:
    if isinstance(tree, Binary) and tree.operator == "+":
        yield from _summands(tree.left)
        yield from _summands(tree.right)
    elif isinstance(tree, Negative | Number):
        raise _Other
    else:
        yield tree
