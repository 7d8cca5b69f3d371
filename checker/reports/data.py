"""Grades and solutions as JSON, in the contract's order of keys.

What a level hides is left out: a key that is not there says nothing, where null would say that there is no such value.
"""

from __future__ import annotations

from json import JSONEncoder
from math import isfinite
from typing import TYPE_CHECKING, Any

from checker.reports.causes import of_grade
from checker.reports.language import spoken
from checker.reports.levels import Level
from checker.reports.pieces import Pieces

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from checker.model import Diagnosis, ElementGrade, Grade, Solution, StepGrade

FORMAT = "check-backprop/report@1"
SOLUTION_FORMAT = "check-backprop/solution@1"

# ASCII, so that no console or file encoding can damage a report; one compiled encoder for a whole class
_encoder = JSONEncoder(allow_nan=False)
_ANSWERED = ("submitted", "line", "column")  # keys of a step that stand for its answer


def _whole(grade: Grade, level: Level, steps: Sequence[str]) -> str:
    """The report as text, a step a line: the encoder in C knows no indentation, and a class has many reports."""
    found: dict[str, Any] = {
        "format": FORMAT,
        "problem": grade.problem,
        "student": grade.student,
        "submission": grade.submission,
        "feedback": level.value,
        "language": spoken().name,
        "title": grade.title,
        "points": {"awarded": _whole_number(grade.awarded), "possible": _whole_number(grade.possible)},
    }
    if grade.choice is not None:
        found["choice"] = grade.choice._asdict()
    if level.shows(Level.VERDICT):
        found["first_error"] = grade.first_error
    if level.shows(Level.HINT):
        found["causes"] = [_diagnosis(each.diagnosis) | {"steps": list(each.steps)} for each in of_grade(grade)]
    found["warnings"] = [
        {"message": notice.message, "line": notice.line, "column": notice.column} for notice in grade.warnings
    ]
    texts = {key: _encode(value) for key, value in found.items()}
    if level.shows(Level.VERDICT):
        texts["steps"] = _listed(steps)
    return _lines(texts)


def _piece(step: StepGrade, level: Level) -> Iterator[str]:
    """A step on its line, cut where its answer, line and column stand."""
    text = "{"
    for number, (key, value) in enumerate(_step(step, level).items()):
        text += f'{", " if number else ""}"{key}": '
        if key in _ANSWERED:
            yield text
            text = ""
        else:
            text += _encode(value)
    yield text + "}"


def _answer(step: StepGrade) -> tuple[str, ...]:
    return tuple(_encode(getattr(step, key)) for key in _ANSWERED)


PIECES = Pieces(_piece, _answer, _whole)


def _step(step: StepGrade, level: Level) -> dict[str, Any]:
    causes, values = level.shows(Level.HINT), level.shows(Level.FULL)
    found: dict[str, Any] = {
        "step": step.step,
        "kind": step.kind.value,
        "verdict": step.verdict.value,
        "submitted": step.submitted,
    }
    if values:
        found["reference"], found["carried"] = step.reference, step.carried
    if causes:
        found["diagnosis"] = [_diagnosis(each) for each in step.diagnosis]
        found["rests_on"] = list(step.rests_on)
    found["points"] = {"awarded": _whole_number(step.awarded), "possible": _whole_number(step.possible)}
    found["line"], found["column"], found["message"] = step.line, step.column, step.message
    if step.degenerate:
        found["degenerate"] = True
    if causes and step.note:
        found["note"] = step.note
    if values and step.formula:
        found["formula"] = step.formula
    found["elements"] = [_element(element, values) for element in step.elements]
    return found


def _diagnosis(found: Diagnosis) -> dict[str, Any]:
    told = {"code": found.code, "confidence": found.confidence, "hint": found.hint}
    return told | ({"made_at": found.made_at} if found.made_at else {})


def _element(element: ElementGrade, values: bool) -> dict[str, Any]:
    found: dict[str, Any] = {
        "index": list(element.index),
        "verdict": element.verdict.value,
        "submitted": element.submitted,
    }
    if values:
        found["reference"], found["carried"] = element.reference, element.carried
    found["awarded"] = _whole_number(element.awarded)
    if element.message:
        found["message"] = element.message
    return found


def solution(worked: Solution) -> dict[str, Any]:
    """A solution as plain data; null stands for a number that has left the range of float64."""
    found: dict[str, Any] = {
        "format": SOLUTION_FORMAT,
        "problem": worked.problem,
        "title": worked.title,
        "steps": [
            {
                "step": step.step,
                "kind": step.kind.value,
                "formula": step.formula,
                "exact": step.exact,
                "value": _finite(step.value),
                "shape": list(step.shape),
            }
            for step in worked.steps
        ],
        "loss": worked.loss_name,
        "loss_curve": _finite(list(worked.loss_curve)),
        "remark": worked.remark,
    }
    if worked.compared:
        found["compared"] = [
            {"learning_rate": each.learning_rate, "loss_curve": _finite(list(each.losses)), "remark": each.remark}
            for each in worked.compared
        ]
    if worked.closed_forms:
        from checker.reports.mathml import mathml

        found["closed_forms"] = [
            {"step": form.step, "text": form.text, "latex": form.latex, "mathml": mathml(form.latex, True)}
            for form in worked.closed_forms
        ]
    return found


def draw_solution(worked: Solution) -> str:
    """The solution as text, a step a line."""
    found = {key: value if key == "steps" else _encode(value) for key, value in solution(worked).items()}
    return _lines(found | {"steps": _listed(list(map(_encode, found["steps"])))})


def _encode(value: Any) -> str:
    if type(value) is int:  # the encoder takes ten times as long, and a class has many
        return str(value)
    return _encoder.encode(value)


def _lines(texts: Mapping[str, str]) -> str:
    """An object of values that are written already, a key a line."""
    return "{" + ",\n ".join(f'"{key}": {text}' for key, text in texts.items()) + "}\n"


def _listed(texts: Sequence[str]) -> str:
    """A list of values that are written already, a value a line."""
    return "[\n  " + ",\n  ".join(texts) + "\n ]" if texts else "[]"


def _whole_number(number: float) -> int | float:
    """A number of points; whole ones as integers, and no tail of binary digits (1/3 + 2/3 is 1)."""
    rounded = round(float(number), 9)
    return int(rounded) if rounded.is_integer() else rounded


def _finite(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_finite(each) for each in value]
    return value if value is None or isfinite(value) else None
