"""The picture of a class: how the points lie, which steps went wrong how, which mistakes are common; JSON and HTML.

Only the submission of a student that counts is part of the picture. Nothing here asks what a student may see: the
report is the instructor's.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from checker.batch.gradebook import plain
from checker.model import Verdict
from checker.reports.plain import cut, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from checker.batch.collect import Passed
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
    Verdict.MISCONCEPTION: "known mistake",
    Verdict.SLIP: "slip",
    Verdict.IMPRECISE: "too few digits",
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
    over = ({"file": name, "reason": reason} for name, reason in passed)
    parts: tuple[tuple[str, Iterable[dict[str, Any]]], ...] = (
        ("submissions", map(_submission, rows)),
        ("steps", steps),
        ("misconceptions", mistakes),
        ("passed_over", over),
        *([("remarks", remarks)] if remarks else []),
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
    """A part of a bar: what it stands for, how much of the width, how many."""

    kind: str
    width: str
    students: int
    words: str


def draw_html(report: ClassReport) -> Iterator[bytes]:
    """The report as a page that needs nothing else."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    templates = Environment(
        loader=PackageLoader("checker.batch", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    percents = sorted(report.tally.percents)
    bins = [0] * BINS
    for percent in percents:
        bins[min(BINS - 1, max(0, int(percent * BINS / 100)))] += 1
    text = templates.get_template("class.html").render(
        report=report,
        count=report.tally,
        reasons=[report.hidden(row) for row in report.tally.reasons],
        remarks=[report.hidden(row) for row in report.tally.remarks],
        problems=[_problem(problem) for problem in report.problems],
        mean=plain(round(sum(percents) / len(percents), 1)) if percents else "",
        median=plain(round(_median(percents), 1)) if percents else "",
        columns=_columns(bins),
        words={verdict.value: words for verdict, words in WORDS.items()},
        order=[verdict.value for verdict in WORDS],
        plain=plain,
        shown=lambda value: cut(printable(value), 200),
        most=MOST_LISTED,
    )
    yield text.encode("utf-8", "backslashreplace")


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


def _problem(problem: ProblemPicture) -> dict[str, Any]:
    return {
        "id": printable(problem.problem),
        "title": printable(problem.title) or printable(problem.problem),
        "problems": problem.problems,
        "students": problem.students,
        "steps": [{"of": step, "name": printable(step.step), "bars": list(_bars(step))} for step in problem.steps],
        "nobody": [printable(step.step) for step in problem.steps if step.nobody],
        "mistakes": problem.mistakes,
        "alike": [
            {"step": printable(step.step), "text": cut(text, LONGEST), "count": count}
            for step in problem.steps
            for text, count in step.identical
        ],
    }


def _bars(step: StepPicture) -> Iterator[Bar]:
    for verdict, words in WORDS.items():
        count = step.verdicts[verdict.value]
        if count:
            yield Bar(verdict.value, f"{100 * count / step.students:.3f}", count, words)
