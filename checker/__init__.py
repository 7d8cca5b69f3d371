"""Automatic grading of back-propagation worked by hand.

`grade` judges a submission step by step, `solve` works a problem out, `lint` says what is doubtful about one, and
`generate` makes a different one for every student. A problem or a template is given as its file, or as the id of a
shipped one. Each imports what it needs when it is called: a submission of numbers to a known problem needs no sympy.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checker.cache import Store
    from checker.errors import CheckerError, Finding
    from checker.generating.template import Template
    from checker.generating.variants import Generated
    from checker.model import Grade, Problem, Solution
    from checker.readings.program import Program
    from checker.sheet import FormulaAnswer, FormulaError, FormulaReader, NumberAnswer, Worked

__version__ = "0.1.0"
__all__ = [
    "__version__",
    "blind_spots",
    "generate",
    "grade",
    "lint",
    "load_problem",
    "load_program",
    "solve",
]


def load_problem(path: Path | str) -> Problem:
    """The problem in a file, read and checked.

    Raises:
        AuthorError: everything that is wrong with it, each with its place and a mend.
    """
    from checker.find import named_file
    from checker.problem import load_problem as load

    path = named_file(path)
    return load(_read(path), str(path))


def load_program(path: Path | str, store: Store | None = None, *, mistakes: bool = False) -> Program:
    """The problem in a file, ready to grade: from `store` where it was derived before, else derived and put there.

    With `mistakes`, what each named mistake gives stands in it too.

    Raises:
        AuthorError: as `load_problem`, or a problem that cannot be derived.
    """
    from checker.find import named_file
    from checker.readings.program import dump, load

    path = named_file(path)
    data = _read(path)
    key = _key(data) + ("-mistakes" if mistakes else "")
    kept = store.get(key) if store is not None else None
    if kept is not None:
        try:
            return load(kept)
        except ValueError:
            pass  # kept by another version, or damaged in a way its digest does not show: derive it again
    from checker.problem import load_problem as read_problem
    from checker.readings.compile import compile_problem

    program = compile_problem(read_problem(data, str(path)), mistakes=mistakes)
    if store is not None:
        store.put(key, dump(program))
    return program


def grade(
    submission: Path | str,
    *,
    problem: Path | str | None = None,
    problems: Sequence[Path | str] = (),
    store: Store | None = None,
) -> Grade:
    """The grade of a submission file against a problem file.

    Where no `problem` is given it is found by the id that the submission names: in the folders `problems`, else beside
    the submission, else among the shipped ones.

    Raises:
        SubmissionError: the submission as a whole cannot be used. What is wrong with single answers costs only those.
        AuthorError: the problem cannot be used.
    """
    from checker.errors import SubmissionError
    from checker.grading import grade_submission
    from checker.submission import load_submission

    path = Path(submission)
    sheet = load_submission(_read(path, SubmissionError), str(path))
    if sheet.student is None:  # the file's name stands in
        sheet = sheet._replace(student=path.stem)
    if problem is None:
        from checker.find import find_problem
        from checker.shipped import data_folder

        folders = [*map(Path, problems), path.parent, data_folder("problem_sets")]
        problem = find_problem(sheet.problem, folders, sheet.problem_place)
    return grade_submission(
        sheet,
        load_program(problem, store),
        _formula_reader(problem),
        lambda: load_program(problem, store, mistakes=True),
    )


def solve(
    problem: Path | str,
    *,
    iterations: int | None = None,
    digits: int | None = None,
    steps: Sequence[str] = (),
    closed_forms: Sequence[str] = (),
    mathematics: bool = False,
    learning_rates: Sequence[float | str] = (),
) -> Solution:
    """The problem worked out: every step as formula, numbers put in, exact value and float, and the loss curve.

    `closed_forms` names steps that are also wanted in givens and parameters alone; with `mathematics` every step has
    its numbers put in as LaTeX too. `learning_rates` are others than the problem's own, for loss curves beside its own.

    Raises:
        AuthorError: the problem cannot be used, or has no such step.
    """
    from checker.solving import solve_problem

    return solve_problem(load_problem(problem), iterations, digits, steps, closed_forms, mathematics, learning_rates)


def generate(
    template: Path | str,
    students: Sequence[str] | int = 1,
    *,
    seed: str = "",
    secret_file: Path | str | None = None,
) -> list[Generated]:
    """A variant of a template for each student: its problem, handout, blank submission and key. No file is written.

    They are those of `check-backprop generate` with the same ids and the same seed or secret, and pass the same checks.

        >>> from checker import generate
        >>> ada, grace = generate("single-neuron", ["ada", "grace"], seed="2026")
        >>> ada.problem.id, ada.answers["z"] != grace.answers["z"]
        ('single-neuron-ada', True)

    Args:
        template: the template's file, or the id of a shipped one.
        students: the ids of the students, or how many there are, called 1, 2, 3, …
        seed: a public seed, for practice problems that anybody may make again.
        secret_file: the instructor's secret in place of the seed, made where there is none.

    Raises:
        AuthorError: the template cannot be used, its conditions cannot be met, or an id cannot be one.
    """
    from checker.generating.secret import public, read_secret
    from checker.generating.template import find_template
    from checker.generating.variants import variants

    read = find_template(template)
    ids = [str(number) for number in range(1, students + 1)] if isinstance(students, int) else students
    secret = public(seed) if secret_file is None else read_secret(Path(secret_file))[0]
    return variants(read, secret, ids)


def lint(problem: Path | str) -> tuple[Finding, ...]:
    """What is doubtful about a problem or a template, each with its place and a mend; empty where it is sound.

    Raises:
        AuthorError: the problem cannot be used at all.
    """
    template = _template(problem)
    if template is not None:
        from checker.generating.survey import lint_template

        return lint_template(template)[0]
    from checker.linting import lint_problem

    return lint_problem(load_problem(problem))


def blind_spots(problem: Path | str) -> tuple[Finding, ...]:
    """Which mistakes a problem cannot show at the precision asked, or cannot tell apart, and what would help.

    Of a template: how many of its draws pass, and what rejects the others.

    Raises:
        AuthorError: the problem cannot be used at all.
    """
    template = _template(problem)
    if template is not None:
        from checker.generating.survey import lint_template

        return lint_template(template)[1]
    from checker.diagnose.blindspots import blind_spots as find

    return find(load_problem(problem))


def _template(path: Path | str) -> Template | None:
    """The template in a file; None where the file is a problem, or cannot be read as anything."""
    from checker import yamlfile
    from checker.errors import AuthorError
    from checker.find import named_file
    from checker.problem.language import TEMPLATE_KEYS

    path = named_file(path)
    data = _read(path)
    if not any(key.encode() in data for key in TEMPLATE_KEYS):
        return None
    if TEMPLATE_KEYS[0] not in yamlfile.read(data, str(path), AuthorError).items:
        return None
    from checker.generating.template import load_template

    return load_template(data, str(path))


def _read(path: Path, error: type[CheckerError] | None = None) -> bytes:
    """The file's bytes; what is too long or no plain file is refused unread."""
    from checker.errors import AuthorError
    from checker.find import contents

    return contents(path, error or AuthorError)


def _key(data: bytes) -> str:
    """What a derived program depends on: the problem's bytes and the source of what derives it."""
    from checker.cache import digest

    package = Path(__file__).parent
    parts = [data, __version__.encode()]
    for folder in ("", "yamlfile", "expression", "knowledge", "graph", "readings", "problem"):
        # a changed source must not meet programs that the old one derived
        with os.scandir(package / folder) as entries:
            parts.extend(
                f"{entry.name}:{entry.stat().st_mtime_ns};".encode()
                for entry in sorted(entries, key=lambda entry: entry.name)
                if entry.name.endswith((".py", ".lark"))
            )
    return digest(b"".join(parts))


def _formula_reader(problem: Path | str) -> FormulaReader:
    """Reads formulas among the answers; nothing is imported or derived before the first one."""
    made: list[FormulaReader] = []

    def read(formulas: Sequence[FormulaAnswer], numbers: Sequence[NumberAnswer]) -> list[Worked | FormulaError]:
        if not made:
            from checker.formula_answer import FormulaAnswers

            made.append(FormulaAnswers(load_problem(problem)))
        return made[0](formulas, numbers)

    return read
