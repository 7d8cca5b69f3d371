"""The handout as LaTeX: a text that any engine sets, with the network as a TikZ picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.generating.blank import NAME
from checker.generating.handouts.content import Given, Handout, rows
from checker.generating.handouts.markdown import matrix
from checker.generating.variant import Piece, joined
from checker.readings.notation import latex_name
from checker.reports.plain import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from checker.generating.handouts.content import Line
    from checker.reports.picture.units import Unit

_SPECIAL = str.maketrans({
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "\N{MINUS SIGN}": r"\ensuremath{-}",
})  # fmt: skip

TALL = r"\rule[-9pt]{0pt}{26pt}"  # keeps fractions of neighbouring rows apart
HEAD = r"""\documentclass[a4paper,11pt]{article}
\usepackage[margin=20mm]{geometry}
\usepackage{iftex}
\ifPDFTeX\usepackage[utf8]{inputenc}\usepackage[T1]{fontenc}\fi
\usepackage{amsmath,amssymb,array,booktabs,longtable,tikz}
\setlength{\parindent}{0pt}\setlength{\extrarowheight}{3pt}
\begin{document}
"""


def escaped(text: str) -> str:
    r"""A text in which no character means anything to LaTeX.

    >>> print(escaped("50% of a_1 & {b}"))
    50\% of a\_1 \& \{b\}
    """
    return printable(text).translate(_SPECIAL)


def pieces(handout: Handout, units: Sequence[Unit] | None) -> list[Piece]:
    """The document, in pieces."""
    found: list[Piece] = [
        HEAD,
        rf"\section*{{{escaped(handout.title)}}}" + "\n" + r"\textbf{",
        NAME,
        rf"}} \hfill {escaped(handout.total)}" + "\n\n" + r"\medskip\hrule\medskip" + "\n",
    ]
    if units:
        found.append("\\begin{center}\n" + "\n".join(_picture(units)) + "\n\\end{center}\n")
    for heading, givens in (("Given", handout.givens), ("Parameters", handout.parameters)):
        if givens:
            found += [rf"\subsection*{{{heading}}}" + "\n", *_numbers(givens)]
    found += [r"\subsection*{Equations}" + "\n", _lines(handout.equations)]
    if handout.definitions:
        found += ["where\n", _lines(handout.definitions)]
    found += [f"{escaped(each[:1].upper() + each[1:])}.\n\n" for each in (*handout.notes, *handout.conventions)]
    if handout.update:
        found += [f"{escaped(handout.update)}\n", _lines(handout.rules)]
    found += [r"\subsection*{Questions}" + "\n", _questions(handout)]
    items = "".join(rf"\item {escaped(rule)}" + "\n" for rule in handout.judging)
    found.append(r"\subsection*{Rounding}" + "\n" + r"\begin{itemize}" + "\n" + items + r"\end{itemize}" + "\n")
    found.append(r"\end{document}" + "\n")
    return joined(found)


def _questions(handout: Handout) -> str:
    """One long table, so that no heading is left alone at the foot of a page."""
    found = [r"\begin{longtable}{@{}rllp{62mm}r@{}}\toprule & step & write it as & & points\\\midrule\endhead"]
    number = 0
    for group in handout.groups:
        found.append(rf"\multicolumn{{5}}{{@{{}}l}}{{\textbf{{{escaped(group.heading)}}}}}\\*")
        for question in group.questions:
            number += 1
            said = [question.shape] if handout.same_rounding else [question.shape, question.rounding]
            tall = TALL if "frac" in question.latex else ""
            cells = [
                f"{number}",
                rf"{tall}$\displaystyle {question.latex}$",
                rf"\texttt{{{escaped(question.label)}}}",
                escaped(", ".join(filter(None, said))),
                question.points.partition(" ")[0],
            ]
            found.append(rf"{' & '.join(cells)}\\[3pt]")
    return "\n".join([*found, r"\bottomrule\end{longtable}", ""])


def _lines(lines: Sequence[Line]) -> str:
    aligned = " \\\\\n".join(f"{line.left} &= {line.right}" for line in lines)
    return f"\\begin{{align*}}\n{aligned}\n\\end{{align*}}\n"


def _numbers(givens: Sequence[Given]) -> list[Piece]:
    found: list[Piece] = []
    single = [each for each in givens if not each.shape]
    for start in range(0, len(single), 10):
        some = single[start : start + 10]
        heads = " & ".join(f"${each.latex}$" for each in some)
        found.append(rf"\begin{{tabular}}{{{'c' * len(some)}}}{heads}\\\midrule" + "\n")
        for place, each in enumerate(some):
            found += [" & $" if place else "$", each.numbers[0], "$"]
        found.append(r"\end{tabular}" + "\n\n\\medskip\n")
    for row in rows(givens):
        found.append(r"\[ ")
        for place, each in enumerate(row):
            found += [r" \qquad " if place else "", f"{each.latex} = ", *matrix(each)]
        found.append(" \\]\n")
    return found


def _picture(units: Sequence[Unit]) -> Iterator[str]:
    """The network: a column of circles a layer, a line a weight."""
    columns: dict[int, list[int]] = {}
    for number, unit in enumerate(units):
        columns.setdefault(unit.column, []).append(number)
    links = sum(len(unit.links) for unit in units)
    yield r"\begin{tikzpicture}[unit/.style={circle,draw,minimum size=11mm,inner sep=0pt},font=\small]"
    for column, numbers in columns.items():
        for row, number in enumerate(numbers):
            high = 1.55 * ((len(numbers) - 1) / 2 - row)
            label = latex_name(units[number].label)
            yield rf"\node[unit] (u{number}) at ({3.2 * column:.2f},{high:.2f}) {{${label}$}};"
            if units[number].bias:
                yield rf"\node[below=-1pt] at (u{number}.south) {{$+\,{latex_name(units[number].bias)}$}};"
    for number, unit in enumerate(units):
        for count, (source, weight) in enumerate(unit.links):
            label = ""
            if links <= 14:
                place = "near start" if (number + count) % 2 else "near end"
                label = rf" node[{place},fill=white,inner sep=1pt] {{${latex_name(weight)}$}}"
            yield rf"\draw (u{source}) --{label} (u{number});"
    yield r"\end{tikzpicture}"
