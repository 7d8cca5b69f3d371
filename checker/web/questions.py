"""The sheet of a problem that is practised: what is given, and a field for everything that is asked."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from checker.cache import digest
from checker.errors import AuthorError
from checker.generating.blank import HEADINGS
from checker.generating.handouts.content import Given, Handout, Line, handout
from checker.model import Kind
from checker.problem.words import shape_in_words
from checker.readings.notation import latex_name
from checker.web import answers
from checker.web.fields import sort_out
from checker.web.practice import Ready, ready
from checker.web.render import render
from checker.web.written import array, inner, number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checker.model import Problem

MOST_FIELDS = 600  # numbers asked for; more are answered in a file
EXPECTED = {"formula": "a formula", "both": "a number and a formula", "value": "a number"}


class Field(NamedTuple):
    """A question of the sheet: what it asks in words, and the places of its cells, row by row, where it has some."""

    n: int
    label: str
    name: str
    asks: str
    both: bool
    matrix: bool
    cells: list[list[tuple[int, str]]]


class Group(NamedTuple):
    """The questions of one kind."""

    heading: str
    fields: list[Field]


def sheet(text: str) -> dict[str, Any]:
    """The sheet of a problem: what is given and a field for every step; or what is wrong with the problem."""
    try:
        problem = ready(text)
        asked = sum(prod(answers.shape_of(item, problem.program)) for item in problem.program.ask)
    except AuthorError as error:
        return {"said": sort_out(error, [])[1]}
    if asked > MOST_FIELDS:
        many = f"This problem asks for {asked:,} numbers, more than fit on a page: answer it in a file."
        return {"said": [many]}
    content = handout(problem)
    return {
        "said": [],
        "key": digest(text.encode())[:20],
        "title": problem.problem.title or problem.problem.id,
        "problem": problem.problem.id,
        "statement": render("statement.html", **_statement(content, problem.problem)),
        "fields": render("fields.html", groups=_groups(problem, content)),
    }


def _statement(content: Handout, problem: Problem) -> dict[str, Any]:
    numbers = {quantity.name: [float(value) for value in quantity.values] for quantity in problem.quantities}

    def given(each: Given) -> str:
        values = numbers[each.name]
        shown = array(values, each.shape, 12) if each.shape else number(values[0], 12)
        return f"{inner(each.latex)}<mo>=</mo>{shown}"

    def formulas(lines: Sequence[Line]) -> list[str]:
        return [inner(f"{line.left} = {line.right}") for line in lines]

    notes = list(content.sentences)
    if content.same_rounding:
        notes.append(f"Give every answer to {content.same_rounding}.")
    return {
        "quantities": [
            (heading, [given(each) for each in some])
            for heading, some in (("Given", content.givens), ("Parameters", content.parameters))
            if some
        ],
        "equations": formulas(content.equations),
        "definitions": formulas(content.definitions),
        "update": content.update,
        "rules": formulas(content.rules),
        "notes": notes,
    }


def _groups(problem: Ready, content: Handout) -> list[Group]:
    questions = {question.label: question for group in content.groups for question in group.questions}
    groups: list[Group] = []
    for n, item in enumerate(problem.program.ask):
        step = problem.program.steps[item.step]
        question = questions[item.label]
        shape = answers.shape_of(item, problem.program)
        asks = [shape_in_words(shape) if shape else "", "" if content.same_rounding else question.rounding]
        asks.append(EXPECTED.get(item.expect, ""))
        if item.points != 1:
            asks.append(question.points)
        cells = _cells(item.label, shape) if answers.has_cells(shape) else []
        field = Field(
            n,
            item.label,
            inner(latex_name(item.label)),
            "; ".join(filter(None, asks)),
            item.expect == "both",
            len(shape) == 2,
            cells,
        )
        heading = HEADINGS[Kind(step.kind)]
        if not groups or groups[-1].heading != heading:
            groups.append(Group(heading, []))
        groups[-1].fields.append(field)
    return groups


def _cells(label: str, shape: tuple[int, ...]) -> list[list[tuple[int, str]]]:
    if len(shape) == 1:
        return [[(i, f"{label}[{i + 1}]") for i in range(shape[0])]]
    return [[(i * shape[1] + j, f"{label}[{i + 1},{j + 1}]") for j in range(shape[1])] for i in range(shape[0])]
