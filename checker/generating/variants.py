"""Variants in memory, for notebooks and other programs: nothing is read but the template, and nothing is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from checker.errors import AuthorError, Finding
from checker.generating.blank import IDENTITY, NAME, STEM, STUDENT, blank, yaml_text
from checker.generating.handouts.content import handout
from checker.generating.handouts.markdown import pieces
from checker.generating.holes import filled
from checker.generating.key import Solver, filled_in
from checker.generating.problemfile import written
from checker.generating.roster import MOST_STUDENTS, Student, problem_id, students_of
from checker.generating.search import Search
from checker.generating.stream import student_seed
from checker.problem import load_problem
from checker.reports.markdown import escaped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checker.generating.holes import Piece
    from checker.generating.key import Solved
    from checker.generating.search import Effort, Variant
    from checker.generating.structure import Structure
    from checker.generating.template import Template
    from checker.model import Problem


@dataclass(frozen=True)
class Generated:
    """One student's variant.

    `problem` is its problem, `text` the same as a problem file's text; `handout` is Markdown, `submission` the blank
    file. `key` has every question worked, `answers` by the step's name what to type for full marks. `difficulty` and
    `guarantees` are what the manifest of a set says of it.
    """

    student: str
    problem: Problem
    text: str
    handout: str
    submission: str
    key: tuple[Solved, ...]
    answers: dict[str, str]
    difficulty: Effort
    guarantees: dict[str, float]


def variants(template: Template, secret: bytes, ids: Sequence[str]) -> list[Generated]:
    """A variant for each id, in their order.

    Raises:
        AuthorError: an id cannot be one, or the template's conditions cannot be met.
    """
    if len(ids) > MOST_STUDENTS:
        raise AuthorError(Finding(f"{len(ids):,} students", None, f"use at most {MOST_STUDENTS:,}"))
    students = students_of(ids)
    search = Search(template)
    found = search.find([student_seed(secret, template.id, template.version, each.id) for each in students])
    texts: dict[int, _Texts] = {}
    made = []
    for student, variant in zip(students, found, strict=True):
        shared = texts.setdefault(id(variant.structure), _Texts(variant.structure))
        made.append(shared.put(template, student, variant))
    return made


class _Texts:
    """What all variants of a structure share."""

    def __init__(self, structure: Structure) -> None:
        self._structure = structure
        self._made: tuple[list[Piece], list[Piece], list[Piece], Solver] | None = None

    def put(self, template: Template, student: Student, variant: Variant) -> Generated:
        """One student's variant."""
        if self._made is None:
            structure = self._structure
            self._made = (
                written(structure.root, IDENTITY),
                pieces(handout(structure)),
                blank(structure),
                Solver(structure),
            )
        problem, sheet, submission, solver = self._made
        identity = problem_id(template.id, student.stem)
        words = {
            IDENTITY: yaml_text(identity),
            STUDENT: yaml_text(student.id),
            STEM: student.stem,
            NAME: escaped(student.id),
        }
        text = filled(problem, variant.draw, words)
        key = tuple(solver(variant.draw))
        return Generated(
            student=student.id,
            problem=load_problem(text.encode(), f"{identity}.yaml"),
            text=text,
            handout=filled(sheet, variant.draw, words),
            submission=filled(submission, variant.draw, words),
            key=key,
            answers=filled_in(key),
            difficulty=variant.effort,
            guarantees=dict(variant.margins),
        )
