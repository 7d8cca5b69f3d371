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
from checker.reports.mathml import formula_mathml, mathml, name_mathml
from checker.reports.page import style, text
from checker.reports.plain import equation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from checker.model import Quantity, SolvedStep

MOST_NUMBERS = 64  # of an array that is written out
_CLOSER = """\
& { padding: .6rem .2rem 1rem; margin: 0; }
h1 { font-size: 1.35rem; } h2 { font-size: 1.05rem; margin: 1.2rem 0 .3rem; border: 0; padding: 0; }
table.plain { width: auto; } table.plain td { padding-right: 2.2rem; border: 0; }
"""  # a cell's output stands among others: less air than a page has


def shown(value: object) -> str:
    """The value as HTML for a cell's output; a grade with all that an instructor may see."""
    draw = next(draw for kind, draw in _DRAWN.items() if isinstance(value, kind))
    return f'<div class="check-backprop">\n<style>\n{_scoped()}</style>\n{draw(value)}\n</div>'


@cache
def _scoped() -> str:
    """The style sheet of our pages, nested so that it reaches nothing else in the notebook; the font stays outside."""
    sheet = re.sub(r"(?m)^(@page|html) .*\n", "", style(font=False))
    sheet = re.sub(r"(?m)^(\s*)(:root|body) \{", r"\1& {", sheet)
    return f".check-backprop {{\n{sheet}\n{_CLOSER}}}\n"


def _grade(grade: Grade) -> str:
    from checker.reports.hypertext import body
    from checker.reports.levels import Level, redact

    return body(redact(grade, Level.FULL), Level.FULL)


def _problem(problem: Problem) -> str:
    return "\n".join(_problem_parts(problem))


def _problem_parts(problem: Problem) -> Iterator[str]:
    yield f'<h1>{text(problem.title or problem.id)}</h1>\n<p class="byline"><code>{text(problem.id)}</code></p>'
    for role, heading in (("given", "Given"), ("parameter", "Parameters")):
        listed = [quantity for quantity in problem.quantities if quantity.role == role]
        if listed:
            yield f"<h2>{heading}</h2>\n{_rows(map(_quantity, listed))}"
    equations = ((_line(each.name, each.text),) for each in problem.equations)
    yield f"<h2>Equations</h2>\n{_rows(equations)}"
    if problem.update is not None:
        settings = ", ".join(f"{name} {float(value):g}" for name, value in problem.update.settings.items())
        times = f", {problem.update.iterations} times" if problem.update.iterations > 1 else ""
        yield f"<h2>Update</h2>\n<p>{text(problem.update.optimizer)}{times}: {text(settings)}</p>"
    if problem.ask is not None:
        yield f"<h2>Asked</h2>\n<p>{', '.join(name_mathml(name) for name, _ in problem.ask)}</p>"


def _quantity(quantity: Quantity) -> tuple[str, str]:
    from checker.readings.notation import latex_array
    from checker.reports.mathml import number_latex

    if len(quantity.texts) > MOST_NUMBERS:
        return name_mathml(quantity.name), text(" by ".join(map(str, quantity.shape)) + " numbers")
    return name_mathml(quantity.name), mathml(latex_array([*map(number_latex, quantity.texts)], quantity.shape))


def _solution(solution: Solution) -> str:
    from checker.reports.worked import HEADINGS, grouped

    parts = [f"<h1>{text(solution.title or solution.problem)}</h1>"]
    for kind, steps in grouped(solution.steps):
        parts.append(f"<h2>{HEADINGS[kind]}</h2>\n{_rows(map(_step, steps))}")
    parts += [f"<p>{mathml(form.latex, display=True)}</p>" for form in solution.closed_forms]
    return "\n".join([*parts, f"<p>{text(solution.remark)}</p>"])


def _step(step: SolvedStep) -> tuple[str, str]:
    from checker.reports.worked import values

    return _line(step.step, step.formula), "<br>".join(f"<code>{text(line)}</code>" for line in values(step, None))


def _line(name: str, formula: str) -> str:
    return formula_mathml(equation(name, formula))


def _rows(rows: Iterator[tuple[str, ...]]) -> str:
    lines = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f'<div class="wide"><table class="plain"><tbody>{lines}</tbody></table></div>'


_DRAWN: dict[type, Callable[..., str]] = {Problem: _problem, Solution: _solution, Grade: _grade}
