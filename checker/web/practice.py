"""The problem that is practised, ready to be asked and graded, and what goes out and comes in as files."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from checker.errors import AuthorError, SubmissionError
from checker.formula_answer import FormulaAnswers
from checker.grading import grade_submission
from checker.problem import load_problem
from checker.readings.compile import compile_problem
from checker.reports import FORMATS
from checker.submission import load_submission
from checker.web import answers
from checker.web.fields import FILE, said, sort_out
from checker.web.shelf import Shelf

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checker.model import Grade, Problem
    from checker.readings.program import Asked, Program
    from checker.reports.levels import Level
    from checker.sheet import FormulaAnswer, FormulaError, NumberAnswer, Worked
    from checker.web.choice import Form


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
