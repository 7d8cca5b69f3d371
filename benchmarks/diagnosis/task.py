"""One problem at one precision, ready to grade."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.right_networks import at
from benchmarks.students.right_work import RightWork
from checker.grading import grade_submission
from checker.model import Tolerance
from checker.problem import load_problem
from checker.readings.compile import compile_problem
from checker.submission import load_submission

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.students.hand import Hand
    from benchmarks.students.sheet import Sheet
    from checker.model import Grade


class Programs:
    """A problem worked out once, for any precision: without the mistakes and with them."""

    def __init__(self, sheet: Sheet, name: str) -> None:
        problem = load_problem(sheet.problem(name, "{decimals: 4}").encode(), f"{name}.yaml")
        self.plain, self.with_mistakes = compile_problem(problem), compile_problem(problem, mistakes=True)


class Task:
    """One problem at one precision, ready to grade."""

    def __init__(self, sheet: Sheet, programs: Programs, hand: Hand, name: str) -> None:
        self.sheet, self.hand, self.name = sheet, hand, name
        self.text = sheet.problem(name, hand.tolerance)
        tolerance = Tolerance(decimals=hand.decimals, significant=hand.significant)
        self.program, self._with_mistakes = (at(p, tolerance) for p in (programs.plain, programs.with_mistakes))
        self.right_work = RightWork(sheet, hand)

    def submission(self, typed: Mapping[str, Any]) -> str:
        answers = "".join(f"  {name}: {_yaml(texts)}\n" for name, texts in typed.items())
        return f"format: check-backprop/submission@1\nproblem: {self.name}\nstudent: s\nanswers:\n{answers}"

    def grade(self, typed: Mapping[str, Any]) -> Grade:
        submission = load_submission(self.submission(typed).encode(), "s.yaml")
        return grade_submission(submission, self.program, _no_formulas, lambda: self._with_mistakes)


def _no_formulas(text: str, target: object) -> Any:
    raise AssertionError(text)


def _yaml(texts: Any) -> str:
    return texts if isinstance(texts, str) else f"[{', '.join(map(_yaml, texts))}]"
