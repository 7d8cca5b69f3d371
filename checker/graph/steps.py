"""What a derivation is made of: named steps with their local rules, every honest route, and what mistakes give."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from checker.errors import Place
    from checker.graph.node import Node, Nodes
    from checker.model import Kind, Problem, Shape
    from checker.stepname import StepNames, Target

BEFORE = "@before"  # after a step's name: what the iteration before this one made of it


@dataclass(frozen=True)
class Route:
    """One way to a step's value. What is not `proven` counts only where it gives the same numbers."""

    node: Node
    proven: bool = True


class Mistake(NamedTuple):
    """What a named mistake gives at a step: `code` in the table of misconceptions, and the wrong local rule.

    `variant` is the same where the same habit shows at other steps; `layer` is how many activations follow before the
    loss.
    """

    code: str
    node: Node
    variant: str
    layer: int


@dataclass
class Step:
    """A named step: its local rule by every route, the first being the one that is shown.

    `choice` groups steps whose routes a person picks alike (all slopes from the outputs, say). `about` is what the step
    is of: the operand of a gradient or local derivative, the parameter of an update; `via` the equation of a local
    derivative. `terms` are a gradient's summands, one for each equation that the operand goes into; `scope` the nodes
    that an optimizer's formulas name.
    """

    name: str
    kind: Kind
    shape: Shape
    routes: list[Route]
    choice: str = ""
    text: str = ""
    where: Place | None = None
    about: str = ""
    via: str = ""
    terms: list[tuple[str, Node]] = field(default_factory=list)
    scope: Mapping[str, Node] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)

    @property
    def rule(self) -> Node:
        """The rule that is shown."""
        return self.routes[0].node


@dataclass
class Derivation:
    """All steps of a problem that can be asked or that lead to one, in graph order.

    `computed` are leaves whose values come from iterations that nobody is asked about.
    """

    problem: Problem
    nodes: Nodes
    steps: list[Step]
    names: StepNames
    ask: list[tuple[str, Target, Place | None]]
    computed: dict[str, tuple[int, str]] = field(default_factory=dict)
