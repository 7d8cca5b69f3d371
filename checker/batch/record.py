"""What is kept of a graded submission: a short text of what differs from student to student, and the grade made of it.

What is the same for a whole class (names, reference values, worked formulas) is kept once a problem: its *face*. Lines
of plain sheets that say the same and are judged the same share one row, which is made once.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from checker.block import Block, Cells
from checker.errors import CheckerError
from checker.grading import number, rounded
from checker.mark import CORRECT, FOLLOW_THROUGH, IMPRECISE, MISCONCEPTION, MISSING, SLIP, WRONG
from checker.model import FIRST_ERRORS, Diagnosis, ElementGrade, Grade, Kind, Notice, StepGrade, Verdict
from checker.plainsheet import PlainReader
from checker.reports.plain import printable
from checker.sheet import Sheet, asked_slots, lay
from checker.submission import Submission, load_submission

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from checker.errors import Place
    from checker.readings.program import Asked, Program
    from checker.sheet import FormulaReader

LETTERS: dict[Verdict, str] = {
    Verdict.CORRECT: "C",
    Verdict.FOLLOW_THROUGH: "F",
    Verdict.MISCONCEPTION: "M",
    Verdict.SLIP: "S",
    Verdict.IMPRECISE: "I",
    Verdict.WRONG: "W",
    Verdict.MISSING: "-",
    Verdict.UNREADABLE: "?",
}
VERDICTS = {letter: verdict for verdict, letter in LETTERS.items()}
MOST_CELLS = 60_000  # different cells remembered from one part of a class to the next
LONGEST_REASON = 1_000

_CODES = {
    MISSING: Verdict.MISSING,
    CORRECT: Verdict.CORRECT,
    FOLLOW_THROUGH: Verdict.FOLLOW_THROUGH,
    IMPRECISE: Verdict.IMPRECISE,
    SLIP: Verdict.SLIP,
    MISCONCEPTION: Verdict.MISCONCEPTION,
    WRONG: Verdict.WRONG,
}
_ERRORS = frozenset(LETTERS[verdict] for verdict in FIRST_ERRORS)
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_decode = json.JSONDecoder().decode


class Entry(NamedTuple):
    """A submission to be graded: its name in the class, who it is by where its file does not say, and its bytes."""

    name: str
    fallback: str
    data: bytes


class Outcome(NamedTuple):
    """What became of a submission.

    `verdicts` has a letter for each asked step, `steps` a line of JSON, `carried` a float64 for each of their slots.
    Where it is ungradable, `reason` says why and there are none; `lasting` is false where trying again may help.
    """

    name: str
    student: str
    problem: str
    status: str
    awarded: float = 0.0
    possible: float = 0.0
    first_error: str | None = None
    reason: str = ""
    verdicts: str = ""
    steps: str = ""
    carried: bytes = b""
    warnings: str = ""
    lasting: bool = True


class FaceStep(NamedTuple):
    """What is the same of a step for everybody; its slots are those from `start` on in what is carried."""

    step: str
    kind: str
    possible: float
    reference: Any
    formula: str
    shape: list[int]
    negative: bool
    start: int
    size: int


class Face(NamedTuple):
    """What is the same of a problem's grades for everybody; `order` has the asked steps in graph order."""

    problem: str
    title: str
    steps: list[FaceStep]
    order: list[int]

    def dump(self) -> str:
        """The face as text."""
        return _encode([self.problem, self.title, [list(step) for step in self.steps], self.order])

    @staticmethod
    def load(text: str) -> Face:
        """The face that `dump` gave."""
        problem, title, steps, order = _decode(text)
        return Face(problem, title, [FaceStep(*step) for step in steps], order)

    @property
    def possible(self) -> float:
        """The points of all steps."""
        return rounded(sum(step.possible for step in self.steps))


def ungradable(entry: Entry, reason: str, problem: str = "", student: str = "", *, lasting: bool = True) -> Outcome:
    """The outcome of a submission that cannot be graded."""
    said = printable(reason.replace("\n", " | "))
    if len(said) > LONGEST_REASON:
        said = said[: LONGEST_REASON - 1] + "…"
    return Outcome(entry.name, student or entry.fallback, problem, "ungradable", reason=said, lasting=lasting)


class Recorder:
    """Grades submissions to one problem, part by part, and says what is to be kept of each."""

    def __init__(
        self,
        program: Program,
        read_formula: FormulaReader,
        with_mistakes: Callable[[], Program] | None = None,
    ) -> None:
        self.program, self.read_formula = program, read_formula
        self.block = Block(program, Cells(), with_mistakes)
        columns = {slot: column for column, slot in enumerate(self.block.slots)}
        self._start = [columns[asked_slots(item, program)[0]] for item in program.ask]
        self._scalar = [len(asked_slots(item, program)) == 1 for item in program.ask]
        self._order = sorted(range(len(program.ask)), key=lambda n: program.ask[n].step)
        self.face = self._face()
        self._shares = {Verdict.CORRECT: 1.0, **{Verdict(name): share for name, share in program.shares.items()}}
        self._forget()

    def _forget(self) -> None:
        self.block.cells = Cells()
        self._plain = PlainReader(self.program)
        # by which answers were given (what a step rests on depends on it): for each asked step its rows
        self._rows: dict[bytes, list[dict[int, tuple[str, float, str]]]] = {}
        self._resting: dict[bytes, list[list[str]]] = {}

    def _face(self) -> Face:
        nobody = Submission(self.program.problem, None, "", (), _nowhere())
        self.block.mark([Sheet(nobody, {}, {}, {}, [])])
        grade = self.block.grade(0)
        steps = []
        for item, step, start in zip(self.program.ask, grade.steps, self._start, strict=True):
            shape = [] if item.element is not None else list(self.program.steps[item.step].shape)
            size = len(asked_slots(item, self.program))
            steps.append(
                FaceStep(
                    step.step, step.kind.value, step.possible, step.reference, step.formula, shape, item.negative,
                    start, size,
                )
            )  # fmt: skip
        return Face(grade.problem, grade.title, steps, self._order)

    def record(self, entries: Sequence[Entry]) -> list[Outcome]:
        """What became of each of these submissions, in their order."""
        if len(self.block.cells) > MOST_CELLS:
            self._forget()
        outcomes: dict[int, Outcome] = {}
        laid: list[tuple[int, Sheet, bool]] = []
        for position, entry in enumerate(entries):
            sheet = self._plain.lay(entry.data, entry.name)
            plain = sheet is not None
            if sheet is None:
                try:
                    sheet = lay(load_submission(entry.data, entry.name), self.program, self.read_formula)
                except CheckerError as error:
                    outcomes[position] = ungradable(entry, str(error), self.program.problem)
                    continue
            if sheet.submission.student is None:
                sheet = sheet._replace(submission=sheet.submission._replace(student=entry.fallback))
            laid.append((position, sheet, plain))
        self.block.mark([sheet for _, sheet, _ in laid])
        plain_codes = self.block.numbers * 16 + self.block.verdict * 2 + self.block.degenerate
        given = self.block.numbers > 0
        for student, (position, sheet, plain) in enumerate(laid):
            if plain:
                rows = self._plain_rows(student, sheet, plain_codes[student].tolist(), given[student].tobytes())
                outcomes[position] = self._outcome(entries[position], student, sheet, rows)
            else:
                rows = [_row(step) for step in self.block.grade(student).steps]
                outcomes[position] = self._outcome(entries[position], student, sheet, rows)
        return [outcomes[position] for position in range(len(entries))]

    def _outcome(self, entry: Entry, student: int, sheet: Sheet, rows: Sequence[tuple[str, float, str]]) -> Outcome:
        verdicts = "".join([row[2] for row in rows])
        first = None
        if not _ERRORS.isdisjoint(verdicts):
            first = next(self.program.ask[n].label for n in self._order if verdicts[n] in _ERRORS)
        return Outcome(
            entry.name,
            sheet.submission.student or "",
            self.program.problem,
            "graded",
            rounded(sum([row[1] for row in rows])),
            self.face.possible,
            first,
            "",
            verdicts,
            "\n".join([row[0] for row in rows]),
            self.block.carried[student].tobytes(),
            _encode([list(vars(each).values()) for each in sheet.warnings]) if sheet.warnings else "",
        )

    def _plain_rows(self, student: int, sheet: Sheet, codes: list[int], given: bytes) -> list[tuple[str, float, str]]:
        """The rows of a sheet that the plain reader laid: most were made before."""
        known = self._rows.get(given)
        if known is None:
            if len(self._rows) > 200:
                self._rows.clear()
                self._resting.clear()
            known = self._rows[given] = [{} for _ in self.program.ask]
            grade = self.block.grade(student)
            self._resting[given] = [list(step.rests_on) for step in grade.steps]
        diagnoses = self.block.diagnoses[student]
        rows: list[tuple[str, float, str]] = []
        whole: Grade | None = None
        for n, start in enumerate(self._start):
            code = codes[start]
            row = known[n].get(code)
            if row is not None and (not diagnoses or self.program.ask[n].step not in diagnoses):
                rows.append(row)
                continue
            item = self.program.ask[n]
            if not self._scalar[n] or (code < 16 and item.step in sheet.places):
                # an array, or a name with nothing behind it
                whole = whole or self.block.grade(student)
                rows.append(_row(whole.steps[n]))
                continue
            found = diagnoses.get(item.step, ())
            row = self._new_row(item, code, self._resting[given][n], found)
            if not found:
                known[n][code] = row
            rows.append(row)
        return rows

    def _new_row(
        self, item: Asked, code: int, rests_on: list[str], found: tuple[Diagnosis, ...]
    ) -> tuple[str, float, str]:
        cell = self.block.cells[code >> 4]
        verdict = _CODES[code >> 1 & 7]
        degenerate = bool(code & 1)
        awarded = rounded(item.points * (0.0 if degenerate else self._shares.get(verdict, 0.0)))
        shown = found if verdict in (Verdict.MISCONCEPTION, Verdict.SLIP) else ()
        letter = LETTERS[verdict]
        row: list[Any] = [letter, cell.text or None if cell else None, awarded]
        row += [cell.line, cell.column] if cell else [None, None]
        row.append(rests_on)
        if degenerate or shown:
            row += ["", [list(vars(each).values()) for each in shown], degenerate]
        return _encode(row), awarded, letter


def _row(step: StepGrade) -> tuple[str, float, str]:
    """A step's row: what differs from student to student, but for what is carried."""
    letter = LETTERS[step.verdict]
    row: list[Any] = [
        letter,
        step.submitted,
        step.awarded,
        step.line,
        step.column,
        list(step.rests_on),
        step.message,
        [list(vars(each).values()) for each in step.diagnosis],
        step.degenerate,
        step.note,
        [[LETTERS[each.verdict], each.submitted, each.awarded] for each in step.elements],
    ]
    while row[-1] in ("", [], False):
        row.pop()
    return _encode(row), step.awarded, letter


_MISSING_PARTS: list[Any] = ["", None, 0.0, None, None, [], "", [], False, "", []]


def grade_of(face: Face, outcome: Outcome) -> Grade:
    """The grade that was kept, the same as was made."""
    floats = np.frombuffer(outcome.carried, dtype=np.float64).tolist()
    steps = tuple(
        step_of(each, text, floats) for each, text in zip(face.steps, outcome.steps.split("\n"), strict=True)
    ) if face.steps else ()  # fmt: skip
    return head_of(face, outcome, steps)


def head_of(face: Face, outcome: Outcome, steps: tuple[StepGrade, ...] = ()) -> Grade:
    """The grade with these steps."""
    return Grade(
        problem=face.problem,
        title=face.title,
        student=outcome.student,
        submission=outcome.name,
        awarded=outcome.awarded,
        possible=outcome.possible,
        first_error=outcome.first_error,
        warnings=tuple(Notice(*each) for each in _decode(outcome.warnings)) if outcome.warnings else (),
        steps=steps,
    )


def step_of(face: FaceStep, text: str, floats: Sequence[float]) -> StepGrade:
    """One step of the grade that was kept; without `floats`, nothing is carried."""
    row = _decode(text)
    row += _MISSING_PARTS[len(row) :]
    letter, submitted, awarded, line, column, rests_on, message, diagnosis, degenerate, note, elements = row
    sign = -1.0 if face.negative else 1.0
    own = [number(sign * value) for value in floats[face.start : face.start + face.size]] if floats else []
    carried = nested(own, face.shape) if own else None
    reference = flat(face.reference)
    return StepGrade(
        step=face.step,
        kind=Kind(face.kind),
        verdict=VERDICTS[letter],
        submitted=submitted,
        reference=face.reference,
        carried=carried,
        awarded=awarded,
        possible=face.possible,
        message=message,
        formula=face.formula,
        diagnosis=tuple(Diagnosis(*each) for each in diagnosis),
        rests_on=tuple(rests_on),
        line=line,
        column=column,
        degenerate=degenerate,
        note=note,
        elements=tuple(
            ElementGrade(index(n, face.shape), VERDICTS[kind], typed, reference[n], own[n] if own else None, points)
            for n, (kind, typed, points) in enumerate(elements)
        ),
    )


def nested(texts: list[Any], shape: Sequence[int]) -> Any:
    """Texts in rows of this shape.

    >>> nested(["1", "2", "3", "4"], [2, 2])
    [['1', '2'], ['3', '4']]
    """
    if not shape:
        return texts[0]
    size = len(texts) // shape[0]
    return [nested(texts[i * size : (i + 1) * size], shape[1:]) for i in range(shape[0])]


def flat(texts: Any) -> list[Any]:
    """The same the other way."""
    return [each for part in texts for each in flat(part)] if isinstance(texts, list) else [texts]


def index(position: int, shape: Sequence[int]) -> tuple[int, ...]:
    """The place of an element in an array of this shape, from 1 on.

    >>> index(3, [2, 2])
    (2, 2)
    """
    found: list[int] = []
    for length in reversed(shape):
        found.append(position % length + 1)
        position //= length
    return tuple(reversed(found))


def _nowhere() -> Place:
    from checker.errors import Place

    return Place("")
