"""The instructor's own gradebook, filled: a Canvas export or a Moodle grading worksheet, else byte for byte as it was.

The file that was given is never written to; the filled copy is what is uploaded.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from checker.batch.gradebook import plain as amount
from checker.batch.people import NAMES, People, plain
from checker.batch.spreadsheet import read_spreadsheet
from checker.errors import AuthorError, Finding, Place
from checker.table import suggest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from checker.batch.spreadsheet import Spreadsheet

FOLDER = "upload"
# columns of a Canvas export that are no assignments
_CANVAS_OWN = re.compile(
    r"student|id|sis user id|sis login id|integration id|root account|section|notes|"
    r".*(?:current|final|unposted current|unposted final) (?:score|points|grade)|override (?:score|grade|status).*"
)
_POINTS_POSSIBLE = "points possible"
_NUMBER = re.compile(r"\s*-?\d+(?:[.,]\d+)?\s*")


class Points(NamedTuple):
    """What a student has for a problem, or for a variant of one, in the end; None where it could not be graded."""

    student: str
    problem: str
    final: float | None
    possible: float
    doubtful: bool = False
    sender: str = ""
    sender_id: str = ""


class Filled(NamedTuple):
    """The filled file, and what its reader should know: how many were filled, and what was not and why."""

    data: bytes
    filled: int
    remarks: list[str]


class Worksheet:
    """An export that can be filled.

    Raises:
        AuthorError: the file is none, or it cannot be told which column the points belong in.
    """

    def __init__(self, data: bytes, file: str, column: str | None = None) -> None:
        self.sheet: Spreadsheet = read_spreadsheet(data, file)
        self.people = People(self.sheet)
        self.file, self.wanted = file, column
        heading = self.people.heading
        self.moodle = "identifier" in heading and "grade" in heading
        self.canvas = {"student", "id"} <= set(heading) and not self.moodle
        if not heading or not self.people.persons:
            what = "it is neither a Canvas export nor a Moodle grading worksheet: no row is a student's"
            raise AuthorError(Finding(what, Place(file), "export the gradebook again as CSV, or use --roster"))
        if column is not None and self._named(column) is None:
            raise AuthorError(
                Finding(
                    f"there is no column {column!r}", Place(file), suggest(plain(column), self._assignments().values())
                )
            )

    def _assignments(self) -> dict[int, str]:
        """The columns that can be filled."""
        heading = self.people.heading
        if self.moodle:
            return {heading.index("grade"): "grade"}
        return {
            column: name
            for column, name in enumerate(heading)
            if name and not _CANVAS_OWN.fullmatch(name) and name not in NAMES and self._graded(column)
        }

    def _graded(self, column: int) -> bool:
        """Whether a column holds nothing but numbers, or nothing."""
        values = [self.people.value(person, column) for person in self.people.persons]
        return all(not value or _NUMBER.fullmatch(value) for value in values)

    def _named(self, name: str) -> int | None:
        """The column of that name, which Canvas writes with a number behind it."""
        wanted = plain(name)
        for column, heading in enumerate(self.people.heading):
            if heading == wanted or re.sub(r" \(\d+\)$", "", heading) == wanted:
                return column
        return None

    def column_of(self, problem: str, title: str, *, alone: bool) -> int:
        """The column of a problem: the one asked for, of its title or its id, or the only one there is.

        Raises:
            AuthorError: none of these.
        """
        if self.wanted is not None:
            found = self._named(self.wanted)
            assert found is not None
            return found
        for name in (title, problem):
            found = self._named(name) if name else None
            if found is not None:
                return found
        candidates = self._assignments()
        if len(candidates) == 1 and alone:
            return next(iter(candidates))
        listed = ", ".join(self.sheet.rows[0][1][column].value for column in list(candidates)[:12])
        what = f"it cannot be told which column the points for {title or problem!r} belong in"
        mend = f"say --column NAME; there are {listed}" if listed else "add the assignment and export it again"
        raise AuthorError(Finding(what, Place(self.file), mend))

    def fill(self, points: Iterable[Points], problems: Sequence[tuple[str, str, str]]) -> Filled:
        """The file with everybody's points; `problems` are the key, id and title of each, whose columns are looked for.

        Points for problems of one column are added up. They are scaled to the points that the column has, where it
        says so.

        Raises:
            AuthorError: a problem has no column.
        """
        columns = {key: self.column_of(problem, title, alone=len(problems) == 1) for key, problem, title in problems}
        unknown = next(iter(columns.values()), 0)  # of what could not be graded nobody may know which problem it is to
        sums: dict[tuple[int, int], float] = {}
        whole: dict[tuple[int, int], float] = {}
        not_graded: set[tuple[int, int]] = set()
        remarks: list[str] = []
        unmatched: dict[str, None] = {}
        for each in points:
            person = self.people.find(each.student, *([] if each.doubtful else [*each.sender_id.split(), each.sender]))
            if person is None:
                unmatched.setdefault(each.student)
                continue
            place = person.row, columns.get(each.problem, unknown)
            if each.doubtful:
                remarks.append(f"{each.student}: not filled in, since {each.sender or 'somebody else'} handed it in")
            elif each.final is None:
                not_graded.add(place)
            else:
                sums[place] = sums.get(place, 0.0) + each.final
                whole[place] = whole.get(place, 0.0) + each.possible
        values: dict[tuple[int, int], str] = {}
        scaled: set[tuple[float, float]] = set()
        for place, total in sums.items():
            name = self._label(place[0])
            if place in not_graded:
                continue
            if self.moodle and not self._may_change(place[0]):
                remarks.append(f"{name}: not filled in, since the worksheet says that the grade cannot be changed")
                continue
            if place[1] >= len(self.sheet.rows[place[0]][1]):
                remarks.append(f"{name}: not filled in, since the row ends before the column")
                continue
            most = self._most(place)
            if most is not None and whole[place] and abs(most - whole[place]) > 1e-9:
                scaled.add((whole[place], most))
            values[place] = self._written(total if most is None or not whole[place] else total * most / whole[place])
        remarks += [f"{self._label(row)}: not filled in, since it could not be graded" for row, _ in sorted(not_graded)]
        remarks += [f"{student}: is not in the file" for student in sorted(unmatched)]
        remarks += [
            f"points of {amount(ours)} are scaled to the {amount(theirs)} of the column"
            for ours, theirs in sorted(scaled)
        ]
        return Filled(self.sheet.changed(values), len(values), remarks)

    @property
    def name(self) -> str:
        """What the filled file is called below --out."""
        last = re.split(r"[/\\]", self.file)[-1]
        return f"{FOLDER}/{last or 'gradebook.csv'}"

    def _label(self, row: int) -> str:
        return next((person.label for person in self.people.persons if person.row == row), "?")

    def _may_change(self, row: int) -> bool:
        """What Moodle says of a grade; where it says nothing that is a plain no, it may."""
        column = self.people.column("grade can be changed")
        if column is None or column >= len(self.sheet.rows[row][1]):
            return True
        return plain(self.sheet.rows[row][1][column].value) not in ("no", "nein", "non", "nee", "0", "false")

    def _most(self, place: tuple[int, int]) -> float | None:
        """The points that the column has: Moodle says them in each row, Canvas in a row of its own."""
        row, column = place
        if self.moodle:
            column = self.people.heading.index("maximum grade") if "maximum grade" in self.people.heading else -1
        else:
            row = next(
                (
                    n
                    for n, (_, cells) in enumerate(self.sheet.rows)
                    if cells and plain(cells[0].value) == _POINTS_POSSIBLE
                ),
                -1,
            )
        if row < 0 or column < 0 or column >= len(self.sheet.rows[row][1]):
            return None
        text = self.sheet.rows[row][1][column].value.strip()
        return float(text.replace(",", ".")) if _NUMBER.fullmatch(text) else None

    def _written(self, number: float) -> str:
        """A number as the file writes numbers."""
        text = amount(round(number, 4))
        if self.sheet.delimiter != "," and any(
            re.fullmatch(r"\s*-?\d+,\d+\s*", cell.value) for _, cells in self.sheet.rows for cell in cells
        ):
            return text.replace(".", ",")
        return text
