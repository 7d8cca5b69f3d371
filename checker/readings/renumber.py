"""One derivation for all problems that differ only in the numbers of their givens and parameters.

Nothing in the graph depends on those numbers: they stand in a program's leaves, and every other value follows from
them. So a class in which everybody has their own numbers, a page on which somebody drags a weight, and a search
through a thousand candidate problems are each derived once.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from checker.readings.numeric import FLOATS, Value, run
from checker.readings.program import Program, reference

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from checker.model import Problem

GOLDEN = 0.6180339887  # its multiples never repeat: no accidental equality survives them
MOST_KEPT = 100


def structure(problem: Problem) -> str:
    """What a problem's derivation depends on, as a digest: all but its id, its title and its leaves' numbers.

    Problems of one structure have programs that differ only in `values` and in which unproven routes hold.
    """
    update = problem.update
    parts = (
        [(q.name, q.role, q.shape) for q in problem.quantities],
        [(equation.name, equation.text) for equation in problem.equations],
        (problem.loss, problem.loss_is_named, problem.trained),
        (update.optimizer, update.form, update.iterations, sorted(update.settings.items())) if update else None,
        [text for text, _ in problem.ask] if problem.ask is not None else None,
        problem.rubric,
        sorted(problem.conventions.items()),
        list(problem.aliases.items()),
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()


class Renumbering:
    """A program of which others with different numbers are made.

    Raises:
        ValueError: the program rests on iterations that nobody is asked about, whose outcome depends on the numbers.
    """

    def __init__(self, program: Program) -> None:
        if program.fixed:
            raise ValueError("the program rests on iterations that were computed with its own numbers")
        self.program = _with_all_routes(program)

    def __call__(self, problem: Problem) -> Program:
        """The program of a problem of the same structure."""
        values = self.values([problem])
        floats = [float(value) for value in values]
        return with_holding(self.program, hold(self.program, floats))._replace(
            problem=problem.id, title=problem.title, values=floats
        )

    def values(self, problems: Sequence[Problem], lanes: Any = FLOATS) -> list[Value]:
        """Every slot's true value, one lane a problem; with `FLOATS`, of one problem.

        Shapes: with array lanes, each leaf and all that follows from one is an array of `len(problems)`; what is the
        same for all stays a float.
        """
        values: list[Value] = list(self.program.values)
        for k, quantity in enumerate(problems[0].quantities):
            slot, shape = self.program.leaves[quantity.name]
            for i in range(prod(shape)):
                column = [float(problem.quantities[k].values[i]) for problem in problems]
                values[slot + i] = column[0] if lanes is FLOATS else lanes.array(column)
        reference(self.program, values, lanes)
        return values


class Family(NamedTuple):
    """Problems that one program grades at once: `members` by their position, `values` with a lane for each."""

    program: Program
    members: list[int]
    values: list[Value]


def families(renumbering: Renumbering, problems: Sequence[Problem]) -> list[Family]:
    """Problems of one structure in groups that have the same routes: nearly always one group.

    The values are those that each program alone would have.
    """
    from checker.readings.lanes import LANES

    with LANES.quiet():
        everyone = renumbering.values(problems, LANES)
        holding = hold(renumbering.program, everyone, LANES)
    groups: dict[tuple[bool, ...], list[int]] = {}
    for member in range(len(problems)):
        key = tuple(bool(LANES.lane(holds, member)) for holds in holding)
        groups.setdefault(key, []).append(member)
    if len(groups) == 1:
        ((key, members),) = groups.items()
        return [Family(with_holding(renumbering.program, key), members, everyone)]
    return [
        Family(
            with_holding(renumbering.program, key), members, renumbering.values([problems[k] for k in members], LANES)
        )
        for key, members in groups.items()
    ]


def hold(program: Program, values: list[Value], lanes: Any = FLOATS) -> list[Value]:
    """For each candidate route, whether it gives its step's value: with these numbers, and with others near them.

    Leaves that only the loss reads (`program.targets`) keep their values: `a - y` holds for targets that add up to 1.
    """
    if not program.candidates:
        return []
    trials = [values]
    for trial in (1, 2):
        moved = list(values)
        for name, (slot, shape) in program.leaves.items():
            if name not in program.targets:
                for i in range(slot, slot + prod(shape)):
                    moved[i] = moved[i] * (1 + 0.1 * ((i + 1) * GOLDEN * trial % 1)) + 0.01
        reference(program, moved, lanes)
        trials.append(moved)
    holding = []
    for number, _, route in program.candidates:
        step = program.steps[number]
        holds: Value = True
        for trial_values in trials:
            scratch = list(trial_values)
            run(route.code, program.formulas, scratch, lanes)
            for slot, out in zip(range(step.slot, step.slot + step.size), route.out, strict=True):
                right = trial_values[slot]
                holds = holds & (abs(scratch[out] - right) <= 1e-9 * lanes.larger(1.0, abs(right)))
        holding.append(holds)
    return holding


def with_holding(program: Program, holding: Sequence[bool]) -> Program:
    """A program that has all its routes, without those of its candidates that do not hold."""
    out = {
        (step, position) for (step, position, _), holds in zip(program.candidates, holding, strict=True) if not holds
    }
    steps = [
        step._replace(routes=[route for k, route in enumerate(step.routes) if (number, k) not in out])
        for number, step in enumerate(program.steps)
    ]
    return program._replace(steps=steps)


def _with_all_routes(program: Program) -> Program:
    """The program with every candidate at its place again, whether it holds or not."""
    steps = list(program.steps)
    for number in {candidate.step for candidate in program.candidates}:
        mine = {position: route for step, position, route in program.candidates if step == number}
        routes = [route for route in steps[number].routes if route not in mine.values()]
        for position in sorted(mine):
            routes.insert(position, mine[position])
        steps[number] = steps[number]._replace(routes=routes)
    return program._replace(steps=steps)


class Programs:
    """Programs of problems, of which none is derived that differs only in its numbers from one of the last hundred."""

    def __init__(self, compile_problem: Callable[[Problem, bool], Program], most: int = MOST_KEPT) -> None:
        self._compile, self._most = compile_problem, most
        self._kept: OrderedDict[tuple[str, bool], Renumbering] = OrderedDict()

    def renumbering(self, problem: Problem, *, mistakes: bool = False) -> Renumbering | None:
        """What makes the programs of this problem's structure; None where every problem has to be derived by itself.

        Raises:
            AuthorError: the problem cannot be derived.
        """
        key = (structure(problem), mistakes)
        found = self._kept.get(key)
        if found is None:
            program = self._compile(problem, mistakes)
            if program.fixed:
                return None
            found = self._kept[key] = Renumbering(program)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return found

    def program(self, problem: Problem, *, mistakes: bool = False) -> Program:
        """The problem's program.

        Raises:
            AuthorError: the problem cannot be derived.
        """
        renumbering = self.renumbering(problem, mistakes=mistakes)
        return renumbering(problem) if renumbering is not None else self._compile(problem, mistakes)
