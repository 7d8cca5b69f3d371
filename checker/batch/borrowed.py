"""Answers that are right for somebody else's numbers: where each has a variant of their own, what a copied sheet shows.

A student's wrong answers are looked up among the right values of all other variants. One match may be chance; several
that all fit the same variant are not, and how likely chance would be is counted.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from checker.batch.kept import Kept
from checker.mark import MISCONCEPTION, SLIP, WRONG
from checker.numbertext import NumberText, read_number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from checker.batch.kept import Face
    from checker.batch.record import Outcome
    from checker.batch.store import Results

FEWEST = 2  # answers that have to fit
CHANCE = 0.01  # how likely it may be that some variant fits by chance
MOST = 500  # submissions that are listed


class Borrowed(NamedTuple):
    """A submission with answers that are right in somebody else's variant: whose, and at which steps."""

    problem: str
    submission: str
    student: str
    fits: str
    whose: list[str]
    steps: list[str]
    wrong: int


def borrowed(results: Results, counting: Mapping[int, Sequence[int]], faces: Mapping[str, Face]) -> list[Borrowed]:
    """The submissions among those that count whose wrong answers fit another variant, by name."""
    found: list[Borrowed] = []
    for family, variants in results.problems():
        if len(variants) > 1 and family in faces:
            found += _Family(results, counting, faces[family], family, variants).search()
    return sorted(found, key=lambda each: each.submission)[:MOST]


class _Family:
    def __init__(
        self, results: Results, counting: Mapping[int, Sequence[int]], face: Face, family: str, variants: list[str]
    ) -> None:
        self.results, self.counting, self.face, self.family = results, counting, face, family
        self.place = {key: place for place, key in enumerate(variants)}
        self.problems = [""] * len(variants)
        right = np.empty((len(face.slots), len(variants)))
        for key, (problem, _, numbers) in results.numbers(variants).items():
            right[:, self.place[key]] = np.frombuffer(numbers)[face.slots]
            self.problems[self.place[key]] = problem
        self.order = np.argsort(right, axis=1)
        self.sorted = np.take_along_axis(right, self.order, axis=1)
        # a step whose value is the same for all tells nobody from anybody
        self.telling = self.sorted[:, 0] != self.sorted[:, -1]
        self.owners: dict[int, list[str]] = {}

    def search(self) -> Iterator[Borrowed]:
        for _, outcome, place, _ in self._students():
            self.owners.setdefault(place, []).append(outcome.student)
        for kept, outcome, own, position in self._students(whole=True):
            assert kept is not None
            verdict = kept.verdict[position]
            wrong = np.flatnonzero(np.isin(verdict, (MISCONCEPTION, SLIP, WRONG)) & self.telling)
            if len(wrong) < FEWEST:
                continue
            fit = self._fit([(column, kept.texts[kept.cell[position, column]]) for column in wrong.tolist()], own)
            if fit is not None:
                other, columns = fit
                labels = [self._label(column) for column in columns]
                yield Borrowed(
                    self.problems[own], outcome.name, outcome.student, self.problems[other],
                    sorted(self.owners.get(other, [])), labels, len(wrong),
                )  # fmt: skip

    def _students(self, *, whole: bool = False) -> Iterator[tuple[Kept | None, Outcome, int, int]]:
        for number, family, found in self.results.graded():
            if family != self.family or number not in self.counting:
                continue
            positions = set(self.counting[number])
            kept = Kept.load(self.results.block(number)) if whole else None
            for outcome, _, variant in found:
                if outcome.position in positions:
                    yield kept, outcome, self.place[variant], outcome.position

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

    def _label(self, column: int) -> str:
        for item, columns in zip(self.face.program.ask, self.face.columns, strict=True):
            if column in columns:
                return item.label
        return ""
