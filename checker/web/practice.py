"""What workers do for practice: the sheet of a problem, and the verdict on every answer as it is typed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from checker.cache import digest
from checker.compare import asked_unit
from checker.errors import AuthorError, SubmissionError
from checker.formula_answer import FormulaAnswers
from checker.generating.blank import HEADINGS
from checker.generating.handouts.content import Given, Handout, Line, handout
from checker.grading import grade_submission
from checker.model import FIRST_ERRORS, Kind, Verdict
from checker.problem import load_problem
from checker.problem.words import shape_in_words
from checker.readings.compile import compile_problem
from checker.readings.notation import latex_name
from checker.reports import FORMATS
from checker.reports.hypertext import badge, name
from checker.reports.levels import Level, redact
from checker.reports.mathml import formula_mathml
from checker.reports.picture import graph_svg
from checker.reports.picture.graded import graded_items
from checker.reports.plain import equation, placed
from checker.reports.wording import SYMBOLS, WORDS, points
from checker.submission import load_submission
from checker.web import answers
from checker.web.fields import FILE, said, sort_out
from checker.web.render import render
from checker.web.shelf import Shelf
from checker.web.written import array, inner, number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checker.model import Grade, Problem, StepGrade, Tolerance
    from checker.readings.program import Asked, Program
    from checker.sheet import FormulaAnswer, FormulaError, NumberAnswer, Worked
    from checker.web.choice import Form

MOST_FIELDS = 600  # numbers asked for; more are answered in a file
EXPECTED = {"formula": "a formula", "both": "a number and a formula", "value": "a number"}
DIGITS = 10  # of a value that is shown


@dataclass
class Ready:
    """A problem, ready to be asked and graded; what only some answers need is made when they come."""

    problem: Problem

    @cached_property
    def program(self) -> Program:
        """The problem without mistakes."""
        return compile_problem(self.problem)

    @cached_property
    def with_mistakes(self) -> Program:
        """The problem with what each named mistake gives."""
        return compile_problem(self.problem, mistakes=True)

    @cached_property
    def formulas(self) -> FormulaAnswers:
        """What reads formulas among the answers."""
        return FormulaAnswers(self.problem)

    @property
    def sources(self) -> dict[str, list[None]]:
        """For a handout: no number is drawn any more."""
        return {quantity.name: [None] * len(quantity.values) for quantity in self.problem.quantities}

    @property
    def asked(self) -> Sequence[Asked]:
        """For a handout: what is asked."""
        return self.program.ask

    def grade(self, form: Form) -> tuple[Grade, answers.Composed]:
        """The grade of a form's answers, and the submission file they are.

        Raises:
            SubmissionError: the answers as a whole make no file that can be used.
        """
        composed = answers.compose(form, self.program)
        submission = load_submission(composed.text.encode(), answers.FILE)
        grade = grade_submission(submission, self.program, self._read, lambda: self.with_mistakes)
        return grade, composed

    def _read(self, formulas: Sequence[FormulaAnswer], numbers: Sequence[NumberAnswer]) -> list[Worked | FormulaError]:
        return self.formulas(formulas, numbers)


_ready: Shelf[str, Ready] = Shelf(32)


def ready(text: str) -> Ready:
    """The problem of a file's text.

    Raises:
        AuthorError: it cannot be used.
    """
    return _ready.get(text, lambda: Ready(load_problem(text.encode(), FILE)))


# ---------------------------------------------------------------- the sheet


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
        asks.append(
            {"formula": "a formula", "both": "a number and a formula", "value": "a number"}.get(item.expect, "")
        )
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


# ---------------------------------------------------------------- verdicts


def judge(text: str, form: Form, level: Level) -> dict[str, Any]:
    """What is said of every answer, of all of them together, and the graph with each step's verdict."""
    try:
        grade, composed = ready(text).grade(form)
    except AuthorError as error:
        return {"said": sort_out(error, [])[1]}
    except SubmissionError as error:
        return {"said": [said(finding) for finding in error.findings]}
    seen = redact(grade, level)
    steps = [_judged(n, step, composed.faults.get(n, "")) for n, step in enumerate(seen.steps)]
    warnings = [notice.message for notice in seen.warnings]
    return {
        "said": [],
        "steps": steps,
        "standing": render("standing.html", **_standing(seen, len(form.get("shown", [])))),
        "awarded": seen.awarded,
        "possible": seen.possible,
        "more": composed.faults.get(answers.MORE, "") or " ".join(warnings),
        "picture": graph_svg(graded_items(seen), f"The computation graph of {seen.title or seen.problem}", _told(seen)),
    }


def _judged(n: int, step: StepGrade, fault: str) -> dict[str, Any]:
    message = fault or step.message
    told, place = placed(message)
    empty = step.verdict is Verdict.MISSING and not step.submitted
    odd = [each for each in step.elements if each.message and not fault]
    remark = ""
    if not empty and (step.verdict is not Verdict.CORRECT or step.note):
        remark = render(
            "remark.html",
            told=told,
            place=place,
            causes=[(each, name(each.made_at) if each.made_at else "") for each in step.diagnosis],
            note=step.note,
            elements=[(f"[{','.join(map(str, each.index))}]", *placed(each.message)) for each in odd],
        )
    return {
        "verdict": "" if empty else step.verdict.value,
        "badge": "" if empty else badge(step.verdict),
        "remark": remark,
        "cells": [
            ("", "", "") if each.submitted is None else (each.verdict.value, SYMBOLS[each.verdict], WORDS[each.verdict])
            for each in step.elements
        ],
    }


def _standing(grade: Grade, shown: int) -> dict[str, Any]:
    verdicts = [step.verdict for step in grade.steps]
    answered = [step for step in grade.steps if step.verdict is not Verdict.MISSING or step.submitted]
    position = next((n for n, step in enumerate(grade.steps) if step.step == grade.first_error), None)
    return {
        "points": points(grade.awarded, grade.possible),
        "awarded": grade.awarded,
        "possible": grade.possible,
        "first": position,
        "first_name": name(grade.first_error) if grade.first_error is not None else "",
        "others": sum(verdict in FIRST_ERRORS for verdict in verdicts) - 1,
        "follows": verdicts.count(Verdict.FOLLOW_THROUGH),
        "unreadable": verdicts.count(Verdict.UNREADABLE),
        "answered": len(answered),
        "count": len(grade.steps),
        "shown": shown,
        "badges": [
            badge(each, f"{verdicts.count(each)} ")
            for each in Verdict
            if each in verdicts and each is not Verdict.MISSING
        ],
    }


def _told(grade: Grade) -> str:
    told = f"{len(grade.steps)} steps."
    return told if grade.first_error is None else f"{told} The first mistake is at {grade.first_error}."


def value(text: str, form: Form, n: int) -> str:
    """The right value of one step as a fragment, how it is worked, and what it would be from the answers before it."""
    try:
        problem = ready(text)
        grade, _ = problem.grade(form)
    except (AuthorError, SubmissionError):
        return render("value.html", formula="", right="", carried="")
    if not 0 <= n < len(grade.steps):
        return render("value.html", formula="", right="", carried="")
    step = grade.steps[n]
    shape = answers.shape_of(problem.program.ask[n], problem.program)
    follows = step.carried is not None and _apart(step, problem.program.ask[n].tolerance)
    return render(
        "value.html",
        formula=formula_mathml(equation(step.step, step.formula)) if step.formula else "",
        right=f"{inner(latex_name(step.step))}<mo>=</mo>{_shown(step.reference, shape)}",
        carried=_shown(step.carried, shape) if follows else "",
    )


def _flat(value: Any) -> list[float]:
    return [number_ for each in value for number_ in _flat(each)] if isinstance(value, list) else [float(value)]


def _apart(step: StepGrade, tolerance: Tolerance) -> bool:
    """Whether what follows from the answers before a step is something else than the right value, rounding aside."""
    pairs = zip(_flat(step.reference), _flat(step.carried), strict=True)
    return any(abs(right - carried) > asked_unit(tolerance, right) for right, carried in pairs)


def _shown(value: Any, shape: tuple[int, ...]) -> str:
    numbers = _flat(value)
    return array(numbers, shape, DIGITS) if shape else number(numbers[0], DIGITS)


# ---------------------------------------------------------------- files


def file(which: str, text: str, form: Form, level: Level) -> tuple[str, str] | None:
    """The text of a file and what it is called; None where the problem or the answers cannot be used."""
    try:
        problem = ready(text)
        identity = problem.problem.id
        if which == "problem.yaml":
            return text, f"{identity}.yaml"
        if which == "submission.yaml":
            return answers.compose(form, problem.program).text, f"{identity}-answers.yaml"
        grade, _ = problem.grade(form)
    except (AuthorError, SubmissionError):
        return None
    return FORMATS["html"].render(
        grade._replace(submission=f"{identity}-answers.yaml"), level
    ), f"{identity}-report.html"


def open_submission(text: str, data: str) -> dict[str, Any]:
    """The fields that hold a submission file's answers; which problem it answers where that is another one; or what
    is wrong with it.
    """
    try:
        asked = answers.problem_of(data)
        problem = ready(text) if text.strip() else None
        if problem is None or problem.problem.id != asked:
            return {"problem": asked, "here": problem.problem.id if problem is not None else ""}
        found = answers.opened(data, problem.program)
    except SubmissionError as error:
        return {"said": _findings(error)}
    except AuthorError as error:
        return {"said": sort_out(error, [])[1]}
    return {"said": [], "student": found.student, "fields": found.fields}


def _findings(error: SubmissionError) -> list[str]:
    return [(f"line {finding.where.line}: " if finding.where else "") + said(finding) for finding in error.findings]


def warm() -> None:
    """Do once what the first request would otherwise wait for."""
    from checker.web.catalogue import folders, text_of

    text = text_of("neuron-sigmoid", folders(None))
    sheet(text)
    judge(text, {f"{answers.VALUE}5": ["-0.3318"], f"{answers.VALUE}4": ["a*(1 - a)"]}, Level.HINT)
    value(text, {}, 0)
