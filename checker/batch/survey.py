"""What is counted of a class, block by block: verdicts, points, named mistakes, answers that are the same.

Only the submission of a student that counts is looked at. Nothing here asks what a student may see: the report is the
instructor's.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from checker.batch.kept import VERDICTS, Face, Kept
from checker.mark import MISCONCEPTION, SLIP, WRONG
from checker.outcome import Verdict
from checker.reports.plain import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from checker.batch.store import Results

MOST_ALIKE = 5  # identical wrong answers shown of a step
MOST_WRONG = 200_000  # different wrong answers remembered of a family of problems
_LOOKED_INTO = (MISCONCEPTION, SLIP, WRONG)


class StepPicture(NamedTuple):
    """How a class did at one step: how many had each verdict, the mean points, wrong answers that are the same, and for
    how many it was the first mistake.
    """

    problem: str
    step: str
    kind: str
    possible: float
    mean: float
    verdicts: dict[str, int]
    identical: list[tuple[str, int]]
    first: int = 0

    @property
    def students(self) -> int:
        """How many were graded at it."""
        return sum(self.verdicts.values())

    @property
    def right(self) -> int:
        """How many got it, from the start or from their own earlier answers."""
        return self.verdicts["correct"] + self.verdicts["follow_through"]

    @property
    def answered(self) -> int:
        """How many answered it."""
        return self.students - self.verdicts["missing"]

    @property
    def nobody(self) -> bool:
        """Whether several answered and none was right: the key may be at fault."""
        return self.answered > 1 and self.right == 0


class Mistake(NamedTuple):
    """A named mistake: how many students made it, how many clearly, and at which steps how often."""

    problem: str
    code: str
    hint: str
    students: int
    clear: int
    steps: list[tuple[str, int]]


class ProblemPicture(NamedTuple):
    """How a class did at one problem, or at the variants of one: `problems` is how many of them there are."""

    problem: str
    title: str
    problems: int
    students: int
    steps: list[StepPicture]
    mistakes: list[Mistake]


class Tally:
    """What is counted of one family of problems."""

    def __init__(self, face: Face) -> None:
        self.face = face
        items = len(face.program.ask)
        self.students = 0
        self.verdicts = np.zeros((items, 8), dtype=np.int64)
        self.points = np.zeros(items)
        self.wrong: list[Counter[str]] = [Counter() for _ in range(items)]
        self.made: dict[str, _Made] = {}
        self.firsts: Counter[str | None] = Counter()
        self.variants: set[str] = set()

    def add(self, kept: Kept, positions: NDArray[np.intp]) -> None:
        """Count these students of a block."""
        face = self.face
        marked, degenerate = kept.verdict[positions], kept.degenerate[positions]
        verdicts = face.verdicts(marked)
        self.students += len(positions)
        for n, column in enumerate(verdicts.T):
            self.verdicts[n] += np.bincount(column, minlength=8)
        self.points += face.points(marked, degenerate).sum(axis=0)
        self.firsts.update(face.first_errors(verdicts))
        self._wrong_answers(kept, positions, verdicts)
        self._mistakes(kept, positions, verdicts)

    def _wrong_answers(self, kept: Kept, positions: NDArray[np.intp], verdicts: NDArray[np.int8]) -> None:
        looked = np.isin(verdicts, _LOOKED_INTO)
        for n, (columns, counter) in enumerate(zip(self.face.columns, self.wrong, strict=True)):
            who = np.flatnonzero(looked[:, n])
            if not who.size:
                continue
            cells = kept.cell[positions[who], columns.start : columns.stop]
            if len(columns) == 1:
                found, counts = np.unique(cells, return_counts=True)
                for cell, count in zip(found.tolist(), counts.tolist(), strict=True):
                    counter[kept.texts[cell]] += count
            else:
                for row in cells.tolist():
                    counter[f"[{', '.join(kept.texts[cell] or '-' for cell in row)}]"] += 1
            if len(counter) > MOST_WRONG:  # what was seen once is the least likely to be seen again
                for text in [text for text, count in counter.items() if count == 1]:
                    del counter[text]

    def _mistakes(self, kept: Kept, positions: NDArray[np.intp], verdicts: NDArray[np.int8]) -> None:
        places = {number: place for place, (number, _) in enumerate(self.face.steps)}
        made: dict[str, tuple[NDArray[np.bool_], NDArray[np.bool_]]] = {}
        for n, item in enumerate(self.face.program.ask):
            named = np.isin(verdicts[:, n], (MISCONCEPTION, SLIP))
            numbers = np.where(named, kept.diagnosis[positions, places[item.step]], 0)
            for number in np.unique(numbers).tolist():
                who = numbers == number
                for each in kept.diagnoses[number]:
                    entry = self.made.setdefault(each.code, _Made(each.hint))
                    entry.steps[self.face.program.steps[item.step].name if item.element is None else item.label] += int(
                        who.sum()
                    )
                    anyone, clear = made.setdefault(each.code, (np.zeros(len(who), bool), np.zeros(len(who), bool)))
                    anyone |= who
                    if each.confidence == "clear":
                        clear |= who
        for code, (anyone, clear) in made.items():
            self.made[code].students += int(anyone.sum())
            self.made[code].clear += int(clear.sum())

    def picture(self, problem: str, title: str) -> ProblemPicture:
        """What was counted."""
        ask = self.face.program.ask
        steps = []
        for n, item in enumerate(ask):
            found = {verdict.value: int(self.verdicts[n, code]) for code, verdict in VERDICTS.items()}
            found = {verdict.value: found[verdict.value] for verdict in Verdict}
            alike = [(printable(text), count) for text, count in self.wrong[n].items() if count > 1]
            alike.sort(key=lambda each: (-each[1], each[0]))
            mean = round(float(self.points[n]) / self.students, 4) if self.students else 0.0
            kind = self.face.program.steps[item.step].kind
            steps.append(
                StepPicture(
                    problem, item.label, kind, item.points, mean, found, alike[:MOST_ALIKE], self.firsts[item.label]
                )
            )
        mistakes = [
            Mistake(problem, code, each.hint, each.students, each.clear,
                    sorted(each.steps.items(), key=lambda step: (-step[1], step[0])))
            for code, each in self.made.items()
        ]  # fmt: skip
        mistakes.sort(key=lambda each: (-each.students, each.code))
        return ProblemPicture(problem, title, len(self.variants), self.students, steps, mistakes)


class _Made:
    def __init__(self, hint: str) -> None:
        self.hint, self.students, self.clear = hint, 0, 0
        self.steps: Counter[str] = Counter()


def survey(results: Results, counting: Mapping[int, Sequence[int]], faces: dict[str, Face]) -> Iterator[ProblemPicture]:
    """How the class did, problem by problem; `counting` has, by block, the positions of the submissions that count."""
    tallies: dict[str, Tally] = {}
    names: dict[str, dict[str, str]] = {}
    for number, family, found in results.graded():
        if number not in counting:
            continue
        positions = sorted(counting[number])
        tally = tallies.setdefault(family, Tally(faces[family]))
        some = set(positions)
        keys = {key for outcome, _, key in found if outcome.position in some} - tally.variants
        tally.variants |= keys
        for problem, title, _ in results.numbers(sorted(keys)).values():
            names.setdefault(family, {})[problem] = title
        tally.add(Kept.load(results.block(number)), np.array(positions, dtype=np.intp))
    ordered = sorted(tallies.items(), key=lambda item: (min(names[item[0]]), item[0]))
    for family, tally in ordered:
        problem = min(names[family])
        yield tally.picture(problem, names[family][problem])
