"""What is kept of a part of a class that was graded at once: what each grade is made of, as arrays.

What is the same for everybody (names, formulas, rubric, right values) is kept once a family of problems: its *face*,
a program without what only grading needs. A grade is made of both by the same code that makes one student's.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from checker.grading import grade_sheet, rounded
from checker.mark import CORRECT, FOLLOW_THROUGH, IMPRECISE, MISCONCEPTION, MISSING, SLIP, WRONG, Marks
from checker.outcome import FIRST_ERRORS, Diagnosis, Notice, Verdict
from checker.readings.program import Mistakes, Program, dump, load
from checker.sheet import Cell, Fault, Sheet
from checker.submission import Submission

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from checker.outcome import Grade

UNREADABLE = 7  # beside the codes of `mark`
VERDICTS: dict[int, Verdict] = {
    MISSING: Verdict.MISSING,
    CORRECT: Verdict.CORRECT,
    FOLLOW_THROUGH: Verdict.FOLLOW_THROUGH,
    IMPRECISE: Verdict.IMPRECISE,
    WRONG: Verdict.WRONG,
    SLIP: Verdict.SLIP,
    MISCONCEPTION: Verdict.MISCONCEPTION,
    UNREADABLE: Verdict.UNREADABLE,
}
# of an array's elements the first of these that occurs is the step's verdict, as in `grading`
_GRAVITY = np.array(
    [(WRONG, MISCONCEPTION, SLIP, IMPRECISE, UNREADABLE, MISSING, FOLLOW_THROUGH, CORRECT).index(n) for n in range(8)]
)
_GRAVEST = np.argsort(_GRAVITY).astype(np.int8)
_ERRORS = np.array([VERDICTS[code] in FIRST_ERRORS for code in range(8)])
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Face:
    """A family of problems as its grades show it: `slots` are those of the asked steps, in graph order."""

    def __init__(self, program: Program) -> None:
        self.program = program
        asked = {item.step for item in program.ask}
        self.steps = [(number, step) for number, step in enumerate(program.steps) if number in asked]
        self.slots = [slot for _, step in self.steps for slot in range(step.slot, step.slot + step.size)]
        starts = {slot: column for column, slot in enumerate(self.slots)}
        self.columns = []
        for item in program.ask:
            step = program.steps[item.step]
            start = starts[step.slot] + (item.element or 0)
            self.columns.append(range(start, start + (step.size if item.element is None else 1)))
        self.order = sorted(range(len(program.ask)), key=lambda n: program.ask[n].step)
        self.shares = np.array(
            [
                1.0 if verdict is Verdict.CORRECT else program.shares.get(verdict.value, 0.0)
                for verdict in VERDICTS.values()
            ]
        )[np.argsort(list(VERDICTS))]
        self.possible = rounded(sum(item.points for item in program.ask))

    @staticmethod
    def of(program: Program) -> tuple[Face, list[int]]:
        """The face of a program, and the slots in which the program has what the face has in order."""
        slots: list[int] = []

        def moved(start: int, size: int) -> int:
            slots.extend(range(start, start + size))
            return len(slots) - size

        leaves = {name: (moved(slot, math.prod(shape)), shape) for name, (slot, shape) in program.leaves.items()}
        steps = [step._replace(slot=moved(step.slot, step.size), routes=[], choice="") for step in program.steps]
        empty = program._replace(
            problem="", leaves=leaves, steps=steps, values=[program.values[slot] for slot in slots],
            formulas=[], exact=[], mistakes=Mistakes({}), candidates=[], notes=[],
        )  # fmt: skip
        return Face(empty), slots

    def dump(self) -> bytes:
        """The face as bytes."""
        return dump(self.program)

    @staticmethod
    def load(data: bytes) -> Face:
        """The face that `dump` gave."""
        return Face(load(data))

    def verdicts(self, marked: NDArray[np.int8]) -> NDArray[np.int8]:
        """Each asked item's verdict: from shape (students, slots) to (students, items)."""
        found = np.empty((len(marked), len(self.columns)), dtype=np.int8)
        for n, columns in enumerate(self.columns):
            if len(columns) == 1:
                found[:, n] = marked[:, columns.start]
            else:
                part = marked[:, columns.start : columns.stop]
                found[:, n] = _GRAVEST[_GRAVITY[part].min(axis=1)]
        return found

    def points(self, marked: NDArray[np.int8], degenerate: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Each asked item's points, as `grading` adds them up: shape (students, items)."""
        found = np.zeros((len(marked), len(self.columns)))
        for n, (columns, item) in enumerate(zip(self.columns, self.program.ask, strict=True)):
            each = np.array([item.points * share / len(columns) for share in self.shares])
            if len(columns) == 1:
                column, whole = columns.start, np.array([rounded(share) for share in each.tolist()])
                found[:, n] = np.where(degenerate[:, column], 0.0, whole[marked[:, column]])
                continue
            total = np.zeros(len(marked))
            for column in columns:
                total = total + np.where(degenerate[:, column], 0.0, each[marked[:, column]])
            kinds, which = np.unique(total, return_inverse=True)
            found[:, n] = np.array([rounded(kind) for kind in kinds.tolist()])[which.reshape(-1)]
        return found

    def totals(self, points: NDArray[np.float64]) -> list[float]:
        """Each student's points."""
        total = np.zeros(len(points))
        for column in points.T:
            total = total + column
        return [rounded(each) for each in total.tolist()]

    def first_errors(self, verdicts: NDArray[np.int8]) -> list[str | None]:
        """Each student's first error in graph order."""
        if not self.order:
            return [None] * len(verdicts)
        wrong = _ERRORS[verdicts[:, self.order]]
        labels = [self.program.ask[n].label for n in self.order]
        some: Any = wrong.any(axis=1)
        first: Any = wrong.argmax(axis=1)
        return [labels[n] if erred else None for erred, n in zip(some.tolist(), first.tolist(), strict=True)]


class Odd(NamedTuple):
    """What only a file that is not plain can have: faults and formulas by slot, places by step, and warnings.

    Of a formula is kept what was found of it, but for its text and place: the value and unit, and the rest from `holds`
    on.
    """

    faults: dict[int, Fault]
    formulas: dict[int, Cell]
    places: dict[int, tuple[int, int]]
    warnings: list[Notice]


class Kept(NamedTuple):
    """A part of a class, graded.

    Shapes: `verdict`, `degenerate`, `carried` and `cell` (students, slots of the face); `diagnosis` (students, asked
    steps); `line` and `column` a number a cell, whose texts are `texts`. Cell 0 is no answer, diagnosis 0 none.
    """

    verdict: NDArray[np.int8]
    degenerate: NDArray[np.bool_]
    carried: NDArray[np.float64]
    cell: NDArray[np.int32]
    diagnosis: NDArray[np.int32]
    line: NDArray[np.int32]
    column: NDArray[np.int32]
    texts: list[str]
    diagnoses: list[tuple[Diagnosis, ...]]
    odd: dict[int, Odd]

    def dump(self) -> bytes:
        """All of it as bytes."""
        arrays = self[:7]
        head = _encode(
            [
                [[array.dtype.str, array.shape] for array in arrays],
                self.texts,
                [[list(each) for each in found] for found in self.diagnoses],
                {str(student): [odd.faults, _formulas(odd), odd.places, [list(w) for w in odd.warnings]]
                 for student, odd in self.odd.items()},
            ]
        ).encode("utf-8", "surrogatepass")  # fmt: skip
        return b"".join([len(head).to_bytes(8, "little"), head, *(array.tobytes() for array in arrays)])

    @staticmethod
    def load(data: bytes) -> Kept:
        """What `dump` gave."""
        at = 8 + int.from_bytes(data[:8], "little")
        kinds, texts, diagnoses, odd = json.loads(data[8:at].decode("utf-8", "surrogatepass"))
        arrays: list[Any] = []
        for kind, shape in kinds:
            count = math.prod(shape)
            arrays.append(np.frombuffer(data, kind, count, at).reshape(shape))
            at += count * np.dtype(kind).itemsize
        explained = [tuple(Diagnosis(*each) for each in found) for found in diagnoses]
        return Kept._make([*arrays, texts, explained, {int(student): _odd(*parts) for student, parts in odd.items()}])

    def grade(self, face: Face, student: int, name: str, file: str) -> Grade:
        """The grade of one of the students, called `name`, for the submission `file`; `face` has their own numbers."""
        odd = self.odd.get(student, _PLAIN)
        cells: dict[int, Cell] = {}
        places: dict[int, tuple[int, int]] = dict(odd.places)
        at = 0
        row = self.cell[student].tolist()
        for number, step in face.steps:
            for slot in range(step.slot, step.slot + step.size):
                cell = row[at]
                at += 1
                if cell:
                    place = int(self.line[cell]), int(self.column[cell])
                    formula = odd.formulas.get(slot, _NUMBER)
                    cells[slot] = formula._replace(text=self.texts[cell], line=place[0], column=place[1])
                    if not odd.places:
                        places[number] = place
        verdict, carried, degenerate = (
            dict(zip(face.slots, part[student].tolist(), strict=True))
            for part in (self.verdict, self.carried, self.degenerate)
        )
        sheet = Sheet(Submission("", name, file, (), _NOWHERE), cells, odd.faults, places, odd.warnings)
        explained = {
            number: self.diagnoses[place]
            for (number, _), place in zip(face.steps, self.diagnosis[student].tolist(), strict=True)
            if place
        }
        return grade_sheet(sheet, face.program, Marks(verdict, carried, degenerate), explained)


_PLAIN = Odd({}, {}, {}, [])
_NUMBER = Cell(0.0, 1.0, "", 1, 1)
_NOWHERE: Any = None  # where the problem's id stands: no report shows it


def _formulas(odd: Odd) -> dict[int, list[Any]]:
    return {
        slot: [each.value, each.unit, each.holds, each.note, [list(found) for found in each.found]]
        for slot, each in odd.formulas.items()
    }


def _odd(
    faults: dict[str, list[Any]],
    formulas: dict[str, list[Any]],
    places: dict[str, list[int]],
    warnings: Sequence[list[Any]],
) -> Odd:
    return Odd(
        {int(slot): Fault(*fault) for slot, fault in faults.items()},
        {
            int(slot): Cell(value, unit, "", 1, 1, holds, note, tuple(Diagnosis(*each) for each in found))
            for slot, (value, unit, holds, note, found) in formulas.items()
        },
        {int(step): (line, column) for step, (line, column) in places.items()},
        [Notice(*each) for each in warnings],
    )
