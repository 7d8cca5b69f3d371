"""Formulas as answers: read in the problem's names, worked at the true quantities, and tested as an identity.

An identity is tested by mathematics, not by text: the formula and the step are worked at other numbers for every given
and parameter, and a formula that is not the step's is refuted by the first of them.
"""

from __future__ import annotations

from math import prod

from checker.expression.written import names as names_in
from checker.expression.parser import parse
from checker.expression.tree import Binary, Call, Expression, ExpressionError, Index, Name, Negative
from checker.graph.build import FUNCTIONS, BuildError
from checker.graph.derive import Deriver, derive
from checker.graph.node import Node, shown
from checker.knowledge.activations import ACTIVATIONS
from checker.knowledge.losses import LOSSES
from checker.model import Problem
from checker.readings import program as kept
from checker.readings.compile import Lowering, compile_derivation
from checker.readings.numeric import FLOATS, run
from checker.sheet import FormulaError, Worked, flat
from checker.stepname import Target, UnknownStep
from checker.table import suggest

TRIALS = 5
LONGEST = 2_000  # characters
AGREE = 1e-8  # relative; floats of two ways of working agree to about 1e-13
IDENTITY, NUMBERS_ONLY, DIFFERENT = 1, 2, 0


class FormulaAnswers:
    """Reads the formulas of one problem's answers; the derivation and the trial numbers are made once."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.derivation = derive(problem)
        self.program = compile_derivation(self.derivation, everything=True)
        self.deriver = Deriver(problem)
        self.functions = {*FUNCTIONS, *ACTIVATIONS, *LOSSES}
        self.order = {step.name: n for n, step in enumerate(self.program.steps)}
        self.trials = [self._trial(k) for k in range(1, TRIALS + 1)]

    def __call__(self, text: str, target: Target) -> Worked:
        """What a formula comes to as the answer to `target`.

        Raises:
            FormulaError: it cannot be read, uses what it may not, or has another shape than the step.
        """
        step = self.program.steps[self.order[target.step]]
        try:
            tree = self._named(parse(text, self.functions, max_length=LONGEST))
            node = self.deriver.builder.build(tree, self._scope(tree, target.step))
        except (ExpressionError, BuildError) as error:
            raise FormulaError(f"{error.what}{'; ' + error.mend if error.mend else ''}") from None
        shape = () if target.element is not None else step.shape
        if node.shape != shape:
            raise FormulaError(f"the formula gives {shown(node.shape)}, but {target.step} is {shown(shape)}")
        slots = list(range(step.slot, step.slot + step.size))
        if target.element is not None:
            slots = [slots[flat(target.element, step.shape)]]
        sign = -1.0 if target.negative else 1.0
        values = [sign * v for v in self._values(node, self.program.values)]
        if not names_in(tree):
            return Worked(values, [None] * len(values))  # a constant expression is a number
        holds: list[int | None] = [IDENTITY] * len(slots)
        for trial in (self.program.values, *self.trials):
            for n, (slot, value) in enumerate(zip(slots, self._values(node, trial), strict=True)):
                if not abs(sign * value - trial[slot]) <= AGREE * max(abs(trial[slot]), abs(value), 1e-9):
                    if trial is self.program.values:
                        holds[n] = DIFFERENT
                    elif holds[n] == IDENTITY:
                        holds[n] = NUMBERS_ONLY
        note = "the formula is right for these numbers only, not in general" if NUMBERS_ONLY in holds else ""
        return Worked(values, holds, note)

    def _scope(self, tree: Expression, step: str) -> dict[str, Node]:
        """The nodes of the names that a formula for `step` uses: what stands before it in the graph."""
        scope: dict[str, Node] = {}
        nodes = self.deriver.nodes
        for name, at in names_in(tree):
            if name in scope:
                continue
            if name in self.program.leaves:
                scope[name] = nodes.name(name, self.program.leaves[name][1])
                continue
            try:
                found = self.derivation.names.find(name)
            except UnknownStep:
                if name in ("e", "pi", "T"):
                    continue
                known = [*self.program.leaves, *self.order]
                raise BuildError(f"unknown name {name!r}", at, suggest(name, known)) from None
            number = self.order.get(found.step)
            if number is None or number >= self.order[step]:
                own = "itself" if found.step == step else "a later step"
                raise BuildError(
                    f"{name!r} is {own}", at, "use givens, parameters and steps before this one"
                )
            node = nodes.name(found.step, self.program.steps[number].shape)
            if found.negative:
                node = self.deriver.builder.build(Negative(Name("x", 0), 0), {"x": node})
            scope[name] = node
        return scope

    def _named(self, tree: Expression) -> Expression:
        """The tree with `dL/da` read as the step it names, where no such quantities are divided."""
        if isinstance(tree, Binary):
            left, right = tree.left, tree.right
            if tree.operator == "/" and isinstance(left, Name) and isinstance(right, Name):
                joined = f"{left.name}_{right.name}"
                known = self.program.leaves.keys() | self.order.keys()
                if left.name not in known and right.name not in known:
                    try:
                        self.derivation.names.find(joined)
                        return Name(joined, left.at)
                    except UnknownStep:
                        pass
            return Binary(tree.operator, self._named(left), self._named(right), tree.at)
        if isinstance(tree, Negative):
            return Negative(self._named(tree.operand), tree.at)
        if isinstance(tree, Call):
            return Call(tree.function, tuple(map(self._named, tree.arguments)), tree.at)
        if isinstance(tree, Index):
            return Index(self._named(tree.base), tree.items, tree.at)
        return tree

    def _values(self, node: Node, values: list[float]) -> list[float]:
        lowering = Lowering(self.derivation)
        lowering.values = list(values)
        lowering.slots = {step.name: step.slot for step in self.program.steps}
        lowering.slots.update({name: slot for name, (slot, _) in self.program.leaves.items()})
        route = lowering.route(node)
        run(route.code, lowering.formulas, lowering.values)
        return [lowering.values[out] for out in route.out]

    def _trial(self, number: int) -> list[float]:
        """Every slot's true value for other givens and parameters; targets that add up to 1 still do."""
        values = list(self.program.values)
        for slot, shape in self.program.leaves.values():
            size = prod(shape)
            before = values[slot : slot + size]
            after = []
            for k, value in enumerate(before):
                wobble = 0.2 + 0.6 * (((slot + k + 1) * 0.6180339887498949 + number * 0.7548776662466927) % 1)
                after.append(value * (0.6 + wobble) + 0.1 * wobble)
            if size > 1 and abs(sum(before) - 1) < 1e-12 and min(before) >= 0:
                after = [value / sum(after) for value in after]
            values[slot : slot + size] = after
        kept.reference(self.program, values, FLOATS)
        return values
