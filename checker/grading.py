"""A submission's grade: marks put into the words and numbers that reports show, points, and the first error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from checker.compare import asked_unit, within
from checker.mark import (
    CORRECT,
    FOLLOW_THROUGH,
    IMPRECISE,
    MISCONCEPTION,
    MISSING,
    SLIP,
    Marks,
    doubtful,
    extended,
    mark,
)
from checker.outcome import FIRST_ERRORS, Diagnosis, ElementGrade, Grade, Kind, StepGrade, Verdict
from checker.readings.program import Asked, Program, places, with_numbers
from checker.sheet import (
    DISAGREES,
    FOLLOWS,
    IDENTITY,
    NUMBERS_ONLY,
    Cell,
    FormulaReader,
    Sheet,
    asked_slots,
    element_at,
    lay,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator, Mapping, Sequence

    from checker.diagnose import Explanation
    from checker.readings.numeric import Value
    from checker.submission import Submission

_VERDICTS = {
    MISSING: Verdict.MISSING,
    CORRECT: Verdict.CORRECT,
    FOLLOW_THROUGH: Verdict.FOLLOW_THROUGH,
    IMPRECISE: Verdict.IMPRECISE,
    SLIP: Verdict.SLIP,
    MISCONCEPTION: Verdict.MISCONCEPTION,
}
# of an array's elements the first of these that occurs is the step's verdict
_GRAVEST = (
    Verdict.WRONG,
    Verdict.MISCONCEPTION,
    Verdict.SLIP,
    Verdict.IMPRECISE,
    Verdict.UNREADABLE,
    Verdict.MISSING,
    Verdict.FOLLOW_THROUGH,
    Verdict.CORRECT,
)


def grade_submission(
    submission: Submission,
    program: Program,
    read_formula: FormulaReader,
    with_mistakes: Callable[[], Program] | None = None,
) -> Grade:
    """The grade of one submission against its problem.

    `with_mistakes` gives the program that has the mistakes compiled in; it is asked for only where an answer is wrong,
    or right by the allowance for rounding alone.
    Without it nothing is diagnosed.
    """
    sheet = lay(submission, program, read_formula)
    answers = answers_of(sheet)
    marks = mark(program, program.values, answers)
    if with_mistakes is None or not any(
        any(doubtful(marks, slot, answer, program.values[slot])) for slot, answer in answers.items()
    ):
        return grade_sheet(sheet, program, marks)
    from checker.diagnose import diagnose

    full = with_mistakes()
    diagnosis = diagnose(full, full.values, answers, extended(marks, program, full, full.values))
    found = {number: found.explanations for number, found in diagnosis.found.items()}
    return grade_sheet(sheet, program, diagnosis.marks, named(full, found))


def answers_of(sheet: Sheet) -> dict[int, tuple[Value, Value, Value, Value]]:
    """A sheet's answers as `mark` takes them."""
    return {
        slot: (cell.value, cell.unit, True, -1 if cell.holds is None else cell.holds)
        for slot, cell in sheet.cells.items()
    }


def named(program: Program, found: Mapping[int, Sequence[Explanation]]) -> dict[int, tuple[Diagnosis, ...]]:
    """One student's explanations as reports show them, by the step's number: what is most plausible first.

    Where a mistake of method explains an answer clearly, slips that happen to give the same number are not mentioned.
    """
    from checker.diagnose import rank_of
    from checker.knowledge.misconceptions import MISCONCEPTIONS

    shown = {}
    for number, explanations in found.items():
        mine = sorted((e for e in explanations if e.who), key=rank_of)
        method = [e for e in mine if e.tier < SLIP_TIERS]
        if any(e.clear for e in method):
            mine = method
        codes: dict[str, Explanation] = {}
        for e in mine:
            codes.setdefault(e.code, e)
        shown[number] = tuple(
            Diagnosis(
                e.code,
                "clear" if e.clear else "possible",
                MISCONCEPTIONS[e.code].hint,
                "" if e.hidden is None else program.steps[e.hidden].name,
            )
            for e in codes.values()
        )
    return shown


SLIP_TIERS = 3  # from this tier on, a mistake is a slip or a coincidence


def grade_sheet(
    sheet: Sheet, program: Program, marks: Marks, diagnoses: Mapping[int, tuple[Diagnosis, ...]] | None = None
) -> Grade:
    """The grade of a laid sheet whose answers have been marked: `marks` hold one student's values."""
    submission = sheet.submission
    known, rests_on = places(program), nearest_answers(program, sheet.cells)
    steps = [
        _step(item, program, sheet, marks, diagnoses.get(item.step, ()) if diagnoses else (), known, rests_on)
        for item in program.ask
    ]
    order = sorted(range(len(steps)), key=lambda n: program.ask[n].step)
    first = next((steps[n].step for n in order if steps[n].verdict in FIRST_ERRORS), None)
    return Grade(
        program.problem,
        program.title,
        submission.student or "",
        submission.file,
        rounded(sum(step.awarded for step in steps)),
        rounded(sum(step.possible for step in steps)),
        first,
        tuple(sheet.warnings),
        tuple(steps),
    )


def rounded(points: float) -> float:
    """Points without the dust that thirds of a point leave in binary."""
    return round(points, 6)


def _step(
    item: Asked,
    program: Program,
    sheet: Sheet,
    marks: Marks,
    diagnosis: tuple[Diagnosis, ...],
    known: Mapping[str, tuple[int, tuple[int, ...]]],
    rests_on: Sequence[tuple[str, ...]],
) -> StepGrade:
    step = program.steps[item.step]
    slots = asked_slots(item, program)
    shape = () if item.element is not None else step.shape
    elements = []
    faults = {slot: sheet.faults[slot] for slot in slots if slot in sheet.faults}
    whole = len(faults) == len(slots) and len(set(faults.values())) == 1  # nothing of it can be read
    shares = {Verdict.CORRECT: 1.0, **{Verdict(name): share for name, share in program.shares.items()}}
    for n, slot in enumerate(slots):
        verdict = _verdict(slot, sheet, marks)
        cell = sheet.cells.get(slot)
        share = 0.0 if marks.degenerate.get(slot) else shares.get(verdict, 0.0)
        sign = -1.0 if item.negative else 1.0
        elements.append(
            ElementGrade(
                element_at(n, shape),
                verdict,
                _as_typed(slot, cell, sheet),
                number(sign * program.values[slot]),
                number(sign * marks.carried[slot]),
                item.points * share / len(slots),
                faults[slot].reason if slot in faults and not whole else "",
            )
        )
    verdicts = {element.verdict for element in elements}
    verdict = next(v for v in _GRAVEST if v in verdicts)
    place = sheet.places.get(item.step)
    if item.element is not None and slots[0] in sheet.cells:
        place = sheet.cells[slots[0]].line, sheet.cells[slots[0]].column
    cells = [cell for slot in slots if (cell := sheet.cells.get(slot)) is not None]
    named = {each: None for cell in cells for each in cell.found}
    numbers = with_numbers(program, step, known)
    parts = [step.formula] if numbers == step.formula else [step.formula, numbers]
    worked = " = ".join(f"-({part})" if item.negative else part for part in parts)
    degenerate = any(marks.degenerate.get(slot) for slot in slots)
    return StepGrade(
        step=item.label,
        kind=Kind(step.kind),
        verdict=verdict,
        submitted=_submitted(elements, shape, [cell for cell in cells if cell.holds is not None]),
        reference=_nested([e.reference for e in elements], shape),
        carried=_nested([e.carried for e in elements], shape),
        awarded=rounded(sum(e.awarded for e in elements)),
        possible=item.points,
        message=faults[slots[0]].reason if whole else _qualified(item, verdict, cells),
        formula=worked,
        diagnosis=(*named, *diagnosis) if verdict in (Verdict.MISCONCEPTION, Verdict.SLIP) else (),
        alike=_alike(diagnosis) if verdict in (Verdict.CORRECT, Verdict.FOLLOW_THROUGH) else (),
        # what follows from a step that was left out says so in its note
        rests_on=() if verdict is Verdict.FOLLOW_THROUGH and any(cell.note for cell in cells) else rests_on[item.step],
        line=place[0] if place else None,
        column=place[1] if place else None,
        degenerate=bool(degenerate),
        note="; ".join(_notes(item, verdict, cells, _apart(item, slots, program, sheet, marks))),
        parents=tuple(item.parents),
        means=step.name if step.name != item.label else "",
        elements=tuple(elements) if shape else (),
    )


def _qualified(item: Asked, verdict: Verdict, cells: Sequence[Cell]) -> str:
    """What was asked for, where there is something else; what a formula is short of, where it is not digits."""
    if verdict is Verdict.MISSING and cells:
        return item.expect
    formulas = [cell.holds & (DISAGREES - 1) for cell in cells if cell.holds is not None]
    return "numbers_only" if verdict is Verdict.IMPRECISE and NUMBERS_ONLY in formulas else ""


def _submitted(elements: Sequence[ElementGrade], shape: tuple[int, ...], formulas: Sequence[Cell]) -> Any:
    """What was typed, by element; one formula for a whole array once."""
    if not any(e.submitted for e in elements):
        return None
    places = {(cell.line, cell.column, cell.text) for cell in formulas}
    if len(formulas) == len(elements) > 1 and len(places) == 1:
        return formulas[0].text
    return _nested([e.submitted for e in elements], shape)


def _apart(item: Asked, slots: range, program: Program, sheet: Sheet, marks: Marks) -> list[tuple[Cell, bool]]:
    found = []
    for slot in slots:
        cell = sheet.cells.get(slot)
        if cell is not None and cell.holds is not None and cell.holds & DISAGREES:
            unit = asked_unit(item.tolerance, program.values[slot])
            near = (program.values[slot], marks.carried[slot])
            found.append((cell, any(within(cell.value, value, unit) for value in near)))
    return found


def _notes(item: Asked, verdict: Verdict, cells: Sequence[Cell], apart: Sequence[tuple[Cell, bool]]) -> Iterator[str]:
    """What is to be said of formulas beyond their verdict: which of two answers is right, what is wrong.

    `apart` are cells whose number is not what the formula beside it gives, and whether the number is right.
    """
    if apart and item.expect in ("any", "both"):
        if all((cell.holds or 0) & (DISAGREES - 1) in (IDENTITY, FOLLOWS) for cell, _ in apart):
            yield "the formula is right; the value beside it is not what it gives"
        elif all(right for _, right in apart):
            yield "the value is right; the formula beside it does not give it"
        else:
            yield "the value is not what the formula beside it gives"
    if item.expect != "value" and verdict not in (Verdict.CORRECT, Verdict.MISSING):
        yield from dict.fromkeys(cell.note for cell in cells if cell.note)


def _alike(diagnosis: Sequence[Diagnosis]) -> tuple[str, ...]:
    """The mistakes that a right answer cannot be told from: those of method that clearly give just this number."""
    if not diagnosis:  # most answers: nobody needs the table of misconceptions then
        return ()
    from checker.knowledge.misconceptions import MISCONCEPTIONS

    return tuple(d.code for d in diagnosis if d.confidence == "clear" and MISCONCEPTIONS[d.code].tier < SLIP_TIERS)


def _verdict(slot: int, sheet: Sheet, marks: Marks) -> Verdict:
    if slot in sheet.faults:
        return Verdict.UNREADABLE
    return _VERDICTS.get(marks.verdict[slot], Verdict.WRONG)


def _as_typed(slot: int, cell: Cell | None, sheet: Sheet) -> str | None:
    if cell is not None:
        return cell.text
    fault = sheet.faults.get(slot)
    return fault.text if fault is not None else None


def nearest_answers(program: Program, answers: Container[int]) -> list[tuple[str, ...]]:
    """For each step the nearest ones that it is worked from and the student answered, as asked, in graph order.

    `answers` are the slots that an answer stands in.
    """
    labels: dict[int, str] = {}
    for asked in program.ask:
        labels.setdefault(asked.step, asked.label.partition("[")[0] if asked.element is not None else asked.label)
    numbers: dict[str, int] = {}
    nearest: list[frozenset[int]] = []  # a step comes after all that it is worked from
    answered: list[bool] = []
    for n, step in enumerate(program.steps):
        parents = [numbers[name] for name in step.parents if name in numbers]
        hidden = (nearest[parent] for parent in parents if not answered[parent])
        nearest.append(frozenset(parent for parent in parents if answered[parent]).union(*hidden))
        answered.append(any(slot in answers for slot in range(step.slot, step.slot + step.size)))
        numbers[step.name] = n
    return [tuple(labels[n] for n in sorted(found) if n in labels) for found in nearest]


def number(value: float) -> str:
    """A number for people and for JSON: up to 12 significant digits, no float dust.

    >>> number(0.1 + 0.2)
    '0.3'
    """
    text = f"{value + 0.0:.12g}"
    return "0" if text == "-0" else text


def _nested(texts: list[Any], shape: tuple[int, ...]) -> Any:
    if not shape:
        return texts[0]
    size = len(texts) // shape[0]
    return [_nested(texts[i * size : (i + 1) * size], shape[1:]) for i in range(shape[0])]
