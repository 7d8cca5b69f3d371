"""A submission laid over a program: each answer in the slots of the step that it names."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from checker.model import Notice, Shape
from checker.stepname import StepNames, Target, UnknownStep
from checker.submission import Answer, Entry, Submission

if TYPE_CHECKING:
    from checker.readings.program import Asked, Program


class Cell(NamedTuple):
    """One number that a student gave.

    `unit` is that of the last digit typed; an answer without decimals of its own (a fraction, a formula) has none.
    `holds` is what was found of a formula: 1 the step's identity, 2 right for these numbers only, 0 neither; None
    where a number was given.
    """

    value: float
    unit: float
    text: str
    line: int
    column: int
    holds: int | None = None
    note: str = ""


class Fault(NamedTuple):
    """An answer, or one element of it, that cannot be read: as typed, where, and what is wrong with it."""

    text: str
    line: int
    column: int
    reason: str


class Worked(NamedTuple):
    """What a formula comes to: its elements at the true quantities, and for each what `Cell.holds` says.

    `follows`: it is not the step's identity, but right given the student's own formulas for earlier steps.
    """

    values: list[float]
    holds: list[int | None]
    note: str = ""
    follows: bool = False


FormulaReader = Callable[[str, Target], Worked]  # raises FormulaError


class FormulaError(Exception):
    """A formula that cannot be read or used; the text says what and how to mend it."""


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
        _fill(sheet, answer, target, step.shape if element is None else (), slots, keep, read_formula)
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
    read_formula: FormulaReader,
) -> None:
    content = answer.content
    if isinstance(content, Entry):
        if content.error:
            _fault(sheet, slots, content, content.error)
        elif content.number is not None and shape:
            _fault(sheet, slots, content, f"one number, but {target.step} is {in_words(shape)}")
        elif content.formula is not None:
            _formula(sheet, content, target, slots, keep, read_formula)
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
            element = _unflat(position, shape)
            _formula(sheet, entry, target._replace(element=element), [slot], keep, read_formula)
        elif entry.number is not None:
            _number(sheet, entry, target, slot)


def _number(sheet: Sheet, entry: Entry, target: Target, slot: int) -> None:
    number = entry.number
    assert number is not None
    value = -number.value if target.negative else number.value
    unit = getattr(number, "unit", math.inf)
    sheet.cells[slot] = Cell(value, unit, entry.text, entry.line, entry.column)


def _formula(
    sheet: Sheet, entry: Entry, target: Target, slots: list[int], keep: set[int], read_formula: FormulaReader
) -> None:
    assert entry.formula is not None
    try:
        worked = read_formula(entry.formula, target)
    except FormulaError as error:
        _fault(sheet, slots, entry, str(error))
        return
    for slot, value, holds in zip(slots, worked.values, worked.holds, strict=True):
        if slot not in keep:
            continue
        if entry.number is not None:  # both were given: the value is judged too, and the worse verdict stands
            _number(sheet, entry, target, slot)
            sheet.cells[slot] = sheet.cells[slot]._replace(holds=holds, note=worked.note)
        else:
            sheet.cells[slot] = Cell(value, math.inf, entry.text, entry.line, entry.column, holds, worked.note)


def _fault(sheet: Sheet, slots: list[int], entry: Entry, reason: str) -> None:
    for slot in slots:
        sheet.faults[slot] = Fault(entry.text, entry.line, entry.column, reason)


def _flattened(content: object, shape: Shape) -> tuple[list[Entry], str]:
    """The entries row by row; or what is wrong with their arrangement."""
    if isinstance(content, Entry):
        return ([content], "") if not shape else ([], "a single number stands where a row is expected")
    assert isinstance(content, list)
    if not shape:
        return [], f"{len(content)} numbers stand where one is expected"
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


def _unflat(position: int, shape: Shape) -> tuple[int, ...]:
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
