"""The handout as one self-contained page: the network as SVG, the formulas as MathML."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from checker.generating.blank import NAME
from checker.generating.handouts.layout import facts, tables, tasks
from checker.generating.handouts.markdown import matrix
from checker.generating.holes import Piece, Place, joined
from checker.reports.mathml import mathml
from checker.reports.page import page
from checker.reports.page import text as escaped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checker.generating.handouts.content import Given, Group, Handout, Line, Number

STYLE = """
.numbers { width: auto; } .numbers th, .numbers td { text-align: center; padding: .3rem .9rem; }
.questions { table-layout: fixed; }
.questions td:first-child, .questions th:first-child { width: 2.6rem; color: var(--soft); }
.questions th:nth-child(2) { width: 24%; } .questions th:nth-child(3) { width: 30%; }
.questions th:last-child { width: 4.5rem; }
.arrays { display: flex; flex-wrap: wrap; gap: .4rem 2.6rem; justify-content: center; align-items: center; }
.picture { text-align: center; } .picture svg { margin: 0 auto; min-width: 0; }
.who { display: flex; justify-content: space-between; gap: 1rem; border-bottom: 2px solid var(--ink);
  padding-bottom: .5rem; margin-bottom: 1rem; } .who strong { font-size: 1.05rem; }
section.group { break-inside: avoid-page; }
"""
Mathematics = Callable[[str, bool], str]  # LaTeX, and whether on a line of its own, to markup
_TOKEN = 7_770_000_000  # numbers that stand in a formula where a drawn one goes


def minus(number: str) -> str:
    """A number as it is printed: with the minus sign of its own, which is as wide as a plus."""
    return number.replace("-", "\N{MINUS SIGN}")


class Html:
    """Markup of a page; `math` writes the formulas."""

    def __init__(self, math: Mathematics = mathml) -> None:
        self._math = math

    def heading(self, text: str) -> str:
        """A heading of the second level."""
        return f"<h2>{escaped(text)}</h2>\n"

    def sentence(self, text: str) -> str:
        """A paragraph."""
        return f"<p>{escaped(text)}</p>\n"

    lead = sentence

    def formulas(self, lines: Sequence[Line]) -> str:
        """Formulas below each other."""
        shown = "".join(self._math(rf"{line.left} = {line.right}", True) for line in lines)
        return f"<div class='formulas'>{shown}</div>\n"

    def numbers(self, givens: Sequence[Given]) -> list[Piece]:
        """Tables and formulas."""
        found: list[Piece] = []
        for some in tables(givens, 10):
            head = "".join(f"<th scope='col'>{self._math(each.latex, False)}</th>" for each in some)
            found.append(f"<div class='wide'><table class='numbers'><thead><tr>{head}</tr></thead><tbody><tr>")
            for each in some:
                found += ["<td>", _shown(each.numbers[0]), "</td>"]
            found.append("</tr></tbody></table></div>\n")
        arrays = [each for each in givens if each.shape]
        if arrays:
            found.append("<div class='arrays'>")
            for each in arrays:
                found += _matrix(each, self._math)
            found.append("</div>\n")
        return found

    def questions(self, groups: Sequence[Group]) -> str:
        """A table for each kind."""
        found = ["<h2>Questions</h2>\n"]
        for group in groups:
            found.append(
                f"<section class='group'><h3>{escaped(group.heading)}</h3>\n<table class='questions'>"
                "<thead><tr><th></th><th>step</th><th>write it as</th><th></th><th class='number'>points</th></tr>"
                "</thead>"
            )
            found += [
                f"<tr><td>{each.number}</td><td>{self._math(each.latex, False)}</td>"
                f"<td><code>{escaped(each.label)}</code></td><td class='soft'>{escaped(each.asks)}</td>"
                f"<td class='number'>{escaped(each.worth)}</td></tr>\n"
                for each in group.questions
            ]
            found.append("</table></section>\n")
        return "".join(found)

    def items(self, texts: Sequence[str]) -> str:
        """A list."""
        return f"<ul>{''.join(f'<li>{escaped(each)}</li>' for each in texts)}</ul>\n"


def pieces(handout: Handout, picture: str = "") -> list[Piece]:
    """The page, in pieces; `picture` is the network's SVG."""
    found: list[Piece] = [
        f"<header><h1>{escaped(handout.title)}</h1>\n<p class='who'><strong>",
        NAME,
        f"</strong><span>{escaped(handout.total)}</span></p></header>\n",
    ]
    if picture:
        found.append(f"<figure class='picture'>{picture}</figure>\n")
    return _paged(handout.title, [*found, *facts(handout, Html()), *tasks(handout, Html())])


def _paged(title: str, body: list[Piece]) -> list[Piece]:
    before, _, after = page(title, "@@body@@", style_too=STYLE).partition("\n@@body@@")
    return joined([before, *body, after])


def _shown(number: Number) -> Piece:
    return number if isinstance(number, Place) else escaped(minus(number))


def _matrix(given: Given, math: Mathematics) -> list[Piece]:
    """An array as a formula with places in it: tokens are converted with the formula, and then taken out again."""
    places: list[Place] = []
    latex = []
    for piece in matrix(given):
        if isinstance(piece, Place):
            latex.append(str(_TOKEN + len(places)))
            places.append(piece)
        else:
            latex.append(piece)
    made = math(f"{given.latex} = {''.join(latex)}", True)
    found: list[Piece] = []
    for part in re.split(rf"({_TOKEN // 1_000_000}\d{{6}})", made):
        number = int(part) - _TOKEN if part.isdigit() and len(part) == 10 else -1
        found.append(places[number] if 0 <= number < len(places) else part)
    return found
