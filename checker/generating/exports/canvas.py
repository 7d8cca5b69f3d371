"""Quizzes in the format of text2qti, which turns each into the QTI package that Canvas imports."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from math import lcm
from typing import TYPE_CHECKING

from checker.generating.exports.content import decimal_text
from checker.generating.handouts import shown
from checker.generating.handouts.explained import ROUND_LATE
from checker.generating.handouts.layout import facts
from checker.generating.handouts.markdown import Markdown
from checker.generating.holes import filled
from checker.reports.plain import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from checker.generating.exports.content import Item, Number, Sheet
    from checker.generating.holes import Piece

LAST = Decimal("0.0001")  # Canvas keeps 4 decimals, and what is smaller it takes for 0


class Canvas:
    """Writes a quiz for each variant."""

    def __init__(self, lost: str) -> None:
        self._lost = lost
        self._made: dict[Sheet, list[Piece]] = {}

    def one(self, item: Item) -> dict[str, bytes]:
        """The variant's quiz."""
        return {f"exports/canvas/{item.student.stem}.txt": ("\n".join(self._lines(item)) + "\n").encode()}

    def shared(self) -> dict[str, bytes]:
        """Nothing."""
        return {}

    def _lines(self, item: Item) -> Iterator[str]:
        if item.sheet not in self._made:
            self._made[item.sheet] = facts(item.sheet.handout, Markdown(escaped, "$"))
        numbers = list(item.numbers())
        times = factor(numbers)
        yield f"Quiz title: {escaped(item.sheet.handout.title)} ({escaped(shown(item.student))})"
        yield f"Quiz description: {escaped(self._lost)}"
        if times > 1:
            yield ""
            yield f"    Canvas gives whole and half points, so every point counts {times} times here."
        yield ""
        yield "Text title: What is given"
        yield f"Text: {escaped(ROUND_LATE)}"
        yield from _indented(filled(self._made[item.sheet], item.draw))
        for place, number in enumerate(numbers, 1):
            low, high = interval(number.value, number.bound)
            yield ""
            yield f"Title: {escaped(number.label)}"
            yield f"Points: {float(number.points * times):g}"
            yield f"{place}.  ${number.latex}$ ({escaped(number.label)}): {escaped(number.rounding)}"
            yield f"...  ${number.solved.latex}$"
            if number.solved.numbers != number.solved.formula:
                yield ""
                yield f"     {escaped(number.solved.numbers)}"
            yield ""
            yield f"     ${number.latex} = {decimal_text(number.value)}$, rounded {number.answer}"
            yield "+   Right."
            yield "-   Compared with the right value, even if an earlier answer of yours is wrong."
            yield f"=   [{low}, {high}]"


def _indented(text: str) -> Iterator[str]:
    return (f"    {line}" if line.strip() else "" for line in text.split("\n"))


def interval(value: Decimal, bound: Decimal) -> tuple[str, str]:
    """What Canvas takes for right: the tolerance, widened to 4 decimals and away from what Canvas takes for 0.

    >>> interval(Decimal("0.668188"), Decimal("0.00001")), interval(Decimal("-0.00003"), Decimal("0.00001"))
    (('0.6681', '0.6682'), ('-0.0001', '0.0001'))
    """
    low = (value - bound).quantize(LAST, ROUND_FLOOR)
    high = (value + bound).quantize(LAST, ROUND_CEILING)
    return f"{low or -LAST:f}", f"{high or LAST:f}"


def factor(numbers: Sequence[Number]) -> int:
    """What all points have to be multiplied by so that each is whole or a half."""
    return lcm(*((2 * number.points).denominator for number in numbers))


def escaped(text: str) -> str:
    """A text in which nothing is markup: Python's Markdown and text2qti know fewer backslashes than GitHub's does.

    >>> escaped("W1[2,1] costs $5")
    'W1&#91;2,1&#93; costs &#36;5'
    """
    plain = " ".join(printable(text).split())
    return "".join(
        each
        if each.isalnum() or each in " ,.;:()'/" or (each in "-+=" and at) or ord(each) > 126
        else f"&#{ord(each)};"
        for at, each in enumerate(plain)
    )
