"""A submission laid over a program: each answer in the slots of the step that it names."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from checker.outcome import Diagnosis, Notice, Shape, Tolerance
from checker.stepname import StepNames, Target, UnknownStep
from checker.submission import Answer, Both, Entry, Submission

if TYPE_CHECKING:
    from checker.readings.program import Asked, Program


# What can be found of a formula: none of what follows; the step's own; so at the problem's numbers only; right given
# the student's own earlier formulas; a named mistake; a named slip. BESIDE is added where a number stands beside it,
# and DISAGREES where that is not what it gives.
DIFFERENT, IDENTITY, NUMBERS_ONLY, FOLLOWS, MISTAKEN, SLIPPED = range(6)
DISAGREES, BESIDE = 8, 16


class Cell(NamedTuple):
    """One number that a student gave.

    `unit` is that of the last digit typed; an answer without decimals of its own (a fraction, a formula) has none.
    `holds` is what was found of a formula, one of the codes above; None where a number was given. `found` are the
    mistakes that a formula is.
    """

    value: float
    unit: float
    text: str
    line: int
    column: int
    holds: int | None = None
    note: str = ""
    found: tuple[Diagnosis, ...] = ()


class Fault(NamedTuple):
    """An answer, or one element of it, that cannot be read: as typed, where, and what is wrong with it."""

    text: str
    line: int
    column: int
    reason: str


class FormulaAnswer(NamedTuple):
    """A formula that answers `target`, and what precision is asked of each element.

    `numbers` are those typed beside it, each with its unit (infinite where it has no decimals of its own), in the sign
    of the step.
    """

    text: str
    target: Target
    tolerances: tuple[Tolerance, ...] = ()
    numbers: tuple[tuple[float, float], ...] = ()


class NumberAnswer(NamedTuple):
    """A number that answers an element of a step (counted from 0), with its unit, in the sign of the step."""

    step: str
    element: int
    value: float
    unit: float
    tolerance: Tolerance


class Worked(NamedTuple):
    """What a formula comes to: its elements at the true quantities, and for each what `Cell.holds` says.

    Beside a student's other answers, the elements are those with their own earlier answers.
    """

    values: list[float]
    holds: list[int | None]
    note: str = ""
    found: tuple[Diagnosis, ...] = ()


class FormulaError(Exception):
    """A formula that cannot be read or used; the text says what and how to mend it."""


# all formulas of one submission, with all its numbers: what each comes to, or why it cannot be used
FormulaReader = Callable[[Sequence[FormulaAnswer], Sequence[NumberAnswer]], list[Worked | FormulaError]]


class Sheet(NamedTuple):
    """A student's answers by slot; `places` is where each answered step stands in the file, by the step's number."""

    submission: Submission
    cells: dict[int, Cell]
    faults: dict[int, Fault]
    places: dict[int, tuple[int, int]]
    warnings: list[Notice]


def lay(submission: Submission, program: Program, read_formula: FormulaReader) -> Sheet:
    """The submission's answers in the program's slots. What cannot be used is a warning or a fault, never an error."""
    sheet = Sheet(submission, {}, {}, {}, [])
    names = program.names
    numbers = {step.name: number for number, step in enumerate(program.steps)}
    asked: dict[int, set[int | None]] = {}
    for item in program.ask:
        asked.setdefault(item.step, set()).add(item.element)
    spelled: dict[tuple[str, int | None], Answer] = {}
    waiting: list[_Waiting] = []
    for answer in submission.answers:
        target = _target(answer, names, sheet, numbers, program, asked)
        if target is None:
            continue
        number = numbers.get(target.step)
        if number is None or number not in asked:
            message = f"{answer.name!r} is not asked; it is not graded"
            sheet.warnings.append(Notice(message, answer.key_line, answer.key_column))
            continue
        step = program.steps[number]
        element = None if target.element is None else flat(target.element, step.shape)
        wanted = asked[number]
        if element is not None and None not in wanted and element not in wanted:
            message = f"{answer.name!r} is not asked; it is not graded"
            sheet.warnings.append(Notice(message, answer.key_line, answer.key_column))
            continue
        sheet.places.setdefault(number, (answer.line, answer.column))
        slots = list(range(step.slot, step.slot + step.size)) if element is None else [step.slot + element]
        twice = spelled.get((target.step, element))
        if twice is None and any(slot in sheet.cells or slot in sheet.faults for slot in slots):
            twice = next(a for (name, _), a in spelled.items() if name == target.step)
        spelled[target.step, element] = answer
        if twice is not None:
            reason = f"{answer.name!r} and {twice.name!r} both answer {target.step}; keep one of them"
            for slot in slots:
                cell = sheet.cells.pop(slot, None)
                shown = f"{cell.text if cell else ''}"
                sheet.faults[slot] = Fault(shown, answer.key_line, answer.key_column, reason)
            continue
        if element is None and None not in wanted:
            keep = {step.slot + e for e in wanted if e is not None}
        else:
            keep = set(slots)
        _fill(sheet, answer, target, step.shape if element is None else (), slots, keep, waiting)
    if waiting:
        _read_formulas(sheet, program, waiting, read_formula)
    return sheet


def flat(element: tuple[int, ...], shape: Shape) -> int:
    """The position of an element (counted from 1) among all, row by row (from 0)."""
    position = 0
    for i, n in zip(element, shape, strict=True):
        position = position * n + i - 1
    return position


def asked_slots(item: Asked, program: Program) -> range:
    """The slots that an asked item is judged by."""
    step = program.steps[item.step]
    if item.element is not None:
        return range(step.slot + item.element, step.slot + item.element + 1)
    return range(step.slot, step.slot + step.size)


def _target(
    answer: Answer,
    names: StepNames,
    sheet: Sheet,
    numbers: dict[str, int],
    program: Program,
    asked: dict[int, set[int | None]],
) -> Target | None:
    try:
        return names.find(answer.name)
    except UnknownStep as error:
        base = answer.name.partition("[")[0]
        try:
            number = numbers.get(names.find(base).step) if "[" in answer.name else None
        except UnknownStep:
            number = None
        if number is None or number not in asked:  # not a step at all
            message = f"{error.what}; {error.mend}" if error.mend else error.what
            sheet.warnings.append(Notice(message, answer.key_line, answer.key_column))
            return None
        step = program.steps[number]
        for slot in range(step.slot, step.slot + step.size):
            if slot not in sheet.cells:
                sheet.faults[slot] = Fault(
                    answer.name, answer.key_line, answer.key_column, f"{error.what}; {error.mend}"
                )
        sheet.places.setdefault(number, (answer.line, answer.column))
        return None


def _fill(
    sheet: Sheet,
    answer: Answer,
    target: Target,
    shape: Shape,
    slots: list[int],
    keep: set[int],
    waiting: list[_Waiting],
) -> None:
    content = answer.content
    if isinstance(content, Both):
        entries, reason = _flattened(content.value, shape)
        if reason or any(entry.error or entry.number is None for entry in entries):
            _entries(sheet, content.value, answer, target, shape, slots, keep, waiting)
        else:
            waiting.append(_Waiting(content.formula, target, slots, keep, entries, sheet.cells))
        return
    _entries(sheet, content, answer, target, shape, slots, keep, waiting)


def _entries(
    sheet: Sheet,
    content: object,
    answer: Answer,
    target: Target,
    shape: Shape,
    slots: list[int],
    keep: set[int],
    waiting: list[_Waiting],
) -> None:
    if isinstance(content, Entry):
        if content.error:
            _fault(sheet, slots, content, content.error)
        elif content.number is not None and shape:
            _fault(sheet, slots, content, f"one number, but {target.step} is {in_words(shape)}")
        elif content.formula is not None:
            waiting.append(
                _Waiting(content, target, slots, keep, [content] * (content.number is not None), sheet.cells)
            )
        elif content.number is None:
            return  # nothing was filled in: missing
        else:
            _number(sheet, content, target, slots[0])
        return
    entries, reason = _flattened(content, shape)
    if reason:
        first = _first(content)
        where = (first.line, first.column) if first else (answer.line, answer.column)
        for slot in slots:
            sheet.faults[slot] = Fault("", *where, f"{reason}; {target.step} is {in_words(shape)}")
        return
    for slot, position, entry in zip(slots, range(len(slots)), entries, strict=True):
        if slot not in keep:
            continue
        if entry.error:
            _fault(sheet, [slot], entry, entry.error)
        elif entry.formula is not None:
            element = element_at(position, shape)
            numbers = [entry] * (entry.number is not None)
            waiting.append(_Waiting(entry, target._replace(element=element), [slot], keep, numbers, sheet.cells))
        elif entry.number is not None:
            _number(sheet, entry, target, slot)


def _number(sheet: Sheet, entry: Entry, target: Target, slot: int) -> None:
    number = entry.number
    assert number is not None
    value = -number.value if target.negative else number.value
    unit = getattr(number, "unit", math.inf)
    sheet.cells[slot] = Cell(value, unit, entry.text, entry.line, entry.column)


class _Waiting:
    """A formula that is read once all answers are known; until then a cell without a value holds each of its slots."""

    def __init__(
        self,
        entry: Entry,
        target: Target,
        slots: list[int],
        keep: set[int],
        numbers: list[Entry],
        cells: dict[int, Cell],
    ) -> None:
        self.entry, self.target, self.slots, self.keep, self.numbers = entry, target, slots, keep, numbers
        self.held = Cell(math.nan, math.inf, entry.text, entry.line, entry.column)
        cells.update(dict.fromkeys(slots, self.held))


def _read_formulas(sheet: Sheet, program: Program, waiting: list[_Waiting], read_formula: FormulaReader) -> None:
    """Put what each formula comes to in the place of the cell that holds its slots."""
    cells = sheet.cells
    held = [w for w in waiting if all(cells.get(slot) is w.held for slot in w.slots)]
    unread = {id(w.held) for w in waiting}
    asked_for = {(item.step, item.element): item.tolerance for item in program.ask}
    own: list[NumberAnswer] = []
    tolerances: dict[int, Tolerance] = {}
    for number, step in enumerate(program.steps):
        for element, slot in enumerate(range(step.slot, step.slot + step.size)):
            cell = cells.get(slot)
            if cell is None:
                continue
            tolerance = asked_for.get((number, element)) or asked_for.get((number, None)) or program.tolerance
            tolerances[slot] = tolerance
            if id(cell) not in unread:
                own.append(NumberAnswer(step.name, element, cell.value, cell.unit, tolerance))
    asked = []
    for w in held:
        sign = -1.0 if w.target.negative else 1.0
        numbers = tuple((sign * e.number.value, getattr(e.number, "unit", math.inf)) for e in w.numbers if e.number)
        own.extend(
            NumberAnswer(w.target.step, element, value, unit, tolerances[slot])
            for element, slot, (value, unit) in zip(_elements(w, program), w.slots, numbers, strict=False)
        )
        text = w.entry.formula or ""
        asked.append(FormulaAnswer(text, w.target, tuple(tolerances[slot] for slot in w.slots), numbers))
    found = read_formula(asked, own) if asked else []
    for w, worked in zip(held, found, strict=True):
        for slot in w.slots:
            del cells[slot]
        if isinstance(worked, FormulaError):
            _fault(sheet, w.slots, w.entry, str(worked))
            continue
        for n, (slot, value, holds) in enumerate(zip(w.slots, worked.values, worked.holds, strict=True)):
            if slot not in w.keep:
                continue
            if w.numbers:  # both were given: the value is judged too
                _number(sheet, w.numbers[n], w.target, slot)
                cell = cells[slot]
                beside = 0 if holds is None else BESIDE
            else:
                beside = 0
                cell = Cell(value, math.inf, w.entry.text, w.entry.line, w.entry.column)
            held_as = None if holds is None else holds + beside
            cells[slot] = cell._replace(holds=held_as, note=worked.note, found=worked.found)
    for slot in [slot for slot, cell in cells.items() if id(cell) in unread]:
        del cells[slot]  # a formula of which another answer took an element


def _elements(waiting: _Waiting, program: Program) -> list[int]:
    """The positions of a formula's elements in its step."""
    start = next(step.slot for step in program.steps if step.name == waiting.target.step)
    return [slot - start for slot in waiting.slots]


def _fault(sheet: Sheet, slots: list[int], entry: Entry, reason: str) -> None:
    for slot in slots:
        sheet.faults[slot] = Fault(entry.text, entry.line, entry.column, reason)


def _flattened(content: object, shape: Shape) -> tuple[list[Entry], str]:
    """The entries row by row; or what is wrong with their arrangement."""
    if isinstance(content, Entry):
        return ([content], "") if not shape else ([], "a single number stands where a row is expected")
    assert isinstance(content, list)
    if not shape:
        return [], "a list in brackets stands where a single number is expected"
    if len(content) != shape[0]:
        what = "rows" if len(shape) > 1 else "numbers"
        return [], f"{len(content)} {what} instead of {shape[0]}"
    entries: list[Entry] = []
    for part in content:
        inner, reason = _flattened(part, shape[1:])
        if reason:
            return [], reason
        entries.extend(inner)
    return entries, ""


def _first(content: object) -> Entry | None:
    while isinstance(content, list):
        if not content:
            return None
        content = content[0]
    return content if isinstance(content, Entry) else None


def element_at(position: int, shape: Shape) -> tuple[int, ...]:
    """The element (counted from 1) at a position among all, row by row (from 0)."""
    element = []
    for n in reversed(shape):
        element.append(position % n + 1)
        position //= n
    return tuple(reversed(element))


def in_words(shape: Shape) -> str:
    """'a number', 'a vector of 3 numbers', 'a matrix of 2 rows of 3 numbers'."""
    if not shape:
        return "a number"
    if len(shape) == 1:
        return f"a vector of {shape[0]} numbers"
    if len(shape) == 2:
        return f"a matrix of {shape[0]} rows of {shape[1]} numbers"
    return f"an array of {' by '.join(map(str, shape))} numbers"
