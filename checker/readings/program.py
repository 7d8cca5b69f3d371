"""A problem worked out once and kept: everything that grading needs, as plain data.

A program is derived with sympy in a third of a second and read back from the user's cache in a millisecond. It is
data all through (numbers, names, straight-line code), so reading one executes nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple, overload

from checker.errors import Finding
from checker.outcome import Tolerance
from checker.readings.numeric import Code, Formula, Value, run
from checker.stepname import StepNames

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

FORMAT = "check-backprop/program@2"
MOST_LINKED = 150  # asked steps; of more nobody draws how they hang together
SHOWN_ELEMENTS = 12  # arrays up to this size are written out when numbers are put in
_NAME = re.compile(r"[A-Za-zΑ-ω_][\wΑ-ω]*(?:@\d+)?")


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
    parents: list[str]

    @property
    def iteration(self) -> int:
        """In which iteration of the update it is worked, from 1."""
        return int(self.name.partition("@")[2] or 1)


class Asked(NamedTuple):
    """What an instructor asks for: a step or one element of it, what it is worth and how it is marked.

    `parents` are the labels of what else is asked that its rule uses, directly or through steps that are not asked.
    """

    label: str
    step: int
    element: int | None
    negative: bool
    points: float
    carry: bool
    expect: str  # "any" | "formula" | "value" | "both"
    parents: list[str]
    tolerance: Tolerance


class Name(NamedTuple):
    """What a wrong rule is called: the code in the table, its tier, whether it is a slip, and the entry's rule."""

    code: str
    tier: int
    slip: bool
    variant: str


class Mistake(NamedTuple):
    """A wrong rule at a step (its number): what it is called, most plausible first, and how many layers follow."""

    step: int
    layer: int
    names: list[Name]
    route: Route


class Mistakes(Sequence[Mistake]):
    """Wrong rules, by step: those of a step are read when they are first asked for, since a student errs at few."""

    def __init__(self, kept: Mapping[int, str | list[Mistake]]) -> None:
        self._kept = dict(kept)

    @staticmethod
    def made(mistakes: Iterable[Mistake]) -> Mistakes:
        """These mistakes, whose steps come in order."""
        kept: dict[int, str | list[Mistake]] = {}
        for mistake in mistakes:
            found = kept.setdefault(mistake.step, [])
            assert isinstance(found, list)
            found.append(mistake)
        return Mistakes(kept)

    def at(self, step: int) -> list[Mistake]:
        """The mistakes that can be made at a step.

        Raises:
            ValueError: the text that was kept is no such list.
        """
        found = self._kept.get(step, [])
        if isinstance(found, str):
            try:
                found = [
                    Mistake(step, layer, [Name(*name) for name in names], Route(*route))
                    for layer, names, route in json.loads(found)
                ]
            except TypeError as error:
                raise ValueError("not a program") from error
            self._kept[step] = found
        return found

    def texts(self) -> dict[str, str]:
        """The same as texts by the step's number, to be kept."""
        return {
            str(step): json.dumps([each[1:] for each in self.at(step)], separators=(",", ":")) for step in self._kept
        }

    def __iter__(self) -> Iterator[Mistake]:
        for step in self._kept:
            yield from self.at(step)

    def __len__(self) -> int:
        return sum(len(self.at(step)) for step in self._kept)

    @overload
    def __getitem__(self, index: int) -> Mistake: ...
    @overload
    def __getitem__(self, index: slice) -> list[Mistake]: ...
    def __getitem__(self, index: int | slice) -> Mistake | list[Mistake]:
        return list(self)[index]

    def __bool__(self) -> bool:
        return bool(self._kept)


class Candidate(NamedTuple):
    """A route that counts only where it gives the step's numbers: the step's number, and its place among the routes."""

    step: int
    position: int
    route: Route


class Program(NamedTuple):
    """A problem, ready to grade. `values` holds every slot's true value: leaves, constants, steps, then scratch.

    `candidates` are all routes that nothing proves, of which those that hold here stand among their step's routes;
    `targets` the leaves that only the loss reads; `fixed` says that some leaves were computed from the numbers.
    """

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
    numbers_only: str  # "imprecise" | "correct" | "wrong": a formula right at the problem's numbers, not in general
    shapes: dict[str, tuple[int, ...]]
    iterations: int
    aliases: dict[str, str]
    notes: list[Finding]
    mistakes: Mistakes
    candidates: list[Candidate]
    targets: list[str]
    fixed: bool

    @property
    def names(self) -> StepNames:
        """What a student may call the steps."""
        return StepNames(self.shapes, self.aliases, self.loss, self.iterations)


def slots_read(route: Route) -> set[int]:
    """The slots that a route's code reads and does not make itself."""
    made: set[int] = set()
    read: set[int] = set()
    for instruction in route.code:
        read.update(slot for slot in operands_of(instruction) if slot not in made)
        made.add(instruction[0])
    read.update(out for out in route.out if out not in made)
    return read


def operands_of(instruction: Sequence[Any]) -> list[int]:
    """The slots that an instruction reads."""
    if len(instruction) == 3:
        return list(instruction[2])
    return [slot for term in instruction[1] for slot in term]


def reference(program: Program, values: list[Value], lanes: Any) -> None:
    """Work every step by its first route, from the leaves that stand in `values`."""
    for step in program.steps:
        route = step.routes[0]
        run(route.code, program.formulas, values, lanes)
        for slot, out in zip(range(step.slot, step.slot + step.size), route.out, strict=True):
            values[slot] = values[out]


def places(program: Program) -> dict[str, tuple[int, tuple[int, ...]]]:
    """Where the numbers of every step and leaf stand: slot and shape by name."""
    found = {step.name: (step.slot, step.shape) for step in program.steps}
    found.update(program.leaves)
    return found


def with_numbers(program: Program, step: Step, known: Mapping[str, tuple[int, tuple[int, ...]]]) -> str:
    """The step's formula with the true numbers put in for names: negative ones in brackets, long arrays as names.

    `known` is what `places` gives.
    """

    def put(match: re.Match[str]) -> str:
        name = match[0]
        if name not in program.leaves and name not in step.parents:
            return name
        slot, shape = known[name]
        size = prod(shape)
        if size > SHOWN_ELEMENTS:
            return name
        value = nested([f"{v + 0.0:.6g}" for v in program.values[slot : slot + size]], shape)
        return f"({value})" if value.startswith("-") and name != step.formula else value

    return _NAME.sub(put, step.formula)


def nested(texts: Sequence[str], shape: tuple[int, ...]) -> str:
    """Numbers as YAML would have them: `0.7`, `[0.1, 0.2]`, `[[1, 2], [3, 4]]`.

    >>> nested(["1", "2", "3", "4"], (2, 2))
    '[[1, 2], [3, 4]]'
    """
    if not shape:
        return texts[0]
    size = prod(shape[1:])
    return f"[{', '.join(nested(texts[i * size : (i + 1) * size], shape[1:]) for i in range(shape[0]))}]"


def dump(program: Program) -> bytes:
    """The program as bytes, to be kept."""
    plain = program._asdict()
    plain["mistakes"] = program.mistakes.texts()
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
        plain["ask"] = [Asked._make([*asked[:-1], Tolerance(**asked[-1])]) for asked in plain["ask"]]
        plain["tolerance"] = Tolerance(**plain["tolerance"])
        plain["notes"] = [Finding(what, None, mend) for what, mend in plain["notes"]]
        plain["mistakes"] = Mistakes({int(step): text for step, text in plain["mistakes"].items()})
        plain["candidates"] = [
            Candidate(step, position, Route(*route)) for step, position, route in plain["candidates"]
        ]
        plain["leaves"] = {name: (slot, tuple(shape)) for name, (slot, shape) in plain["leaves"].items()}
        plain["shapes"] = {name: tuple(shape) for name, shape in plain["shapes"].items()}
        return Program(**plain)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("not a program") from error


def _tolerance(tolerance: Tolerance) -> dict[str, Any]:
    return {name: value for name, value in tolerance._asdict().items() if value not in (None, False)}
