"""Mistakes in the optimizer: its state and the updated parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.graph.mistakes.network import Place
from checker.knowledge.optimizers import OPTIMIZERS
from checker.model import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from checker.graph.mistakes.network import Network


def updates(net: Network) -> Iterator[Place]:
    """`update`, an updated parameter: w (before), new (the right rule).

    `update_plain`: these and all that the optimizer's formulas name. `state.v` and so on, a step of its state: all that
    the formulas name. `decay`, the gradient with weight decay: g (the right rule), raw (the gradient without it).
    """
    update = net.problem.update
    if update is None:
        return
    about = frozenset({OPTIMIZERS[update.optimizer].name})
    for item in net.steps.values():
        if item.kind is Kind.UPDATE:
            yield Place("update", item, {"w": item.scope["w"], "new": item.rule})
            yield Place("update_plain", item, {**item.scope, "new": item.rule}, about)
        elif item.kind is Kind.OPTIMIZER_STATE and item.scope:
            if "raw" in item.scope and "weight_decay" in update.settings:
                yield Place("decay", item, item.scope)
            elif "raw" not in item.scope:
                yield Place(f"state.{item.name.partition('_')[0]}", item, item.scope, about)
