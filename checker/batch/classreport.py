"""The picture of a class: how the points lie, which steps went wrong how, which mistakes are common; JSON and HTML.

Only the submission of a student that counts is part of the picture. Nothing here asks what a student may see: the
report is the instructor's.
"""

from __future__ import annotations

import json
from statistics import fmean, median
from typing import TYPE_CHECKING, Any, NamedTuple

from checker.batch.gradebook import plain
from checker.outcome import Verdict
from checker.reports.plain import cut, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from checker.batch.borrowed import Borrowed
    from checker.batch.found import Passed
    from checker.batch.gradebook import Row
    from checker.batch.roll import Count
    from checker.batch.store import Standing
    from checker.batch.survey import ProblemPicture, StepPicture

FORMAT = "check-backprop/class@1"
BINS = 10
MOST_LISTED = 500  # rows of one list on the page; class.json and gradebook.csv have all
LONGEST = 60  # characters of an answer that is shown

WORDS: dict[Verdict, str] = {
    Verdict.CORRECT: "correct",
    Verdict.FOLLOW_THROUGH: "follows from an earlier answer",
    Verdict.IMPRECISE: "too few digits",
    Verdict.SLIP: "slip",
    Verdict.MISCONCEPTION: "known mistake",
    Verdict.WRONG: "wrong",
    Verdict.UNREADABLE: "unreadable",
    Verdict.MISSING: "no answer",
}
_encode = json.JSONEncoder(ensure_ascii=False).encode


class ClassReport(NamedTuple):
    """Everything that the report says: each problem's picture, what the grades come to, and what was passed over.

    `policy` is what lateness costs, in words; `called` has everybody's pseudonym where names are not shown.
    """

    problems: list[ProblemPicture]
    tally: Count
    passed: list[Passed]
    passed_over: int
    rows: Iterable[Row]
    policy: str = ""
    called: Mapping[str, str] = {}
    borrowed: Sequence[Borrowed] = ()

    def json(self, passed: Iterable[tuple[str, str]]) -> Iterator[bytes]:
        """The report as JSON; `passed` is all that was passed over."""
        return draw_json(self, (self.hidden(row) for row in self.rows), passed)

    def html(self) -> Iterator[bytes]:
        """The report as a page."""
        return draw_html(self)

    def hidden(self, row: Row) -> Row:
        """The row as it may be shown: under a pseudonym where names are not."""
        if not self.called:
            return row
        name = self.called.get(row.student, "?")
        reason = row.reason.replace(row.submission, name).replace(row.student, name)
        remark = "somebody else may have handed it in" if row.remark else ""
        return row._replace(student=name, submission=name, reason=reason, remark=remark)


def _unnamed(report: ClassReport, each: Borrowed) -> Borrowed:
    """What is said of borrowed answers, under pseudonyms where names are not shown."""
    if not report.called:
        return each
    name = report.called.get(each.student, "?")
    whose = [report.called.get(other, "?") for other in each.whose]
    return each._replace(student=name, submission=name, whose=whose, problem="", fits="")


def pseudonyms(standings: Iterable[Standing]) -> dict[str, str]:
    """A pseudonym for each student, in the order of their files' digests, which only those know who have the files."""
    order: dict[str, str] = {}
    for standing in standings:
        order.setdefault(standing.outcome.student, standing.content or standing.outcome.name)
    ranked = sorted(order, key=lambda student: (order[student], student))
    width = len(str(len(ranked)))
    return {student: f"student {number:0{width}}" for number, student in enumerate(ranked, 1)}


# -------------------------------------------------------------------- JSON


def draw_json(report: ClassReport, rows: Iterable[Row], passed: Iterable[tuple[str, str]]) -> Iterator[bytes]:
    """The report as `check-backprop/class@1`, a submission, a step and a mistake a line."""
    steps = (
        {
            "problem": step.problem,
            "step": step.step,
            "kind": step.kind,
            "possible": _whole(step.possible),
            "mean": _whole(step.mean),
            "students": step.students,
            "verdicts": step.verdicts,
            "nobody_right": step.nobody,
            "first_mistakes": step.first,
            "identical_wrong": [{"submitted": text, "students": count} for text, count in step.identical],
        }
        for problem in report.problems
        for step in problem.steps
    )
    mistakes = (
        {
            "problem": each.problem,
            "code": each.code,
            "hint": each.hint,
            "students": each.students,
            "clear": each.clear,
            "steps": [{"step": step, "students": count} for step, count in each.steps],
        }
        for problem in report.problems
        for each in problem.mistakes
    )
    remarks = [{"submission": row.submission, "remark": row.remark} for row in map(report.hidden, report.tally.remarks)]
    fits = [
        {
            "submission": each.submission,
            "student": each.student,
            "fits": each.fits,
            "whose": each.whose,
            "steps": each.steps,
            "wrong": each.wrong,
        }
        for each in (_unnamed(report, each) for each in report.borrowed)
    ]
    over = ({"file": name, "reason": reason} for name, reason in passed)
    parts: tuple[tuple[str, Iterable[dict[str, Any]]], ...] = (
        ("submissions", map(_submission, rows)),
        ("steps", steps),
        ("misconceptions", mistakes),
        ("passed_over", over),
        *([("remarks", remarks)] if remarks else []),
        *([("fits_another_variant", fits)] if fits else []),
    )
    yield f'{{"format": {_encode(FORMAT)}'.encode()
    if report.policy:
        yield f',\n "late_policy": {_encode(report.policy)}'.encode()
    for name, entries in parts:
        yield f',\n "{name}": ['.encode()
        count, lines = 0, list[str]()
        for entry in entries:
            lines.append(f"{',' if count else ''}\n  {_encode(entry)}")
            count += 1
            if len(lines) >= 1000:
                yield "".join(lines).encode("utf-8", "backslashreplace")
                lines = []
        yield "".join(lines).encode("utf-8", "backslashreplace")
        yield b"\n ]" if count else b"]"
    yield b"}\n"


def _submission(row: Row) -> dict[str, Any]:
    found = row._asdict()
    if not row.late_days and not row.penalty:
        for name in ("late_days", "penalty", "final"):
            del found[name]
    if not row.remark:
        del found["remark"]
    return {name: _whole(value) if isinstance(value, float) else value for name, value in found.items()}


def _whole(value: float) -> float | int:
    return int(value) if value.is_integer() else value


# -------------------------------------------------------------------- the page


class Bar(NamedTuple):
    """A part of a bar: what it stands for, how much of the width, how many, and whether there is room to say so."""

    kind: str
    width: str
    students: int
    words: str
    room: bool


def draw_html(report: ClassReport) -> Iterator[bytes]:
    """The report as a page that needs nothing else."""
    from importlib.resources import files

    from jinja2 import Environment, StrictUndefined

    from checker.reports.page import page

    place = files("checker.batch") / "templates"
    templates = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    percents = sorted(report.tally.percents)
    bins = [0] * BINS
    for percent in percents:
        bins[min(BINS - 1, max(0, int(percent * BINS / 100)))] += 1
    middle = median(percents) if percents else 0.0
    columns, lines = _columns(bins) if percents else ([], [])
    body = templates.from_string((place / "class.html").read_text(encoding="utf-8")).render(
        report=report,
        tally=report.tally,
        reasons=[report.hidden(row) for row in report.tally.reasons],
        remarks=[report.hidden(row) for row in report.tally.remarks],
        borrowed=[_unnamed(report, each) for each in report.borrowed],
        passed=[] if report.called else report.passed,
        problems=[_problem(problem) for problem in report.problems],
        mean=plain(round(fmean(percents), 1)) if percents else "",
        median=plain(round(middle, 1)),
        middle=round(LEFT + WIDTH * min(100.0, max(0.0, middle)) / 100, 1),
        columns=columns,
        lines=lines,
        spoken="; ".join(f"{column['label']} percent: {column['count']}" for column in columns),
        words={verdict.value: words for verdict, words in WORDS.items()},
        order=[verdict.value for verdict in WORDS],
        plain=plain,
        shown=lambda value: cut(printable(value), 200),
        most=MOST_LISTED,
    )
    text = page("Class report", body, style_too=(place / "class.css").read_text(encoding="utf-8"))
    yield text.encode("utf-8", "backslashreplace")


LEFT, WIDTH, TALL, GROUND = 44, 690, 140, 166  # of the histogram, in its own units


def _columns(bins: Sequence[int]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The columns of the histogram, and the lines that say how high they are."""
    step = _round(max(bins) / 4)
    top = step * -(-max(bins) // step)
    lines = [{"y": round(GROUND - TALL * n * step / top, 1), "count": n * step} for n in range(1, top // step + 1)]
    columns = []
    for n, count in enumerate(bins):
        height = round(TALL * count / top, 1)
        label = f"{n * 100 // BINS}–{(n + 1) * 100 // BINS}"
        x = LEFT + WIDTH // BINS * n + 4
        columns.append({"x": x, "y": GROUND - height, "height": height, "count": count, "label": label})
    return columns, lines


def _round(number: float) -> int:
    """The next number of 1, 2, 5, 10, … that is at least so large."""
    size = 1
    while True:
        for factor in (1, 2, 5):
            if factor * size >= number:
                return factor * size
        size *= 10


def _problem(problem: ProblemPicture) -> dict[str, Any]:
    most = max((each.students for each in problem.mistakes), default=1)
    hardest = sorted((step for step in problem.steps if step.first), key=lambda step: -step.first)[:2]
    return {
        "id": printable(problem.problem),
        "title": printable(problem.title) or printable(problem.problem),
        "problems": problem.problems,
        "students": problem.students,
        "steps": [
            {
                "of": step,
                "name": printable(step.step),
                "bars": list(_bars(step)),
                "percent": round(100 * step.right / step.students) if step.students else 0,
            }
            for step in problem.steps
        ],
        "nobody": [printable(step.step) for step in problem.steps if step.nobody],
        "hardest": [{"name": printable(step.step), "first": step.first} for step in hardest],
        "mistakes": [{"of": each, "width": round(100 * each.students / most, 1)} for each in problem.mistakes],
        "alike": sorted(
            (
                {"step": printable(step.step), "text": cut(text, LONGEST), "count": count}
                for step in problem.steps
                for text, count in step.identical
            ),
            key=lambda each: -int(each["count"]),
        ),
    }


def _bars(step: StepPicture) -> Iterator[Bar]:
    for verdict, words in WORDS.items():
        count = step.verdicts[verdict.value]
        if count:
            share = 100 * count / step.students
            yield Bar(verdict.value, f"{share:.3f}", count, words, share >= 3 + 2 * len(str(count)))
