"""How a class is graded, and what is known of it beside its folder: its people, what lateness costs, its gradebook."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from checker.batch.people import People
from checker.errors import AuthorError, Finding
from checker.reports import ENGLISH, FORMATS, Language, Level

if TYPE_CHECKING:
    from pathlib import Path

    from checker.batch.lateness import Lateness, Policy
    from checker.batch.worksheet import Worksheet

POOL_FROM = 2_500  # a pool of processes costs more than it saves on a smaller class
TIMEOUT = 60.0  # seconds a block may take
REPORTS = ("json", "markdown")
KEEP = ("last", "first", "best")  # which of a student's submissions to a problem counts


class Options(NamedTuple):
    """How a class is graded and what is written."""

    reports: tuple[str, ...] = REPORTS
    feedback: Level = Level.HINT
    keep: str = "last"
    junit: bool = False
    jobs: int = 1
    timeout: float = TIMEOUT
    pool_from: int = POOL_FROM
    gradescope: bool = False
    roster: Path | None = None
    gradebook: Path | None = None
    column: str | None = None
    due: float | None = None
    late: Policy | None = None
    late_column: str | None = None
    pseudonyms: bool = False
    dry_run: bool = False
    language: Language = ENGLISH


class Class(NamedTuple):
    """What is known of the class beside its folder: who is in it, what lateness costs, and the gradebook to fill."""

    people: People
    lateness: Lateness | None
    worksheet: Worksheet | None
    digest: str

    @staticmethod
    def read(options: Options) -> Class:
        """What the options say.

        Raises:
            AuthorError: a file cannot be read, or says something that cannot be used.
        """
        # few classes have any of these, and each has modules of its own
        digest = hashlib.sha256(repr((options.due, options.late, options.late_column, options.column)).encode())
        sheet = worksheet = None
        if options.roster is not None:
            from checker.batch.spreadsheet import read_spreadsheet

            data = _contents(options.roster)
            digest.update(data)
            sheet = read_spreadsheet(data, str(options.roster))
        if options.gradebook is not None:
            from checker.batch.worksheet import Worksheet

            data = _contents(options.gradebook)
            digest.update(data)
            worksheet = Worksheet(data, str(options.gradebook), options.column)
        people = People(sheet) if sheet is not None else worksheet.people if worksheet is not None else People()
        lateness = None
        if options.late is not None:
            from checker.batch.lateness import Lateness, late_column

            column = None
            if options.late_column is not None:
                column = late_column(people, options.late_column, options.due)
            elif options.due is None:
                raise AuthorError(Finding("a late policy needs --due or --late-column", None, "say when it was due"))
            lateness = Lateness(options.late, options.due, people, column)
        return Class(people, lateness, worksheet, digest.hexdigest())


def _contents(path: Path) -> bytes:
    from checker.batch.spreadsheet import LARGEST
    from checker.find import contents

    return contents(path, AuthorError, LARGEST)


def check_options(options: Options) -> None:
    """Raises AuthorError where an option says something that there is not."""
    for name in options.reports:
        if name not in FORMATS:
            raise AuthorError(Finding(f"there is no report format {name!r}", None, f"use {', '.join(FORMATS)} or none"))
    if options.keep not in KEEP:
        raise AuthorError(Finding(f"what counts cannot be {options.keep!r}", None, f"use {', '.join(KEEP)}"))
