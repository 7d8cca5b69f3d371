"""The handout as one self-contained page: the network as SVG, the formulas as MathML."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from checker.generating.blank import NAME
from checker.generating.handouts.markdown import matrix
from checker.generating.variant import Piece, Place, joined
from checker.reports.mathml import mathml
from checker.reports.page import page, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checker.generating.handouts.content import Given, Handout, Line, Number

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


def pieces(handout: Handout, picture: str = "") -> list[Piece]:
    """The page, in pieces; `picture` is the network's SVG."""
    found: list[Piece] = [
        f"<header><h1>{text(handout.title)}</h1>\n<p class='who'><strong>",
        NAME,
        f"</strong><span>{text(handout.total)}</span></p></header>\n",
        *facts(handout, picture),
        "<h2>Questions</h2>\n",
    ]
    number = 0
    for group in handout.groups:
        found.append(f"<section class='group'><h3>{text(group.heading)}</h3>\n<table class='questions'><thead><tr>")
        found.append("<th></th><th>step</th><th>write it as</th><th></th><th class='number'>points</th></tr></thead>")
        for question in group.questions:
            number += 1
            said = [question.shape] if handout.same_rounding else [question.shape, question.rounding]
            found.append(
                f"<tr><td>{number}</td><td>{mathml(question.latex)}</td><td><code>{text(question.label)}</code></td>"
                f"<td class='soft'>{text(', '.join(filter(None, said)))}</td>"
                f"<td class='number'>{text(question.points.partition(' ')[0])}</td></tr>\n"
            )
        found.append("</table></section>\n")
    found.append(f"<h2>Rounding</h2>\n<ul>{''.join(f'<li>{text(rule)}</li>' for rule in handout.judging)}</ul>\n")
    return _paged(handout.title, joined(found))


def facts(handout: Handout, picture: str = "", math: Mathematics = mathml) -> list[Piece]:
    """What is given, as markup of a page: picture, numbers, equations, the update; `math` writes the formulas."""
    found: list[Piece] = []
    if picture:
        found.append(f"<figure class='picture'>{picture}</figure>\n")
    for heading, givens in (("Given", handout.givens), ("Parameters", handout.parameters)):
        if givens:
            found += [f"<h2>{heading}</h2>\n", *_numbers(givens, math)]
    found.append(f"<h2>Equations</h2>\n<div class='formulas'>{_lines(handout.equations, math)}</div>\n")
    if handout.definitions:
        found.append(f"<p>where</p>\n<div class='formulas'>{_lines(handout.definitions, math)}</div>\n")
    found += [f"<p>{text(each[:1].upper() + each[1:])}.</p>\n" for each in (*handout.notes, *handout.conventions)]
    if handout.update:
        found.append(f"<p>{text(handout.update)}</p>\n<div class='formulas'>{_lines(handout.rules, math)}</div>\n")
    return joined(found)


def _paged(title: str, body: list[Piece]) -> list[Piece]:
    before, _, after = page(title, "@@body@@", style_too=STYLE).partition("\n@@body@@")
    return joined([before, *body, after])


def _lines(lines: Sequence[Line], math: Mathematics) -> str:
    return "".join(math(rf"{line.left} = {line.right}", True) for line in lines)


def _numbers(givens: Sequence[Given], math: Mathematics) -> list[Piece]:
    found: list[Piece] = []
    single = [each for each in givens if not each.shape]
    for start in range(0, len(single), 10):
        some = single[start : start + 10]
        head = "".join(f"<th scope='col'>{math(each.latex, False)}</th>" for each in some)
        found.append(f"<div class='wide'><table class='numbers'><thead><tr>{head}</tr></thead><tbody><tr>")
        for each in some:
            found += ["<td>", _shown(each.numbers[0]), "</td>"]
        found.append("</tr></tbody></table></div>\n")
    arrays = [each for each in givens if each.shape]
    if arrays:
        found.append("<div class='arrays'>")
        for each in arrays:
            found += _matrix(each, math)
        found.append("</div>\n")
    return found


def _shown(number: Number) -> Piece:
    return number if isinstance(number, Place) else text(minus(number))


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
