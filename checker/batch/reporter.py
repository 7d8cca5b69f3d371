"""The reports of a block, drawn from what is kept of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from checker.batch.kept import Face, Kept
from checker.batch.shared import Shared
from checker.reports import FORMATS, Level, redact

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checker.batch.outcomes import Outcome
    from checker.batch.shared import Look
    from checker.batch.work import Part, WantedReport
    from checker.outcome import Grade

MOST_FACES = 50


class _Seen(NamedTuple):
    """A grade as its student may see it, and how its steps look where they are shared."""

    submission: str
    grade: Grade
    looks: Sequence[Look] | None


class Reporter:
    """Draws the reports of a block at one feedback level, in the language that is spoken."""

    def __init__(self, level: Level, part: Part) -> None:
        self.level = level
        self.kept = Kept.load(part.kept)
        self.face = Face.load(part.face)
        self._variants = part.variants
        self._faces: dict[str, Face] = {}
        self._shared = Shared(self.face, self.kept, level)
        self._last: _Seen | None = None

    def draw(self, wanted: WantedReport) -> str:
        """One report, the same as the format's own of the same grade."""
        form, outcome = FORMATS[wanted.format], wanted.outcome
        if self._last is None or self._last.submission != outcome.name:
            self._last = self._seen(wanted)  # in another format the next moment
        _, grade, looks = self._last
        if looks is None:
            return form.drawn(grade, self.level)
        return self._shared.draw(form, grade, outcome.position, looks)

    def grade(self, outcome: Outcome, variant: str) -> Grade:
        """The grade of one of the block's submissions."""
        return self.kept.grade(self._face(variant), outcome.position, outcome.student, outcome.name)

    def _seen(self, wanted: WantedReport) -> _Seen:
        outcome = wanted.outcome
        looks = self._shared.looks(outcome.position)
        if looks is None:
            grade = redact(self.grade(outcome, wanted.variant), self.level)
        else:
            problem, title, _ = self._variants[wanted.variant]
            grade = self._shared.grade(outcome, problem, title, looks)
        return _Seen(outcome.name, grade._replace(choice=wanted.choice), looks)

    def _face(self, variant: str) -> Face:
        face = self._faces.get(variant)
        if face is None:
            if len(self._faces) >= MOST_FACES:
                self._faces.clear()
            problem, title, numbers = self._variants[variant]
            values = np.frombuffer(numbers).tolist()
            program = self.face.program._replace(problem=problem, title=title, values=values)
            face = self._faces[variant] = Face(program)
        return face
