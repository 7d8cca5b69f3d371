"""The way back: local derivatives and gradients as steps, in the order in which a person works them.

One walk over the equations, last to first. It names no operation: it asks `pull_back` for each equation's share and the
tables for the routes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING

from checker.expression.tree import Call
from checker.graph.deriver import MOST_SCALAR_STEPS, too_many
from checker.graph.differentiate import add, is_elementwise, jacobian, pull_back, times
from checker.graph.formula import operand
from checker.graph.steps import Route, Step
from checker.knowledge.activations import ACTIVATIONS
from checker.model import Equation, Kind, Shape

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from checker.graph.deriver import Deriver
    from checker.graph.node import Node


@dataclass(frozen=True)
class Local:
    """A local derivative: how it is worked, and whether it has a step of its own."""

    name: str
    shape: Shape
    routes: tuple[Node, ...]
    apply: Callable[[Node, Node], Node]
    asked: bool

    def step(self, of: str, equation: str) -> Step:
        """The local derivative of an equation by one of its operands as a step."""
        routes = [Route(node) for node in self.routes]
        return Step(self.name, Kind.LOCAL_DERIVATIVE, self.shape, routes, "slope", about=of, via=equation)


class Backward:
    """The way back through one problem, worked once; `wanted` are names asked for beyond the usual ones."""

    def __init__(self, deriver: Deriver, wanted: set[str]) -> None:
        self.deriver, self.wanted = deriver, wanted
        self.problem, self.nodes, self.builder = deriver.problem, deriver.nodes, deriver.builder
        self.scope, self.rules, self.operands = deriver.scope, deriver.rules, deriver.operands
        self.quantities = {quantity.name: quantity for quantity in self.problem.quantities}
        self.own = {equation.name for equation in self.problem.equations} | self.quantities.keys()
        self.gradients: dict[str, Step] = {}
        self.shares: dict[str, list[list[Node]]] = {}  # of each operand, what each equation it goes into sends back
        self.consumers: dict[str, list[tuple[str, Node]]] = {}
        self.shortcuts: dict[str, list[Route]] = {}
        self._slopes: dict[int, dict[str, Node]] = {}

    def steps(self) -> list[Step]:
        """Local derivatives and gradients, in graph order: a gradient once all that the operand goes into is done."""
        loss = self.problem.loss
        equations = self.problem.equations[::-1]
        first_use: dict[str, str] = {}
        for equation in equations:
            for name in self.operands[equation.name]:
                first_use[name] = equation.name
        on_way = {loss}
        for equation in equations:
            if equation.name in on_way:
                on_way.update(self.operands[equation.name])
        steps: list[Step] = []
        if self.deriver.gradient_name(loss) in self.wanted - self.own:
            steps.append(Step(self.deriver.gradient_name(loss), Kind.GRADIENT, (), [Route(self.nodes.constant(1))]))
        for equation in equations:
            name = equation.name
            if name not in first_use and name != loss:
                steps += self._finished(name)  # nothing depends on it: its gradient is 0
            locals_ = self._locals(equation)
            steps += [local.step(of, name) for of, local in locals_.items() if local.name not in self.own]
            if name in on_way:
                for operand_name, variants in self._shares(equation, locals_).items():
                    self.shares.setdefault(operand_name, []).append(variants)
                    self.consumers.setdefault(operand_name, []).append((name, variants[0]))
                self._find_shortcuts(equation)
            for operand_name in self.operands[name]:
                if first_use[operand_name] == name:
                    steps += self._finished(operand_name)
        for name in self.quantities:
            if name not in first_use:
                steps += self._finished(name)
        return steps

    def _finished(self, name: str) -> list[Step]:
        """The gradient of what has no more consumers to wait for; nothing where it is no step."""
        step_name, quantity = self.deriver.gradient_name(name), self.quantities.get(name)
        if step_name in self.own or (quantity and quantity.role == "given" and step_name not in self.wanted):
            return []
        step = self._gradient(name, self.shares.get(name, []), self.shortcuts.get(name, []))
        step.about, step.terms = name, self.consumers.get(name, [])
        # a given with a column an example is data on the way; every other quantity is shared by the examples
        examples = self.deriver.examples
        if examples != 1 and quantity and (quantity.role == "parameter" or quantity.shape[1:] != (examples,)):
            mean = self.nodes.constant(Fraction(1, examples))
            step.routes = [replace(route, node=times(self.nodes, route.node, mean)) for route in step.routes]
        self.gradients[name] = step
        return [step]

    def _locals(self, equation: Equation) -> dict[str, Local]:
        """The local derivatives of one equation that are steps: activations' slopes, and what is asked for."""
        found: dict[str, Local] = {}
        if equation.name == self.problem.loss:
            return found
        rule = self.rules[equation.name]
        called = self.deriver.activation_argument(equation)
        for name in self.operands[equation.name]:
            step_name = f"d{equation.name}_d{name}"
            asked = step_name in self.wanted
            if step_name in self.own or (name != called and not asked):
                continue
            shape = self.deriver.local_shape(equation.name, name)
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
            self.nodes.constant(self.deriver.examples)
            if is_loss
            else self.nodes.name(self.deriver.gradient_name(equation.name), rule.shape)
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

    def _find_shortcuts(self, equation: Equation) -> None:
        """Routes that skip the gradient of an activation which goes straight into the loss.

        Common factors of the loss's slope and the activation's cancel (`a - y`); for activations that mix their
        elements the well-known difference is a candidate, and counts only where its numbers prove it.
        """
        tree = equation.expression
        loss_operands = self.operands[self.problem.loss]
        gradient = self.gradients.get(equation.name)
        if gradient is None or equation.name not in loss_operands:
            return
        if isinstance(tree, Call) and tree.function in ACTIVATIONS:
            for name, node in self._from_output(equation, gradient.rule).items():
                if node.op == "elementwise" and not node.data.opaque:
                    simpler = self.nodes.formulas.cancelled(node.data)
                    if simpler is not None:
                        formula, used = simpler
                        short = self.nodes.elementwise(formula, [node.args[i] for i in used])
                        self.shortcuts.setdefault(name, []).append(Route(self.nodes.expand(short, node.shape)))
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
                    self.shortcuts.setdefault(name, []).append(Route(node, proven=False))
                    if len(rule.shape) == 2:
                        node = self.builder.arithmetic(difference / rule.shape[1], args)
                        self.shortcuts[name].append(Route(node, proven=False))

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
        return Step(self.deriver.gradient_name(name), Kind.GRADIENT, shape, unique, "gradient")
