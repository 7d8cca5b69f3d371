"""What continuous integration reads: JUnit XML, GitHub's annotations and job summary. Nobody can inject into them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.batch.gradebook import plain
from checker.reports.plain import cut, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from checker.batch.gradebook import Row
    from checker.batch.roll import Count

MOST_ANNOTATIONS = 10  # GitHub shows so many of a kind and step
LARGEST_SUMMARY = 1_000_000  # bytes; GitHub takes 1 MiB
LONGEST = 500


def junit(rows: Iterable[Row], count: Count) -> Iterator[bytes]:
    """A test a submission: passed with full marks, failed with less, an error where it could not be graded."""
    from xml.etree import ElementTree as ET

    total, errors = count.graded + count.ungradable, count.ungradable
    failures = sum(row.percent is not None and row.percent < 100 for row in rows)
    counts = f'tests="{total}" failures="{failures}" errors="{errors}"'
    yield b'<?xml version="1.0" encoding="UTF-8"?>\n'
    yield f'<testsuites {counts}>\n  <testsuite name="check-backprop" {counts} skipped="0">\n'.encode()
    for row in rows:
        names = {"classname": _text(row.problem) or "ungradable", "name": _text(row.submission)}
        case = ET.Element("testcase", {**names, "time": "0"})
        if row.percent is None:
            ET.SubElement(case, "error", {"message": _text(row.reason)})
        elif row.percent < 100:
            first = f"; the first mistake is at {row.first_error}" if row.first_error else ""
            said = f"{plain(row.awarded)} of {plain(row.possible)} points{first}"
            ET.SubElement(case, "failure", {"message": _text(said)})
        yield b"    " + ET.tostring(case, encoding="unicode").encode() + b"\n"
    yield b"  </testsuite>\n</testsuites>\n"


def workflow_commands(rows: Iterable[Row]) -> Iterator[str]:
    """Workflow commands for what could not be graded and for what lost points, no more of a kind than are shown."""
    left = {"error": MOST_ANNOTATIONS, "warning": MOST_ANNOTATIONS}
    for row in rows:
        kind = "error" if row.percent is None else "warning"
        if (row.percent is not None and row.percent >= 100) or not left[kind]:
            continue
        left[kind] -= 1
        said = row.reason if row.percent is None else f"{plain(row.awarded)} of {plain(row.possible)} points"
        yield f"::{kind} file={_property(row.submission)}::{_message(said)}"


def summary(rows: Iterable[Row], graded: int, total: int) -> str:
    """A job summary in Markdown, of as many submissions as fit."""
    from checker.reports.markdown import code

    lines = [
        f"**{graded} of {total} submissions graded**",
        "",
        "| submission | points | first mistake |",
        "|---|---:|---|",
    ]
    size = sum(len(line.encode()) + 1 for line in lines)
    for number, row in enumerate(rows):
        points = "ungradable" if row.percent is None else f"{plain(row.awarded)}/{plain(row.possible)}"
        about = row.first_error if row.percent is not None else row.reason
        line = f"| {code(row.submission)} | {points} | {code(about)} |"
        size += len(line.encode()) + 1
        if size > LARGEST_SUMMARY - 100:
            lines.append(f"| and {total - number} more | | |")
            break
        lines.append(line)
    return "\n".join(lines) + "\n"


def inert(line: str) -> str:
    """A line of output that GitHub takes for no command, whatever names stand in it.

    >>> inert("::error::x"), inert("a ##[error]x"), inert("ada.yaml: graded")
    (': :error::x', 'a # #[error]x', 'ada.yaml: graded')
    """
    plain_line = line.replace("##[", "# #[")
    start = len(plain_line) - len(plain_line.lstrip())
    return f"{plain_line[:start]}: {plain_line[start + 1 :]}" if plain_line.startswith("::", start) else plain_line


def _text(text: str) -> str:
    """Text that XML can hold."""
    kept = "".join(c for c in printable(text) if c >= " " and not "\ud800" <= c <= "\udfff" and c not in "\ufffe\uffff")
    return cut(kept, LONGEST)


def _message(text: str) -> str:
    return (
        cut(printable(text).replace("##[", "# #["), LONGEST)
        .replace("%", "%25")
        .replace("\r", "%0D")
        .replace("\n", "%0A")
    )


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
