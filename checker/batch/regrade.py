"""Whose points change though their files do not: the key, the rubric or the grader is other than it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from checker.batch.store import Results


class Change(NamedTuple):
    """A submission whose points are other than they were though its file is the same; None where it has no grade."""

    student: str
    submission: str
    problem: str
    before: float | None
    after: float | None
    possible: float

    @property
    def gain(self) -> float:
        """How many points the student gains."""
        return round((self.after or 0.0) - (self.before or 0.0), 6)


def changes(results: Results) -> list[Change]:
    """Every submission whose points change, by name."""
    found = []
    for outcome, status, awarded, _ in results.earlier():
        before = awarded if status == "graded" else None
        after = outcome.awarded if outcome.status == "graded" else None
        if before != after:
            found.append(Change(outcome.student, outcome.name, outcome.problem, before, after, outcome.possible))
    return found
