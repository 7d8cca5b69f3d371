"""What a notebook shows of a problem, a solution or a grade: a piece of HTML that keeps its style to itself.

`_repr_html_` of the model's classes looks it up by its name when a notebook asks, so that the model, which every
report is drawn from, need not know a report.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from checker.model import Problem, Solution
from checker.outcome import Grade
from checker.reports.mathml import formula_mathml, name_mathml
from checker.reports.page import style
from checker.reports.plain import equation

if TYPE_CHECKING:
    from collections.abc import Callable

_CLOSER = """\
& { padding: .6rem .2rem 1rem; margin: 0; }
h1 { font-size: 1.35rem; } h2 { font-size: 1.05rem; margin: 1.2rem 0 .3rem; border: 0; padding: 0; }
"""  # a cell's output stands among others: less air than a page has


def shown(value: object) -> str:
    """The value as HTML for a cell's output; a grade with all that an instructor may see."""
    draw = next(draw for kind, draw in _DRAWN.items() if isinstance(value, kind))
    return f'<div class="check-backprop">\n<style>\n{_scoped()}</style>\n{draw(value)}\n</div>'


@cache
def _scoped() -> str:
    """The style sheet of our pages, nested so that it reaches nothing else in the notebook; the font stays outside."""
    from checker.reports.solvedpage import STYLE

    sheet = re.sub(r"(?m)^(@page|html) .*\n", "", style(font=False))
    sheet = re.sub(r"(?m)^(\s*)(:root|body) \{", r"\1& {", sheet)
    return f".check-backprop {{\n{sheet}{STYLE}{_CLOSER}}}\n"


def _grade(grade: Grade) -> str:
    from checker.reports.hypertext import body
    from checker.reports.levels import Level, redact

    return body(redact(grade, Level.FULL), Level.FULL)


def _problem(problem: Problem) -> str:
    from checker.reports.solvedpage import given, heading

    equations = "".join(f"<p>{formula_mathml(equation(each.name, each.text))}</p>" for each in problem.equations)
    parts = [heading(problem.title, problem.id), *given(problem), f"<h2>Equations</h2>\n{equations}"]
    if problem.ask is not None:
        asked = ", ".join(name_mathml(name) for name, _ in problem.ask)
        parts.append(f"<h2>Asked</h2>\n<p>{asked}</p>")
    return "\n".join(parts)


def _solution(solution: Solution) -> str:
    from checker.reports.solvedpage import body

    return body(solution)


_DRAWN: dict[type, Callable[..., str]] = {Problem: _problem, Solution: _solution, Grade: _grade}
