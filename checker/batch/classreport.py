"""The picture of a class: how the points lie, which steps went wrong how, which mistakes are common; as JSON.

Only the submission of a student that counts is part of the picture. Nothing here asks what a student may see: the
report is the instructor's.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from checker.reports.plain import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from checker.batch.borrowed import Borrowed
    from checker.batch.found import Passed
    from checker.batch.gradebook import Row
    from checker.batch.roll import Count
    from checker.batch.store import Standing
    from checker.batch.survey import ProblemPicture

FORMAT = "check-backprop/class@1"
_WORD = re.compile(r"[\w.@-]+")
_quoted = json.encoder.encode_basestring  # which leaves letters of any script as they are
_encode = json.JSONEncoder(ensure_ascii=False).encode


class ClassReport(NamedTuple):
    """Everything that the report says: each problem's picture, what the grades come to, and what was passed over.

    `policy` is what lateness costs, in words, and `keep` which of several submissions counts; `called` has everybody's
    pseudonym where names are not shown.
    """

    problems: list[ProblemPicture]
    tally: Count
    passed: list[Passed]
    passed_over: int
    rows: Iterable[Row]
    policy: str = ""
    called: Mapping[str, str] = {}
    borrowed: Sequence[Borrowed] = ()
    keep: str = "last"

    def json(self, passed: Iterable[tuple[str, str]]) -> Iterator[bytes]:
        """The report as JSON; `passed` is all that was passed over."""
        return draw_json(self, (self.hidden(row) for row in self.rows), passed)

    def html(self) -> Iterator[bytes]:
        """The report as a page."""
        from checker.batch.classpage import draw

        return draw(self)

    def name(self, student: str) -> str:
        """What a student is called here."""
        return self.called.get(student, "?") if self.called else student

    def unnamed(self, each: Borrowed) -> Borrowed:
        """What is said of borrowed answers, under pseudonyms where names are not shown."""
        if not self.called:
            return each
        name = self.name(each.student)
        return each._replace(student=name, submission=name, whose=list(map(self.name, each.whose)), problem="", fits="")

    def hidden(self, row: Row) -> Row:
        """The row as it may be shown: under a pseudonym where names are not."""
        if not self.called:
            return row
        name = self.called.get(row.student, "?")
        reason = row.reason.replace(row.submission, name).replace(row.student, name)
        reason = _WORD.sub(self._nameless, reason)
        remark = "somebody else may have handed it in" if row.remark else ""
        problem = self.problem(row.problem)
        return row._replace(student=name, submission=name, problem=problem, reason=reason, remark=remark)

    def _nameless(self, word: re.Match[str]) -> str:
        """A word of a message, which may suggest another student's problem."""
        if word[0] in self.called:
            return self.called[word[0]]
        return "…" if any(part in self.called for part in re.split(r"[-_.@]", word[0])) else word[0]

    def problem(self, named: str) -> str:
        """The id of a problem, which names a student too where each has one of their own."""
        if not self.called:
            return named
        for each in self.problems:
            given = each.assignment
            if named.startswith(given.called) and given.problems > 1:
                return given.called
        return named if any(named == each.assignment.problem for each in self.problems) else ""


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
    given = (
        {
            "problem": report.problem(each.assignment.problem),
            "called": each.assignment.called,
            "title": printable(each.assignment.topic),
            "problems": each.assignment.problems,
            "students": each.students,
        }
        for each in report.problems
    )
    steps = (
        {
            "problem": report.problem(step.problem),
            "step": step.step,
            "kind": step.kind,
            "possible": _whole(step.possible),
            "mean": _whole(step.mean),
            "students": step.students,
            "verdicts": step.verdicts,
            "nobody_right": step.nobody,
            "first_mistakes": step.first,
            "identical_wrong": [
                {
                    "submitted": each.text,
                    "students": each.students,
                    **({"who": sorted(map(report.name, each.who))} if each.who else {}),
                }
                for each in step.identical
            ],
        }
        for problem in report.problems
        for step in problem.steps
    )
    mistakes = (
        {
            "problem": report.problem(each.problem),
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
            "fitting": each.fitting,
            "wrong": each.wrong,
        }
        for each in map(report.unnamed, report.borrowed)
    ]
    over = ({"file": name, "reason": reason} for name, reason in passed)
    parts: tuple[tuple[str, Iterable[dict[str, Any] | str]], ...] = (
        ("assignments", given),
        ("submissions", map(_submission, rows)),
        ("steps", steps),
        ("misconceptions", mistakes),
        ("passed_over", over),
        *([("remarks", remarks)] if remarks else []),
        *([("fits_another_variant", fits)] if fits else []),
    )
    absent = report.tally.absent
    yield f'{{"format": {_encode(FORMAT)}'.encode()
    if report.policy:
        yield f',\n "late_policy": {_encode(report.policy)}'.encode()
    if absent is not None:
        who = "" if report.called else f', "who": {_encode(absent)}'
        yield f',\n "handed_in_nothing": {{"students": {len(absent)}{who}}}'.encode("utf-8", "backslashreplace")
    for name, entries in parts:
        yield f',\n "{name}": ['.encode()
        count, lines = 0, list[str]()
        for entry in entries:
            lines.append(f"{',' if count else ''}\n  {entry if isinstance(entry, str) else _encode(entry)}")
            count += 1
            if len(lines) >= 1000:
                yield "".join(lines).encode("utf-8", "backslashreplace")
                lines = []
        yield "".join(lines).encode("utf-8", "backslashreplace")
        yield b"\n ]" if count else b"]"
    yield b"}\n"


def _submission(row: Row) -> str:
    """A row as JSON; there may be very many."""
    parts = [
        f'{{"student": {_quoted(row.student)}, "submission": {_quoted(row.submission)}',
        f', "problem": {_quoted(row.problem)}, "status": "{row.status}", "counts": {"true" if row.counts else "false"}',
        f', "awarded": {_number(row.awarded)}, "possible": {_number(row.possible)}, "percent": {_number(row.percent)}',
        f', "first_error": {"null" if row.first_error is None else _quoted(row.first_error)}',
        f', "reason": {_quoted(row.reason)}',
    ]
    if row.late_days or row.penalty:
        late = (row.late_days, _number(row.penalty), _number(row.final))
        parts.append(', "late_days": {}, "penalty": {}, "final": {}'.format(*late))
    if row.remark:
        parts.append(f', "remark": {_quoted(row.remark)}')
    return "".join([*parts, "}"])


def _number(value: float | None) -> str:
    return "null" if value is None else repr(_whole(value))


def _whole(value: float) -> float | int:
    return int(value) if value.is_integer() else value
