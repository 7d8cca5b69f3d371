"""What a student may see: the one place where a grade loses what its feedback level hides."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from checker.reports.language import say_hint
from checker.reports.wording import note, sentence

if TYPE_CHECKING:
    from checker.outcome import Diagnosis, ElementGrade, Grade, StepGrade


class Level(str, Enum):
    """How much a student is told, least first; each shows all that the one before it shows."""

    SCORE = "score"  # the points of the whole submission
    VERDICT = "verdict"  # and each step's verdict, points and own answer; the first error; no cause
    HINT = "hint"  # and what the mistake is called, with a hint
    FULL = "full"  # and the right value, the carried one and the worked step

    def shows(self, level: Level) -> bool:
        """Whether what `level` adds may be seen at this one."""
        return _ORDER[self] >= _ORDER[level]


_ORDER = {level: position for position, level in enumerate(Level)}


def redact(grade: Grade, level: Level) -> Grade:
    """The grade without anything `level` hides, its messages written out: all that a renderer is ever handed.

    It is built from what may be seen, not by removing from what is there: a field added to the model stays hidden
    until it is named here. Warnings stay at every level: they speak of the file and never of a value.
    """
    from checker.outcome import Grade

    steps = tuple(_seen(step, level) for step in grade.steps) if level.shows(Level.VERDICT) else ()
    return Grade(
        problem=grade.problem,
        title=grade.title,
        student=grade.student,
        submission=grade.submission,
        awarded=grade.awarded,
        possible=grade.possible,
        first_error=grade.first_error if level.shows(Level.VERDICT) else None,
        warnings=grade.warnings,
        steps=steps,
        choice=grade.choice,
    )


def _seen(step: StepGrade, level: Level) -> StepGrade:
    from checker.outcome import Kind, StepGrade

    causes, values = level.shows(Level.HINT), level.shows(Level.FULL)
    # what a value is worked from stands in the problem; what a gradient is worked from is for the student to find
    given = causes or step.kind in (Kind.FORWARD, Kind.LOSS)
    return StepGrade(
        step=step.step,
        kind=step.kind,
        verdict=step.verdict,
        submitted=step.submitted,
        reference=step.reference if values else None,
        carried=step.carried if values else None,
        awarded=step.awarded,
        possible=step.possible,
        message=sentence(step, causes=causes),
        formula=step.formula if values else "",
        diagnosis=tuple(hinted(each, step.step) for each in step.diagnosis) if causes else (),
        rests_on=step.rests_on if causes else (),
        line=step.line,
        column=step.column,
        degenerate=step.degenerate,
        note=note(step.note) if causes else "",
        parents=step.parents if given else (),
        means=step.means,
        elements=tuple(_element(element, values) for element in step.elements),
    )


def hinted(found: Diagnosis, step: str) -> Diagnosis:
    """A cause of a step's answer with its hint in the language that is spoken."""
    return found._replace(hint=say_hint(found.code, found.hint, found.made_at or step))


def _element(element: ElementGrade, values: bool) -> ElementGrade:
    from checker.outcome import ElementGrade

    return ElementGrade(
        index=element.index,
        verdict=element.verdict,
        submitted=element.submitted,
        reference=element.reference if values else "",
        carried=element.carried if values else None,
        awarded=element.awarded,
        message=element.message,
    )
