"""What workers do for the calculator: plain data in, plain data and finished fragments of the page out."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any, NamedTuple

from checker.errors import AuthorError
from checker.problem import load_problem
from checker.reports.picture import Item, graph_svg, standalone
from checker.reports.worked import HEADINGS
from checker.web.bench import Worked, worked
from checker.web.catalogue import text_of
from checker.web.choice import NUMBER, Choice, Form, choose
from checker.web.controls import token
from checker.web.fields import FILE, sort_out
from checker.web.render import render
from checker.web.written import Known, Written, put_in, shown

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from checker.model import Problem

NOTHING = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1" role="img"></svg>'
MOST_STEPS = 600  # written out on a page; the files have all


class Opened(NamedTuple):
    """A choice with its problem; None where it cannot be used, and then the choice says why."""

    choice: Choice
    problem: Problem | None
    work: Worked | None


def open_choice(form: Form, places: Sequence[Path]) -> Opened:
    """The problem that a form stands for, read and derived; everything that is wrong stands in the choice."""
    choice = choose(form, lambda name: text_of(name, places))
    if not choice.text or choice.said:
        return Opened(choice, None, None)
    try:
        problem = load_problem(choice.text.encode(), FILE)
        return Opened(choice, problem, worked(problem))
    except AuthorError as error:
        beside, rest = sort_out(error, choice.fields)
        faults = {**{NUMBER + name: fault for name, fault in beside.items()}, **choice.faults}
        return Opened(choice._replace(faults=faults, said=rest), None, None)


class Row(NamedTuple):
    """A step as the page shows it; the signs say whether what follows is all there is of a number, or rounded."""

    step: str
    name: str
    formulas: tuple[str, ...]
    numbers: str
    value: str
    array: bool
    numbers_sign: str
    value_sign: str


def calculate(form: Form, places: Sequence[Path]) -> dict[str, Any]:
    """Every step of the problem that a form stands for, worked; or what is wrong with it, by control."""
    choice, problem, work = open_choice(form, places)
    answer: dict[str, Any] = {
        "faults": choice.faults,
        "said": choice.said,
        "controls": token(choice),
    }
    if problem is None or work is None or choice.faults:
        return answer
    values = work.values(problem)
    digits = choice.settings.digits
    groups = []
    for kind, heading in HEADINGS.items():
        rows = [_row(each, values, digits) for each in work.written[:MOST_STEPS] if each.kind is kind]
        if rows:
            groups.append((heading, rows))
    answer["title"] = problem.title
    answer["steps"] = render("steps.html", groups=groups, left=max(0, len(work.written) - MOST_STEPS))
    answer["picture"] = picture(problem, work)
    return answer


def _row(each: Written, values: dict[str, Known], digits: int) -> Row:
    known = values[each.step]
    value = shown(known, digits)
    filled = put_in(each, values, digits) if each.numbers else ""
    said = {*each.formulas, f"<mrow>{value}</mrow>", value}
    formulas = tuple(formula for formula in each.formulas if formula not in (f"<mrow>{value}</mrow>", value))
    return Row(
        each.step,
        each.name,
        formulas,
        "" if filled in said else filled,
        value,
        bool(known.shape),
        "=" if all(values[name].whole(digits) for name in each.uses) else "≈",
        "=" if known.whole(digits) else "≈",
    )


def picture(problem: Problem, work: Worked) -> str:
    """The computation graph, without numbers."""
    drawn = {each.step for each in work.written}
    items = [
        Item(step.name, step.kind, tuple(dict.fromkeys(p for p in program_parents(step) if p in drawn)))
        for step in work.derivation.steps
    ]
    return graph_svg(items, f"The computation graph of {problem.title}", id="graph")


def program_parents(step: Any) -> list[str]:
    """The names that a step's rule uses."""
    from checker.graph.node import names

    return names(step.rule)


def exact(form: Form, places: Sequence[Path], step: str) -> str:
    """The exact value of one step as a fragment: its closed form where a person would read it, and 30 digits."""
    from dataclasses import replace

    from sympy import latex as closed_latex

    from checker.graph.node import strides
    from checker.readings.exact import Exact
    from checker.web.written import inner

    _, problem, work = open_choice(form, places)
    if problem is None or work is None or step not in {each.step for each in work.written}:
        return render("exact.html", elements=[], digits=0)
    values = Exact(replace(work.derivation, problem=problem), 30)
    (shape,) = (each.shape for each in work.written if each.step == step)
    elements = []
    for position, (closed, decimal) in enumerate(zip(values.closed(step), values.decimals(step), strict=True)):
        if position == 64:
            break
        index = [position // s % n + 1 for s, n in zip(strides(shape), shape, strict=True)]
        form_ = inner(closed_latex(closed, ln_notation=True)) if closed is not None else ""
        elements.append((f"[{','.join(map(str, index))}]" if index else "", form_, decimal, closed is not None))
    return render("exact.html", elements=elements, digits=30)


def problem_file(form: Form, places: Sequence[Path]) -> str:
    """The text of the problem file that a form stands for."""
    return choose(form, lambda name: text_of(name, places)).text


def graph_file(form: Form, places: Sequence[Path]) -> str:
    """The computation graph as an SVG file of its own."""
    _, problem, work = open_choice(form, places)
    drawn = picture(problem, work) if problem is not None and work is not None else ""
    return standalone(drawn or NOTHING)


def steps_csv(form: Form, places: Sequence[Path]) -> str:
    """Every number of every step, a line each."""
    _, problem, work = open_choice(form, places)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["step", "kind", "element", "value"])
    if problem is not None and work is not None:
        from checker.graph.node import strides

        values = work.values(problem)
        for each in work.written:
            numbers, shape, _ = values[each.step]
            for position, value in enumerate(numbers):
                index = [position // s % n + 1 for s, n in zip(strides(shape), shape, strict=True)]
                writer.writerow([each.step, each.kind.value, " ".join(map(str, index)), repr(value + 0.0)])
    return out.getvalue()


def warm() -> None:
    """Do once what the first request would otherwise wait for."""
    from checker.reports.levels import Level
    from checker.web import answers, questions, verdicts
    from checker.web.catalogue import folders

    calculate({}, ())
    text = text_of("neuron-sigmoid", folders(None))
    questions.sheet(text)
    verdicts.judge(text, {f"{answers.VALUE}5": ["-0.3318"], f"{answers.VALUE}4": ["a*(1 - a)"]}, Level.HINT)
