"""The errors a person can meet: each says what is wrong, where, and how to mend it.

They are typed by who reads them. Low marks are not an error, and a fault of ours never costs a student points.
"""

from __future__ import annotations

from typing import NamedTuple


class Place(NamedTuple):
    """A position in a file; line and column count from 1."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Finding(NamedTuple):
    """One thing that is wrong: what was found and expected, where, and one mending step ('' where there is none)."""

    what: str
    where: Place | None = None
    mend: str = ""

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.what}{'; ' + self.mend if self.mend else ''}"


class CheckerError(Exception):
    """The findings of one file, in the order of their places. Survives pickling, so that it can leave a worker."""

    def __init__(self, *findings: Finding) -> None:
        super().__init__(*findings)
        self.findings = findings

    def __str__(self) -> str:
        return "\n".join(str(finding) for finding in self.findings)

    def __reduce__(self) -> tuple[type[CheckerError], tuple[Finding, ...]]:
        return type(self), self.findings


class AuthorError(CheckerError):
    """A problem file (or a flag the instructor set) cannot be used; its author has to mend it."""


class SubmissionError(CheckerError):
    """A submission file as a whole cannot be used; the student has to mend it."""


class InternalError(CheckerError):
    """A fault of ours. It is reported as such and costs nobody a point."""
