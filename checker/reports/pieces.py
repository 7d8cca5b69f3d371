"""A report put together from pieces: what is shown of a step by itself, and the report around its steps.

Students of a class who fared alike at a step share that step's piece; only what each of them answered differs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from checker.outcome import Grade, StepGrade
    from checker.reports.levels import Level


class Pieces(NamedTuple):
    """How a format draws an already redacted grade in pieces.

    `step` is what is shown of a step by itself, cut where its answer and the place of that stand; `answer` is what
    stands there, one text less; `whole` is the report of a grade around its steps.
    """

    step: Callable[[StepGrade, Level], Iterable[str]]
    answer: Callable[[StepGrade], Sequence[str]]
    whole: Callable[[Grade, Level, Sequence[str]], str]

    def draw(self, grade: Grade, level: Level) -> str:
        """The report of one student."""
        return self.whole(grade, level, self.steps(grade, level))

    def steps(self, grade: Grade, level: Level) -> list[str]:
        """The pieces of a grade's steps."""
        return [self.template(step, level) % tuple(self.answer(step)) for step in grade.steps]

    def template(self, step: StepGrade, level: Level) -> str:
        """A step's piece as a `%` template that its answer is put into."""
        return "%s".join(part.replace("%", "%%") for part in self.step(step, level))
