"""Submissions written in the plainest way, one `name: number` a line, laid over a program without a YAML parser.

A class types the same right numbers over and over, line for line: each line that was seen before is looked up. What is
not in this form (formulas, arrays, quotes, tabs, two spellings, anything odd) gives None and takes the whole way,
through `submission` and `sheet`, of which this is only a faster equal.
"""

from __future__ import annotations

import re
from math import prod
from typing import TYPE_CHECKING, NamedTuple

from checker.errors import Place
from checker.numbertext import NumberText, read_number
from checker.sheet import Cell, Sheet, lay
from checker.submission import KEYS, LONGEST_NAME, Answer, Entry, Submission

if TYPE_CHECKING:
    from checker.readings.program import Program
    from checker.sheet import FormulaReader

LARGEST = 65_536  # bytes; a longer file takes the whole way
MOST_LINES = 10_000

_HEAD = re.compile(
    rb"(?:#[ -~]*\n|\n)*format: +check-backprop/submission@1 *(?: #[ -~]*)?\n"
    rb"(?:#[ -~]*\n|\n)*problem: +([A-Za-z_][A-Za-z0-9._-]{0,63}) *(?: #[ -~]*)?\n"
    rb"(?:#[ -~]*\n|\n)*(?:student: +([A-Za-z0-9][A-Za-z0-9._@-]*(?: [A-Za-z0-9._@-]+)*) *(?: #[ -~]*)?\n)?"
    rb"(?:#[ -~]*\n|\n)*answers: *(?: #[ -~]*)?\n"
)
_LINE = re.compile(
    r"(?P<indent> {1,8})(?P<name>[A-Za-z][A-Za-z0-9_/]*(?:@[0-9]{1,5})?):"
    r"(?:(?P<space> {1,20})(?P<number>[-+]?(?:[0-9]{1,20}(?:\.[0-9]{0,20})?|\.[0-9]{1,20})(?:[eE][-+]?[0-9]{1,2})?))?"
    r" *(?: #[ -~]*)?"
)
_IDLE = re.compile(r" *(?:#[ -~]*)?")
_WORDS = frozenset({"null", "true", "false", "nan", "inf"})  # what YAML takes for something other than a text


class _Line(NamedTuple):
    """What a line of answers says: `slot` and `cell` (None: nothing filled in), the step's number, where it stands."""

    indent: int
    name: str
    slot: int
    cell: Cell | None
    step: int
    place: tuple[int, int]


_UNITS = [float(f"1e-{decimals}") for decimals in range(21)]
_NOTHING = _Line(0, "", -1, None, -1, (0, 0))  # an empty line or a comment
_ODD = _Line(-1, "", -1, None, -1, (0, 0))  # what takes the whole way


def _no_formula(_text: str, _target: object) -> None:
    raise AssertionError("a plain line holds no formula")


class Plain(NamedTuple):
    """A plain file: the place of its problem's id and the id, the student, and its lines by their number in `lines`."""

    problem: str
    place: tuple[int, int]
    student: str | None
    numbers: list[int]


class PlainReader:
    """Lays plain submissions to one program, remembering lines. Cells of equal lines are one object."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.lines: list[_Line] = [_NOTHING, _ODD]
        self._known: list[dict[bytes, int]] = []
        self._names: dict[str, tuple[int, int, float] | None] = {}
        self._starts: dict[bytes, _Line] = {}  # what stands before a number, of lines that were read

    def lay(self, data: bytes, file: str) -> Sheet | None:
        """What `sheet.lay(load_submission(data, file), …)` gives, answers apart; None where the file is not plain."""
        plain = self.read(data)
        laid = self._laid(plain.numbers) if plain is not None else None
        if plain is None or laid is None:
            return None
        submission = Submission(plain.problem, plain.student, file, (), Place(file, *plain.place))
        return Sheet(submission, laid[0], {}, laid[1], [])

    def read(self, data: bytes) -> Plain | None:
        """The lines of a plain file; None where it is not one. One of its lines may still be odd (number 1)."""
        if len(data) > LARGEST:
            return None
        if b"\r" in data:
            data = data.replace(b"\r\n", b"\n")
        head = _HEAD.match(data)
        if head is None:
            return None
        start = head.end()
        first = data.count(b"\n", 0, start)
        lines = data[start:].split(b"\n")
        if first + len(lines) > MOST_LINES:
            return None
        known = self._known
        if len(known) < first + len(lines):
            known.extend({} for _ in range(first + len(lines) - len(known)))
        student = head[2].decode() if head[2] else None
        if student is not None and (len(student) > LONGEST_NAME or student.lower() in _WORDS):
            return None
        numbers = [here.get(line, -1) for here, line in zip(known[first:], lines, strict=False)]
        if -1 in numbers:
            for position, found in enumerate(numbers):
                if found < 0:
                    numbers[position] = self._read(lines[position], first + position)
        at = head.start(1)
        return Plain(head[1].decode(), (data.count(b"\n", 0, at) + 1, at - data.rfind(b"\n", 0, at)), student, numbers)

    def _laid(self, numbers: list[int]) -> tuple[dict[int, Cell], dict[int, tuple[int, int]]] | None:
        """The lines' cells by slot and places by step; None where one is odd or there are no answers."""
        cells: dict[int, Cell] = {}
        places: dict[int, tuple[int, int]] = {}
        indent = 0
        for number in numbers:
            width, _, slot, cell, step, place = self.lines[number]
            if slot < 0:
                if width < 0:
                    return None
                continue
            if width != indent:
                if indent:
                    return None
                indent = width
            if step in places:  # a name twice, or two spellings of one step
                return None
            places[step] = place
            if cell is not None:
                cells[slot] = cell
        return (cells, places) if indent else None

    def _read(self, line: bytes, number: int) -> int:
        """The number of a line seen for the first time at this place."""
        start, space, typed = line.partition(b": ")
        alike = self._starts.get(start)
        found = self._like(alike, typed, number + 1) if alike is not None else None
        if found is None:
            try:
                found = self._understood(line.decode("ascii"), number + 1)
            except UnicodeDecodeError:
                return 1
            if found.cell is not None and space:
                self._starts[start] = found
        if found is _NOTHING or found is _ODD:
            kept = 0 if found is _NOTHING else 1
        else:
            kept = len(self.lines)
            self.lines.append(found)
        if len(line) <= 200:
            self._known[number][line] = kept
        return kept

    def _like(self, alike: _Line, typed: bytes, line: int) -> _Line | None:
        """A line that begins as another did, and ends with nothing but digits and a point; None of any other."""
        whole, _, decimals = typed.partition(b".")
        if len(typed) > 20 or not (whole[whole[:1] == b"-" :] + decimals).isdigit():
            return None
        name = alike.name
        value, unit = float(typed), _UNITS[len(decimals)]
        if self._names[name][2] < 0:  # type: ignore[index]  # a line with a cell has a name that means something
            value = -value
        place = (line, alike.indent + len(name) + 3)
        return _Line(alike.indent, name, alike.slot, Cell(value, unit, typed.decode(), *place), alike.step, place)

    def _understood(self, text: str, line: int) -> _Line:
        match = _LINE.fullmatch(text)
        if match is None:
            return _NOTHING if _IDLE.fullmatch(text) else _ODD
        name = match["name"]
        if name not in self._names:
            self._names[name] = self._meant(name)
        meant = self._names[name]
        if meant is None or name.lower() in _WORDS:
            return _ODD
        slot, step, sign = meant
        typed, width = match["number"], len(match["indent"])
        if typed is None:
            # where nothing stands libyaml places the value behind the colon
            return _Line(width, name, slot, None, step, (line, width + len(name) + 2))
        column = match.start("number") + 1
        number = read_number(typed)
        if not isinstance(number, NumberText):
            return _ODD
        value = -number.value if sign < 0 else number.value
        return _Line(width, name, slot, Cell(value, number.unit, typed, line, column), step, (line, column))

    def _meant(self, name: str) -> tuple[int, int, float] | None:
        """The slot, step and sign of a name that means one number and is asked; None of any other."""
        entry = Entry("1", 1, 1, read_number("1"))
        alone = Submission("", None, "", (Answer(name, 1, 1, 1, 1, entry),), Place(""))
        reader: FormulaReader = _no_formula  # type: ignore[assignment]  # never called: a number is no formula
        sheet = lay(alone, self.program, reader)
        if sheet.warnings or sheet.faults or len(sheet.cells) != 1:
            return None
        (slot, cell), (step,) = next(iter(sheet.cells.items())), sheet.places
        if prod(self.program.steps[step].shape) != 1 or self.program.steps[step].shape:
            return None
        return slot, step, cell.value


assert set(KEYS) == {"format", "problem", "student", "answers"}  # what the head above may hold
