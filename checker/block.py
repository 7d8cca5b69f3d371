"""Many submissions to one program, marked at once: one lane a student, from each lane the grade it would get alone."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from checker.diagnose import diagnose
from checker.grading import grade_sheet, named
from checker.mark import MISSING, Marks, doubtful, extended, mark, picked
from checker.readings.lanes import LANES
from checker.sheet import lay

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from checker.diagnose import Explanation
    from checker.outcome import Diagnosis, Grade
    from checker.readings.numeric import Value
    from checker.readings.program import Program, Step
    from checker.sheet import Cell, FormulaReader, Sheet
    from checker.submission import Submission

    Answers = dict[int, tuple[Value, Value, Value, Value]]
    ValuesOf = Callable[[Program], list[Value]]


def grade_block(
    submissions: Iterable[Submission],
    program: Program,
    read_formula: FormulaReader,
    with_mistakes: Callable[[], Program] | None = None,
) -> list[Grade]:
    """The grades of many submissions to one problem, each as `grading.grade_submission` gives it."""
    block = Block(program, Cells(), with_mistakes)
    block.mark([lay(submission, program, read_formula) for submission in submissions])
    return [block.grade(student) for student in range(len(block.sheets))]


class Cells:
    """The different cells of a class, numbered from 1; 0 is no answer. Equal lines of plain sheets share one."""

    def __init__(self) -> None:
        self._numbers: dict[int, int] = {}
        self._kept: list[Cell | None] = [None]
        # where nothing was answered stands a number that agrees with none
        self._value, self._unit, self._holds = [math.nan], [1.0], [-1]
        self._columns: tuple[NDArray[Any], ...] = ()

    def number(self, cell: Cell) -> int:
        """The number of a cell; the cell is kept, so that no other takes its identity."""
        number = self._numbers.get(id(cell))
        if number is None:
            number = self._numbers[id(cell)] = len(self._kept)
            self._kept.append(cell)
            self._value.append(cell.value)
            self._unit.append(cell.unit)
            self._holds.append(-1 if cell.holds is None else cell.holds)
        return number

    def add(self, cells: Sequence[Cell]) -> range:
        """The numbers of cells of numbers that were never seen before, which is much faster for many."""
        numbers = range(len(self._kept), len(self._kept) + len(cells))
        self._numbers.update(zip(map(id, cells), numbers, strict=True))
        self._kept += cells
        self._value += [cell.value for cell in cells]
        self._unit += [cell.unit for cell in cells]
        self._holds += [-1] * len(cells)
        return numbers

    def __len__(self) -> int:
        return len(self._kept)

    def __getitem__(self, number: int) -> Cell | None:
        return self._kept[number]

    def columns(self) -> tuple[NDArray[Any], ...]:
        """By number: value, typed unit, what its formula is."""
        count = len(self._kept)
        if not self._columns or len(self._columns[0]) != count:
            self._columns = np.array(self._value), np.array(self._unit), np.array(self._holds, dtype=np.int8)
        return self._columns


class Block:
    """A class, or a part of it, laid over one program and marked in one go.

    `slots` are those of the steps that are asked, in graph order; `numbers` has a row a student and a column for each
    of them, with the number of the cell that stands there. What is wrong is diagnosed with the program that
    `with_mistakes` gives; without it nothing is. `diagnosis` has a row a student and a column for each asked step, with
    the place of what explains it in `diagnoses`; 0 is nothing.
    """

    def __init__(self, program: Program, cells: Cells, with_mistakes: Callable[[], Program] | None = None) -> None:
        self.program, self.cells, self.with_mistakes = program, cells, with_mistakes
        asked = {item.step for item in program.ask}
        self.steps = [(number, step) for number, step in enumerate(program.steps) if number in asked]
        self.slots = [slot for _, step in self.steps for slot in range(step.slot, step.slot + step.size)]
        self.columns = {slot: column for column, slot in enumerate(self.slots)}
        self._start(0)

    def _start(self, students: int, values_of: ValuesOf | None = None) -> None:
        slots = len(self.slots)
        self.sheets: Sequence[Sheet] = ()
        self.values_of = values_of or (lambda program: list(program.values))
        self.numbers = np.zeros((students, slots), dtype=np.intp)
        self.verdict = np.full((students, slots), MISSING, dtype=np.int8)
        self.carried = np.full((students, slots), np.nan)
        self.degenerate = np.zeros((students, slots), dtype=np.bool_)
        self.diagnosis = np.zeros((students, len(self.steps)), dtype=np.int32)
        self.diagnoses: list[tuple[Diagnosis, ...]] = [()]
        self._known: dict[tuple[Diagnosis, ...], int] = {(): 0}

    def mark(self, sheets: Sequence[Sheet], values_of: ValuesOf | None = None) -> None:
        """Mark these sheets, whose students are then numbered from 0.

        Where each has numbers of their own, `values_of` gives a program's values: a number, or a lane a student.
        """
        numbers = np.zeros((len(sheets), len(self.slots)), dtype=np.intp)
        number, slots = self.cells.number, self.slots
        for row, sheet in zip(numbers, sheets, strict=True):
            get = sheet.cells.get
            row[:] = [number(cell) if (cell := get(slot)) is not None else 0 for slot in slots]
        self.mark_numbers(numbers, values_of)
        self.sheets = sheets

    def mark_numbers(self, numbers: NDArray[np.intp], values_of: ValuesOf | None = None) -> None:
        """The same where the cells have been numbered: shape (students, slots)."""
        self._start(len(numbers), values_of)
        self.numbers = numbers
        everyone = np.arange(len(numbers))
        values = self.values_of(self.program)
        for students in self._alike(everyone, lambda step: len(step.routes) > 1):
            answers, truth = self._answers(students), _of(values, students, everyone)
            marks = mark(self.program, truth, answers, LANES)
            doubt = np.zeros(len(students), dtype=np.bool_)
            if self.with_mistakes is not None:
                for slot, answer in answers.items():
                    bad, strained = doubtful(marks, slot, answer, truth[slot])
                    doubt |= bad | strained
            self._take(students, marks)
            if self.with_mistakes is not None and doubt.any():
                self._diagnose(students, doubt, answers, marks, self.with_mistakes())

    def _diagnose(
        self, students: NDArray[np.intp], doubt: NDArray[np.bool_], answers: Answers, marks: Marks, program: Program
    ) -> None:
        """Name the mistakes of students who were marked together; `doubt` says of whom some are to be looked for."""
        values, everyone = self.values_of(program), np.arange(len(self.numbers))
        truth = _of(values, students, everyone)
        marks = extended(marks, self.program, program, truth, LANES)
        groups = self._alike(students, lambda _: True)
        if len(groups) > 1:
            groups = self._alike(students[doubt], lambda _: True)
        for group in groups:
            if len(group) < len(students):
                own = picked(marks, np.searchsorted(students, group), LANES)
                diagnosis = diagnose(program, _of(values, group, everyone), self._answers(group), own, LANES)
            else:
                diagnosis = diagnose(program, truth, answers, marks, LANES)
            self._take(group, diagnosis.marks)
            for step, found in diagnosis.found.items():
                self._name(group[found.item.who], program, step, found.explanations)

    def _name(
        self, students: NDArray[np.intp], program: Program, step: int, explanations: Sequence[Explanation]
    ) -> None:
        """What explains this step, for each student; those whom the same explains are looked at once."""
        table = np.zeros((len(students), 3 * len(explanations)), dtype=np.int16)
        for k, e in enumerate(explanations):
            table[:, 3 * k], table[:, 3 * k + 1], table[:, 3 * k + 2] = e.who, e.clear & e.who, e.gain * e.who
        explained = table[:, ::3].any(axis=1)
        students, table = students[explained], table[explained]
        column = next(column for column, (number, _) in enumerate(self.steps) if number == step)
        data, width = table.tobytes(), table.itemsize * table.shape[1]
        kinds: dict[bytes, int] = {}
        numbers = []
        for row, start in enumerate(range(0, len(data), width)):
            kind = data[start : start + width]
            number = kinds.get(kind)
            if number is None:
                parts = table[row].tolist()
                own = [
                    e._replace(who=bool(who), clear=bool(clear), gain=gain)
                    for e, who, clear, gain in zip(explanations, parts[::3], parts[1::3], parts[2::3], strict=True)
                ]
                found = named(program, {step: own})[step]
                number = self._known.setdefault(found, len(self._known))
                if number == len(self.diagnoses):
                    self.diagnoses.append(found)
                kinds[kind] = number
            numbers.append(number)
        self.diagnosis[students, column] = numbers

    def _answers(self, students: NDArray[np.intp]) -> Answers:
        value, unit, holds = self.cells.columns()
        return {
            slot: (value[numbers], unit[numbers], numbers > 0, holds[numbers])
            for slot, numbers in zip(self.slots, np.ascontiguousarray(self.numbers[students].T), strict=True)
            if numbers.any()
        }

    def _take(self, students: NDArray[np.intp], marks: Marks) -> None:
        for kept, found in (
            (self.verdict, marks.verdict), (self.carried, marks.carried), (self.degenerate, marks.degenerate),
        ):  # fmt: skip
            rows = np.empty((len(self.slots), len(students)), dtype=kept.dtype)
            for row, slot in zip(rows, self.slots, strict=True):
                row[:] = found[slot]
            kept[students] = rows.T

    def _alike(self, students: NDArray[np.intp], counts: Callable[[Step], bool]) -> list[NDArray[np.intp]]:
        """The students in groups that left out the same steps, of those that count.

        What one student left out opens ways, up to a bound, that must not be counted against another's.
        """
        given = self.numbers[students] > 0
        if given.all() or len(students) < 2:
            return [students]
        hidden = [
            ~given[:, self.columns[step.slot] : self.columns[step.slot] + step.size].all(axis=1)
            for _, step in self.steps
            if counts(step)
        ]
        if not hidden:
            return [students]
        _, groups = np.unique(np.array(hidden).T, axis=0, return_inverse=True)
        groups = groups.reshape(-1)  # some versions of numpy give a column
        order = np.argsort(groups, kind="stable")
        return np.split(students[order], np.flatnonzero(np.diff(groups[order])) + 1)

    def explained(self, student: int) -> dict[int, tuple[Diagnosis, ...]]:
        """What explains a student's wrong answers, by the step's number."""
        return {
            number: self.diagnoses[place]
            for (number, _), place in zip(self.steps, self.diagnosis[student].tolist(), strict=True)
            if place
        }

    def lane(self, student: int) -> Marks:
        """The marks of one student, as marking this student alone gives them: those that a grade is made of."""
        verdict, carried, degenerate = (
            dict(zip(self.slots, part[student].tolist(), strict=True))
            for part in (self.verdict, self.carried, self.degenerate)
        )
        return Marks(verdict, carried, degenerate)

    def grade(self, student: int) -> Grade:
        """The grade of one student."""
        program = self.program
        own = [float(each[student]) if isinstance(each, np.ndarray) else each for each in self.values_of(program)]
        program = program._replace(values=own)
        return grade_sheet(self.sheets[student], program, self.lane(student), self.explained(student))


def _of(values: list[Value], students: NDArray[np.intp], everyone: NDArray[np.intp]) -> list[Value]:
    """The values of these students."""
    if len(students) == len(everyone):
        return list(values)
    return [value[students] if isinstance(value, np.ndarray) else value for value in values]
