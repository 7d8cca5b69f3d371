"""Writes tests/golden/marks.txt: how sheets with every known mistake are marked, so that no change to marks is silent.

A sheet is a shipped problem worked by the engine with one wrong rule at one step and rightly from there; then the same
with a sign lost, a digit cut off, and with all but the first and the last steps left out (`few`). The file does not say
that the marks are right (the laws and the worked examples do); it shows a reviewer what a change does to grades.
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from checker.demo.students import worked
from checker.grading import grade_submission
from checker.knowledge.misconceptions import MISCONCEPTIONS
from checker.model import Verdict
from checker.problem import load_problem
from checker.readings.compile import compile_problem
from checker.submission import load_submission

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from checker.model import Grade
    from checker.readings.program import Program, Route

ROOT = Path(__file__).resolve().parents[1]
PATH = ROOT / "tests" / "golden" / "marks.txt"
MOST_SHEETS = 100  # of one problem
MOST_PLACES = 2  # at which the same mistake is made in one problem

LETTERS = {
    Verdict.CORRECT: ".",
    Verdict.FOLLOW_THROUGH: "f",
    Verdict.MISCONCEPTION: "M",
    Verdict.SLIP: "s",
    Verdict.IMPRECISE: "i",
    Verdict.WRONG: "W",
    Verdict.MISSING: "_",
    Verdict.UNREADABLE: "?",
}

HEAD = """\
How sheets with known mistakes are marked. `python tools/marks.py` writes this file; tests hold it to what the
checker says now. A difference here is a change to marks: it needs a reason, and a line under Marks in CHANGELOG.md.

Each line: what was done, the points, a letter for each step in the order asked (. correct, f follow-through,
M misconception, s slip, i imprecise, W wrong, _ missing, ? unreadable), then the causes named, `@` where a step that
was left out is blamed, `?` where only possible. `few`: only these answers.
"""


def page() -> str:
    """The whole file."""
    problems = sorted((ROOT / "problem_sets").glob("*.yaml"))
    return HEAD + "".join(f"\n{part}" for part in map(_problem, problems))


def _problem(path: Path) -> str:
    program = compile_problem(load_problem(path.read_bytes(), path.name), mistakes=True)
    labels = [item.label for item in program.ask]
    ends = _ends(labels)
    lines = [f"{path.stem}: {' '.join(labels)}\n", f"  few: {' '.join(ends)}\n"]
    seen = set()
    for what, answers in _sheets(program, ends):
        if (sheet := tuple(answers.items())) not in seen:
            seen.add(sheet)
            lines.append(_line(what, _graded(program, answers)))
    return "".join(lines)


def _sheets(program: Program, ends: list[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """What was done, and the answers that come of it."""
    right = worked(program, {}).answers
    yield "all right", right
    yield "nothing", {}
    for what, step, route in islice(_mistakes(program), MOST_SHEETS):
        answers = worked(program, {step: route}).answers
        yield what, answers
        few = {name: answers[name] for name in ends}
        if any(few[name] != right[name] for name in few):
            yield f"{what}, few", few
    for name, text in right.items():
        if text.removeprefix("-").replace(".", "").isdigit():
            yield f"sign lost at {name}", right | {name: text[1:] if text[0] == "-" else f"-{text}"}
            if len(text.partition(".")[2]) > 1:
                yield f"last digit cut off at {name}", right | {name: text[:-1]}


def _ends(labels: list[str]) -> list[str]:
    """The first and the last quarter of what is asked: what a student shows who writes down little."""
    return [labels[0], *labels[max(1, len(labels) * 3 // 4) :]]


def _mistakes(program: Program) -> Iterator[tuple[str, int, Route]]:
    """Every mistake of the table at the first places where it can be made, in the table's order."""
    asked = {item.step: item.label for item in program.ask}
    places: dict[str, list[tuple[str, int, Route]]] = {}
    for mistake in program.mistakes:
        if mistake.step in asked:
            for code in dict.fromkeys(called.code for called in mistake.names):
                places.setdefault(code, []).append((f"{code} at {asked[mistake.step]}", mistake.step, mistake.route))
    for code in MISCONCEPTIONS:
        yield from places.get(code, [])[:MOST_PLACES]


def _graded(program: Program, answers: Mapping[str, str]) -> Grade:
    lines = "".join(f"  {name}: {text}\n" for name, text in answers.items())
    text = f"format: check-backprop/submission@1\nproblem: {program.problem}\nstudent: s\nanswers: {{}}\n"
    if lines:
        text = text.replace(" {}\n", f"\n{lines}")
    return grade_submission(load_submission(text.encode(), "s.yaml"), program, _no_formula, lambda: program)


def _no_formula(*_: object) -> list[object]:
    raise AssertionError("these sheets have no formula")


def _line(what: str, grade: Grade) -> str:
    letters = "".join(LETTERS[step.verdict] for step in grade.steps)
    causes = [
        f"{step.step}: {' '.join(_cause(each.code, each.confidence, each.made_at) for each in step.diagnosis)}"
        for step in grade.steps
        if step.diagnosis
    ]
    return f"  {what:50}  {grade.awarded:g}/{grade.possible:g}  {letters}  {'; '.join(causes)}".rstrip() + "\n"


def _cause(code: str, confidence: str, made_at: str) -> str:
    return f"{code}{f'@{made_at}' if made_at else ''}{'' if confidence == 'clear' else '?'}"


if __name__ == "__main__":
    PATH.write_text(page(), encoding="utf-8")
