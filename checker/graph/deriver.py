"""The way forward: equations and the loss as steps, and what the way back and the optimizer start from."""

from __future__ import annotations

from checker.errors import AuthorError, Finding, Place
from checker.expression.tree import Call
from checker.expression.written import unparse
from checker.graph.build import Builder, BuildError
from checker.graph.differentiate import is_elementwise
from checker.graph.node import Node, Nodes, names, shown
from checker.graph.steps import Route, Step
from checker.knowledge.activations import ACTIVATIONS
from checker.model import Equation, Kind, Problem, Shape

MOST_SCALAR_STEPS = 10_000  # in one iteration


def too_many(size: int, problem: Problem) -> AuthorError:
    """The error for a problem of so many scalar steps."""
    what = f"{size:,} scalar steps in an iteration, more than {MOST_SCALAR_STEPS:,}"
    return AuthorError(Finding(what, Place(problem.source), "make the network smaller"))


class Deriver:
    """Derives one problem."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.nodes = Nodes()
        self.builder = Builder(self.nodes, problem.conventions)
        self.scope: dict[str, Node] = {q.name: self.nodes.name(q.name, q.shape) for q in problem.quantities}
        self.rules: dict[str, Node] = {}
        self.operands: dict[str, list[str]] = {}
        self.findings: list[Finding] = []

    # ------------------------------------------------------------ forward

    def forward(self) -> list[Step]:
        """The equations and the loss as steps.

        Raises:
            AuthorError: with every equation that cannot be worked.
        """
        steps = []
        broken: set[str] = set()
        for equation in self.problem.equations:
            try:
                rule = self.builder.build(equation.expression, self.scope)
            except BuildError as error:
                broken.add(equation.name)
                if not any(repr(name) in error.what for name in broken):
                    place = equation.where._replace(column=equation.where.column + error.at)
                    self.findings.append(Finding(f"{equation.name}: {error.what}", place, error.mend))
                continue
            self.rules[equation.name] = rule
            self.operands[equation.name] = names(rule)
            self.scope[equation.name] = self.nodes.name(equation.name, rule.shape)
            kind = Kind.LOSS if equation.name == self.problem.loss else Kind.FORWARD
            steps.append(
                Step(
                    equation.name,
                    kind,
                    rule.shape,
                    [Route(rule)],
                    text=unparse(equation.expression),
                    where=equation.where,
                )
            )
        if self.findings:
            raise AuthorError(*self.findings)
        loss = self._equation(self.problem.loss)
        if self.rules[loss.name].shape != ():
            raise AuthorError(
                Finding(
                    f"{loss.name} is {shown(self.rules[loss.name].shape)}; only a single number can be differentiated",
                    loss.where,
                    "sum its elements, or name a scalar loss",
                )
            )
        return steps

    def _equation(self, name: str) -> Equation:
        return next(e for e in self.problem.equations if e.name == name)

    # ------------------------------------------------------------ what things are

    def gradient_name(self, name: str) -> str:
        """`dL_dw`, whatever the loss is called."""
        return f"d{self.problem.loss}_d{name}"

    def local_shape(self, equation: str, name: str) -> Shape | None:
        """The shape of an equation's local derivative by one of its operands; None where there is no such step."""
        rule, shape = self.rules[equation], self.scope[name].shape
        if rule.shape == ():
            return shape
        if is_elementwise(rule, name):
            return rule.shape
        return (rule.size, shape[0]) if len(rule.shape) == len(shape) == 1 else None

    @property
    def examples(self) -> int:
        """What gradients on the way are multiplied by: 1, or the number of examples where the 1/m of their mean is
        applied to the parameters' gradients alone.
        """
        if self.problem.conventions["batch_mean_at"] == "loss" or self.problem.conventions["batch_reduction"] == "sum":
            return 1
        shapes = [self.scope[name].shape for name in self.operands[self.problem.loss]]
        return next((shape[1] for shape in shapes if len(shape) == 2), 1)

    def activation_argument(self, equation: Equation) -> str | None:
        """The name `z` where the equation is `activation(z)` and nothing else."""
        tree = equation.expression
        if isinstance(tree, Call) and tree.function in ACTIVATIONS and tree.arguments:
            inner = self.builder.build(tree.arguments[0], self.scope)
            if inner.op == "name":
                return str(inner.data)
        return None
