"""Problems made ready to be worked, kept by what they have in common: a change of numbers derives nothing anew."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from math import prod
from typing import TYPE_CHECKING

from checker.errors import Place
from checker.graph.derive import derive
from checker.readings.compile import compile_derivation
from checker.readings.digits import Digits
from checker.readings.program import places
from checker.readings.renumber import Renumbering, structure
from checker.web.shelf import Shelf
from checker.web.written import SYMBOLS, Known, Written, write

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from checker.graph.steps import Derivation
    from checker.model import Problem
    from checker.readings.program import Program

PRECISION = 20  # significant digits to which steps are worked
MOST_IN_DIGITS = 3_000  # numbers of all steps; more are worked in floats
MOST_SLOPES = 80  # local derivatives that are shown besides those of the activations


class Worked:
    """A structure: the derivation of every step, each written out, and what works them with other numbers."""

    def __init__(self, problem: Problem) -> None:
        everything = replace(problem, ask=None, rubric=replace(problem.rubric, steps={}))
        self.derivation = with_more(derive(everything), problem)
        self.written: list[Written] = write(self.derivation)
        self._digits: Digits | None = None
        self._renumbering: Renumbering | None = None
        self._fixed: dict[str, Known] = {}
        size = sum(prod(step.shape) for step in self.derivation.steps)
        if size <= MOST_IN_DIGITS and not self.derivation.computed:
            self._digits = Digits(self.derivation, PRECISION)
            return
        program = compile_derivation(self.derivation, everything=True)
        if program.fixed:
            self._fixed = _floats(program)
        else:
            self._renumbering = Renumbering(program)

    def values(self, problem: Problem) -> dict[str, Known]:
        """The numbers of everything that has a name, the optimizer's settings among them."""
        if self._digits is not None:
            worked = self._digits({q.name: q.values for q in problem.quantities})
            shapes = {step.name: step.shape for step in self.derivation.steps}
            found = {
                name: Known([float(v) for v, _ in elements], shapes[name], [v if e else None for v, e in elements])
                for name, elements in worked.items()
            }
            found.update({q.name: _given(q.values, q.shape) for q in problem.quantities})
        else:
            found = _floats(self._renumbering(problem)) if self._renumbering is not None else dict(self._fixed)
        if problem.update is not None:
            for name, value in problem.update.settings.items():
                found.setdefault(SYMBOLS.get(name, name), _given([value], ()))
        return found


def _given(values: Sequence[Fraction], shape: tuple[int, ...]) -> Known:
    return Known(
        [float(v) for v in values],
        shape,
        [Decimal(v.numerator) / v.denominator if terminates(v) else None for v in values],
    )


def terminates(value: Fraction) -> bool:
    """Whether a number is a decimal that ends.

    >>> from fractions import Fraction
    >>> terminates(Fraction(3, 40)), terminates(Fraction(1, 3))
    (True, False)
    """
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return rest == 1


def _floats(program: Program) -> dict[str, Known]:
    found = {}
    for name, (slot, shape) in places(program).items():
        size = prod(shape)
        found[name] = Known(program.values[slot : slot + size], shape, [None] * size)
    return found


def with_more(derivation: Derivation, problem: Problem) -> Derivation:
    """The derivation with what the problem asks for besides, and with every factor of the chain rule as a step of its
    own where all of them are single numbers: in arrays such a factor is a Jacobian, which nobody writes out.
    """
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
    if len(slopes) > MOST_SLOPES:
        slopes = []
    asked = {target.step for _, target, _ in derive(problem).ask} - set(steps) if problem.ask else ()
    if not slopes and not asked:
        return derivation
    place = Place(problem.source)
    ask = [(text, place) for text, _, _ in derivation.ask]
    more = ((name, place) for name in dict.fromkeys((*sorted(asked), *slopes)))
    return derive(replace(derivation.problem, ask=(*ask, *more)))


_worked: Shelf[str, Worked] = Shelf()


def worked(problem: Problem) -> Worked:
    """The problem's structure, ready for its numbers.

    Raises:
        AuthorError: the problem cannot be derived.
    """
    computed = problem.update is not None and problem.update.iterations > 1
    key = structure(problem) + (repr(problem.quantities) if computed else "")
    return _worked.get(key, lambda: Worked(problem))
