"""The reports of a block, drawn from what is kept of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from checker.batch.kept import Face, Kept
from checker.batch.quickjson import QuickJson, quick
from checker.reports import ENGLISH, FORMATS, Language, Level

if TYPE_CHECKING:
    from checker.batch.outcomes import Outcome
    from checker.batch.work import Part, WantedReport
    from checker.outcome import Grade

MOST_FACES = 50


class Reporter:
    """Draws the reports of a block at one feedback level. Steps that read the same are drawn once."""

    def __init__(self, level: Level, part: Part, language: Language = ENGLISH) -> None:
        self.level, self.language = level, language
        self.kept = Kept.load(part.kept)
        self.face = Face.load(part.face)
        self._variants = part.variants
        self._faces: dict[str, Face] = {}
        self._grades: tuple[str, Grade] | None = None
        self._quick = QuickJson(self.face, self.kept, level) if quick(level) else None

    def draw(self, wanted: WantedReport) -> str:
        """One report, the same as the format's own of the same grade."""
        outcome = wanted.outcome
        if self._quick is not None and wanted.format == "json":
            problem, title, _ = self._variants[wanted.variant]
            text = self._quick.draw(outcome, problem, title)
            if text is not None:
                return text
        return FORMATS[wanted.format].render(self.grade(outcome, wanted.variant), self.level, language=self.language)

    def grade(self, outcome: Outcome, variant: str) -> Grade:
        """The grade of one of the block's submissions."""
        if self._grades is not None and self._grades[0] == outcome.name:
            return self._grades[1]  # in another format a moment ago
        grade = self.kept.grade(self._face(variant), outcome.position, outcome.student, outcome.name)
        self._grades = outcome.name, grade
        return grade

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
