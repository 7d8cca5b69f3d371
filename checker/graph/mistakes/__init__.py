"""Where named mistakes act: places of the graph, found by kind and structure, and what a wrong rule makes there.

A place gives a step and nodes by the names that the table's formulas use (`g`, the gradient that arrives; `x`, what a
weight is multiplied with; `term`, one path's share). One function finds each kind of place; none looks at a step's
name. What a mistake cannot change (it makes the right rule again) is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.graph.build import BuildError
from checker.graph.mistakes import exchanged, forward, losses, parameters, paths, selections, slopes, updates
from checker.graph.mistakes.network import Network
from checker.graph.node import ShapeError
from checker.graph.steps import Mistake
from checker.knowledge.misconceptions import MISCONCEPTIONS

if TYPE_CHECKING:
    from checker.graph.deriver import Deriver
    from checker.graph.mistakes.network import Place
    from checker.graph.node import Node
    from checker.graph.steps import Step

# what finds places, the most specific first
FINDERS = (
    forward.activations, forward.sums, slopes.slope_places, slopes.through, losses.loss_places, losses.loss_gradients,
    parameters.weights, parameters.biases, paths.paths, parameters.shared, paths.matrices, exchanged.renamed,
    parameters.batch, updates.updates, selections.convolutions, selections.winners, exchanged.stale, exchanged.operands,
)  # fmt: skip


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
    net = Network(deriver, steps, again)
    for place in (place for finder in FINDERS for place in finder(net)):
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
                    (tier, Mistake(code, node, f"{place.kind}: {formula}", net.layer(place.step)))
                )
    return {name: [mistake for _, mistake in sorted(made, key=lambda m: m[0])] for name, made in found.items()}


def _made(deriver: Deriver, formula: str, place: Place) -> Node | None:
    """The wrong rule; None where the place lacks one of its names or the shapes do not go together."""
    try:
        node = place.scope[formula] if formula in place.scope else deriver.builder.entry(formula, place.scope)
        return deriver.nodes.expand(node, place.step.shape) if node.shape in ((), place.step.shape) else None
    except (BuildError, ShapeError):
        return None
