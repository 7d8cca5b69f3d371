"""`results.json` as Gradescope's autograder reads it: a test a step, with what the student may see at the level."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from checker.outcome import Verdict
from checker.reports import ENGLISH, FORMATS, Language, Level, Speaking
from checker.reports.levels import redact
from checker.reports.plain import cut, placed, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from checker.batch.gradebook import Row
    from checker.outcome import Grade

LONGEST = 20_000  # characters of one text


def draw(rows: Iterable[Row], grades: Iterable[Grade], level: Level, language: Language = ENGLISH) -> Iterator[bytes]:
    """The results of the submissions that count: one where the autograder runs.

    What could not be graded has no score, since none was earned and none was lost: the text says why, and Gradescope
    asks for another run.
    """
    counting = [row for row in rows if row.counts]
    made = {grade.submission: grade for grade in grades}
    tests: list[dict[str, Any]] = []
    said: list[str] = []
    several = len(counting) > 1
    for row in counting:
        grade = made.get(row.submission)
        if grade is None:
            said.append(f"{printable(row.submission)} could not be graded: {printable(row.reason)}")
            continue
        text = FORMATS["markdown"].render(grade, level, language=language)
        said.append(cut(text, LONGEST))
        prefix = f"{grade.problem}: " if several else ""
        with Speaking(language):
            tests += [_test(prefix, step) for step in redact(grade, level).steps]
    found: dict[str, Any] = {"output": "\n\n".join(said) or "There is no submission among the files.",
                             "output_format": "md", "visibility": "visible", "stdout_visibility": "hidden"}  # fmt: skip
    if counting and all(row.final is not None for row in counting):
        found["score"] = round(sum(row.final or 0.0 for row in counting), 6)
        if tests:
            found["tests"] = tests
    yield (json.dumps(found, indent=1) + "\n").encode()


def _test(prefix: str, step: Any) -> dict[str, Any]:
    said, place = placed(step.message)
    passed = step.verdict in (Verdict.CORRECT, Verdict.FOLLOW_THROUGH) and not step.degenerate
    return {
        "name": printable(f"{prefix}{step.step}"),
        "score": step.awarded,
        "max_score": step.possible,
        "status": "passed" if passed else "failed",
        "output": cut("\n".join(map(printable, [said, *place])), LONGEST),
        "output_format": "text",
        "visibility": "visible",
    }
