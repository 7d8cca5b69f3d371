"""`check-backprop batch`: its arguments, its progress, and what it says in the end."""

from __future__ import annotations

import os
from argparse import ArgumentTypeError
from pathlib import Path
from typing import TYPE_CHECKING

from checker.batch.options import KEEP, REPORTS, TIMEOUT
from checker.commands.arguments import add_names, add_report, whole_number
from checker.commands.progress import Progress
from checker.commands.terminal import FULL, LESS, complain, emit, emit_lines
from checker.reports import FORMATS

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from checker.batch.regrade import Change
    from checker.batch.run import Summary

MOST_CHANGES = 200  # changed grades on the terminal
LONGEST = 500  # characters of a line on the terminal
MOST_SAID = 20  # reasons on the terminal; the gradebook has all


def configure(parser: ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="the submissions: a folder, at any depth, or a zip")
    parser.add_argument("--problems", metavar="DIR", type=Path, help="the folder of the problems")
    parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="where everything is written")
    parser.add_argument(
        "--jobs",
        metavar="N",
        type=whole_number(256),
        default=None,
        help="how many processes (default: one a processor)",
    )
    add_names(parser, "--reports", "the students' reports", FORMATS, REPORTS)
    add_report(parser, "the students' reports tell", "the students' reports are written")
    parser.add_argument(
        "--keep", choices=KEEP, default="last", help="which of a student's submissions to a problem counts"
    )
    parser.add_argument(
        "--fail-under", metavar="P", type=_percent, help="exit with status 1 where one that counts has fewer percent"
    )
    parser.add_argument("--junit", action="store_true", help="write junit.xml, a test a submission")
    parser.add_argument(
        "--github", action="store_true", help="print annotations, and write the job summary where GitHub wants it"
    )
    parser.add_argument(
        "--gradescope", action="store_true", help="write results.json as Gradescope's autograder reads it"
    )
    parser.add_argument(
        "--roster", metavar="FILE", type=Path, help="who is in the class, as CSV, to check names against"
    )
    parser.add_argument(
        "--gradebook",
        metavar="FILE",
        type=Path,
        help="a Canvas export or Moodle grading worksheet; a filled copy is written to upload/",
    )
    parser.add_argument("--column", metavar="NAME", help="the heading of the gradebook's column that is filled")
    parser.add_argument("--due", metavar="TIME", type=_time, help="when it was due, as 2026-03-01T23:59+01:00")
    parser.add_argument(
        "--late",
        metavar="POLICY",
        help='what lateness costs: "10%% a day, at most 50%%, 1 hour grace, 2 days free, nothing after 7 days"',
    )
    parser.add_argument(
        "--late-column", metavar="NAME", help="the roster's column of late days or times, instead of the files' dates"
    )
    parser.add_argument("--pseudonyms", action="store_true", help="name nobody in the class report")
    parser.add_argument("--dry-run", action="store_true", help="say what would change in points, and write nothing")
    parser.add_argument(
        "--scheduler", metavar="ADDRESS", help="work on the dask.distributed cluster whose scheduler is there"
    )
    parser.add_argument(
        "--timeout", metavar="S", type=_seconds, default=TIMEOUT, help="seconds a submission may compute"
    )
    parser.add_argument("--no-cache", action="store_true", help="keep no derived problem between runs")


def run(options: Namespace) -> int:
    """Grade the class; 0 where all were graded, 1 where some were not or are under `--fail-under`."""
    from checker.batch import grade_folder
    from checker.cache import Store, default_folder
    from checker.errors import AuthorError, Finding, Place

    if options.problems is not None and not options.problems.is_dir():
        what = "there is no such folder"
        raise AuthorError(Finding(what, Place(str(options.problems)), "give the folder of the problems"))
    store = Store(None if options.no_cache else default_folder(os.environ))
    progress = Progress()
    jobs, executor, client = options.jobs or os.cpu_count() or 1, None, None
    if options.scheduler is not None:
        from checker.batch.cluster import connected

        client, executor, jobs = connected(options.scheduler)

    def announce(changes: list[Change]) -> None:
        progress.close()
        _say_changes(changes)

    try:
        summary = grade_folder(
            options.folder,
            options.out,
            problems=options.problems,
            jobs=jobs,
            reports=options.reports,
            feedback=options.feedback,
            language=options.language,
            hints=options.hints,
            keep=options.keep,
            junit=options.junit,
            gradescope=options.gradescope,
            roster=options.roster,
            gradebook=options.gradebook,
            column=options.column,
            due=options.due,
            late=options.late,
            late_column=options.late_column,
            pseudonyms=options.pseudonyms,
            dry_run=options.dry_run,
            timeout=options.timeout,
            executor=executor,
            store=store,
            progress=progress,
            announce=announce,
        )
    finally:
        progress.close()
        if client is not None:
            client.close()
    low = 0
    if options.fail_under is not None:
        low = sum(row.counts and row.percent is not None and row.percent < options.fail_under for row in summary.rows())
    _say(summary, low, options)
    if options.github:
        _github(summary)
    return LESS if summary.ungradable or low else FULL


def _say(summary: Summary, low: int, options: Namespace) -> None:
    from checker.batch.ci import inert
    from checker.reports.plain import cut, printable

    reasons = [f"{row.submission}: ungradable: {row.reason}" for row in summary.reasons]
    reasons += summary.remarks
    reasons += [f"{each.name}: passed over: {each.reason}" for each in summary.passed]
    for line in reasons[:MOST_SAID]:
        complain(inert(cut(printable(line), LONGEST)))
    more = summary.ungradable + summary.passed_over + len(summary.remarks) - MOST_SAID
    if more > 0:
        complain(f"and {more} more; see gradebook.csv and class.json")
    parts = [f"{summary.graded} of {summary.submissions} submissions graded"]
    if summary.ungradable:
        parts.append(f"{summary.ungradable} ungradable")
    if low:
        parts.append(f"{low} under {options.fail_under:g} %")
    if summary.passed_over:
        parts.append(f"{summary.passed_over} {'file' if summary.passed_over == 1 else 'files'} passed over")
    if summary.absent:
        parts.append(f"{len(summary.absent)} on the roster handed in nothing")
    where = "nothing was written" if options.dry_run else printable(str(options.out / "gradebook.csv"))
    emit_lines([f"{', '.join(parts)}; {where}"])


def _say_changes(changes: list[Change]) -> None:
    """Who gains and who loses, since the key, the rubric or the grader is other than it was."""
    from checker.batch.ci import inert
    from checker.batch.gradebook import plain
    from checker.reports.plain import cut, printable

    if not changes:
        return
    gain, lose = sum(each.gain > 0 for each in changes), sum(each.gain < 0 for each in changes)
    lines = [f"points change for the same files: {gain} gain, {lose} lose"]
    for each in sorted(changes, key=lambda change: (change.gain, change.submission))[:MOST_CHANGES]:
        before = "ungradable" if each.before is None else plain(each.before)
        after = "ungradable" if each.after is None else plain(each.after)
        line = f"  {each.student} ({each.submission}): {before} -> {after} of {plain(each.possible)} ({each.gain:+g})"
        lines.append(inert(cut(printable(line), LONGEST)))
    if len(changes) > MOST_CHANGES:
        lines.append(f"  and {len(changes) - MOST_CHANGES} more")
    emit_lines(lines)


def _github(summary: Summary) -> None:
    from checker.batch import ci

    emit("".join(f"{line}\n" for line in ci.workflow_commands(summary.rows())))
    place = os.environ.get("GITHUB_STEP_SUMMARY")
    if place:
        with Path(place).open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(ci.summary(summary.rows(), summary.graded, summary.submissions))


def _percent(text: str) -> float:
    try:
        value = float(text.rstrip("% "))
    except ValueError:
        value = -1.0
    if not 0 <= value <= 100:
        raise ArgumentTypeError(f"{text!r} is not a percentage from 0 to 100")
    return value


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value <= 86_400:
        raise ArgumentTypeError(f"{text!r} is not a number of seconds")
    return value


def _time(text: str) -> float:
    from checker.batch.lateness import read_time

    try:
        return read_time(text)
    except (ValueError, OverflowError):
        raise ArgumentTypeError(f"{text!r} is not a time like 2026-03-01T23:59+01:00") from None
