"""Automatic grading of back-propagation worked by hand.

`grade` judges a submission step by step, `solve` works a problem out, `lint` says what is doubtful about one.
Each imports what it needs when it is called: a submission of numbers to a known problem needs no sympy.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from checker.cache import Store
    from checker.errors import Finding
    from checker.model import Grade, Problem, Solution
    from checker.readings.program import Program
    from checker.sheet import FormulaReader

__version__ = "0.1.0"
__all__ = ["__version__", "grade", "lint", "load_problem", "load_program", "solve"]


def load_problem(path: Path | str) -> Problem:
    """The problem in a file, read and checked.

    Raises:
        AuthorError: everything that is wrong with it, each with its place and a mend.
    """
    from checker.problem import load_problem as load

    return load(_read(Path(path)), str(path))


def load_program(path: Path | str, store: Store | None = None) -> Program:
    """The problem in a file, ready to grade: from `store` where it was derived before, else derived and put there.

    Raises:
        AuthorError: as `load_problem`, or a problem that cannot be derived.
    """
    from checker.readings.program import dump, load

    data = _read(Path(path))
    key = _key(data)
    kept = store.get(key) if store is not None else None
    if kept is not None:
        try:
            return load(kept)
        except ValueError:
            pass  # kept by another version, or damaged in a way its digest does not show: derive it again
    from checker.problem import load_problem as read_problem
    from checker.readings.compile import compile_problem

    program = compile_problem(read_problem(data, str(path)))
    if store is not None:
        store.put(key, dump(program))
    return program


def grade(submission: Path | str, *, problem: Path | str, store: Store | None = None) -> Grade:
    """The grade of a submission file against a problem file.

    Raises:
        SubmissionError: the submission as a whole cannot be used. What is wrong with single answers costs only those.
        AuthorError: the problem cannot be used.
    """
    from checker.grading import grade_submission
    from checker.submission import load_submission

    sheet = load_submission(_read(Path(submission)), str(submission))
    return grade_submission(sheet, load_program(problem, store), _formula_reader(problem))


def solve(
    problem: Path | str, *, iterations: int | None = None, digits: int | None = None, steps: Sequence[str] = ()
) -> Solution:
    """The problem worked out: every step as formula, numbers put in, exact value and float, and the loss curve.

    Raises:
        AuthorError: the problem cannot be used, or has no such step.
    """
    from checker.solving import solve_problem

    return solve_problem(load_problem(problem), iterations, digits, steps)


def lint(problem: Path | str) -> tuple[Finding, ...]:
    """What is doubtful about a problem, each with its place and a mend; empty where it is sound.

    Raises:
        AuthorError: the problem cannot be used at all.
    """
    from checker.linting import lint_problem

    return lint_problem(load_problem(problem))


def _read(path: Path) -> bytes:
    """The file's bytes, or one more than may be: what is too long is refused unread."""
    from checker.errors import AuthorError, Finding, Place
    from checker.yamlfile import DEFAULT

    try:
        with path.open("rb") as file:
            return file.read(DEFAULT.size + 1)
    except OSError as error:
        raise AuthorError(Finding(f"cannot be read: {error.strerror}", Place(str(path)), "check the name")) from None


def _key(data: bytes) -> str:
    """What a derived program depends on: the problem's bytes and the source of what derives it."""
    import hashlib
    import os

    digest = hashlib.sha256(data)
    digest.update(__version__.encode())
    package = os.path.dirname(__file__)
    for folder in ("", "expression", "knowledge", "graph", "readings", "problem"):
        with os.scandir(os.path.join(package, folder)) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                if entry.name.endswith((".py", ".lark")):
                    # a changed source must not meet programs that the old one derived
                    digest.update(f"{entry.name}:{entry.stat().st_mtime_ns};".encode())
    return digest.hexdigest()


def _formula_reader(problem: Path | str) -> FormulaReader:
    """Reads formulas among the answers; nothing is imported or derived before the first one."""
    made: list[FormulaReader] = []

    def read(text: str, target: object) -> object:
        if not made:
            from checker.formula_answer import FormulaAnswers

            made.append(FormulaAnswers(load_problem(problem)))
        return made[0](text, target)  # type: ignore[arg-type]  # typed where it is made

    return read  # type: ignore[return-value]
