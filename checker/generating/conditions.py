"""What `require:` says: comparisons of expressions in the problem's own language, worked on a block of candidates.

A side may use whatever a problem names: givens, parameters, every step (`z1[2]`, `dL/dw1`, `w1_new`), and what `vary`
draws. It becomes the same straight-line code as the problem's own steps.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from checker.errors import AuthorError, Finding, Place
from checker.expression.parser import parse
from checker.expression.tree import ExpressionError
from checker.expression.tree import names as names_in
from checker.graph.build import Builder, BuildError
from checker.graph.formula import operand
from checker.problem.language import FUNCTIONS
from checker.readings.lower import Lowering
from checker.readings.numeric import run
from checker.stepname import UnknownStep

if TYPE_CHECKING:
    from collections.abc import Mapping

    from checker.expression.tree import Expression
    from checker.graph.node import Node
    from checker.graph.steps import Derivation
    from checker.model import Shape
    from checker.readings.numeric import Value
    from checker.readings.program import Program, Route

SAME = 1e-9  # closer than this two numbers are equal, whatever the last bits of a float say
LONGEST = 1_000
_OPERATOR = re.compile(r"<=|>=|==|!=|<|>|=|≤|≥|≠")
_MEANING = {"≤": "<=", "≥": ">=", "≠": "!=", "=": "=="}
_OR = re.compile(r"(?<![\w])or(?![\w])")
_AND = re.compile(r"(?<![\w])and(?![\w])")


class Side(NamedTuple):
    """One side of a comparison, and where in the condition it begins."""

    text: str
    at: int


class Clause(NamedTuple):
    """A comparison of two sides."""

    left: Side
    operator: str
    right: Side


@dataclass(frozen=True)
class Condition:
    """A condition as written: alternatives, each of them comparisons that all must hold."""

    text: str
    where: Place
    alternatives: tuple[tuple[Clause, ...], ...]
    names: frozenset[str]


def read_condition(text: str, where: Place) -> Condition:
    """The condition that a text is; what its names mean is looked at with the problem.

    Raises:
        ExpressionError: it is no comparison of expressions.
    """
    if len(text) > LONGEST:
        raise ExpressionError(f"{len(text):,} characters", LONGEST, f"use at most {LONGEST:,}, or several conditions")
    alternatives = []
    names: set[str] = set()
    for part, at in _split(text, 0, _OR):
        clauses = []
        for comparison, start in _split(part, at, _AND):
            clauses += _clauses(comparison, start)
        alternatives.append(tuple(clauses))
        for clause in clauses:
            for side in (clause.left, clause.right):
                names.update(name for name, _ in names_in(_parsed(side, (), ())))
                names.update(re.findall(r"[^\W\d]\w*", side.text))  # `phi(z)` names phi too
    return Condition(text, where, tuple(alternatives), frozenset(names))


def _split(text: str, offset: int, at: re.Pattern[str]) -> list[tuple[str, int]]:
    found, start = [], 0
    for match in at.finditer(text):
        found.append((text[start : match.start()], offset + start))
        start = match.end()
    found.append((text[start:], offset + start))
    return found


def _clauses(text: str, offset: int) -> list[Clause]:
    operators = list(_OPERATOR.finditer(text))
    if not operators:
        raise ExpressionError(
            "no comparison", offset + len(text) - len(text.lstrip()), "write one such as abs(z) > 0.1"
        )
    sides = []
    start = 0
    for end, after in (*((match.start(), match.end()) for match in operators), (len(text), len(text))):
        side = text[start:end]
        blank = len(side) - len(side.lstrip())
        if not side.strip():
            raise ExpressionError("nothing to compare with", offset + start, "write an expression on both sides")
        sides.append(Side(side.strip(), offset + start + blank))
        start = after
    return [
        Clause(left, _MEANING.get(operator[0], operator[0]), right)
        for left, operator, right in zip(sides, operators, sides[1:], strict=False)
    ]


def _parsed(side: Side, quantities: Any, derivatives: Any) -> Expression:
    try:
        return parse(side.text, FUNCTIONS, quantities=quantities, derivatives=derivatives)
    except ExpressionError as error:
        raise ExpressionError(error.what, side.at + error.at, error.mend) from None


# ---------------------------------------------------------------- worked on a block


class Compiled(NamedTuple):
    """A condition as code: for each comparison the two sides' routes, element for element, and its operator."""

    condition: Condition
    alternatives: list[list[tuple[Route, str, Route]]]


class Conditions:
    """The conditions of a template for one structure of its problem.

    `own` are what `vary` draws that is no quantity of the problem: name and shape. Their numbers, and the scratch of
    the code, stand behind the program's slots: `slots` says where.

    Raises:
        AuthorError: with every condition that cannot be worked.
    """

    def __init__(
        self, conditions: tuple[Condition, ...], derivation: Derivation, program: Program, own: Mapping[str, Shape]
    ) -> None:
        self._lowering = lowering = Lowering(derivation)
        lowering.values = list(program.values)
        lowering.formulas = list(program.formulas)
        lowering.slots = {name: slot for name, (slot, _) in program.leaves.items()}
        lowering.slots.update((step.name, step.slot) for step in program.steps)
        shapes: dict[str, Shape] = {name: shape for name, (_, shape) in program.leaves.items()}
        shapes.update((step.name, step.shape) for step in program.steps)
        self.slots: dict[str, int] = {}
        for name, shape in own.items():
            self.slots[name] = len(lowering.values)
            lowering.leaf(name, shape, [0.0] * prod(shape))
            shapes[name] = shape
        nodes = derivation.nodes
        self._scope: dict[str, Node] = {name: nodes.name(name, shape) for name, shape in shapes.items()}
        self._builder = Builder(nodes, derivation.problem.conventions)
        self._names = program.names
        self._conventions = derivation.problem.conventions
        self.compiled: list[Compiled] = []
        findings = []
        for condition in conditions:
            try:
                self.compiled.append(self._compile(condition))
            except (ExpressionError, BuildError) as error:
                place = condition.where._replace(column=condition.where.column + error.at)
                findings.append(Finding(f"in a condition: {error.what}", place, error.mend))
        if findings:
            raise AuthorError(*findings)
        self.formulas, self.values = lowering.formulas, lowering.values

    def _compile(self, condition: Condition) -> Compiled:
        return Compiled(
            condition,
            [[self._clause(clause) for clause in clauses] for clauses in condition.alternatives],
        )

    def _clause(self, clause: Clause) -> tuple[Route, str, Route]:
        left, right = self._side(clause.left), self._side(clause.right)
        if left.shape != right.shape:
            if left.shape and right.shape:
                raise ExpressionError("the two sides have different shapes", clause.right.at, "compare elements")
            nodes = self._builder.nodes
            left, right = (
                side if side.shape else nodes.expand(side, other.shape)
                for side, other in ((left, right), (right, left))
            )
        return self._lowering.route(left), clause.operator, self._lowering.route(right)

    def _side(self, side: Side) -> Node:
        tree = _parsed(side, self._scope, self._names.shapes)
        scope = dict(self._scope)
        for name, at in names_in(tree):
            if name in scope or name in ("e", "pi"):
                continue
            try:
                target = self._names.find(name)
            except UnknownStep as error:
                raise ExpressionError(error.what, side.at + at, error.mend) from None
            if target.step not in scope:
                raise ExpressionError(f"{name!r} is not worked in this problem", side.at + at, "ask for it under `ask`")
            node = scope[target.step]
            scope[name] = self._builder.arithmetic(-1 * operand(0), [node]) if target.negative else node
        try:
            return self._builder.build(tree, scope)
        except BuildError as error:
            raise ExpressionError(error.what, side.at + error.at, error.mend) from None

    def holds(self, values: list[Value], lanes: Any) -> list[Value]:
        """For each condition, in which lanes it holds; `values` are all slots', the own ones included."""
        found = []
        for compiled in self.compiled:
            some: Value = False
            for clauses in compiled.alternatives:
                every: Value = True
                for left, operator, right in clauses:
                    run(left.code, self.formulas, values, lanes)
                    run(right.code, self.formulas, values, lanes)
                    for x, y in zip(left.out, right.out, strict=True):
                        every = every & _compared(values[x], operator, values[y])
                some = some | every
            found.append(some)
        return found


def _compared(x: Value, operator: str, y: Value) -> Value:
    """Whether a comparison holds; what is equal but for the last bits of a float is equal, and NaN fulfils nothing."""
    difference = x - y
    if operator == "<":
        return difference < -SAME
    if operator == "<=":
        return difference <= SAME
    if operator == ">":
        return difference > SAME
    if operator == ">=":
        return difference >= -SAME
    equal = abs(difference) <= SAME
    return equal if operator == "==" else ~equal & (difference == difference)  # noqa: PLR0124 - false for NaN alone


def asked_names(conditions: tuple[Condition, ...]) -> list[str]:
    """Every name that the conditions use, in order: what has to be worked for them."""
    found: dict[str, None] = {}
    for condition in conditions:
        for clauses in condition.alternatives:
            for clause in clauses:
                for side in (clause.left, clause.right):
                    text = re.sub(r"\s+", "", side.text)
                    for match in re.finditer(r"[d∂][^\W\d]\w*/[d∂]\w+(?:@\d+)?|[^\W\d]\w*(?:@\d+)?", text):
                        found.setdefault(match[0])
    return list(found)
