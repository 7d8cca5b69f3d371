"""A class folder: collected, graded in blocks, kept in a database, and reported."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor

    from checker.batch.run import Summary
    from checker.cache import Store

__all__ = ["grade_folder"]


def grade_folder(
    folder: Path | str,
    out: Path | str,
    *,
    problems: Path | str | None = None,
    jobs: int = 1,
    reports: Sequence[str] = ("json", "markdown"),
    feedback: str = "hint",
    keep: str = "last",
    junit: bool = False,
    timeout: float = 60.0,
    executor: Executor | None = None,
    store: Store | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Summary:
    """Grade every submission in a folder (or zip archive) and write gradebook, class report and reports below `out`.

    Args:
        folder: where the submissions are, at any depth.
        out: where everything is written; `results.sqlite` in it is the truth, and what is in it is not graded again.
        problems: the folder of the problems; without it they are looked for beside the submissions. The shipped ones
            are found in any case.
        jobs: how many processes; small classes are graded in this one.
        reports: the formats of the students' reports; none where empty.
        feedback: what students may see in them: score, verdict, hint or full.
        keep: which of a student's submissions to one problem counts: last, first or best.
        junit: whether to write `junit.xml`.
        timeout: how many seconds grading a block of submissions, or one that is tried alone, may take in a process of
            its own.
        executor: any executor to work on instead of processes of our own.
        store: where derived programs are kept between runs.
        progress: told what is being done, how far it is, and of how many.

    Raises:
        AuthorError: the folder cannot be read, `out` cannot be written, or an argument says what there is not.
    """
    from checker.batch.run import Options, check_options, grade_class
    from checker.reports import FORMATS, Level

    names = tuple(FORMATS[name].name if name in FORMATS else name for name in dict.fromkeys(reports))
    options = Options(names, Level(feedback), keep, junit, max(1, jobs), timeout)
    check_options(options)
    return grade_class(
        Path(folder), Path(out), Path(problems) if problems is not None else None, options, executor, store, progress
    )
