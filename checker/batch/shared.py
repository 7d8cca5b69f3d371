"""Grades of a block as students see them, put together from steps that many of them share.

How a step is seen depends on its verdict, on what explains it and on which earlier steps were answered; of the answer
itself it shows the text and the place. So a step is made once for each of these, and drawn once in each format that is
drawn in pieces; the answer is put in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from checker.batch.kept import VERDICTS
from checker.grading import nearest_answers, rounded
from checker.mark import MISSING
from checker.outcome import Grade, StepGrade, Verdict
from checker.reports import Level, redact

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checker.batch.kept import Face, Kept
    from checker.batch.outcomes import Outcome
    from checker.reports import Format

_LINE, _COLUMN = StepGrade._fields.index("line"), StepGrade._fields.index("column")
_SUBMITTED = StepGrade._fields.index("submitted")


class Look:
    """A redacted step but for its answer, what it is with each answer, and formats' templates of it, by their names."""

    __slots__ = ("answers", "step", "templates")

    def __init__(self, step: StepGrade) -> None:
        self.step = step
        self.answers: dict[int, StepGrade] = {0: step}  # by the number of the answer, 0 is none
        self.templates: dict[str, str] = {}

    def answered(self, text: str, line: int, column: int) -> StepGrade:
        """The step with an answer."""
        step = self.step
        return StepGrade._make(
            (*step[:_SUBMITTED], text, *step[_SUBMITTED + 1 : _LINE], line, column, *step[_COLUMN + 1 :])
        )


class Shared:
    """The redacted grades of a block at one level, in the language that is spoken."""

    def __init__(self, face: Face, kept: Kept, level: Level) -> None:
        self.face, self.kept, self.level = face, kept, level
        # values are everybody's own, and so are the elements of an array
        self._some = not level.shows(Level.FULL) and all(len(columns) == 1 for columns in face.columns)
        starts = [columns.start for columns in face.columns]
        places = {number: place for place, (number, _) in enumerate(face.steps)}
        found = kept.diagnosis[:, [places[item.step] for item in face.program.ask]].astype(np.int64)
        # how a step is seen but for what it rests on, as one number: diagnosis, verdict, whether it is degenerate
        self._codes = found * 16 + kept.verdict[:, starts] * 2 + kept.degenerate[:, starts]
        self._cells = kept.cell[:, starts]
        self._places = list(zip(kept.texts, kept.line.tolist(), kept.column.tolist(), strict=True))
        self._plain: tuple[StepGrade, ...] = ()
        self._looks: list[dict[tuple[int, tuple[str, ...]], Look]] = [{} for _ in face.program.ask]
        self._rests_on: dict[bytes, list[tuple[str, ...]]] = {}
        self._answers: dict[str, list[tuple[str, ...]]] = {}

    def looks(self, student: int) -> list[Look] | None:
        """How a student's asked steps are seen; None where the grade has to be made as a whole."""
        if not self._some or student in self.kept.odd:
            return None
        if not self.level.shows(Level.VERDICT):
            return []
        found = []
        codes, rests_on = self._codes[student].tolist(), self._rested(student)
        for number, (looks, code, rests) in enumerate(zip(self._looks, codes, rests_on, strict=True)):
            look = looks.get((code, rests))
            if look is None:
                look = looks[code, rests] = self._look(number, code, rests)
            found.append(look)
        return found

    def grade(self, outcome: Outcome, problem: str, title: str, looks: Sequence[Look]) -> Grade:
        """The redacted grade of a student whose steps look like this."""
        places, steps = self._places, []
        for look, cell in zip(looks, self._cells[outcome.position].tolist(), strict=False):
            step = look.answers.get(cell)
            if step is None:
                step = look.answers[cell] = look.answered(*places[cell])
            steps.append(step)
        return Grade(
            problem,
            title,
            outcome.student,
            outcome.name,
            outcome.awarded,
            outcome.possible,
            outcome.first_error if self.level.shows(Level.VERDICT) else None,
            (),
            tuple(steps),
        )

    def draw(self, form: Format, grade: Grade, student: int, looks: Sequence[Look]) -> str:
        """The report of such a grade, the same as the format's own."""
        if form.pieces is None:
            return form.drawn(grade, self.level)
        pieces, answers = form.pieces(), self._answered(form)
        steps = []
        for look, cell in zip(looks, self._cells[student].tolist(), strict=False):
            template = look.templates.get(form.name)
            if template is None:
                template = look.templates[form.name] = pieces.template(look.step, self.level)
            steps.append(template % answers[cell])
        return pieces.whole(grade, self.level, steps)

    def _answered(self, form: Format) -> list[tuple[str, ...]]:
        """What a format shows of each different answer."""
        found = self._answers.get(form.name)
        if found is None:
            assert form.pieces is not None
            answer, none = form.pieces().answer, Look(self._steps()[0])
            found = [tuple(answer(none.step)), *(tuple(answer(none.answered(*each))) for each in self._places[1:])]
            self._answers[form.name] = found
        return found

    def _rested(self, student: int) -> list[tuple[str, ...]]:
        """Which earlier answers each asked step of a student rests on."""
        answered = self.kept.cell[student] > 0
        pattern = answered.tobytes()
        found = self._rests_on.get(pattern)
        if found is None:
            program, slots = self.face.program, np.array(self.face.slots)[answered]
            nearest = nearest_answers(program, set(slots.tolist()))
            found = self._rests_on[pattern] = [nearest[item.step] for item in program.ask]
        return found

    def _look(self, number: int, code: int, rests_on: tuple[str, ...]) -> Look:
        item, found, verdict, degenerate = self.face.program.ask[number], code >> 4, (code >> 1) & 7, bool(code & 1)
        named = VERDICTS[verdict] in (Verdict.MISCONCEPTION, Verdict.SLIP)
        step = self._steps()[number]._replace(
            verdict=VERDICTS[verdict],
            awarded=rounded(item.points * (0.0 if degenerate else float(self.face.shares[verdict]))),
            diagnosis=self.kept.diagnoses[found] if named else (),
            rests_on=rests_on,
            degenerate=degenerate,
        )
        return Look(redact(Grade("", "", "", "", 0.0, 0.0, None, (), (step,)), self.level).steps[0])

    def _steps(self) -> tuple[StepGrade, ...]:
        """The asked steps as they are where nothing is answered."""
        if not self._plain:
            one = slice(0, 1)
            nobody = self.kept._replace(
                verdict=np.full_like(self.kept.verdict[one], MISSING),
                degenerate=np.zeros_like(self.kept.degenerate[one]),
                carried=self.kept.carried[one],
                cell=np.zeros_like(self.kept.cell[one]),
                diagnosis=np.zeros_like(self.kept.diagnosis[one]),
                odd={},
            )
            self._plain = nobody.grade(self.face, 0, "", "").steps
        return self._plain
