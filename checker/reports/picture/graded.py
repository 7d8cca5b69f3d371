"""A grade as a graph: every asked step with its verdict, the first mistake, and where it is carried on to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.model import Verdict
from checker.reports.picture.placing import Item

if TYPE_CHECKING:
    from checker.model import Grade


def graded_items(grade: Grade) -> list[Item]:
    """The steps of an already redacted grade: what its level hides is not there to be drawn."""
    carried = _carried(grade)
    return [
        Item(
            step.step,
            step.kind,
            step.parents,
            step.means,
            step.verdict,
            step.step == grade.first_error,
            tuple(parent for parent in step.parents if parent in carried) if step.step in carried else (),
        )
        for step in grade.steps
    ]


def _carried(grade: Grade) -> set[str]:
    """The first mistake and the steps that it is carried on to; empty where nothing is said of what rests on what."""
    if grade.first_error is None:
        return set()
    found = {grade.first_error}
    known = {grade.first_error, grade.first_error.partition("[")[0]}  # one element is a mistake of the whole
    waiting = [step for step in grade.steps if step.verdict is Verdict.FOLLOW_THROUGH and step.rests_on]
    while True:
        later = [step for step in waiting if not known.isdisjoint(step.rests_on)]
        if not later:
            break
        for step in later:
            found.add(step.step)
            known |= {step.step, step.step.partition("[")[0]}
        waiting = [step for step in waiting if step.step not in found]
    return found if len(found) > 1 else set()
