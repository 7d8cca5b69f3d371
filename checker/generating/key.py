"""The private key of a variant: every value exactly, the answer as it is to be rounded, and the worked solution."""

from __future__ import annotations

import json
import math
import re
from decimal import Decimal
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from checker.compare import asked_unit
from checker.generating.blank import HEADINGS, points, rounding
from checker.generating.scope import Drawn
from checker.model import Kind
from checker.readings.digits import Digits, decimal_text
from checker.readings.notation import latex_name
from checker.readings.program import SHOWN_ELEMENTS, nested
from checker.readings.text import latex
from checker.reports.markdown import code, escaped
from checker.sheet import asked_slots

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from fractions import Fraction

    from checker.generating.holes import Draw
    from checker.generating.roster import Student
    from checker.generating.structure import Structure
    from checker.model import Tolerance
    from checker.readings.program import Asked, Step

FORMAT = "check-backprop/key@1"
SHOWN_DIGITS = 6
_NAME = re.compile(r"[A-Za-zΑ-ω_][\wΑ-ω]*(?:@\d+)?")


class Solved(NamedTuple):
    """One question, worked: texts of the numbers, nested lists for arrays.

    `numbers` is the formula with the numbers put in; `exact` to 30 digits, with an ellipsis where they go on; `answer`
    rounded as it is asked.
    """

    label: str
    kind: Kind
    points: float
    rounding: str
    formula: str
    latex: str
    numbers: str
    exact: Any
    answer: Any
    shape: tuple[int, ...]


class Solver:
    """Works the questions of a structure with any draw's numbers."""

    def __init__(self, structure: Structure) -> None:
        self.structure = structure
        self._digits = Digits(structure.derivation)
        program = structure.program
        self._shapes: dict[str, tuple[int, ...]] = {name: shape for name, (_, shape) in program.leaves.items()}
        self._shapes.update((step.name, step.shape) for step in program.steps)
        rules = {step.name: step.rule for step in structure.derivation.steps}
        self._parts = {
            step.name: self._split(step.formula) for step in (program.steps[item.step] for item in structure.asked)
        }
        self._latex = {name: f"{latex_name(name)} = {latex(rules[name])}" for name in self._parts}

    def _split(self, formula: str) -> list[tuple[str, bool]]:
        """A formula in parts: text, or a name for which a number is put."""
        found: list[tuple[str, bool]] = []
        end = 0
        for match in _NAME.finditer(formula):
            if match[0] in self._shapes and prod(self._shapes[match[0]]) <= SHOWN_ELEMENTS:
                found += [(formula[end : match.start()], False), (match[0], True)]
                end = match.end()
        return [*found, (formula[end:], False)]

    def exact(self, draw: Draw) -> dict[str, list[tuple[Decimal, bool]]]:
        """Every step's elements to 30 digits, with whether they are all there are."""
        return self._digits(self._numbers(draw))

    def _numbers(self, draw: Draw) -> dict[str, list[Fraction]]:
        found = {}
        for quantity in self.structure.problem.quantities:
            sources = self.structure.sources[quantity.name]
            elements = []
            for value, source in zip(quantity.values, sources, strict=True):
                drawn = draw[source.variable] if source is not None else None
                elements.append(drawn.numbers[source.element].exact if isinstance(drawn, Drawn) and source else value)
            found[quantity.name] = elements
        return found

    def __call__(self, draw: Draw) -> list[Solved]:
        """Every question, in order."""
        program = self.structure.program
        numbers = self._numbers(draw)
        values = self._digits(numbers)
        shown: dict[str, str] = {}
        for name, elements in numbers.items():
            shown[name] = nested([f"{float(each) + 0.0:.{SHOWN_DIGITS}g}" for each in elements], self._shapes[name])
        for name, worked in values.items():
            if name in self._shapes:
                texts = [f"{float(value) + 0.0:.{SHOWN_DIGITS}g}" for value, _ in worked]
                shown[name] = nested(texts, self._shapes[name])
        found = []
        for item in self.structure.asked:
            step = program.steps[item.step]
            asked = [values[step.name][slot - step.slot] for slot in asked_slots(item, program)]
            if item.negative:
                asked = [(-value, exact) for value, exact in asked]
            shape = () if item.element is not None else step.shape
            found.append(
                Solved(
                    item.label,
                    Kind(step.kind),
                    item.points,
                    rounding(item.tolerance),
                    step.formula,
                    self._latex[step.name],
                    self._put(step, shown),
                    _lists([decimal_text(value, exact) for value, exact in asked], shape),
                    _lists([rounded(value, item.tolerance) for value, _ in asked], shape),
                    shape,
                )
            )
        return found

    def _put(self, step: Step, shown: Mapping[str, str]) -> str:
        found = ""
        parts = self._parts[step.name]
        for n, (text, is_name) in enumerate(parts):
            value = shown[text] if is_name else text
            alone = text == step.formula or (found.endswith("(") and parts[n + 1][0].startswith(")"))
            found += f"({value})" if is_name and value.startswith("-") and not alone else value
        return found


def rounded(value: Decimal, tolerance: Tolerance) -> str:
    """A value as it is to be typed: rounded to the unit that is asked, or to a finer power of ten.

    >>> from checker.model import Tolerance
    >>> rounded(Decimal("0.66818777"), Tolerance(decimals=4))
    '0.6682'
    >>> rounded(Decimal("-0.000438649"), Tolerance(significant=3))
    '-0.000439'
    """
    unit = float(asked_unit(tolerance, float(value)))
    places = math.floor(math.log10(unit) + 1e-9)
    text = f"{round(value, -places):f}" if places < 0 else f"{value.quantize(Decimal(1).scaleb(places)):f}"
    return "0" if Decimal(text) == 0 else text


def _lists(items: Sequence[Any], shape: tuple[int, ...]) -> Any:
    if not shape:
        return items[0]
    size = prod(shape[1:])
    return [_lists(items[i * size : (i + 1) * size], shape[1:]) for i in range(shape[0])]


def data(solved: Sequence[Solved], problem: str, student: Student) -> str:
    """The key as JSON, a question a line."""
    head = {"format": FORMAT, "problem": problem, "student": student.id}
    lines = [
        json.dumps(
            {
                "step": each.label,
                "kind": each.kind.value,
                "points": each.points,
                "formula": each.formula,
                "numbers": each.numbers,
                "exact": each.exact,
                "answer": each.answer,
            },
            ensure_ascii=False,
        )
        for each in solved
    ]
    start = ",\n ".join(f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in head.items())
    return f'{{{start},\n "steps": [\n  ' + ",\n  ".join(lines) + "\n ]}\n"


def worked(solved: Sequence[Solved], title: str, student: Student) -> str:
    """The worked solution as Markdown: each formula, with the numbers put in, and its value."""
    shown = escaped(f"{student.name} ({student.id})" if student.name else student.id)
    blocks = [f"# {escaped(title)}: worked solution", f"{shown}. For the instructor only."]
    heading = ""
    for each in solved:
        if HEADINGS[each.kind] != heading:
            heading = HEADINGS[each.kind]
            blocks.append(f"## {heading}")
        blocks.append(f"$$\n{each.latex}\n$$")
        parts = dict.fromkeys((each.numbers, _inline(each.exact)))
        line = " = ".join(code(part) for part in parts)
        blocks.append(f"{code(each.label)} = {line}; rounded **{_inline(each.answer)}** ({points(each.points)})")
    return "\n\n".join(blocks) + "\n"


def _inline(value: Any) -> str:
    return f"[{', '.join(map(_inline, value))}]" if isinstance(value, list) else str(value)


def filled_in(solved: Sequence[Solved]) -> dict[str, str]:
    """The right answer to every question, as it is typed into a submission."""
    return {each.label: _inline(each.answer) for each in solved}


def total(asked: Sequence[Asked]) -> float:
    """All points together."""
    return sum(item.points for item in asked)
