"""The picture of a class: how the points lie, which steps went wrong how, which mistakes are common; JSON and HTML.

Only the submission of a student that counts is part of the picture. Nothing here asks what a student may see: the
report is the instructor's.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from checker.batch.gradebook import plain
from checker.batch.record import LETTERS, VERDICTS
from checker.model import Verdict
from checker.reports.plain import cut, inline, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from checker.batch.collect import Passed
    from checker.batch.gradebook import Row
    from checker.batch.record import Face, Outcome

FORMAT = "check-backprop/class@1"
BINS = 10
MOST_ALIKE = 5  # identical wrong answers shown of a step
MOST_LISTED = 500  # rows of one list on the page; class.json and gradebook.csv have all
LONGEST = 60  # characters of an answer that is shown

WORDS: dict[Verdict, str] = {
    Verdict.CORRECT: "correct",
    Verdict.FOLLOW_THROUGH: "follows from an earlier answer",
    Verdict.MISCONCEPTION: "known mistake",
    Verdict.SLIP: "slip",
    Verdict.IMPRECISE: "too few digits",
    Verdict.WRONG: "wrong",
    Verdict.UNREADABLE: "unreadable",
    Verdict.MISSING: "no answer",
}
_LOOKED_INTO = frozenset("MSW")  # of these the answer itself is looked at
_encode = json.JSONEncoder(ensure_ascii=False).encode


class StepPicture(NamedTuple):
    """How a class did at one step: how many had each verdict, the mean points, and wrong answers that are the same."""

    problem: str
    step: str
    kind: str
    possible: float
    mean: float
    verdicts: dict[str, int]
    identical: list[tuple[str, int]]

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
    """A named mistake: how many students made it, and at which steps how often."""

    problem: str
    code: str
    hint: str
    students: int
    clear: int
    steps: list[tuple[str, int]]


class ClassReport(NamedTuple):
    """Everything that the report says."""

    rows: list[Row]
    steps: list[StepPicture]
    mistakes: list[Mistake]
    titles: dict[str, str]
    passed: list[Passed]


class _Counts:
    """What is counted of one problem."""

    def __init__(self, face: Face) -> None:
        self.face = face
        self.verdicts: list[Counter[str]] = [Counter() for _ in face.steps]
        self.wrong: list[Counter[str]] = [Counter() for _ in face.steps]
        self.points = [0.0 for _ in face.steps]
        self.made: dict[str, tuple[str, set[str], set[str], Counter[str]]] = {}

    def letters(self, verdicts: Sequence[str]) -> None:
        for counter, letters in zip(self.verdicts, zip(*verdicts, strict=True), strict=True):
            counter.update(letters)

    def look(self, outcome: Outcome) -> None:
        """Look at the answers that were wrong, and at the points."""
        for n, text in enumerate(outcome.steps.split("\n")):
            letter = outcome.verdicts[n]
            if letter == "C":
                self.points[n] += self.face.steps[n].possible
                continue
            row = json.loads(text)
            self.points[n] += row[2]
            if letter not in _LOOKED_INTO:
                continue
            self.wrong[n][inline(row[1])] += 1
            step = self.face.steps[n].step
            for code, confidence, hint, *_ in row[7] if len(row) > 7 else ():
                _, students, clear, steps = self.made.setdefault(code, (hint, set(), set(), Counter()))
                students.add(outcome.name)
                if confidence == "clear":
                    clear.add(outcome.name)
                steps[step] += 1


def survey(
    brief: Sequence[tuple[str, str, Outcome]],
    faces: dict[str, Face],
    rows: list[Row],
    passed: list[Passed],
    whole: Callable[[list[str]], Iterator[tuple[str, Outcome]]],
) -> ClassReport:
    """The report of a class; `whole` gives the results of these submissions with their steps."""
    counts: dict[str, _Counts] = {}
    verdicts: dict[str, list[str]] = {}
    looked: list[str] = []
    for (_, face, outcome), row in zip(brief, rows, strict=True):
        if row.counts and outcome.status == "graded":
            verdicts.setdefault(face, []).append(outcome.verdicts)
            looked.append(outcome.name)
    for face, letters in verdicts.items():
        counts[face] = _Counts(faces[face])
        counts[face].letters(letters)
    for face, outcome in whole(looked):
        counts[face].look(outcome)
    ordered = sorted(counts.items(), key=lambda item: (item[1].face.problem, item[0]))
    return ClassReport(
        rows,
        [picture for face, each in ordered for picture in _pictures(each, len(verdicts[face]))],
        [mistake for _, each in ordered for mistake in _mistakes(each)],
        {each.face.problem: each.face.title for _, each in ordered},
        passed,
    )


def _pictures(counts: _Counts, students: int) -> Iterator[StepPicture]:
    for n, step in enumerate(counts.face.steps):
        found = {verdict.value: counts.verdicts[n][LETTERS[verdict]] for verdict in VERDICTS.values()}
        alike = [(text, count) for text, count in counts.wrong[n].items() if count > 1]
        alike.sort(key=lambda each: (-each[1], each[0]))
        mean = round(counts.points[n] / students, 4) if students else 0.0
        yield StepPicture(counts.face.problem, step.step, step.kind, step.possible, mean, found, alike[:MOST_ALIKE])


def _mistakes(counts: _Counts) -> list[Mistake]:
    found = [
        Mistake(
            counts.face.problem,
            code,
            hint,
            len(students),
            len(clear),
            sorted(steps.items(), key=lambda each: (-each[1], each[0])),
        )
        for code, (hint, students, clear, steps) in counts.made.items()
    ]
    return sorted(found, key=lambda each: (-each.students, each.code))


# -------------------------------------------------------------------- JSON


def draw_json(report: ClassReport) -> bytes:
    """The report as `check-backprop/class@1`, a submission, a step and a mistake a line."""
    steps = [
        {
            "problem": step.problem,
            "step": step.step,
            "kind": step.kind,
            "possible": _whole(step.possible),
            "mean": _whole(step.mean),
            "students": step.students,
            "verdicts": step.verdicts,
            "nobody_right": step.nobody,
            "identical_wrong": [{"submitted": text, "students": count} for text, count in step.identical],
        }
        for step in report.steps
    ]
    mistakes = [
        {
            "problem": each.problem,
            "code": each.code,
            "hint": each.hint,
            "students": each.students,
            "clear": each.clear,
            "steps": [{"step": step, "students": count} for step, count in each.steps],
        }
        for each in report.mistakes
    ]
    passed = [{"file": each.name, "reason": each.reason} for each in report.passed]
    parts = [f'{{"format": {_encode(FORMAT)}']
    parts += [
        f'"{name}": [' + ("\n  " + ",\n  ".join(map(_encode, entries)) + "\n ]" if entries else "]")
        for name, entries in (
            ("submissions", [_submission(row) for row in report.rows]),
            ("steps", steps),
            ("misconceptions", mistakes),
            ("passed_over", passed),
        )
    ]
    return (",\n ".join(parts) + "}\n").encode("utf-8", "backslashreplace")


def _submission(row: Row) -> dict[str, Any]:
    found = row._asdict()
    return {name: _whole(value) if isinstance(value, float) else value for name, value in found.items()}


def _whole(value: float) -> float | int:
    return int(value) if value.is_integer() else value


# -------------------------------------------------------------------- the page


class Bar(NamedTuple):
    """A part of a bar: what it stands for, how much of the width, how many."""

    kind: str
    width: str
    students: int
    words: str


def draw_html(report: ClassReport) -> bytes:
    """The report as a page that needs nothing else."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    templates = Environment(
        loader=PackageLoader("checker.batch", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    graded = [row for row in report.rows if row.percent is not None]
    counting = [row for row in graded if row.counts]
    percents = sorted(row.percent for row in counting if row.percent is not None)
    bins = [0] * BINS
    for percent in percents:
        bins[min(BINS - 1, max(0, int(percent * BINS / 100)))] += 1
    text = templates.get_template("class.html").render(
        report=report,
        counting=counting,
        graded=len(graded),
        ungradable=[row for row in report.rows if row.percent is None],
        problems=[_problem(report, problem) for problem in report.titles],
        mean=plain(round(sum(percents) / len(percents), 1)) if percents else "",
        median=plain(round(_median(percents), 1)) if percents else "",
        columns=_columns(bins),
        words={verdict.value: words for verdict, words in WORDS.items()},
        order=[verdict.value for verdict in WORDS],
        plain=plain,
        shown=lambda value: cut(printable(value), 200),
        most=MOST_LISTED,
    )
    return text.encode("utf-8", "backslashreplace")


def _median(values: Sequence[float]) -> float:
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2


def _columns(bins: Sequence[int]) -> list[dict[str, Any]]:
    """The columns of the histogram, in a drawing of 100 units a column and 120 high."""
    tallest = max([*bins, 1])
    found = []
    for n, count in enumerate(bins):
        height = round(120 * count / tallest, 1)
        low, high = n * 100 // BINS, (n + 1) * 100 // BINS
        found.append({"x": 70 * n + 30, "y": 140 - height, "height": height, "count": count, "label": f"{low}–{high}"})
    return found


def _problem(report: ClassReport, problem: str) -> dict[str, Any]:
    steps = [step for step in report.steps if step.problem == problem]
    return {
        "id": printable(problem),
        "title": printable(report.titles[problem]) or printable(problem),
        "students": steps[0].students if steps else 0,
        "steps": [{"of": step, "name": printable(step.step), "bars": list(_bars(step))} for step in steps],
        "nobody": [printable(step.step) for step in steps if step.nobody],
        "mistakes": [each for each in report.mistakes if each.problem == problem],
        "alike": [
            {"step": printable(step.step), "text": cut(text, LONGEST), "count": count}
            for step in steps
            for text, count in step.identical
        ],
    }


def _bars(step: StepPicture) -> Iterator[Bar]:
    for verdict, words in WORDS.items():
        count = step.verdicts[verdict.value]
        if count:
            yield Bar(verdict.value, f"{100 * count / step.students:.3f}", count, words)
