"""What the parts of a problem are to each other: which equation is an activation, which quantity a weight."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

from checker.expression.tree import Call
from checker.graph.node import Node, names
from checker.knowledge.activations import ACTIVATIONS
from checker.knowledge.losses import LOSSES
from checker.model import Equation, Kind, Shape

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from checker.graph.deriver import Deriver
    from checker.graph.steps import Step

MOST_OTHERS = 12  # quantities that one operand is exchanged with, slopes that are taken for another's
MOST_PATHS = 16  # by which a quantity reaches the loss, or uses of a shared one, that are looked at one by one


@dataclass(frozen=True)
class Place:
    """One place: of which kind, at which step, what its names are, and the table entries that it is about."""

    kind: str
    step: Step
    scope: Mapping[str, Node]
    about: frozenset[str] = frozenset()


class Network:
    """One iteration's steps, as the places of mistakes are found in them."""

    def __init__(self, deriver: Deriver, steps: list[Step], again: bool = False) -> None:
        self.deriver, self.nodes, self.builder = deriver, deriver.nodes, deriver.builder
        self.again = again
        self.problem = deriver.problem
        self.steps = {step.name: step for step in steps}
        self.equations = {equation.name: equation for equation in self.problem.equations}
        self.quantities = {quantity.name: quantity for quantity in self.problem.quantities}
        self.gradients = {step.about: step for step in steps if step.kind is Kind.GRADIENT and step.about}
        self.slopes = [
            step
            for step in steps
            if step.kind is Kind.LOCAL_DERIVATIVE
            and deriver.activation_argument(self.equations[step.via]) == step.about
        ]
        loss = self.equations[self.problem.loss]
        self.loss_operands = deriver.operands[loss.name]
        self.family = self._family(loss)
        self._layers = self._activations_after()

    def name(self, name: str) -> Node:
        """The leaf that stands for a quantity or a step."""
        if name in self.deriver.scope:
            return self.deriver.scope[name]
        return self.nodes.name(name, self.steps[name].shape)

    def layer(self, item: Step) -> int:
        """How many activations follow the step before the loss."""
        return self._layers.get(item.about or item.name, 0)

    def _activations_after(self) -> dict[str, int]:
        """By quantity and equation: how many activations follow it before the loss."""
        found: dict[str, int] = {}
        for name in reversed(self.equations):
            after = found.get(name, 0) + bool(self.activation(name))
            for leaf in self.deriver.operands[name]:
                found[leaf] = max(found.get(leaf, 0), after)
        return found

    def _family(self, loss: Equation) -> frozenset[str]:
        """What kind of loss it is, whether it is called by name or written out."""
        text = loss.text
        if isinstance(loss.expression, Call) and loss.expression.function in LOSSES:
            entry = LOSSES[loss.expression.function]
            text = f"{entry.element} {'ln(' if 'softplus' in entry.element else ''}"
        kinds = {"log"} if "ln(" in text or "log(" in text else set()
        return frozenset(kinds | ({"squared"} if "^2" in text.replace("**", "^").replace("²", "^2") else set()))

    def activation(self, name: str) -> str:
        """The table's name of the activation that an equation is, or ''."""
        equation = self.equations.get(name)
        tree = equation.expression if equation else None
        return ACTIVATIONS[tree.function].name if isinstance(tree, Call) and tree.function in ACTIVATIONS else ""

    def targets(self, prediction: str) -> list[str]:
        """The givens that the loss compares a prediction with, the likeliest first."""
        shape = self.name(prediction).shape
        close = []
        gradient = self.gradients.get(prediction)
        if gradient is not None:
            close = [name for name in names(gradient.rule) if name in self.quantities]
        every = [*close, *(name for name in self.loss_operands if name in self.quantities)]
        return [name for name in dict.fromkeys(every) if self.name(name).shape == shape][:2]

    def delta(self, name: str) -> Node:
        """The leaf of the gradient that arrives at an equation or a quantity."""
        return self.nodes.name(self.deriver.gradient_name(name), self.deriver.scope[name].shape)

    @cached_property
    def weights(self) -> frozenset[str]:
        """The quantities that something is multiplied with: their gradient is more than the gradients that arrive."""
        return frozenset(
            name
            for name, gradient in self.gradients.items()
            if name in self.quantities
            and any(set(names(share)) - {self.delta(consumer).data} for consumer, share in gradient.terms)
        )

    @cached_property
    def _slopes_alike(self) -> dict[Shape, list[Step]]:
        found: dict[Shape, list[Step]] = {}
        for slope in self.slopes:
            found.setdefault(slope.shape, []).append(slope)
        return found

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {slope.name: n for alike in self._slopes_alike.values() for n, slope in enumerate(alike)}

    def other_slopes(self, slope: Step) -> Iterator[Step]:
        """The slopes of this one's shape that stand nearest to it: a mistake is no further away than that."""
        alike, here = self._slopes_alike[slope.shape], self._positions[slope.name]
        first = max(0, min(here - MOST_OTHERS // 2, len(alike) - MOST_OTHERS - 1))
        for n in range(first, min(first + MOST_OTHERS + 1, len(alike))):
            if n != here:
                yield alike[n]

    @cached_property
    def siblings(self) -> dict[tuple[str, ...], list[str]]:
        """The equations whose values go into the same equations, by these: the units of one layer."""
        found: dict[tuple[str, ...], list[str]] = {}
        for name in self.equations:
            if name in self.gradients:
                found.setdefault(tuple(consumer for consumer, _ in self.gradients[name].terms), []).append(name)
        return found

    def alike(self, leaf: str, others: Iterable[str], most: int = MOST_OTHERS) -> Iterator[str]:
        """The first of the others that have the leaf's shape."""
        shape = self.name(leaf).shape
        return islice((other for other in others if other != leaf and self.name(other).shape == shape), most)

    def predictions(self) -> list[str]:
        """The equations that the loss compares with something."""
        return [name for name in self.loss_operands if name in self.equations]

    def counts(self) -> tuple[int, int]:
        """How many outputs the loss adds up, and over how many examples."""
        predictions = self.predictions()
        shapes = [self.name(name).shape for name in predictions]
        examples = next((shape[1] for shape in shapes if len(shape) == 2), 1)
        outputs = sum(shape[0] if shape else 1 for shape in shapes)
        return outputs, examples
