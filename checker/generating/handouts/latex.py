"""The handout as LaTeX: a text that any engine sets, with the network as a TikZ picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.generating.blank import NAME
from checker.generating.handouts.layout import facts, rows, tables, tasks
from checker.generating.handouts.markdown import matrix
from checker.generating.holes import Piece, joined
from checker.readings.notation import latex_name
from checker.reports.plain import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from checker.generating.handouts.content import Given, Group, Handout, Line
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


class Latex:
    """LaTeX's own commands and those of amsmath."""

    def heading(self, text: str) -> str:
        """A heading without a number."""
        return rf"\subsection*{{{text}}}" + "\n"

    def sentence(self, text: str) -> str:
        """A paragraph."""
        return f"{escaped(text)}\n\n"

    def lead(self, text: str) -> str:
        """The end of a paragraph."""
        return f"{escaped(text)}\n"

    def formulas(self, lines: Sequence[Line]) -> str:
        """One block, aligned."""
        aligned = " \\\\\n".join(f"{line.left} &= {line.right}" for line in lines)
        return f"\\begin{{align*}}\n{aligned}\n\\end{{align*}}\n"

    def numbers(self, givens: Sequence[Given]) -> list[Piece]:
        """Tables and formulas."""
        found: list[Piece] = []
        for some in tables(givens, 10):
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

    def questions(self, groups: Sequence[Group]) -> str:
        """One long table, so that no heading is left alone at the foot of a page."""
        found = [
            self.heading("Questions")
            + r"\begin{longtable}{@{}rllp{62mm}r@{}}\toprule & step & write it as & & points\\\midrule\endhead"
        ]
        for group in groups:
            found.append(rf"\multicolumn{{5}}{{@{{}}l}}{{\textbf{{{escaped(group.heading)}}}}}\\*")
            for each in group.questions:
                tall = TALL if "frac" in each.latex else ""
                cells = [
                    f"{each.number}",
                    rf"{tall}$\displaystyle {each.latex}$",
                    rf"\texttt{{{escaped(each.label)}}}",
                    escaped(each.asks),
                    each.worth,
                ]
                found.append(rf"{' & '.join(cells)}\\[3pt]")
        return "\n".join([*found, r"\bottomrule\end{longtable}", ""])

    def items(self, texts: Sequence[str]) -> str:
        """A list."""
        items = "".join(rf"\item {escaped(text)}" + "\n" for text in texts)
        return r"\begin{itemize}" + "\n" + items + r"\end{itemize}" + "\n"


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
    return joined([*found, *facts(handout, Latex()), *tasks(handout, Latex()), r"\end{document}" + "\n"])


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
