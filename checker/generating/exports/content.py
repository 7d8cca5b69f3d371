"""What every export says: a variant's handout, and its questions taken apart into single numbers."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from checker.compare import asked_unit
from checker.generating.handouts.content import Handout, handout
from checker.generating.handouts.picture import picture
from checker.readings.notation import latex_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from checker.generating.holes import Draw
    from checker.generating.key import Solved
    from checker.generating.roster import Student
    from checker.generating.structure import Structure
    from checker.readings.program import Asked

DIGITS = 15  # of a right value: more than any of these systems reads


class Origin(NamedTuple):
    """What a set was made from: the template's id and title, and a text that no other set has."""

    template: str
    title: str
    mark: str


class Number(NamedTuple):
    """One number that is asked: its name, as LaTeX, its share of the points, how it is rounded and how it comes about.

    A typed number is right within `bound` of `value`; `answer` is the value rounded as asked.
    """

    label: str
    latex: str
    points: Fraction
    rounding: str
    value: Decimal
    bound: Decimal
    answer: str
    solved: Solved


class Sheet:
    """What the variants of one structure share."""

    def __init__(self, structure: Structure) -> None:
        self.structure = structure

    @cached_property
    def handout(self) -> Handout:
        """What the handouts say."""
        return handout(self.structure)

    @cached_property
    def picture(self) -> str:
        """The network, as SVG that needs no style sheet."""
        return picture(self.structure, alone=True)


class Item(NamedTuple):
    """One variant: whose it is, the id of its problem, what was drawn, and its questions worked."""

    student: Student
    identity: str
    draw: Draw
    solved: list[Solved]
    sheet: Sheet

    def numbers(self) -> Iterator[Number]:
        """Every number that is asked, in order."""
        for item, solved in zip(self.sheet.structure.asked, self.solved, strict=True):
            values, answers = flat(solved.exact), flat(solved.answer)
            share = Fraction(item.points).limit_denominator(1000) / len(values)
            for label, exact, answer in zip(_labels(item, solved), values, answers, strict=True):
                value = Decimal(exact.removesuffix("…"))
                yield Number(
                    label, latex_name(label), share, solved.rounding, value, _bound(item, value), answer, solved
                )


def flat(value: Any) -> list[str]:
    """The texts in nested lists, row by row.

    >>> flat([["1", "2"], ["3", "4"]]), flat("5")
    (['1', '2', '3', '4'], ['5'])
    """
    return [text for part in value for text in flat(part)] if isinstance(value, list) else [value]


def decimal_text(value: Decimal) -> str:
    """A number as these systems read it: a decimal without an exponent, of as many digits as a float keeps.

    >>> decimal_text(Decimal("-0.000012300")), decimal_text(Decimal("0.66818777216816616")), decimal_text(Decimal(3))
    ('-0.0000123', '0.668187772168166', '3')
    """
    text = f"{Decimal(f'{value:.{DIGITS}g}'):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _bound(item: Asked, value: Decimal) -> Decimal:
    """How far from the right value an answer may be: the asked unit, or half of it where the problem is strict."""
    unit = Decimal(f"{float(asked_unit(item.tolerance, float(value))):.12g}")
    return unit / 2 if item.tolerance.strict else unit


def _labels(item: Asked, solved: Solved) -> Iterator[str]:
    """What each number of a question is called, elements counted from 1."""
    if not solved.shape:
        yield item.label
        return
    name, at, iteration = item.label.partition("@")
    for place in range(prod(solved.shape)):
        index = []
        for size in reversed(solved.shape):
            index.append(str(place % size + 1))
            place //= size  # noqa: PLW2901 - taken apart, axis by axis
        yield f"{name}[{','.join(reversed(index))}]{at}{iteration}"
