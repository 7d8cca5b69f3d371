"""The closed form of a step: its formula with every earlier step put in, down to givens and parameters."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from checker.errors import AuthorError, Finding, Place
from checker.graph.derive import derive
from checker.graph.node import Node, Nodes, names, ordered
from checker.model import ClosedForm
from checker.readings.text import latex, text

if TYPE_CHECKING:
    from checker.model import Problem

MOST_PARTS = 2_000  # names and numbers in a closed form
MOST_UNROLLED = 20  # iterations put into each other


def closed_form(problem: Problem, step: str) -> ClosedForm:
    """The formula of a step with every earlier step put in, down to givens and parameters.

    Raises:
        AuthorError: a problem that cannot be derived, an unknown step, a closed form of more than 2,000 parts: with
            every layer it grows by a factor.
    """
    place = Place(problem.source)
    ask = [(step, place)]
    iteration = int(match[1]) if (match := re.search(r"@([0-9]{1,5})$", step.strip())) else 1
    if iteration > MOST_UNROLLED:
        what = f"the closed form of iteration {iteration}: no more than {MOST_UNROLLED} are put into each other"
        raise AuthorError(Finding(what, place, "ask for an earlier one"))
    ask += [(f"{problem.loss}@{k}" if k > 1 else problem.loss, place) for k in range(1, iteration)]
    derivation = derive(replace(problem, ask=tuple(dict.fromkeys(ask)), rubric=replace(problem.rubric, steps={})))
    (_, target, _) = derivation.ask[0]
    rules = {item.name: item.rule for item in derivation.steps}
    sizes: dict[str, int] = {}
    for item in derivation.steps:
        sizes[item.name] = _parts(item.rule, sizes)
        if item.name == target.step:
            break
    if sizes[target.step] > MOST_PARTS:
        raise AuthorError(
            Finding(
                f"the closed form of {target.step} has {sizes[target.step]:,} parts, more than {MOST_PARTS:,}",
                place,
                f"ask for a step nearer to the parameters, or read `{target.step} = {text(rules[target.step])}`",
            )
        )
    done: dict[str, Node] = {}
    waiting = [target.step]
    while waiting:
        name = waiting[-1]
        missing = [other for other in names(rules[name]) if other in rules and other not in done]
        if missing:
            waiting.extend(missing)
            continue
        done[name] = _expanded(derivation.nodes, rules[name], done)
        waiting.pop()
    node = done[target.step]
    if target.element is not None:
        node = _element(derivation.nodes, node, target.element)
    label = target.step if target.element is None else f"{target.step}[{','.join(map(str, target.element))}]"
    if target.negative:
        return ClosedForm(label, f"-({text(node)})", rf"-\left({latex(node)}\right)")
    return ClosedForm(label, text(node), latex(node))


def _parts(rule: Node, sizes: dict[str, int]) -> int:
    """How many names and numbers a rule has once every step is put in; no more is counted than matters."""
    at: dict[int, int] = {}
    for node in ordered(rule):
        if node.op == "name":
            at[node.id] = sizes.get(node.data, 1)
        elif node.op == "constant":
            at[node.id] = 1
        elif node.op == "elementwise":
            uses = [sum(1 for part in _leaves(node.data.expr) if part == f"x{i}") for i in range(len(node.args))]
            at[node.id] = sum(at[arg.id] * max(1, count) for arg, count in zip(node.args, uses, strict=True)) + 1
        else:
            at[node.id] = sum(at[arg.id] for arg in node.args)
        at[node.id] = min(at[node.id], 10**12)
    return at[rule.id]


def _leaves(expr: Any) -> list[str]:
    found, waiting = [], [expr]
    while waiting:
        part = waiting.pop()
        if part.is_Symbol:
            found.append(str(part.name))
        waiting.extend(part.args)
    return found


def _expanded(nodes: Nodes, rule: Node, steps: dict[str, Node]) -> Node:
    """The rule with nodes put in for steps; what is elementwise becomes one formula again."""
    done: dict[int, Node] = {}
    for node in ordered(rule):
        if node.op == "name":
            done[node.id] = steps.get(node.data, node)
        elif not node.args:
            done[node.id] = node
        else:
            args = [done[arg.id] for arg in node.args]
            if node.op == "elementwise":
                done[node.id] = nodes.elementwise(node.data, args)
            elif node.op == "contraction":
                inputs, output = node.data
                done[node.id] = nodes.contraction(inputs, output, args)
            else:
                done[node.id] = nodes.selection(node.data, args[0], node.shape)
    return done[rule.id]


def _element(nodes: Nodes, node: Node, element: tuple[int, ...]) -> Node:
    """One element of a node, with the selection taken into an elementwise formula: `a[1]*(1 - a[1])`."""
    position = 0
    for i, n in zip(element, node.shape, strict=True):
        position = position * n + i - 1
    if node.op == "elementwise" and all(arg.shape in (node.shape, ()) for arg in node.args):
        args = [arg if arg.shape == () else nodes.selection(((position,),), arg, ()) for arg in node.args]
        return nodes.elementwise(node.data, args)
    return nodes.selection(((position,),), node, ())
