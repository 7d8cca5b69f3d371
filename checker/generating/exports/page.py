"""A variant as markup for the pages of other systems: formulas between TeX brackets, which their MathJax sets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.generating.exports.content import decimal_text
from checker.generating.handouts.explained import ROUND_LATE
from checker.generating.handouts.html import Html, minus
from checker.generating.handouts.layout import facts
from checker.generating.holes import filled
from checker.reports.page import text

if TYPE_CHECKING:
    from checker.generating.exports.content import Number, Sheet
    from checker.generating.holes import Draw, Piece


def formula(latex: str, display: bool = False) -> str:
    r"""A formula between TeX brackets.

    >>> print(formula("a < b"))
    \(a &lt; b\)
    """
    return rf"\[{text(latex)}\]" if display else rf"\({text(latex)}\)"


def pieces(sheet: Sheet) -> list[Piece]:
    """What is given, for all variants of a structure; the picture is left to whoever can show one."""
    return facts(sheet.handout, Html(formula))


def given(made: list[Piece], draw: Draw) -> str:
    """What is given to one student."""
    return f"{filled(made, draw, show=minus)}<p>{ROUND_LATE}</p>\n"


def explained(number: Number) -> str:
    """How a number comes about: the rule, the numbers put in, and the value."""
    solved = number.solved
    said = f"<p>{formula(solved.latex)}</p>\n"
    if solved.numbers != solved.formula:
        said += f"<p>With the numbers: <code>{text(solved.numbers)}</code></p>\n"
    return f"{said}<p>{formula(number.latex)} = {decimal_text(number.value)}, rounded {text(number.answer)}</p>\n"
