"""Answers that are right for somebody else's numbers: where each has a variant of their own, what a copied sheet shows.

A student's wrong answers are looked up among the right values of all other variants. One match may be chance; several
that all fit the same variant are not, and how likely chance would be is counted.
"""

from __future__ import annotations

import itertools
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from checker.batch.kept import Kept
from checker.mark import MISCONCEPTION, SLIP, WRONG
from checker.numbertext import NumberText, read_number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from checker.batch.assignments import Assignment
    from checker.batch.kept import Face
    from checker.batch.outcomes import Outcome
    from checker.batch.store import Results

FEWEST = 2  # answers that have to fit
CHANCE = 0.01  # how likely it may be that some variant fits by chance
MOST = 500  # submissions that are listed


class Borrowed(NamedTuple):
    """A submission with answers that are right in somebody else's variant: whose, and at which steps.

    `fitting` of its `wrong` numbers are right there.
    """

    problem: str
    submission: str
    student: str
    fits: str
    whose: list[str]
    steps: list[str]
    fitting: int
    wrong: int


def borrowed(
    results: Results, counting: Mapping[int, Sequence[int]], faces: Mapping[str, Face], given: Sequence[Assignment]
) -> list[Borrowed]:
    """The submissions among those that count whose wrong answers fit another variant, by name."""
    found: list[Borrowed] = []
    for assignment in given:
        if assignment.problems > 1:
            found += _Search(results, counting, faces, assignment).search()
    return sorted(found, key=lambda each: each.submission)[:MOST]


class _Search:
    """The right values of all variants of an assignment, a row an asked number, a column a variant."""

    def __init__(
        self,
        results: Results,
        counting: Mapping[int, Sequence[int]],
        faces: Mapping[str, Face],
        assignment: Assignment,
    ) -> None:
        self.results, self.counting, self.faces, self.families = results, counting, faces, assignment.families
        self.rows: dict[tuple[str, int], int] = {}
        for family in self.families:
            for cell in _cells(faces[family]):
                self.rows.setdefault(cell, len(self.rows))
        self.labels = [label for label, _ in self.rows]
        self.place: dict[str, int] = {}
        self.problems: list[str] = []
        right = np.full((len(self.rows), assignment.problems), np.nan)
        for key, family, problem, numbers in results.variants(self.families):
            self.place[key] = len(self.problems)
            self.problems.append(problem)
            face = faces[family]
            rows = [self.rows[cell] for cell in _cells(face)]
            values = np.frombuffer(numbers)[face.slots]
            right[rows, self.place[key]] = values[[column for columns in face.columns for column in columns]]
        self.order = np.argsort(right, axis=1)
        self.sorted = np.take_along_axis(right, self.order, axis=1)
        # a step whose value is the same for all tells nobody from anybody
        self.telling = self.sorted[:, 0] != self.sorted[:, -1]
        self.owners: dict[int, list[str]] = {}

    def search(self) -> Iterator[Borrowed]:
        for _, _, outcome, place in self._students():
            self.owners.setdefault(place, []).append(outcome.student)
        for face, kept, outcome, own in self._students(whole=True):
            assert kept is not None
            verdict, cells = kept.verdict[outcome.position], kept.cell[outcome.position]
            wrong = np.isin(verdict, (MISCONCEPTION, SLIP, WRONG))
            answers = [
                (self.rows[cell], kept.texts[cells[column]])
                for cell, column in zip(_cells(face), itertools.chain(*face.columns), strict=True)
                if wrong[column] and self.telling[self.rows[cell]]
            ]
            fit = self._fit(answers, own) if len(answers) >= FEWEST else None
            if fit is not None:
                other, rows = fit
                steps = list(dict.fromkeys(self.labels[row] for row in rows))
                yield Borrowed(
                    self.problems[own], outcome.name, outcome.student, self.problems[other],
                    sorted(self.owners.get(other, [])), steps, len(rows), len(answers),
                )  # fmt: skip

    def _students(self, *, whole: bool = False) -> Iterator[tuple[Face, Kept | None, Outcome, int]]:
        for number, family, found in self.results.graded():
            if family not in self.families or number not in self.counting:
                continue
            positions = set(self.counting[number])
            kept = Kept.load(self.results.block(number)) if whole else None
            for outcome, _, variant in found:
                if outcome.position in positions:
                    yield self.faces[family], kept, outcome, self.place[variant]

    def _fit(self, answers: list[tuple[int, str]], own: int) -> tuple[int, list[int]] | None:
        """The other variant that most of these answers are right for, and at which columns; None where chance may."""
        hits: Counter[int] = Counter()
        where: dict[int, list[int]] = {}
        shares: dict[int, float] = {}
        for column, text in answers:
            typed = read_number(text)
            if not isinstance(typed, NumberText) or not np.isfinite(typed.unit):
                continue
            reach = typed.unit * (1 + 1e-9)
            low = int(np.searchsorted(self.sorted[column], typed.value - reach))
            high = int(np.searchsorted(self.sorted[column], typed.value + reach, side="right"))
            shares[column] = max(1, high - low) / len(self.problems)
            for place in self._candidates(column, low, high):
                if place != own:
                    hits[place] += 1
                    where.setdefault(place, []).append(column)
        if not hits:
            return None
        most = max(hits.values())
        other = min(place for place, count in hits.items() if count == most)
        chance = float(len(self.problems))
        for column in where[other]:
            chance *= shares[column]
        if most < FEWEST or 2 * most < len(answers) or chance > CHANCE:
            return None
        return other, where[other]

    def _candidates(self, column: int, low: int, high: int) -> list[int]:
        found: NDArray[np.intp] = self.order[column, low:high]
        return [int(place) for place in found]


def _cells(face: Face) -> list[tuple[str, int]]:
    """What tells the asked numbers of a family, which another family may ask for too."""
    return [
        (item.label, element)
        for item, columns in zip(face.program.ask, face.columns, strict=True)
        for element in range(len(columns))
    ]
