"""Grading a class alone, vectorised over students, against reading the class's files and nothing else.

python -m benchmarks.grading [--write]
"""

from __future__ import annotations

import sys
from collections import Counter
from typing import Any

import numpy as np

from benchmarks.classroom import PROBLEM, STEPS, submissions
from benchmarks.ratios import Figure, in_turn, main, workplace
from benchmarks.reading import c_loader
from checker import load_program
from checker.mark import CORRECT, FOLLOW_THROUGH, WRONG, mark
from checker.readings.lanes import LANES
from checker.sheet import lay
from checker.submission import load_submission

NAMES = {CORRECT: "correct", FOLLOW_THROUGH: "follow-through", WRONG: "wrong"}


def measure(count: int = 5_000, repetitions: int = 5) -> list[Figure]:
    """Marks of every answer by `checker.mark.mark`; looking for mal-rules and slips is not in this figure."""
    with workplace() as folder:
        problem = folder / "problem.yaml"
        problem.write_text(PROBLEM, encoding="utf-8")
        program = load_program(problem)
        files = submissions(program, count, folder)
        assert len(program.ask) == STEPS
        answers = _answers(program, files)
        reference = list(program.values)
        reading = c_loader(files)
        marking, theirs = in_turn([lambda: mark(program, list(reference), answers, LANES), reading], 2)
        # the short job may be tried more often than the long one
        marking = min(marking, *in_turn([lambda: mark(program, list(reference), answers, LANES)], repetitions))
        marks = mark(program, list(reference), answers, LANES)
    verdicts = Counter(NAMES.get(int(code), "other") for each in marks.verdict.values() for code in each)
    total = sum(verdicts.values())
    print(", ".join(f"{name} {100 * number / total:.1f} %" for name, number in verdicts.most_common()))
    return [
        Figure(
            f"marks of {count:,} submissions of 40 steps, mal-rules not tried",
            "reading them by CSafeLoader",
            marking,
            theirs,
            0.02,
        )
    ]


def _answers(program: Any, files: Any) -> dict[int, Any]:
    """The answers of every file as arrays, one lane a student."""
    sheets = [lay(load_submission(path.read_bytes(), str(path)), program, _no_formula) for path in files]
    answers: dict[int, Any] = {}
    for step in (program.steps[item.step] for item in program.ask):
        cells = [sheet.cells[step.slot] for sheet in sheets]
        value, unit = np.array([cell.value for cell in cells]), np.array([cell.unit for cell in cells])
        answers[step.slot] = value, unit, np.ones(len(cells), bool), np.full(len(cells), -1)
    return answers


def _no_formula(text: str, target: object) -> Any:
    raise AssertionError(f"{text} is a formula")


if __name__ == "__main__":
    sys.exit(main("grading", measure))
