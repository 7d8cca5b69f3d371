"""Is a problem sound? What would make it unfair, ungradable or pointless, each with its place and a mend."""

from __future__ import annotations

import math
from math import prod
from typing import TYPE_CHECKING

from checker.compare import asked_unit
from checker.errors import Finding, Place
from checker.expression.tree import Call
from checker.graph.derive import derive
from checker.graph.formula import maximum, step
from checker.graph.node import ordered
from checker.knowledge.activations import ACTIVATIONS
from checker.model import Kind, Problem
from checker.readings.compile import compile_derivation
from checker.sheet import asked_slots

if TYPE_CHECKING:
    from checker.graph.steps import Derivation
    from checker.readings import program as kept

SATURATED = 1e-3  # of the largest slope an activation can have; below it a gradient is lost in rounding


def lint_problem(problem: Problem) -> tuple[Finding, ...]:
    """What is doubtful about a problem that can be derived; empty where it is sound.

    Raises:
        AuthorError: the problem cannot be derived at all.
    """
    derivation = derive(problem)
    program = compile_derivation(derivation, everything=True)
    findings = [
        *_not_finite(problem, program),
        *_units(problem, derivation, program),
        *_corners(problem, derivation, program),
        *_degenerate(derivation, program),
        *_tolerance(derivation, program),
    ]
    return tuple(findings)


def _place(problem: Problem, name: str) -> Place:
    for equation in problem.equations:
        if equation.name == name:
            return equation.where
    for quantity in problem.quantities:
        if quantity.name == name:
            return quantity.where
    return Place(problem.source)


def _elements(item: kept.Step, program: kept.Program) -> list[tuple[str, float]]:
    """Each element's name and true value."""
    named = []
    for n in range(item.size):
        index: list[int] = []
        rest = n
        for size in reversed(item.shape):
            index.append(rest % size + 1)
            rest //= size
        label = f"{item.name}[{','.join(map(str, reversed(index)))}]" if item.shape else item.name
        named.append((label, program.values[item.slot + n]))
    return named


def _not_finite(problem: Problem, program: kept.Program) -> list[Finding]:
    findings = []
    for item in program.steps:
        for label, value in _elements(item, program):
            if not math.isfinite(value):
                what = (
                    "overflows"
                    if math.isinf(value)
                    else "is not defined (a logarithm or root of a negative number, or 0/0)"
                )
                findings.append(
                    Finding(f"{label} {what}", _place(problem, item.name), "choose smaller or other numbers")
                )
    return findings[:5]


def _units(problem: Problem, derivation: Derivation, program: kept.Program) -> list[Finding]:
    """Units whose slope is 0 or nearly so: what goes through them teaches nothing and is lost in rounding."""
    findings = []
    slopes = {item.name: item for item in program.steps if item.kind == Kind.LOCAL_DERIVATIVE.value}
    for equation in problem.equations:
        tree = equation.expression
        if not (isinstance(tree, Call) and tree.function in ACTIVATIONS):
            continue
        item = next((s for name, s in slopes.items() if name.startswith(f"d{equation.name}_d")), None)
        if item is None or len(item.shape) != len(derivation.names.shapes.get(equation.name, ())):
            continue
        for label, slope in _elements(item, program):
            unit = label.replace(item.name, equation.name)
            if slope == 0:
                findings.append(
                    Finding(
                        f"{unit} is dead: the slope of {tree.function} is 0 there, and so is every gradient behind it",
                        equation.where,
                        "choose other weights or inputs, unless that is the lesson",
                    )
                )
            elif abs(slope) < SATURATED:
                findings.append(
                    Finding(
                        f"{unit} is saturated: the slope of {tree.function} is {slope:.2g} there",
                        equation.where,
                        "choose smaller weights or inputs",
                    )
                )
    return findings


def _corners(problem: Problem, derivation: Derivation, program: kept.Program) -> list[Finding]:
    """Corners hit exactly, where the slope is a convention, and corners within the rounding."""
    findings = []
    values: dict[str, tuple[int, int]] = {s.name: (s.slot, s.size) for s in program.steps}
    values.update({name: (slot, prod(shape)) for name, (slot, shape) in program.leaves.items()})
    for item in derivation.steps:
        if item.kind not in (Kind.FORWARD, Kind.LOSS):
            continue
        for node in ordered(item.rule):
            if node.op != "elementwise" or not node.data.expr.has(maximum, step):
                continue
            if any(arg.op not in ("name", "constant") for arg in node.args):
                continue
            for n in range(node.size):
                operands = []
                for arg in node.args:
                    start, size = values.get(str(arg.data), (0, 0)) if arg.op == "name" else (0, 0)
                    operands.append(program.values[start + (n if size == node.size else 0)])
                for corner in node.data.expr.atoms(maximum, step):
                    difference = corner.args[0] - (corner.args[1] if isinstance(corner, maximum) else 0)
                    gap = float(
                        difference.subs({f"x{i}": value for i, value in enumerate(operands)}, simultaneous=True).evalf(
                            subs={symbol: operands[int(symbol.name[1:])] for symbol in difference.free_symbols}
                        )
                    )
                    if abs(gap) < 1e-12:
                        findings.append(
                            Finding(
                                f"{item.name}: a corner is hit exactly, where the slope is a convention",
                                item.where,
                                "choose other numbers, or say in `conventions` what your course does",
                            )
                        )
    return list(dict.fromkeys(findings))


def _degenerate(derivation: Derivation, program: kept.Program) -> list[Finding]:
    """Asked steps that are 0 or equal a given: a blank or copied number would be right."""
    findings = []
    for item, (_, _, place) in zip(program.ask, derivation.ask, strict=True):
        where = place or Place(derivation.problem.source)
        slots = asked_slots(item, program)
        if all(program.values[slot] == 0 for slot in slots):
            findings.append(
                Finding(
                    f"{item.label} is 0, so it is right without any work",
                    where,
                    "choose other numbers, or do not ask it",
                )
            )
    return findings


def _tolerance(derivation: Derivation, program: kept.Program) -> list[Finding]:
    """Steps whose tolerance is so wide that 0 would pass."""
    findings = []
    for item, (_, _, place) in zip(program.ask, derivation.ask, strict=True):
        where = place or Place(derivation.problem.source)
        for slot in asked_slots(item, program):
            value = program.values[slot]
            unit = asked_unit(item.tolerance, value)
            if value != 0 and abs(value) <= unit:
                findings.append(
                    Finding(
                        f"{item.label} is {value:.3g}, which the tolerance {unit:.3g} cannot tell from 0",
                        where,
                        "ask for significant digits there: `{significant: 3}`",
                    )
                )
                break
    return findings
