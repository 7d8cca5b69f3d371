"""Problems made ready to be worked, kept by what they have in common: a change of numbers derives nothing anew."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

from checker.errors import Place
from checker.graph.derive import derive
from checker.readings.compile import compile_derivation, compile_problem
from checker.readings.renumber import Programs, Renumbering, structure
from checker.web.written import SYMBOLS, Written, values_of, write

if TYPE_CHECKING:
    from collections.abc import Callable

    from checker.graph.steps import Derivation
    from checker.model import Problem
    from checker.readings.program import Program

MOST_SLOPES = 80  # local derivatives that are shown besides those of the activations
KEPT = 64

K = TypeVar("K")
V = TypeVar("V")


class Shelf(Generic[K, V]):
    """The last things that were made, so many of them. Threads may share one."""

    def __init__(self, most: int = KEPT) -> None:
        self._most = most
        self._kept: OrderedDict[K, V] = OrderedDict()
        self._lock = Lock()

    def get(self, key: K, make: Callable[[], V]) -> V:
        """What is kept under `key`, made now where it is not."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = make()
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return made


class Worked:
    """A structure: the derivation of every step, each written out, and a program that takes other numbers."""

    def __init__(self, problem: Problem) -> None:
        everything = replace(problem, ask=None, aliases={}, rubric=replace(problem.rubric, steps={}))
        self.derivation = with_slopes(derive(everything))
        self.written: list[Written] = write(self.derivation)
        program = compile_derivation(self.derivation, everything=True)
        self._renumbering = None if program.fixed else Renumbering(program)
        self._program = program

    def program(self, problem: Problem) -> Program:
        """The program with a problem's numbers."""
        return self._renumbering(problem) if self._renumbering is not None else self._program

    def values(self, problem: Problem) -> dict[str, tuple[list[float], tuple[int, ...]]]:
        """The numbers and the shape of everything that has a name, the optimizer's settings among them."""
        found = values_of(self.program(problem))
        if problem.update is not None:
            for name, value in problem.update.settings.items():
                found.setdefault(SYMBOLS.get(name, name), ([float(value)], ()))
        return found


def with_slopes(derivation: Derivation) -> Derivation:
    """The derivation with every factor of the chain rule as a step of its own, where all of them are single numbers.

    In arrays such a factor is a Jacobian, which nobody writes out.
    """
    problem = derivation.problem
    shapes = derivation.names.shapes
    steps = {step.name: step for step in derivation.steps}
    slopes = []
    for step in derivation.steps:
        if step.shape or not step.about or not step.terms:
            continue
        for through, _ in step.terms:
            name = f"d{through}_d{step.about}"
            if shapes.get(name) == () and name not in steps and through != problem.loss:
                slopes.append(name)
    if not slopes or len(slopes) > MOST_SLOPES:
        return derivation
    place = Place(problem.source)
    ask = [(text, place) for text, _, _ in derivation.ask]
    return derive(replace(problem, ask=(*ask, *((name, place) for name in dict.fromkeys(slopes)))))


_worked: Shelf[str, Worked] = Shelf()
programs = Programs(lambda problem, mistakes: compile_problem(problem, mistakes=mistakes))


def worked(problem: Problem) -> Worked:
    """The problem's structure, ready for its numbers.

    Raises:
        AuthorError: the problem cannot be derived.
    """
    computed = problem.update is not None and problem.update.iterations > 1
    key = structure(problem) + (repr(problem.quantities) if computed else "")
    return _worked.get(key, lambda: Worked(problem))
