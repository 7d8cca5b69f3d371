"""What comes of judging an answer: verdicts, grades, and the precision they were judged by.

Named tuples, not dataclasses: this is all that a student's run needs of the model, and each dataclass would cost it as
much as marking the submission does.
"""

from __future__ import annotations

from enum import Enum
from typing import Any, NamedTuple

Shape = tuple[int, ...]


def notebook(value: object) -> str:
    """A value as a notebook shows it.

    Found by its name, and when a notebook asks: the model must not know the reports that are drawn from it.
    """
    from importlib import import_module

    return str(import_module("checker.reports.notebook").shown(value))


class Verdict(str, Enum):
    """What can be said of an answer, in the words that every report uses."""

    CORRECT = "correct"
    FOLLOW_THROUGH = "follow_through"
    MISCONCEPTION = "misconception"
    SLIP = "slip"
    IMPRECISE = "imprecise"
    WRONG = "wrong"
    MISSING = "missing"
    UNREADABLE = "unreadable"


class Kind(str, Enum):
    """What a step computes."""

    FORWARD = "forward"
    LOSS = "loss"
    LOCAL_DERIVATIVE = "local_derivative"
    GRADIENT = "gradient"
    OPTIMIZER_STATE = "optimizer_state"
    UPDATE = "update"


FIRST_ERRORS = (Verdict.MISCONCEPTION, Verdict.SLIP, Verdict.IMPRECISE, Verdict.WRONG)


class Tolerance(NamedTuple):
    """What precision the instructor asks for; where nothing is set, the default rule of `compare.asked_unit` holds."""

    decimals: int | None = None
    significant: int | None = None
    absolute: float | None = None
    relative: float | None = None
    strict: bool = False


class Notice(NamedTuple):
    """Something a reader should know that costs no points."""

    message: str
    line: int = 1
    column: int = 1


class Diagnosis(NamedTuple):
    """A named mistake that gives the student's value; `made_at` is the step left out where it was made, or ''."""

    code: str
    confidence: str  # "clear" | "possible"
    hint: str
    made_at: str = ""


class ElementGrade(NamedTuple):
    """One element of an array answer; `index` counts from 1. `message` says why it cannot be read, where it cannot."""

    index: tuple[int, ...]  # type: ignore[assignment]  # hides tuple.index, which nobody needs here
    verdict: Verdict
    submitted: str | None
    reference: str
    carried: str | None
    awarded: float
    message: str = ""


class StepGrade(NamedTuple):
    """One asked step, judged.

    `submitted`, `reference` and `carried` are texts, nested lists of texts for arrays, None where there is none.
    `alike` are the mistakes that a right answer cannot be told from. `parents` are the other asked steps that the
    step's rule uses; `means` is its own name where it is asked for by an alias.
    """

    step: str
    kind: Kind
    verdict: Verdict
    submitted: Any
    reference: Any
    carried: Any
    awarded: float
    possible: float
    message: str
    formula: str = ""
    diagnosis: tuple[Diagnosis, ...] = ()
    rests_on: tuple[str, ...] = ()
    line: int | None = None
    column: int | None = None
    degenerate: bool = False
    note: str = ""
    alike: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    means: str = ""
    elements: tuple[ElementGrade, ...] = ()


class Choice(NamedTuple):
    """Whether a submission is the one that counts of the several `of` one student to one problem.

    `keep` is which of them counts: "last", "first" or "best".
    """

    counts: bool
    of: int
    keep: str


class Grade(NamedTuple):
    """A submission, judged: steps in the order of `ask`, `first_error` the first in graph order.

    `choice` is None where nothing is known of other submissions, or there are none.
    """

    problem: str
    title: str
    student: str
    submission: str
    awarded: float
    possible: float
    first_error: str | None
    warnings: tuple[Notice, ...]
    steps: tuple[StepGrade, ...]
    choice: Choice | None = None

    def _repr_html_(self) -> str:
        return notebook(self)
