"""The data that flows from one part to the next: all frozen, none of it knows how it was read or will be shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from checker.outcome import (
    FIRST_ERRORS,
    Diagnosis,
    ElementGrade,
    Grade,
    Kind,
    Notice,
    Shape,
    StepGrade,
    Tolerance,
    Verdict,
    notebook,
)

if TYPE_CHECKING:
    from fractions import Fraction

    from checker.errors import Place
    from checker.expression.tree import Expression

__all__ = [
    "FIRST_ERRORS", "Diagnosis", "ElementGrade", "Equation", "Grade", "Kind", "LossCurve", "Notice", "Problem",
    "Quantity", "Rubric", "Shape", "Solution", "SolvedStep", "StepGrade", "StepRubric", "Tolerance", "Update",
    "Verdict",
]  # fmt: skip


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

    tolerance: Tolerance = field(default_factory=Tolerance)
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

    def _repr_html_(self) -> str:
        return notebook(self)


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
    it is short (of an array no more than the first). `parents` are the steps that the rule uses.
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
    parents: tuple[str, ...] = ()


@dataclass(frozen=True)
class LossCurve:
    """The loss after 0, 1, 2 … updates with this learning rate, and what it does in words."""

    learning_rate: str
    losses: tuple[float, ...]
    remark: str


@dataclass(frozen=True)
class Solution:
    """A problem worked out: every asked step, the loss at each iteration, and what the curve says in words.

    `compared` are curves with other learning rates, `source` is the problem itself.
    """

    problem: str
    title: str
    steps: tuple[SolvedStep, ...]
    loss_curve: tuple[float, ...]
    loss_name: str
    remark: str = ""
    closed_forms: tuple[ClosedForm, ...] = ()
    compared: tuple[LossCurve, ...] = ()
    source: Problem | None = None

    def _repr_html_(self) -> str:
        return notebook(self)
