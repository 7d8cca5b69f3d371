"""Grading a class alone, vectorised over students, against reading the class's files and nothing else.

python -m benchmarks.grading [--write]
"""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.classroom import PROBLEM, STEPS, submissions
from benchmarks.ratios import Figure, in_turn, main, workplace
from benchmarks.reading import c_loader
from checker import load_program
from checker.block import Block, Cells
from checker.mark import CORRECT, FOLLOW_THROUGH, IMPRECISE, MISCONCEPTION, SLIP, WRONG
from checker.sheet import lay
from checker.submission import load_submission

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from checker.readings.program import Program

NAMES = {
    CORRECT: "correct", FOLLOW_THROUGH: "follow-through", IMPRECISE: "imprecise", SLIP: "slip",
    MISCONCEPTION: "misconception", WRONG: "wrong",
}  # fmt: skip


def measure(count: int = 5_000, repetitions: int = 5) -> list[Figure]:
    """From answers by number to verdicts and explanations, as `batch` does it: a block of 5,000 lanes."""
    with workplace() as folder:
        problem = folder / "problem.yaml"
        problem.write_text(PROBLEM, encoding="utf-8")
        program, diagnosing = load_program(problem), load_program(problem, mistakes=True)
        files = submissions(program, count, folder)
        assert len(program.ask) == STEPS
        cells, numbers = _laid(program, files)
        plain, full = Block(program, cells), Block(program, cells, lambda: diagnosing)
        jobs: list[Callable[[], object]] = [lambda: plain.mark_numbers(numbers), lambda: full.mark_numbers(numbers)]
        *_, theirs = in_turn([*jobs, c_loader(files)], 2)
        # the short jobs may be tried more often than the long one
        marking, grading = in_turn(jobs, repetitions)
        verdicts = Counter(NAMES[code] for code in full.verdict.ravel().tolist())
        named = np.count_nonzero(full.diagnosis)
    total = sum(verdicts.values())
    print(", ".join(f"{name} {100 * number / total:.1f} %" for name, number in verdicts.most_common()))
    print(f"{len(diagnosing.mistakes)} wrong rules tried, and slips; {named:,} answers of {total:,} explained")
    base = "reading them by CSafeLoader"
    return [
        Figure(f"marks of {count:,} submissions of 40 steps, no mistake looked for", base, marking, theirs),
        Figure(f"the same, every mal-rule and slip tried on {100 * named / total:.1f} %", base, grading, theirs, 0.02),
    ]


def _laid(program: Program, files: list[Path]) -> tuple[Cells, np.ndarray]:
    """The class's cells, and by number what stands at each asked step of each student."""
    cells = Cells()
    block = Block(program, cells)
    block.mark([lay(load_submission(path.read_bytes(), str(path)), program, _no_formula) for path in files])
    return cells, block.numbers


def _no_formula(text: object, target: object) -> list[object]:
    raise AssertionError(f"{text} is a formula")


if __name__ == "__main__":
    sys.exit(main("grading", measure))
