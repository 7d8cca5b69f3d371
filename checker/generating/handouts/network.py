"""The network as a picture: a circle a unit, a line for every weight, from inputs on the left to outputs on the right.

What a unit is, is read off the equations: a sum of weighted signals, and the activation that follows it. Equations of
another form (a convolution) are no network, and their graph is drawn instead.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from math import hypot
from typing import TYPE_CHECKING, NamedTuple

from checker.expression.tree import Binary, Call, Name, Negative, Number
from checker.knowledge.activations import ACTIVATIONS
from checker.model import Kind
from checker.reports.picture import Item, graph_svg
from checker.reports.picture.letters import letters, line_svg, width

if TYPE_CHECKING:
    from collections.abc import Iterator

    from checker.expression.tree import Expression
    from checker.generating.structure import Structure

RADIUS, ACROSS, DOWN, EDGE = 24, 150, 74, 34
MOST_UNITS = 40  # of a picture in which somebody finds one
MOST_LABELS = 14  # of lines; beyond it weights are named by layer
INK, SOFT, PAPER, CARD = "#1b1f27", "#566070", "#ffffff", "#f5f7fa"


@dataclass
class Unit:
    """A unit: what it is called, what goes into it with which weight, and what is added."""

    label: str
    links: list[tuple[int, str]] = field(default_factory=list)
    bias: str = ""
    column: int = 0
    given: bool = False


ALONE = (
    f"text {{ fill: {INK}; }} .box {{ fill: {CARD}; stroke: {SOFT}; }} .edge {{ fill: none; stroke: {SOFT}; }} "
    f".head {{ fill: {SOFT}; }} .bar {{ stroke: {INK}; }}"
)


class _Other(Exception):
    """An equation that is no unit's."""


class _Term(NamedTuple):
    weight: str
    signal: str
    matrix: bool


def network_svg(structure: Structure, title: str, *, alone: bool = False) -> str:
    """The picture as one `svg` element; the graph of the forward pass where the equations are no network's.

    `alone` gives it colours of its own, for where no page's style sheet does.
    """
    found = units_of(structure)
    if found is not None:
        return _drawn(found, title)
    drawn = _graph(structure, title)
    head, end, rest = drawn.partition(">")
    return f"{head}{end}<style>{ALONE}</style>{rest}" if alone and drawn else drawn


def units_of(structure: Structure) -> list[Unit] | None:
    """The units of a network, those first that others are worked from; None where the equations are no network's."""
    try:
        units = _Units(structure).units
    except _Other:
        return None
    return units if 0 < len(units) <= MOST_UNITS and not all(unit.given for unit in units) else None


def _graph(structure: Structure, title: str) -> str:
    program = structure.program
    forward = [step for step in program.steps if step.kind in ("forward", "loss")]
    known = {step.name for step in forward}
    items = [
        Item(step.name, Kind(step.kind), tuple(parent for parent in step.parents if parent in known))
        for step in forward
    ]
    return graph_svg(items, title, "The steps of the forward pass, and what each is worked from.", id="network")


class _Units:
    """The units of a problem, in the order in which they are worked."""

    def __init__(self, structure: Structure) -> None:
        problem = structure.problem
        self.shapes = dict(structure.program.shapes)
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


# ---------------------------------------------------------------- drawing


def _drawn(units: list[Unit], title: str) -> str:
    columns: dict[int, list[int]] = {}
    for number, unit in enumerate(units):
        columns.setdefault(unit.column, []).append(number)
    most = max(map(len, columns.values()))
    wide = 2 * EDGE + 2 * RADIUS + ACROSS * max(columns)
    high = 2 * EDGE + DOWN * (most - 1) + 2 * RADIUS + 14
    spots: dict[int, tuple[float, float]] = {}
    for column, numbers in columns.items():
        top = (high - 14 - DOWN * (len(numbers) - 1)) / 2
        for row, number in enumerate(numbers):
            spots[number] = EDGE + RADIUS + ACROSS * column, top + DOWN * row
    links = [(k, number, weight) for number, unit in enumerate(units) for k, weight in unit.links]
    labelled = len(links) <= MOST_LABELS
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:g} {high:g}" width="{wide:g}" height="{high:g}"',
        f' role="img" aria-labelledby="network-title"><title id="network-title">{escape(title)}</title>',
    ]
    labels = []
    for count, (k, number, weight) in enumerate(links):
        (x1, y1), (x2, y2) = spots[k], spots[number]
        length = hypot(x2 - x1, y2 - y1)
        dx, dy = (x2 - x1) / length, (y2 - y1) / length
        ends = x1 + dx * RADIUS, y1 + dy * RADIUS, x2 - dx * RADIUS, y2 - dy * RADIUS
        parts.append(
            '<line class="link" fill="none" stroke="{}" stroke-width="1.1" '
            'x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>'.format(SOFT, *ends)
        )
        if labelled:
            at = 0.32 if count % 2 else 0.62
            x, y = x1 + (x2 - x1) * at, y1 + (y2 - y1) * at
            labels.append(_label(weight, x, y - 1, halo=True))
    parts += labels
    if not labelled:
        parts += list(_layers(links, spots, units))
    for number, unit in enumerate(units):
        x, y = spots[number]
        kind = "unit input" if unit.given else "unit"
        fill, stroke = (PAPER, SOFT) if unit.given else (CARD, INK)
        parts.append(
            f'<circle class="{kind}" fill="{fill}" stroke="{stroke}" stroke-width="1.4" '
            f'cx="{x:.1f}" cy="{y:.1f}" r="{RADIUS}"/>'
        )
        parts.append(_label(unit.label, x, y + 5))
        if unit.bias:
            parts.append(_label(f"{unit.bias}", x, y + RADIUS + 17, halo=True, before="+ "))
    return "".join([*parts, "</svg>"])


def _layers(
    links: list[tuple[int, int, str]], spots: dict[int, tuple[float, float]], units: list[Unit]
) -> Iterator[str]:
    """The name of each matrix of weights, above the lines that it stands for."""
    seen: dict[str, list[tuple[tuple[float, float], tuple[float, float]]]] = {}
    for k, number, weight in links:
        seen.setdefault(weight.partition("[")[0], []).append((spots[k], spots[number]))
    for name, lines in seen.items():
        x = sum(a[0] + b[0] for a, b in lines) / (2 * len(lines))
        y = min(min(a[1], b[1]) for a, b in lines)
        yield _label(name, x, y - 10, halo=True)


def _label(name: str, x: float, y: float, halo: bool = False, before: str = "") -> str:
    (line, *_) = letters(name)
    if before:
        line = (type(line[0])(before), *line)
    written = line_svg(line, round(x, 1), round(y, 1), 2 * RADIUS + 24)
    plain = f'fill="{INK}" font-family="STIX Two Math, New Computer Modern Math, serif"'
    written = written.replace("<text ", f"<text {plain} ", 1)
    if not halo:
        return written
    wide = width(line) + 4
    plate = f'x="{x - wide / 2:.1f}" y="{y - 13:.1f}" width="{wide:.1f}" height="19" rx="4"'
    return f'<rect class="plate" fill="{PAPER}" {plate}/>{written}'
