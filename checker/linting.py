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
from checker.readings.rounding import MOST_MOVED, changes, rounded, states_before
from checker.sheet import asked_slots

if TYPE_CHECKING:
    from collections.abc import Collection

    from checker.graph.steps import Derivation
    from checker.readings import program as kept

MOST_DOUBTED = 20  # steps that are looked at for the state whose rounding moves them
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
    ]
    coarse = _coarse_states(derivation, program)
    findings += coarse.values()
    findings += _tolerance(derivation, program, coarse)
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


def _coarse_states(derivation: Derivation, program: kept.Program) -> dict[str, Finding]:
    """By its name, each optimizer's state that is rounded to so little that what is worked from it cannot be judged."""
    units, asked = _units_of(program), {slot for item in program.ask for slot in asked_slots(item, program)}
    reach = rounded(program, program.values, units, asked)[1]
    doubted = []  # an element of each step that rounding moves too far, and its size
    for item in program.ask:
        target = program.steps[item.step]
        sizes = changes(target, program, program.values) if states_before(target, program) else []
        far = [n for n, size in enumerate(sizes) if size and reach[target.slot + n] >= MOST_MOVED * size]
        if far:
            worst = max(far, key=lambda n: reach[target.slot + n] / sizes[n])
            doubted.append((target, worst, sizes[worst]))
    places = {program.steps[item.step].name: asks[2] for item, asks in zip(program.ask, derivation.ask, strict=True)}
    found: dict[str, Finding] = {}
    for target, n, size in doubted[:MOST_DOUBTED]:
        states = states_before(target, program)
        moved = {state.name: _moved_by(state, target.slot + n, program, units, asked) for state in states}
        state = max(states, key=lambda state: moved[state.name])
        by = moved[state.name]
        if by < MOST_MOVED * size or state.name in found:
            continue
        label, value = _elements(state, program)[n]
        decimals = max(0, math.ceil(-math.log10(units[state.slot + n]) - 1e-9))
        written = f"{'typed as' if state.name in places else 'rounded to'} {round(value, decimals) + 0.0:.{decimals}f}"
        whole = "the whole update" if target.kind == Kind.UPDATE.value else "it"
        mend = f"ask for {state.name} too, with `tolerance: {{significant: 3}}`"
        if state.name in places:
            mend = f"under `grading`, write `steps: {{{state.name}: {{tolerance: {{significant: 3}}}}}}`"
        found[state.name] = Finding(
            f"{label} is {value:.3g} and {written}, which cannot carry {target.name}: rounding alone moves that by "
            f"{by:.2g}, and {whole} is {size:.2g}",
            places.get(state.name) or derivation.problem.places.get("update"),
            mend,
        )
    return found


def _moved_by(state: kept.Step, slot: int, program: kept.Program, units: dict[int, float], asked: set[int]) -> float:
    """How far the rounding of one state moves a slot."""
    own = {s: unit if state.slot <= s < state.slot + state.size else 0.0 for s, unit in units.items()}
    return float(rounded(program, program.values, own, asked)[1][slot])


def _units_of(program: kept.Program) -> dict[int, float]:
    """The unit that every slot is rounded to: as it is asked, else as the problem has it."""
    units = {
        slot: float(asked_unit(program.tolerance, program.values[slot]))
        for step in program.steps
        for slot in range(step.slot, step.slot + step.size)
    }
    for item in program.ask:
        for slot in asked_slots(item, program):
            units[slot] = float(asked_unit(item.tolerance, program.values[slot]))
    return units


def _tolerance(derivation: Derivation, program: kept.Program, told: Collection[str]) -> list[Finding]:
    """Steps whose tolerance is so wide that 0 would pass, but for those of which it was told already."""
    findings = []
    for item, (_, _, place) in zip(program.ask, derivation.ask, strict=True):
        if program.steps[item.step].name in told:
            continue
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
