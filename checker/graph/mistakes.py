"""Where named mistakes act: places of the graph, found by kind and structure, and what a wrong rule makes there.

A place gives a step and nodes by the names that the table's formulas use (`g`, the gradient that arrives; `x`, what a
weight is multiplied with; `term`, one path's share). One function finds each kind of place; none looks at a step's
name. What a mistake cannot change (it makes the right rule again) is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from checker.expression.tree import Binary, Call, Expression, Index, Name, Negative, Number
from checker.graph.build import BuildError
from checker.graph.differentiate import add, pull_back, times
from checker.graph.formula import operand, rational, step
from checker.graph.node import Node, ShapeError, names, ordered
from checker.graph.steps import BEFORE, Mistake, Step
from checker.knowledge.activations import ACTIVATIONS
from checker.knowledge.losses import LOSSES
from checker.knowledge.misconceptions import MISCONCEPTIONS
from checker.knowledge.optimizers import OPTIMIZERS
from checker.model import Equation, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from checker.graph.deriver import Deriver

MOST_OTHERS = 12  # quantities that one operand is exchanged with
MOST_STEPS = 6  # steps whose value may have been taken for another's
MOST_PATHS = 16


@dataclass(frozen=True)
class Place:
    """One place: of which kind, at which step, what its names are, and the table entries that it is about."""

    kind: str
    step: Step
    scope: Mapping[str, Node]
    about: frozenset[str] = frozenset()


def find_mistakes(deriver: Deriver, steps: list[Step], again: bool = False) -> dict[str, list[Mistake]]:
    """What each mistake of the table makes of each step, by the step's name; the most plausible first.

    `again` says that an iteration whose steps are known went before; its steps are leaves named with `BEFORE`.
    """
    rules: dict[str, list[tuple[str, str, tuple[str, ...], int]]] = {}
    for code in MISCONCEPTIONS:
        entry = MISCONCEPTIONS[code]
        for rule in entry.rules:
            rules.setdefault(rule.place, []).append((code, rule.formula, rule.only, entry.tier))
    found: dict[str, list[tuple[int, Mistake]]] = {}
    seen: dict[str, set[tuple[str, int]]] = {}
    places = Places(deriver, steps, again)
    for place in places.all():
        right = {route.node.id for route in place.step.routes if route.proven}
        for code, formula, only, tier in rules.get(place.kind, ()):
            if only and not place.about.intersection(only):
                continue
            node = _made(deriver, formula, place)
            if node is None or node.id in right:
                continue
            known = seen.setdefault(place.step.name, set())
            if (code, node.id) not in known:
                known.add((code, node.id))
                found.setdefault(place.step.name, []).append(
                    (tier, Mistake(code, node, f"{place.kind}: {formula}", places.layer(place.step)))
                )
    return {name: [mistake for _, mistake in sorted(made, key=lambda m: m[0])] for name, made in found.items()}


def _made(deriver: Deriver, formula: str, place: Place) -> Node | None:
    """The wrong rule; None where the place lacks one of its names or the shapes do not go together."""
    try:
        node = place.scope[formula] if formula in place.scope else deriver.builder.entry(formula, place.scope)
        return deriver.nodes.expand(node, place.step.shape) if node.shape in ((), place.step.shape) else None
    except (BuildError, ShapeError):
        return None


class Places:
    """Finds the places of one iteration's steps."""

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

    def all(self) -> Iterator[Place]:
        """Every place, most specific first."""
        finders: tuple[Callable[[], Iterable[Place]], ...] = (
            self.activations, self.sums, self.slope_places, self.through, self.loss_places, self.loss_gradients,
            self.weights, self.biases, self.paths, self.shared, self.matrices, self.renamed, self.batch, self.updates,
            self.convolutions, self.winners, self.stale, self.operands,
        )  # fmt: skip
        for finder in finders:
            yield from finder()

    # ------------------------------------------------------------ what things are

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
            after = found.get(name, 0) + bool(self._activation(name))
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

    def _activation(self, name: str) -> str:
        """The table's name of the activation that an equation is, or ''."""
        equation = self.equations.get(name)
        tree = equation.expression if equation else None
        return ACTIVATIONS[tree.function].name if isinstance(tree, Call) and tree.function in ACTIVATIONS else ""

    def _targets(self, prediction: str) -> list[str]:
        """The givens that the loss compares a prediction with, the likeliest first."""
        shape = self.name(prediction).shape
        close = []
        gradient = self.gradients.get(prediction)
        if gradient is not None:
            close = [name for name in names(gradient.rule) if name in self.quantities]
        every = [*close, *(name for name in self.loss_operands if name in self.quantities)]
        return [name for name in dict.fromkeys(every) if self.name(name).shape == shape][:2]

    def _delta(self, equation: str) -> str:
        return self.deriver.gradient_name(equation)

    # ------------------------------------------------------------ forward

    def activations(self) -> Iterator[Place]:
        """`activation`: z, and the activation's parameters."""
        for name, equation in self.equations.items():
            tree = equation.expression
            kind = self._activation(name)
            if kind and isinstance(tree, Call) and name != self.problem.loss:
                z = self.builder.build(tree.arguments[0], self.deriver.scope)
                yield Place("activation", self.steps[name], {"z": z}, frozenset({kind}))

    def sums(self) -> Iterator[Place]:
        """`sum`: right, b (as it is added); `forward_swap`: swapped."""
        for name, rule in self.deriver.rules.items():
            if name == self.problem.loss or self._activation(name):
                continue
            slopes = pull_back(self.nodes, rule, self.nodes.constant(1)) if rule.shape == () else None
            for leaf in self.deriver.operands[name]:
                if leaf not in self.quantities or len(self.deriver.operands[name]) < 3:
                    continue
                node = self.name(leaf)
                if slopes is not None:
                    slope = slopes.get(leaf)
                    sign = slope.data if slope is not None and slope.op == "constant" else None
                else:
                    sign = self._added(rule, leaf)
                if sign in (1, -1):
                    b = node if sign == 1 else times(self.nodes, self.nodes.constant(-1), node)
                    shape = rule.shape
                    if len(b.shape) == 1 and len(shape) == 2:
                        b = self.nodes.reshape(b, (b.shape[0], 1))
                    yield Place("sum", self.steps[name], {"right": rule, "b": b})
            weights = [leaf for leaf in self.deriver.operands[name] if self._is_weight(leaf)]
            for leaf in weights:
                for other in self._alike(leaf, [w for w in self.problem.trained if w not in weights]):
                    swapped = self.nodes.rename(rule, {leaf: self.name(other)}, {})
                    yield Place("forward_swap", self.steps[name], {"swapped": swapped})
            yield from self._transposed_forward(name, rule)

    def _added(self, rule: Node, leaf: str) -> int | None:
        """1 or -1 where the leaf is added or subtracted as it stands, by every element."""
        share = pull_back(self.nodes, rule, self.nodes.name("adjoint", rule.shape)).get(leaf)
        if share is None:
            return None
        if names(share) == ["adjoint"]:
            formulas = [n for n in ordered(share) if n.op == "elementwise"]
            if not formulas:
                return 1
            return -1 if all(n.data.expr == -operand(0) for n in formulas) else None
        return None

    def _transposed_forward(self, name: str, rule: Node) -> Iterator[Place]:
        for node in ordered(rule):
            if node.op == "contraction" and len(node.args) == 2 and node.args[0].op == "name":
                (left, right), output = node.data
                matrix = node.args[0]
                if len(left) == 2 and matrix.shape[0] == matrix.shape[1] and left[1] in right:
                    turned = self.nodes.contraction([left[::-1], right], output, node.args)
                    swapped = self._replaced(rule, node, turned)
                    yield Place("forward_swap", self.steps[name], {"swapped": swapped})

    def _replaced(self, root: Node, old: Node, new: Node) -> Node:
        return self.nodes.rename(root, {}, {old.id: new})

    def _is_weight(self, leaf: str) -> bool:
        gradient = self.gradients.get(leaf)
        if leaf not in self.quantities or gradient is None:
            return False
        return any(set(names(share)) - {self._delta(consumer)} for consumer, share in gradient.terms)

    def _alike(self, leaf: str, others: Iterable[str]) -> list[str]:
        shape = self.name(leaf).shape
        return [other for other in others if other != leaf and self.name(other).shape == shape][:MOST_OTHERS]

    # ------------------------------------------------------------ slopes and what passes through activations

    def slope_places(self) -> Iterator[Place]:
        """`slope`: a, z, s (the right slope); `corner`: zero, half, one; `slope_parameter`: the same with `slope`."""
        for item in self.slopes:
            tree = self.equations[item.via].expression
            assert isinstance(tree, Call)
            about = frozenset({self._activation(item.via)})
            a, z = self.name(item.via), self.name(item.about)
            scope = {"a": a, "z": z, "s": item.rule}
            yield Place("slope", item, scope, about)
            corners = {
                word: self.builder.arithmetic(step(operand(0), rational(Fraction(value))), [z])
                for word, value in (("zero", "0"), ("half", "1/2"), ("one", "1"))
            }
            yield Place("corner", item, corners, about)
            parameters = ACTIVATIONS[tree.function].parameters
            if parameters:
                values = [
                    argument.value if (argument := _number(tree, n + 1)) is not None else Fraction(default)
                    for n, (_, default) in enumerate(parameters)
                ]
                numbers = {key: self.nodes.constant(value) for (key, _), value in zip(parameters, values, strict=True)}
                yield Place("slope_parameter", item, {**scope, **numbers}, about)

    def through(self) -> Iterator[Place]:
        """`through`: g, a, z, s; `through_other`: g, other; `output`: a, y, s, g; `onehot`: a, other."""
        for slope in self.slopes:
            gradient = self.gradients.get(slope.about)
            if gradient is None or [consumer for consumer, _ in gradient.terms] != [slope.via]:
                continue
            about = frozenset({self._activation(slope.via)})
            a, z = self.name(slope.via), self.name(slope.about)
            g = self.nodes.name(self._delta(slope.via), a.shape)
            s = self.nodes.name(slope.name, slope.shape)
            scope = {"a": a, "z": z, "g": g, "s": s}
            yield Place("through", gradient, scope, about)
            for other in self.slopes:
                if other.name != slope.name and other.shape == slope.shape == g.shape:
                    yield Place("through_other", gradient, {"g": g, "other": self.name(other.name)})
            if slope.via not in self.loss_operands:
                continue
            for target in self._targets(slope.via):
                y = self.name(target)
                if "softmax" in about:  # its slope is a matrix; what people multiply with is the sigmoid's
                    slope_like = self.builder.entry("a*(1 - a)", {"a": a})
                    yield Place("output", gradient, {**scope, "s": slope_like, "y": y}, self.family)
                else:
                    yield Place("output", gradient, {**scope, "y": y}, self.family)
                if len(y.shape) == 1 and y.shape[0] <= MOST_PATHS:
                    for shift in range(1, y.shape[0]):
                        turned = tuple(((i + shift) % y.shape[0],) for i in range(y.shape[0]))
                        other_class = self.nodes.selection(turned, y, y.shape)
                        yield Place("onehot", gradient, {"a": a, "other": other_class}, self.family)

    # ------------------------------------------------------------ the loss

    def _predictions(self) -> list[str]:
        return [name for name in self.loss_operands if name in self.equations]

    def loss_places(self) -> Iterator[Place]:
        """`loss`: L (the right rule), a, y; `loss_outputs`: L, K; `loss_batch`: L, m; `loss_logit`: y, z."""
        item = self.steps[self.problem.loss]
        scope: dict[str, Node] = {"L": item.rule}
        predictions = self._predictions()
        if len(predictions) == 1:
            scope["a"] = self.name(predictions[0])
            targets = self._targets(predictions[0])
            if targets:
                scope["y"] = self.name(targets[0])
        yield Place("loss", item, scope, self.family)
        outputs, examples = self._counts()
        if outputs > 1:
            yield Place("loss_outputs", item, {"L": item.rule, "K": self.nodes.constant(outputs)})
        if examples > 1:
            yield Place("loss_batch", item, {"L": item.rule, "m": self.nodes.constant(examples)})
        if "y" in scope and self._activation(predictions[0]):
            argument = self.deriver.activation_argument(self.equations[predictions[0]])
            if argument:
                about = frozenset({self._activation(predictions[0])}) if "log" in self.family else frozenset()
                yield Place("loss_logit", item, {"y": scope["y"], "z": self.name(argument)}, about)

    def _counts(self) -> tuple[int, int]:
        """How many outputs the loss adds up, and over how many examples."""
        predictions = self._predictions()
        shapes = [self.name(name).shape for name in predictions]
        examples = next((shape[1] for shape in shapes if len(shape) == 2), 1)
        outputs = sum(shape[0] if shape else 1 for shape in shapes)
        return outputs, examples

    def loss_gradients(self) -> Iterator[Place]:
        """`loss_gradient`, `loss_gradient_signs` of arrays: g (the right rule), a, y, L; `loss_gradient_outputs`: g, K.

        Of a single number a wrong sign is all that the error without its sign can be.
        """
        outputs, _ = self._counts()
        for prediction in self._predictions():
            gradient = self.gradients.get(prediction)
            if gradient is None or [consumer for consumer, _ in gradient.terms] != [self.problem.loss]:
                continue
            scope = {"g": gradient.rule, "a": self.name(prediction), "L": self.name(self.problem.loss)}
            for target in self._targets(prediction) or [""]:
                more = {"y": self.name(target)} if target else {}
                yield Place("loss_gradient", gradient, {**scope, **more}, self.family)
                part = self._part_of_loss(prediction)
                if part is not None:
                    yield Place("loss_gradient", gradient, {**scope, **more, "L": part}, self.family)
                if gradient.shape and target:
                    yield Place("loss_gradient_signs", gradient, {**scope, **more}, self.family)
            if outputs > 1:
                yield Place("loss_gradient_outputs", gradient, {"g": gradient.rule, "K": self.nodes.constant(outputs)})

    def _part_of_loss(self, prediction: str) -> Node | None:
        """Of a loss written as a sum, one output's part; None where there is but one."""
        rule = self.steps[self.problem.loss].rule
        if rule.op != "elementwise" or not rule.data.expr.is_Add:
            return None
        own = {operand(n) for n, arg in enumerate(rule.args) if prediction in names(arg)}
        parts = [part for part in rule.data.expr.args if not own.isdisjoint(part.free_symbols)]
        if len(parts) == len(rule.data.expr.args):
            return None
        return self.builder.arithmetic(rule.data.expr.func(*parts), list(rule.args))

    # ------------------------------------------------------------ weights and biases

    def weights(self) -> Iterator[Place]:
        """`weight`: g, x, w (single numbers); `weight_matrix`: G (g along each row), w; `weight_other`: swapped."""
        network = [name for name in self.equations if name != self.problem.loss]
        read = {leaf for name in network for leaf in self.deriver.operands[name]}  # a target is no activation
        inside = [*network, *(q for q, found in self.quantities.items() if found.role == "given" and q in read)]
        for name, gradient in self.gradients.items():
            if name not in self.quantities or not self._is_weight(name):
                continue
            w = self.name(name)
            for consumer, share in gradient.terms:
                delta = self._delta(consumer)
                used = names(share)
                inputs = [leaf for leaf in used if leaf != delta and leaf in self.deriver.scope]
                if delta not in used or len(inputs) != 1:
                    continue
                x = self.name(inputs[0])
                g = self.nodes.name(delta, self.deriver.rules[consumer].shape)
                rest = [other for other_consumer, other in gradient.terms if other_consumer != consumer]
                if g.shape == w.shape == x.shape == ():
                    yield Place("weight", gradient, {"g": self._plus(g, rest), "x": x, "w": w})
                    if not rest:
                        yield Place("weight", gradient, {"g": g, "x": x, "w": w})
                elif len(w.shape) == 2 and len(g.shape) == 1 and not rest:
                    rows = self.nodes.expand(self.nodes.reshape(g, (g.shape[0], 1)), w.shape)
                    yield Place("weight_matrix", gradient, {"G": rows, "w": w})
                for other in self._alike(inputs[0], inside):
                    swapped = self._plus(self.nodes.rename(share, {inputs[0]: self.name(other)}, {}), rest)
                    yield Place("weight_other", gradient, {"swapped": swapped})

    def _plus(self, node: Node, rest: list[Node]) -> Node:
        return add(self.nodes, [node, *rest]) if rest else node

    def biases(self) -> Iterator[Place]:
        """`bias`: g (the right rule), b; `bias_input`: g, x; `bias_batch`: one; `update_bias`: w."""
        for name, gradient in self.gradients.items():
            if name not in self.quantities or not gradient.terms:
                continue
            deltas = {self._delta(consumer) for consumer, _ in gradient.terms}
            if not set(names(gradient.rule)) <= deltas:
                continue
            b = self.name(name)
            yield Place("bias", gradient, {"g": gradient.rule, "b": b})
            update = self.steps.get(f"{name}_new")
            if update is not None:
                yield Place("update_bias", update, {"w": b})
            consumer = gradient.terms[0][0]
            g = self.nodes.name(self._delta(consumer), self.deriver.rules[consumer].shape)
            for leaf in self.deriver.operands[consumer]:
                given = leaf in self.equations or self.quantities[leaf].role == "given"
                if given and self.name(leaf).shape == () == g.shape:
                    yield Place("bias_input", gradient, {"g": g, "x": self.name(leaf)})
            if len(g.shape) == 2 and len(b.shape) == 1 and g.shape[1] <= MOST_PATHS:
                for k in range(g.shape[1]):
                    column = tuple((i * g.shape[1] + k,) for i in range(g.shape[0]))
                    yield Place("bias_batch", gradient, {"one": self.nodes.selection(column, g, b.shape)})

    # ------------------------------------------------------------ several paths

    def paths(self) -> Iterator[Place]:
        """`path`, `path_recurrent`: term; `paths`: bare (no weights), product."""
        recurrent = self._recurrent()
        for name, gradient in self.gradients.items():
            if name not in self.equations:
                continue
            terms = [share for _, share in gradient.terms]
            bare: list[Node] = []
            if len(terms) == 1:
                terms, bare = self._rows(terms[0])
            else:
                for consumer, _ in gradient.terms:
                    if consumer != self.problem.loss:
                        bare.append(self.nodes.name(self._delta(consumer), self.deriver.rules[consumer].shape))
            if not 2 <= len(terms) <= MOST_PATHS:
                if len(terms) == 1 and bare:
                    yield Place("paths", gradient, {"bare": self.nodes.expand(bare[0], gradient.shape)})
                continue
            for term in terms:
                yield Place("path", gradient, {"term": term})
                if recurrent:
                    yield Place("path_recurrent", gradient, {"term": term})
            scope = {"product": self._product(terms)}
            if len(bare) == len(terms) and all(node.shape in ((), gradient.shape) for node in bare):
                scope["bare"] = self.nodes.expand(add(self.nodes, bare), gradient.shape)
            yield Place("paths", gradient, scope)

    def _recurrent(self) -> bool:
        """Whether a weight is used by several equations, as in a network unrolled over time."""
        return any(
            len(self.gradients[name].terms) > 1 and self._is_weight(name)
            for name in self.problem.trained
            if name in self.gradients
        )

    def _rows(self, share: Node) -> tuple[list[Node], list[Node]]:
        """What each unit of the next layer sends back through its row of the weights, and the bare deltas."""
        if share.op != "contraction" or len(share.args) != 2:
            if share.op == "elementwise" and len(share.args) == 2 and all(a.op == "name" for a in share.args):
                delta = [a for a in share.args if a.data in self.steps and a.data not in self.deriver.scope]
                return [share], delta if len(delta) == 1 else []
            return [share], []
        matrix, vector = sorted(share.args, key=lambda arg: -len(arg.shape))
        if len(matrix.shape) != 2 or len(vector.shape) != 1 or matrix.shape[0] != vector.shape[0]:
            return [share], []
        if matrix.data not in self.quantities:  # a Jacobian's rows are no paths through weights
            return [share], []
        terms: list[Node] = []
        bare: list[Node] = []
        size = matrix.shape[1]
        for k in range(vector.shape[0]):
            row = self.nodes.selection(tuple((k * size + j,) for j in range(size)), matrix, (size,))
            one = self.nodes.selection(((k,),), vector, ())
            terms.append(times(self.nodes, row, one))
            bare.append(one)
        return terms, bare

    def _product(self, terms: list[Node]) -> Node:
        result = terms[0]
        for term in terms[1:]:
            result = times(self.nodes, result, term)
        return result

    def shared(self) -> Iterator[Place]:
        """`uses`, `uses_recurrent`: last; `shared`: term."""
        for name, gradient in self.gradients.items():
            if name not in self.quantities or not 2 <= len(gradient.terms) <= MOST_PATHS:
                continue
            for _, share in gradient.terms:
                if self._is_weight(name):
                    yield Place("uses", gradient, {"last": share})
                    yield Place("uses_recurrent", gradient, {"last": share})
                else:
                    yield Place("shared", gradient, {"term": share})

    def matrices(self) -> Iterator[Place]:
        """`matrix`: W, d (of W^T @ d); `row`: the row of the weights where the column belongs, in single numbers."""
        for name, gradient in self.gradients.items():
            if name not in self.equations:
                continue
            if len(gradient.terms) == 1 and gradient.terms[0][1].op == "contraction":
                share = gradient.terms[0][1]
                if len(share.args) == 2 and all(arg.op == "name" for arg in share.args):
                    for left, right in (share.args, share.args[::-1]):
                        if left.data in self.quantities:
                            yield Place("matrix", gradient, {"W": left, "d": right})
            yield from self._row(name, gradient)

    def _row(self, name: str, gradient: Step) -> Iterator[Place]:
        """Units written one by one: the weights of the row of this unit's number, instead of its column."""
        consumers = [consumer for consumer, _ in gradient.terms]
        if len(consumers) < 2 or gradient.shape:
            return
        siblings = [
            other
            for other in self.equations
            if other in self.gradients and [c for c, _ in self.gradients[other].terms] == consumers
        ]
        if len(siblings) != len(consumers) or name not in siblings:
            return
        order = [c for c in self.equations if c in consumers]
        unit = order[siblings.index(name)]
        weights = []
        for sibling in siblings:
            share = dict(self.gradients[sibling].terms)[unit]
            leaves = [leaf for leaf in names(share) if leaf in self.quantities]
            if len(leaves) != 1:
                return
            weights.append(self.name(leaves[0]))
        terms = [
            times(self.nodes, weight, self.nodes.name(self._delta(consumer), ()))
            for weight, consumer in zip(weights, order, strict=True)
        ]
        yield Place("row", gradient, {"row": add(self.nodes, terms)})

    # ------------------------------------------------------------ other values in the place of the right ones

    def renamed(self) -> Iterator[Place]:
        """`raw`: the error that has not crossed the activation; `updated`: weights after the update."""
        before = {
            self._delta(slope.about): self.nodes.name(self._delta(slope.via), self.name(slope.via).shape)
            for slope in self.slopes
            if slope.about in self.gradients and self.name(slope.via).shape == self.name(slope.about).shape
        }
        after = {name: self.name(f"{name}_new") for name in self.problem.trained if f"{name}_new" in self.steps}
        for name, gradient in self.gradients.items():
            used = names(gradient.rule)
            if (
                name in self.equations
                and any(leaf in before for leaf in used)
                and any(leaf in self.quantities for leaf in used)
            ):
                yield Place("raw", gradient, {"raw": self.nodes.rename(gradient.rule, before, {})})
            if name in self.equations and any(leaf in after for leaf in used):
                yield Place("updated", gradient, {"updated": self.nodes.rename(gradient.rule, after, {})})

    def stale(self) -> Iterator[Place]:
        """`stale`: whole (the step of the iteration before), forward (a gradient from the activations before)."""
        if not self.again:
            return
        before = {name: self.nodes.name(name + BEFORE, item.shape) for name, item in self.steps.items()}
        forward = {name: before[name] for name, item in self.steps.items() if item.kind is Kind.FORWARD}
        for name, item in self.steps.items():
            if item.kind in (Kind.OPTIMIZER_STATE, Kind.UPDATE):
                continue
            scope = {"whole": before[name]}
            if item.kind is Kind.GRADIENT and not forward.keys().isdisjoint(names(item.rule)):
                scope["forward"] = self.nodes.rename(item.rule, forward, {})
            yield Place("stale", item, scope)

    def batch(self) -> Iterator[Place]:
        """`parameter_batch`: g (the right rule), m."""
        _, examples = self._counts()
        if examples > 1:
            for name in self.problem.trained:
                if name in self.gradients:
                    gradient = self.gradients[name]
                    yield Place("parameter_batch", gradient, {"g": gradient.rule, "m": self.nodes.constant(examples)})

    def operands(self) -> Iterator[Place]:
        """`operand`: the rule with one given or parameter exchanged for another, or one step's value for another's."""
        if len(self.steps) > 200:  # in a network written out unit by unit, anything equals something
            return
        known = list(self.quantities)
        for item in self.steps.values():
            for leaf in names(item.rule):
                if leaf in self.quantities:
                    for other in self._alike(leaf, known):
                        swapped = self.nodes.rename(item.rule, {leaf: self.name(other)}, {})
                        yield Place("operand", item, {"swapped": swapped})
                elif leaf in self.steps:
                    kind = self.steps[leaf].kind
                    alike = [name for name, other in self.steps.items() if other.kind is kind and name != item.name]
                    for other in self._alike(leaf, alike)[:MOST_STEPS]:
                        swapped = self.nodes.rename(item.rule, {leaf: self.name(other)}, {})
                        yield Place("operand", item, {"swapped": swapped})

    # ------------------------------------------------------------ the optimizer

    def updates(self) -> Iterator[Place]:
        """`update`: w, new; `update_plain`: those and all that the optimizer's formulas name; `state.v` …; `decay`."""
        update = self.problem.update
        if update is None:
            return
        about = frozenset({OPTIMIZERS[update.optimizer].name})
        for item in self.steps.values():
            if item.kind is Kind.UPDATE:
                yield Place("update", item, {"w": item.scope["w"], "new": item.rule})
                yield Place("update_plain", item, {**item.scope, "new": item.rule}, about)
            elif item.kind is Kind.OPTIMIZER_STATE and item.scope:
                if "raw" in item.scope and "weight_decay" in update.settings:
                    yield Place("decay", item, item.scope)
                elif "raw" not in item.scope:
                    yield Place(f"state.{item.name.partition('_')[0]}", item, item.scope, about)

    # ------------------------------------------------------------ convolution and maxima

    def convolutions(self) -> Iterator[Place]:
        """`flip`: flipped, the gradient in reverse order or worked with the kernel turned round."""
        for equation in self.equations.values():
            for call in _calls(equation.expression, ("conv1d", "conv2d")):
                leaves = [argument.name for argument in call.arguments[:2] if isinstance(argument, Name)]
                for name in leaves:
                    gradient = self.gradients.get(name)
                    if gradient is None or not gradient.shape:
                        continue
                    yield Place("flip", gradient, {"flipped": self._turned(gradient.rule)})
                    for other in leaves:
                        if other != name and other in names(gradient.rule):
                            turned = self._turned(self.name(other))
                            yield Place(
                                "flip", gradient, {"flipped": self.nodes.rename(gradient.rule, {other: turned}, {})}
                            )

    def _turned(self, node: Node) -> Node:
        """All axes in reverse order."""
        return self.nodes.selection(tuple((i,) for i in reversed(range(node.size))), node, node.shape)

    def winners(self) -> Iterator[Place]:
        """`winner`: all (every operand of a maximum gets the gradient), loser."""
        for equation in self.equations.values():
            tree = equation.expression
            if not isinstance(tree, Call) or tree.function not in ("max", "min", "max_pool"):
                continue
            try:
                everyone = self.builder.build(_summed(tree), self.deriver.scope)
            except BuildError:
                continue
            if everyone.shape != self.deriver.rules[equation.name].shape:
                continue
            adjoint = self.nodes.name(self._delta(equation.name), everyone.shape)
            shares = pull_back(self.nodes, everyone, adjoint)
            for name, share in shares.items():
                gradient = self.gradients.get(name)
                if gradient is None or [consumer for consumer, _ in gradient.terms] != [equation.name]:
                    continue
                minus = times(self.nodes, self.nodes.constant(-1), gradient.rule)
                yield Place("winner", gradient, {"all": share, "loser": add(self.nodes, [share, minus])})


def _summed(tree: Call) -> Expression:
    """The same call with every operand added up instead of the largest taken."""
    if tree.function == "max_pool":
        return Call("sum_pool", tree.arguments, tree.at)
    if len(tree.arguments) == 1:
        return Call("sum", tree.arguments, tree.at)
    total: Expression = tree.arguments[0]
    for argument in tree.arguments[1:]:
        total = Binary("+", total, argument, tree.at)
    return total


def _calls(tree: Expression, functions: tuple[str, ...]) -> Iterator[Call]:
    stack: list[Expression] = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, Call):
            if node.function in functions:
                yield node
            stack.extend(node.arguments)
        elif isinstance(node, Binary):
            stack.extend((node.left, node.right))
        elif isinstance(node, Negative):
            stack.append(node.operand)
        elif isinstance(node, Index):
            stack.append(node.base)


def _number(tree: Call, position: int) -> Number | None:
    argument = tree.arguments[position] if position < len(tree.arguments) else None
    return argument if isinstance(argument, Number) else None
