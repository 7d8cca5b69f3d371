"""`gradebook.csv`: a row a submission. No cell acts as a formula in a spreadsheet; negative numbers stay numbers."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, NamedTuple

from checker.reports.plain import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from checker.batch.record import Outcome

COLUMNS = (
    "student", "submission", "problem", "status", "counts", "awarded", "possible", "percent", "first_error", "reason",
)  # fmt: skip
KEEP = ("last", "first", "best")

_NUMBER = re.compile(r"[-+]?(?:[0-9]+(?:[.,][0-9]*)?|[.,][0-9]+)(?:[eE][-+]?[0-9]+)?")
_ACTIVE = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")
_DIGITS = re.compile(r"(\d+)")


class Row(NamedTuple):
    """A line of the gradebook; numbers are None where there is no grade."""

    student: str
    submission: str
    problem: str
    status: str
    counts: bool
    awarded: float | None
    possible: float | None
    percent: float | None
    first_error: str | None
    reason: str


def rows(outcomes: Sequence[Outcome], keep: str = "last") -> list[Row]:
    """The gradebook, in the order of the submissions.

    Of several submissions by one student to one problem one counts: the last by name (numbers in it by their value),
    the first, or the best. One that cannot be graded counts only where none can.
    """
    best: dict[tuple[str, str], tuple[object, ...]] = {}
    chosen: dict[tuple[str, str], int] = {}
    for position, outcome in enumerate(outcomes):
        who = (outcome.student, outcome.problem)
        graded = outcome.status == "graded"
        latest = _natural(outcome.name)
        rank: tuple[object, ...] = (graded, latest)
        if keep == "best":
            rank = (graded, outcome.awarded, latest)
        if who not in best or (rank < best[who] if keep == "first" and graded == best[who][0] else rank > best[who]):
            best[who], chosen[who] = rank, position
    counting = set(chosen.values())
    return [_row(outcome, position in counting) for position, outcome in enumerate(outcomes)]


def _row(outcome: Outcome, counts: bool) -> Row:
    graded = outcome.status == "graded"
    percent = None
    if graded:
        percent = round(100 * outcome.awarded / outcome.possible, 2) if outcome.possible else 100.0
    return Row(
        outcome.student,
        outcome.name,
        outcome.problem,
        outcome.status,
        counts,
        outcome.awarded if graded else None,
        outcome.possible if graded else None,
        percent,
        outcome.first_error,
        outcome.reason,
    )


def draw(gradebook: Iterable[Row]) -> bytes:
    """The gradebook as CSV in UTF-8 with a byte-order mark, without which spreadsheets read it as something else."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in gradebook:
        writer.writerow(
            (
                cell(row.student), cell(row.submission), cell(row.problem), row.status, "yes" if row.counts else "no",
                plain(row.awarded), plain(row.possible), plain(row.percent), cell(row.first_error or ""),
                cell(row.reason),
            )
        )  # fmt: skip
    return text.getvalue().encode("utf-8-sig", "backslashreplace")


def cell(text: str) -> str:
    """A text that is only a text, in whatever program it is opened; what is a number stays as it is.

    >>> cell("=1+1"), cell("-3.5"), cell("-cmd|' /C calc'!A0"), cell("Ada")
    ("'=1+1", '-3.5', "'-cmd|' /C calc'!A0", 'Ada')
    """
    if text.isalnum():
        return text
    shown = printable(text)
    if shown.lstrip().startswith(_ACTIVE) and not _NUMBER.fullmatch(shown):
        return f"'{shown}"
    return shown


def plain(number: float | None) -> str:
    """A number of points, without digits that say nothing.

    >>> plain(10.0), plain(2 / 3), plain(None), plain(-0.5)
    ('10', '0.666667', '', '-0.5')
    """
    if number is None:
        return ""
    return f"{number:.6f}".rstrip("0").rstrip(".")


def _natural(name: str) -> tuple[object, ...]:
    """A name's place in the order that people expect: try2 before try10."""
    parts = _DIGITS.split(name)
    return tuple((0, int(part[:18]), part) if n % 2 else (1, 0, part) for n, part in enumerate(parts)), name
