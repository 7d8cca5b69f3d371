"""A class folder: collected, graded in blocks, kept in a database, and reported."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor

    from checker.batch.regrade import Change
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
    language: str = "en",
    hints: Path | str | None = None,
    keep: str = "last",
    junit: bool = False,
    gradescope: bool = False,
    roster: Path | str | None = None,
    gradebook: Path | str | None = None,
    column: str | None = None,
    due: float | None = None,
    late: str | None = None,
    late_column: str | None = None,
    pseudonyms: bool = False,
    dry_run: bool = False,
    timeout: float = 60.0,
    executor: Executor | None = None,
    store: Store | None = None,
    progress: Callable[[str, int, int], None] | None = None,
    announce: Callable[[list[Change]], None] | None = None,
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
        gradescope: whether to write Gradescope's `results.json`.
        roster: a CSV file of who is in the class, against which the students that files name are checked.
        gradebook: a Canvas export or a Moodle grading worksheet, of which a filled copy is written.
        column: the heading of the column that is filled, where it cannot be told.
        due: when it was due, in seconds since 1970.
        late: what lateness costs, as "10% a day, at most 50%"; see `lateness.Policy`.
        late_column: the roster's column that says how late a student was, in days or by the time.
        pseudonyms: whether the class report names nobody.
        language: what the students' reports are written in: `en`, `de`.
        hints: a catalogue (.po) whose hints and sentences take the place of ours in the students' reports.
        dry_run: whether only to find out what would change; nothing below `out` is touched.
        timeout: how many seconds grading a block of submissions, or one that is tried alone, may compute.
        executor: any executor to work on instead of processes of our own.
        store: where derived programs are kept between runs.
        progress: told what is being done, how far it is, and of how many.
        announce: told, before anything is written, whose points change though their files do not.

    Raises:
        AuthorError: the folder cannot be read, `out` cannot be written, or an argument says what there is not.
    """
    from checker.batch.options import Options, check_options
    from checker.batch.run import grade_class
    from checker.reports import FORMATS, Level
    from checker.reports.language import own_language

    policy = None
    if late:
        from checker.batch.lateness import read_policy

        policy = read_policy(late)

    def path(given: Path | str | None) -> Path | None:
        return Path(given) if given is not None else None

    names = tuple(FORMATS[name].name if name in FORMATS else name for name in dict.fromkeys(reports))
    options = Options(
        names, Level(feedback), keep, junit, max(1, jobs), timeout, gradescope=gradescope, roster=path(roster),
        gradebook=path(gradebook), column=column, due=due, late=policy,
        late_column=late_column, pseudonyms=pseudonyms, dry_run=dry_run, language=own_language(language, path(hints)),
    )  # fmt: skip
    check_options(options)
    return grade_class(Path(folder), Path(out), path(problems), options, executor, store, progress, announce)
