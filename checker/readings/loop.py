"""One iteration run over and over: loss curves, and iterations that nobody is asked about."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from checker.graph.derive import loop
from checker.graph.node import names
from checker.readings.lower import Lowering
from checker.readings.numeric import run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from checker.graph.steps import Derivation
    from checker.model import Problem, Shape


class Loop:
    """One iteration as a program that runs over and over: for loss curves and for iterations nobody is asked about."""

    def __init__(self, problem: Problem) -> None:
        derivation = loop(problem)
        lowering = Lowering(derivation)
        shapes = {item.name: item.shape for item in derivation.steps}
        used = {name for item in derivation.steps for route in item.routes for name in names(route.node)}
        self.handed: list[tuple[int, int, int]] = []
        states = [name for name in shapes if f"{name}@0" in used]
        for name in states:
            lowering.leaf(f"{name}@0", shapes[name], [0.0] * prod(shapes[name]))
        lowering.leaf("t@0", (), [1.0])
        self.time = lowering.slots["t@0"]
        self._code = []
        for item in derivation.steps:
            route = lowering.route(item.rule)
            self._code.append((route, lowering.step(item.name, prod(item.shape))))
        for name in states:
            self.handed.append((lowering.slots[name], lowering.slots[f"{name}@0"], prod(shapes[name])))
        if problem.update is not None:
            for name in problem.trained:
                self.handed.append((lowering.slots[f"{name}_new"], lowering.slots[name], prod(shapes[f"{name}_new"])))
        self.slots, self.shapes, self.formulas = lowering.slots, shapes, lowering.formulas
        self.values = list(lowering.values)
        self.loss = lowering.slots[problem.loss]

    def iterate(self) -> None:
        """Work one iteration on what the values hold now."""
        for route, start in self._code:
            run(route.code, self.formulas, self.values)
            for k, out in enumerate(route.out):
                self.values[start + k] = self.values[out]

    def hand_over(self) -> None:
        """Put the updated parameters and state where the next iteration reads them."""
        for source, target, size in self.handed:
            self.values[target : target + size] = self.values[source : source + size]
        self.values[self.time] += 1.0


def left_behind(derivation: Derivation) -> Iterator[tuple[str, Shape, list[float]]]:
    """The leaves that come from iterations that nobody is asked about: for each its name, its shape and its numbers."""
    wanted: dict[int, list[tuple[str, str]]] = {}
    for name, (iteration, base) in derivation.computed.items():
        wanted.setdefault(iteration, []).append((name, base))
    if not wanted:
        return
    work = Loop(derivation.problem)
    for iteration in range(1, max(wanted) + 1):
        work.iterate()
        for name, base in wanted.get(iteration, ()):
            start, shape = work.slots[base], work.shapes[base]
            yield name, shape, work.values[start : start + prod(shape)]
        work.hand_over()


def loss_curve(problem: Problem, iterations: int) -> list[float]:
    """The loss before the first update, after it, … after `iterations` updates."""
    work = Loop(problem)
    curve = []
    for _ in range(iterations):
        work.iterate()
        curve.append(work.values[work.loss])
        work.hand_over()
    work.iterate()
    return [*curve, work.values[work.loss]]
