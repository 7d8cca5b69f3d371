"""The problems of a class: which one a submission is to, and what workers need to grade it.

A thousand problems that differ only in their numbers are one family: one program, derived once, and the numbers of
each.
"""

from __future__ import annotations

import hashlib
import json
from math import prod
from typing import TYPE_CHECKING, NamedTuple

from checker.batch.outcomes import Variant
from checker.errors import AuthorError, CheckerError, Place
from checker.find import contents, find_problem, listed
from checker.shipped import data_folder

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from checker.cache import Store
    from checker.model import Problem
    from checker.readings.program import Program
    from checker.readings.renumber import Renumbering

MOST_REMEMBERED = 20_000  # problems whose place is remembered


class Task(NamedTuple):
    """A family of problems for workers: everything that grading needs, as data; `slots` is how large its program is."""

    key: str
    program: bytes
    mistakes: bytes
    slots: int


class Found(NamedTuple):
    """A submission's problem: the digest of its file, the file, or the reason why there is none."""

    key: str
    path: Path | None
    data: bytes
    reason: str = ""


class Ready(NamedTuple):
    """A problem that can be graded, or why not."""

    task: Task | None
    variant: Variant
    reason: str = ""


class Problems:
    """The problems of a class folder, found and made ready as they are met.

    Args:
        folder: where the submissions are.
        own: the folder of the problems; where it is given no student can bring a problem along.
        version: of the grader, part of every key.
        store: where derived programs are kept between runs.
    """

    def __init__(self, folder: Path, own: Path | None, version: str, store: Store | None) -> None:
        self.folder, self.own, self.version, self.store = folder, own, version, store
        self._found: dict[tuple[str, str], Found] = {}
        self._listed: dict[Path, dict[str, list[Path]]] = {}
        self._ready: dict[str, Ready] = {}
        self._tasks: dict[str, Task] = {}
        self._first: list[Found] = []  # problems that were derived by themselves
        self._kinds: dict[str, tuple[Renumbering, Renumbering] | None] = {}

    def find(self, named: str, submission: str) -> Found:
        """The problem of this id for the submission of this name."""
        beside = "" if self.own is not None else submission.rpartition("/")[0]
        found = self._found.get((named, beside))
        if found is None:
            if len(self._found) >= MOST_REMEMBERED:
                self._found.clear()
            found = self._found[named, beside] = self._find(named, beside, submission)
        return found

    def _find(self, named: str, beside: str, submission: str) -> Found:
        own = self.own if self.own is not None else self.folder / beside
        try:
            path = self._path(named, own, submission)
            data = contents(path, AuthorError)
        except CheckerError as error:
            return Found("", None, b"", str(error).removeprefix(f"{Place(submission)}: "))
        return Found(hashlib.sha256(self.version.encode() + b"\0" + data).hexdigest(), path, data)

    def _path(self, named: str, own: Path, submission: str) -> Path:
        if own not in self._listed:
            if len(self._listed) > 100:
                self._listed.clear()
            self._listed[own] = listed(own)
        there = self._listed[own].get(named, [])
        if len(there) == 1:
            return there[0]
        return find_problem(named, [own, data_folder("problem_sets")], Place(submission))

    def ready(self, problems: Iterable[Found]) -> dict[str, Ready]:
        """These problems by key, each with the family it belongs to; those that are new are made ready together."""
        wanted = {found.key: found for found in problems}
        if len(self._ready) + len(wanted) > MOST_REMEMBERED:
            self._ready.clear()
        new = [found for key, found in sorted(wanted.items()) if key not in self._ready]
        if new and not self._first and not self._kinds:
            self._alone(new.pop(0))
        if new:
            self._together(new)
        return {key: self._ready[key] for key in wanted}

    def _alone(self, found: Found) -> None:
        """Make ready the first problem of a class, which most often is the only one."""
        from checker import load_program

        assert found.path is not None
        try:
            program = load_program(found.path, self.store)
            mistakes = load_program(found.path, self.store, mistakes=True)
        except Exception as error:
            self._ready[found.key] = _unusable(error)
            return
        self._first.append(found)
        self._take(found, program, mistakes, program.problem, program.title)

    def _together(self, new: list[Found]) -> None:
        """Make ready problems of which some may differ from others only in their numbers."""
        from checker.problem import load_problem
        from checker.readings.renumber import families, structure

        for first in self._first:
            self._learn(first, load_problem(first.data, str(first.path)))
        self._first.clear()
        kinds: dict[str, list[tuple[Found, Problem]]] = {}
        for found in new:
            try:
                problem = load_problem(found.data, str(found.path))
                kind = structure(problem)
                if kind not in self._kinds:
                    self._learn(found, problem)
                if self._kinds[kind] is None:
                    self._alone(found)
                    self._first.clear()
                else:
                    kinds.setdefault(kind, []).append((found, problem))
            except Exception as error:
                self._ready[found.key] = _unusable(error)
        for kind, members in kinds.items():
            both = self._kinds[kind]
            assert both is not None
            problems = [problem for _, problem in members]
            for family in families(both[0], problems):
                some = [members[member] for member in family.members]
                (mistaken, *_) = families(both[1], [some[0][1]])
                for found, problem in some:
                    own = family.program._replace(problem=problem.id, title=problem.title)
                    self._take(found, own, mistaken.program, problem.id, problem.title, _leaves_of(problem))

    def _learn(self, found: Found, problem: Problem) -> None:
        """Remember how problems that differ from this one only in their numbers are made ready."""
        from checker import load_program
        from checker.readings.renumber import Renumbering, structure

        assert found.path is not None
        program = load_program(found.path, self.store)
        if program.fixed:
            self._kinds[structure(problem)] = None
            return
        mistakes = load_program(found.path, self.store, mistakes=True)
        self._kinds[structure(problem)] = Renumbering(program), Renumbering(mistakes)

    def _take(
        self,
        found: Found,
        program: Program,
        mistakes: Program,
        problem: str,
        title: str,
        leaves: tuple[float, ...] | None = None,
    ) -> None:
        key = family_of(program)
        if key not in self._tasks:
            self._tasks[key] = Task(key, _dump(program), _dump(mistakes), len(mistakes.values))
        if leaves is None:
            leaves = () if program.fixed else _leaves(program)
        variant = Variant(found.key, problem, title, leaves, str(found.path), found.data)
        self._ready[found.key] = Ready(self._tasks[key], variant)


def family_of(program: Program) -> str:
    """What programs share that differ only in the numbers of their problems, as a digest."""
    if program.fixed:
        return hashlib.sha256(_dump(program)).hexdigest()
    values: list[float] = list(program.values)
    for slot, shape in program.leaves.values():
        values[slot : slot + prod(shape)] = [0.0] * prod(shape)
    for step in program.steps:
        values[step.slot : step.slot + step.size] = [0.0] * step.size
        for route in step.routes:
            for instruction in route.code:
                values[instruction[0]] = 0.0
    for candidate in program.candidates:
        for instruction in candidate.route.code:
            values[instruction[0]] = 0.0
    plain = json.loads(_dump(program._replace(problem="", title="", values=values, notes=[])))
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


def _dump(program: Program) -> bytes:
    from checker.readings.program import dump  # not where nothing has changed

    return dump(program)


def _leaves(program: Program) -> tuple[float, ...]:
    return tuple(
        value for slot, shape in program.leaves.values() for value in program.values[slot : slot + prod(shape)]
    )


def _leaves_of(problem: Problem) -> tuple[float, ...]:
    return tuple(float(value) for quantity in problem.quantities for value in quantity.values)


def _unusable(error: Exception) -> Ready:
    """Why a problem cannot be used; a fault of ours costs nobody a point."""
    if isinstance(error, CheckerError):
        reason = f"the problem cannot be used: {error}"
    else:
        reason = f"the problem cannot be worked out: a fault of ours: {error!r}"
    return Ready(None, Variant("", "", "", ()), reason)
