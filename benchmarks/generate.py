"""A set of 1,000 variants against writing the same files, empty-handed, from Python string templates.

Ours: everything but the imports, from the template's file to the last manifest: draws, every guarantee, problem,
Markdown handout, blank submission, key and worked solution. Theirs: the same files of the same set, written by
`string.Template`, with a placeholder for each decimal number in them and nothing worked out. Both on one core, into a
new folder each time.

python -m benchmarks.generate [--write]
"""

from __future__ import annotations

import os
import re
import sys
from itertools import count
from string import Template
from typing import TYPE_CHECKING

from benchmarks.ratios import ROOT, Figure, in_turn, main, workplace
from checker.generating import generate_set

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TEMPLATE = ROOT / "problem_sets" / "templates" / "network-2-2-2.yaml"
STUDENTS = 1_000
FOLDERS = (
    "set/problems", "set/handouts", "set/submissions", "set-key/answers", "set-key/solutions",
)  # fmt: skip
NUMBER = re.compile(r"\d+\.\d+")


def measure(students: int = STUDENTS, repetitions: int = 3) -> list[Figure]:
    """One figure, for the set as `generate` makes it unless told otherwise."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with workplace() as folder:
        ids = [f"student{number:04}" for number in range(students)]
        roster = folder / "roster.txt"
        roster.write_text("\n".join(ids) + "\n", encoding="utf-8")

        number = count()
        generate_set(TEMPLATE, roster, folder / "set", seed="benchmark")
        written = sum(1 for name in FOLDERS for path in (folder / name).iterdir() if path.suffix != ".svg")
        assert written == len(FOLDERS) * students
        theirs = _empty_handed(folder, ids)
        times = in_turn(
            [
                lambda: theirs(folder / f"theirs{next(number)}"),
                lambda: generate_set(TEMPLATE, roster, folder / f"set{next(number)}", seed="benchmark"),
            ],
            repetitions,
        )
    return [
        Figure(
            f"{students:,} variants of the 2-2-2 template: problem, Markdown handout, blank submission, key",
            "writing the same files from Python string templates",
            times[1],
            times[0],
            10,
        )
    ]


def _empty_handed(folder: Path, ids: list[str]) -> Callable[[Path], None]:
    """Writes the files of the set again: each a template made of the first student's file, with everybody's id."""
    templates = []
    for name in FOLDERS:
        (path,) = (folder / name).glob(f"{ids[0]}.*")
        text = path.read_text(encoding="utf-8").replace("$", "$$").replace(ids[0], "${student}")
        values: dict[str, str] = {}

        def named(match: re.Match[str], values: dict[str, str] = values) -> str:
            values[f"n{len(values)}"] = match[0]
            return f"${{n{len(values) - 1}}}"

        templates.append((name, path.suffix, Template(NUMBER.sub(named, text)), values))

    def job(out: Path) -> None:
        for name, suffix, template, values in templates:
            place = out / name
            place.mkdir(parents=True)
            for student in ids:
                text = template.substitute(values, student=student)
                (place / f"{student}{suffix}").write_text(text, encoding="utf-8")

    return job


if __name__ == "__main__":
    sys.exit(main("generate", measure))
