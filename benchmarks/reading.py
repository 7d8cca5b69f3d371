"""Reading submissions with their lines and columns, against PyYAML's C loader, which keeps neither.

python -m benchmarks.reading [--write]
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import yaml

from benchmarks.classroom import PROBLEM, submissions
from benchmarks.ratios import Figure, in_turn, main, workplace
from checker import load_program
from checker.errors import SubmissionError
from checker.submission import load_submission
from checker.yamlfile import read

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path


def reading(files: Sequence[Path], read_one: Callable[[bytes, str], object]) -> Callable[[], None]:
    """Reads the files one by one, keeping nothing: a class is not held in memory."""

    def job() -> None:
        for path in files:
            read_one(path.read_bytes(), str(path))

    return job


def c_loader(files: Sequence[Path]) -> Callable[[], None]:
    """Reads the files with `CSafeLoader`, and does nothing else."""
    return reading(files, lambda data, _: yaml.load(data, yaml.CSafeLoader))


def measure(count: int = 2_000, repetitions: int = 3) -> list[Figure]:
    """The event builder, and the whole way to a Submission, against CSafeLoader."""
    with workplace() as folder:
        problem = folder / "problem.yaml"
        problem.write_text(PROBLEM, encoding="utf-8")
        files = submissions(load_program(problem), count, folder)
        events, whole, theirs = in_turn(
            [
                reading(files, lambda data, file: read(data, file, SubmissionError)),
                reading(files, load_submission),
                c_loader(files),
            ],
            repetitions,
        )
    against = "yaml.load(CSafeLoader)"
    return [
        Figure(f"{count:,} submissions of 40 steps to located values", against, events, theirs),
        Figure(f"{count:,} submissions of 40 steps to answers", against, whole, theirs),
    ]


if __name__ == "__main__":
    sys.exit(main("reading", measure))
