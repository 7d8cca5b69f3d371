"""`gradebook.csv`: a row a submission. No cell acts as a formula in a spreadsheet; negative numbers stay numbers."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, NamedTuple

from checker.reports.plain import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from checker.batch.outcomes import Outcome

COLUMNS = (
    "student", "submission", "problem", "status", "counts", "awarded", "possible", "percent", "first_error", "reason",
)  # fmt: skip
LATE_COLUMNS = ("late_days", "penalty", "final")

_HARMLESS = re.compile(r"[A-Za-z0-9][ -~]*|")
_NUMBER = re.compile(r"[-+]?(?:[0-9]+(?:[.,][0-9]*)?|[.,][0-9]+)(?:[eE][-+]?[0-9]+)?")
_ACTIVE = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")


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
    late_days: int = 0
    penalty: float | None = None
    final: float | None = None
    remark: str = ""

    @property
    def worth(self) -> float | None:
        """What it is worth in the end, in percent."""
        if self.percent is None or self.final is None or not self.possible:
            return self.percent
        return round(100 * self.final / self.possible, 2)


def row(outcome: Outcome, *, counts: bool, days: int = 0, penalty: float = 0.0, remark: str = "") -> Row:
    """The line of the gradebook for what became of a submission, that was so many days late and loses so much."""
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
        days,
        penalty if graded else None,
        round(outcome.awarded - penalty, 6) if graded else None,
        remark,
    )


def draw(gradebook: Iterable[Row], *, late: bool = False, remarks: bool = False) -> Iterator[bytes]:
    """The gradebook as CSV in UTF-8 with a byte-order mark, without which spreadsheets read it as something else.

    With `late` there are columns for what lateness costs, with `remarks` one for what is odd about a submission.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    text.write("\ufeff")
    writer.writerow((*COLUMNS, *(LATE_COLUMNS if late else ()), *(("remark",) if remarks else ())))
    for each in gradebook:
        cells = [
            cell(each.student), cell(each.submission), cell(each.problem), each.status,
            "yes" if each.counts else "no", plain(each.awarded), plain(each.possible), plain(each.percent),
            cell(each.first_error or ""), cell(each.reason),
        ]  # fmt: skip
        if late:
            cells += [str(each.late_days), plain(each.penalty), plain(each.final)]
        if remarks:
            cells.append(cell(each.remark))
        writer.writerow(cells)
        if text.tell() > 1 << 18:
            yield text.getvalue().encode("utf-8", "backslashreplace")
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode("utf-8", "backslashreplace")


def cell(text: str) -> str:
    """A text that is only a text, in whatever program it is opened; what is a number stays as it is.

    >>> cell("=1+1"), cell("-3.5"), cell("-cmd|' /C calc'!A0"), cell("Ada")
    ("'=1+1", '-3.5', "'-cmd|' /C calc'!A0", 'Ada')
    """
    if _HARMLESS.fullmatch(text):
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
