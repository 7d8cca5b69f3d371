"""The record of what was measured: docs/performance.md, a section a benchmark.

A benchmark that has figures calls `record`, which replaces what stands between its markers and touches nothing else:

    record("startup", ["job", "target", "reached", ""], rows, "python -m benchmarks.startup --write")

A script whose figures are ratios of times has nothing to do but `main("startup", measure)`, see `benchmarks.ratios`.
A new benchmark is one more entry in SECTIONS, at its place in the page. No dates and no times in seconds are written:
both say something about a day and a machine, and would change with every run.
"""

from __future__ import annotations

from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
HEAD = """\
# How fast, and how right

What this program promises about its own speed and its own judgement, and what was measured. Every table stands between
two markers and is written by the command below it; what stands around it is written by hand.

Times are ratios: two jobs taking turns in one run on one machine, each counted by the fastest of its repetitions. A
target is the largest (or smallest) figure that is good enough, and *missed* means what it says.
"""
NOT_YET = "Not measured yet.\n"


class Section(NamedTuple):
    """A part of the page: `name` is its marker and the module under benchmarks/ that measures it."""

    name: str
    title: str
    text: str


SECTIONS = (
    Section(
        "startup",
        "What a student waits for",
        "One submission of numbers to a problem seen before, as a whole process, against a process that does "
        "nothing but import argparse, yaml and tabulate.",
    ),
    Section(
        "reading",
        "Reading submissions",
        "Every value with its text, line and column, against PyYAML's C loader, which keeps neither.",
    ),
    Section(
        "grading",
        "Grading a class, without reading it",
        "5,000 submissions of 40 steps with 8 % of the answers wrong, every mal-rule and slip tried, against "
        "reading the same files with `yaml.load(CSafeLoader)`.",
    ),
    Section(
        "batch",
        "A class from its folder to its reports",
        "`batch` on 5,000 submissions of 40 steps, 8 % of the answers wrong. On one worker, against reading "
        "the same files with `yaml.load(CSafeLoader)` and nothing else: with gradebook and class report at "
        "most 0.6 times, with a JSON report for each student at most 1 time. On two workers at least 1.6 "
        "times faster than on one, and never slower on small classes.",
    ),
    Section(
        "big_class",
        "A class that outgrows memory",
        "`batch` on 100,000 submissions of 40 steps in one run, two workers, a JSON report for each student: no "
        "process takes more than 300 MB, and a class ten times as large takes no more than a small one.",
    ),
    Section(
        "kills",
        "A class whose grading is killed",
        "Runs ended by SIGKILL at random moments, some of them twice, half of them with workers, and then repeated "
        "to the end: every file has the bytes of a run that nobody killed.",
    ),
    Section(
        "derivation",
        "Deriving a network",
        "A dense 10-20-10 network from its file, cold and with every import, against `import sympy`; and that "
        "the time a step does not grow with the number of steps.",
    ),
    Section(
        "hostile",
        "Files that mean harm",
        "The command on each of them, against the same command on a file that does not.",
    ),
    Section(
        "formulas",
        "Formulas as answers",
        "The slowest of many cases each, in time of the processor, and how much of what it may take it takes.",
    ),
    Section(
        "fuzz_expressions",
        "Formulas that nobody thought of",
        "Every reader of formulas (the language, LaTeX, answers judged to the end) under a coverage-guided fuzzer: "
        "nothing but the parser's own error may leave it, and nothing may take longer than 2 s.",
    ),
    Section(
        "web",
        "The page",
        "In a real browser on the same machine, warm: from a key going down until what follows from it is painted, and "
        "until an opened page can be used. These targets are times that a person notices, so they stand here as times.",
    ),
    Section(
        "generate",
        "A problem for every student",
        "1,000 variants with problem, handout, blank submission and key on one core, against writing the same "
        "files empty-handed from a Python string template: at most 10 times.",
    ),
    Section(
        "variants",
        "Every student's problem is sound",
        "1,000 variants of each shipped template, looked at by code that shares nothing with the generator: every "
        "value by NumPy, every gradient by autograd, every guarantee in the plainest way, and every blank "
        "submission, filled with the rounded values of the key, graded. No promise may be broken, no point lost.",
    ),
    Section(
        "right_sheets",
        "Right work keeps its points: the shipped problems",
        "Sheets worked rightly by a route picked at random, rounded or truncated in any way to the asked "
        "digits, carried on as typed or in full, with or without steps left out, at five precisions. Not one "
        "may lose a point.",
    ),
    Section(
        "right_networks",
        "Right work keeps its points: random networks",
        "The same on random networks over every activation, loss and optimizer.",
    ),
    Section(
        "diagnosis",
        "Naming the mistake",
        "Mistakes made at random steps of random problems by students that share no code with the program, "
        "and how often the report finds the step and names the cause.",
    ),
)


def record(
    name: str,
    headers: Sequence[str],
    rows: Sequence[Sequence[str]],
    command: str,
    notes: str = "",
    page: Path = PAGE,
) -> None:
    """Writes a benchmark's table (and notes, Markdown) between its markers; the rest of the page stays as it is.

    Raises: KeyError for a section that is not in SECTIONS, ValueError for a page whose markers are torn.
    """
    parts = [_table(headers, rows), notes.strip(), f"Measured by `{command}`."]
    body = "\n\n".join(part.strip() for part in parts if part)
    text = page.read_text(encoding="utf-8") if page.exists() else HEAD
    page.write_text(placed(text, name, body), encoding="utf-8")


def placed(text: str, name: str, body: str) -> str:
    """The page's text with this body between the markers of `name`, and every section of SECTIONS present.

    Raises: KeyError, ValueError as `record`.
    """
    names = [section.name for section in SECTIONS]
    if name not in names:
        raise KeyError(f"no section {name!r} in benchmarks.record.SECTIONS")
    end = len(text)
    for section in reversed(SECTIONS):  # from the last, so that a missing one finds the place before the next
        opening, closing = _markers(section.name)
        if (text.count(opening), text.count(closing)) not in {(0, 0), (1, 1)}:
            raise ValueError(f"{opening} and {closing} do not stand once each")
        if opening not in text:
            text = f"{text[:end].rstrip()}\n\n{_empty(section)}\n{text[end:]}"
        start = text.index(opening) + len(opening)
        stop = text.index(closing)
        if stop < start:
            raise ValueError(f"{closing} stands before {opening}")
        if section.name == name:
            text = f"{text[:start]}\n\n{body.strip()}\n\n{text[stop:]}"
        end = text.rindex("\n## ", 0, start) + 1
    return f"{text.rstrip()}\n"


def _empty(section: Section) -> str:
    opening, closing = _markers(section.name)
    return f"## {section.title}\n\n{fill(section.text, 120)}\n\n{opening}\n\n{NOT_YET}\n{closing}\n"


def _markers(name: str) -> tuple[str, str]:
    return f"<!-- {name} -->", f"<!-- /{name} -->"


def _table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; a bar in a cell is text."""
    lines = [headers, ["---"] * len(headers), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)
