r"""A solution as mathematics: LaTeX for a handout or MathML for a page, each step as a course would write it.

A step is its name, its rule, the rule with the numbers put in, the exact value where it is short, and the decimal.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from checker.readings.notation import latex_array, latex_name, latex_number
from checker.reports.mathml import mathml
from checker.reports.plain import flat, printable
from checker.reports.worked import HEADINGS, grouped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from checker.model import Solution, SolvedStep

CLOSED = "In givens and parameters alone"
SHOWN = 64  # elements of an array that is written out
_ACCENTED = str.maketrans({mark: f"\\{mark}" for mark in "&%$#_{}"} | {
    "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
})  # fmt: skip


def draw_latex(worked: Solution) -> str:
    r"""A fragment for a document that has amsmath: a heading and an `align*` for each kind of step."""
    blocks = [f"\\section*{{{printable(worked.title or worked.problem).translate(_ACCENTED)}}}"]
    for heading, rows in _sections(worked):
        lines = []
        for left, parts in rows:
            first, *others = parts
            lines.append(" \\\\\n  &= ".join([f"  {left} &= {first}", *others]))
        body = " \\\\[1ex]\n".join(lines)
        blocks.append(f"\\subsection*{{{heading}}}\n\\begin{{align*}}\n{body}\n\\end{{align*}}")
    return "\n\n".join(blocks) + "\n"


def draw_mathml(worked: Solution) -> str:
    """A fragment of a page: one `section` with a heading for each kind of step and a `math` element a line."""
    lines = ["<section>", f"<h1>{escape(printable(worked.title or worked.problem))}</h1>"]
    for heading, rows in _sections(worked):
        lines.append(f"<h2>{escape(heading)}</h2>")
        lines += [mathml(" = ".join([left, *parts]), display=True) for left, parts in rows]
    return "\n".join([*lines, "</section>"]) + "\n"


def _sections(worked: Solution) -> Iterator[tuple[str, list[tuple[str, list[str]]]]]:
    for kind, steps in grouped(worked.steps):
        yield HEADINGS[kind], [_parts(step) for step in steps]
    if worked.closed_forms:
        yield CLOSED, [(latex_name(form.step), [form.latex]) for form in worked.closed_forms]


def _parts(step: SolvedStep) -> tuple[str, list[str]]:
    """The step's name, and what it is, one after the other."""
    name = latex_name(step.step)
    found = [step.latex.removeprefix(f"{name} = "), *step.latex_parts]
    numbers = list(flat(step.value))
    if len(numbers) <= SHOWN:
        shown = [r"\text{-}" if value is None else latex_number(value) for value in numbers]
        found.append(latex_array(shown, step.shape))
    return name, list(dict.fromkeys(found))
