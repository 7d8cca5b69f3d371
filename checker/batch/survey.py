"""What is counted of a class, block by block: verdicts, points, named mistakes, answers that are the same.

Only the submission of a student that counts is looked at. Nothing here asks what a student may see: the report is the
instructor's.
"""

from __future__ import annotations

import itertools
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from checker.batch.kept import VERDICTS, Face, Kept
from checker.mark import MISCONCEPTION, SLIP, WRONG
from checker.outcome import Verdict
from checker.reports.plain import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from checker.batch.assignments import Assignment
    from checker.batch.store import Results

MOST_ALIKE = 5  # identical wrong answers shown of a step
MOST_WHO = 8  # students who gave one of them; what more gave is a common mistake, and no one's in particular
_LOOKED_INTO = (MISCONCEPTION, SLIP, WRONG)


class Alike(NamedTuple):
    """A wrong answer that several gave: the text, how many, and who, in order, where they are few."""

    text: str
    students: int
    who: list[str]


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
    identical: list[Alike]
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
    """How a class did at one assignment."""

    assignment: Assignment
    students: int
    steps: list[StepPicture]
    mistakes: list[Mistake]


class _Step:
    """What is counted of one asked step; `place` tells it from all others of the class."""

    def __init__(self, place: int, kind: str, possible: float) -> None:
        self.place, self.kind, self.possible = place, kind, possible
        self.verdicts = np.zeros(8, dtype=np.int64)
        self.points = 0.0
        self.first = 0


class _Made:
    """What is counted of one named mistake."""

    def __init__(self, hint: str) -> None:
        self.hint, self.students, self.clear = hint, 0, 0
        self.steps: Counter[str] = Counter()


class Tally:
    """What is counted of one assignment, whose families may differ in what they ask for.

    `wrong` is told every wrong answer: the step's place, the text and who gave it. There may be very many.
    """

    def __init__(
        self, assignment: Assignment, places: Iterator[int], wrong: Callable[[list[tuple[int, str, str]]], None]
    ) -> None:
        self.assignment, self._places, self._wrong = assignment, places, wrong
        self.students = 0
        self.steps: dict[str, _Step] = {}
        self.made: dict[str, _Made] = {}

    def meet(self, face: Face) -> None:
        """Take the steps of a family, those that are new behind the ones they follow there."""
        order, at = list(self.steps), 0
        for item in face.program.ask:
            if item.label in self.steps:
                at = order.index(item.label) + 1
                continue
            self.steps[item.label] = _Step(next(self._places), face.program.steps[item.step].kind, item.points)
            order.insert(at, item.label)
            at += 1
        self.steps = {label: self.steps[label] for label in order}

    def add(self, face: Face, kept: Kept, students: Sequence[tuple[int, str]]) -> None:
        """Count students of a block, given by their positions and names."""
        positions = np.array([position for position, _ in students], dtype=np.intp)
        marked, degenerate = kept.verdict[positions], kept.degenerate[positions]
        verdicts, points = face.verdicts(marked), face.points(marked, degenerate)
        self.students += len(positions)
        for n, item in enumerate(face.program.ask):
            step = self.steps[item.label]
            step.verdicts += np.bincount(verdicts[:, n], minlength=8)
            step.points += float(points[:, n].sum())
            who = np.flatnonzero(np.isin(verdicts[:, n], _LOOKED_INTO))
            if who.size:
                columns, texts, place = face.columns[n], kept.texts, step.place
                rows = kept.cell[positions[who], columns.start : columns.stop].tolist()
                answers = [_text([texts[cell] for cell in row]) for row in rows]
                self._wrong([(place, text, students[k][1]) for text, k in zip(answers, who.tolist(), strict=True)])
        for label, count in Counter(face.first_errors(verdicts)).items():
            if label is not None:
                self.steps[label].first += count
        self._mistakes(face, kept, positions, verdicts)

    def _mistakes(self, face: Face, kept: Kept, positions: NDArray[np.intp], verdicts: NDArray[np.int8]) -> None:
        places = {number: place for place, (number, _) in enumerate(face.steps)}
        made: dict[str, tuple[NDArray[np.bool_], NDArray[np.bool_]]] = {}
        for n, item in enumerate(face.program.ask):
            named = np.isin(verdicts[:, n], (MISCONCEPTION, SLIP))
            numbers = np.where(named, kept.diagnosis[positions, places[item.step]], 0)
            label = face.program.steps[item.step].name if item.element is None else item.label
            for number in np.flatnonzero(np.bincount(numbers)).tolist():
                who = numbers == number
                for each in kept.diagnoses[number]:
                    entry = self.made.setdefault(each.code, _Made(each.hint))
                    entry.steps[label] += int(who.sum())
                    anyone, clear = made.setdefault(each.code, (np.zeros(len(who), bool), np.zeros(len(who), bool)))
                    anyone |= who
                    if each.confidence == "clear":
                        clear |= who
        for code, (anyone, clear) in made.items():
            self.made[code].students += int(anyone.sum())
            self.made[code].clear += int(clear.sum())

    def picture(self, alike: Mapping[int, list[Alike]]) -> ProblemPicture:
        """What was counted; `alike` are wrong answers that several gave, by the steps' places."""
        problem = self.assignment.problem
        mistakes = [
            Mistake(problem, code, each.hint, each.students, each.clear,
                    sorted(each.steps.items(), key=lambda step: (-step[1], step[0])))
            for code, each in self.made.items()
        ]  # fmt: skip
        mistakes.sort(key=lambda each: (-each.students, each.code))
        steps = [_pictured(problem, label, step, alike) for label, step in self.steps.items()]
        return ProblemPicture(self.assignment, self.students, steps, mistakes)


def _text(parts: list[str]) -> str:
    """An answer as it was typed, the elements of an array in brackets."""
    text = parts[0] if len(parts) == 1 else f"[{', '.join([part or '-' for part in parts])}]"
    return text if text.isascii() and text.isprintable() else printable(text)


def _pictured(problem: str, label: str, step: _Step, alike: Mapping[int, list[Alike]]) -> StepPicture:
    found = {verdict.value: int(step.verdicts[code]) for code, verdict in VERDICTS.items()}
    found = {verdict.value: found[verdict.value] for verdict in Verdict}
    mean = round(step.points / sum(found.values()), 4) if any(found.values()) else 0.0
    return StepPicture(problem, label, step.kind, step.possible, mean, found, alike.get(step.place, []), step.first)


def survey(
    results: Results,
    counting: Mapping[int, Sequence[int]],
    faces: Mapping[str, Face],
    given: Sequence[Assignment],
) -> Iterator[ProblemPicture]:
    """How the class did, by assignment; `counting` has, by block, the positions of the submissions that count."""
    tallies: dict[str, Tally] = {}
    places = itertools.count()
    results.forget_wrong()
    for assignment in given:
        tally = Tally(assignment, places, results.note_wrong)
        for family in assignment.families:
            tally.meet(faces[family])
            tallies[family] = tally
    for number, family, found in results.graded():
        if number in counting:
            some = set(counting[number])
            students = [(outcome.position, outcome.student) for outcome, _, _ in found if outcome.position in some]
            tallies[family].add(faces[family], Kept.load(results.block(number)), students)
    alike: dict[int, list[Alike]] = {}
    for place, text, many, who in results.alike_wrong(MOST_ALIKE):
        alike.setdefault(place, []).append(Alike(text, many, sorted(who) if many <= MOST_WHO else []))
    for assignment in given:
        tally = tallies[assignment.families[0]]
        if tally.students:
            yield tally.picture(alike)
