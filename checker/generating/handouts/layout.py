"""In which order a handout says what it says: the same in every format, each of which only says how it is written."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Protocol

from checker.generating.holes import joined

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from checker.generating.handouts.content import Given, Group, Handout, Line
    from checker.generating.holes import Piece

ACROSS = 14  # columns of numbers, names counted as two, that stand beside each other


class Dialect(Protocol):
    """How a format writes the parts of a handout; what stands in a text of it means nothing to the format."""

    def heading(self, text: str) -> str:
        """The heading of a part."""

    def sentence(self, text: str) -> str:
        """A sentence by itself."""

    def lead(self, text: str) -> str:
        """A sentence that formulas follow."""

    def formulas(self, lines: Sequence[Line]) -> str:
        """Formulas, each on a line of its own."""

    def numbers(self, givens: Sequence[Given]) -> list[Piece]:
        """Single numbers as tables, arrays as formulas; drawn ones as the places where they go."""

    def questions(self, groups: Sequence[Group]) -> str:
        """The questions with their heading."""

    def items(self, texts: Sequence[str]) -> str:
        """A list of sentences."""


def facts(handout: Handout, dialect: Dialect) -> list[Piece]:
    """What is given: numbers, equations, the update."""
    found: list[Piece] = []
    for heading, givens in (("Given", handout.givens), ("Parameters", handout.parameters)):
        if givens:
            found += [dialect.heading(heading), *dialect.numbers(givens)]
    found += [dialect.heading("Equations"), dialect.formulas(handout.equations)]
    if handout.definitions:
        found += [dialect.lead("where"), dialect.formulas(handout.definitions)]
    found += map(dialect.sentence, handout.sentences)
    if handout.update:
        found += [dialect.lead(handout.update), dialect.formulas(handout.rules)]
    return joined(found)


def tasks(handout: Handout, dialect: Dialect) -> list[Piece]:
    """What is asked, and how it is judged."""
    return joined([
        dialect.questions(handout.groups),
        dialect.heading("Rounding"),
        dialect.items(handout.judging),
    ])  # fmt: skip


def tables(givens: Sequence[Given], most: int) -> Iterator[Sequence[Given]]:
    """The single numbers among some givens, as many together as a table has columns."""
    single = [each for each in givens if not each.shape]
    return (single[start : start + most] for start in range(0, len(single), most))


def rows(givens: Sequence[Given]) -> list[list[Given]]:
    """The arrays among some givens, in rows that a page is wide enough for."""
    found: list[list[Given]] = []
    room = 0
    for each in givens:
        if each.shape:
            wide = 2 + (each.shape[-1] if len(each.shape) > 1 else 1) * max(1, prod(each.shape[:-2]))
            if wide > room:
                found.append([])
                room = ACROSS
            found[-1].append(each)
            room -= wide
    return found
