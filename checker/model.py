"""The data that flows from one part to the next: all frozen, none of it knows how it was read or will be shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fractions import Fraction

    from checker.errors import Place
    from checker.expression.tree import Expression

Shape = tuple[int, ...]


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


# ---------------------------------------------------------------- the problem, as its author wrote it


@dataclass(frozen=True)
class Tolerance:
    """What precision the instructor asks for; where nothing is set, the default rule of `compare.asked_unit` holds."""

    decimals: int | None = None
    significant: int | None = None
    absolute: float | None = None
    relative: float | None = None
    strict: bool = False


@dataclass(frozen=True)
class Quantity:
    """A given or a parameter. `values` are exact and flat, row by row; an empty shape is a single number."""

    name: str
    role: str  # "given" | "parameter"
    shape: Shape
    values: tuple[Fraction, ...]
    texts: tuple[str, ...]
    where: Place


@dataclass(frozen=True)
class Equation:
    """`name: expression`, as written; `where` is the place of the expression's first character."""

    name: str
    expression: Expression
    text: str
    where: Place


@dataclass(frozen=True)
class Update:
    """How parameters change. `settings` are exact numbers by name; `form` picks one of the optimizer's forms."""

    optimizer: str
    settings: dict[str, Fraction]
    form: str | None
    iterations: int
    where: Place


@dataclass(frozen=True)
class StepRubric:
    """What the instructor set for one step; None is 'as for all'."""

    points: float = 1.0
    carry: bool = True
    tolerance: Tolerance | None = None
    expect: str = ""  # "any" | "formula" | "value" | "both"


@dataclass(frozen=True)
class Rubric:
    """How answers are marked."""

    tolerance: Tolerance = Tolerance()
    shares: dict[str, float] = field(
        default_factory=lambda: {"follow_through": 1.0, "misconception": 0.5, "slip": 0.5, "imprecise": 0.5}
    )
    steps: dict[str, StepRubric] = field(default_factory=dict)
    expect: str = "any"
    numbers_only: str = "imprecise"


@dataclass(frozen=True)
class Problem:
    """A problem file, read and checked: every name resolved, nothing derived yet."""

    id: str
    title: str
    quantities: tuple[Quantity, ...]
    equations: tuple[Equation, ...]  # the loss, where it is named, is the last
    loss: str
    trained: tuple[str, ...]  # the parameters that the update changes, in order
    update: Update | None
    ask: tuple[tuple[str, Place], ...] | None
    rubric: Rubric
    conventions: dict[str, Any]
    aliases: dict[str, str]
    source: str  # the file's name as it was given
    loss_is_named: bool = True
    text: str = ""
    places: dict[str, Place] = field(default_factory=dict)


# ---------------------------------------------------------------- the grade


@dataclass(frozen=True)
class Notice:
    """Something a reader should know that costs no points."""

    message: str
    line: int = 1
    column: int = 1


@dataclass(frozen=True)
class Diagnosis:
    """A named mistake that gives the student's value; `made_at` is the step left out where it was made, or ''."""

    code: str
    confidence: str  # "clear" | "possible"
    hint: str
    made_at: str = ""


@dataclass(frozen=True)
class ElementGrade:
    """One element of an array answer; `index` counts from 1."""

    index: tuple[int, ...]
    verdict: Verdict
    submitted: str | None
    reference: str
    carried: str | None
    awarded: float


@dataclass(frozen=True)
class StepGrade:
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


@dataclass(frozen=True)
class Grade:
    """A submission, judged: steps in the order of `ask`, `first_error` the first in graph order."""

    problem: str
    title: str
    student: str
    submission: str
    awarded: float
    possible: float
    first_error: str | None
    warnings: tuple[Notice, ...]
    steps: tuple[StepGrade, ...]


# ---------------------------------------------------------------- the solution


@dataclass(frozen=True)
class ClosedForm:
    """A step in givens and parameters alone, as text and as LaTeX; functions stay named (`sigmoid(…)`)."""

    step: str
    text: str
    latex: str


@dataclass(frozen=True)
class SolvedStep:
    """One step worked: its rule, the numbers put in, the exact value and the float; lists for arrays.

    `latex` is `name = rule`; `latex_parts` what follows from it: the rule with its numbers, then the exact value where
    it is short (of an array no more than the first).
    """

    step: str
    kind: Kind
    formula: str
    substitution: str
    latex: str
    exact: Any
    value: Any
    shape: Shape
    latex_parts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Solution:
    """A problem worked out: every asked step, the loss at each iteration, and what the curve says in words."""

    problem: str
    title: str
    steps: tuple[SolvedStep, ...]
    loss_curve: tuple[float, ...]
    loss_name: str
    remark: str = ""
    closed_forms: tuple[ClosedForm, ...] = ()
