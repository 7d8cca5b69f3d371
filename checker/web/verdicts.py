"""What is said of answers that are practised: the verdict on each as it is typed, and a value that is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from checker.compare import asked_unit
from checker.errors import AuthorError, SubmissionError
from checker.model import FIRST_ERRORS, Verdict
from checker.readings.notation import latex_name
from checker.reports.hypertext import badge, name
from checker.reports.levels import Level, redact
from checker.reports.mathml import formula_mathml
from checker.reports.picture import graph_svg
from checker.reports.picture.graded import graded_items
from checker.reports.plain import equation, flat, placed
from checker.reports.wording import SYMBOLS, WORDS, points
from checker.web import answers
from checker.web.fields import said, sort_out
from checker.web.practice import ready
from checker.web.render import render
from checker.web.written import array, inner, number

if TYPE_CHECKING:
    from checker.model import Grade, StepGrade, Tolerance
    from checker.web.choice import Form

DIGITS = 10  # of a value that is shown


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


def _apart(step: StepGrade, tolerance: Tolerance) -> bool:
    """Whether what follows from the answers before a step is something else than the right value, rounding aside."""
    pairs = zip(_numbers(step.reference), _numbers(step.carried), strict=True)
    return any(abs(right - carried) > asked_unit(tolerance, right) for right, carried in pairs)


def _shown(value: Any, shape: tuple[int, ...]) -> str:
    numbers = _numbers(value)
    return array(numbers, shape, DIGITS) if shape else number(numbers[0], DIGITS)


def _numbers(value: Any) -> list[float]:
    return [float(each) for each in flat(value)]
