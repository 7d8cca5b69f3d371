"""A problem worked out once and kept: everything that grading needs, as plain data.

A program is derived with sympy in a third of a second and read back from the user's cache in a millisecond. It is
data all through (numbers, names, straight-line code), so reading one executes nothing.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from checker.errors import Finding
from checker.model import Tolerance
from checker.readings.numeric import Code, Formula, Value, run
from checker.stepname import StepNames

FORMAT = "check-backprop/program@1"


class Route(NamedTuple):
    """One way to a step's value: the code, and the slot of each element afterwards."""

    code: Code
    out: list[int]


class Step(NamedTuple):
    """A named step: its elements stand in `slots`, `size` of them from `slot` on."""

    name: str
    kind: str
    shape: tuple[int, ...]
    slot: int
    size: int
    choice: str
    routes: list[Route]
    formula: str
    substitution: str
    parents: list[str]


class Asked(NamedTuple):
    """What an instructor asks for: a step or one element of it, what it is worth and how it is marked."""

    label: str
    step: int
    element: int | None
    negative: bool
    points: float
    carry: bool
    tolerance: Tolerance


class Program(NamedTuple):
    """A problem, ready to grade. `values` holds every slot's true value: leaves, constants, steps, then scratch."""

    problem: str
    title: str
    loss: str
    steps: list[Step]
    ask: list[Asked]
    formulas: list[Formula]
    values: list[float]
    exact: list[int]
    leaves: dict[str, tuple[int, tuple[int, ...]]]
    tolerance: Tolerance
    shares: dict[str, float]
    shapes: dict[str, tuple[int, ...]]
    iterations: int
    aliases: dict[str, str]
    notes: list[Finding]

    @property
    def names(self) -> StepNames:
        """What a student may call the steps."""
        return StepNames(self.shapes, self.aliases, self.loss, self.iterations)


def reference(program: Program, values: list[Value], lanes: Any) -> None:
    """Work every step by its first route, from the leaves that stand in `values`."""
    for step in program.steps:
        route = step.routes[0]
        run(route.code, program.formulas, values, lanes)
        for slot, out in zip(range(step.slot, step.slot + step.size), route.out, strict=True):
            values[slot] = values[out]


def dump(program: Program) -> bytes:
    """The program as bytes, to be kept."""
    plain = program._asdict()
    plain["formulas"] = [(f.arity, f.constants, f.code) for f in program.formulas]
    plain["ask"] = [[*asked[:-1], _tolerance(asked.tolerance)] for asked in program.ask]
    plain["tolerance"] = _tolerance(program.tolerance)
    plain["notes"] = [[note.what, note.mend] for note in program.notes]
    return json.dumps({"format": FORMAT, **plain}, separators=(",", ":")).encode()


def load(data: bytes) -> Program:
    """The program that `dump` kept.

    Raises:
        ValueError: the bytes are not a program of this version.
    """
    plain = json.loads(data)
    if not isinstance(plain, dict) or plain.pop("format", None) != FORMAT:
        raise ValueError("not a program")
    try:
        plain["formulas"] = [Formula(arity, constants, code) for arity, constants, code in plain["formulas"]]
        plain["steps"] = [
            Step(name, kind, tuple(shape), slot, size, choice, [Route(*route) for route in routes], *rest)
            for name, kind, shape, slot, size, choice, routes, *rest in plain["steps"]
        ]
        plain["ask"] = [Asked(*asked[:-1], Tolerance(**asked[-1])) for asked in plain["ask"]]
        plain["tolerance"] = Tolerance(**plain["tolerance"])
        plain["notes"] = [Finding(what, None, mend) for what, mend in plain["notes"]]
        plain["leaves"] = {name: (slot, tuple(shape)) for name, (slot, shape) in plain["leaves"].items()}
        plain["shapes"] = {name: tuple(shape) for name, shape in plain["shapes"].items()}
        return Program(**plain)
    except (KeyError, TypeError) as error:
        raise ValueError("not a program") from error


def _tolerance(tolerance: Tolerance) -> dict[str, Any]:
    return {name: value for name, value in vars(tolerance).items() if value not in (None, False)}
