"""`check-backprop batch`: its arguments, its progress, and what it says in the end."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentTypeError
from pathlib import Path
from typing import TYPE_CHECKING

from checker.reports import FORMATS, Level

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable

    from checker.batch.run import Summary

MOST_SAID = 20  # reasons on the terminal; the gradebook has all
KEEP = ("last", "first", "best")


def configure(parser: ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="the submissions: a folder, at any depth, or a zip")
    parser.add_argument("--problems", metavar="DIR", type=Path, help="the folder of the problems")
    parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="where everything is written")
    parser.add_argument(
        "--jobs", metavar="N", type=_jobs, default=None, help="how many processes (default: one a processor)"
    )
    parser.add_argument(
        "--reports",
        metavar="LIST",
        type=_reports,
        default=("json", "markdown"),
        help=f"the students' reports, of {', '.join(FORMATS)}, or none (default: json,markdown)",
    )
    parser.add_argument(
        "--feedback",
        choices=[level.value for level in Level],
        default=Level.HINT.value,
        help="how much the students' reports tell, least first (default: hint)",
    )
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
    parser.add_argument("--timeout", metavar="S", type=_seconds, default=60.0, help="seconds a submission may take")
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
    progress = _Progress()
    try:
        summary = grade_folder(
            options.folder,
            options.out,
            problems=options.problems,
            jobs=options.jobs or os.cpu_count() or 1,
            reports=options.reports,
            feedback=options.feedback,
            keep=options.keep,
            junit=options.junit,
            timeout=options.timeout,
            store=store,
            progress=progress,
        )
    finally:
        progress.close()
    low = 0
    if options.fail_under is not None:
        low = sum(row.counts and row.percent is not None and row.percent < options.fail_under for row in summary.rows())
    _say(summary, low, options)
    if options.github:
        _github(summary)
    return 1 if summary.ungradable or low else 0


def _say(summary: Summary, low: int, options: Namespace) -> None:
    from checker.reports.plain import cut, printable

    reasons = [f"{row.submission}: ungradable: {row.reason}" for row in summary.reasons]
    reasons += [f"{each.name}: passed over: {each.reason}" for each in summary.passed]
    for line in reasons[:MOST_SAID]:
        print(cut(printable(line), 500), file=sys.stderr)  # noqa: T201 - a command
    more = summary.ungradable + summary.passed_over - MOST_SAID
    if more > 0:
        print(f"and {more} more; see gradebook.csv and class.json", file=sys.stderr)  # noqa: T201
    parts = [f"{summary.graded} of {summary.submissions} submissions graded"]
    if summary.ungradable:
        parts.append(f"{summary.ungradable} ungradable")
    if low:
        parts.append(f"{low} under {options.fail_under:g} %")
    if summary.passed_over:
        parts.append(f"{summary.passed_over} {'file' if summary.passed_over == 1 else 'files'} passed over")
    print(f"{', '.join(parts)}; {printable(str(options.out / 'gradebook.csv'))}")  # noqa: T201 - a command


def _github(summary: Summary) -> None:
    from checker.batch import ci

    for line in ci.workflow_commands(summary.rows()):
        print(line)  # noqa: T201 - a command
    place = os.environ.get("GITHUB_STEP_SUMMARY")
    if place:
        with Path(place).open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(ci.summary(summary.rows(), summary.graded, summary.submissions))


class _Progress:
    """A bar with rate and time left on a terminal, a line now and then elsewhere; both on standard error."""

    def __init__(self) -> None:
        self._bar: object = None
        self._what, self._shown = "", -1

    def __call__(self, what: str, done: int, total: int) -> None:
        if total < 2:
            return
        if not sys.stderr.isatty():
            tenth = 10 * done // total
            if (what, tenth) != (self._what, self._shown) and done:
                print(f"{what} {done} of {total}", file=sys.stderr)  # noqa: T201 - a command
                self._what, self._shown = what, tenth
            return
        from tqdm import tqdm

        if what != self._what:
            self.close()
            self._bar, self._what = tqdm(total=total, desc=what, unit="", leave=False), what
        bar = self._bar
        assert isinstance(bar, tqdm)
        bar.update(done - bar.n)

    def close(self) -> None:
        """Leave the terminal as it was."""
        close: Callable[[], None] | None = getattr(self._bar, "close", None)
        if close is not None:
            close()
        self._bar = None


def _jobs(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= 256):
        raise ArgumentTypeError(f"{text!r} is not a number of processes from 1 to 256")
    return int(text)


def _reports(text: str) -> tuple[str, ...]:
    from checker.table import suggest

    names = [name.strip() for name in text.split(",") if name.strip()]
    if names == ["none"]:
        return ()
    for name in names:
        if name not in FORMATS:
            raise ArgumentTypeError(f"there is no report format {name!r}; {suggest(name, [*FORMATS, 'none'])}")
    return tuple(dict.fromkeys(names))


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
