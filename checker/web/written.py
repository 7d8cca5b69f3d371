"""Every step of a derivation written out as mathematics, once; numbers are put in later, as often as they change.

The formulas of a problem do not depend on its numbers. So LaTeX is written and turned into MathML once for each
structure, with marks where numbers go, and a change of a number costs no more than putting texts together.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache
from html import escape
from math import isfinite, prod
from typing import TYPE_CHECKING, NamedTuple

from checker.graph.build import Builder
from checker.graph.node import Node, names
from checker.knowledge.optimizers import OPTIMIZERS
from checker.model import Kind
from checker.readings.notation import latex_name
from checker.readings.text import latex
from checker.reports.mathml import mathml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from checker.graph.steps import Derivation, Step

MOST_PUT_IN = 16  # numbers of one array that are put into a formula; a larger one stays a name
MOST_SHOWN = 12  # rows and columns of an array that are shown
MOST_EXPANDED = 30  # operations of an activation that is written out
SYMBOLS = {
    "learning_rate": "eta",
    "momentum": "mu",
    "beta1": "beta1",
    "beta2": "beta2",
    "epsilon": "epsilon",
    "rho": "rho",
    "weight_decay": "lambda",
}
"""What an optimizer's settings are called in formulas."""

_MARK = re.compile(r"<mi>qq(\d+)qq</mi>")


class Written(NamedTuple):
    """A step written out: its name, its formulas (the chain rule first), and one with marks for numbers.

    All are MathML without the `math` element around it. `numbers` alternates text and positions in `uses`, which are
    names of leaves, steps and settings; empty where putting numbers in says nothing.
    """

    step: str
    kind: Kind
    shape: tuple[int, ...]
    name: str
    formulas: tuple[str, ...]
    numbers: tuple[str | int, ...]
    uses: tuple[str, ...]


def write(derivation: Derivation) -> list[Written]:
    """The steps of a derivation, written out."""
    writer = _Writer(derivation)
    return [writer.step(step) for step in derivation.steps]


class _Writer:
    def __init__(self, derivation: Derivation) -> None:
        self.derivation = derivation
        self.shapes = {q.name: q.shape for q in derivation.problem.quantities}
        self.shapes.update({step.name: step.shape for step in derivation.steps})
        self.settings: dict[str, Node] = {}
        self.builder = Builder(derivation.nodes, derivation.problem.conventions)

    def step(self, step: Step) -> Written:
        rule = self._general(step) or step.rule
        formulas = []
        chain = self._chain(step)
        if chain:
            formulas.append(chain)
        formulas.append(inner(latex(rule)))
        open_ = _opened(rule)
        if open_ is not None:
            formulas.append(inner(latex(open_)))
        numbers, uses = self._numbers(open_ or rule)
        return Written(
            step.name,
            step.kind,
            step.shape,
            inner(latex_name(step.name)),
            tuple(dict.fromkeys(formulas)),
            numbers,
            uses,
        )

    def _general(self, step: Step) -> Node | None:
        """An optimizer's rule with its settings as names: the learning rate is a number like any other."""
        update = self.derivation.problem.update
        if update is None or step.kind not in (Kind.UPDATE, Kind.OPTIMIZER_STATE) or "w" not in step.scope:
            return None
        forms = OPTIMIZERS[update.optimizer].forms
        form = next((form for form in forms if form.name == update.form), forms[0])
        texts = dict(form.state)
        text = form.update if step.kind is Kind.UPDATE else texts.get(step.name.partition("_")[0])
        if text is None:
            return None
        settings = [name for name in update.settings if name in step.scope]
        if any(SYMBOLS.get(name, name) in self.shapes for name in settings):
            return None  # the problem has another use for the letter
        named = {name: self.derivation.nodes.name(SYMBOLS.get(name, name), ()) for name in settings}
        return self.builder.entry(text, {**step.scope, **named})

    def _chain(self, step: Step) -> str:
        """The chain rule that a gradient of single numbers applies: a sum over whatever its operand goes into."""
        if step.kind is not Kind.GRADIENT or step.shape or not step.terms or len(step.terms) > 6:
            return ""
        loss = self.derivation.problem.loss
        parts = []
        for through, _ in step.terms:
            if self.shapes.get(through, (0,)) != () or not step.about:
                return ""
            if through == loss:
                return ""
            parts.append(f"{latex_name(f'd{loss}_d{through}')} {latex_name(f'd{through}_d{step.about}')}")
        return inner(" + ".join(parts))

    def _numbers(self, rule: Node) -> tuple[tuple[str | int, ...], tuple[str, ...]]:
        uses: list[str] = []

        def label(name: str) -> str:
            if prod(self.shapes.get(name, ())) > MOST_PUT_IN:
                return latex_name(name)
            if name not in uses:
                uses.append(name)
            return rf"\mathit{{qq{uses.index(name)}qq}}"

        if not names(rule):
            return (), ()
        parts = _MARK.split(inner(latex(rule, label)))
        if len(parts) == 1:
            return (), ()
        return tuple(int(part) if n % 2 else part for n, part in enumerate(parts)), tuple(uses)


def _opened(rule: Node) -> Node | None:
    """A rule that is one call of an activation, with the activation's own formula in its place."""
    if rule.op != "elementwise" or not rule.data.label or rule.data.operations > MOST_EXPANDED:
        return None
    nodes_formula = type(rule.data)(-1, rule.data.expr, rule.data.arity, "")
    return Node(-1, "elementwise", nodes_formula, rule.args, rule.shape)


@cache
def inner(latex: str) -> str:
    """The MathML of a formula, without the element around it."""
    return mathml(latex).removeprefix("<math>").removesuffix("</math>")


# ---------------------------------------------------------------- numbers


class Known(NamedTuple):
    """The numbers of a quantity, its shape, and each number's decimal where that is exact and ends."""

    numbers: Sequence[float]
    shape: tuple[int, ...]
    exact: Sequence[Decimal | None]

    def whole(self, digits: int) -> bool:
        """Whether so many digits are all there are."""
        return all(
            exact is not None and Decimal(f"{value:.{digits}g}") == exact
            for value, exact in zip(self.numbers, self.exact, strict=True)
        )


def put_in(written: Written, values: Mapping[str, Known], digits: int) -> str:
    """The step's formula with the numbers in it; `values` has what each name stands for."""
    pieces = []
    alone = all(isinstance(other, int) or other in ("", "<mrow>", "</mrow>") for other in written.numbers)
    for part in written.numbers:
        if isinstance(part, str):
            pieces.append(part)
        else:
            pieces.append(shown(values[written.uses[part]], digits, bracket=not alone))
    return "".join(pieces)


def shown(known: Known, digits: int, *, bracket: bool = False) -> str:
    """A quantity's numbers as MathML."""
    if known.shape:
        return array(known.numbers, known.shape, digits)
    return number(known.numbers[0], digits, bracket=bracket)


def number(value: float, digits: int, *, bracket: bool = False) -> str:
    """A number as MathML, in brackets where it would not stand alone among others.

    >>> number(-0.5, 6, bracket=True)
    '<mrow><mo stretchy="false">(</mo><mo form="prefix">−</mo><mn>0.5</mn><mo stretchy="false">)</mo></mrow>'
    """
    text = f"{value + 0.0:.{digits}g}"
    if not isfinite(value):
        text = "undefined" if value != value else "∞" if value > 0 else "−∞"  # noqa: PLR0124 - NaN alone differs
        return f"<mtext>{text}</mtext>"
    sign, text = ("−", text[1:]) if text.startswith("-") else ("", text)
    mantissa, e, exponent = text.partition("e")
    made = f'<mo form="prefix">{sign}</mo>' if sign else ""
    made += f"<mn>{mantissa}</mn>"
    if e:
        power = int(exponent)
        raised = f"<mn>{power}</mn>" if power >= 0 else f'<mrow><mo form="prefix">−</mo><mn>{-power}</mn></mrow>'
        made += f"<mo>×</mo><msup><mn>10</mn>{raised}</msup>"
    if bracket and (sign or e):
        made = f'<mo stretchy="false">(</mo>{made}<mo stretchy="false">)</mo>'
    return f"<mrow>{made}</mrow>" if sign or e else made


def array(numbers: Sequence[float], shape: tuple[int, ...], digits: int) -> str:
    """A vector as a column, a matrix, or what has more axes as a list of matrices; what is large is cut with dots."""
    if len(shape) > 2:
        size = prod(shape[1:])
        parts = [array(numbers[k * size : (k + 1) * size], shape[1:], digits) for k in range(min(shape[0], 4))]
        more = "<mo>,</mo><mo>…</mo>" if shape[0] > 4 else ""
        return f"<mrow><mo>(</mo>{'<mo>,</mo>'.join(parts)}{more}<mo>)</mo></mrow>"
    rows, columns = (shape[0], 1) if len(shape) == 1 else shape
    lines = []
    for i in _cut(rows):
        cells = [
            "<mtd><mo>⋯</mo></mtd>"
            if i is None or j is None
            else f"<mtd>{number(numbers[i * columns + j], digits)}</mtd>"
            for j in _cut(columns)
        ]
        lines.append(f"<mtr>{''.join(cells)}</mtr>")
    return f'<mrow><mo>[</mo><mtable columnalign="right">{"".join(lines)}</mtable><mo>]</mo></mrow>'


def _cut(count: int) -> list[int | None]:
    if count <= MOST_SHOWN:
        return list(range(count))
    return [*range(MOST_SHOWN - 2), None, count - 1]


def plain(text: str) -> str:
    """Text in MathML."""
    return f"<mtext>{escape(text)}</mtext>"
