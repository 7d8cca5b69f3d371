"""The steps of one iteration: equations, the loss, then backwards, then the optimizer.

Every step is of the same kind, a name with its local rule, and holds every honest route to its value: a slope from
the activation or from its input, a gradient through the chain or by a shortcut. The sweep names no operation: it asks
`pull_back` for each equation's share and the tables for the routes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING

from checker.errors import AuthorError, Finding, Place
from checker.expression.tree import Call
from checker.expression.written import unparse
from checker.graph.build import Builder, BuildError
from checker.graph.differentiate import add, is_elementwise, jacobian, pull_back, times
from checker.graph.formula import decimal, operand
from checker.graph.node import Node, Nodes, names, shown
from checker.graph.steps import Route, Step
from checker.knowledge.activations import ACTIVATIONS
from checker.knowledge.optimizers import OPTIMIZERS
from checker.model import Equation, Kind, Problem, Shape

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from checker.knowledge.entries import Form


MOST_SCALAR_STEPS = 10_000  # in one iteration


def too_many(size: int, problem: Problem) -> AuthorError:
    """The error for a problem of so many scalar steps."""
    what = f"{size:,} scalar steps in an iteration, more than {MOST_SCALAR_STEPS:,}"
    return AuthorError(Finding(what, Place(problem.source), "make the network smaller"))


@dataclass(frozen=True)
class Local:
    """A local derivative: how it is worked, and whether it has a step of its own."""

    name: str
    shape: Shape
    routes: tuple[Node, ...]
    apply: Callable[[Node, Node], Node]
    asked: bool


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
        self._slopes: dict[int, dict[str, Node]] = {}

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

    # ------------------------------------------------------------ backward

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

    def backward(self, wanted: set[str]) -> list[Step]:  # noqa: C901  # one walk, in the order that marking needs
        """Local derivatives and gradients, in graph order; `wanted` are names asked for beyond the usual ones."""
        loss = self.problem.loss
        own = {e.name for e in self.problem.equations} | {q.name for q in self.problem.quantities}
        first_use: dict[str, str] = {}
        for equation in reversed(self.problem.equations):
            for name in self.operands[equation.name]:
                first_use[name] = equation.name
        terms: dict[str, list[list[Node]]] = {}
        consumers: dict[str, list[tuple[str, Node]]] = {}
        shortcuts: dict[str, list[Route]] = {}
        on_way = {loss}
        for equation in reversed(self.problem.equations):
            if equation.name in on_way:
                on_way.update(self.operands[equation.name])
        steps: list[Step] = []
        gradients: dict[str, Step] = {}
        if self.gradient_name(loss) in wanted - own:
            steps.append(Step(self.gradient_name(loss), Kind.GRADIENT, (), [Route(self.nodes.constant(1))]))

        def finish(name: str) -> None:
            step_name = self.gradient_name(name)
            quantity = next((q for q in self.problem.quantities if q.name == name), None)
            if step_name in own or (quantity and quantity.role == "given" and step_name not in wanted):
                return
            step = self._gradient(name, terms.get(name, []), shortcuts.get(name, []))
            step.about, step.terms = name, consumers.get(name, [])
            # a given with a column an example is data on the way; every other quantity is shared by the examples
            shared = quantity is not None and (quantity.role == "parameter" or quantity.shape[1:] != (self.examples,))
            if self.examples != 1 and shared:
                mean = self.nodes.constant(Fraction(1, self.examples))
                step.routes = [replace(route, node=times(self.nodes, route.node, mean)) for route in step.routes]
            gradients[name] = step
            steps.append(step)

        for equation in reversed(self.problem.equations):
            name = equation.name
            if name not in first_use and name != loss:
                finish(name)  # nothing depends on it: its gradient is 0
            locals_ = self._locals(equation, wanted, own)
            steps.extend(
                Step(
                    local.name,
                    Kind.LOCAL_DERIVATIVE,
                    local.shape,
                    [Route(n) for n in local.routes],
                    "slope",
                    about=of,
                    via=name,
                )
                for of, local in locals_.items()
                if local.name not in own
            )
            if name in on_way:
                for operand_name, variants in self._shares(equation, locals_).items():
                    terms.setdefault(operand_name, []).append(variants)
                    consumers.setdefault(operand_name, []).append((name, variants[0]))
                self._shortcuts(equation, gradients.get(name), shortcuts)
            for operand_name in self.operands[name]:
                if first_use[operand_name] == name:
                    finish(operand_name)
        for quantity in self.problem.quantities:
            if quantity.name not in first_use:
                finish(quantity.name)
        return steps

    @property
    def examples(self) -> int:
        """What gradients on the way are multiplied by: 1, or the number of examples where the 1/m of their mean is
        applied to the parameters' gradients alone.
        """
        if self.problem.conventions["batch_mean_at"] == "loss" or self.problem.conventions["batch_reduction"] == "sum":
            return 1
        shapes = [self.scope[name].shape for name in self.operands[self.problem.loss]]
        return next((shape[1] for shape in shapes if len(shape) == 2), 1)

    def _locals(self, equation: Equation, wanted: set[str], own: set[str]) -> dict[str, Local]:
        """The local derivatives of one equation that are steps: activations' slopes, and what is asked for."""
        found: dict[str, Local] = {}
        if equation.name == self.problem.loss:
            return found
        rule = self.rules[equation.name]
        called = self.activation_argument(equation)
        for name in self.operands[equation.name]:
            step_name = f"d{equation.name}_d{name}"
            asked = step_name in wanted
            if step_name in own or (name != called and not asked):
                continue
            shape = self.local_shape(equation.name, name)
            if shape is None:
                continue
            if prod(shape) > MOST_SCALAR_STEPS:
                raise too_many(prod(shape), self.problem)
            argument = self.scope[name]
            if rule.shape == () or is_elementwise(rule, name):
                node = self._plain_derivative(rule, name)
                apply = self._apply_elementwise(argument.shape)
            else:
                node = jacobian(self.nodes, rule, name)
                apply = self._apply_jacobian
            routes = [] if node is None else [self.nodes.expand(node, shape)]
            if name == called and isinstance(equation.expression, Call):
                slope = self.builder.slope_from_output(equation.expression, self.scope[equation.name], self.scope)
                if slope is not None and slope.shape == shape:
                    routes.insert(0, slope)
            if not routes:
                routes = [self.nodes.expand(self.nodes.constant(0), shape)]
            found[name] = Local(step_name, shape, tuple(dict.fromkeys(routes)), apply, asked)
        return found

    def activation_argument(self, equation: Equation) -> str | None:
        """The name `z` where the equation is `activation(z)` and nothing else."""
        tree = equation.expression
        if isinstance(tree, Call) and tree.function in ACTIVATIONS and tree.arguments:
            inner = self.builder.build(tree.arguments[0], self.scope)
            if inner.op == "name":
                return str(inner.data)
        return None

    def _plain_derivative(self, rule: Node, name: str) -> Node | None:
        """The derivative element by element; a single number that was stretched is not summed over."""
        argument = self.scope[name]
        if rule.shape in ((), argument.shape):
            if rule.id not in self._slopes:  # one sweep gives the slopes by every operand
                self._slopes[rule.id] = pull_back(self.nodes, rule, self.nodes.constant(1))
            return self._slopes[rule.id].get(name)
        stretched = self.nodes.name(name, rule.shape)
        node = pull_back(self.nodes, self.nodes.rename(rule, {name: stretched}, {}), self.nodes.constant(1)).get(name)
        return None if node is None else self.nodes.rename(node, {name: argument}, {})

    def _apply_elementwise(self, shape: Shape) -> Callable[[Node, Node], Node]:
        def apply(adjoint: Node, local: Node) -> Node:
            product = times(self.nodes, adjoint, local)
            if shape == () and product.shape:
                return self.nodes.reshape(self.nodes.fold(product, (1,) * len(product.shape)), ())
            return product

        return apply

    def _apply_jacobian(self, adjoint: Node, local: Node) -> Node:
        return self.nodes.contraction([(0,), (0, 1)], (1,), [adjoint, local])

    def _shares(self, equation: Equation, locals_: Mapping[str, Local]) -> dict[str, list[Node]]:
        """What reaches each operand from this equation, by every route; the first is the one that is shown."""
        rule = self.rules[equation.name]
        is_loss = equation.name == self.problem.loss
        adjoint = (
            self.nodes.constant(self.examples)
            if is_loss
            else self.nodes.name(self.gradient_name(equation.name), rule.shape)
        )
        plain = pull_back(self.nodes, rule, adjoint)
        through = self._from_output(equation, adjoint)
        shares: dict[str, list[Node]] = {}
        for name in self.operands[equation.name]:
            if name not in plain:
                continue
            local = locals_.get(name)
            inline = [through[name], plain[name]] if through and name in through else [plain[name]]
            if local is None:
                shares[name] = inline
            else:
                leaf = self.nodes.name(local.name, local.shape)
                shares[name] = [local.apply(adjoint, leaf), *(inline if local.asked else [])]
        return shares

    def _from_output(self, equation: Equation, adjoint: Node) -> dict[str, Node]:
        """What reaches each operand of `activation(…)`, with the slope worked from the activation."""
        tree = equation.expression
        if not (isinstance(tree, Call) and tree.function in ACTIVATIONS) or equation.name == self.problem.loss:
            return {}
        output = self.scope[equation.name]
        inner = self.builder.build(tree.arguments[0], self.scope)
        reached = self.builder.pull_back_from_output(tree, output, adjoint)
        if reached is None:
            slope = self.builder.slope_from_output(tree, output, self.scope)
            if slope is None or slope.shape != output.shape:
                return {}
            reached = times(self.nodes, adjoint, slope)
        return pull_back(self.nodes, inner, reached)

    def _shortcuts(self, equation: Equation, gradient: Step | None, shortcuts: dict[str, list[Route]]) -> None:
        """Routes that skip the gradient of an activation which goes straight into the loss.

        Common factors of the loss's slope and the activation's cancel (`a - y`); for activations that mix their
        elements the well-known difference is a candidate, and counts only where its numbers prove it.
        """
        tree = equation.expression
        loss_operands = self.operands[self.problem.loss]
        if gradient is None or equation.name not in loss_operands:
            return
        if isinstance(tree, Call) and tree.function in ACTIVATIONS:
            for name, node in self._from_output(equation, gradient.rule).items():
                if node.op == "elementwise" and not node.data.opaque:
                    simpler = self.nodes.formulas.cancelled(node.data)
                    if simpler is not None:
                        formula, used = simpler
                        short = self.nodes.elementwise(formula, [node.args[i] for i in used])
                        shortcuts.setdefault(name, []).append(Route(self.nodes.expand(short, node.shape)))
        rule = self.rules[equation.name]
        difference = operand(0) - operand(1)
        targets = [q.name for q in self.problem.quantities if q.role == "given" and q.name in loss_operands]
        for name in self.operands[equation.name]:
            if self.scope[name].shape != rule.shape or is_elementwise(rule, name) != (rule.shape == ()):
                continue
            for target in targets:
                if self.scope[target].shape == rule.shape and len(targets) <= 40:
                    args = [self.scope[equation.name], self.scope[target]]
                    node = self.builder.arithmetic(difference, args)
                    shortcuts.setdefault(name, []).append(Route(node, proven=False))
                    if len(rule.shape) == 2:
                        node = self.builder.arithmetic(difference / rule.shape[1], args)
                        shortcuts[name].append(Route(node, proven=False))

    def _gradient(self, name: str, shares: list[list[Node]], shortcuts: list[Route]) -> Step:
        """The gradient of the loss by `name`: the sum of what reaches it, by every route."""
        shape = self.scope[name].shape
        routes = [
            add(self.nodes, [variants[min(k, len(variants) - 1)] for variants in shares])
            for k in range(max((len(variants) for variants in shares), default=0))
        ]
        if not routes:
            routes = [self.nodes.expand(self.nodes.constant(0), shape)]
        unique = [Route(self.nodes.expand(node, shape)) for node in dict.fromkeys(routes)]
        seen = {route.node.id for route in unique}
        for route in shortcuts:
            if route.node.id not in seen:
                seen.add(route.node.id)
                unique.append(route)
        return Step(self.gradient_name(name), Kind.GRADIENT, shape, unique, "gradient")

    # ------------------------------------------------------------ the optimizer

    @property
    def form(self) -> Form:
        """The form of the optimizer that the problem uses."""
        update = self.problem.update
        assert update is not None
        forms = OPTIMIZERS[update.optimizer].forms
        return next((form for form in forms if form.name == update.form), forms[0])

    def optimizer(self, states: Mapping[str, Node], time: Node) -> list[Step]:
        """The optimizer's state and the updated parameters, parameters as listed.

        `states` are the nodes of the state before this iteration (`v_w1`); what is missing is zero.
        """
        update = self.problem.update
        if update is None:
            return []
        entry, form = OPTIMIZERS[update.optimizer], self.form
        settings = {name: self.nodes.constant(value) for name, value in update.settings.items()}
        steps: list[Step] = []
        clipped = self._clipped(update.settings)
        for name in self.problem.trained:
            parameter = self.scope[name]
            gradient = clipped(self.nodes.name(self.gradient_name(name), parameter.shape))
            if "weight_decay" in update.settings and not entry.decoupled_decay:
                gradient = add(self.nodes, [gradient, times(self.nodes, settings["weight_decay"], parameter)])
            if gradient.op != "name":  # the gradient that the optimizer sees is a step that can be rounded
                raw = self.nodes.name(self.gradient_name(name), parameter.shape)
                steps.append(
                    Step(
                        f"g_{name}",
                        Kind.OPTIMIZER_STATE,
                        parameter.shape,
                        [Route(gradient)],
                        about=name,
                        scope={"raw": raw, "g": gradient},
                    )
                )
                gradient = self.nodes.name(f"g_{name}", parameter.shape)
            scope = {**settings, "w": parameter, "g": gradient, "t": time}
            for state, _ in form.state:
                scope[f"{state}_prev"] = states.get(f"{state}_{name}", self.nodes.constant(0))
            for state, text in form.state:
                node = self.nodes.expand(self.builder.entry(text, scope), parameter.shape)
                steps.append(
                    Step(
                        f"{state}_{name}",
                        Kind.OPTIMIZER_STATE,
                        parameter.shape,
                        [Route(node)],
                        text=written(text, scope),
                        about=name,
                        scope=dict(scope),
                    )
                )
                scope[state] = self.nodes.name(f"{state}_{name}", parameter.shape)
            node = self.nodes.expand(self.builder.entry(form.update, scope), parameter.shape)
            steps.append(
                Step(
                    f"{name}_new",
                    Kind.UPDATE,
                    parameter.shape,
                    [Route(node)],
                    text=written(form.update, scope),
                    about=name,
                    scope=scope,
                )
            )
        return steps

    def _clipped(self, settings: Mapping[str, Fraction]) -> Callable[[Node], Node]:
        """What clipping does to each parameter's gradient, by value and then by the norm of all of them together."""
        nodes, builder = self.nodes, self.builder

        def by_value(gradient: Node) -> Node:
            if "clip_value" not in settings:
                return gradient
            bound = nodes.constant(settings["clip_value"])
            return builder.entry("max(min(g, bound), -bound)", {"g": gradient, "bound": bound})

        if "clip_norm" not in settings:
            return by_value
        squares = [
            builder.entry("sum(g^2)", {"g": by_value(nodes.name(self.gradient_name(p), self.scope[p].shape))})
            for p in self.problem.trained
        ]
        norm = builder.entry("sqrt(total)", {"total": add(nodes, squares)})
        bound = nodes.constant(settings["clip_norm"])
        return lambda gradient: builder.entry(
            "g*min(1, bound/norm)", {"g": by_value(gradient), "norm": norm, "bound": bound}
        )


def written(text: str, scope: Mapping[str, Node]) -> str:
    """A table entry's formula with this problem's names and numbers in the place of its own."""

    def put(match: re.Match[str]) -> str:
        node = scope.get(match[0])
        if node is None:
            return match[0]
        return str(node.data) if node.op == "name" else decimal(node.data)

    return re.sub(r"[A-Za-z_]\w*", put, text)
