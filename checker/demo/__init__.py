"""A small course, made up: assignments from the shipped templates, answers as a class would give them, all graded."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from checker.errors import AuthorError, Finding, Place

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from checker.batch.run import Summary

ASSIGNMENTS = ("single-neuron", "network-2-2-1", "softmax-3-4-2")
STUDENTS = 30
SEED = "demo"


class Graded(NamedTuple):
    """An assignment of the course with what became of its submissions."""

    name: str
    summary: Summary


class Course(NamedTuple):
    """What was made in `folder`; `telling` is a student whose report is worth a look."""

    folder: Path
    students: tuple[str, ...]
    assignments: tuple[Graded, ...]
    telling: str


def make_course(
    folder: Path | str, *, seed: str = SEED, progress: Callable[[str, int, int], None] | None = None
) -> Course:
    """Make a course of three assignments and thirty students in an empty folder, and grade it.

    Args:
        folder: a folder that is empty or not there.
        seed: the same gives the same files.
        progress: told what is being done, how far it is, and of how many.

    Raises:
        AuthorError: the folder has something in it, or cannot be written.
    """
    from checker.batch import grade_folder
    from checker.demo.students import fill_in
    from checker.generating import generate_set
    from checker.shipped import data_folder

    folder = Path(folder)
    _take(folder)
    students = tuple(f"s{number:02}" for number in range(1, STUDENTS + 1))
    templates = data_folder("problem_sets") / "templates"
    try:
        (folder / "roster.csv").write_text("id,group\n" + "".join(_roster(students)), encoding="utf-8")
        graded = []
        for name in ASSIGNMENTS:
            template = folder / "templates" / f"{name}.yaml"
            template.parent.mkdir(exist_ok=True)
            template.write_bytes((templates / f"{name}.yaml").read_bytes())
            made = folder / name
            generate_set(
                template, folder / "roster.csv", made / "set", seed=f"{seed} {name}", formats=("md", "html"),
                progress=progress,
            )  # fmt: skip
            handed_in = made / "class"
            handed_in.mkdir()
            rng = random.Random(f"{seed} {name}")  # noqa: S311 - a class that anybody can make again
            for file, text in fill_in(made / "set" / "problems", students, rng).items():
                (handed_in / file).write_text(text, encoding="utf-8", newline="\n")
            summary = grade_folder(
                handed_in, made / "graded", problems=made / "set" / "problems", roster=folder / "roster.csv",
                reports=("html", "json"), progress=progress,
            )  # fmt: skip
            graded.append(Graded(name, summary))
    except OSError as error:
        what = f"the demo cannot be written: {error.strerror or error}"
        raise AuthorError(Finding(what, Place(str(folder)), "give a folder that you may write")) from error
    return Course(folder, students, tuple(graded), _telling(folder / ASSIGNMENTS[1] / "graded" / "reports"))


def _take(folder: Path) -> None:
    """Make the folder, or refuse one in which something is."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        taken = next(folder.iterdir(), None)
    except OSError as error:
        what = f"the folder cannot be made: {error.strerror or error}"
        raise AuthorError(Finding(what, Place(str(folder)), "give a folder that you may write")) from error
    if taken is not None:
        what = f"the folder is not empty: {taken.name!r} is in it"
        raise AuthorError(Finding(what, Place(str(folder)), "give a new folder"))


def _roster(students: Sequence[str]) -> list[str]:
    return [f"{student},{'A' if number < len(students) / 2 else 'B'}\n" for number, student in enumerate(students)]


def _telling(reports: Path) -> str:
    """The student whose report tells most: one mistake, which has a name, and as much as possible worked from it."""
    from checker.outcome import Verdict

    told: dict[str, int] = {}
    for path in sorted(reports.glob("*.json")):
        report = json.loads(path.read_text(encoding="utf-8"))
        verdicts = [step["verdict"] for step in report["steps"]]
        mistakes = set(verdicts) - {Verdict.CORRECT.value, Verdict.FOLLOW_THROUGH.value}
        if mistakes == {Verdict.MISCONCEPTION.value} and verdicts.count(Verdict.MISCONCEPTION.value) == 1:
            told[report["student"]] = verdicts.count(Verdict.FOLLOW_THROUGH.value)
    return max(told, key=lambda student: (told[student], student), default="")


def told(course: Course) -> str:
    """What was made, and what to open first."""
    folder = course.folder
    lines = [f"A course of {len(course.assignments)} assignments and {len(course.students)} students, in {folder}", ""]
    for name, summary in course.assignments:
        percents = [row.percent for row in summary.rows() if row.counts and row.percent is not None]
        mean = f"{sum(percents) / len(percents):.0f} %" if percents else "-"
        lines.append(
            f"  {name:{max(map(len, ASSIGNMENTS))}}  {summary.graded} of {summary.submissions} submissions graded, "
            f"on average {mean}"
        )
    first, second = course.assignments[0].name, course.assignments[1].name
    opened = [
        (f"{folder}/{second}/graded/class.html", "the class: where it went wrong, and how"),
        (f"{folder}/{second}/graded/reports/{course.telling}.html", "a student's report: the first mistake, by name"),
        (f"{folder}/{first}/set/handouts/{course.students[0]}.html", "what a student was given"),
        (f"{folder}/{first}/graded/gradebook.csv", "the points, to upload"),
    ]
    if not course.telling:
        del opened[1]
    width = max(len(path) for path, _ in opened)
    lines += ["", "Open", *(f"  {path:{width}}  {what}" for path, what in opened)]
    home = f"{folder}/{second}"
    lines += [
        "",
        "It was made by these commands, and by made-up students in between",
        f"  check-backprop generate {folder}/templates/{second}.yaml --roster {folder}/roster.csv --out {home}/set",
        f"  check-backprop batch {home}/class --problems {home}/set/problems --roster {folder}/roster.csv \\",
        f"    --reports html,json --out {home}/graded",
    ]
    return "\n".join(lines) + "\n"
