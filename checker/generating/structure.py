"""One structure of a template's problem, derived once: every draw of it is worked as a lane of the same program."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from checker.errors import AuthorError, Finding, Place
from checker.expression.tree import Call, Expression, Name, walk
from checker.generating.conditions import Conditions, asked_names
from checker.generating.scope import Drawn
from checker.generating.variant import Put, read_problem, sources
from checker.graph.build import Builder, BuildError
from checker.graph.derive import derive
from checker.graph.mistakes import find_mistakes
from checker.knowledge.activations import ACTIVATIONS
from checker.readings.compile import compile_derivation
from checker.readings.lanes import LANES
from checker.readings.lower import Lowering, straight_line
from checker.readings.program import reference
from checker.stepname import UnknownStep

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checker.generating.holes import Draw
    from checker.generating.template import Template
    from checker.graph.node import Node
    from checker.graph.steps import Derivation
    from checker.model import Problem
    from checker.readings.numeric import Formula, Value
    from checker.readings.program import Mistake, Route

MOST_TIER = 2  # slips and coincidences lie everywhere between; they cannot be kept apart
WIDE = np.linspace(-20, 20, 4001)  # where an activation's slope is looked at for its largest value


class Unit(NamedTuple):
    """An activation in an equation: the code of its input, the formula of its slope, and the largest slope it can have.

    `bent` is whether the slope changes smoothly, so that it can be nearly 0 without being it.
    """

    name: str
    function: str
    route: Route
    slope: Formula
    largest: float
    bent: bool


class Structure:
    """The problem of one structure: derived, as a program for lanes, with its conditions and its activations.

    Raises:
        AuthorError: the problem cannot be used, a condition cannot be worked, or its numbers rest on iterations that
            nobody is asked about.
    """

    def __init__(self, template: Template, draw: Draw) -> None:
        self.template = template
        put = Put(template, draw)
        self.root = put.root
        self.problem = read_problem(template, put)
        self.sources = sources(put.root)
        self.derivation = _derived(template, self.problem)
        self.program = compile_derivation(self.derivation)
        if self.program.fixed:
            what = "the problem asks about a late iteration and not about those before it, so it cannot be varied"
            mend = "ask for something of each iteration, or for fewer iterations"
            raise AuthorError(Finding(what, self.problem.places.get("ask") or Place(template.file), mend))
        own = {
            name: value.shape
            for name, value in draw.items()
            if isinstance(value, Drawn) and not any(v.name == name and v.quantity for v in template.variables)
        }
        self.conditions = Conditions(template.conditions, self.derivation, self.program, own)
        count = sum(1 for text, _ in self.asked_of(self.problem) if text)
        self.asked = self.program.ask[:count]
        self.mistakes: list[Mistake] = [mistake for mistake in self.program.mistakes if codes_of(mistake)]

    def asked_of(self, problem: Problem) -> list[tuple[str, Place]]:
        """What the problem asks, whether its author named it or not."""
        if problem.ask is not None:
            return list(problem.ask)
        return [(label, Place(problem.source)) for label, _, _ in derive(problem).ask]

    def values(self, draws: Sequence[Draw]) -> list[Value]:
        """Every slot's true value, one lane a draw: the program's slots, then those of the conditions."""
        values: list[Value] = list(self.conditions.values)
        for name, (slot, _) in self.program.leaves.items():
            for i, source in enumerate(self.sources[name]):
                if source is not None:
                    values[slot + i] = _column(draws, source.variable, source.element)
        for name, slot in self.conditions.slots.items():
            first = draws[0][name]
            assert isinstance(first, Drawn)
            for i in range(len(first.numbers)):
                values[slot + i] = _column(draws, name, i)
        with LANES.quiet():
            reference(self.program, values, LANES)
        return values

    @cached_property
    def units(self) -> list[Unit]:
        """Every activation whose input is looked at, element by element; softmax has no slope of its own."""
        found = []
        builder = Builder(self.derivation.nodes, self.problem.conventions)
        lowering = self.lowering()
        for equation in self.problem.equations:
            for part in walk(equation.expression):
                if isinstance(part, Call) and part.function in ACTIVATIONS:
                    unit = self._unit(equation.name, part, builder, lowering)
                    if unit is not None:
                        found.append(unit)
        self._scratch = len(lowering.values)
        return found

    @cached_property
    def probabilities(self) -> list[tuple[str, int, int]]:
        """The outputs of softmax: name, first slot and number of slots of each equation that is one."""
        steps = {step.name: step for step in self.program.steps}
        return [
            (equation.name, steps[equation.name].slot, steps[equation.name].size)
            for equation in self.problem.equations
            if isinstance(equation.expression, Call)
            and ACTIVATIONS.get(equation.expression.function) is ACTIVATIONS["softmax"]
            and equation.name in steps
        ]

    @property
    def scratch(self) -> int:
        """How many slots there are once the units' inputs have been worked."""
        return self._scratch if self.units else len(self.conditions.values)

    def lowering(self) -> Lowering:
        """Where more code can be made over the program's slots; its scratch is behind that of the conditions."""
        lowering = Lowering(self.derivation)
        lowering.values = list(self.conditions.values)
        lowering.formulas = self.conditions.formulas
        lowering.slots = {name: slot for name, (slot, _) in self.program.leaves.items()}
        lowering.slots.update((step.name, step.slot) for step in self.program.steps)
        return lowering

    def _unit(self, name: str, call: Call, builder: Builder, lowering: Lowering) -> Unit | None:
        if ACTIVATIONS[call.function] is ACTIVATIONS["softmax"]:
            return None
        nodes = self.derivation.nodes
        scope: dict[str, Node] = {
            known: nodes.name(known, shape)
            for known, shape in (
                *((leaf, shape) for leaf, (_, shape) in self.program.leaves.items()),
                *((step.name, step.shape) for step in self.program.steps),
            )
        }
        input_: Expression = call.arguments[0]
        try:
            node = builder.build(input_, scope)
            whole = builder.build(
                Call(call.function, (Name("its input", 0), *call.arguments[1:]), 0),
                {**scope, "its input": nodes.name("z", ())},
            )
        except BuildError:  # an input that nobody is asked about is in no program
            return None
        if whole.op != "elementwise" or len(whole.args) != 1:
            return None
        derivative = nodes.formulas.derivative(whole.data, 0)
        if derivative is None:
            return None
        slope = straight_line(derivative[0])
        with LANES.quiet():
            sampled = np.abs(
                np.broadcast_to(slope(LANES.operations, [WIDE] if derivative[1] else []), WIDE.shape).astype(float)
            )
        values = np.unique(np.round(sampled[np.isfinite(sampled)], 9))
        if not derivative[1]:  # linear: it is the same everywhere
            return None
        return Unit(name, call.function, lowering.route(node), slope, float(values.max()), len(values) > 4)


def codes_of(mistake: Mistake) -> list[str]:
    """What a wrong rule is called where it is a misconception, neither a slip nor a coincidence."""
    return [name.code for name in mistake.names if name.tier <= MOST_TIER and not name.slip]


def _column(draws: Sequence[Draw], variable: str, element: int) -> Any:
    return np.array([draw[variable].numbers[element].number for draw in draws])  # type: ignore[union-attr]


def _derived(template: Template, problem: Problem) -> Derivation:
    """The derivation with mistakes, of what is asked and of what the conditions use besides."""
    first = derive(problem)
    ask = [(label, place or Place(problem.source)) for label, _, place in first.ask]
    targets = {(target.step, target.element) for _, target, _ in first.ask}
    for name in asked_names(template.conditions):
        try:
            target = first.names.find(name)
        except UnknownStep:
            continue  # a function, something drawn, or a fault that the conditions report with its place
        if (target.step, None) not in targets:
            targets.add((target.step, None))
            ask.append((name, Place(problem.source)))
    for equation in problem.equations:  # inputs and outputs of activations are looked at, asked or not
        if (equation.name, None) not in targets:
            targets.add((equation.name, None))
            ask.append((equation.name, Place(problem.source)))
    return derive(replace(problem, ask=tuple(ask)), find_mistakes)
