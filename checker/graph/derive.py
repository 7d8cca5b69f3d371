"""A problem's steps in graph order: equations, the loss, then backwards, then the optimizer, for each iteration.

Every step is of the same kind, a name with its local rule, and holds every honest route to its value: a slope from
the activation or from its input, a gradient through the chain or by a shortcut. The sweep names no operation: it asks
`pull_back` for each equation's share and the tables for the routes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from checker.errors import AuthorError, Finding, Place
from checker.expression.tree import Call
from checker.expression.written import unparse
from checker.graph.build import Builder, BuildError, decimal
from checker.graph.differentiate import add, is_elementwise, jacobian, pull_back, times
from checker.graph.formula import operand
from checker.graph.node import Node, Nodes, names, shown
from checker.knowledge.activations import ACTIVATIONS
from checker.knowledge.optimizers import OPTIMIZERS
from checker.model import Equation, Kind, Problem, Shape
from checker.stepname import StepNames, Target, UnknownStep

if TYPE_CHECKING:
    from checker.knowledge.entries import Form

MOST_SCALAR_STEPS = 10_000  # in one iteration
MOST_WHOLE_ITERATIONS = 10  # asked about in full where the author names no steps


@dataclass(frozen=True)
class Route:
    """One way to a step's value. What is not `proven` counts only where it gives the same numbers."""

    node: Node
    proven: bool = True


class Mistake(NamedTuple):
    """What a named mistake gives at a step: `code` in the table of misconceptions, and the wrong local rule.

    `variant` is the same where the same habit shows at other steps.
    """

    code: str
    node: Node
    variant: str


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
            return pull_back(self.nodes, rule, self.nodes.constant(1)).get(name)
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


MistakeFinder = Callable[["Deriver", "list[Step]"], "dict[str, list[Mistake]]"]


def derive(problem: Problem, find_mistakes: MistakeFinder | None = None) -> Derivation:
    """All steps of a problem that are asked or lead to one, in graph order.

    Args:
        problem: the problem.
        find_mistakes: gives what each named mistake makes of each step of one iteration, where that is wanted.

    Raises:
        AuthorError: an equation that cannot be worked, an unknown step in `ask`, `grading` or `aliases`, more than
            10,000 scalar steps.
    """
    deriver = Deriver(problem)
    forward = deriver.forward()
    iterations = problem.update.iterations if problem.update else 1
    backward = deriver.backward(_wanted(problem, [text for text, _ in problem.ask or ()], deriver))
    once = forward + backward
    shapes = {step.name: step.shape for step in once}
    optimizer = deriver.optimizer({}, deriver.nodes.constant(1))
    shapes.update({step.name: step.shape for step in optimizer})
    size = sum(_size(shape) for shape in shapes.values())
    if size > MOST_SCALAR_STEPS:
        raise AuthorError(
            Finding(
                f"{size} scalar steps in an iteration, more than {MOST_SCALAR_STEPS}",
                Place(problem.source),
                "make the network smaller",
            )
        )
    step_names = StepNames(_all_shapes(shapes, deriver), problem.aliases, problem.loss, iterations)
    ask = _ask(problem, step_names, once + optimizer, iterations)
    needed = sorted({_iteration(target.step) for _, target, _ in ask} | {1})
    steps: list[Step] = []
    computed: dict[str, tuple[int, str]] = {}
    for k in needed:
        if k == 1:
            steps.extend(_with_mistakes(deriver, once + optimizer, find_mistakes))
        else:
            steps.extend(_iterate(deriver, once, k, k - 1 in needed, computed, find_mistakes))
    return Derivation(problem, deriver.nodes, steps, step_names, ask, computed)


def loop(problem: Problem) -> Derivation:
    """One iteration with the optimizer's state (`v_w1@0`) and its time (`t@0`) as leaves, to be run many times."""
    deriver = Deriver(problem)
    steps = deriver.forward() + deriver.backward(set())
    steps += deriver.optimizer(_states(deriver), deriver.nodes.name("t@0", ()))
    step_names = StepNames({step.name: step.shape for step in steps}, {}, problem.loss)
    return Derivation(problem, deriver.nodes, steps, step_names, [])


def _states(deriver: Deriver) -> dict[str, Node]:
    """The optimizer's state before an iteration, as leaves `v_w1@0`."""
    update = deriver.problem.update
    if update is None:
        return {}
    return {
        f"{state}_{name}": deriver.nodes.name(f"{state}_{name}@0", deriver.scope[name].shape)
        for name in deriver.problem.trained
        for state, _ in deriver.form.state
    }


def _iterate(
    deriver: Deriver,
    once: list[Step],
    k: int,
    follows: bool,
    computed: dict[str, tuple[int, str]],
    find_mistakes: MistakeFinder | None,
) -> list[Step]:
    """The steps of iteration k > 1: the same rules, on the parameters and the state that the one before left.

    Where that one `follows` from no step (nobody is asked about it), they are leaves, noted in `computed`.
    """
    nodes = deriver.nodes
    states = _states(deriver)
    steps = _with_mistakes(deriver, once + deriver.optimizer(states, nodes.constant(k)), find_mistakes)
    used = {name for step in steps for route in step.routes for name in names(route.node)}
    renamed = {step.name: nodes.name(f"{step.name}@{k}", step.shape) for step in steps}
    handed = {name: f"{name}_new" for name in deriver.problem.trained}
    handed.update({str(leaf.data): name for name, leaf in states.items() if leaf.data in used})
    for leaf, name in handed.items():
        left = f"{name}@{k - 1}" if k > 2 else name
        renamed[leaf] = nodes.name(left, deriver.scope[leaf].shape if leaf in deriver.scope else states[name].shape)
        if not follows:
            computed[left] = (k - 1, name)
    done: dict[int, Node] = {}
    return [
        replace(
            step,
            name=f"{step.name}@{k}",
            routes=[Route(nodes.rename(route.node, renamed, done), route.proven) for route in step.routes],
            mistakes=[wrong._replace(node=nodes.rename(wrong.node, renamed, done)) for wrong in step.mistakes],
            text=re.sub(
                r"[A-Za-zΑ-ω_][\wΑ-ω]*(?:@0)?",
                lambda m: str(renamed[m[0]].data) if m[0] in renamed else m[0],
                step.text,
            ),
        )
        for step in steps
    ]


def _with_mistakes(deriver: Deriver, steps: list[Step], find: MistakeFinder | None) -> list[Step]:
    if find is None:
        return steps
    found = find(deriver, steps)
    return [replace(step, mistakes=found.get(step.name, [])) for step in steps]


def _size(shape: Shape) -> int:
    size = 1
    for n in shape:
        size *= n
    return size


def _iteration(step: str) -> int:
    _, _, iteration = step.partition("@")
    return int(iteration or 1)


def _wanted(problem: Problem, asked: list[str], deriver: Deriver) -> set[str]:
    """The derived names that `ask`, `aliases` and `grading` mention: local derivatives and gradients of givens."""
    possible: dict[str, tuple[int, ...]] = {}
    for equation in problem.equations:
        for name in deriver.operands[equation.name]:
            possible[f"d{equation.name}_d{name}"] = ()
    for name in deriver.scope:
        possible[deriver.gradient_name(name)] = ()
        possible[name] = ()
    lookup = StepNames(possible, problem.aliases, problem.loss)
    wanted = set()
    for text in asked:
        base = text.partition("[")[0].partition("@")[0]
        try:
            wanted.add(lookup.find(base).step)
        except UnknownStep:
            continue
    return wanted


def _all_shapes(shapes: dict[str, Shape], deriver: Deriver) -> dict[str, Shape]:
    """The shape of everything that can be named."""
    every = dict(shapes)
    own = set(deriver.scope)
    for equation in deriver.problem.equations:
        for name in deriver.operands[equation.name]:
            local = f"d{equation.name}_d{name}"
            if local not in every and local not in own and equation.name != deriver.problem.loss:
                shape = deriver.local_shape(equation.name, name)
                if shape is not None:
                    every[local] = shape
    for name, node in deriver.scope.items():
        every.setdefault(deriver.gradient_name(name), node.shape)
    return every


def _ask(
    problem: Problem, step_names: StepNames, steps: list[Step], iterations: int
) -> list[tuple[str, Target, Place | None]]:
    """What is asked, as named, with what each name means."""
    findings = []
    for alias, text in problem.aliases.items():
        try:
            StepNames(step_names.shapes, {}, problem.loss, iterations).find(text)
        except UnknownStep as error:
            findings.append(Finding(f"alias {alias}: {error.what}", problem.places.get(f"aliases.{alias}"), error.mend))
    ask: list[tuple[str, Target, Place | None]] = []
    if problem.ask is None:
        ask = [(name, Target(name), None) for name in _default_ask(problem, steps, iterations)]
    else:
        seen: dict[tuple[str, tuple[int, ...] | None], str] = {}
        for text, place in problem.ask:
            try:
                target = step_names.find(text)
            except UnknownStep as error:
                findings.append(Finding(f"ask: {error.what}", place, error.mend))
                continue
            key = (target.step, target.element)
            if key in seen:
                findings.append(Finding(f"ask: {text!r} is asked twice (as {seen[key]!r})", place, "leave one out"))
            seen[key] = text
            ask.append((text, target, place))
    if findings:
        raise AuthorError(*findings)
    return ask


def _default_ask(problem: Problem, steps: list[Step], iterations: int) -> list[str]:
    """Every equation, the loss, every activation's slope, the gradients on the way to the loss, every update."""
    zero = {step.name for step in steps if step.kind is Kind.GRADIENT and not names(step.rule) and _is_zero(step.rule)}
    base = [step.name for step in steps if step.kind is not Kind.OPTIMIZER_STATE and step.name not in zero]
    if iterations > MOST_WHOLE_ITERATIONS:
        return base
    return [f"{name}@{k}" if k > 1 else name for k in range(1, iterations + 1) for name in base]


def _is_zero(node: Node) -> bool:
    return (node.op == "constant" and node.data == 0) or (node.op == "selection" and _is_zero(node.args[0]))
