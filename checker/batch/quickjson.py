"""JSON reports of a class below the level `full`, put together from pieces that many of them share.

What a step looks like depends on the verdict, on what explains it and on which earlier steps were answered; of the
answer itself it shows the text and the place. So a step is drawn once for each of these, by the format's own code, and
the answer is put in where a mark stood.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from checker.batch.kept import VERDICTS
from checker.grading import rounded
from checker.outcome import Grade, Verdict
from checker.reports import Level, data
from checker.reports.causes import causes
from checker.reports.levels import hinted, redact

if TYPE_CHECKING:
    from checker.batch.kept import Face, Kept
    from checker.batch.outcomes import Outcome
    from checker.outcome import StepGrade
    from checker.reports.causes import Cause

_TEXT, _LINE, _COLUMN = "\ue000", 987_654_321_001, 987_654_321_002  # marks that no file holds
_MARKS = (json.dumps(_TEXT), str(_LINE), str(_COLUMN))


def quick(level: Level) -> bool:
    """Whether a report at this level shows steps, but no values that differ from student to student."""
    return level.shows(Level.VERDICT) and not level.shows(Level.FULL)


class QuickJson:
    """The reports of one block."""

    def __init__(self, face: Face, kept: Kept, level: Level) -> None:
        self.face, self.kept, self.level = face, kept, level
        self.plain = all(len(columns) == 1 for columns in face.columns)
        self._texts = [json.dumps(text) for text in kept.texts]
        self._lines, self._columns = kept.line.tolist(), kept.column.tolist()
        self._drawn: list[dict[int, tuple[str, ...]]] = [{} for _ in face.program.ask]
        self._patterns: dict[bytes, int] = {}
        starts = [columns.start for columns in face.columns]
        places = {number: place for place, (number, _) in enumerate(face.steps)}
        steps = [places[item.step] for item in face.program.ask]
        self._cells = kept.cell[:, starts]
        # what a step's look depends on, as one number
        self._places = steps
        self._bases: dict[int, tuple[StepGrade, ...]] = {}
        self._found, self._verdicts = kept.diagnosis[:, steps], kept.verdict[:, starts]
        self._codes = (
            kept.diagnosis[:, steps].astype(np.int64) * 16
            + kept.verdict[:, starts].astype(np.int64) * 2
            + kept.degenerate[:, starts]
        )

    def draw(self, outcome: Outcome, problem: str, title: str) -> str | None:
        """A report; None where the student's file is one that has to be drawn as a whole."""
        student = outcome.position
        if not self.plain or student in self.kept.odd:
            return None
        cells = self._cells[student]
        pattern = self._patterns.setdefault((cells > 0).tobytes(), len(self._patterns))
        codes = (self._codes[student] + (pattern << 40)).tolist()
        texts, lines, columns = self._texts, self._lines, self._columns
        steps = []
        for number, (drawn, code, cell) in enumerate(zip(self._drawn, codes, cells.tolist(), strict=True)):
            parts = drawn.get(code)
            if parts is None:
                parts = drawn[code] = self._draw(student, pattern, number)
            if len(parts) == 1:
                steps.append(parts[0])
            else:
                one, two, three, four = parts
                steps.append(f"{one}{texts[cell]}{two}{lines[cell]}{three}{columns[cell]}{four}")
        grade = Grade(
            problem,
            title,
            outcome.student,
            outcome.name,
            outcome.awarded,
            outcome.possible,
            outcome.first_error,
            (),
            (),
        )
        return data.written(redact(grade, self.level), self.level, steps, self._causes(student))

    def _causes(self, student: int) -> tuple[Cause, ...]:
        """What explains the student's steps, each once."""
        numbers = self._found[student]
        if not self.level.shows(Level.HINT) or not numbers.any():
            return ()
        return causes(
            (item.label, redacted)
            for item, number, verdict in zip(
                self.face.program.ask, numbers.tolist(), self._verdicts[student].tolist(), strict=True
            )
            if number and VERDICTS[verdict] in (Verdict.MISCONCEPTION, Verdict.SLIP)
            for redacted in [tuple(hinted(each, item.label) for each in self.kept.diagnoses[number])]
        )

    def _draw(self, student: int, pattern: int, number: int) -> tuple[str, ...]:
        """A step of a student's report, cut where its answer's text, line and column stand."""
        if pattern not in self._bases:
            self._bases[pattern] = self._marked(student).steps
        kept, column = self.kept, self.face.columns[number].start
        item, verdict = self.face.program.ask[number], int(kept.verdict[student, column])
        degenerate = bool(kept.degenerate[student, column])
        named = VERDICTS[verdict] in (Verdict.MISCONCEPTION, Verdict.SLIP)
        step = self._bases[pattern][number]._replace(
            verdict=VERDICTS[verdict],
            awarded=rounded(item.points * (0.0 if degenerate else float(self.face.shares[verdict]))),
            diagnosis=kept.diagnoses[kept.diagnosis[student, self._places[number]]] if named else (),
            degenerate=degenerate,
        )
        (step,) = redact(Grade("", "", "", "", 0.0, 0.0, None, (), (step,)), self.level).steps
        text = data.written_step(step, self.level)
        if step.submitted is None:
            return (text,)
        parts: list[str] = []
        for mark in _MARKS:
            before, found, text = text.partition(mark)
            assert found, "an answer's text, line and column stand in every report"
            parts.append(before)
        return (*parts, text)

    def _marked(self, student: int) -> Grade:
        """A student's grade with marks in the place of the answers."""
        kept, only = self.kept, slice(student, student + 1)
        marked = kept._replace(
            texts=["", _TEXT],
            line=np.array([0, _LINE]),
            column=np.array([0, _COLUMN]),
            cell=(kept.cell[only] > 0).astype(np.int32),
            verdict=kept.verdict[only],
            degenerate=kept.degenerate[only],
            carried=kept.carried[only],
            diagnosis=kept.diagnosis[only],
            odd={},
        )
        return marked.grade(self.face, 0, "", "")
