"""Grading submissions part by part: from the bytes of files to what is kept of their grades."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from checker.batch.kept import UNREADABLE, Face, Kept, Odd
from checker.batch.outcomes import Outcome, ungradable
from checker.block import Block, Cells
from checker.errors import CheckerError
from checker.plainsheet import PlainReader
from checker.readings.lanes import LANES
from checker.readings.program import reference
from checker.sheet import lay
from checker.submission import load_submission

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from checker.batch.outcomes import Entry, Variant
    from checker.readings.program import Program
    from checker.sheet import FormulaReader, Sheet

MOST_CELLS = 60_000  # different cells remembered from one part of a class to the next


class Recorder:
    """Grades submissions to one family of problems, part by part, and says what is to be kept of each."""

    def __init__(
        self,
        program: Program,
        reader_of: Callable[[Variant], FormulaReader],
        with_mistakes: Callable[[], Program] | None = None,
    ) -> None:
        self.program, self.reader_of = program, reader_of
        self.block = Block(program, Cells(), with_mistakes)
        self.face, self._slots = Face.of(program)
        self._forget()

    def _forget(self) -> None:
        self.block.cells = Cells()
        self._plain = PlainReader(self.program)
        self._table = np.zeros((0, 3), dtype=np.int64)  # of the reader's lines: indent, column, cell

    def record(self, entries: Sequence[Entry], variants: Sequence[Variant]) -> tuple[list[Outcome], Kept]:
        """What became of each of these submissions, in their order, and what is kept of those that have a grade."""
        if len(self.block.cells) > MOST_CELLS or len(self._plain.lines) > MOST_CELLS:
            self._forget()
        outcomes: dict[int, Outcome] = {}
        students: list[str] = []
        graded: list[int] = []  # the entry of each student
        lines: list[list[int]] = []
        sheets: dict[int, Sheet] = {}  # by student, of those whose files are not plain
        for position, entry in enumerate(entries):
            plain = self._plain.read(entry.data)
            if plain is not None:
                students.append(plain.student if plain.student is not None else entry.fallback)
                graded.append(position)
                lines.append(plain.numbers)
                continue
            sheet = self._whole(entry, variants, outcomes, position)
            if sheet is not None:
                sheets[len(graded)] = sheet
                students.append(sheet.submission.student or entry.fallback)
                graded.append(position)
                lines.append([])
        numbers, odd = self._laid(lines)
        for student in odd:
            if student not in sheets:  # it only looked plain
                found = self._whole(entries[graded[student]], variants, outcomes, graded[student])
                if found is not None:
                    sheets[student] = found
                    students[student] = found.submission.student or entries[graded[student]].fallback
        for student, sheet in sheets.items():
            numbers[student] = [
                self.block.cells.number(cell) if (cell := sheet.cells.get(slot)) is not None else 0
                for slot in self.block.slots
            ]
        kept = [student for student in range(len(graded)) if graded[student] not in outcomes]
        if len(kept) < len(graded):
            numbers = numbers[kept]
            sheets = {new: sheets[old] for new, old in enumerate(kept) if old in sheets}
            students, graded = [students[old] for old in kept], [graded[old] for old in kept]
        which = np.array([entries[position].variant for position in graded], dtype=np.intp)
        self.block.mark_numbers(numbers, values_of(variants, which))
        made = self._kept(sheets)
        points = self.face.points(made.verdict, made.degenerate)
        firsts = self.face.first_errors(self.face.verdicts(made.verdict))
        for student, (total, first) in enumerate(zip(self.face.totals(points), firsts, strict=True)):
            entry = entries[graded[student]]
            outcomes[graded[student]] = Outcome(
                entry.name, students[student], variants[entry.variant].problem, "graded", total,
                self.face.possible, first, "", student,
            )  # fmt: skip
        return [outcomes[position] for position in range(len(entries))], made

    def numbers(self, variants: Sequence[Variant]) -> list[bytes]:
        """The right values of each of these problems, in the order of the face."""
        lanes = values_of(variants, np.arange(len(variants)))(self.program)
        table = np.empty((len(self._slots), len(variants)))
        for row, slot in zip(table, self._slots, strict=True):
            row[:] = lanes[slot]
        return [column.tobytes() for column in np.ascontiguousarray(table.T)]

    def _whole(
        self, entry: Entry, variants: Sequence[Variant], outcomes: dict[int, Outcome], position: int
    ) -> Sheet | None:
        """A file read the whole way; where that fails, why stands among the outcomes."""
        variant = variants[entry.variant]
        try:
            return lay(load_submission(entry.data, entry.name), self.program, self.reader_of(variant))
        except CheckerError as error:
            outcomes[position] = ungradable(entry, str(error), variant.problem)
            return None

    def _laid(self, lines: list[list[int]]) -> tuple[NDArray[np.intp], list[int]]:
        """The cells of plain files by student and column, and the students whose files are not plain after all."""
        count, columns = len(lines), len(self.block.slots)
        numbers = np.zeros((count, columns), dtype=np.intp)
        table = self._lines()
        lengths = np.array([len(each) for each in lines], dtype=np.intp)
        flat = np.array([number for each in lines for number in each], dtype=np.intp)
        rows = np.repeat(np.arange(count), lengths)
        indent, column, cell = table[flat].T
        odd = np.zeros(count, dtype=np.bool_)
        odd[rows[indent < 0]] = True
        answers = column >= 0
        rows, indent, column, cell = rows[answers], indent[answers], column[answers], cell[answers]
        numbers[rows, column] = cell
        odd[rows[cell == 0]] = True  # a name with nothing behind it
        given = np.bincount(rows, minlength=count)
        odd |= given == 0
        total = np.bincount(rows, indent, minlength=count)
        squares = np.bincount(rows, indent * indent, minlength=count)
        odd |= total * total != squares * given  # lines that are not all indented alike
        twice = np.bincount(rows * columns + column, minlength=count * columns) > 1
        odd |= twice.reshape(count, columns).any(axis=1)
        return numbers, np.flatnonzero(odd).tolist()

    def _lines(self) -> NDArray[np.int64]:
        """The reader's lines as an array; those that are new get the numbers of their cells."""
        lines = self._plain.lines
        if len(self._table) < len(lines):
            new, columns = lines[len(self._table) :], {-1: -1, **self.block.columns}
            table = np.zeros((len(new), 3), dtype=np.int64)
            table[:, 0] = [line.indent for line in new]
            table[:, 1] = [columns[line.slot] for line in new]
            filled = [row for row, line in enumerate(new) if line.cell is not None]
            table[filled, 2] = self.block.cells.add([new[row].cell for row in filled])  # type: ignore[misc]
            self._table = np.concatenate([self._table, table])
        return self._table

    def _kept(self, sheets: dict[int, Sheet]) -> Kept:
        block = self.block
        used = np.flatnonzero(np.bincount(block.numbers.reshape(-1), minlength=1))
        used = used[used > 0]
        place = np.zeros(len(block.cells), dtype=np.int32)
        place[used] = np.arange(1, len(used) + 1)
        cells = [block.cells[number] for number in used.tolist()]
        columns = {slot: column for column, slot in enumerate(block.slots)}
        moved = dict(zip(block.slots, self.face.slots, strict=True))
        verdict = block.verdict
        odd: dict[int, Odd] = {}
        for student, sheet in sheets.items():
            for slot in sheet.faults:
                if slot in columns:
                    verdict[student, columns[slot]] = UNREADABLE
            odd[student] = Odd(
                {moved[slot]: fault for slot, fault in sheet.faults.items() if slot in moved},
                {moved[slot]: each for slot, each in sheet.cells.items() if each.holds is not None and slot in moved},
                sheet.places,
                sheet.warnings,
            )
        return Kept(
            verdict,
            block.degenerate,
            block.carried,
            place[block.numbers],
            block.diagnosis,
            np.array([0, *(each.line for each in cells if each is not None)], dtype=np.int32),
            np.array([0, *(each.column for each in cells if each is not None)], dtype=np.int32),
            ["", *(each.text for each in cells if each is not None)],
            block.diagnoses,
            odd,
        )


def worked(program: Program, variants: Sequence[Variant]) -> list[Any]:
    """Every slot's true value, one lane a variant: shape (variants,), or a number that is the same for all.

    What a problem's values are must not depend on who else is graded: they are always worked as lanes.
    """
    values: list[Any] = list(program.values)
    at = 0
    numbers = np.array([variant.leaves for variant in variants], dtype=float)
    for slot, shape in program.leaves.values():
        for element in range(int(np.prod(shape, dtype=int))):
            values[slot + element] = numbers[:, at]
            at += 1
    with LANES.quiet():
        reference(program, values, LANES)
    return values


def values_of(variants: Sequence[Variant], which: NDArray[np.intp]) -> Callable[[Program], list[Any]]:
    """What gives the values of a program for students of whom each has the variant `which`."""

    def values(program: Program) -> list[Any]:
        if program.fixed or not variants[0].leaves:
            return list(program.values)
        lanes = worked(program, variants)
        if len(variants) == 1:
            return [float(each[0]) if isinstance(each, np.ndarray) else each for each in lanes]
        return [each[which] if isinstance(each, np.ndarray) else each for each in lanes]

    return values
